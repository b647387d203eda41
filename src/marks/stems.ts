/**
 * Tracks of single positions (splice sites, usage) as bars a few px wide: at 25 bases per px a
 * one-column peak would fade. Where a bin is narrower than a px there is one bar per column,
 * centred on it; else one bar per bin, centred on the bin, at least `px` and at most `share` of
 * the bin wide. The silhouette is, per column, the tallest bar that covers it.
 */
import type { Columns } from "../core/columns.js";
import type { YScale } from "../core/scales.js";
import { heightFunction, MISSING, type Heights, type PaintView } from "./heights.js";

export interface StemWidth {
  /** Device px. */
  readonly px: number;
  /** Of a bin that is wide on screen. */
  readonly share: number;
}

/** 5 px alone; 7 px around 3 px in an overlay. */
export function stemWidths(dpr: number, isOverlay: boolean): { main: StemWidth; over: StemWidth } {
  return {
    main: isOverlay ? { px: 7 * dpr, share: 0.75 } : { px: 5 * dpr, share: 0.75 },
    over: { px: 3 * dpr, share: 0.35 },
  };
}

export interface StemPlace {
  readonly view: PaintView;
  readonly scale: YScale;
  readonly height: number;
  /** h(0). */
  readonly zero: number;
  readonly width: StemWidth;
}

export interface Silhouette {
  readonly up: Int16Array;
  readonly down: Int16Array;
}

/** Heights of the bars upwards and downwards; h(0) where no bar stands. */
export function stemsOf(columns: Columns, heights: Heights, place: StemPlace): Silhouette {
  const { view, zero } = place;
  const outline = {
    up: new Int16Array(view.width).fill(zero),
    down: new Int16Array(view.width).fill(zero),
  };
  if (columns.bin > view.bpPerPx) barsOfBins(outline, columns, place);
  else barsOfColumns(outline, heights, place.width.px);
  return outline;
}

function barsOfColumns(outline: Silhouette, heights: Heights, width: number): void {
  for (let x = 0; x < heights.max.length; x += 1) {
    const top = heights.max[x] as number;
    if (top === MISSING) continue;
    raise(outline, x - ((width - 1) >> 1), width, top, heights.min[x] as number);
  }
}

/** left = floor((start + (i + 0.5) bin - x0) / b - w / 2 + 0.5), w = max(px, floor(share bin / b)). */
function barsOfBins(outline: Silhouette, columns: Columns, place: StemPlace): void {
  const { view, scale, height } = place;
  const { start, bin, n, max, min } = columns;
  const h = heightFunction(scale, height);
  const width = Math.max(place.width.px, Math.floor((place.width.share * bin) / view.bpPerPx));
  const reach = width * view.bpPerPx;
  const end = view.x0 + view.width * view.bpPerPx;
  const first = Math.max(0, Math.floor((view.x0 - reach - start) / bin));
  const last = Math.min(n, Math.ceil((end + reach - start) / bin));
  for (let i = first; i < last; i += 1) {
    const value = max[i] as number;
    if (value !== value) continue;
    const centre = (start + (i + 0.5) * bin - view.x0) / view.bpPerPx;
    const bottom = min === null ? value : (min[i] as number);
    const low = bottom === bottom ? bottom : value;
    raise(outline, Math.floor(centre - width / 2 + 0.5), width, h(value), h(low));
  }
}

/** A bar that does not leave the zero line changes nothing. */
function raise(outline: Silhouette, left: number, width: number, top: number, low: number): void {
  const { up, down } = outline;
  const to = Math.min(up.length, left + width);
  for (let x = Math.max(0, left); x < to; x += 1) {
    if (top > (up[x] as number)) up[x] = top;
    if (low < (down[x] as number)) down[x] = low;
  }
}
