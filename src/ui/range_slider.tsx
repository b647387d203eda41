/** Two handles on one line, moved by pointer or by key; a handle at its end sets no bound. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { formatValue } from "../core/numbers.js";
import { rangeTexts } from "./messages.js";

/** Places a handle can have, and how far Page Up and Page Down go. */
const STEPS = 128;
const PAGE = 8;

export interface RangeAxis {
  readonly lo: number;
  readonly hi: number;
  readonly isLog: boolean;
}

/** The bounds in force; undefined lets everything through on that side. */
export interface RangeBounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Place of a value between the ends of the axis, 0 to 1. */
export function placeOf({ lo, hi, isLog }: RangeAxis, value: number): number {
  const at = isLog
    ? Math.log(Math.max(value, lo) / lo) / Math.log(hi / lo)
    : (value - lo) / (hi - lo);
  return Math.min(1, Math.max(0, at));
}

/** Value at a place, with three significant digits so that it can be read and written. */
export function valueAt({ lo, hi, isLog }: RangeAxis, place: number): number {
  const value = isLog ? lo * (hi / lo) ** place : lo + place * (hi - lo);
  return Math.min(hi, Math.max(lo, Number(value.toPrecision(3))));
}

interface SliderProps {
  readonly axis: RangeAxis;
  readonly bounds: RangeBounds;
  readonly label: string;
  readonly field: string;
  readonly change: (bounds: RangeBounds) => void;
}

type Side = "min" | "max";

/** The bounds after one handle went to a step; handles stop at each other. */
export function movedTo(
  axis: RangeAxis,
  bounds: RangeBounds,
  side: Side,
  step: number,
): RangeBounds {
  const kept = Math.min(STEPS, Math.max(0, Math.round(step)));
  if (side === "min") {
    const most = bounds.max ?? axis.hi;
    const min = kept === 0 ? undefined : Math.min(most, valueAt(axis, kept / STEPS));
    return { min, max: bounds.max };
  }
  const least = bounds.min ?? axis.lo;
  const max = kept === STEPS ? undefined : Math.max(least, valueAt(axis, kept / STEPS));
  return { min: bounds.min, max };
}

export function RangeSlider({ axis, bounds, label, field, change }: SliderProps): VNode {
  const line = useRef<HTMLDivElement>(null);
  const held = useRef<Side | null>(null);
  const places = {
    min: placeOf(axis, bounds.min ?? axis.lo),
    max: placeOf(axis, bounds.max ?? axis.hi),
  };
  const stepAt = (clientX: number): number => {
    const box = line.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    return ((clientX - box.left) / box.width) * STEPS;
  };
  const drag = (event: PointerEvent): void => {
    if (held.current !== null) change(movedTo(axis, bounds, held.current, stepAt(event.clientX)));
  };
  return (
    <div
      class="lsc-slider"
      ref={line}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        const named = (event.target as HTMLElement).dataset["side"];
        const step = stepAt(event.clientX) / STEPS;
        const isLower = Math.abs(step - places.min) <= Math.abs(step - places.max);
        const nearest: Side = isLower && step <= places.max ? "min" : "max";
        held.current = named === "min" || named === "max" ? named : nearest;
        event.currentTarget.setPointerCapture(event.pointerId);
        event.currentTarget
          .querySelector<HTMLElement>(`[data-side="${held.current}"]`)
          ?.focus({ preventScroll: true });
        event.preventDefault();
        if (named === undefined) drag(event);
      }}
      onPointerMove={drag}
      onPointerUp={() => {
        held.current = null;
      }}
      onPointerCancel={() => {
        held.current = null;
      }}
    >
      <div
        class="lsc-slider-line"
        style={{ left: percent(places.min), right: percent(1 - places.max) }}
      />
      {(["min", "max"] as const).map((side) => (
        <Handle
          key={side}
          side={side}
          place={places[side]}
          axis={axis}
          bounds={bounds}
          label={label}
          field={field}
          change={change}
        />
      ))}
    </div>
  );
}

interface HandleProps extends SliderProps {
  readonly side: Side;
  readonly place: number;
}

function Handle({ side, place, axis, bounds, label, field, change }: HandleProps): VNode {
  const end = side === "min" ? axis.lo : axis.hi;
  const value = bounds[side] ?? end;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = Math.round(place * STEPS);
    const target = {
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      PageUp: at + PAGE,
      PageDown: at - PAGE,
      Home: 0,
      End: STEPS,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    change(movedTo(axis, bounds, side, target));
  };
  const text = formatValue(value);
  return (
    <div
      class="lsc-handle"
      role="slider"
      tabIndex={0}
      aria-label={rangeTexts.handle[side](label)}
      aria-valuemin={side === "min" ? axis.lo : (bounds.min ?? axis.lo)}
      aria-valuemax={side === "min" ? (bounds.max ?? axis.hi) : axis.hi}
      aria-valuenow={value}
      aria-valuetext={bounds[side] === undefined ? rangeTexts.open(text) : text}
      data-testid="lsc-handle"
      data-field={field}
      data-side={side}
      style={{ left: percent(place) }}
      onKeyDown={onKeyDown}
    />
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
