/** The filters in force as removable chips: field, "not" when left out, value. */
import type { VNode } from "preact";
import { cleanText } from "../core/display_text.js";
import { cycleFilter, type FilterState } from "../core/facets.js";
import { Icon } from "./icon.js";
import { words } from "./messages.js";
import { fieldLabel, valueLabel } from "./track_names.js";

type Value = string | number | boolean | null;

export interface Chip {
  readonly field: string;
  readonly value: Value;
  readonly isExcluded: boolean;
}

/** One chip for each included and each excluded value, fields in the order of the filters. */
export function chipsOf(filters: FilterState): Chip[] {
  return Object.entries(filters).flatMap(([field, filter]) => [
    ...(filter.in ?? []).map((value) => ({ field, value, isExcluded: false })),
    ...(filter.not ?? []).map((value) => ({ field, value, isExcluded: true })),
  ]);
}

/** The chip as words: `Assay DNase-seq`, `Strand not +`. */
export function chipText(chip: Chip): string {
  const value = chip.value === null ? words.missing : valueLabel(chip.field, chip.value);
  return [fieldLabel(chip.field), ...(chip.isExcluded ? [words.not] : []), value].join(" ");
}

interface ChipsProps {
  readonly filters: FilterState;
  readonly setFilters: (filters: FilterState) => void;
}

export function Chips({ filters, setFilters }: ChipsProps): VNode | null {
  const chips = chipsOf(filters);
  if (chips.length === 0) return null;
  return (
    <div class="lsc-chips">
      {chips.map((chip) => (
        <button
          key={`${chip.field}\u0001${String(chip.value)}\u0001${String(chip.isExcluded)}`}
          type="button"
          class="lsc-chip"
          data-out={chip.isExcluded ? "" : undefined}
          title={cleanText(`${words.remove} ${chipText(chip)}`)}
          aria-label={cleanText(`${words.remove} ${chipText(chip)}`)}
          onClick={() => {
            setFilters(
              cycleFilter(filters, chip.field, chip.value, chip.isExcluded ? "not" : "in"),
            );
          }}
        >
          <span>
            {chip.isExcluded && <span class="lsc-dim">{words.not} </span>}
            {cleanText(chip.value === null ? words.missing : valueLabel(chip.field, chip.value))}
          </span>
          <Icon name="close" small />
        </button>
      ))}
    </div>
  );
}
