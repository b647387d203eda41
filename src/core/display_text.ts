/** Text from data, made safe to look at: cut, and with control and direction characters visible. */

/** Longest text shown without asking for more. */
export const SHOWN_CHARACTERS = 200;

/** C0, DEL, C1, line separators, zero-width characters, direction marks and overrides. */
// eslint-disable-next-line no-control-regex -- these are the characters to find
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** C0 controls have pictures at U+2400; everything else is written as its code point. */
function symbolOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

/**
 * The text as it may appear on screen: at most `max` characters, the cut marked by an ellipsis,
 * invisible and direction-changing characters replaced by symbols. It is still only text.
 */
export function cleanText(value: string, max: number = SHOWN_CHARACTERS): string {
  const head = Array.from(value.slice(0, 2 * max + 2));
  const cut = head.length > max || value.length > 2 * max + 2;
  const shown = cut ? head.slice(0, max - 1).join("") : head.join("");
  return shown.replace(HIDDEN, symbolOf) + (cut ? "\u2026" : "");
}

const ASCII = /^[\u0020-\u007e]*$/;
const CASED = /[A-Z]+|[\u0080-\u{10ffff}]/gu;

/**
 * The form in which text is searched: NFC, then full case folding as Python's `str.casefold`, so
 * that typed text finds what the kernel folded. `toLowerCase` alone keeps `ß`, `ẞ`, `ς`, `ſ`, `µ`
 * and ligatures apart from `ss`, `σ`, `s`, `μ` and their letters; `İ` is `i` with a dot above in both,
 * and `ı` stays itself. Letters that are newer than the kernel's Unicode tables fold here only.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFC").replace(CASED, foldedLetter);
}

/** Capital Cherokee letters are the folded ones: they are older than the small ones. */
const CHEROKEE_CAPITAL = /^[\u13a0-\u13f5]$/;
const CHEROKEE_SMALL = /^[\u13f8-\u13fd\uab70-\uabbf]$/;

function foldedLetter(letter: string): string {
  if (letter === "\u0131" || CHEROKEE_CAPITAL.test(letter)) return letter;
  if (letter === "\u1e9e") return "ss";
  if (CHEROKEE_SMALL.test(letter)) return letter.toUpperCase();
  // Letter by letter: a capital sigma at the end of a word has a small form of its own.
  return Array.from(letter.toUpperCase(), (capital) => capital.toLowerCase()).join("");
}
