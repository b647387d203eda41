import { describe, expect, it } from "vitest";
import goldenBases from "../../tests/wire/base_colours.json";
import { contrast, hexOf, linearOf, oklabOfLinear } from "./oklab.js";
import {
  baseColours,
  categoryColour,
  colourTable,
  cssVariables,
  isColour,
  isPalette,
  safeColour,
  tokens,
  type ThemeName,
} from "./palette.js";

const THEMES: readonly ThemeName[] = ["light", "dark"];

/** Full dichromacy in linear light (Viénot, Brettel and Mollon 1999; tritan: Machado 2009). */
const VISION: Record<string, readonly (readonly number[])[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deutan: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seen(hex: string, matrix: readonly (readonly number[])[]): readonly number[] {
  const light = linearOf(hex);
  const mixed = matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, weight, i) => sum + weight * (light[i] ?? 0), 0),
      ),
    ),
  );
  return oklabOfLinear([mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0]);
}

function distance(a: string, b: string, matrix: readonly (readonly number[])[]): number {
  const from = seen(a, matrix);
  const to = seen(b, matrix);
  return Math.hypot(...from.map((value, i) => value - (to[i] ?? 0)));
}

describe.each(THEMES)("the %s theme", (theme) => {
  const t = tokens(theme);

  it.each(["text", "text2", "accent", "warning", "error", "loss", "gain"] as const)(
    "%s can be read as text on the surface",
    (name) => {
      expect(contrast(t[name], t.surface)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("text can be read on every quiet fill", () => {
    for (const fill of [t.surface2, t.accentSoft, t.bar, t.band]) {
      expect(contrast(t.text, fill)).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(t.onAccent, t.accent)).toBeGreaterThanOrEqual(4.5);
  });

  it("graphics stand out from the surface", () => {
    for (const colour of [...t.categories, t.ref, t.alt, t.lineStrong]) {
      expect(contrast(colour, t.surface)).toBeGreaterThanOrEqual(3);
    }
  });

  it("has 8 different categories", () => {
    expect(new Set(t.categories).size).toBe(8);
    expect(categoryColour(9, theme)).toBe(t.categories[1]);
    expect(categoryColour(-1, theme)).toBe(t.categories[7]);
  });

  it("has bases that stand out and differ for every kind of colour vision", () => {
    const { A, C, G, T } = baseColours("lsc", theme);
    const bases = [A, C, G, T];
    const least = theme === "light" ? 3.05 : 5.15;
    for (const base of bases) expect(contrast(base, t.surface)).toBeGreaterThanOrEqual(least);
    for (const [name, matrix] of Object.entries(VISION)) {
      for (const [i, a] of bases.entries()) {
        for (const b of bases.slice(i + 1)) {
          expect(distance(a, b, matrix), `${a} ${b} ${name}`).toBeGreaterThan(0.08);
        }
      }
    }
  });

  it("ref and alt of an overlay differ for every kind of colour vision", () => {
    for (const matrix of Object.values(VISION)) {
      expect(distance(t.ref, t.alt, matrix)).toBeGreaterThan(0.08);
    }
  });

  it("has a diverging table with the quiet colour in the middle", () => {
    const table = colourTable("diverging", theme);
    const middle = hexOf(table[127] ?? 0);
    expect(contrast(middle, t.surface)).toBeLessThan(1.25);
    expect(hexOf(table[0] ?? 0)).toBe(t.loss);
    expect(hexOf(table[255] ?? 0)).toBe(t.gain);
    expect(colourTable("diverging", theme)).toBe(table);
  });

  it("gives its tokens to style sheets", () => {
    const variables = cssVariables(theme);
    expect(variables["--lsc-surface-2"]).toBe(t.surface2);
    expect(variables["--lsc-on-accent"]).toBe(t.onAccent);
    expect(variables["--lsc-cat-8"]).toBe(t.categories[7]);
    for (const value of Object.values(variables)) expect(value).toMatch(/^#[0-9a-f]{6}$/);
  });
});

describe("other palettes", () => {
  it("are those of the fallback picture, which reads the same table", () => {
    for (const [name, colours] of Object.entries(goldenBases)) {
      expect(isPalette(name) && baseColours(name, "light")).toEqual(colours);
    }
    expect(["lsc", "toString", "", 3, null].map(isPalette)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it.each(["classic", "mono"] as const)("%s stands out too", (name) => {
    for (const theme of THEMES) {
      const { A, C, G, T } = baseColours(name, theme);
      for (const base of [A, C, G, T]) {
        expect(contrast(base, tokens(theme).surface)).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

describe("sequential tables", () => {
  it.each(["viridis", "cividis"] as const)("%s grows lighter all the way", (name) => {
    const lightness = Array.from(colourTable(name, "light"), (pixel) => {
      return oklabOfLinear(linearOf(hexOf(pixel)))[0];
    });
    for (const [i, value] of lightness.entries()) {
      expect(value).toBeGreaterThanOrEqual((lightness[i - 1] ?? 0) - 0.005);
    }
  });
});

describe("colours from data", () => {
  it("are accepted in one form only", () => {
    expect(isColour("#a1b2c3")).toBe(true);
    for (const text of ["#A1B2C3", "red", "#abc", "url(javascript:alert(1))", "#a1b2c3;x"]) {
      expect(isColour(text)).toBe(false);
      expect(safeColour(text, "#111111")).toBe("#111111");
    }
    expect(safeColour("#a1b2c3", "#111111")).toBe("#a1b2c3");
    expect(safeColour(undefined, "#111111")).toBe("#111111");
  });
});
