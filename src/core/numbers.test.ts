import { describe, expect, it } from "vitest";
import {
  decimalsFor,
  formatCount,
  formatDuration,
  formatFraction,
  formatInteger,
  formatSigned,
  formatTicks,
  formatValue,
  formatWidth,
  toAsciiMinus,
} from "./numbers.js";

describe("numbers on screen", () => {
  it.each([
    [0, "0"],
    [1, "1.00"],
    [0.998, "0.998"],
    [0.0314159, "0.0314"],
    [12.345, "12.3"],
    [123.45, "123"],
    [9_999, "9999"],
    [10_000, "10,000"],
    [1_234_567, "1,234,567"],
    [0.0000123, "1.23e-5"],
    [-0.25, "\u22120.250"],
    [-0.00002, "\u22122.00e-5"],
    [NaN, "\u2013"],
    [Infinity, "\u2013"],
  ])("value %d is %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it.each([
    [1.234, "+1.23"],
    [-0.4, "\u22120.400"],
    [0, "0"],
    [NaN, "\u2013"],
  ])("difference %d is %s", (value, text) => {
    expect(formatSigned(value)).toBe(text);
  });

  it.each([
    [0, "0"],
    [9_999, "9,999"],
    [12_345, "12.3 k"],
  ])("count %d is %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.0004, "< 0.1 %"],
    [0.9996, "> 99.9 %"],
    [0.051, "5.1 %"],
    [0.42, "42 %"],
    [NaN, "\u2013"],
  ])("share %d is %s", (value, text) => {
    expect(formatFraction(value)).toBe(text);
  });

  it.each([
    [40, "40 s"],
    [120, "120 s"],
    [200, "3 min"],
    [NaN, "\u2013"],
  ])("%d seconds are %s", (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it.each([
    [200, "200 bp"],
    [20_000, "20.0 kb"],
    [120_000, "120 kb"],
    [999_960, "1.00 Mb"],
    [1_200_000, "1.20 Mb"],
    [63_000_000, "63.0 Mb"],
  ])("%d bp are %s", (value, text) => {
    expect(formatWidth(value)).toBe(text);
  });

  it("group thousands and keep a plain minus for code", () => {
    expect(formatInteger(-2_570_001)).toBe("\u22122,570,001");
    expect(toAsciiMinus("\u22121.5 to \u22122")).toBe("-1.5 to -2");
  });
});

describe("axis values", () => {
  it("share their number of decimals", () => {
    expect(formatTicks([0, 0.5, 1])).toEqual(["0", "0.5", "1.0"]);
    expect(formatTicks([0, 50, 100])).toEqual(["0", "50", "100"]);
    expect(formatTicks([0, 1_500, 3_000])).toEqual(["0", "1,500", "3,000"]);
  });

  it("carry signs where both occur", () => {
    expect(formatTicks([-1, 0, 1], { signed: true })).toEqual(["\u22121", "0", "+1"]);
  });

  it("shorten very large and very small values", () => {
    expect(formatTicks([0, 1_000_000, 2_000_000])).toEqual(["0", "1 M", "2 M"]);
    expect(formatTicks([0, 0.0002, 0.0004])).toEqual(["0", "2e-4", "4e-4"]);
    expect(formatTicks([])).toEqual([]);
  });

  it("need as many decimals as tell them apart", () => {
    expect(decimalsFor([2.57, 2.575, 2.58])).toBe(3);
    expect(decimalsFor([1, 2])).toBe(0);
    expect(decimalsFor([1 / 3])).toBe(9);
  });
});
