import { describe, expect, it } from "vitest";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import type { PanelState } from "../ui/panel_state.js";
import { Store } from "../ui/store.js";
import { FacetPanelActions } from "./facet_panel_actions.js";
import { firstPanelState } from "./facet_panel_traits.js";

function acting(change: Partial<PanelState> = {}) {
  const model = new FakeModel({}, { answer: () => undefined });
  const store = new Store({ ...firstPanelState(model, "light"), ...change });
  const calls: [string, ...unknown[]][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args]);
    };
  const actions = new FacetPanelActions(store, {
    chosen: note("chosen"),
    write: note("write"),
    say: note("say"),
    copy: note("copy"),
    show: note("show"),
    retry: note("retry"),
  });
  return { store, calls, actions };
}

const PLUS = { strand: { in: ["+"] } };

describe("a choice", () => {
  it("is canonical, cut to its limit, and told to everyone who follows", () => {
    const { store, calls, actions } = acting();
    actions.setFilters({ strand: { in: ["+", "+", "-"], not: [] } });
    actions.setQuery("a".repeat(900));
    expect(store.get().filters).toEqual({ strand: { in: ["+", "-"] } });
    expect(store.get().query).toHaveLength(500);
    expect(calls.map(([name]) => name)).toEqual(["chosen", "chosen"]);
    actions.clear();
    expect(calls.at(-1)).toEqual(["chosen", { filters: {}, query: "" }]);
  });

  it("of a linked view is written, not passed on again", () => {
    const { store, calls, actions } = acting();
    actions.takeChoice({ filters: PLUS, query: "liver" });
    expect(store.get()).toMatchObject({ filters: PLUS, query: "liver" });
    expect(calls).toEqual([["write", { filters: PLUS, query: "liver" }]]);
  });
});

describe("presets", () => {
  it("keep the current choice, bring it back, and go away", () => {
    const { store, calls, actions } = acting({ filters: PLUS, query: "liver" });
    expect(actions.savePreset("mine")).toBeNull();
    expect(calls).toEqual([["write", { presets: { mine: { filters: PLUS, query: "liver" } } }]]);
    actions.clear();
    actions.choosePreset("nothing of this name");
    expect(store.get().query).toBe("");
    actions.choosePreset("mine");
    expect(store.get()).toMatchObject({ filters: PLUS, query: "liver" });
    actions.deletePreset("mine");
    expect(store.get().presets).toEqual({});
  });

  it("have a limit, said in words", () => {
    const { store, actions } = acting({ filters: { f: { in: ["a".repeat(12_000)] } } });
    expect(actions.savePreset("big")).toContain("at most 12 kB");
    expect(store.get().presets).toEqual({});
  });
});

describe("other actions", () => {
  it("show only where Python can", () => {
    const { store, calls, actions } = acting();
    actions.show();
    store.patch({ canShow: true, python: "catalog" });
    actions.show();
    actions.copyPython();
    actions.copyReport();
    actions.retry();
    expect(calls).toEqual([["show"], ["copy", "tracks"], ["copy", "report"], ["retry"]]);
    actions.closePython();
    expect(store.get().python).toBeNull();
  });
});
