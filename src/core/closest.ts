/** Names that were perhaps meant, the twin of `closest` in the package's error messages. */
import { foldText } from "./display_text.js";

const MAX_EDITS = 2;
const MIN_RATIO = 0.75;
/** Letters that say which name is meant when they are only a part of it. */
const MIN_PART = 3;

/**
 * The known names that resemble `name`, best first: within two edits, then those whose matching
 * blocks cover three quarters of both, then longer names that begin with it or have it among the
 * words that `_` joins. Case is ignored.
 */
export function closest(name: string, known: readonly string[], most: number = 3): string[] {
  const folded = foldText(name);
  return [...new Set(known)]
    .map((candidate) => ({ candidate, rank: unlikeness(folded, foldText(candidate)) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Smaller is closer; infinite where the two have nothing to do with each other. */
function unlikeness(left: string, right: string): number {
  if (left === right) return 0;
  if (left.replace(/^chr/, "") === right.replace(/^chr/, "")) return 0.5;
  const [a, b] = [Array.from(left), Array.from(right)];
  if (Math.abs(a.length - b.length) <= MAX_EDITS) {
    const edits = editDistance(a, b);
    // A one-letter name is one edit away from every other: that is no likeness.
    if (edits <= MAX_EDITS && edits < Math.min(a.length, b.length)) return edits;
  }
  const ratio = (2 * matched(a, b)) / (a.length + b.length);
  if (ratio >= MIN_RATIO) return MAX_EDITS + 1 + (1 - ratio);
  const isPart = right.startsWith(left) || `_${right}_`.includes(`_${left}_`);
  return isPart && a.length >= MIN_PART ? MAX_EDITS + 2 : Infinity;
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: readonly string[], right: readonly string[]): number {
  const row = Array.from({ length: right.length + 1 }, (_, i) => i);
  left.forEach((a, i) => {
    let diagonal = row[0] as number;
    row[0] = i + 1;
    right.forEach((b, j) => {
      const above = row[j + 1] as number;
      row[j + 1] = Math.min(above + 1, (row[j] as number) + 1, diagonal + Number(a !== b));
      diagonal = above;
    });
  });
  return row[right.length] as number;
}

/** Letters in the longest common block, and in the blocks left and right of it. */
function matched(left: readonly string[], right: readonly string[]): number {
  let best = { i: 0, j: 0, size: 0 };
  let above = new Map<number, number>();
  left.forEach((letter, i) => {
    const sizes = new Map<number, number>();
    right.forEach((other, j) => {
      if (letter !== other) return;
      const size = (above.get(j - 1) ?? 0) + 1;
      sizes.set(j, size);
      if (size > best.size) best = { i: i - size + 1, j: j - size + 1, size };
    });
    above = sizes;
  });
  const { i, j, size } = best;
  if (size === 0) return 0;
  return (
    size +
    matched(left.slice(0, i), right.slice(0, j)) +
    matched(left.slice(i + size), right.slice(j + size))
  );
}
