import { describe, expect, it } from "vitest";
import {
  centredOn,
  centreOf,
  clampRegion,
  displayChrom,
  formatLocus,
  formatPosition,
  MIN_WIDTH_BP,
  panBy,
  parseLocus,
  sameChrom,
  sameRegion,
  widthOf,
  zoomAt,
  type Region,
} from "./coords.js";
import { between, seeded } from "./testing/random.js";

const BOUNDS = { chrom: "20", start: 1_000, end: 101_000 };

function region(start: number, end: number, chrom = "20"): Region {
  return { chrom, start, end };
}

describe("parseLocus", () => {
  it.each([
    ["20:2,570,001-2,590,000", region(2_570_000, 2_590_000)],
    ["chr20:2,570,001-2,590,000", region(2_570_000, 2_590_000, "chr20")],
    ["  20:2570001..2590000 ", region(2_570_000, 2_590_000)],
    ["20:2570001 – 2590000", region(2_570_000, 2_590_000)],
    ["chrX:5", region(4, 5, "chrX")],
    ["HLA-A*01:01:1-300", region(0, 300, "HLA-A*01:01")],
  ])("reads %s as 1-based inclusive text", (text, expected) => {
    expect(parseLocus(text)).toEqual(expected);
  });

  it("uses the shown chromosome for a bare range", () => {
    expect(parseLocus("1,001-2,000", "7")).toEqual(region(1_000, 2_000, "7"));
    expect(parseLocus("1,001-2,000")).toBeNull();
  });

  it.each(["chr1:0-10", "chr1:5-3", "chr1:1,00-2", "chr1:", "1e3", "", ":5", "TMC2", "chr1:-5-9"])(
    "refuses %j",
    (text) => {
      expect(parseLocus(text)).toBeNull();
    },
  );

  it("refuses positions beyond any chromosome", () => {
    expect(parseLocus("1:1-2147483648", "1")).toBeNull();
  });

  it("reads back what formatLocus writes, for 500 regions", () => {
    const random = seeded(1);
    for (let i = 0; i < 500; i += 1) {
      const start = between(random, 0, 250_000_000);
      const written = region(start, start + between(random, 1, 2_000_000), "scaffold_7");
      expect(parseLocus(formatLocus(written))).toEqual(written);
    }
  });
});

describe("clampRegion", () => {
  it("keeps a region that fits", () => {
    expect(clampRegion(region(2_000, 3_000), BOUNDS)).toEqual(region(2_000, 3_000));
  });

  it("moves a region inside without changing its width", () => {
    expect(clampRegion(region(0, 500), BOUNDS)).toEqual(region(1_000, 1_500));
    expect(clampRegion(region(100_900, 101_900), BOUNDS)).toEqual(region(100_000, 101_000));
  });

  it("widens to 8 bp around the wanted place", () => {
    expect(clampRegion(region(5_000, 5_000), BOUNDS)).toEqual(region(4_996, 5_004));
  });

  it("shows all when the region is wider than the bounds", () => {
    expect(clampRegion(region(-10, 1e9), BOUNDS)).toEqual(BOUNDS);
  });

  it("shows all when the bounds are narrower than 8 bp", () => {
    const tiny = region(5, 9);
    expect(clampRegion(region(5, 6), tiny)).toEqual(tiny);
  });

  it.each([
    [NaN, 5],
    [5, NaN],
    [0, Infinity],
    [9, 5],
  ])("throws on %d to %d", (start, end) => {
    expect(() => clampRegion(region(start, end), BOUNDS)).toThrow(RangeError);
  });

  it("always gives whole bases inside the bounds, for 1,000 random regions", () => {
    const random = seeded(2);
    for (let i = 0; i < 1_000; i += 1) {
      const start = (random() - 0.2) * 200_000;
      const result = clampRegion(region(start, start + random() ** 4 * 200_000), BOUNDS);
      expect(Number.isInteger(result.start) && Number.isInteger(result.end)).toBe(true);
      expect(result.start).toBeGreaterThanOrEqual(BOUNDS.start);
      expect(result.end).toBeLessThanOrEqual(BOUNDS.end);
      expect(widthOf(result)).toBeGreaterThanOrEqual(MIN_WIDTH_BP);
    }
  });
});

describe("zoomAt", () => {
  it("keeps the point under the pointer", () => {
    const before = region(40_000, 50_000);
    const after = zoomAt(before, 0.5, 42_500, BOUNDS);
    expect(widthOf(after)).toBe(5_000);
    expect((42_500 - after.start) / widthOf(after)).toBeCloseTo(0.25, 3);
  });

  it("stops at 8 bp and at the bounds", () => {
    expect(widthOf(zoomAt(region(40_000, 40_010), 0.01, 40_005, BOUNDS))).toBe(MIN_WIDTH_BP);
    expect(zoomAt(region(40_000, 90_000), 100, 50_000, BOUNDS)).toEqual(BOUNDS);
  });

  it("in and out again returns to the same place", () => {
    const before = region(40_000, 50_000);
    const back = zoomAt(zoomAt(before, 0.5, 46_000, BOUNDS), 2, 46_000, BOUNDS);
    expect(Math.abs(back.start - before.start)).toBeLessThanOrEqual(1);
    expect(widthOf(back)).toBe(widthOf(before));
  });
});

describe("panBy and centredOn", () => {
  it("shift by whole bases and stop at the border", () => {
    expect(panBy(region(2_000, 3_000), 100.4, BOUNDS)).toEqual(region(2_100, 3_100));
    expect(panBy(region(2_000, 3_000), -5_000, BOUNDS)).toEqual(region(1_000, 2_000));
  });

  it("put a base in the middle", () => {
    const view = centredOn(50_000, 101, BOUNDS);
    expect(widthOf(view)).toBe(101);
    expect(centreOf(view)).toBe(50_000.5);
  });
});

describe("names", () => {
  it("treat 20 and chr20 as one chromosome", () => {
    expect(sameChrom("20", "chr20")).toBe(true);
    expect(sameChrom("chrX", "X")).toBe(true);
    expect(sameChrom("2", "20")).toBe(false);
  });

  it("add chr only to chromosomes", () => {
    expect(displayChrom("20")).toBe("chr20");
    expect(displayChrom("chr20")).toBe("chr20");
    expect(displayChrom("GL000192.1")).toBe("GL000192.1");
  });

  it("are written 1-based inclusive", () => {
    expect(formatLocus(region(2_570_000, 2_590_000))).toBe("chr20:2,570,001-2,590,000");
    expect(formatPosition("20", 2_577_796)).toBe("chr20:2,577,797");
  });

  it("take part in equality", () => {
    expect(sameRegion(region(1, 2), region(1, 2))).toBe(true);
    expect(sameRegion(region(1, 2), region(1, 2, "21"))).toBe(false);
    expect(sameRegion(region(1, 2), region(1, 3))).toBe(false);
  });
});
