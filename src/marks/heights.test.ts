import { describe, expect, it } from "vitest";
import { heightFunction, heightsOf, MISSING, spansOf, type PaintView } from "./heights.js";

function view(width: number, x0: number, bpPerPx: number): PaintView {
  return { width, height: 10, x0, bpPerPx, dpr: 1, hatch: 0 };
}

describe("spansOf", () => {
  it("gives every column at least one bin, and every bin a column", () => {
    for (const bpPerPx of [0.1, 0.5, 1, 1.7, 4, 33.3]) {
      const bins = { start: 0, bin: 2, n: 50 };
      const width = Math.ceil(100 / bpPerPx);
      const { first, last } = spansOf(view(width, 0, bpPerPx), bins);
      const covered = new Set<number>();
      for (let x = 0; x < width; x += 1) {
        for (let i = first[x] ?? 0; i < (last[x] ?? 0); i += 1) covered.add(i);
        if (x * bpPerPx < 100) expect((last[x] ?? 0) - (first[x] ?? 0)).toBeGreaterThan(0);
      }
      const whole = Math.floor(((width - 1) * bpPerPx) / 2);
      for (let i = 0; i < whole; i += 1) expect(covered.has(i), `${bpPerPx} ${i}`).toBe(true);
    }
  });

  it("is empty outside the bins", () => {
    const { first, last } = spansOf(view(4, 0, 10), { start: 10, bin: 10, n: 2 });
    expect([...first]).toEqual([0, 0, 1, 2]);
    expect([...last]).toEqual([0, 1, 2, 2]);
  });
});

describe("heightFunction", () => {
  it("runs from 0 to the top row and rounds half up", () => {
    const h = heightFunction({ kind: "linear", lo: 0, hi: 10 }, 11);
    expect([-5, 0, 0.49, 0.5, 4, 10, 99].map(h)).toEqual([0, 0, 0, 1, 4, 10, 10]);
  });

  it("is 0 on a scale without a range, and in a lane of one row", () => {
    expect(heightFunction({ kind: "linear", lo: 2, hi: 2 }, 40)(2)).toBe(0);
    expect(heightFunction({ kind: "linear", lo: 0, hi: 1 }, 1)(1)).toBe(0);
  });

  it("follows the transform", () => {
    const h = heightFunction({ kind: "symlog", lo: -100, hi: 100 }, 101);
    expect(h(0)).toBe(50);
    expect(h(10) - 50).toBe(50 - h(-10));
    expect(h(10)).toBeGreaterThan(70);
  });
});

describe("heightsOf", () => {
  const scale = { kind: "linear", lo: -10, hi: 10 } as const;

  it("takes maximum, minimum and mean of the bins that are there", () => {
    const columns = {
      start: 0,
      bin: 1,
      n: 4,
      max: Float32Array.of(2, NaN, 8, NaN),
      mean: Float32Array.of(1, NaN, 3, NaN),
      min: Float32Array.of(-1, NaN, -6, NaN),
      state: "exact",
    } as const;
    const at = view(2, 0, 3);
    const heights = heightsOf(columns, spansOf(at, columns), scale, 21);
    expect([...heights.max]).toEqual([18, MISSING]);
    expect([...heights.mean]).toEqual([12, MISSING]);
    expect([...heights.min]).toEqual([4, MISSING]);
  });

  it("takes the maximum for the lower bound where none was sent", () => {
    const max = Float32Array.of(2);
    const columns = { start: 0, bin: 1, n: 1, max, mean: max, min: null, state: "exact" } as const;
    const at = view(1, 0, 1);
    expect([...heightsOf(columns, spansOf(at, columns), scale, 21).min]).toEqual([12]);
    const holes = { ...columns, min: Float32Array.of(NaN) };
    expect([...heightsOf(holes, spansOf(at, holes), scale, 21).min]).toEqual([12]);
  });
});
