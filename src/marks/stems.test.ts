import { describe, expect, it } from "vitest";
import type { Columns } from "../core/columns.js";
import { heightsOf, spansOf, type PaintView } from "./heights.js";
import { stemsOf, stemWidths } from "./stems.js";

const SCALE = { kind: "linear", lo: 0, hi: 10 } as const;

function bars(
  values: number[],
  bpPerPx: number,
  width: number,
  px: number,
  share = 0.75,
): number[] {
  const max = Float32Array.from(values);
  const columns: Columns = {
    start: 0,
    bin: 1,
    n: max.length,
    max,
    mean: max,
    min: null,
    state: "exact",
  };
  const view: PaintView = { width, height: 11, x0: 0, bpPerPx, dpr: 1, hatch: 0 };
  const heights = heightsOf(columns, spansOf(view, columns), SCALE, 11);
  const place = { view, scale: SCALE, height: 11, zero: 0, width: { px, share } };
  return [...stemsOf(columns, heights, place).up];
}

describe("stems", () => {
  it("stand in the middle of their column", () => {
    expect(bars([0, 0, 0, 5, 0, 0, 0], 1, 7, 3)).toEqual([0, 0, 5, 5, 5, 0, 0]);
    expect(bars([0, 0, 0, 5, 0, 0, 0], 1, 7, 5)).toEqual([0, 5, 5, 5, 5, 5, 0]);
  });

  it("show the taller of two that overlap", () => {
    expect(bars([0, 0, 3, 5, 0, 0, 0], 1, 7, 3)).toEqual([0, 3, 5, 5, 5, 0, 0]);
  });

  it("take the maximum of many bins in one column", () => {
    expect(bars([0, 0, 0, 0, 0, 7, 2, 0, 0, 0], 2, 5, 1)).toEqual([0, 0, 7, 2, 0]);
  });

  it("grow with a base that is wide on screen, by its share", () => {
    expect(bars([0, 8, 0], 0.1, 30, 3, 0.5).filter((h) => h === 8)).toHaveLength(5);
    expect(bars([0, 8, 0], 0.1, 30, 7, 0.5).filter((h) => h === 8)).toHaveLength(7);
  });

  it("leave nothing where nothing rises or all is missing", () => {
    expect(bars([0, 0, NaN, NaN], 1, 4, 5)).toEqual([0, 0, 0, 0]);
    expect(bars([NaN, NaN], 0.1, 20, 5).every((h) => h === 0)).toBe(true);
  });

  it("are 5 px alone and 7 around 3 in an overlay, times the pixel ratio", () => {
    expect(stemWidths(1, false).main.px).toBe(5);
    expect(stemWidths(1, true).main.px).toBe(7);
    expect(stemWidths(2, true).over.px).toBe(6);
  });
});
