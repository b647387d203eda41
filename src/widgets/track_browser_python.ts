/** The current view as the shortest public call that rebuilds it. */
import { formatLocus, type Region } from "../core/coords.js";
import type { FilterState } from "../core/facets.js";
import type { ViewState } from "../ui/view_state.js";
import { call, list, literal } from "./python_literals.js";

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
