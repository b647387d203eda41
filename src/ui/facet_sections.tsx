/** The headings of a catalog in the order of the panel: which there are, and which are open at first. */
import type { FunctionComponent, VNode } from "preact";
import type { Catalog, NumberColumn } from "../core/answers.js";
import { cycleFilter, type FacetResult, type FilterState } from "../core/facets.js";
import { FacetField, type PanelMemory } from "./facet_field.js";
import { columnOf, fieldLabel, fieldOrder } from "./track_names.js";

export interface Heading {
  readonly field: string;
  readonly label: string;
  readonly kind: "category" | "number";
  readonly isOpen: boolean;
}

/** What the sections show and change; side panel and wide panel both have it. */
export interface Filtering {
  readonly catalog: Catalog;
  readonly facets: FacetResult;
  readonly filters: FilterState;
  /** Apply a change to the filters of this moment. */
  readonly change: (how: (filters: FilterState) => FilterState) => void;
}

export function numbersOf(catalog: Catalog, field: string): NumberColumn | null {
  for (const column of catalog.columns) {
    if (column.kind === "number" && column.field === field) return column;
  }
  return null;
}

/** Two different numbers make a range. */
function hasRange({ numbers }: NumberColumn): boolean {
  const first = numbers.find((value) => Number.isFinite(value));
  return first !== undefined && numbers.some((value) => Number.isFinite(value) && value !== first);
}

const ranged = new WeakMap<NumberColumn, boolean>();

function isRange(column: NumberColumn): boolean {
  const known = ranged.get(column) ?? hasRange(column);
  ranged.set(column, known);
  return known;
}

/**
 * Fields worth a heading: two values or more. `wanted` names them in its own order; without it the
 * known ones come first and all others after them.
 */
export function headingsOf(
  catalog: Catalog | null,
  facets: FacetResult | null,
  isOpen: (field: string, kind: "category" | "number") => boolean,
  wanted: readonly string[] = [],
): Heading[] {
  if (catalog === null || facets === null) return [];
  const own = catalog.columns.map((column) => column.field);
  const order = wanted.length > 0 ? wanted.filter((f) => own.includes(f)) : fieldOrder(own);
  return order.flatMap((field): Heading[] => {
    const numbers = numbersOf(catalog, field);
    const label = fieldLabel(field, numbers?.label ?? columnOf(catalog, field)?.label);
    if (numbers !== null) {
      if (!isRange(numbers)) return [];
      return [{ field, label, kind: "number", isOpen: isOpen(field, "number") }];
    }
    const n = facets.fields.get(field)?.values.length ?? 0;
    return n < 2 ? [] : [{ field, label, kind: "category", isOpen: isOpen(field, "category") }];
  });
}

export interface RangeFieldProps {
  readonly column: NumberColumn;
  readonly label: string;
  readonly filtering: Filtering;
  readonly isOpenAtFirst: boolean;
  readonly memory: PanelMemory;
}

interface SectionProps {
  readonly heading: Heading;
  readonly filtering: Filtering;
  readonly memory: PanelMemory;
  readonly firstValues?: number;
  /** Draws a numeric field, where there is room for one. */
  readonly Range?: FunctionComponent<RangeFieldProps>;
}

export function FacetSection(props: SectionProps): VNode | null {
  const { heading, filtering, memory, firstValues, Range } = props;
  const { catalog, facets } = filtering;
  const { field, label } = heading;
  if (heading.kind === "number") {
    const column = numbersOf(catalog, field);
    if (column === null || Range === undefined) return null;
    return (
      <Range
        column={column}
        label={label}
        filtering={filtering}
        isOpenAtFirst={heading.isOpen}
        memory={memory}
      />
    );
  }
  const counted = facets.fields.get(field);
  if (counted === undefined) return null;
  return (
    <FacetField
      field={counted}
      label={label}
      isOpenAtFirst={heading.isOpen}
      memory={memory}
      {...(firstValues === undefined ? {} : { firstValues })}
      change={(value, how) => {
        filtering.change((filters) => cycleFilter(filters, field, value, how));
      }}
    />
  );
}
