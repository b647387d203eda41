/**
 * Counts beside the facet values, the twin of tracks/query.py. The count of value v of field f is
 * the number of tracks with f = v that satisfy the text and every filter except the one on f.
 * One pass counts failing filters per track; a track that fails none counts in every field, a
 * track that fails exactly one counts in that field alone.
 */
import type { Catalog } from "./answers.js";
import { foldText } from "./display_text.js";
import { compareCodePoints, type FacetKey, type FacetScalar, type FieldFilter } from "./filters.js";
import type { FilterState } from "./filters.js";

export {
  canonicalFilters,
  clearField,
  cycleFilter,
  type FacetKey,
  type FacetScalar,
  type FieldFilter,
  type FilterState,
} from "./filters.js";

type Codes = Uint8Array | Uint16Array | Uint32Array;

export interface FieldColumn {
  readonly field: string;
  readonly values: readonly FacetScalar[];
  /** One per track: 0 is missing, k stands for values[k - 1]. */
  readonly codes: Codes;
  /** Folded values when the text query searches this field. */
  readonly folded?: readonly string[] | null;
}

export interface RangeColumn {
  readonly field: string;
  /** One per track, NaN where missing. */
  readonly numbers: ArrayLike<number>;
}

export interface FacetValue {
  readonly value: FacetKey;
  readonly count: number;
  readonly total: number;
  readonly selected: boolean;
  readonly excluded: boolean;
}

export interface FacetField {
  readonly field: string;
  readonly values: readonly FacetValue[];
  /** Tracks that count here and have no value. */
  readonly nMissing: number;
}

export interface FacetResult {
  readonly nMatching: number;
  /** Ids of the tracks that satisfy everything, ascending. */
  readonly rows: Uint32Array;
  readonly fields: ReadonlyMap<string, FacetField>;
}

export interface CountOptions {
  /** List values with count 0 too. */
  readonly keepZero?: boolean;
}

interface Indexed extends FieldColumn {
  readonly totals: Uint32Array;
  /** Codes in the order of their text, missing (code 0) last; and the place of each code in it. */
  readonly order: Uint32Array;
  readonly rank: Uint32Array;
}

function indexed(column: FieldColumn): Indexed {
  const nCodes = column.values.length + 1;
  const totals = new Uint32Array(nCodes);
  for (let i = 0; i < column.codes.length; i += 1) {
    const code = column.codes[i] as number;
    totals[code] = (totals[code] as number) + 1;
  }
  const texts = column.values.map(String);
  const order = Uint32Array.from({ length: nCodes }, (_, i) => (i + 1) % nCodes);
  order
    .subarray(0, nCodes - 1)
    .sort((a, b) => compareCodePoints(texts[a - 1] as string, texts[b - 1] as string));
  const rank = new Uint32Array(nCodes);
  for (const [place, code] of order.entries()) rank[code] = place;
  return { ...column, totals, order, rank };
}

/** 1 for each code that the filter refuses. */
function refusedCodes(column: FieldColumn, filter: FieldFilter): Uint8Array {
  const included = filter.in === undefined ? null : new Set(filter.in);
  const excluded = new Set(filter.not ?? []);
  const { min, max } = filter;
  const refused = new Uint8Array(column.values.length + 1);
  for (let code = 0; code < refused.length; code += 1) {
    const key = code === 0 ? null : (column.values[code - 1] as FacetScalar);
    const isListed = (included === null || included.has(key)) && !excluded.has(key);
    refused[code] = isListed && isWithin(typeof key === "number" ? key : NaN, min, max) ? 0 : 1;
  }
  return refused;
}

function isWithin(value: number, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true;
  return value >= (min ?? -Infinity) && value <= (max ?? Infinity);
}

/** Failing filters of one track: 0 none, 1 exactly one, MANY more; shifting in bits never wraps. */
const MANY = 3;

export class FacetTable {
  readonly n: number;
  readonly #columns: ReadonlyMap<string, Indexed>;
  readonly #ranges: ReadonlyMap<string, RangeColumn>;
  readonly #fails: Uint8Array;

  constructor(columns: readonly FieldColumn[], ranges: readonly RangeColumn[] = []) {
    this.n = columns[0]?.codes.length ?? ranges[0]?.numbers.length ?? 0;
    for (const { field, length } of [
      ...columns.map(({ field, codes }) => ({ field, length: codes.length })),
      ...ranges.map(({ field, numbers }) => ({ field, length: numbers.length })),
    ]) {
      if (length === this.n) continue;
      throw new RangeError(`field ${field} has ${length} rows, the others ${this.n}`);
    }
    this.#columns = new Map(columns.map((column) => [column.field, indexed(column)]));
    this.#ranges = new Map(ranges.map((column) => [column.field, column]));
    this.#fails = new Uint8Array(this.n);
  }

