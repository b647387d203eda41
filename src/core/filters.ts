/** The filter state of the facet panel: pure changes and one canonical form. */

export type FacetScalar = string | number | boolean;

/** null stands for a missing value. */
export type FacetKey = FacetScalar | null;

export interface FieldFilter {
  /** Only these values; an empty list matches nothing. */
  readonly in?: readonly FacetKey[];
  readonly not?: readonly FacetKey[];
  /** Inclusive bounds of a numeric field; missing values fail. */
  readonly min?: number;
  readonly max?: number;
}

export type FilterState = Readonly<Record<string, FieldFilter>>;

/** Order of text by code point, as Python sorts it; UTF-16 order differs above U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const step = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (step !== 0) return step;
  }
  return left.length - right.length;
}

/** By text; missing comes last. */
function compareKeys(a: FacetKey, b: FacetKey): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compareCodePoints(String(a), String(b));
}

function sortedUnique(keys: readonly FacetKey[]): FacetKey[] {
  return [...new Set(keys)].sort(compareKeys);
}

function withoutEmpty(filter: FieldFilter): FieldFilter | null {
  const kept: { in?: FacetKey[]; not?: FacetKey[]; min?: number; max?: number } = {};
  if (filter.in !== undefined) kept.in = sortedUnique(filter.in);
  if (filter.not !== undefined && filter.not.length > 0) kept.not = sortedUnique(filter.not);
  if (filter.min !== undefined) kept.min = filter.min;
  if (filter.max !== undefined) kept.max = filter.max;
  return Object.keys(kept).length > 0 ? kept : null;
}

/** Fields sorted, lists unique and sorted, filters that allow everything left out. */
export function canonicalFilters(filters: FilterState): FilterState {
  const kept = Object.entries(filters)
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([field, filter]) => [field, withoutEmpty(filter)] as const)
    .filter(([, filter]) => filter !== null);
  // A field may have any name, also one that an assignment would take for something else.
  return Object.fromEntries(kept) as FilterState;
}

/** Off becomes `state`, `state` becomes off, and the opposite state becomes `state`. */
export function cycleFilter(
  filters: FilterState,
  field: string,
  value: FacetKey,
  state: "in" | "not",
): FilterState {
  const { in: included, not: excluded, ...bounds } = filters[field] ?? {};
  const other = state === "in" ? "not" : "in";
  const lists = { in: included ?? [], not: excluded ?? [] };
  const isOn = lists[state].includes(value);
  const next = {
    [state]: isOn ? lists[state].filter((key) => key !== value) : [...lists[state], value],
    [other]: lists[other].filter((key) => key !== value),
  };
  const filter: FieldFilter = {
    ...bounds,
    ...(next["in"]?.length ? { in: next["in"] } : {}),
    ...(next["not"]?.length ? { not: next["not"] } : {}),
  };
  return canonicalFilters({ ...filters, [field]: filter });
}

/** Remove every filter on one field. */
export function clearField(filters: FilterState, field: string): FilterState {
  return canonicalFilters(
    Object.fromEntries(Object.entries(filters).filter(([name]) => name !== field)),
  );
}
