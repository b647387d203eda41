/** A numeric field of a facet panel: histogram of all and of matching tracks over a two-handled range. */
import type { VNode } from "preact";
import { canonicalFilters, type FieldFilter } from "../core/facets.js";
import type { Histogram } from "../core/histogram.js";
import { formatInteger, formatTicks } from "../core/numbers.js";
import { ticks125 } from "../core/scales.js";
import { FieldSection, useMemory } from "./facet_field.js";
import type { RangeFieldProps } from "./facet_sections.js";
import { rangeTexts } from "./messages.js";
import { percent, placeOf, RangeSlider, type RangeAxis, type RangeBounds } from "./range_slider.js";

const HEIGHT_PX = 40;
const MOST_TICKS = 6;

export function RangeField(props: RangeFieldProps): VNode {
  const { column, label, filtering, isOpenAtFirst, memory } = props;
  const { field } = column;
  const [kept, keep] = useMemory(memory, field, isOpenAtFirst);
  const { min, max } = filtering.filters[field] ?? {};
  const bounds = { min, max };
  return (
    <FieldSection
      field={field}
      label={label}
      note={rangeTexts.bounds(bounds)}
      noteTitle={field}
      isOpen={kept.isOpen}
      setOpen={(isOpen) => {
        keep({ isOpen });
      }}
    >
      {kept.isOpen ? (
        <Range
          label={label}
          field={field}
          bounds={bounds}
          histogram={filtering.facets.histograms.get(field) ?? null}
          change={(next) => {
            filtering.change((filters) => {
              return canonicalFilters({ ...filters, [field]: bounded(filters[field] ?? {}, next) });
            });
          }}
        />
      ) : null}
    </FieldSection>
  );
}

/** The filter with its lists and these bounds instead of its own. */
function bounded({ in: included, not }: FieldFilter, { min, max }: RangeBounds): FieldFilter {
  return {
    ...(included === undefined ? {} : { in: included }),
    ...(not === undefined ? {} : { not }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

interface RangeProps {
  readonly label: string;
  readonly field: string;
  readonly bounds: RangeBounds;
  readonly histogram: Histogram | null;
  readonly change: (bounds: RangeBounds) => void;
}

function Range({ label, field, bounds, histogram, change }: RangeProps): VNode | null {
  if (histogram === null) return null;
  const { nMissingTotal, isLog } = histogram;
  const notes = [
    ...(isLog ? [rangeTexts.log] : []),
    ...(nMissingTotal > 0 ? [rangeTexts.missing(nMissingTotal)] : []),
  ];
  return (
    <div class="lsc-range">
      <Bars histogram={histogram} bounds={bounds} />
      <RangeSlider axis={histogram} bounds={bounds} label={label} field={field} change={change} />
      <Ticks axis={histogram} />
      {notes.length > 0 && <div class="lsc-range-note lsc-dim">{notes.join(" \u00b7 ")}</div>}
    </div>
  );
}

/** Matching tracks inside all tracks; heights are square roots so that few tracks can be seen. */
function Bars({ histogram, bounds }: { histogram: Histogram; bounds: RangeBounds }): VNode {
  const { counts, totals, edges } = histogram;
  const tallest = Math.max(1, ...totals);
  const height = (n: number): number =>
    n === 0 ? 0 : Math.max(1, Math.round(Math.sqrt(n / tallest) * HEIGHT_PX));
  const bins = Array.from(totals, (total, i) => {
    const [from = NaN, to = NaN] = [edges[i], edges[i + 1]];
    const isCut = to < (bounds.min ?? -Infinity) || from > (bounds.max ?? Infinity);
    return { total, count: counts[i] ?? 0, from, to, isCut };
  });
  return (
    <svg
      class="lsc-bars"
      viewBox={`0 0 ${bins.length} ${HEIGHT_PX}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {bins.map(({ total, count, from, to, isCut }, i) => (
        <g key={i} data-cut={isCut ? "" : undefined}>
          <title>{rangeTexts.bin(from, to, count, total)}</title>
          <rect x={i} y="0" width="1" height={HEIGHT_PX} fill="none" pointer-events="all" />
          <rect class="lsc-bar-all" {...bar(i, height(total))} />
          <rect class="lsc-bar-now" {...bar(i, height(count))} />
        </g>
      ))}
    </svg>
  );
}

function bar(i: number, height: number): Record<string, number> {
  return { x: i + 0.06, width: 0.88, y: HEIGHT_PX - height, height };
}

/** Values below the line, at their true places: decades, or multiples of 1, 2 or 5. */
export function ticksOf({ lo, hi, isLog }: RangeAxis): number[] {
  if (!isLog) return ticks125(lo, hi, MOST_TICKS);
  const first = Math.ceil(Math.log10(lo) - 1e-9);
  const last = Math.floor(Math.log10(hi) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / MOST_TICKS));
  const decades = [];
  for (let power = first; power <= last; power += step) decades.push(10 ** power);
  return decades;
}

function Ticks({ axis }: { axis: RangeAxis }): VNode {
  const ticks = ticksOf(axis);
  const texts = axis.isLog ? ticks.map(formatDecade) : formatTicks(ticks);
  return (
    <div class="lsc-ticks" aria-hidden="true">
      {ticks.map((value, i) => {
        const place = placeOf(axis, value);
        const end = place < 0.03 ? "start" : place > 0.97 ? "end" : undefined;
        return (
          <span key={value} data-end={end} style={{ left: percent(place) }}>
            {texts[i]}
          </span>
        );
      })}
    </div>
  );
}

function formatDecade(value: number): string {
  return value >= 1 && value < 1e6 ? formatInteger(value) : String(Number(value.toPrecision(1)));
}
