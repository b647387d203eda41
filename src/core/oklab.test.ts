import { describe, expect, it } from "vitest";
import {
  blend,
  contrast,
  gradient256,
  hexOf,
  luminance,
  mixOklab,
  oklab,
  packed,
} from "./oklab.js";
import { between, seeded } from "./testing/random.js";

function randomHex(random: () => number): string {
  return hexOf(between(random, 0, 0xffffff) | 0xff000000);
}

describe("pixels", () => {
  it("are 0xAABBGGRR", () => {
    expect(packed("#0b5cad")).toBe(0xffad5c0b);
    expect(hexOf(0xffad5c0b)).toBe("#0b5cad");
  });

  it("come back unchanged, for 200 colours", () => {
    const random = seeded(5);
    for (let i = 0; i < 200; i += 1) {
      const hex = randomHex(random);
      expect(hexOf(packed(hex))).toBe(hex);
    }
  });

  it.each(["", "red", "#fff", "#12345g", "url(x)"])("refuse the colour %j", (text) => {
    expect(() => packed(text)).toThrow(RangeError);
  });
});

describe("contrast", () => {
  it("spans 1 to 21 and does not care about order", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 6);
    expect(contrast("#777777", "#777777")).toBe(1);
    expect(contrast("#123456", "#abcdef")).toBe(contrast("#abcdef", "#123456"));
    expect(luminance("#ffffff")).toBeCloseTo(1, 9);
  });
});

describe("mixing", () => {
  it("blends in display values", () => {
    expect(blend("#000000", "#ffffff", 0.5)).toBe("#808080");
    expect(blend("#123456", "#ffffff", 1)).toBe("#123456");
    expect(blend("#123456", "#abcdef", 0)).toBe("#abcdef");
  });

  it("in OKLab keeps both ends, for 200 pairs", () => {
    const random = seeded(6);
    for (let i = 0; i < 200; i += 1) {
      const [a, b] = [randomHex(random), randomHex(random)];
      expect(mixOklab(a, b, 0)).toBe(a);
      expect(mixOklab(a, b, 1)).toBe(b);
    }
  });

  it("in OKLab is even in lightness between black and white", () => {
    expect(oklab(mixOklab("#000000", "#ffffff", 0.5))[0]).toBeCloseTo(0.5, 2);
    expect(oklab("#ffffff")[0]).toBeCloseTo(1, 6);
  });

  it("makes tables that begin and end on their stops", () => {
    const table = gradient256(["#0b4f9e", "#f7f7f5", "#a63d00"]);
    expect(table).toHaveLength(256);
    expect(hexOf(table[0] ?? 0)).toBe("#0b4f9e");
    expect(hexOf(table[255] ?? 0)).toBe("#a63d00");
    expect(() => gradient256(["#000000"])).toThrow(RangeError);
  });
});
