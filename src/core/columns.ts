/** Bins of one track over a stretch of genome: what marks draw and what tooltips read. */

/** How good the bins are: as asked, from a coarser or 8-bit source, with holes, or nothing yet. */
export type ColumnState = "exact" | "approximate" | "partial" | "empty";

/** Bin i covers [start + i bin, start + (i + 1) bin); NaN is missing. */
export interface Columns {
  readonly start: number;
  readonly bin: number;
  readonly n: number;
  readonly max: Float32Array;
  readonly mean: Float32Array;
  /** Sent for signed tracks and for differences only. */
  readonly min: Float32Array | null;
  readonly state: ColumnState;
}

export interface BinSummary {
  readonly start: number;
  readonly end: number;
  readonly max: number;
  readonly mean: number;
  readonly min: number;
}

/** The bin under a genome position; null outside the columns. */
export function binAt(columns: Columns, position: number): BinSummary | null {
  const i = Math.floor((position - columns.start) / columns.bin);
  if (i < 0 || i >= columns.n) return null;
  const max = columns.max[i] as number;
  return {
    start: columns.start + i * columns.bin,
    end: columns.start + (i + 1) * columns.bin,
    max,
    mean: columns.mean[i] as number,
    min: (columns.min ?? columns.max)[i] as number,
  };
}

/** Arrays that bound the values of a lane, for its y range. */
export function extremesOf(columns: Columns): Float32Array[] {
  return columns.min === null ? [columns.max] : [columns.max, columns.min];
}
