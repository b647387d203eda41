/** Values to heights and genome positions to pixels: y scales, ranges, and ticks by 1-2-5 steps. */
import type { Region } from "./coords.js";

export type ScaleKind = "linear" | "log1p" | "symlog";

export interface ValueRange {
  readonly lo: number;
  readonly hi: number;
}

/** A lane's y axis: `lo` at its lower border, `hi` at its upper one. */
export interface YScale extends ValueRange {
  readonly kind: ScaleKind;
}

/** log1p below zero is mirrored so that a signed lane never meets NaN; symlog bends at 1. */
export function transform(kind: ScaleKind, value: number): number {
  if (kind === "linear") return value;
  return value < 0 ? -Math.log1p(-value) : Math.log1p(value);
}

/** Inverse of `transform`. */
export function untransform(kind: ScaleKind, value: number): number {
  if (kind === "linear") return value;
  return value < 0 ? -Math.expm1(-value) : Math.expm1(value);
}

/** Height of a value as a share of the lane, cut to 0..1; NaN stays NaN, an empty range gives 0. */
export function fractionOf(scale: YScale, value: number): number {
  const lo = transform(scale.kind, scale.lo);
  const hi = transform(scale.kind, scale.hi);
  if (!(hi > lo)) return 0;
  const share = (transform(scale.kind, value) - lo) / (hi - lo);
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

/** Smallest and largest finite value of all arrays; null when there is none. */
export function rangeOf(arrays: Iterable<ArrayLike<number>>): ValueRange | null {
  let lo = Infinity;
  let hi = -Infinity;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] as number;
      if (value - value !== 0) continue;
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
  }
  return hi >= lo ? { lo, hi } : null;
}

/** Linear-interpolated quantile of the finite values; null when there is none. */
export function quantile(values: ArrayLike<number>, q: number): number | null {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return null;
  const at = Math.min(1, Math.max(0, q)) * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `value`. */
export function niceAtLeast(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) {
    const nice = cleaned(step * power);
    if (nice >= value * (1 - 1e-9)) return nice;
  }
  return cleaned(10 * power);
}

/** Removes the binary dust of products such as 3 * 0.1. */
function cleaned(value: number): number {
  return Number(value.toPrecision(12));
}

/** Steps for the upper bound of an axis: finer than 1-2-5 so that a lane is used to 75 % or more. */
const BOUND_STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

function niceBound(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of BOUND_STEPS) {
    const nice = cleaned(step * power);
    if (nice >= value * (1 - 1e-9)) return nice;
  }
  return cleaned(10 * power);
}

/**
 * Round bounds around a range. Zero is always inside; a signed scale is symmetric around it.
 * No range or an all-zero one gives 0..1 (-1..1 when signed).
 */
export function niceScale(kind: ScaleKind, range: ValueRange | null, signed: boolean): YScale {
  const lo = Math.min(0, range?.lo ?? 0);
  const hi = Math.max(0, range?.hi ?? 0);
  if (signed) {
    const reach = Math.max(-lo, hi);
    const bound = reach > 0 ? niceBound(reach) : 1;
    return { kind, lo: -bound, hi: bound };
  }
  if (lo === 0 && hi === 0) return { kind, lo: 0, hi: 1 };
  return { kind, lo: lo < 0 ? -niceBound(-lo) : 0, hi: hi > 0 ? niceBound(hi) : 0 };
}

/** Multiples of a 1-2-5 step inside [lo, hi], at most `maxCount` of them. */
export function ticks125(lo: number, hi: number, maxCount: number): number[] {
  if (!(hi > lo) || maxCount < 1) return [];
  let step = niceAtLeast((hi - lo) / maxCount);
  for (;;) {
    const first = Math.ceil(lo / step - 1e-9);
    const last = Math.floor(hi / step + 1e-9);
    if (last - first + 1 <= maxCount) {
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
        cleaned((first + i) * step),
      );
    }
    step = niceAtLeast(step * 1.01);
  }
}

/** Values to write beside a lane: low, middle and high from 32 px on, low and high from 20 px. */
export function axisValues(scale: YScale, heightPx: number): number[] {
  if (heightPx < 20 || !(scale.hi > scale.lo)) return [];
  if (heightPx < 32) return [scale.lo, scale.hi];
  const lo = transform(scale.kind, scale.lo);
  const hi = transform(scale.kind, scale.hi);
  const middle = untransform(scale.kind, (lo + hi) / 2);
  const shown = scale.lo < 0 && scale.hi > 0 ? 0 : Number(middle.toPrecision(3));
  return [scale.lo, shown, scale.hi];
}

/** Where a genome position lies on screen: `x0` bp at pixel 0. */
export interface PixelScale {
  readonly x0: number;
  readonly bpPerPx: number;
  readonly width: number;
}

export function pixelScale(region: Region, width: number): PixelScale {
  return { x0: region.start, bpPerPx: (region.end - region.start) / width, width };
}

/** Pixel of the left border of base `position` (0-based). */
export function xOf(scale: PixelScale, position: number): number {
  return (position - scale.x0) / scale.bpPerPx;
}

/** The base under a pixel, 0-based. */
export function positionAt(scale: PixelScale, px: number): number {
  return Math.floor(scale.x0 + px * scale.bpPerPx);
}
