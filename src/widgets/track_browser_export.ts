/** Files of the current view: SVG and PNG from one scene, CSV with exact values where they fit. */
import { drawOnCanvas } from "../core/canvas_backend.js";
import { widthOf } from "../core/coords.js";
import type { Scene } from "../core/scene.js";
import { writeSvg } from "../core/svg_backend.js";
import { tokens, type ThemeName } from "../core/palette.js";
import type { ExportKind } from "../ui/actions.js";
import { words } from "../ui/messages.js";
import { geometryOf, MOST_BINS, type TileCache } from "../core/tiles.js";
import type { Client } from "../core/wire.js";
import type { Mode } from "../core/answers.js";
import { basesIn } from "../core/known_bases.js";
import { drawnBases } from "./track_browser_bases.js";
import { bpPerPxOf, type ViewState } from "../ui/view_state.js";

const PNG_SCALE = 2;

/** What draws the picture of a file. */
export interface Picture {
  scene(theme: ThemeName): Scene;
}

/** Make the file and hand it over; pictures are light, whatever the theme on screen. */
export async function exportView(
  kind: ExportKind,
  state: ViewState,
  picture: Picture,
  client: Client,
  cache: TileCache,
): Promise<void> {
  const name = fileName(state, kind);
  if (kind === "csv") {
    download(name, new Blob([await csvOf(state, client, cache)], { type: "text/csv" }));
    return;
  }
  const scene = picture.scene("light");
  const background = tokens("light").surface;
  if (kind === "svg") {
    const svg = writeSvg(scene, { title: words.product, background });
    download(name, new Blob([svg], { type: "image/svg+xml" }));
    return;
  }
  const png = await pngOf(scene, background);
  if (png !== null) download(name, png);
}

/** Such as `locuscope_20_2570001-2590000.svg`: the contig as stored, the range 1-based. */
export function fileName(state: ViewState, ending: string): string {
  const { chrom, start, end } = state.region;
  const safe = chrom.replace(/[^A-Za-z0-9_.-]/g, "_");
  return `locuscope_${safe}_${start + 1}-${end}.${ending}`;
}

/** Hand a file to the browser's download list. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}

/** The scene as PNG; null where the browser has no 2D canvas. */
export function pngOf(scene: Scene, background: string): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(scene.width * PNG_SCALE);
  canvas.height = Math.round(scene.height * PNG_SCALE);
  const context = canvas.getContext("2d");
  if (context === null) return Promise.resolve(null);
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawOnCanvas(context, scene, PNG_SCALE);
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}

/** Free text for a spreadsheet: quoted where needed, and never read as a formula. */
export function csvCell(text: string): string {
  const isFormula = text.length > 1 && /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text));
  const safe = isFormula ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

interface Row {
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/**
 * One line per bin and track: exact values where a request may hold them, else the drawn bins.
 * Where bases are drawn, a last column holds those of each bin.
 */
export async function csvOf(state: ViewState, client: Client, cache: TileCache): Promise<string> {
  const bases = drawnBases(state);
  const lines = [
    `chrom,start,end,track,title,details,mode,statistic,value${bases === null ? "" : ",bases"}`,
  ];
  const { catalog } = state;
  if (catalog === null) return `${lines.join("\n")}\n`;
  for (const lane of state.layout.lanes) {
    const modes: Mode[] = lane.hasAlt ? ["ref", "alt"] : ["ref"];
    for (const mode of modes) {
      const { statistic, rows } = await rowsOf(state, client, cache, lane.track, mode);
      const names = [
        String(lane.track),
        csvCell(lane.title),
        csvCell(lane.subtitle),
        mode,
        statistic,
      ];
      for (const { start, end, value } of rows) {
        const text = Number.isNaN(value) ? "" : String(value);
        const last = bases === null ? [] : [basesIn(bases, start, end)];
        lines.push([csvCell(state.bounds.chrom), start, end, ...names, text, ...last].join(","));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

async function rowsOf(
  state: ViewState,
  client: Client,
  cache: TileCache,
  track: number,
  mode: Mode,
): Promise<{ statistic: string; rows: Row[] }> {
  const { catalog, region } = state;
  if (catalog === null) return { statistic: "value", rows: [] };
  const geometry = geometryOf(catalog.geometry, track);
  if (widthOf(region) / geometry.bin < MOST_BINS - 1) {
    try {
      const { start, end } = region;
      const [answer] = await client.values({ mode, tracks: [track], start, end });
      const values = answer?.values[0];
      if (answer !== undefined && values !== undefined) {
        return { statistic: "value", rows: table(answer.start, answer.bin, values) };
      }
    } catch {
      // No kernel, or too much for one answer: the drawn bins are the next best, and say so.
    }
  }
  const columns = cache.gather(mode, track, geometry, { region, bpPerPx: bpPerPxOf(state) });
  const word = columns.state === "exact" ? "max" : "max (approximate)";
  return { statistic: word, rows: table(columns.start, columns.bin, columns.max) };
}

function table(start: number, bin: number, values: Float32Array): Row[] {
  return Array.from(values, (value, i) => ({
    start: start + i * bin,
    end: start + (i + 1) * bin,
    value,
  }));
}
