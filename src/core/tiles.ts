/**
 * The page's store of bins: tiles of 512 bins per track and zoom level, the least recently used
 * ones dropped beyond 64 MB. A view always gets something: missing tiles are filled from coarser
 * levels, and only what no level has stays NaN.
 */
import type { Geometry, Mode, TilesAnswer } from "./answers.js";
import type { Columns, ColumnState } from "./columns.js";
import type { Region } from "./coords.js";

export const TILE_BINS = 512;
export const LEVEL_FACTOR = 4;

/** Most bins the kernel sends in one answer. */
export const MOST_BINS = 8_192;

interface Tile {
  readonly max: Float32Array;
  readonly mean: Float32Array;
  readonly min: Float32Array | null;
  readonly isApproximate: boolean;
  /** False for the overview, which a tile of the same place replaces. */
  readonly isFinal: boolean;
  readonly bytes: number;
}

/** One track's place in the genome, read out of the catalog's columns. */
export interface TrackGeometry {
  readonly origin: number;
  readonly bin: number;
  readonly nBins: number;
  readonly levels: number;
}

export function geometryOf(geometry: Geometry, track: number): TrackGeometry {
  return {
    origin: geometry.origin[track] ?? 0,
    bin: geometry.bin[track] ?? 1,
    nBins: geometry.nBins[track] ?? 0,
    levels: geometry.levels[track] ?? 1,
  };
}

/** Bins of level k of a track with `nBins` native bins. */
export function levelBins(nBins: number, level: number): number {
  return Math.ceil(nBins / LEVEL_FACTOR ** level);
}

/** The coarsest level whose bins are not wider than a pixel, else the native one. */
export function levelFor(bin: number, nLevels: number, bpPerPx: number): number {
  let level = 0;
  while (level + 1 < nLevels && bin * LEVEL_FACTOR ** (level + 1) <= bpPerPx) level += 1;
  return level;
}

/** Bins of `level` that touch the region: [first, last), cut to the track. */
export function binSpan(
  track: TrackGeometry,
  level: number,
  region: Pick<Region, "start" | "end">,
): { first: number; last: number } {
  const size = track.bin * LEVEL_FACTOR ** level;
  const n = levelBins(track.nBins, level);
  const first = Math.min(n, Math.max(0, Math.floor((region.start - track.origin) / size)));
  const last = Math.min(n, Math.max(first, Math.ceil((region.end - track.origin) / size)));
  return { first, last };
}

function keyOf(mode: Mode, track: number, level: number, tile: number): string {
  return `${mode} ${track} ${level} ${tile}`;
}

export class TileCache {
  readonly #tiles = new Map<string, Tile>();
  readonly #limitBytes: number;
  #bytes = 0;
  #rev = 0;

  constructor(limitBytes = 64_000_000) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get rev(): number {
    return this.#rev;
  }

  /** Tiles of another data revision are worthless: a new number empties the store. */
  set rev(rev: number) {
    if (rev === this.#rev) return;
    this.#rev = rev;
    this.clear();
  }

  clear(): void {
    this.#tiles.clear();
    this.#bytes = 0;
  }

  /** Keep every whole tile of an answer. `nBins` is the native length of its tracks. */
  put(answer: TilesAnswer, nBins: number, source: "tiles" | "overview" = "tiles"): void {
    const end = levelBins(nBins, answer.level);
    const stop = answer.first + answer.n;
    const firstTile = Math.ceil(answer.first / TILE_BINS);
    for (let tile = firstTile; tile * TILE_BINS < stop; tile += 1) {
      const from = tile * TILE_BINS - answer.first;
      const to = Math.min(from + TILE_BINS, end - answer.first);
      if (to > answer.n) break;
      for (const [t, track] of answer.tracks.entries()) {
        const key = keyOf(answer.mode, track, answer.level, tile);
        if (source === "overview" && this.#tiles.get(key)?.isFinal === true) continue;
        this.#keep(key, tileOf(answer, t, { from, to, isFinal: source === "tiles" }));
      }
    }
    this.#evict();
  }

  #keep(key: string, tile: Tile): void {
    this.#bytes += tile.bytes - (this.#tiles.get(key)?.bytes ?? 0);
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
  }

  #evict(): void {
    for (const [key, tile] of this.#tiles) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#tiles.delete(key);
      this.#bytes -= tile.bytes;
    }
  }

  /** True when the tile itself is there, not only an overview of it. */
  has(mode: Mode, track: number, level: number, tile: number): boolean {
    const found = this.#tiles.get(keyOf(mode, track, level, tile));
    return found?.isFinal === true;
  }

