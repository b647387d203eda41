/** How the numbers of a field are spread: 32 bins, under all filters but the field's own. */

export const N_BINS = 32;
/** Bin of a track without a number. */
export const NO_BIN = N_BINS;

/** Values that span more than this factor, all above zero, are binned by their logarithm. */
const LOG_SPAN = 100;

/** Where the bins of a column lie; the same for every filter. */
export interface BinAxis {
  /** Smallest and largest finite value; NaN without any. */
  readonly lo: number;
  readonly hi: number;
  /** Bins of equal width in the logarithm. */
  readonly isLog: boolean;
  /** Ends of the bins, N_BINS + 1 of them: bin i is [edges[i], edges[i + 1]), the last one closed. */
  readonly edges: Float64Array;
  /** Bin of every track; NO_BIN where missing. */
  readonly bins: Uint8Array;
}

export interface Histogram extends Omit<BinAxis, "bins"> {
  readonly field: string;
  /** Tracks per bin that satisfy the text and every filter but the one on this field. */
  readonly counts: Uint32Array;
  /** Tracks per bin without any filter. */
  readonly totals: Uint32Array;
  /** Tracks without a number, counted in the same two ways. */
  readonly nMissing: number;
  readonly nMissingTotal: number;
}

/** Place every number of a column; infinite values go to the ends. */
export function binAxis(numbers: ArrayLike<number>): BinAxis {
  let [lo, hi] = [Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i += 1) {
    const value = numbers[i] as number;
    if (!Number.isFinite(value)) continue;
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  if (lo > hi) [lo, hi] = [NaN, NaN];
  const isLog = lo > 0 && hi / lo > LOG_SPAN;
  const edges = edgesOf(lo, hi, isLog);
  const bins = Uint8Array.from({ length: numbers.length }, (_, i) =>
    binOf(numbers[i] as number, edges),
  );
  return { lo, hi, isLog, edges, bins };
}

function edgesOf(lo: number, hi: number, isLog: boolean): Float64Array {
  // Both ends are weighed: their difference or ratio may be too large for a number.
  const between = (a: number, b: number, share: number): number => a * (1 - share) + b * share;
  const edges = Float64Array.from({ length: N_BINS + 1 }, (_, i) => {
    const share = i / N_BINS;
    return isLog ? Math.exp(between(Math.log(lo), Math.log(hi), share)) : between(lo, hi, share);
  });
  edges[0] = lo;
  edges[N_BINS] = hi;
  return edges;
}

/** The last bin that begins at or below the value, so that bins and edges never disagree. */
function binOf(value: number, edges: Float64Array): number {
  if (Number.isNaN(value) || Number.isNaN(edges[0])) return NO_BIN;
  let [low, high] = [0, N_BINS];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= (edges[middle] as number)) low = middle;
    else high = middle;
  }
  return low;
}

/** Tracks per bin, missing ones last: `rows`, then those of `nearly` that `extra` lets in. */
export function countBins(
  bins: Uint8Array,
  rows: ArrayLike<number>,
  nearly: ArrayLike<number> = [],
  extra: Uint8Array | null = null,
): Uint32Array {
  const counts = new Uint32Array(N_BINS + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const bin = bins[rows[i] as number] as number;
    counts[bin] = (counts[bin] as number) + 1;
  }
  for (let i = 0; extra !== null && i < nearly.length; i += 1) {
    const row = nearly[i] as number;
    const bin = bins[row] as number;
    counts[bin] = (counts[bin] as number) + (extra[row] as number);
  }
  return counts;
}
