import { describe, expect, it } from "vitest";
import { seeded } from "../core/testing/random.js";
import { splitColumns } from "./panel_columns.js";

function tallest(heights: readonly number[], columns: readonly number[]): number {
  const sums = new Map<number, number>();
  for (const [i, height] of heights.entries()) {
    const column = columns[i] ?? -1;
    sums.set(column, (sums.get(column) ?? 0) + height);
  }
  return Math.max(0, ...sums.values());
}

/** Every way to cut a list into at most `n` columns. */
function lowest(heights: readonly number[], n: number): number {
  if (heights.length === 0) return 0;
  if (n === 1) return heights.reduce((sum, height) => sum + height, 0);
  let best = Infinity;
  for (let to = 1; to <= heights.length; to += 1) {
    const first = heights.slice(0, to).reduce((sum, height) => sum + height, 0);
    best = Math.min(best, Math.max(first, lowest(heights.slice(to), n - 1)));
  }
  return best;
}

describe("columns of headings", () => {
  it("keep the order, and no other cut is more even", () => {
    const next = seeded(4);
    for (let round = 0; round < 60; round += 1) {
      const heights = Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
        Math.ceil(next() * 300),
      );
      const n = 1 + Math.floor(next() * 4);
      const columns = splitColumns(heights, n);
      expect(columns).toHaveLength(heights.length);
      expect([...columns].sort((a, b) => a - b)).toEqual(columns);
      expect(Math.max(...columns)).toBeLessThan(n);
      expect(tallest(heights, columns)).toBe(lowest(heights, n));
    }
  });

  it("fill the first columns first", () => {
    expect(splitColumns([10, 10, 10], 4)).toEqual([0, 1, 2]);
    expect(splitColumns([100, 10, 10, 10], 2)).toEqual([0, 1, 1, 1]);
    expect(splitColumns([], 4)).toEqual([]);
    expect(splitColumns([5, 5], 1)).toEqual([0, 0]);
  });
});
