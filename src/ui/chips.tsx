/** The filters in force as removable chips: field, "not" when left out, value or range. */
import type { ComponentChildren, VNode } from "preact";
import { cleanText } from "../core/display_text.js";
import { canonicalFilters, cycleFilter, type FilterState } from "../core/facets.js";
import { Icon } from "./icon.js";
import { problemTexts, rangeTexts, words } from "./messages.js";
import { fieldLabel, valueLabel } from "./track_names.js";

type Value = string | number | boolean | null;

export type Chip =
  | {
      readonly kind: "value";
      readonly field: string;
      readonly value: Value;
      readonly isExcluded: boolean;
    }
  | {
      readonly kind: "range";
      readonly field: string;
      readonly min: number | undefined;
      readonly max: number | undefined;
    }
  /** A filter that lets no value through. */
  | { readonly kind: "none"; readonly field: string };

/** More chips than these are counted, not drawn. */
const MOST_CHIPS = 60;

/** One chip for each value, range and empty filter, fields in the order of the filters. */
export function chipsOf(filters: FilterState): Chip[] {
  return Object.entries(filters).flatMap(([field, { in: included, not, min, max }]): Chip[] => [
    ...(included?.length === 0 ? [{ kind: "none" as const, field }] : []),
    ...(included ?? []).map((value) => ({
      kind: "value" as const,
      field,
      value,
      isExcluded: false,
    })),
    ...(not ?? []).map((value) => ({ kind: "value" as const, field, value, isExcluded: true })),
    ...(min === undefined && max === undefined
      ? []
      : [{ kind: "range" as const, field, min, max }]),
  ]);
}

/** The part of a chip after the field. */
function valueText(chip: Chip): string {
  if (chip.kind === "range") return rangeTexts.bounds(chip);
  if (chip.kind === "none") return words.none;
  return chip.value === null ? words.missing : valueLabel(chip.field, chip.value);
}

function isOut(chip: Chip): boolean {
  return chip.kind === "value" && chip.isExcluded;
}

/** The chip as words: `Assay DNase-seq`, `Strand not +`, `Resolution ≥ 32`. */
export function chipText(chip: Chip, label: string = fieldLabel(chip.field)): string {
  return [label, ...(isOut(chip) ? [words.not] : []), valueText(chip)].join(" ");
}

/** The filters without what one chip says. */
export function withoutChip(filters: FilterState, chip: Chip): FilterState {
  const { field } = chip;
  if (chip.kind === "value") {
    return cycleFilter(filters, field, chip.value, chip.isExcluded ? "not" : "in");
  }
  const { in: included, not, min, max } = filters[field] ?? {};
  const left = {
    ...(included === undefined || chip.kind === "none" ? {} : { in: included }),
    ...(not === undefined ? {} : { not }),
    ...(min === undefined || chip.kind === "range" ? {} : { min }),
    ...(max === undefined || chip.kind === "range" ? {} : { max }),
  };
  return canonicalFilters({ ...filters, [field]: left });
}

interface ChipsProps {
  readonly filters: FilterState;
  readonly setFilters: (filters: FilterState) => void;
  /** Write the field in front of the value, under this name. */
  readonly labelOf?: (field: string) => string;
  /** What stands in the same row before and after the chips. */
  readonly before?: ComponentChildren;
  readonly after?: ComponentChildren;
}

export function Chips({ filters, setFilters, labelOf, before, after }: ChipsProps): VNode | null {
  const chips = chipsOf(filters);
  if (chips.length === 0 && before === undefined) return null;
  return (
    <div class="lsc-chips">
      {before}
      {chips.slice(0, MOST_CHIPS).map((chip) => (
        <FilterChip
          key={JSON.stringify(chip)}
          chip={chip}
          label={labelOf?.(chip.field)}
          remove={() => {
            setFilters(withoutChip(filters, chip));
          }}
        />
      ))}
      {chips.length > MOST_CHIPS && (
        <span class="lsc-dim">{problemTexts.moreChips(chips.length - MOST_CHIPS)}</span>
      )}
      {after}
    </div>
  );
}

interface FilterChipProps {
  readonly chip: Chip;
  readonly label: string | undefined;
  readonly remove: () => void;
}

function FilterChip({ chip, label, remove }: FilterChipProps): VNode {
  const name = cleanText(
    chip.kind === "none"
      ? problemTexts.removeNone(label ?? fieldLabel(chip.field))
      : `${words.remove} ${chipText(chip, label)}`,
  );
  const head = [label ?? "", isOut(chip) ? words.not : ""].filter(Boolean).join(", ");
  return (
    <button
      type="button"
      class="lsc-chip"
      data-testid="lsc-chip"
      data-out={isOut(chip) ? "" : undefined}
      data-wrong={chip.kind === "none" ? "" : undefined}
      title={name}
      aria-label={name}
      onClick={remove}
    >
      <span>
        {chip.kind === "none" ? (
          problemTexts.noneAllowed(cleanText(label ?? fieldLabel(chip.field)))
        ) : (
          <>
            {head !== "" && <span class="lsc-dim">{cleanText(head)} </span>}
            {cleanText(valueText(chip))}
          </>
        )}
      </span>
      <Icon name="close" small />
    </button>
  );
}
