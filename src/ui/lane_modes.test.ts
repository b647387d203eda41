import { beforeAll, describe, expect, it } from "vitest";
import type { Lane } from "./lane_layout.js";
import { isDifference, isSignedLane, modesOf, scaleKey } from "./lane_modes.js";
import { load, stateOf, type Loaded } from "./testing/loaded.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function lane(index: number): Lane {
  const found = stateOf(loaded).layout.lanes[index];
  if (found === undefined) throw new Error("no such lane");
  return found;
}

describe("modes of a lane", () => {
  it("shows the reference where there is no alternative", () => {
    expect(modesOf("diff", lane(4))).toEqual(["ref"]);
    expect(modesOf("diff", lane(0))).toEqual(["diff"]);
  });

  it("overlays two, and one in a strip", () => {
    expect(modesOf("overlay", lane(0))).toEqual(["ref", "alt"]);
    expect(modesOf("overlay", { ...lane(0), mark: "strip" })).toEqual(["alt"]);
  });

  it("knows differences", () => {
    expect(isDifference(["diff"])).toBe(true);
    expect(isDifference(["log2FC"])).toBe(true);
    expect(isDifference(["ref", "alt"])).toBe(false);
  });
});

describe("shared scales", () => {
  it("shares by group, track or all, and never between values and differences", () => {
    const keys = (["group", "track", "all"] as const).map((range) => {
      const state = stateOf(loaded, { scale: { kind: "linear", range } });
      return [scaleKey(state, lane(0)), scaleKey(state, lane(2)), scaleKey(state, lane(4))];
    });
    expect(new Set(keys[0]).size).toBe(2);
    expect(new Set(keys[1]).size).toBe(3);
    expect(new Set(keys[2]).size).toBe(1);
    const diff = stateOf(loaded, { mode: "diff", scale: { kind: "linear", range: "all" } });
    expect(scaleKey(diff, lane(0))).not.toBe(scaleKey(diff, lane(4)));
  });

  it("calls differences and signed tracks signed", () => {
    expect(isSignedLane(stateOf(loaded), lane(0))).toBe(false);
    expect(isSignedLane(stateOf(loaded, { mode: "diff" }), lane(0))).toBe(true);
    expect(isSignedLane(stateOf(loaded), lane(5))).toBe(true);
  });
});
