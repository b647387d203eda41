import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { joinScope } from "../core/scopes.js";
import { Store } from "../ui/store.js";
import { load, stateOf } from "../ui/testing/loaded.js";
import { readFilters, readNotes, readTheme } from "./model_link.js";
import {
  readAbout,
  readFocus,
  readIds,
  readLaneStyle,
  readMode,
  readPalette,
  readRegion,
  readScale,
  readSelection,
  readTexts,
  TraitLink,
} from "./track_browser_traits.js";

const HERE = { chrom: "20", start: 2_570_000, end: 2_590_000 };

describe("guards", () => {
  it("take whole regions only", () => {
    expect(readRegion({ ...HERE, seq: 4 })).toEqual(HERE);
    for (const wrong of [
      null,
      [],
      "20",
      { ...HERE, end: 1 },
      { ...HERE, start: -1 },
      { ...HERE, start: 0.5 },
    ]) {
      expect(readRegion(wrong)).toBeNull();
    }
  });

  it("fall back to plain values", () => {
    expect(readMode("wild")).toBe("ref");
    expect(readMode("log2FC")).toBe("log2FC");
    expect(readScale({ kind: "log1p", range: "all" })).toEqual({ kind: "log1p", range: "all" });
    expect(readScale(7)).toEqual({ kind: "linear", range: "group" });
    expect(readTheme("dark")).toBe("dark");
    expect(readTheme("pink")).toBe("auto");
    expect(readPalette("mono")).toBe("mono");
    expect(readPalette("constructor")).toBe("lsc");
    expect(readTexts(["a", 1, "b", "c"])).toEqual(["a", "b"]);
    expect(readAbout({ max_lanes: 9_999, height: -2, saved: true })).toEqual({
      assembly: "",
      title: "",
      maxLanes: 500,
      heightPx: null,
      isSaved: true,
    });
  });

  it("keep ids unique, whole and at most five hundred", () => {
    expect(readIds([3, 3, -1, 1.5, "2", 0])).toEqual([3, 0]);
    expect(readIds(Array.from({ length: 900 }, (_, i) => i))).toHaveLength(500);
    expect(readIds("no")).toEqual([]);
  });

  it("take filters apart and put them in canonical order", () => {
    expect(
      readFilters({
        strand: { in: ["-", "+", "+"], junk: 1 },
        assay: { not: [null, {}], min: 2 },
        bad: 3,
      }),
    ).toEqual({ assay: { not: [null], min: 2 }, strand: { in: ["+", "-"] } });
    expect(readFilters(null)).toEqual({});
  });

  it("let no text from data become a colour or an unknown mark", () => {
    expect(
      readLaneStyle({
        1: { color: "url(javascript:1)", height: 50, mark: "heat" },
        2: { color: "#a1b2c3", mark: "wild" },
        x: { height: 3 },
      }),
    ).toEqual({ 1: { height: 50, mark: "strip" }, 2: { color: "#a1b2c3" } });
  });

  it("take the notes of the status, texts only", () => {
    expect(readNotes({ state: "ready", notes: ["a.bw could not be read", 4] })).toEqual([
      "a.bw could not be read",
    ]);
    expect(readNotes(null)).toEqual([]);
  });

  it("read focus and selection", () => {
    expect(readFocus({ ...HERE, label: 4 })).toEqual({ ...HERE, label: "" });
    expect(readFocus(null)).toBeNull();
    expect(readSelection({ start: 5, end: "x", tracks: [1], positions: [7] })).toEqual({
      start: 5,
      end: null,
      tracks: [1],
      positions: [7],
    });
  });
});

describe("TraitLink", () => {
  let leaving: AbortController;
  beforeEach(() => {
    leaving = new AbortController();
    vi.useFakeTimers();
  });
  afterEach(() => {
    leaving.abort();
    vi.useRealTimers();
  });

  async function linked(scope: string) {
    vi.useRealTimers();
    const loaded = await load();
    vi.useFakeTimers();
    const model = new FakeModel(
      { scope, region: { ...HERE, seq: 0 }, filters: {} },
      { answer: () => undefined },
    );
    const store = new Store(stateOf(loaded));
    const followed: unknown[] = [];
    let isHeld = false;
    joinScope(scope, { applyRegion: () => undefined });
    const link = new TraitLink(
      model,
      store,
      { followRegion: (region) => followed.push(region), isHeld: () => isHeld },
      leaving.signal,
    );
    return { model, store, link, followed, hold: (held: boolean) => (isHeld = held) };
  }

  it("reports a moving region at most ten times a second and the last one when settled", async () => {
    const { model, link } = await linked("rate");
    for (let i = 1; i <= 100; i += 1) {
      link.reportRegion({ ...HERE, start: HERE.start + i }, false);
      vi.advanceTimersByTime(10);
    }
    expect(model.saved.length).toBeGreaterThanOrEqual(9);
    expect(model.saved.length).toBeLessThanOrEqual(11);
    link.reportRegion({ ...HERE, start: HERE.start + 500 }, true);
    expect(model.traits["region"]).toMatchObject({ start: HERE.start + 500 });
  });

  it("numbers its reports upwards", async () => {
    const { model, link } = await linked("numbers");
    link.reportRegion({ ...HERE, start: HERE.start + 1 }, true);
    const first = (model.traits["region"] as { seq: number }).seq;
    link.reportRegion({ ...HERE, start: HERE.start + 2 }, true);
    expect((model.traits["region"] as { seq: number }).seq).toBeGreaterThan(first);
  });

  it("does not follow the kernel while the pointer is down", async () => {
    const { model, followed, hold } = await linked("held");
    hold(true);
    model.set("region", { ...HERE, start: HERE.start + 50, seq: 9 });
    expect(followed).toEqual([]);
    hold(false);
    model.set("region", { ...HERE, start: HERE.start + 60, seq: 10 });
    expect(followed).toHaveLength(1);
  });

  it("writes only what is new, in one save", async () => {
    const { model, link } = await linked("write");
    link.write({ filters: {}, query: "a" });
    link.write({ filters: {}, query: "a" });
    expect(model.saved).toEqual([{ query: "a" }]);
  });

  it("follows traits that Python sets and ignores equal content", async () => {
    const { model, store } = await linked("follow");
    const before = store.get().filters;
    model.set("filters", {});
    expect(store.get().filters).toBe(before);
    model.set("mode", "diff");
    model.set("pinned", [2]);
    expect(store.get()).toMatchObject({ mode: "diff", pinned: [2] });
  });

  it("sends a waiting region and stops listening when it ends", async () => {
    const { model, link } = await linked("end");
    link.reportRegion({ ...HERE, start: HERE.start + 1 }, true);
    link.reportRegion({ ...HERE, start: HERE.start + 2 }, false);
    leaving.abort();
    expect(model.traits["region"]).toMatchObject({ start: HERE.start + 2 });
    expect(model.listenerCount).toBe(0);
  });
});
