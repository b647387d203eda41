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
import type { Histogram } from "./histogram.js";
import { isWithin, Numbers, type RangeColumn } from "./number_column.js";
import {
  KNOWN_FIELDS,
  readText,
  type QueryProblem,
  type ReadText,
  type Term,
} from "./query_text.js";

export type { Histogram } from "./histogram.js";
export type { RangeColumn } from "./number_column.js";
export type { QueryProblem, Term } from "./query_text.js";
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
  /** One per numeric field, in catalog order. */
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Tokens of the text that ask for a field that does not exist; they filter nothing. */
  readonly problems: readonly QueryProblem[];
}

export interface CountOptions {
  /** List values with count 0 too. */
  readonly keepZero?: boolean;
}

interface Indexed extends FieldColumn {
  /** Folded texts of all values, made when a term first asks for this field. */
  texts: readonly string[] | null;
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
  return { ...column, texts: column.folded ?? null, totals, order, rank };
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

/** Failing filters of one track: 0 none, 1 exactly one, MANY more; shifting in bits never wraps. */
const MANY = 3;
const MOST_WORDS = 64;

export class FacetTable {
  readonly n: number;
  readonly #columns: ReadonlyMap<string, Indexed>;
  readonly #ranges: ReadonlyMap<string, Numbers>;
  readonly #fails: Uint8Array;
  /** Tracks of the latest words: while one is typed, and with every click, the others stay. */
  readonly #words = new Map<string, Uint8Array>();

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
    this.#ranges = new Map(ranges.map((column) => [column.field, new Numbers(column)]));
    this.#fails = new Uint8Array(this.n);
  }

  /** Fields that have categories, in catalog order. */
  get fieldNames(): string[] {
    return [...this.#columns.keys()];
  }

  /** Fields of numbers, in catalog order. */
  get rangeNames(): string[] {
    return [...this.#ranges.keys()];
  }

  /** Whether a filter on the field means something; a known field may be missing on every track. */
  has(field: string): boolean {
    return this.#columns.has(field) || this.#ranges.has(field) || KNOWN_FIELDS.includes(field);
  }

  /** Values of a category field, in the order of their codes; null for any other field. */
  valuesOf(field: string): readonly FacetScalar[] | null {
    return this.#columns.get(field)?.values ?? null;
  }

  /** The terms of a search text, and the tokens whose field does not exist here. */
  read(text: string): ReadText {
    const fields = [...this.fieldNames, ...this.rangeNames];
    const occurs = (folded: string): boolean => this.#tracksWithWord(folded).includes(1);
    return readText(text, { fields, occurs });
  }

  /**
   * Filter and count. A known field without any value is missing on every track; a filter on a
   * field that does not exist throws.
   */
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
        refused.set(field, this.#failOutside(field, filter));
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
    const { terms, problems } = this.read(text);
    for (const term of terms) this.#failWithout(term);
    const { rows, nearly } = this.#split();
    const counted = fields.map((field): [string, FacetField] => {
      const column = this.#columns.get(field);
      if (column === undefined) throw new RangeError(`there is no field ${field}`);
      const counts = countCodes(column, rows, nearly, refused.get(field));
      return [field, listed(column, counts, filters[field] ?? {}, keepZero)];
    });
    const histograms = Array.from(this.#ranges, ([field, numbers]): [string, Histogram] => [
      field,
      numbers.histogram(rows, nearly, refused.get(field) ?? null),
    ]);
    return {
      nMatching: rows.length,
      rows,
      fields: new Map(counted),
      histograms: new Map(histograms),
      problems,
    };
  }

  #failOutside(field: string, filter: FieldFilter): Uint8Array {
    const column = this.#ranges.get(field) ?? this.#missing(field);
    if (column === null) throw new RangeError(`there is no field ${field}`);
    const refused = column.refused(filter);
    const fails = this.#fails;
    for (let i = 0; i < fails.length; i += 1) {
      const refuses = refused[i] as number;
      fails[i] = (((fails[i] as number) << refuses) | refuses) & MANY;
    }
    return refused;
  }

  /** A known field that no track has a value of. */
  #missing(field: string): Numbers | null {
    if (!KNOWN_FIELDS.includes(field)) return null;
    return new Numbers({ field, numbers: new Float64Array(this.n).fill(NaN) });
  }

  /** Tracks that break a term of the text count nowhere, as if many filters refused them. */
  #failWithout({ field, value, isExact, isNegated }: Term): void {
    const hit =
      field === null ? this.#tracksWithWord(value) : this.#tracksWith(field, value, isExact);
    const fails = this.#fails;
    const unwanted = Number(isNegated);
    for (let i = 0; i < hit.length; i += 1) if (hit[i] === unwanted) fails[i] = MANY;
  }

  /** 1 for each track with the folded text in a text field; decided once per value. */
  #tracksWithWord(folded: string): Uint8Array {
    const known = this.#words.get(folded);
    if (known !== undefined) return known;
    if (this.#words.size >= MOST_WORDS) this.#words.clear();
    const hit = new Uint8Array(this.n);
    this.#words.set(folded, hit);
    for (const column of this.#columns.values()) {
      if (column.folded === undefined || column.folded === null) continue;
      markTracks(hit, column.codes, column.folded, (value) => value.includes(folded));
    }
    return hit;
  }

  /** 1 for each track whose field has the folded text in it, or is it; 0 where missing. */
  #tracksWith(field: string, folded: string, isExact: boolean): Uint8Array {
    const hit = new Uint8Array(this.n);
    const accepts = (value: string): boolean =>
      isExact ? value === folded : value.includes(folded);
    const column = this.#columns.get(field);
    if (column !== undefined) {
      column.texts ??= column.values.map((value) => foldText(String(value)));
      markTracks(hit, column.codes, column.texts, accepts);
      return hit;
    }
    // A missing number has an empty text, and no term is empty.
    for (const [i, value] of (this.#ranges.get(field)?.texts ?? []).entries()) {
      hit[i] = Number(accepts(value));
    }
    return hit;
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

/** Set 1 for each track whose value is accepted. */
function markTracks(
  hit: Uint8Array,
  codes: Codes,
  texts: readonly string[],
  accepts: (text: string) => boolean,
): void {
  const table = new Uint8Array(texts.length + 1);
  let isFound = false;
  for (let code = 1; code < table.length; code += 1) {
    if (!accepts(texts[code - 1] as string)) continue;
    table[code] = 1;
    isFound = true;
  }
  if (!isFound) return;
  for (let i = 0; i < hit.length; i += 1) {
    hit[i] = (hit[i] as number) | (table[codes[i] as number] as number);
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
    // Missing is listed without any track when it is asked for.
    if (total === 0 && (!isSelected || isExcluded)) return;
    if (count === 0 && !isSelected && !isExcluded && !keepZero) return;
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

const tables = new WeakMap<Catalog, FacetTable>();

/** The table behind the facet panel, from the kernel's catalog; made once per catalog. */
export function facetTableOf(catalog: Catalog): FacetTable {
  const known = tables.get(catalog);
  if (known !== undefined) return known;
  const table = new FacetTable(
    catalog.columns.filter((column) => column.kind === "category"),
    catalog.columns.filter((column) => column.kind === "number"),
  );
  tables.set(catalog, table);
  return table;
}
