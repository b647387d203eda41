/**
 * Places on a chromosome: 0-based half-open in code, 1-based inclusive in text people read.
 * All functions are pure; a region never leaves its bounds and is never narrower than 8 bp.
 */

export interface Region {
  readonly chrom: string;
  readonly start: number;
  readonly end: number;
}

export type Bounds = Region;

export const MIN_WIDTH_BP = 8;

const LARGEST_POSITION = 2 ** 31 - 1;

export function widthOf(region: Region): number {
  return region.end - region.start;
}

export function centreOf(region: Region): number {
  return (region.start + region.end) / 2;
}

export function sameRegion(a: Region, b: Region): boolean {
  return a.chrom === b.chrom && a.start === b.start && a.end === b.end;
}

/**
 * The nearest region that lies inside `bounds`, on whole bases and at least 8 bp wide.
 * A region wider than the bounds becomes the bounds. NaN, infinite or inverted input throws.
 */
export function clampRegion(region: Region, bounds: Bounds): Region {
  const { start, end } = region;
  if (!Number.isFinite(start) || !Number.isFinite(end) || end < start) {
    throw new RangeError(`a region needs finite start <= end, found ${start} and ${end}`);
  }
  const room = widthOf(bounds);
  const width = Math.min(room, Math.max(MIN_WIDTH_BP, Math.round(end) - Math.round(start)));
  const grown = width - (Math.round(end) - Math.round(start));
  const wanted = Math.round(start) - Math.floor(Math.max(0, grown) / 2);
  const first = Math.min(Math.max(wanted, bounds.start), bounds.end - width);
  return { chrom: bounds.chrom, start: first, end: first + width };
}

/** Factor 2 shows twice as much, 0.5 half as much; the position `at` keeps its place on screen. */
export function zoomAt(region: Region, factor: number, at: number, bounds: Bounds): Region {
  const width = widthOf(region);
  const narrowest = Math.min(MIN_WIDTH_BP, widthOf(bounds));
  const wanted = Math.min(widthOf(bounds), Math.max(narrowest, width * factor));
  const share = Math.min(1, Math.max(0, (at - region.start) / width));
  const start = Math.round(at - share * wanted);
  return clampRegion({ chrom: region.chrom, start, end: start + Math.round(wanted) }, bounds);
}

/** Shift by `bp` bases; the width is kept at the borders. */
export function panBy(region: Region, bp: number, bounds: Bounds): Region {
  const shift = Math.round(bp);
  return clampRegion(
    { chrom: region.chrom, start: region.start + shift, end: region.end + shift },
    bounds,
  );
}

/** A region of `width` bases with `position` in the middle. */
export function centredOn(position: number, width: number, bounds: Bounds): Region {
  const start = Math.round(position + 0.5 - width / 2);
  return clampRegion({ chrom: bounds.chrom, start, end: start + Math.round(width) }, bounds);
}

/** `20` and `chr20` name one chromosome. */
export function sameChrom(a: string, b: string): boolean {
  return a === b || bareChrom(a) === bareChrom(b);
}

function bareChrom(chrom: string): string {
  return /^chr/i.test(chrom) ? chrom.slice(3) : chrom;
}

/** The name for the screen: numbers and X, Y, M get `chr`, all others stay as they are. */
export function displayChrom(chrom: string): string {
  return /^(\d{1,2}|X|Y|M|MT)$/.test(chrom) ? `chr${chrom}` : chrom;
}

const NUMBER = String.raw`\d{1,3}(?:,\d{3})+|\d+`;
const RANGE = new RegExp(
  String.raw`^(?:(.+):)?(${NUMBER})(?:\s*(?:-|\.\.|–)\s*(${NUMBER}))?$`,
  "u",
);

/**
 * Read `20:2,570,000-2,590,000`, `chr20:2577796` or, with `fallbackChrom`, `2,570,000-2,590,000`.
 * Text is 1-based inclusive; the contig is what stands before the last colon.
 * Returns null for anything else, for position 0 and for a reversed range.
 */
export function parseLocus(text: string, fallbackChrom?: string): Region | null {
  const match = RANGE.exec(text.trim());
  if (match === null) return null;
  const chrom = match[1]?.trim() ?? fallbackChrom;
  if (chrom === undefined || chrom === "") return null;
  const first = plainNumber(match[2] ?? "");
  const last = match[3] === undefined ? first : plainNumber(match[3]);
  if (first < 1 || last < first || last > LARGEST_POSITION) return null;
  return { chrom, start: first - 1, end: last };
}

function plainNumber(digits: string): number {
  return Number(digits.replaceAll(",", ""));
}

/** `chr20:2,570,001-2,590,000`, 1-based inclusive. */
export function formatLocus(region: Region): string {
  return `${displayChrom(region.chrom)}:${commas(region.start + 1)}-${commas(region.end)}`;
}

/** `chr20:2,577,797` for the 0-based position 2577796. */
export function formatPosition(chrom: string, position: number): string {
  return `${displayChrom(chrom)}:${commas(position + 1)}`;
}

function commas(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