  /** The tile, marked as just used. */
  #look(mode: Mode, track: number, level: number, tile: number): Tile | undefined {
    const key = keyOf(mode, track, level, tile);
    const found = this.#tiles.get(key);
    if (found === undefined) return undefined;
    this.#tiles.delete(key);
    this.#tiles.set(key, found);
    return found;
  }

  /**
   * The bins of one track that touch the region, at the level that fits `bpPerPx`. Missing tiles
   * are filled from the next coarser level that has them.
   */
  gather(
    mode: Mode,
    track: number,
    geometry: TrackGeometry,
    view: { readonly region: Pick<Region, "start" | "end">; readonly bpPerPx: number },
  ): Columns {
    const level = levelFor(geometry.bin, geometry.levels, view.bpPerPx);
    const { first, last } = binSpan(geometry, level, view.region);
    const filler = new Filler(first, last - first);
    const states = new Set<ColumnState>();
    for (let tile = Math.floor(first / TILE_BINS); tile * TILE_BINS < last; tile += 1) {
      if (first === last) break;
      const from = Math.max(first, tile * TILE_BINS);
      const to = Math.min(last, (tile + 1) * TILE_BINS);
      const exact = this.#look(mode, track, level, tile);
      if (exact !== undefined) {
        filler.copy(exact, from, to, tile * TILE_BINS, 1);
        states.add(exact.isApproximate ? "approximate" : "exact");
      } else {
        states.add(
          this.#fillCoarser(filler, { mode, track, level, levels: geometry.levels }, from, to),
        );
      }
    }
    const size = geometry.bin * LEVEL_FACTOR ** level;
    return filler.columns(geometry.origin + first * size, size, worstOf(states));
  }

  /** Fill [from, to), all inside one tile, from the finest coarser level that has it. */
  #fillCoarser(filler: Filler, want: Wanted, from: number, to: number): ColumnState {
    for (let level = want.level + 1; level < want.levels; level += 1) {
      const repeat = LEVEL_FACTOR ** (level - want.level);
      const tile = Math.floor(from / repeat / TILE_BINS);
      const found = this.#look(want.mode, want.track, level, tile);
      if (found === undefined) continue;
      filler.copy(found, from, to, tile * TILE_BINS, repeat);
      return "approximate";
    }
    return "empty";
  }
}

interface Wanted {
  readonly mode: Mode;
  readonly track: number;
  readonly level: number;
  readonly levels: number;
}

function worstOf(states: ReadonlySet<ColumnState>): ColumnState {
  if (states.has("empty")) return states.size === 1 ? "empty" : "partial";
  return states.has("approximate") ? "approximate" : "exact";
}

function tileOf(
  answer: TilesAnswer,
  t: number,
  { from, to, isFinal }: { from: number; to: number; isFinal: boolean },
): Tile {
  const part = (stat: readonly Float32Array[]): Float32Array =>
    (stat[t] as Float32Array).slice(from, to);
  const min = answer.min === null ? null : part(answer.min);
  return {
    max: part(answer.max),
    mean: part(answer.mean),
    min,
    isApproximate: answer.approximate,
    isFinal,
    bytes: (to - from) * 4 * (min === null ? 2 : 3),
  };
}

/** Collects the bins of a view out of tiles. */
class Filler {
  readonly #max: Float32Array;
  readonly #mean: Float32Array;
  #min: Float32Array | null = null;

  constructor(
    private readonly first: number,
    private readonly n: number,
  ) {
    this.#max = new Float32Array(n).fill(NaN);
    this.#mean = new Float32Array(n).fill(NaN);
  }

  /** Bins [from, to) of the view's level from a tile that begins at `tileFirst` of its own level. */
  copy(tile: Tile, from: number, to: number, tileFirst: number, repeat: number): void {
    spread(this.#max, tile.max, from - this.first, to - this.first, from, tileFirst, repeat);
    spread(this.#mean, tile.mean, from - this.first, to - this.first, from, tileFirst, repeat);
    if (tile.min === null) return;
    this.#min ??= new Float32Array(this.n).fill(NaN);
    spread(this.#min, tile.min, from - this.first, to - this.first, from, tileFirst, repeat);
  }

  columns(start: number, bin: number, state: ColumnState): Columns {
    return { start, bin, n: this.n, max: this.#max, mean: this.#mean, min: this.#min, state };
  }
}

function spread(
  target: Float32Array,
  source: Float32Array,
  begin: number,
  end: number,
  from: number,
  tileFirst: number,
  repeat: number,
): void {
  for (let i = begin; i < end; i += 1) {
    target[i] = source[Math.floor((from + i - begin) / repeat) - tileFirst] ?? NaN;
  }
}
