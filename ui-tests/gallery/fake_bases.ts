/** Invented bases under the gallery's tracks: always the same, G at the variant, one run of N. */
import { BOUNDS, random, VARIANT_AT } from "./fake_tracks.js";

export const N_RUN = { start: VARIANT_AT + 24, end: VARIANT_AT + 30 };

/** What rs572140578, G>A, changes. */
const VARIANT_REF = "G";

let all: string | null = null;

function letters(): string {
  const next = random(20);
  return Array.from({ length: BOUNDS.end - BOUNDS.start }, (_, i) => {
    const base = "ACGT"[Math.floor(next() * 4)] ?? "A";
    const position = BOUNDS.start + i;
    if (position === VARIANT_AT) return VARIANT_REF;
    return position >= N_RUN.start && position < N_RUN.end ? "N" : base;
  }).join("");
}

/** Bases of [start, end), which must lie inside the gallery's bounds. */
export function basesOf(start: number, end: number): string {
  all ??= letters();
  return all.slice(start - BOUNDS.start, end - BOUNDS.start);
}
