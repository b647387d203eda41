import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Store } from "../ui/store.js";
import { layoutLanes } from "../ui/lane_layout.js";
import { layoutInput, load, stateOf, type Called, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { BrowserActions, type ActionPorts } from "./track_browser_actions.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

let calls: Called[];
let store: Store<ViewState>;
let actions: BrowserActions;

function start(change: Partial<ViewState> = {}): void {
  calls = [];
  store = new Store(stateOf(loaded, change));
  const ports = new Proxy({} as ActionPorts, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([String(name), ...args]);
      },
  });
  actions = new BrowserActions(store, ports);
}

function written(): Record<string, unknown> {
  return Object.assign(
    {},
    ...calls.filter(([name]) => name === "write").map(([, traits]) => traits),
  ) as Record<string, unknown>;
}

beforeEach(() => {
  start();
});

const HERE = { chrom: "20", start: 2_570_000, end: 2_590_000 };

describe("places", () => {
  it("remember one step per gesture, not per frame", () => {
    for (let i = 1; i <= 30; i += 1)
      actions.showRegion({ ...HERE, start: HERE.start + i, end: HERE.end + i });
    actions.showRegion(store.get().region, { settled: true });
    expect(store.get().past).toEqual([HERE]);
    actions.undo();
    expect(store.get().region).toEqual(HERE);
    actions.redo();
    expect(store.get().region.start).toBe(HERE.start + 30);
    expect(store.get().future).toEqual([]);
  });

  it("do nothing at the ends of the history", () => {
    actions.undo();
    actions.redo();
    expect(calls).toEqual([]);
  });

  it("never leave the bounds", () => {
    actions.panByShare(-100);
    expect(store.get().region).toEqual({ chrom: "20", start: 2_530_000, end: 2_550_000 });
    for (let i = 0; i < 40; i += 1) actions.zoom(0.5);
    expect(store.get().region.end - store.get().region.start).toBe(8);
  });

  it("go by name, and say what is outside or unknown", () => {
    expect(actions.goTo("TMC2-AS1")).toBeNull();
    expect(actions.goTo("chr1:5-6")).toContain("outside the loaded region");
    expect(actions.goTo("nothing")).toContain("nothing");
  });

  it("step from variant to variant", () => {
    actions.stepVariant(1);
    const first = store.get().focus?.start ?? 0;
    expect(first).toBe(2_580_014);
    actions.stepVariant(-1);
    expect(store.get().focus?.start).toBeLessThan(first);
  });
});

describe("tracks", () => {
  it("let a filter take the place of the lane list", () => {
    start({ visible: [0, 1] });
    actions.setFilters({ assay_title: { in: ["ATAC-seq"] } });
    expect(store.get().visible).toEqual([]);
    expect(store.get().facets?.nMatching).toBe(6);
    expect(written()).toEqual({ filters: { assay_title: { in: ["ATAC-seq"] } }, visible: [] });
    actions.setQuery("x".repeat(900));
    expect(store.get().query).toHaveLength(500);
  });

  it("hide a lane by listing the others, and never the last one", () => {
    actions.hideTrack(0);
    expect(written()["visible"]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    start({ layout: layoutLanes(layoutInput({ catalog: loaded.catalog, rows: [3] })) });
    actions.hideTrack(3);
    expect(calls).toEqual([]);
  });

  it("pin, select and walk", () => {
    actions.togglePin(4);
    actions.togglePin(4);
    expect(store.get().pinned).toEqual([]);
    actions.toggleTrack(2);
    expect(written()).toMatchObject({ selected_tracks: [2], selection: { tracks: [2] } });
    actions.toggleTrack(2);
    expect(written()["selection"]).toBeNull();
    start();
    actions.stepLane(1);
    actions.stepLane(1);
    actions.stepLane(-1);
    actions.stepLane(-1);
    expect(store.get().activeLane).toBe(0);
  });

  it("fold and unfold", () => {
    actions.toggleFold("atac");
    expect([...store.get().folded]).toEqual(["atac"]);
    actions.toggleFold("atac");
    expect(store.get().folded.size).toBe(0);
  });
});

describe("modes and scales", () => {
  it("need an alternative for anything but the reference", () => {
    start({ hasAlt: false });
    actions.setMode("diff");
    expect(store.get().mode).toBe("ref");
    start();
    actions.setMode("diff");
    actions.setScale({ kind: "log1p", range: "track" });
    expect(written()).toEqual({ mode: "diff", scale: { kind: "log1p", range: "track" } });
  });
});

describe("a selection", () => {
  it("that holds nothing is none", () => {
    actions.setSelection({ start: null, end: null, tracks: [], positions: [] });
    expect(store.get().selection).toBeNull();
    actions.setSelection({ start: 1, end: 5, tracks: [], positions: [] });
    expect(written()["selection"]).toEqual({ start: 1, end: 5, tracks: [], positions: [] });
  });

  it("of a variant keeps the range and the tracks", () => {
    actions.setSelection({ start: 1, end: 5, tracks: [3], positions: [] });
    actions.goToVariant(5);
    expect(store.get().selection).toEqual({
      start: 1,
      end: 5,
      tracks: [3],
      positions: [2_577_795],
    });
    actions.goToVariant(999);
    expect(store.get().focus?.label).toBe("rs572140578");
  });
});
