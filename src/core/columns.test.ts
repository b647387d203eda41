import { describe, expect, it } from "vitest";
import { binAt, extremesOf, type Columns } from "./columns.js";

const COLUMNS: Columns = {
  start: 100,
  bin: 4,
  n: 3,
  max: Float32Array.of(1, 5, NaN),
  mean: Float32Array.of(0.5, 2, NaN),
  min: null,
  state: "exact",
};

describe("binAt", () => {
  it("finds the bin under a position", () => {
    expect(binAt(COLUMNS, 107)).toEqual({ start: 104, end: 108, max: 5, mean: 2, min: 5 });
    expect(binAt({ ...COLUMNS, min: Float32Array.of(-1, -2, NaN) }, 104)?.min).toBe(-2);
    expect(binAt(COLUMNS, 108)?.max).toBeNaN();
  });

  it("is null outside", () => {
    expect(binAt(COLUMNS, 99)).toBeNull();
    expect(binAt(COLUMNS, 112)).toBeNull();
  });
});

it("extremes are the arrays that bound the values", () => {
  const min = Float32Array.of(0, 0, 0);
  expect(extremesOf(COLUMNS)).toEqual([COLUMNS.max]);
  expect(extremesOf({ ...COLUMNS, min })).toEqual([COLUMNS.max, min]);
});
