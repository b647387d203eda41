import { beforeAll, describe, expect, it } from "vitest";
import type { TileCache } from "../core/tiles.js";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { filledCache } from "./testing/filled.js";
import { columnsOf, computeScales } from "./track_browser_scales.js";

let loaded: Loaded;
let cache: TileCache;
beforeAll(async () => {
  loaded = await load();
  cache = await filledCache(loaded.catalog);
});

describe("columnsOf", () => {
  it("gives one set of bins per drawn mode", () => {
    const state = stateOf(loaded, { mode: "overlay" });
    const [splice, dnase] = [state.layout.lanes[0], state.layout.lanes[4]];
    if (splice === undefined || dnase === undefined) throw new Error("no lanes");
    expect(columnsOf(state, cache, splice)).toHaveLength(2);
    expect(columnsOf(state, cache, dnase)).toHaveLength(1);
    expect(columnsOf({ ...state, catalog: null }, cache, splice)).toEqual([]);
  });
});

describe("computeScales", () => {
  it("makes one scale per group, from zero, rounded", () => {
    const scales = computeScales(stateOf(loaded), cache);
    expect([...scales.keys()]).toEqual(["value splice_sites", "value dnase", "value atac"]);
    expect(scales.get("value splice_sites")).toEqual({ kind: "linear", lo: 0, hi: 1 });
  });

  it("is symmetric for signed tracks and differences", () => {
    const scales = computeScales(stateOf(loaded, { mode: "diff" }), cache);
    for (const key of ["difference splice_sites", "value atac"]) {
      const scale = scales.get(key);
      expect(scale?.lo).toBe(-(scale?.hi ?? NaN));
    }
  });

  it("follows the range and the kind that were chosen", () => {
    const all = computeScales(stateOf(loaded, { scale: { kind: "log1p", range: "all" } }), cache);
    expect([...all.keys()]).toEqual(["value"]);
    expect(all.get("value")?.kind).toBe("log1p");
    expect(
      computeScales(stateOf(loaded, { scale: { kind: "linear", range: "track" } }), cache).size,
    ).toBe(11);
  });
});
