/** A field of numbers: its filter, its shown text and its histogram. */
import { foldText } from "./display_text.js";
import type { FacetKey, FieldFilter } from "./filters.js";
import { binAxis, countBins, N_BINS, type BinAxis, type Histogram } from "./histogram.js";

export interface RangeColumn {
  readonly field: string;
  /** One per track, NaN where missing. */
  readonly numbers: ArrayLike<number>;
}

/** Whether a number lies in inclusive bounds; what is no number does so only without bounds. */
export function isWithin(value: number, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true;
  return value >= (min ?? -Infinity) && value <= (max ?? Infinity);
}

/** A numeric column with what is the same for every filter, made at the first need. */
export class Numbers {
  readonly #field: string;
  readonly #numbers: ArrayLike<number>;
  #axis: BinAxis | null = null;
  #totals: Uint32Array | null = null;
  #texts: readonly string[] | null = null;

  constructor({ field, numbers }: RangeColumn) {
    this.#field = field;
    this.#numbers = numbers;
  }

  /** The number of every track as shown and folded; empty where missing. */
  get texts(): readonly string[] {
    return (this.#texts ??= Array.from(this.#numbers, (value) => foldText(shown(value) ?? "")));
  }

  /** 1 for each track that the filter refuses. */
  refused({ in: included, not: excluded, min, max }: FieldFilter): Uint8Array {
    const listed = included === undefined ? null : new Set(included.map(textOf));
    const left = new Set((excluded ?? []).map(textOf));
    const hasLists = listed !== null || left.size > 0;
    return Uint8Array.from({ length: this.#numbers.length }, (_, i) => {
      const value = this.#numbers[i] as number;
      if (!isWithin(value, min, max)) return 1;
      const key = hasLists ? shown(value) : null;
      return (listed === null || listed.has(key)) && !(hasLists && left.has(key)) ? 0 : 1;
    });
  }

  /** Tracks per bin: `rows`, and of `nearly` those that this field alone refuses. */
  histogram(rows: Uint32Array, nearly: Uint32Array, refused: Uint8Array | null): Histogram {
    const { lo, hi, isLog, edges, bins } = (this.#axis ??= binAxis(this.#numbers));
    const totals = (this.#totals ??= countBins(bins, Uint32Array.from(bins.keys())));
    const counts = countBins(bins, rows, nearly, refused);
    return {
      field: this.#field,
      lo,
      hi,
      isLog,
      edges,
      counts: counts.subarray(0, N_BINS),
      totals: totals.subarray(0, N_BINS),
      nMissing: counts[N_BINS] as number,
      nMissingTotal: totals[N_BINS] as number,
    };
  }
}

/** A number as text, null where missing. */
function shown(value: number): string | null {
  return Number.isNaN(value) ? null : String(value);
}

function textOf(key: FacetKey): string | null {
  return key === null ? null : String(key);
}
