import { describe, expect, it } from "vitest";
import {
  axisValues,
  fractionOf,
  niceAtLeast,
  niceScale,
  pixelScale,
  positionAt,
  quantile,
  rangeOf,
  ticks125,
  transform,
  untransform,
  xOf,
} from "./scales.js";
import { seeded } from "./testing/random.js";

describe("transform", () => {
  it.each(["linear", "log1p", "symlog"] as const)("%s has an inverse and is odd", (kind) => {
    for (const value of [-50, -0.3, 0, 0.02, 7, 4_000]) {
      expect(untransform(kind, transform(kind, value))).toBeCloseTo(value, 9);
      expect(transform(kind, -value)).toBeCloseTo(-transform(kind, value), 12);
    }
  });
});

describe("fractionOf", () => {
  it("is 0 at lo, 1 at hi and cut outside", () => {
    const scale = { kind: "linear", lo: 10, hi: 20 } as const;
    expect([5, 10, 15, 20, 30].map((v) => fractionOf(scale, v))).toEqual([0, 0, 0.5, 1, 1]);
  });

  it("passes NaN through and gives 0 on an empty range", () => {
    expect(fractionOf({ kind: "linear", lo: 0, hi: 1 }, NaN)).toBeNaN();
    expect(fractionOf({ kind: "linear", lo: 3, hi: 3 }, 3)).toBe(0);
  });

  it("lifts small values on a log scale", () => {
    const linear = fractionOf({ kind: "linear", lo: 0, hi: 1_000 }, 10);
    expect(fractionOf({ kind: "log1p", lo: 0, hi: 1_000 }, 10)).toBeGreaterThan(10 * linear);
  });
});

describe("ranges", () => {
  it("ignore NaN and infinities", () => {
    expect(rangeOf([Float32Array.of(NaN, 2, -3), Float32Array.of(Infinity, 7)])).toEqual({
      lo: -3,
      hi: 7,
    });
    expect(rangeOf([Float32Array.of(NaN)])).toBeNull();
    expect(rangeOf([])).toBeNull();
  });

  it("become round bounds that hold zero", () => {
    expect(niceScale("linear", { lo: 0.2, hi: 0.93 }, false)).toEqual({
      kind: "linear",
      lo: 0,
      hi: 1,
    });
    expect(niceScale("linear", { lo: -0.1, hi: 87 }, false)).toMatchObject({ lo: -0.1, hi: 100 });
    expect(niceScale("linear", null, false)).toMatchObject({ lo: 0, hi: 1 });
    expect(niceScale("linear", { lo: 0, hi: 0 }, true)).toMatchObject({ lo: -1, hi: 1 });
    expect(niceScale("symlog", { lo: -3.1, hi: 0.4 }, true)).toMatchObject({ lo: -4, hi: 4 });
  });

  it("never cut a value and waste at most a third, for 500 random maxima", () => {
    const random = seeded(3);
    for (let i = 0; i < 500; i += 1) {
      const hi = 10 ** (random() * 12 - 6);
      const scale = niceScale("linear", { lo: 0, hi }, false);
      expect(scale.hi).toBeGreaterThanOrEqual(hi * (1 - 1e-9));
      expect(hi / scale.hi).toBeGreaterThan(0.66);
    }
  });
});

describe("quantile", () => {
  it("interpolates between order statistics and skips NaN", () => {
    expect(quantile([4, 1, NaN, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(quantile([NaN], 0.5)).toBeNull();
  });
});

describe("ticks", () => {
  it("are multiples of a 1-2-5 step", () => {
    expect(ticks125(0, 100, 6)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks125(2_570_000, 2_590_000, 6)).toEqual([
      2_570_000, 2_575_000, 2_580_000, 2_585_000, 2_590_000,
    ]);
    expect(ticks125(0, 0.3, 4)).toEqual([0, 0.1, 0.2, 0.3]);
  });

  it("never exceed the wanted number nor leave the range, for 500 ranges", () => {
    const random = seeded(4);
    for (let i = 0; i < 500; i += 1) {
      const lo = (random() - 0.5) * 1e6;
      const hi = lo + 10 ** (random() * 9 - 3);
      const ticks = ticks125(lo, hi, 8);
      expect(ticks.length).toBeLessThanOrEqual(8);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(lo - 1e-6 * Math.abs(lo) - 1e-9);
        expect(tick).toBeLessThanOrEqual(hi + 1e-6 * Math.abs(hi) + 1e-9);
      }
    }
  });

  it("are none where there is no range", () => {
    expect(ticks125(3, 3, 5)).toEqual([]);
    expect(ticks125(0, 1, 0)).toEqual([]);
    expect(ticks125(NaN, 1, 5)).toEqual([]);
  });

  it("have a smallest round number above", () => {
    expect([1, 1.1, 2.1, 7, 0.03].map(niceAtLeast)).toEqual([1, 2, 5, 10, 0.05]);
  });

  it("on an axis depend on the height", () => {
    const scale = { kind: "linear", lo: 0, hi: 10 } as const;
    expect(axisValues(scale, 40)).toEqual([0, 5, 10]);
    expect(axisValues(scale, 24)).toEqual([0, 10]);
    expect(axisValues(scale, 12)).toEqual([]);
    expect(axisValues({ kind: "symlog", lo: -8, hi: 8 }, 40)).toEqual([-8, 0, 8]);
  });
});

describe("pixels", () => {
  it("map positions to px and back", () => {
    const scale = pixelScale({ chrom: "1", start: 1_000, end: 3_000 }, 500);
    expect(xOf(scale, 1_000)).toBe(0);
    expect(xOf(scale, 3_000)).toBe(500);
    expect(positionAt(scale, 0)).toBe(1_000);
    expect(positionAt(scale, xOf(scale, 1_234) + 0.01)).toBe(1_234);
  });
});
