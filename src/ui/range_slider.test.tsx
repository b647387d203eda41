import { describe, expect, it } from "vitest";
import {
  movedTo,
  percent,
  placeOf,
  RangeSlider,
  valueAt,
  type RangeBounds,
} from "./range_slider.js";
import { draw, press } from "./testing/loaded.js";

const LINEAR = { lo: 0, hi: 128, isLog: false };
const LOG = { lo: 0.01, hi: 1_000, isLog: true };
const OPEN: RangeBounds = { min: undefined, max: undefined };

function show(bounds: RangeBounds = OPEN) {
  const changes: RangeBounds[] = [];
  const host = draw(
    <RangeSlider
      axis={LINEAR}
      bounds={bounds}
      label="Mean"
      field="mean"
      change={(next) => changes.push(next)}
    />,
  );
  const handles = [...host.querySelectorAll<HTMLElement>("[role=slider]")];
  return { host, handles, changes };
}

describe("places and values", () => {
  it("are inverse of each other up to three digits, on both axes", () => {
    for (const axis of [LINEAR, LOG]) {
      for (const place of [0, 0.1, 0.25, 0.5, 0.9, 1]) {
        expect(placeOf(axis, valueAt(axis, place))).toBeCloseTo(place, 2);
      }
    }
    expect(valueAt(LOG, 0.4)).toBe(1);
    expect(valueAt(LOG, 1 / 3)).toBe(0.464);
  });

  it("stay inside the axis", () => {
    expect(placeOf(LOG, -5)).toBe(0);
    expect(placeOf(LOG, 1e9)).toBe(1);
    expect(valueAt({ lo: 1.2345, hi: 9.8765, isLog: false }, 0)).toBe(1.2345);
    expect(valueAt({ lo: 1.2345, hi: 9.8765, isLog: false }, 1)).toBe(9.8765);
    expect(percent(0.5)).toBe("50.00%");
  });
});

describe("a moved handle", () => {
  it("sets no bound at its end and stops at the other handle", () => {
    expect(movedTo(LINEAR, OPEN, "min", 32)).toEqual({ min: 32, max: undefined });
    expect(movedTo(LINEAR, { min: 32, max: 64 }, "min", 100)).toEqual({ min: 64, max: 64 });
    expect(movedTo(LINEAR, { min: 32, max: 64 }, "max", 3)).toEqual({ min: 32, max: 32 });
    expect(movedTo(LINEAR, { min: 32, max: 64 }, "min", -9)).toEqual({ min: undefined, max: 64 });
    expect(movedTo(LINEAR, { min: 32, max: 64 }, "max", 999)).toEqual({ min: 32, max: undefined });
  });
});

describe("the slider", () => {
  it("has two named handles with values and limits", () => {
    const [low, high] = show({ min: 32, max: undefined }).handles;
    expect(low?.getAttribute("aria-label")).toBe("Mean, smallest");
    expect(low?.getAttribute("aria-valuenow")).toBe("32");
    expect(low?.getAttribute("aria-valuetext")).toBe("32.0");
    expect(high?.getAttribute("aria-valuemin")).toBe("32");
    expect(high?.getAttribute("aria-valuetext")).toBe("128, no bound");
    expect(high?.style.left).toBe("100.00%");
  });

  it("moves by arrows, pages, Home and End, and leaves other keys alone", () => {
    const { handles, changes } = show({ min: 32, max: undefined });
    const low = handles[0] ?? null;
    for (const key of ["ArrowRight", "ArrowDown", "PageUp", "Home", "End"]) {
      expect(press(low, key).defaultPrevented).toBe(true);
    }
    expect(changes.map(({ min }) => min)).toEqual([33, 31, 40, undefined, 128]);
    expect(press(low, "q").defaultPrevented).toBe(false);
    expect(press(low, "ArrowRight", { ctrlKey: true }).defaultPrevented).toBe(false);
    press(handles[1] ?? null, "PageDown");
    expect(changes.at(-1)).toEqual({ min: 32, max: 120 });
  });
});
