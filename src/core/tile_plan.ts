/** Which tiles a view still needs, as few requests as the limits of one answer allow. */
import type { Geometry, Mode, TilesRequest } from "./answers.js";
import type { Region } from "./coords.js";
import {
  binSpan,
  geometryOf,
  levelBins,
  levelFor,
  MOST_BINS,
  TILE_BINS,
  type TileCache,
  type TrackGeometry,
} from "./tiles.js";

export interface ViewNeeds {
  readonly modes: readonly Mode[];
  readonly tracks: readonly number[];
  readonly geometry: Geometry;
  readonly region: Region;
  /** Bases per css pixel: a bin is never much wider than a pixel, nor much finer. */
  readonly bpPerPx: number;
  /** Widths of the view to have at both sides too; 0 for the view itself. */
  readonly margin?: number;
}

const MOST_TRACKS = 500;
const MOST_ANSWER_BYTES = 4_000_000;
const RAW_BYTES = 256_000;
const COARSE_ABOVE_TRACKS = 50;

/** Tracks of one place and bin width, which one request may ask for together. */
export function geometryGroups(tracks: readonly number[], geometry: Geometry): number[][] {
  const groups = new Map<string, number[]>();
  for (const track of tracks) {
    const { origin, bin, nBins } = geometryOf(geometry, track);
    const key = `${origin} ${bin} ${nBins}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [track]);
    else group.push(track);
  }
  return [...groups.values()];
}

/** Requests for every tile of the view that the cache does not hold. */
export function planTiles(cache: TileCache, view: ViewNeeds): TilesRequest[] {
  const requests: TilesRequest[] = [];
  for (const group of geometryGroups(view.tracks, view.geometry)) {
    for (const mode of view.modes) {
      const tracks = mode === "ref" ? group : group.filter((t) => view.geometry.alt[t] === 1);
      const [first] = tracks;
      if (first === undefined) continue;
      requests.push(...planGroup(cache, view, mode, tracks, geometryOf(view.geometry, first)));
    }
  }
  return requests;
}

function planGroup(
  cache: TileCache,
  view: ViewNeeds,
  mode: Mode,
  tracks: readonly number[],
  geometry: TrackGeometry,
): TilesRequest[] {
  const level = levelFor(geometry.bin, geometry.levels, view.bpPerPx);
  const margin = (view.region.end - view.region.start) * (view.margin ?? 0);
  const { first, last } = binSpan(geometry, level, {
    start: view.region.start - margin,
    end: view.region.end + margin,
  });
  if (first === last) return [];
  const runs: { tiles: [number, number]; tracks: number[] }[] = [];
  for (let tile = Math.floor(first / TILE_BINS); tile * TILE_BINS < last; tile += 1) {
    const missing = tracks.filter((track) => !cache.has(mode, track, level, tile));
    if (missing.length === 0) continue;
    const run = runs.at(-1);
    const fits = run !== undefined && (tile + 1 - run.tiles[0]) * TILE_BINS <= MOST_BINS;
    if (fits && run.tiles[1] === tile && sameList(run.tracks, missing)) run.tiles[1] = tile + 1;
    else runs.push({ tiles: [tile, tile + 1], tracks: missing });
  }
  const end = levelBins(geometry.nBins, level);
  return runs.flatMap(({ tiles: [from, to], tracks: missing }) =>
    split(missing, Math.min(end, to * TILE_BINS) - from * TILE_BINS).map((part) => ({
      mode,
      level,
      first: from * TILE_BINS,
      count: Math.min(end, to * TILE_BINS) - from * TILE_BINS,
      ...part,
    })),
  );
}

/** Track lists small enough for one answer, with the encoding that suits their size. */
function split(
  tracks: readonly number[],
  bins: number,
): { tracks: number[]; encoding: TilesRequest["encoding"] }[] {
  const most = Math.max(1, Math.min(MOST_TRACKS, Math.floor(MOST_ANSWER_BYTES / (bins * 3 * 2))));
  const parts: { tracks: number[]; encoding: TilesRequest["encoding"] }[] = [];
  for (let at = 0; at < tracks.length; at += most) {
    const part = tracks.slice(at, at + most);
    const rawBytes = part.length * bins * 3 * 4;
    const coarse = tracks.length > COARSE_ABOVE_TRACKS ? "u8" : "u16";
    parts.push({ tracks: part, encoding: rawBytes <= RAW_BYTES ? "f32" : coarse });
  }
  return parts;
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
