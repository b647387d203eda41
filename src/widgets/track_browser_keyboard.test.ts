import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../ui/store.js";
import { load, press, recorded, stateOf, type Called, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { listenToKeys, type KeyTargets } from "./track_browser_keyboard.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

let root: HTMLElement;
let store: Store<ViewState>;
let calls: Called[];
let targets: KeyTargets;
let leaving: AbortController;

function start(change: Partial<ViewState> = {}): void {
  root = document.createElement("div");
  store = new Store(stateOf(loaded, change));
  const fake = recorded();
  calls = fake.calls;
  targets = { focusOn: vi.fn(), focusLane: vi.fn(), leave: vi.fn() };
  leaving = new AbortController();
  listenToKeys(root, store, fake.actions, targets, leaving.signal);
}

beforeEach(() => {
  start();
});

describe("keys", () => {
  it.each([
    ["ArrowLeft", {}, ["panByShare", -0.1]],
    ["ArrowRight", { shiftKey: true }, ["panByShare", 0.5]],
    ["+", {}, ["zoom", 0.5]],
    ["-", {}, ["zoom", 2]],
    ["z", {}, ["undo"]],
    ["Z", { shiftKey: true }, ["redo"]],
    ["]", {}, ["stepVariant", 1]],
    ["[", {}, ["stepVariant", -1]],
    ["d", {}, ["setMode", "diff"]],
    ["2", {}, ["setMode", "log2FC"]],
    ["l", {}, ["setScale", { kind: "log1p", range: "group" }]],
    ["s", {}, ["setScale", { kind: "linear", range: "track" }]],
    ["f", {}, ["toggleFacets"]],
    ["?", { shiftKey: true }, ["toggleHelp"]],
  ] as const)("%s %o", (key, options, expected) => {
    const event = press(root, key, options);
    expect(calls[0]).toEqual(expected);
    expect(event.defaultPrevented).toBe(true);
  });

  it("reach the ends and the whole region", () => {
    press(root, "Home");
    press(root, "End");
    press(root, "0");
    expect(calls.map(([, region]) => region)).toMatchObject([
      { start: 2_530_000, end: 2_550_000 },
      { start: 2_610_000, end: 2_630_000 },
      { start: 2_530_000, end: 2_630_000 },
    ]);
  });

  it("lead to the place box, the search and the export menu", () => {
    press(root, "g");
    press(root, "/");
    press(root, "e");
    expect(vi.mocked(targets.focusOn).mock.calls).toEqual([
      ["lsc-locus"],
      ["lsc-facet-search"],
      ["lsc-export"],
    ]);
    start({ showsFacets: false });
    press(root, "/");
    expect(calls).toEqual([["toggleFacets"]]);
  });

  it("act on the active lane, and only when there is one", () => {
    press(root, "p");
    expect(calls).toEqual([]);
    start({ activeLane: 4 });
    press(root, "p");
    press(root, " ");
    press(root, "Delete");
    expect(calls).toEqual([
      ["togglePin", 4],
      ["toggleTrack", 4],
      ["hideTrack", 4],
    ]);
    press(root, "ArrowDown");
    expect(targets.focusLane).toHaveBeenCalledWith(4);
  });

  it("leave modes alone without an alternative", () => {
    start({ hasAlt: false });
    expect(press(root, "d").defaultPrevented).toBe(false);
    expect(calls).toEqual([]);
  });
});

describe("what is not ours", () => {
  it("goes on to the page: other keys, modified keys, keys in boxes and on buttons", () => {
    expect(press(root, "q").defaultPrevented).toBe(false);
    expect(press(root, "d", { ctrlKey: true }).defaultPrevented).toBe(false);
    const box = document.createElement("input");
    const button = document.createElement("button");
    root.append(box, button);
    press(box, "d");
    press(button, " ");
    press(button, "Enter");
    expect(calls).toEqual([]);
  });

  it("is everything after the view has gone", () => {
    leaving.abort();
    press(root, "d");
    expect(calls).toEqual([]);
  });
});

describe("Escape", () => {
  it("closes what lies on top, then leaves", () => {
    const tooltip = { title: "", rows: [], x: 0, y: 0, isPinned: true };
    const selection = { start: 1, end: 2, tracks: [], positions: [] };
    const layers: [Partial<ViewState>, string][] = [
      [{ python: "out", tooltip }, "closePython"],
      [{ showsHelp: true, tooltip }, "toggleHelp"],
      [{ tooltip, selection }, "closeTooltip"],
      [{ selection }, "setSelection"],
    ];
    for (const [change, expected] of layers) {
      start(change);
      press(root, "Escape");
      expect(calls[0]?.[0]).toBe(expected);
    }
    start();
    press(root, "Escape");
    expect(targets.leave).toHaveBeenCalledOnce();
  });
});
