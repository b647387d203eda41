import { describe, expect, it } from "vitest";
import { elideEnd, elideMiddle, textWidth } from "./text_metrics.js";

describe("textWidth", () => {
  it("adds up, grows with size and weight", () => {
    expect(textWidth("", 12)).toBe(0);
    expect(textWidth("ab", 12)).toBeCloseTo(textWidth("a", 12) + textWidth("b", 12), 9);
    expect(textWidth("abc", 24)).toBeCloseTo(2 * textWidth("abc", 12), 9);
    expect(textWidth("abc", 12, 600)).toBeGreaterThan(textWidth("abc", 12));
  });

  it("knows narrow and wide letters", () => {
    expect(textWidth("iiii", 12)).toBeLessThan(textWidth("MMMM", 12) / 3);
    expect(textWidth("日", 12)).toBeGreaterThan(textWidth("é", 12));
    expect(textWidth("🧬", 12)).toBe(textWidth("日", 12));
  });

  it("gives every digit and sign of a number the same width", () => {
    const widths = Array.from("0123456789", (digit) => textWidth(digit, 11));
    expect(new Set(widths).size).toBe(1);
    expect(textWidth("+", 11)).toBe(textWidth("\u2212", 11));
  });
});

describe("eliding", () => {
  it("leaves text that fits", () => {
    expect(elideEnd("liver", 100, 12)).toBe("liver");
    expect(elideMiddle("ENCFF001XY", 200, 12)).toBe("ENCFF001XY");
  });

  it("cuts names at the end and ids in the middle", () => {
    expect(elideEnd("Brain_Anterior_cingulate_cortex_BA24", 120, 12)).toMatch(/^Brain_Anter\w*…$/);
    expect(elideMiddle("ENCFF0123456789XYZ", 90, 12)).toMatch(/^ENC\w*…\w*XYZ$/);
  });

  it("fits for every width, and is empty when nothing does", () => {
    for (let px = 0; px < 200; px += 7) {
      for (const elide of [elideEnd, elideMiddle]) {
        expect(textWidth(elide("a long name of a tissue", px, 12), 12)).toBeLessThanOrEqual(px);
      }
    }
    expect(elideEnd("wide", 3, 12)).toBe("");
  });

  it("never cuts a character in two", () => {
    expect(elideEnd("🧬🧬🧬🧬", 40, 12)).toMatch(/^(🧬)+…$/u);
  });
});
