import { describe, expect, it } from "vitest";
import folding from "../../tests/wire/folding.json";
import { cleanText, foldText, SHOWN_CHARACTERS } from "./display_text.js";

describe("cleanText", () => {
  it("leaves ordinary text alone, markup included", () => {
    for (const text of [
      "liver ATAC",
      "<img src=x onerror=alert(1)>",
      "G>A & \"x\" 'y'",
      "日本 🧬",
    ]) {
      expect(cleanText(text)).toBe(text);
    }
  });

  it.each([
    ["a\u0000b", "a\u2400b"],
    ["tab\there", "tab\u2409here"],
    ["line\nbreak", "line\u240abreak"],
    ["del\u007f", "del\u2421"],
    ["rtl\u202eoverride", "rtl\u27e8U+202E\u27e9override"],
    ["zero\u200bwidth", "zero\u27e8U+200B\u27e9width"],
    ["isolate\u2066x\u2069", "isolate\u27e8U+2066\u27e9x\u27e8U+2069\u27e9"],
    ["c1\u0085", "c1\u27e8U+0085\u27e9"],
  ])("shows what hides in %j", (text, shown) => {
    expect(cleanText(text)).toBe(shown);
  });

  it("cuts at 200 characters and says so", () => {
    const shown = cleanText("A".repeat(10_000));
    expect(Array.from(shown)).toHaveLength(SHOWN_CHARACTERS);
    expect(shown.endsWith("\u2026")).toBe(true);
    expect(cleanText("A".repeat(SHOWN_CHARACTERS))).toBe("A".repeat(SHOWN_CHARACTERS));
  });

  it("never cuts a character in two", () => {
    const shown = cleanText("🧬".repeat(300), 10);
    expect(shown).toBe(`${"🧬".repeat(9)}\u2026`);
    expect(cleanText("🧬".repeat(10), 10)).toBe("🧬".repeat(10));
  });
});

describe("foldText", () => {
  it("composes and ignores case", () => {
    expect(foldText("Ame\u0301lie")).toBe(foldText("AM\u00c9LIE"));
    expect(foldText("K562")).toBe("k562");
  });

  it("folds every letter as the kernel does where lower case would differ", () => {
    expect(folding.length).toBeGreaterThan(100);
    for (const [letter = "", folded] of folding) expect(foldText(letter)).toBe(folded);
  });

  it("gives lower case to all other letters, one by one", () => {
    const special = new Set(folding.map(([letter]) => letter));
    for (let code = 0x20; code < 0x2000; code += 1) {
      const letter = String.fromCodePoint(code);
      const isCherokee = code >= 0x13a0 && code <= 0x13fd;
      if (special.has(letter) || isCherokee) continue;
      expect(foldText(letter)).toBe(letter.normalize("NFC").toLowerCase());
    }
  });

  it("knows no final sigma and no title case", () => {
    expect(foldText("\u039f\u0394\u039f\u03a3")).toBe(foldText("\u03bf\u03b4\u03bf\u03c2"));
    expect(foldText("Stra\u00dfe \ufb01n \u01c5")).toBe("strasse fin \u01c6");
    expect(foldText("\u0130\u0131")).toBe("i\u0307\u0131");
    expect(foldText("\ud801\udc00")).toBe("\ud801\udc28");
  });
});
