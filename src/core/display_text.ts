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

/** The form in which text is searched: NFC, then lower case. */
export function foldText(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
