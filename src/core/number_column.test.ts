import { describe, expect, it } from "vitest";
import { isWithin, Numbers } from "./number_column.js";

const numbers = new Numbers({
  field: "mean",
  numbers: Float64Array.of(1e-7, 3, NaN, -0.5, 1e21, Infinity, -0),
});

describe("a column of numbers", () => {
  it("shows numbers as the kernel writes them, folded, and missing ones as nothing", () => {
    expect(numbers.texts).toEqual(["1e-7", "3", "", "-0.5", "1e+21", "infinity", "0"]);
  });

  it("refuses what lies outside, and missing under any bound", () => {
    expect([...numbers.refused({ min: 0 })]).toEqual([0, 0, 1, 1, 0, 0, 0]);
    expect([...numbers.refused({ max: 3, min: -0.5 })]).toEqual([0, 0, 1, 0, 1, 1, 0]);
  });

  it("refuses by text, whatever type the filter has", () => {
    expect([...numbers.refused({ in: ["3", "0"] })]).toEqual([1, 0, 1, 1, 1, 1, 0]);
    expect([...numbers.refused({ in: [3, null] })]).toEqual([1, 0, 0, 1, 1, 1, 1]);
    expect([...numbers.refused({ not: [null, "1e-7"] })]).toEqual([1, 0, 1, 0, 0, 0, 0]);
    expect([...numbers.refused({})]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it("draws its histogram over the tracks that pass the others", () => {
    const rows = Uint32Array.of(0, 1);
    const { field, counts, totals, nMissing } = numbers.histogram(rows, new Uint32Array(0), null);
    expect(field).toBe("mean");
    expect(counts.reduce((a, b) => a + b)).toBe(2);
    expect(totals.reduce((a, b) => a + b)).toBe(6);
    expect(nMissing).toBe(0);
  });
});

it("bounds are inclusive and open without a number", () => {
  expect([
    isWithin(1, 1, 1),
    isWithin(NaN, undefined, 2),
    isWithin(NaN, undefined, undefined),
  ]).toEqual([true, false, true]);
});
