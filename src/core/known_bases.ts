/** The stretch of the reference that a page holds, and which bases a view still lacks. */
import { widthOf, type Region } from "./coords.js";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One stretch without gaps; `text[0]` lies at genome position `start`. */
export interface KnownBases {
  readonly start: number;
  readonly text: string;
}

/** Bases of one `sequence` request. */
export const MOST_BASES = 20_000;
/** Read at least this far beyond a view, so that short steps need no message. */
const LEAST_MARGIN = 2_000;
/** Longer stretches are forgotten in favour of the newest answer. */
const MOST_KEPT = 100_000;

export function endOf({ start, text }: KnownBases): number {
  return start + text.length;
}

/** The base at a position; null where it is not known. */
export function baseAt(known: KnownBases | null, position: number): string | null {
  if (known === null || position < known.start) return null;
  return known.text[position - known.start] ?? null;
}

/** Bases of [start, end); empty unless all of them are known. */
export function basesIn(known: KnownBases, start: number, end: number): string {
  if (start < known.start || end > endOf(known)) return "";
  return known.text.slice(start - known.start, end - known.start);
}

/** Both stretches in one where they touch; else the new one alone. */
export function joinBases(known: KnownBases | null, found: KnownBases): KnownBases {
  if (known === null || known.start > endOf(found) || found.start > endOf(known)) return found;
  const before = known.text.slice(0, Math.max(0, found.start - known.start));
  const after = known.text.slice(Math.max(0, endOf(found) - known.start));
  const joined = { start: Math.min(known.start, found.start), text: before + found.text + after };
  return joined.text.length > MOST_KEPT ? found : joined;
}

function widened(region: Region, margin: number, bounds: Region): Span {
  return {
    start: Math.max(bounds.start, region.start - margin),
    end: Math.min(bounds.end, region.end + margin),
  };
}

/** The request that a view needs: the view with a margin, before its edge is reached; or null. */
export function basesToAsk(known: KnownBases | null, view: Region, bounds: Region): Span | null {
  const width = widthOf(view);
  if (width > MOST_BASES) return null;
  const near = widened(view, Math.floor(width / 2), bounds);
  if (known !== null && known.start <= near.start && endOf(known) >= near.end) return null;
  const margin = Math.min(Math.max(width, LEAST_MARGIN), Math.floor((MOST_BASES - width) / 2));
  return widened(view, margin, bounds);
}
