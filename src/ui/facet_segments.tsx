/** Strand as a segmented control; every segment can be on at the same time. */
import type { VNode } from "preact";
import type { FacetField as Field, FacetValue } from "../core/facets.js";
import { formatCount } from "../core/numbers.js";
import { labelOf, optionText, stateOf, type Change } from "./facet_values.js";
import { facetTexts, words } from "./messages.js";

interface SegmentsProps {
  readonly field: Field;
  readonly label: string;
  readonly change: Change;
}

const STRAND_ORDER = ["+", "-", "."];

export function FacetSegments({ field, label, change }: SegmentsProps): VNode {
  const place = (value: FacetValue): number => {
    const at = STRAND_ORDER.indexOf(String(value.value));
    return at < 0 ? STRAND_ORDER.length : at;
  };
  const ordered = [...field.values].sort((a, b) => place(a) - place(b));
  return (
    <div class="lsc-seg" role="group" aria-label={label}>
      {ordered.map((value) => (
        <button
          key={String(value.value)}
          type="button"
          aria-pressed={stateOf(value) === "in"}
          aria-label={optionText(field.field, value)}
          title={facetTexts.hint}
          data-testid="lsc-facet-value"
          data-field={field.field}
          data-value={value.value === null ? "" : String(value.value)}
          data-count={value.count}
          data-total={value.total}
          data-state={stateOf(value)}
          onClick={(event) => {
            change(value.value, event.altKey ? "not" : "in");
          }}
          onKeyDown={(event) => {
            if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            event.stopPropagation();
            change(value.value, "not");
          }}
        >
          <span class={value.count === 0 ? "lsc-head-name lsc-dim" : "lsc-head-name"}>
            {/* A struck-out sign would read as another sign. */}
            {stateOf(value) === "out" ? `${words.not} ` : ""}
            {labelOf(field.field, value.value)}
          </span>
          <span class={value.count === 0 ? "lsc-dim" : ""}>{formatCount(value.count)}</span>
        </button>
      ))}
    </div>
  );
}
