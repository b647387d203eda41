import { beforeAll, describe, expect, it } from "vitest";
import { layoutLanes } from "./lane_layout.js";
import { layoutInput, load, stateOf, type Loaded } from "./testing/loaded.js";
import {
  bpPerPxOf,
  isOffline,
  mainWidthOf,
  panelIsDocked,
  plotWidthOf,
  stateWord,
} from "./view_state.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("the state word", () => {
  it.each([
    [{ phase: "loading" }, "loading"],
    [{ phase: "error", kernel: "gone" }, "error"],
    [{ phase: "loading", kernel: "restarted" }, "disconnected"],
    [{ phase: "loading", kernel: "gone" }, "disconnected"],
    [{ phase: "loading", kernel: "saved" }, "loading"],
    [{ kernel: "gone" }, "disconnected"],
    [{ kernel: "saved" }, "disconnected"],
    [{ kernel: "busy" }, "ready"],
  ] as const)("%o is %s", (change, word) => {
    expect(stateWord(stateOf(loaded, change))).toBe(word);
  });

  it("is empty without lanes, but not when all groups are folded", () => {
    const none = layoutLanes(layoutInput({ catalog: loaded.catalog, rows: [] }));
    expect(stateWord(stateOf(loaded, { layout: none }))).toBe("empty");
    const keys = stateOf(loaded).layout.groups.map((group) => group.key);
    const folded = layoutLanes(layoutInput({ catalog: loaded.catalog, folded: new Set(keys) }));
    expect(stateWord(stateOf(loaded, { layout: folded }))).toBe("ready");
  });
});

describe("widths", () => {
  it("takes the docked panel, the labels and the margin off the plot", () => {
    const state = stateOf(loaded, { widthPx: 1_280 });
    expect(panelIsDocked(state)).toBe(true);
    expect(mainWidthOf(state)).toBe(1_000);
    expect(plotWidthOf(state)).toBe(1_000 - 180 - 12);
    expect(bpPerPxOf(state)).toBeCloseTo(20_000 / 808, 9);
  });

  it("keeps the whole width where the panel is a drawer or closed", () => {
    expect(mainWidthOf({ widthPx: 600, showsFacets: true })).toBe(600);
    expect(mainWidthOf({ widthPx: 1_280, showsFacets: false })).toBe(1_280);
  });
});

it("knows when no answer can come", () => {
  expect((["idle", "working", "busy"] as const).some(isOffline)).toBe(false);
  expect((["gone", "restarted", "saved"] as const).every(isOffline)).toBe(true);
});
