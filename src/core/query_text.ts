/**
 * The text of a track query, the twin of tracks/query_text.py. Tokens are separated by blanks:
 *
 *     liver              in some text field            "brain cortex"      with its blank
 *     assay_title:rna    in one field                  assay_title:="RNA"  equal, case ignored
 *     -liver             leading minus: must not       "say ""hi"" twice"  doubled quotes: one
 *
 * A token with a colon is a term of that field when the field is known, a plain word when it occurs
 * as it is (UBERON:0002107), an unknown field when its head is an identifier, else a plain word.
 */
import { closest } from "./closest.js";
import { foldText } from "./display_text.js";
import { compareCodePoints } from "./filters.js";

/** Longest text, in characters (code points). */
export const MAX_TEXT = 500;

/** Fields that may be named although no track has a value of them: they are missing everywhere. */
export const KNOWN_FIELDS: readonly string[] = [
  "output_name",
  "organism",
  "track_name",
  "strand",
  "ontology_curie",
  "biosample_name",
  "biosample_type",
  "biosample_life_stage",
  "assay_title",
  "data_source",
  "gtex_tissue",
  "histone_mark",
  "transcription_factor",
  "endedness",
  "genetically_modified",
  "nonzero_mean",
];

/** One token as it was typed. */
export interface Token {
  /** With sign and quotes. */
  readonly text: string;
  readonly isNegated: boolean;
  /** What stands before the first colon; null without a colon or inside quotes. */
  readonly field: string | null;
  readonly isExact: boolean;
  readonly value: string;
}

/** One condition: `value` (folded) in a field, or in any text field. */
export interface Term {
  /** null stands for all text fields. */
  readonly field: string | null;
  readonly value: string;
  readonly isExact: boolean;
  readonly isNegated: boolean;
}

/** A token that asks for a field that does not exist; it is no part of the filter. */
export interface QueryProblem {
  readonly token: string;
  readonly field: string;
  /** Fields that were perhaps meant, best first. */
  readonly closest: readonly string[];
}

export interface ReadText {
  readonly terms: readonly Term[];
  readonly problems: readonly QueryProblem[];
}

/** What a text is read against. */
export interface Vocabulary {
  readonly fields: readonly string[];
  /** Whether some track has the folded text in a text field. */
  occurs(folded: string): boolean;
}

// Blanks are those of Python's str.split, and the byte order mark that pasted text may carry.
const BLANK =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff";
const QUOTED = '"((?:[^"]|"")*)(?:"|$)';
const TOKEN = new RegExp(
  `(?=[^${BLANK}])(-?)(?:${QUOTED}|([^${BLANK}:]*):(=?)${QUOTED}|([^${BLANK}]*))`,
  "gu",
);
const WORD = /^([^:]*):(=?)(.*)$/su;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The tokens of a text. */
export function tokensOf(text: string): Token[] {
  const length = Array.from(text).length;
  if (length > MAX_TEXT) {
    throw new RangeError(`The search text has ${length} characters; at most ${MAX_TEXT} are read.`);
  }
  return Array.from(text.matchAll(TOKEN), (match) => {
    const [typed, sign, phrase, head, equals, quoted, word] = match;
    const common = { text: typed, isNegated: sign === "-" };
    if (phrase !== undefined)
      return { ...common, field: null, isExact: false, value: once(phrase) };
    if (quoted !== undefined && head !== undefined) {
      return { ...common, field: head, isExact: equals === "=", value: once(quoted) };
    }
    const parts = WORD.exec(word ?? "");
    if (parts === null) return { ...common, field: null, isExact: false, value: word ?? "" };
    return { ...common, field: parts[1] ?? "", isExact: parts[2] === "=", value: parts[3] ?? "" };
  });
}

function once(quoted: string): string {
  return quoted.replaceAll('""', '"');
}

/** A text against a vocabulary: its terms, and the tokens whose field does not exist. */
export function readText(text: string, vocabulary: Vocabulary): ReadText {
  const terms: Term[] = [];
  const problems: QueryProblem[] = [];
  const names = [...new Set([...vocabulary.fields, ...KNOWN_FIELDS])].sort(compareCodePoints);
  for (const token of tokensOf(text)) {
    const { field, isExact, isNegated } = token;
    const value = foldText(token.value);
    if (field !== null && names.includes(field)) {
      if (value !== "") terms.push({ field, value, isExact, isNegated });
      continue;
    }
    const whole = field === null ? value : foldText(`${field}:${isExact ? "=" : ""}${token.value}`);
    if (field !== null && IDENTIFIER.test(field) && !vocabulary.occurs(whole)) {
      if (value === "") continue;
      problems.push({ token: token.text, field, closest: closest(field, names) });
    } else if (whole !== "") {
      terms.push({ field: null, value: whole, isExact: false, isNegated });
    }
  }
  return { terms, problems };
}
