/**
 * A choice of tracks as Python code that gives the same tracks. Included values become criteria of
 * `select`; everything else becomes one predicate, in which a missing cell is never an error. What
 * the page knows as text may be stored as another type: criteria are used only where the stored
 * type is sure, else the code compares the shown text, as the panel does.
 */
import type { FacetKey, FacetTable, FieldFilter, FilterState, Term } from "../core/facets.js";
import { call, list, literal } from "./python_literals.js";

const MODULE = "locuscope.tracks.query_text";
const IMPORTED = ["TEXT_FIELDS", "folded_text", "shown_text"];
const TRUTH = new Map<FacetKey, FacetKey>([
  ["true", true],
  ["false", false],
]);

/** Arguments of `select` that are no fields. */
const TAKEN = new Set(["self", "predicate", "allow_empty", "device"]);
const PYTHON_WORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield"
  ).split(" "),
);

/** Texts that may stand for a number, a truth value, a list or another object. */
const UNSURE =
  /^(?:-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|Infinity)|NaN|true|false|[[({<].*|[A-Za-z]\w*[('"].*)$/s;

/** Argument or condition of one call of `select`. */
interface Parts {
  readonly criteria: string[];
  readonly conditions: string[];
}

/** Organisms that a catalog's tracks come from, after a filter on them. */
interface Organisms {
  readonly kept: readonly number[];
  readonly isNarrowed: boolean;
}

/** Runnable Python for `filters` and `query` on what `receiver` names in the notebook. */
export function pythonOfTracks(
  receiver: string,
  filters: FilterState,
  query: string,
  facts: FacetTable,
): string {
  const usable = Object.fromEntries(Object.entries(filters).filter(([field]) => facts.has(field)));
  const { keyed, rest } = resolutionApart(receiver, usable, query, facts);
  const organisms = receiver === "catalog" ? organismsOf(rest.filters["organism"], facts) : null;
  const parts: Parts = { criteria: [], conditions: [] };
  for (const [field, filter] of Object.entries(rest.filters)) {
    if (organisms === null || field !== "organism")
      addFilter(parts, receiver, field, filter, facts);
  }
  parts.conditions.push(...rest.terms.map((term) => termCode(term, cell(term.field))));
  if (organisms?.kept.length === 0) parts.conditions.push("False");
  const isEmpty = facts.update(usable, query, []).nMatching === 0;
  const selected = selectCode(receiver, argumentsOf(parts, isEmpty), organisms);
  const code = keyed.length === 0 ? selected : keyedCode(selected, receiver, keyed);
  const names = IMPORTED.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  return names.length === 0 ? code : `from ${MODULE} import ${names.join(", ")}\n\n${code}`;
}

function argumentsOf({ criteria, conditions }: Parts, isEmpty: boolean): string[] {
  const [only = ""] = conditions;
  const all = conditions.length > 1 ? `(\n    ${conditions.join("\n    and ")}\n)` : only;
  return [
    ...criteria,
    ...(conditions.length > 0 ? [`predicate=lambda t: ${all}`] : []),
    ...(isEmpty ? ["allow_empty=True"] : []),
  ];
}

/** The call; a catalog is asked once per organism, as its `select` takes one at a time. */
function selectCode(
  receiver: string,
  parts: readonly string[],
  organisms: Organisms | null,
): string {
  const { kept, isNarrowed } = organisms ?? { kept: [], isNarrowed: false };
  if (parts.length === 0 && !isNarrowed) return receiver;
  if (kept.length < 2) {
    const [only = 0] = kept;
    const isDefault = only === 0 && (kept.length === 0 || !isNarrowed);
    return call(`${receiver}.select`, isDefault ? parts : [...parts, `organism=${only}`]);
  }
  const empty = parts.includes("allow_empty=True") ? [] : ["allow_empty=True"];
  const each = call(`${receiver}.select`, [...parts, ...empty, "organism=organism"]);
  return `[\n    ${indented(each)}\n    for organism in ${list(kept)}\n]`;
}

function organismsOf(filter: FieldFilter | undefined, facts: FacetTable): Organisms | null {
  const found = facts.valuesOf("organism") ?? [];
  if (found.length === 0) return null;
  const hasBounds = filter?.min !== undefined || filter?.max !== undefined;
  const kept = found.filter(
    (value) =>
      !hasBounds &&
      (filter?.in?.includes(value) ?? true) &&
      !(filter?.not?.includes(value) ?? false),
  );
  return { kept: kept.map(Number), isNarrowed: kept.length < found.length };
}

function addFilter(
  { criteria, conditions }: Parts,
  receiver: string,
  field: string,
  filter: FieldFilter,
  facts: FacetTable,
): void {
  const isNumber = facts.rangeNames.includes(field);
  if (filter.in !== undefined) {
    const stored = storedValues(field, filter.in, isNumber);
    if (stored === null) conditions.push(`shown_text(${cell(field)}) in ${list(filter.in)}`);
    else if (isArgument(receiver, field)) criteria.push(`${field}=${argument(stored)}`);
    else conditions.push(`${cell(field)} in ${list(stored)}`);
  }
  if (filter.not !== undefined && filter.not.length > 0) {
    const stored = storedValues(field, filter.not, isNumber);
    const left = stored === null ? `shown_text(${cell(field)})` : cell(field);
    conditions.push(`${left} not in ${list(stored ?? filter.not)}`);
  }
  if (filter.min !== undefined || filter.max !== undefined) {
    conditions.push(isNumber ? boundsCode(field, filter) : "False");
  }
}

/** The values as they are stored, null where the page cannot know their type. */
function storedValues(
  field: string,
  values: readonly FacetKey[],
  isNumber: boolean,
): FacetKey[] | null {
  if (field === "genetically_modified" && values.every((v) => v === null || TRUTH.has(v))) {
    return values.map((value) => TRUTH.get(value) ?? value);
  }
  if (isNumber || field === "organism") {
    const numbers = values.map((value) => (value === null ? null : Number(value)));
    const areSure = numbers.every((n, i) => n === null || isPlainNumber(n, values[i]));
    return areSure ? numbers : null;
  }
  return values.some((value) => typeof value === "string" && UNSURE.test(value))
    ? null
    : [...values];
}

function isPlainNumber(number: number, text: FacetKey | undefined): boolean {
  return Number.isFinite(number) && String(number) === String(text);
}

function isArgument(receiver: string, field: string): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field) || PYTHON_WORDS.has(field)) return false;
  return !TAKEN.has(field) && !(receiver === "catalog" && field === "organism");
}

/** One value stands alone; None does not, as it may be read as False on a yes/no field. */
function argument(values: readonly FacetKey[]): string {
  const only = values.length === 1 ? values[0] : undefined;
  return only === undefined || only === null ? list(values) : literal(only);
}

function boundsCode(field: string, { min, max }: FieldFilter): string {
  const low = min === undefined ? "" : `${literal(min)} <= `;
  const high = max === undefined ? "" : ` <= ${literal(max)}`;
  return `t.has(${literal(field)}) and ${low}${cell(field)}${high}`;
}

function cell(field: string | null): string {
  return field === null ? "" : `t.get(${literal(field)})`;
}

/** One condition of the search text, on a cell or on all text fields. */
function termCode({ field, value, isExact, isNegated }: Term, stored: string): string {
  const text = literal(value);
  if (field === null) {
    return `${isNegated ? "not " : ""}any(${text} in folded_text(t.get(f)) for f in TEXT_FIELDS)`;
  }
  if (isExact) return `folded_text(${stored}) ${isNegated ? "!=" : "=="} ${text}`;
  return `${text} ${isNegated ? "not in" : "in"} folded_text(${stored})`;
}

interface Apart {
  /** Conditions on the key of a result, (output name, resolution). */
  readonly keyed: readonly string[];
  readonly rest: { readonly filters: FilterState; readonly terms: readonly Term[] };
}

/**
 * A browser shows a track once per resolution, under a field `resolution` that the tracks of
 * the outputs do not have: there it is part of the key.
 */
function resolutionApart(
  receiver: string,
  filters: FilterState,
  query: string,
  facts: FacetTable,
): Apart {
  const { terms } = facts.read(query);
  const values = receiver === "out" ? (facts.valuesOf("resolution") ?? []) : [];
  const isKey = values.length > 0 && values.every((v) => /^[\d,]+ bp$/.test(String(v)));
  if (!isKey) return { keyed: [], rest: { filters, terms } };
  const { resolution, ...others } = filters;
  const stored = 'f"{key[1]:,} bp"';
  const keyed = [
    ...(resolution?.in === undefined ? [] : [`${stored} in ${list(resolution.in)}`]),
    ...(resolution?.not === undefined ? [] : [`${stored} not in ${list(resolution.not)}`]),
    ...(resolution?.min === undefined && resolution?.max === undefined ? [] : ["False"]),
    ...terms.filter(({ field }) => field === "resolution").map((term) => termCode(term, stored)),
  ];
  const rest = { filters: others, terms: terms.filter(({ field }) => field !== "resolution") };
  return { keyed, rest };
}

function keyedCode(selected: string, receiver: string, keyed: readonly string[]): string {
  const source = selected === receiver ? `${receiver}.select()` : selected;
  const lines = [
    "key: tracks",
    `for key, tracks in ${indented(source)}.items()`,
    `if ${keyed.join(" and ")}`,
  ];
  return `{\n    ${lines.join("\n    ")}\n}`;
}

function indented(code: string): string {
  return code.replaceAll("\n", "\n    ");
}