  /** Fields that have categories, in catalog order. */
  get fieldNames(): string[] {
    return [...this.#columns.keys()];
  }

  /** Filter and count. A filter on a field that does not exist throws. */
  update(
    filters: FilterState,
    text: string = "",
    fields: readonly string[] = this.fieldNames,
    { keepZero = false }: CountOptions = {},
  ): FacetResult {
    const fails = this.#fails.fill(0);
    const refused = new Map<string, Uint8Array>();
    for (const [field, filter] of Object.entries(filters)) {
      const column = this.#columns.get(field);
      if (column === undefined) {
        this.#failOutside(field, filter);
        continue;
      }
      const table = refusedCodes(column, filter);
      refused.set(field, table);
      const { codes } = column;
      for (let i = 0; i < fails.length; i += 1) {
        const refuses = table[codes[i] as number] as number;
        fails[i] = (((fails[i] as number) << refuses) | refuses) & MANY;
      }
    }
    this.#failWithoutText(text);
    const { rows, nearly } = this.#split();
    const counted = fields.map((field): [string, FacetField] => {
      const column = this.#columns.get(field);
      if (column === undefined) throw new RangeError(`there is no field ${field}`);
      const counts = countCodes(column, rows, nearly, refused.get(field));
      return [field, listed(column, counts, filters[field] ?? {}, keepZero)];
    });
    return { nMatching: rows.length, rows, fields: new Map(counted) };
  }

  #failOutside(field: string, filter: FieldFilter): void {
    const column = this.#ranges.get(field);
    if (column === undefined) throw new RangeError(`there is no field ${field}`);
    const fails = this.#fails;
    for (let i = 0; i < fails.length; i += 1) {
      const refuses = isWithin(column.numbers[i] as number, filter.min, filter.max) ? 0 : 1;
      fails[i] = (((fails[i] as number) << refuses) | refuses) & MANY;
    }
  }

  /** Tracks without one of the words count nowhere, as if many filters refused them. */
  #failWithoutText(text: string): void {
    const fails = this.#fails;
    for (const word of foldText(text).split(/\s+/u)) {
      if (word === "") continue;
      const hit = new Uint8Array(this.n);
      for (const { folded, codes } of this.#columns.values()) {
        if (folded === undefined || folded === null) continue;
        const table = Uint8Array.from([0, ...folded.map((value) => Number(value.includes(word)))]);
        if (!table.includes(1)) continue;
        for (let i = 0; i < hit.length; i += 1) {
          hit[i] = (hit[i] as number) | (table[codes[i] as number] as number);
        }
      }
      for (let i = 0; i < hit.length; i += 1) if (hit[i] === 0) fails[i] = MANY;
    }
  }

  /** Tracks that fail nothing, and tracks that fail exactly one filter. */
  #split(): { rows: Uint32Array; nearly: Uint32Array } {
    const fails = this.#fails;
    const rows = new Uint32Array(this.n);
    const nearly = new Uint32Array(this.n);
    let nRows = 0;
    let nNearly = 0;
    for (let i = 0; i < fails.length; i += 1) {
      const failures = fails[i] as number;
      if (failures > 1) continue;
      if (failures === 0) rows[nRows++] = i;
      else nearly[nNearly++] = i;
    }
    return { rows: rows.slice(0, nRows), nearly: nearly.subarray(0, nNearly) };
  }
}

function countCodes(
  { codes, values }: Indexed,
  rows: Uint32Array,
  nearly: Uint32Array,
  refused: Uint8Array | undefined,
): Uint32Array {
  const counts = new Uint32Array(values.length + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const code = codes[rows[i] as number] as number;
    counts[code] = (counts[code] as number) + 1;
  }
  if (refused === undefined) return counts;
  for (let i = 0; i < nearly.length; i += 1) {
    const code = codes[nearly[i] as number] as number;
    counts[code] = (counts[code] as number) + (refused[code] as number);
  }
  return counts;
}

/** Values by falling count, then by text; missing last. */
function listed(
  column: Indexed,
  counts: Uint32Array,
  filter: FieldFilter,
  keepZero: boolean,
): FacetField {
  const selected = new Set(filter.in ?? []);
  const excluded = new Set(filter.not ?? []);
  const values: FacetValue[] = [];
  const list = (code: number): void => {
    const value = code === 0 ? null : (column.values[code - 1] as FacetScalar);
    const count = counts[code] as number;
    const total = column.totals[code] as number;
    const [isSelected, isExcluded] = [selected.has(value), excluded.has(value)];
    if (count === 0 && !isSelected && !isExcluded && !(keepZero && total > 0)) return;
    values.push({ value, count, total, selected: isSelected, excluded: isExcluded });
  };
  for (const code of byFallingCount(column, counts)) list(code);
  const needsZeros = keepZero || selected.size + excluded.size > 0;
  for (const code of needsZeros ? column.order : []) {
    if (code !== 0 && counts[code] === 0) list(code);
  }
  list(0);
  return { field: column.field, values, nMissing: counts[0] as number };
}

/** Codes of values with a count, without missing; equal counts in the order of their text. */
function byFallingCount({ codes, order, rank }: Indexed, counts: Uint32Array): number[] {
  const nCodes = counts.length;
  const keys = new Float64Array(nCodes);
  let n = 0;
  for (let code = 1; code < nCodes; code += 1) {
    const count = counts[code] as number;
    if (count > 0) keys[n++] = (codes.length - count) * nCodes + (rank[code] as number);
  }
  return Array.from(keys.subarray(0, n).sort(), (key) => order[key % nCodes] as number);
}

/** The table behind the facet panel, from the kernel's catalog. */
export function facetTableOf(catalog: Catalog): FacetTable {
  return new FacetTable(
    catalog.columns.filter((column) => column.kind === "category"),
    catalog.columns.filter((column) => column.kind === "number"),
  );
}
