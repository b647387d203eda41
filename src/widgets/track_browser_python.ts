/** The current view, or the current choice of tracks, as the shortest public call that rebuilds it. */
import { formatLocus, type Region } from "../core/coords.js";
import type { FacetKey, FilterState } from "../core/facets.js";
import type { ViewState } from "../ui/view_state.js";

const NARROW = 72;

/** A Python literal; text is quoted so that any character stays itself. */
export function literal(value: FacetKey): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function list(values: readonly FacetKey[]): string {
  return `[${values.map(literal).join(", ")}]`;
}

function call(name: string, parts: readonly string[]): string {
  const line = `${name}(${parts.join(", ")})`;
  if (line.length <= NARROW || parts.length === 0) return line;
  return `${name}(\n${parts.map((part) => `    ${part},`).join("\n")}\n)`;
}

/** `lsc.Interval.parse("20:2,570,001-2,590,000")`, with the contig as the data spell it. */
function intervalText(region: Region): string {
  const range = formatLocus(region).replace(/^.*:/, "");
  return `lsc.Interval.parse(${literal(`${region.chrom}:${range}`)})`;
}

function filterLiteral(filters: FilterState): string {
  const fields = Object.entries(filters).map(([field, filter]) => {
    const parts = [
      ...(filter.in === undefined ? [] : [`"in": ${list(filter.in)}`]),
      ...(filter.not === undefined ? [] : [`"not": ${list(filter.not)}`]),
      ...(filter.min === undefined ? [] : [`"min": ${String(filter.min)}`]),
      ...(filter.max === undefined ? [] : [`"max": ${String(filter.max)}`]),
    ];
    return `${literal(field)}: {${parts.join(", ")}}`;
  });
  return `{${fields.join(", ")}}`;
}

/** The view: place, filters, grouping, mode and scale, as far as they differ from the defaults. */
export function pythonOfView(state: ViewState): string {
  const { filters, query, groupBy, sortBy, mode, scale, hasAlt } = state;
  const parts = ["out", `interval=${intervalText(state.region)}`];
  if (hasAlt) parts.push(`mode=${literal(mode)}`);
  if (Object.keys(filters).length > 0) parts.push(`filters=${filterLiteral(filters)}`);
  if (query !== "") parts.push(`query=${literal(query)}`);
  if (groupBy.join() !== "output_name") parts.push(`group_by=${list(groupBy)}`);
  if (sortBy.length > 0) parts.push(`sort_by=${list(sortBy)}`);
  if (scale.kind !== "linear" || scale.range !== "group") {
    parts.push(`scale={"kind": ${literal(scale.kind)}, "range": ${literal(scale.range)}}`);
  }
  if (state.genes !== null) parts.push("genes=genes");
  if (state.variants !== null) parts.push("variants=variants");
  return call("lsc.TrackBrowser", parts);
}

/** Fields that the text query looks into. */
const TEXT_FIELDS = [
  "track_name",
  "ontology_curie",
  "biosample_name",
  "assay_title",
  "histone_mark",
  "transcription_factor",
  "gtex_tissue",
];

/** The choice of tracks: includes as criteria, everything else as one predicate. */
export function pythonOfTracks(state: Pick<ViewState, "filters" | "query">): string {
  const criteria: string[] = [];
  const conditions: string[] = [];
  for (const [field, filter] of Object.entries(state.filters)) {
    const isName = /^[A-Za-z_]\w*$/.test(field);
    const cell = `t.get(${literal(field)})`;
    if (filter.in !== undefined && isName && !filter.in.includes(null)) {
      const only = filter.in.length === 1 ? filter.in[0] : undefined;
      criteria.push(`${field}=${only === undefined ? list(filter.in) : literal(only)}`);
    } else if (filter.in !== undefined) conditions.push(`${cell} in ${list(filter.in)}`);
    if (filter.not !== undefined) conditions.push(`${cell} not in ${list(filter.not)}`);
    if (filter.min !== undefined) conditions.push(`(${cell} or 0) >= ${String(filter.min)}`);
    if (filter.max !== undefined) conditions.push(`(${cell} or 0) <= ${String(filter.max)}`);
  }
  for (const word of state.query.normalize("NFC").toLowerCase().split(" ")) {
    if (word === "") continue;
    conditions.push(
      `any(${literal(word)} in str(t.get(f) or "").casefold() for f in ${list(TEXT_FIELDS)})`,
    );
  }
  if (conditions.length > 0) criteria.push(`predicate=lambda t: ${conditions.join(" and ")}`);
  return criteria.length === 0 ? "out" : call("out.select", criteria);
}
