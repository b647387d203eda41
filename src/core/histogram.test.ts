import { describe, expect, it } from "vitest";
import { binAxis, countBins, N_BINS, NO_BIN } from "./histogram.js";
import { between, seeded } from "./testing/random.js";

describe("bins", () => {
  it("are 32 of equal width, the last one closed", () => {
    const { lo, hi, isLog, edges, bins } = binAxis([0, 32, 16, 31.99, 1, 0.99, NaN]);
    expect([lo, hi, isLog]).toEqual([0, 32, false]);
    expect([...edges]).toEqual(Array.from({ length: 33 }, (_, i) => i));
    expect([...bins]).toEqual([0, 31, 16, 31, 1, 0, NO_BIN]);
  });

  it("are logarithmic when all values are above zero and span more than a hundred", () => {
    expect(binAxis([1, 100]).isLog).toBe(false);
    expect(binAxis([1, 101]).isLog).toBe(true);
    expect(binAxis([0, 1e6]).isLog).toBe(false);
    expect(binAxis([-1, 1e6]).isLog).toBe(false);
    const { edges, bins } = binAxis([1, 2 ** 32, 2 ** 16]);
    expect(edges[0]).toBe(1);
    expect(edges[16]).toBeCloseTo(2 ** 16, 3);
    expect(edges[N_BINS]).toBe(2 ** 32);
    expect([...bins.subarray(0, 2)]).toEqual([0, 31]);
  });

  it("hold a single value, and no value at all", () => {
    const one = binAxis([5, 5, NaN]);
    expect([one.lo, one.hi, one.isLog]).toEqual([5, 5, false]);
    expect(countBins(one.bins, [0, 1, 2]).reduce((a, b) => a + b)).toBe(3);
    expect(countBins(one.bins, [0, 1, 2])[NO_BIN]).toBe(1);
    const none = binAxis([NaN]);
    expect([none.lo, none.hi, ...none.bins]).toEqual([NaN, NaN, NO_BIN]);
    expect(binAxis([]).bins).toHaveLength(0);
  });

  it("put infinite values at the ends and survive the largest numbers", () => {
    const { lo, hi, bins } = binAxis([-Infinity, -1e308, 0, 1e308, Infinity]);
    expect([lo, hi]).toEqual([-1e308, 1e308]);
    expect([...bins]).toEqual([0, 0, 16, 31, 31]);
    const wide = binAxis([5e-324, 1e308]);
    expect(wide.isLog).toBe(true);
    expect([...wide.edges].every(Number.isFinite)).toBe(true);
    expect([...wide.bins]).toEqual([0, 31]);
  });

  it("agree with their edges, 200 random columns", () => {
    const random = seeded(5);
    for (let round = 0; round < 200; round += 1) {
      const scale = 10 ** between(random, -3, 6);
      const numbers = Array.from({ length: between(random, 1, 40) }, () =>
        random() < 0.1 ? NaN : random() * scale + (round % 3 === 0 ? 1e-6 : 0),
      );
      const { edges, bins } = binAxis(numbers);
      expect([...edges]).toEqual([...edges].sort((a, b) => a - b));
      for (const [i, value] of numbers.entries()) {
        const bin = bins[i] ?? -1;
        if (Number.isNaN(value)) expect(bin).toBe(NO_BIN);
        else {
          expect(value).toBeGreaterThanOrEqual(edges[bin] ?? NaN);
          expect(value).toBeLessThanOrEqual(edges[bin + 1] ?? NaN);
        }
      }
    }
  });
});

describe("counts", () => {
  it("take the rows, and of the nearly matching ones those that are let in", () => {
    const { bins } = binAxis([0, 1, 1, NaN]);
    const counts = countBins(bins, [0, 3], [1, 2], Uint8Array.of(0, 1, 0, 0));
    expect([counts[0], counts[31], counts[NO_BIN]]).toEqual([1, 1, 1]);
    expect(countBins(bins, [0], [1, 2])[31]).toBe(0);
  });
});
