/** The paint loop: at most one frame per change, dense lanes as pixels, everything else as a scene. */
import { drawOnCanvas, imageDataOf } from "../core/canvas_backend.js";
import { panBy, widthOf, type Region } from "../core/coords.js";
import { gradient256 } from "../core/oklab.js";
import { categoryColour, colourTable, tokens, type ThemeName } from "../core/palette.js";
import { niceScale, type YScale } from "../core/scales.js";
import { Scene } from "../core/scene.js";
import type { TileCache } from "../core/tiles.js";
import { nextFrame } from "../core/viewport_queue.js";
import { hatchColour, laneColours, type LaneRole } from "../marks/lane_colours.js";
import { hitAt } from "../marks/plot.js";
import { paintLanes, type SignalLane } from "../marks/signal.js";
import type { Lane, LaneGroup } from "../ui/lane_layout.js";
import { isDifference, isSignedLane, modesOf, scaleKey } from "../ui/lane_modes.js";
import type { Store } from "../ui/store.js";
import { mainWidthOf, plotWidthOf, type ViewState } from "../ui/view_state.js";
import { basesLook } from "./track_browser_bases.js";
import { deriveLayout } from "./track_browser_derive.js";
import { columnsOf, computeScales } from "./track_browser_scales.js";
import {
  drawAxes,
  drawBands,
  drawGroupLines,
  drawHead,
  drawLabels,
  type FeatureBoxes,
} from "./track_browser_scene.js";

/** Painted lanes and what they were painted from; a pan only moves them. */
interface Bitmap {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly canvas: HTMLCanvasElement;
}

const MOST_DPR = 2;
const SCALE_SETTLE_MS = 150;
/** Screens painted at each side while the view is being moved. */
const OVERSCAN = 1;

export class Painter {
  private isScheduled = false;
  private boxes: FeatureBoxes = { genes: [], variants: [] };
  private bitmap: Bitmap | null = null;
  private binsVersion = 0;
  private scaleVersion = 0;
  private scaleTimer: ReturnType<typeof setTimeout> | undefined;
  private areScalesStale = true;
  framesPainted = 0;

