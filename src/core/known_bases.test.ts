import { describe, expect, it } from "vitest";
import { between, seeded } from "./testing/random.js";
import { baseAt, basesIn, basesToAsk, endOf, joinBases, MOST_BASES } from "./known_bases.js";

const BOUNDS = { chrom: "20", start: 0, end: 1_000_000 };
const view = (start: number, end: number) => ({ chrom: "20", start, end });
const GENOME = Array.from({ length: 400 }, (_, i) => "ACGT"[(i * 7 + (i >> 3)) % 4]).join("");
const part = (start: number, end: number) => ({ start, text: GENOME.slice(start, end) });

describe("known bases", () => {
  it("are read by position", () => {
    const known = { start: 10, text: "ACG" };
    expect([9, 10, 12, 13].map((at) => baseAt(known, at))).toEqual([null, "A", "G", null]);
    expect(baseAt(null, 10)).toBeNull();
    expect(endOf(known)).toBe(13);
  });

  it("are read as a stretch only when all of it is known", () => {
    const known = { start: 10, text: "ACGT" };
    expect(basesIn(known, 11, 13)).toBe("CG");
    expect(basesIn(known, 9, 12)).toBe("");
    expect(basesIn(known, 12, 15)).toBe("");
  });
});

describe("joining", () => {
  it("keeps the genome's letters in their places, whatever the order of the answers", () => {
    const random = seeded(5);
    for (let i = 0; i < 300; i += 1) {
      const stretch = () => {
        const start = between(random, 0, 399);
        return part(start, between(random, start + 1, 400));
      };
      const known = stretch();
      const found = stretch();
      const joined = joinBases(known, found);
      expect(joined).toEqual(part(joined.start, endOf(joined)));
      expect(joined.start).toBeLessThanOrEqual(found.start);
      expect(endOf(joined)).toBeGreaterThanOrEqual(endOf(found));
    }
  });

  it("joins neighbours and forgets what lies apart", () => {
    expect(joinBases(part(0, 10), part(10, 20))).toEqual(part(0, 20));
    expect(joinBases(part(10, 20), part(0, 10))).toEqual(part(0, 20));
    expect(joinBases(part(0, 9), part(10, 20))).toEqual(part(10, 20));
    expect(joinBases(null, part(3, 5))).toEqual(part(3, 5));
  });

  it("never grows without end", () => {
    const long = { start: 0, text: "A".repeat(99_999) };
    const found = { start: 99_999, text: "CC" };
    expect(joinBases(long, found)).toBe(found);
  });
});

describe("asking", () => {
  it("wants the view with a margin, inside the bounds", () => {
    expect(basesToAsk(null, view(5_000, 5_100), BOUNDS)).toEqual({ start: 3_000, end: 7_100 });
    expect(basesToAsk(null, view(10, 110), BOUNDS)).toEqual({ start: 0, end: 2_110 });
  });

  it("wants nothing while half a screen around the view is known, and then more", () => {
    const known = { start: 3_000, text: "A".repeat(4_100) };
    expect(basesToAsk(known, view(5_000, 5_100), BOUNDS)).toBeNull();
    expect(basesToAsk(known, view(6_950, 7_050), BOUNDS)).toBeNull();
    expect(basesToAsk(known, view(6_951, 7_051), BOUNDS)).toEqual({ start: 4_951, end: 9_051 });
    const all = { start: 0, text: "A".repeat(500) };
    expect(basesToAsk(all, view(0, 400), { ...BOUNDS, end: 500 })).toBeNull();
  });

  it("is satisfied by its own answer, and never too large", () => {
    for (const width of [8, 100, 3_000, 15_000, 19_999, MOST_BASES]) {
      const place = view(400_000, 400_000 + width);
      const ask = basesToAsk(null, place, BOUNDS);
      if (ask === null) throw new Error("nothing asked");
      expect(ask.end - ask.start).toBeLessThanOrEqual(MOST_BASES);
      expect(ask.start).toBeLessThanOrEqual(place.start);
      expect(ask.end).toBeGreaterThanOrEqual(place.end);
    }
    for (const width of [8, 500, 6_000]) {
      const place = view(400_000, 400_000 + width);
      const ask = basesToAsk(null, place, BOUNDS) ?? { start: 0, end: 0 };
      const known = { start: ask.start, text: "A".repeat(ask.end - ask.start) };
      expect(basesToAsk(known, place, BOUNDS)).toBeNull();
    }
    expect(basesToAsk(null, view(0, MOST_BASES + 1), BOUNDS)).toBeNull();
  });
});
