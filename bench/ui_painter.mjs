/**
 * The pixel painter against two canvas painters of the usual kind, in one page, interleaved.
 *
 *     node bench/ui_painter.mjs
 *
 * 50 lanes of 1 Mb at 1200 px fill a viewport of 900 px and are dragged by 20 px per frame, reading
 * one pixel back so that nothing stays queued. As in the widget, ours paints maximum, mean, edges
 * and gaps into a bitmap of three viewports, moves that, and paints anew when it is left; the
 * competitors draw the maximum only, one polygon per track or one rectangle per column, for every
 * frame. `repaint` is ours without the bitmap: every frame in full. Prints one JSON line and exits
 * with 1 when a ratio misses its floor.
 */
import { openPage } from "./ui_page.mjs";

const FLOORS = { polygon: 0.25, fill_rect: 0.05, zoom_p95_ms: 48 };
const REPEATS = 5;

const entry = `
import { paintLanes, laneColours } from "./src/marks/signal.ts";
import { heightsOf, spansOf } from "./src/marks/heights.ts";
globalThis.painter = { paintLanes, laneColours, heightsOf, spansOf };
`;

/** Runs in the page: builds the tracks once, then times the three painters frame by frame. */
function measure({ repeats }) {
  const { paintLanes, laneColours, heightsOf, spansOf } = globalThis.painter;
  const [nLanes, width, laneHeight, gap] = [50, 1200, 16, 2];
  const height = nLanes * (laneHeight + gap);
  const bin = 256;
  const nBins = 8192;
  const scale = { kind: "linear", lo: 0, hi: 1 };
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const tracks = Array.from({ length: nLanes }, () => {
    const max = new Float32Array(nBins);
    const mean = new Float32Array(nBins);
    let level = 0.2;
    for (let i = 0; i < nBins; i += 1) {
      level = Math.min(0.7, Math.max(0.02, level + (random() - 0.5) * 0.08));
      mean[i] = level;
      max[i] = Math.min(1, level + random() ** 6);
    }
    return { start: 0, bin, n: nBins, max, mean, min: null, state: "exact" };
  });
  const colours = laneColours("light", { role: "signal", colour: "#00795a" });
  const lanes = tracks.map((columns, i) => ({
    top: i * (laneHeight + gap),
    height: laneHeight,
    kind: "area",
    columns,
    scale,
    colours,
  }));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  const viewAt = (x0, bpPerPx, shown = width) => ({
    width: shown,
    height,
    x0,
    bpPerPx,
    dpr: 1,
    hatch: 0xff9f958c,
  });
  const bitmapOf = (shown) => {
    const bitmap = document.createElement("canvas");
    bitmap.width = shown;
    bitmap.height = height;
    const pixels = new Uint32Array(shown * height);
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), shown, height);
    return { bitmap, pixels, image, into: bitmap.getContext("2d") };
  };
  const wide = bitmapOf(3 * width);
  const single = bitmapOf(width);
  let paintedFrom = Infinity;
  const fill = ({ pixels, image, into }, view) => {
    pixels.fill(0);
    paintLanes(pixels, view, lanes);
    into.putImageData(image, 0, 0);
  };

  const painters = {
    pan(view) {
      const shift = Math.round((view.x0 - paintedFrom) / view.bpPerPx);
      if (!(shift >= 0 && shift <= 2 * width)) {
        paintedFrom = view.x0 - width * view.bpPerPx;
        fill(wide, viewAt(paintedFrom, view.bpPerPx, 3 * width));
      }
      const from = Math.round((view.x0 - paintedFrom) / view.bpPerPx);
      context.clearRect(0, 0, width, height);
      context.drawImage(wide.bitmap, from, 0, width, height, 0, 0, width, height);
    },
    repaint(view) {
      fill(single, view);
      context.clearRect(0, 0, width, height);
      context.drawImage(single.bitmap, 0, 0);
    },
    polygon(view) {
      context.clearRect(0, 0, width, height);
      context.fillStyle = "#00795a";
      for (const { top, columns } of lanes) {
        const { max } = heightsOf(columns, spansOf(view, columns), scale, laneHeight);
        const base = top + laneHeight;
        context.beginPath();
        context.moveTo(0, base);
        for (let x = 0; x < width; x += 1) {
          context.lineTo(x, base - max[x]);
          context.lineTo(x + 1, base - max[x]);
        }
        context.lineTo(width, base);
        context.fill();
      }
    },
    fill_rect(view) {
      context.clearRect(0, 0, width, height);
      context.fillStyle = "#00795a";
      for (const { top, columns } of lanes) {
        const { max } = heightsOf(columns, spansOf(view, columns), scale, laneHeight);
        for (let x = 0; x < width; x += 1) {
          context.fillRect(x, top + laneHeight - max[x], 1, max[x]);
        }
      }
    },
  };
  const timed = (painter, view) => {
    const started = performance.now();
    painter(view);
    context.getImageData(0, 0, 1, 1);
    return performance.now() - started;
  };
  const frames = { pan: 120, repaint: 20, polygon: 10, fill_rect: 5 };
  const bpPerPx = 1_000_000 / width;
  const step = 20 * bpPerPx;
  for (const painter of Object.values(painters)) timed(painter, viewAt(0, bpPerPx));
  const perFrame = { pan: [], repaint: [], polygon: [], fill_rect: [] };
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const [name, painter] of Object.entries(painters)) {
      let total = 0;
      paintedFrom = Infinity;
      for (let i = 0; i < frames[name]; i += 1) {
        total += timed(painter, viewAt(step * (i % 60), bpPerPx));
      }
      perFrame[name].push(total / frames[name]);
    }
  }
  const zoom = Array.from({ length: 60 }, (_, i) =>
    timed(painters.repaint, viewAt(50_000, bpPerPx * 1.01 ** i)),
  );
  zoom.sort((a, b) => a - b);
  return { perFrame, zoomP95: zoom[Math.floor(zoom.length * 0.95)] };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

const page = await openPage(entry);
try {
  const { perFrame, zoomP95 } = await page.run(measure, { repeats: REPEATS });
  const ms = Object.fromEntries(
    Object.entries(perFrame).map(([name, values]) => [name, median(values)]),
  );
  const round = (value) => Number(value.toPrecision(3));
  const ratios = { polygon: ms.pan / ms.polygon, fill_rect: ms.pan / ms.fill_rect };
  const passed =
    ratios.polygon <= FLOORS.polygon &&
    ratios.fill_rect <= FLOORS.fill_rect &&
    zoomP95 <= FLOORS.zoom_p95_ms;
  console.log(
    JSON.stringify({
      bench: "ui_painter",
      lanes: 50,
      ms_per_frame: Object.fromEntries(Object.entries(ms).map(([k, v]) => [k, round(v)])),
      zoom_p95_ms: round(zoomP95),
      ratio_polygon: round(ratios.polygon),
      ratio_fill_rect: round(ratios.fill_rect),
      ratio_repaint_polygon: round(ms.repaint / ms.polygon),
      floors: FLOORS,
      browser: page.version,
      passed,
    }),
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  await page.close();
}
