import { beforeEach, describe, expect, it } from "vitest";
import type { TilesAnswer } from "./answers.js";
import { between, seeded } from "./testing/random.js";
import {
  binSpan,
  geometryOf,
  levelBins,
  levelFor,
  TILE_BINS,
  TileCache,
  type TrackGeometry,
} from "./tiles.js";

const TRACK: TrackGeometry = { origin: 1_000, bin: 1, nBins: 20_000, levels: 4 };

/** A track whose value is its native bin number, with level maxima and means computed directly. */
function answer(
  level: number,
  first: number,
  n: number,
  change?: Partial<TilesAnswer>,
): TilesAnswer {
  const size = 4 ** level;
  const end = (i: number): number => Math.min(TRACK.nBins, (first + i + 1) * size) - 1;
  return {
    mode: "ref",
    level,
    bin: size,
    start: TRACK.origin + first * size,
    first,
    n,
    tracks: [0],
    approximate: false,
    max: [Float32Array.from({ length: n }, (_, i) => end(i))],
    mean: [Float32Array.from({ length: n }, (_, i) => ((first + i) * size + end(i)) / 2)],
    min: null,
    ...change,
  };
}

let cache: TileCache;

beforeEach(() => {
  cache = new TileCache();
});

function gather(start: number, end: number, bpPerPx: number) {
  return cache.gather("ref", 0, TRACK, { region: { start, end }, bpPerPx });
}

describe("levels", () => {
  it("have a quarter of the bins each", () => {
    expect([0, 1, 2, 3].map((level) => levelBins(20_000, level))).toEqual([
      20_000, 5_000, 1_250, 313,
    ]);
  });

  it("are chosen so that no bin is wider than a px", () => {
    expect([0.1, 1, 3.9, 4, 15.9, 16, 1e6].map((bp) => levelFor(1, 4, bp))).toEqual([
      0, 0, 0, 1, 1, 2, 3,
    ]);
    expect(levelFor(128, 4, 1)).toBe(0);
    expect(levelFor(128, 4, 512)).toBe(1);
  });

  it("cut their bins to the track", () => {
    expect(binSpan(TRACK, 1, { start: 1_003, end: 1_009 })).toEqual({ first: 0, last: 3 });
    expect(binSpan(TRACK, 0, { start: 0, end: 500 })).toEqual({ first: 0, last: 0 });
    expect(binSpan(TRACK, 2, { start: 20_990, end: 99_999 })).toEqual({
      first: 1_249,
      last: 1_250,
    });
  });
});

describe("put and gather", () => {
  it("give back what was put, across tile borders", () => {
    cache.put(answer(0, 0, 1_024), TRACK.nBins);
    const columns = gather(1_500, 1_530, 1);
    expect(columns).toMatchObject({ start: 1_500, bin: 1, n: 30, min: null, state: "exact" });
    expect([...columns.max]).toEqual(Array.from({ length: 30 }, (_, i) => 500 + i));
  });

  it("keep only whole tiles", () => {
    cache.put(answer(0, 100, 1_000), TRACK.nBins);
    expect([0, 1, 2].map((tile) => cache.has("ref", 0, 0, tile))).toEqual([false, true, false]);
  });

  it("keep the short last tile of a level", () => {
    cache.put(answer(1, 4_608, 392), TRACK.nBins);
    expect(cache.has("ref", 0, 1, 9)).toBe(true);
    expect(gather(20_992, 21_000, 4).max).toEqual(Float32Array.of(19_995, 19_999));
  });

  it("fill holes from the finest coarser level", () => {
    cache.put(answer(3, 0, 313), TRACK.nBins);
    cache.put(answer(1, 0, 512), TRACK.nBins);
    const near = gather(1_000, 1_010, 1);
    expect(near.state).toBe("approximate");
    expect([...near.max]).toEqual([3, 3, 3, 3, 7, 7, 7, 7, 11, 11]);
    const far = gather(5_000, 5_002, 1);
    expect([...far.max]).toEqual([4_031, 4_031]);
  });

  it("say how much is there", () => {
    expect(gather(1_000, 1_010, 1)).toMatchObject({ state: "empty", n: 10 });
    expect(gather(1_000, 1_010, 1).max.every(Number.isNaN)).toBe(true);
    cache.put(answer(0, 0, 512), TRACK.nBins);
    expect(gather(1_500, 1_520, 1).state).toBe("partial");
    expect(gather(0, 900, 1)).toMatchObject({ state: "exact", n: 0 });
    expect(gather(90_000, 90_900, 1)).toMatchObject({ state: "exact", n: 0 });
  });

  it("mark 8-bit bins as approximate", () => {
    cache.put(answer(0, 0, 512, { approximate: true }), TRACK.nBins);
    expect(gather(1_000, 1_010, 1).state).toBe("approximate");
    expect(cache.has("ref", 0, 0, 0)).toBe(true);
  });

  it("carry the minimum, NaN where a tile has none", () => {
    const min = [Float32Array.from({ length: 512 }, (_, i) => -i)];
    cache.put(answer(0, 0, 512, { min }), TRACK.nBins);
    cache.put(answer(0, 512, 512), TRACK.nBins);
    const columns = gather(1_511, 1_513, 1);
    expect(columns.min).toEqual(Float32Array.of(-511, NaN));
  });

  it("keep tracks and modes apart", () => {
    cache.put(answer(0, 0, 512, { mode: "alt" }), TRACK.nBins);
    expect(gather(1_000, 1_010, 1).state).toBe("empty");
    expect(
      cache.gather("alt", 1, TRACK, { region: { start: 1_000, end: 1_010 }, bpPerPx: 1 }).state,
    ).toBe("empty");
  });

  it("never lose the maximum of a view, for 200 random views and caches", () => {
    const random = seeded(12);
    for (let round = 0; round < 200; round += 1) {
      cache = new TileCache();
      cache.put(answer(3, 0, 313), TRACK.nBins, "overview");
      for (let i = 0; i < 5; i += 1) {
        const level = between(random, 0, 2);
        const tile = between(random, 0, Math.ceil(levelBins(TRACK.nBins, level) / TILE_BINS) - 1);
        const n = Math.min(TILE_BINS, levelBins(TRACK.nBins, level) - tile * TILE_BINS);
        cache.put(answer(level, tile * TILE_BINS, n), TRACK.nBins);
      }
      const start = between(random, 1_000, 20_000);
      const end = Math.min(21_000, start + between(random, 8, 5_000));
      const columns = gather(start, end, (end - start) / 600);
      expect(columns.state === "exact" || columns.state === "approximate").toBe(true);
      expect(Math.max(...columns.max)).toBeGreaterThanOrEqual(end - 1 - 1_000);
      expect(columns.start).toBeLessThanOrEqual(start);
      expect(columns.start + columns.n * columns.bin).toBeGreaterThanOrEqual(end);
    }
  });
});

