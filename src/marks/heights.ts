/** From bins to pixel columns: which bins a column covers, and how high their values reach. */
import type { Columns } from "../core/columns.js";
import { transform, type YScale } from "../core/scales.js";

/** Device px of one painted buffer; column x begins at genome position x0 + x bpPerPx. */
export interface PaintView {
  readonly width: number;
  readonly height: number;
  readonly x0: number;
  readonly bpPerPx: number;
  /** Device px per css px, 1 or 2. */
  readonly dpr: number;
  /** Colour of the hatch of missing columns, 0xAABBGGRR. */
  readonly hatch: number;
}

/** Column x covers bins first[x] to last[x], exclusive; none when they are equal. */
export interface Spans {
  readonly first: Int32Array;
  readonly last: Int32Array;
}

/** Pixel heights per column, 0 to H - 1; MISSING where no bin has a value. */
export interface Heights {
  readonly max: Int16Array;
  readonly mean: Int16Array;
  readonly min: Int16Array;
}

export const MISSING = -1;

export function spansOf(view: PaintView, columns: Pick<Columns, "start" | "bin" | "n">): Spans {
  const { width, x0, bpPerPx } = view;
  const { start, bin, n } = columns;
  const first = new Int32Array(width);
  const last = new Int32Array(width);
  for (let x = 0; x < width; x += 1) {
    const from = Math.floor((x0 + x * bpPerPx - start) / bin);
    const to = Math.max(from + 1, Math.floor((x0 + (x + 1) * bpPerPx - start) / bin));
    first[x] = Math.min(n, Math.max(0, from));
    last[x] = Math.min(n, Math.max(0, to));
  }
  return { first, last };
}

/** h(v) = floor(clamp((t(v) - t(lo)) / (t(hi) - t(lo)), 0, 1) (H - 1) + 0.5) in float64. */
export function heightFunction(scale: YScale, height: number): (value: number) => number {
  const { kind } = scale;
  const lo = transform(kind, scale.lo);
  const range = transform(kind, scale.hi) - lo;
  const top = height - 1;
  if (!(range > 0)) return () => 0;
  return (value) => {
    const share = ((kind === "linear" ? value : transform(kind, value)) - lo) / range;
    return Math.floor((share < 0 ? 0 : share > 1 ? 1 : share) * top + 0.5);
  };
}

/**
 * Maximum of max, minimum of min and the average of mean over the bins of each column that have a
 * value; the sum runs from left to right in float64. Without `min` the lower bound is the maximum.
 */
export function heightsOf(columns: Columns, spans: Spans, scale: YScale, height: number): Heights {
  const { max, mean, min } = columns;
  const { first, last } = spans;
  const width = first.length;
  const tops = new Int16Array(width);
  const means = new Int16Array(width);
  const lows = min === null ? tops : new Int16Array(width);
  const h = heightFunction(scale, height);
  for (let x = 0; x < width; x += 1) {
    const to = last[x] as number;
    let top = -Infinity;
    let sum = 0;
    let count = 0;
    for (let i = first[x] as number; i < to; i += 1) {
      const value = max[i] as number;
      if (value !== value) continue;
      if (value > top) top = value;
      sum += mean[i] as number;
      count += 1;
    }
    tops[x] = count === 0 ? MISSING : h(top);
    means[x] = count === 0 ? MISSING : h(sum / count);
    if (min === null) continue;
    const low = lowest(max, min, first[x] as number, to);
    lows[x] = count === 0 ? MISSING : h(low === Infinity ? top : low);
  }
  return { max: tops, mean: means, min: lows };
}

function lowest(max: Float32Array, min: Float32Array, from: number, to: number): number {
  let low = Infinity;
  for (let i = from; i < to; i += 1) {
    const value = min[i] as number;
    if (value < low && max[i] === max[i]) low = value;
  }
  return low;
}
