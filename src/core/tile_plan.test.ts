import { beforeEach, describe, expect, it } from "vitest";
import type { Geometry, Mode, TilesAnswer, TilesRequest } from "./answers.js";
import { geometryGroups, planTiles, type ViewNeeds } from "./tile_plan.js";
import { geometryOf, MOST_BINS, TileCache } from "./tiles.js";

/** Tracks 0 to n - 3 at 1 bp, then one at 128 bp and one at 1 bp without alt. */
function geometry(n: number): Geometry {
  const fill = (value: number): Uint32Array => new Uint32Array(n).fill(value);
  const bytes = (value: number): Uint8Array => new Uint8Array(n).fill(value);
  const coarse = n - 2;
  const bin = fill(1);
  bin[coarse] = 128;
  const nBins = fill(100_000);
  nBins[coarse] = 782;
  const alt = bytes(1);
  alt[n - 1] = 0;
  const levels = bytes(5);
  levels[coarse] = 1;
  return {
    origin: fill(0),
    bin,
    nBins,
    levels,
    signed: bytes(0),
    mark: bytes(0),
    measured: bytes(0),
    alt,
    lo: new Float32Array(n),
    hi: new Float32Array(n),
  };
}

let cache: TileCache;

beforeEach(() => {
  cache = new TileCache();
});

function view(change: Partial<ViewNeeds> = {}): ViewNeeds {
  return {
    modes: ["ref"],
    tracks: [0, 1, 2, 3],
    geometry: geometry(4),
    region: { chrom: "1", start: 1_000, end: 2_000 },
    bpPerPx: 1,
    ...change,
  };
}

/** What the kernel would send, so that the cache knows the tiles afterwards. */
function serve(request: TilesRequest, shape: Geometry): void {
  const zeros = request.tracks.map(() => new Float32Array(request.count));
  const answer: TilesAnswer = {
    ...request,
    bin: 1,
    start: 0,
    n: request.count,
    approximate: request.encoding === "u8",
    max: zeros,
    mean: zeros,
    min: null,
  };
  cache.put(answer, geometryOf(shape, request.tracks[0] ?? 0).nBins);
}

describe("groups", () => {
  it("hold tracks of one place and bin width", () => {
    expect(geometryGroups([3, 0, 2, 1], geometry(4))).toEqual([[3, 0, 1], [2]]);
  });
});

describe("a plan", () => {
  it("asks each geometry group for whole tiles of the view", () => {
    expect(planTiles(cache, view())).toEqual([
      { mode: "ref", level: 0, first: 512, count: 1_536, tracks: [0, 1, 3], encoding: "f32" },
      { mode: "ref", level: 0, first: 0, count: 512, tracks: [2], encoding: "f32" },
    ]);
  });

  it("asks for nothing once all is there", () => {
    const needs = view();
    for (const request of planTiles(cache, needs)) serve(request, needs.geometry);
    expect(planTiles(cache, needs)).toEqual([]);
    const moved = { ...needs, region: { chrom: "1", start: 1_500, end: 2_500 } };
    expect(planTiles(cache, moved)).toEqual([
      { mode: "ref", level: 0, first: 2_048, count: 512, tracks: [0, 1, 3], encoding: "f32" },
    ]);
  });

  it("leaves out tracks without an alternative allele", () => {
    const requests = planTiles(cache, view({ modes: ["ref", "alt"] }));
    const tracksOf = (mode: Mode) =>
      requests.filter((r) => r.mode === mode).flatMap((r) => r.tracks);
    expect(tracksOf("ref")).toEqual([0, 1, 3, 2]);
    expect(tracksOf("alt")).toEqual([0, 1, 2]);
  });

  it("chooses the level by bases per px and cuts at the end of the track", () => {
    const [request] = planTiles(
      cache,
      view({ region: { chrom: "1", start: 0, end: 100_000 }, bpPerPx: 83, tracks: [0] }),
    );
    expect(request).toMatchObject({ level: 3, first: 0, count: Math.ceil(100_000 / 64) });
  });

  it("never asks for more bins than one answer may hold", () => {
    const requests = planTiles(
      cache,
      view({ region: { chrom: "1", start: 0, end: 60_000 }, tracks: [0] }),
    );
    expect(Math.max(...requests.map(({ count }) => count))).toBeLessThanOrEqual(MOST_BINS);
    expect(requests.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(60_000);
  });

  it("splits many tracks, in 8 bit above 50", () => {
    const shape = geometry(702);
    const tracks = Array.from({ length: 700 }, (_, i) => i);
    const requests = planTiles(cache, view({ geometry: shape, tracks }));
    expect(requests.flatMap((request) => request.tracks)).toEqual(tracks);
    for (const request of requests) {
      expect(request.encoding).toBe("u8");
      expect(request.tracks.length * request.count * 6).toBeLessThanOrEqual(4_000_000);
    }
    for (const request of requests) serve(request, shape);
    expect(planTiles(cache, view({ geometry: shape, tracks }))).toEqual([]);
  });

  it("uses 16 bit for a middling answer", () => {
    const shape = geometry(42);
    const tracks = Array.from({ length: 40 }, (_, i) => i);
    const requests = planTiles(cache, view({ geometry: shape, tracks }));
    expect(requests.map(({ encoding }) => encoding)).toEqual(["u16"]);
  });

  it("reaches out by the margin", () => {
    const [request] = planTiles(cache, view({ tracks: [0], margin: 1 }));
    expect(request).toMatchObject({ first: 0, count: 3_072 });
  });

  it("asks only for the tracks that lack a tile", () => {
    const needs = view({ tracks: [0, 1] });
    for (const request of planTiles(cache, view({ tracks: [0] }))) serve(request, needs.geometry);
    expect(planTiles(cache, needs).map(({ tracks }) => tracks)).toEqual([[1]]);
  });

  it("is empty away from the tracks and without tracks", () => {
    const far = { chrom: "1", start: 900_000, end: 901_000 };
    expect(planTiles(cache, view({ region: far }))).toEqual([]);
    expect(planTiles(cache, view({ tracks: [] }))).toEqual([]);
  });
});