  constructor(
    private readonly store: Store<ViewState>,
    private readonly cache: TileCache,
    private readonly canvas: HTMLCanvasElement,
    private readonly isHeld: () => boolean,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => {
      clearTimeout(this.scaleTimer);
    });
  }

  /** Paint in the next frame. */
  invalidate(): void {
    if (this.isScheduled || this.signal.aborted) return;
    this.isScheduled = true;
    nextFrame(() => {
      this.isScheduled = false;
      if (!this.signal.aborted) this.paint();
    });
  }

  /** New bins: everything drawn so far may be better now. */
  takeBins(): void {
    this.binsVersion += 1;
    if (this.isHeld()) this.settleScales();
    else this.areScalesStale = true;
    this.invalidate();
  }

  /** The view or the choice of lanes changed; axes follow at once. */
  renewScales(): void {
    this.areScalesStale = true;
    this.invalidate();
  }

  /** The view moved: axes follow when it rests, so that they do not jitter. */
  settleScales(): void {
    clearTimeout(this.scaleTimer);
    this.scaleTimer = setTimeout(() => {
      this.renewScales();
    }, SCALE_SETTLE_MS);
    this.invalidate();
  }

  variantAt(x: number, y: number): number | null {
    return hitAt(this.boxes.variants, x, y)?.index ?? null;
  }

  geneAt(x: number, y: number): number | null {
    return hitAt(this.boxes.genes, x, y)?.index ?? null;
  }

  private paint(): void {
    if (this.areScalesStale) this.readScales(this.store.get());
    const state = this.store.get();
    const { layout, theme } = state;
    const width = mainWidthOf(state);
    const height = layout.head.height + layout.viewHeight;
    if (width <= 0) return;
    const dpr = Math.min(globalThis.devicePixelRatio || 1, MOST_DPR);
    const context = sized(this.canvas, width, height, dpr);
    const under = new Scene(width, height);
    const offset = layout.head.height - state.scrollTop;
    const lanes = lanesInSight(state);
    drawBands(
      under,
      state,
      theme,
      state.phase === "ready" && lanes.length > 0 ? height : layout.head.height,
    );
    const head = new Scene(width, height);
    this.boxes = drawHead(head, state, this.cache, theme);
    const above = new Scene(width, height);
    drawGroupLines(above, state, theme, offset);
    drawAxes(above, state, lanes, state.scales, { theme, offset });
    this.framesPainted += 1;
    if (context === null) return;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    drawOnCanvas(context, under, dpr);
    context.save();
    context.beginPath();
    context.rect(0, layout.head.height * dpr, width * dpr, layout.viewHeight * dpr);
    context.clip();
    this.drawDense(context, state, lanes, dpr);
    drawOnCanvas(context, above, dpr);
    context.restore();
    drawOnCanvas(context, head, dpr);
  }

  private readScales(state: ViewState): void {
    this.areScalesStale = false;
    const scales = computeScales(state, this.cache);
    if (JSON.stringify([...scales]) === JSON.stringify([...state.scales])) return;
    this.scaleVersion += 1;
    this.store.patch({ scales });
  }

  /** Blit the painted lanes; paint them anew when they do not cover the view. */
  private drawDense(
    context: CanvasRenderingContext2D,
    state: ViewState,
    lanes: readonly Lane[],
    dpr: number,
  ): void {
    const first = lanes[0];
    if (first === undefined || state.catalog === null) return;
    const isHeld = this.isHeld();
    const scale = isHeld && dpr > 1.5 ? 1 : dpr;
    const { region, layout } = state;
    const width = plotWidthOf(state);
    const bpPerPx = widthOf(region) / (width * scale);
    const key = [
      bpPerPx,
      scale,
      isHeld,
      width,
      this.binsVersion,
      this.scaleVersion,
      state.mode,
      state.theme,
      state.scale.kind,
      ...lanes.map((lane) => `${lane.track}:${lane.top}:${lane.height}:${lane.mark}`),
    ].join(" ");
    const known = this.bitmap;
    const isCovered =
      known?.key === key &&
      (isHeld
        ? known.start <= region.start && known.end >= region.end
        : known.start === region.start && known.end === region.end);
    const bitmap = isCovered ? known : this.paintBitmap(state, lanes, { key, scale, isHeld });
    this.bitmap = bitmap;
    const shift = Math.round((region.start - bitmap.start) / bpPerPx);
    const shown = Math.round(width * scale);
    const top = (layout.head.height - state.scrollTop + first.top) * dpr;
    context.imageSmoothingEnabled = false;
    context.drawImage(
      bitmap.canvas,
      shift,
      0,
      shown,
      bitmap.canvas.height,
      layout.gutter * dpr,
      top,
      width * dpr,
      (bitmap.canvas.height / scale) * dpr,
    );
  }

  private paintBitmap(
    state: ViewState,
    lanes: readonly Lane[],
    options: { readonly key: string; readonly scale: number; readonly isHeld: boolean },
  ): Bitmap {
    const { key, scale, isHeld } = options;
    const around = isHeld ? widened(state.region, OVERSCAN, state.bounds) : state.region;
    const pxPerBp = (plotWidthOf(state) * scale) / widthOf(state.region);
    const width = Math.max(1, Math.round(widthOf(around) * pxPerBp));
    const pixels = densePixels(state, this.cache, lanes, state.scales, {
      region: around,
      width,
      scale,
      theme: state.theme,
    });
    const canvas = this.bitmap?.canvas ?? document.createElement("canvas");
    canvas.width = width;
    canvas.height = pixels.length / width;
    canvas.getContext("2d")?.putImageData(imageDataOf(pixels, width, canvas.height), 0, 0);
    return { key, start: around.start, end: around.end, canvas };
  }

  /** All lanes in one scene for a file, without scrolling, in the theme of choice. */
  scene(theme: ThemeName): Scene {
    const state = forFile(this.store.get());
    const { layout } = state;
    const width = mainWidthOf(state);
    const scene = new Scene(width, layout.head.height + layout.lanesHeight + 8);
    const scales = computeScales(state, this.cache);
    drawBands(scene, state, theme, layout.head.height + layout.lanesHeight);
    drawHead(scene, state, this.cache, theme);
    drawLabels(scene, state, theme);
    const offset = layout.head.height;
    drawGroupLines(scene, state, theme, offset);
    const first = layout.lanes[0];
    if (first !== undefined && state.catalog !== null) {
      const plot = Math.round(plotWidthOf(state));
      const pixels = densePixels(state, this.cache, layout.lanes, scales, {
        region: state.region,
        width: plot,
        scale: 1,
        theme,
      });
      const height = pixels.length / plot;
      const at = { x: layout.gutter, y: offset + first.top, w: plot, h: height };
      scene.image(at, pixels, plot, height);
    }
    drawAxes(scene, state, layout.lanes, scales, { theme, offset });
    return scene;
  }
}

