/**
 * Widths of text without a canvas, so that labels are packed alike on screen, in SVG and in tests.
 * Advance widths of Helvetica in 1/1000 em (Adobe AFM), widened so that the wider interface fonts
 * of the common systems still fit.
 */

const WIDENED = 1.08;
const BOLD = 1.06;

const GROUPS: readonly (readonly [number, string])[] = [
  [191, "'"],
  [222, "ijl"],
  [260, "|"],
  [278, " !,./:;I[\\]ft"],
  [333, "()-`r"],
  [334, "{}"],
  [355, '"'],
  [389, "*"],
  [469, "^"],
  [500, "Jcksvxyz"],
  [556, "#$0123456789?L_abdeghnopqu\u2013"],
  [584, "+<=>~\u2212"],
  [611, "FTZ"],
  [667, "&ABEKPSVXY"],
  [722, "CDHNRUw"],
  [778, "GOQ"],
  [833, "Mm"],
  [889, "%"],
  [944, "W"],
  [1015, "@"],
  [278, "\u00b7"],
  [1000, "\u2026"],
];

const WIDTHS = new Map(
  GROUPS.flatMap(([width, characters]) => Array.from(characters, (c) => [c, width] as const)),
);

/** Letters with accents are about as wide as `o`; ideographs, symbols and emoji fill a square. */
function widthOfOther(character: string): number {
  return (character.codePointAt(0) ?? 0) < 0x1100 ? 600 : 1_000;
}

/** Width in px of `text` at `size` px; an upper estimate for the fonts in use. */
export function textWidth(text: string, size: number, weight: 400 | 600 = 400): number {
  let units = 0;
  for (const character of text) units += WIDTHS.get(character) ?? widthOfOther(character);
  return (units / 1_000) * size * WIDENED * (weight === 600 ? BOLD : 1);
}

/** Cut at the end, for names; empty when not even one character and the ellipsis fit. */
export function elideEnd(text: string, maxPx: number, size: number, weight?: 400 | 600): string {
  if (textWidth(text, size, weight) <= maxPx) return text;
  const characters = Array.from(text);
  for (let keep = characters.length - 1; keep > 0; keep -= 1) {
    const shown = `${characters.slice(0, keep).join("").trimEnd()}\u2026`;
    if (textWidth(shown, size, weight) <= maxPx) return shown;
  }
  return "";
}

/** Cut in the middle, for ids whose ends tell them apart: `ENCFF0\u20267XY`. */
export function elideMiddle(text: string, maxPx: number, size: number, weight?: 400 | 600): string {
  if (textWidth(text, size, weight) <= maxPx) return text;
  const characters = Array.from(text);
  for (let keep = characters.length - 1; keep > 1; keep -= 1) {
    const head = characters.slice(0, Math.ceil(keep / 2)).join("");
    const shown = `${head}\u2026${characters.slice(-Math.floor(keep / 2)).join("")}`;
    if (textWidth(shown, size, weight) <= maxPx) return shown;
  }
  return "";
}