describe("the overview", () => {
  it("shows something but does not count as the tile", () => {
    cache.put(answer(0, 0, 512, { approximate: true }), TRACK.nBins, "overview");
    expect(cache.has("ref", 0, 0, 0)).toBe(false);
    expect(gather(1_000, 1_010, 1).state).toBe("approximate");
  });

  it("never replaces a tile, and is replaced by one", () => {
    const rough = answer(0, 0, 512, { approximate: true, max: [new Float32Array(512)] });
    cache.put(rough, TRACK.nBins, "overview");
    cache.put(answer(0, 0, 512), TRACK.nBins);
    cache.put(rough, TRACK.nBins, "overview");
    expect(gather(1_005, 1_006, 1).max).toEqual(Float32Array.of(5));
  });
});

describe("memory", () => {
  it("is counted in bytes and kept below the limit, least recently used first", () => {
    cache = new TileCache(3 * TILE_BINS * 8);
    for (const tile of [0, 1, 2]) cache.put(answer(0, tile * TILE_BINS, TILE_BINS), TRACK.nBins);
    expect(cache.bytes).toBe(3 * TILE_BINS * 8);
    gather(1_000, 1_010, 1);
    cache.put(answer(0, 3 * TILE_BINS, TILE_BINS), TRACK.nBins);
    expect([0, 1, 2, 3].map((tile) => cache.has("ref", 0, 0, tile))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(cache.bytes).toBe(3 * TILE_BINS * 8);
  });

  it("does not grow when a tile comes again", () => {
    for (let i = 0; i < 3; i += 1) cache.put(answer(0, 0, TILE_BINS), TRACK.nBins);
    expect(cache.bytes).toBe(TILE_BINS * 8);
  });

  it("is given back when the data change", () => {
    cache.put(answer(0, 0, TILE_BINS), TRACK.nBins);
    cache.rev = 0;
    expect(cache.bytes).toBeGreaterThan(0);
    cache.rev = 3;
    expect(cache.rev).toBe(3);
    expect(cache.bytes).toBe(0);
    expect(gather(1_000, 1_010, 1).state).toBe("empty");
  });

  it("does not hold on to the message the tile came in", () => {
    const big = new Float32Array(100_000);
    cache.put(answer(0, 0, 512, { max: [big.subarray(0, 512)] }), TRACK.nBins);
    expect(gather(1_000, 1_512, 1).max.buffer.byteLength).toBe(2_048);
  });
});

it("geometryOf reads one track's row", () => {
  const one = (value: number): Uint32Array => Uint32Array.of(0, value);
  const flags = Uint8Array.of(0, 3);
  const zero = new Float32Array(2);
  const geometry = {
    origin: one(7),
    bin: one(32),
    nBins: one(99),
    levels: flags,
    signed: flags,
    mark: flags,
    measured: flags,
    alt: flags,
    lo: zero,
    hi: zero,
  };
  expect(geometryOf(geometry, 1)).toEqual({ origin: 7, bin: 32, nBins: 99, levels: 3 });
});