/** The whole view, unscrolled; without the row of bases where none can be seen. */
function forFile(shown: ViewState): ViewState {
  const state = { ...shown, scrollTop: 0 };
  if (!state.expectsSequence || basesLook(state) !== "none") return state;
  return { ...state, layout: deriveLayout({ ...state, expectsSequence: false }) };
}

interface DenseView {
  readonly region: Region;
  readonly width: number;
  readonly scale: number;
  readonly theme: ThemeName;
}

/** Pixels of the given lanes, from the top of the first to the bottom of the last. */
function densePixels(
  state: ViewState,
  cache: TileCache,
  lanes: readonly Lane[],
  scales: ReadonlyMap<string, YScale>,
  view: DenseView,
): Uint32Array<ArrayBuffer> {
  const top = lanes[0]?.top ?? 0;
  const last = lanes.at(-1);
  const height = Math.round(((last?.top ?? 0) + (last?.height ?? 0) - top) * view.scale);
  const pixels = new Uint32Array(view.width * height);
  const groups = new Map(state.layout.groups.map((group) => [group.key, group]));
  const painted: SignalLane[] = [];
  for (const lane of lanes) {
    const [columns, overlay] = columnsOf(state, cache, lane, view.region);
    // Bins that have not come yet are not missing data: nothing is drawn for them.
    if (columns === undefined || columns.state === "empty") continue;
    const isSigned = isSignedLane(state, lane);
    painted.push({
      top: Math.round((lane.top - top) * view.scale),
      height: Math.round(lane.height * view.scale),
      kind: lane.mark,
      columns,
      ...(overlay === undefined ? {} : { overlay }),
      scale: scales.get(scaleKey(state, lane)) ?? niceScale(state.scale.kind, null, isSigned),
      colours: laneColours(view.theme, roleOf(state, lane, groups.get(lane.groupKey), view.theme)),
      ...(lane.mark === "strip"
        ? { table: stripTable(state, lane, groups.get(lane.groupKey), view.theme) }
        : {}),
    });
  }
  paintLanes(
    pixels,
    {
      width: view.width,
      height,
      x0: view.region.start,
      bpPerPx: widthOf(view.region) / view.width,
      dpr: view.scale,
      hatch: hatchColour(view.theme),
    },
    painted,
  );
  return pixels;
}

function signalColour(lane: Lane, group: LaneGroup | undefined, theme: ThemeName): string {
  return lane.colour ?? categoryColour(group?.colourIndex ?? 0, theme);
}

function roleOf(
  state: ViewState,
  lane: Lane,
  group: LaneGroup | undefined,
  theme: ThemeName,
): LaneRole {
  const modes = modesOf(state.mode, lane);
  if (isDifference(modes)) return { role: "difference" };
  if (modes.length > 1) return { role: "overlay" };
  if (modes[0] === "alt") return { role: "alt" };
  return { role: "signal", colour: signalColour(lane, group, theme) };
}

/** Strips run from the surface to the colour of their lane; signed ones use the diverging table. */
function stripTable(
  state: ViewState,
  lane: Lane,
  group: LaneGroup | undefined,
  theme: ThemeName,
): Uint32Array {
  if (isSignedLane(state, lane)) return colourTable("diverging", theme);
  const t = tokens(theme);
  const isAlt = modesOf(state.mode, lane)[0] === "alt";
  return gradient256([t.surface2, isAlt ? t.alt : signalColour(lane, group, theme)]);
}

/** Lanes that the scrolled area shows at least partly. */
export function lanesInSight(state: ViewState): Lane[] {
  const { lanes, viewHeight } = state.layout;
  const { scrollTop } = state;
  return lanes.filter(
    (lane) => lane.top + lane.height > scrollTop && lane.top < scrollTop + viewHeight,
  );
}

function widened(region: Region, screens: number, bounds: Region): Region {
  const width = widthOf(region) * screens;
  const start = panBy(region, -width, bounds).start;
  const end = panBy(region, width, bounds).end;
  return { chrom: region.chrom, start, end };
}

/** The context of a canvas of this size; null where the browser has none. */
function sized(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  dpr: number,
): CanvasRenderingContext2D | null {
  const pxWidth = Math.round(width * dpr);
  const pxHeight = Math.round(height * dpr);
  if (canvas.width !== pxWidth || canvas.height !== pxHeight) {
    canvas.width = pxWidth;
    canvas.height = pxHeight;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  return canvas.getContext("2d");
}
