import { beforeAll, describe, expect, it } from "vitest";
import { FakeKernel, type FakeOptions } from "../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { Client, WIRE_TIMES, WireError } from "../core/wire.js";
import { Store } from "../ui/store.js";
import { load, settle, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { deriveFacets, deriveLayout } from "./track_browser_derive.js";
import { fewTracks, until } from "./testing/mounted.js";
import { dataModes, failureOf, Loader, shownTracks } from "./track_browser_loader.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function loading(change: Partial<ViewState> = {}, options: Partial<FakeOptions> = {}) {
  const kernel = new FakeKernel({ tracks: fewTracks(), ...options });
  const model = new FakeModel({}, kernel);
  const store = new Store(
    stateOf(loaded, { phase: "loading", catalog: null, genes: null, variants: null, ...change }),
  );
  const leaving = new AbortController();
  store.watch((state, before) => {
    if (state.catalog !== null && state.catalog !== before.catalog) {
      const facets = deriveFacets(state.catalog, {}, "");
      store.patch({ facets, layout: deriveLayout({ ...state, facets }) });
    }
  }, leaving.signal);
  let bins = 0;
  let silences = 0;
  const ports = { binsArrived: () => (bins += 1), noAnswer: () => (silences += 1) };
  const loader = new Loader(new Client(model), store, ports, leaving.signal);
  return { kernel, model, store, loader, leaving, bins: () => bins, silences: () => silences };
}

describe("starting", () => {
  it("greets, reads catalog and annotation, fetches overviews, then the tiles of the view", async () => {
    const { kernel, store, loader, bins } = loading();
    await loader.start();
    await settle(60);
    expect(store.get()).toMatchObject({
      phase: "ready",
      hasAlt: true,
      expectsGenes: true,
      tracksLoaded: 11,
    });
    expect(store.get().genes?.n).toBe(2);
    expect(store.get().variants?.n).toBe(14);
    expect(kernel.counts.get("overview")).toBe(1);
    expect(kernel.counts.get("tiles")).toBeGreaterThan(0);
    expect(bins()).toBeGreaterThan(1);
  });

  it("asks for both sequences where they are overlaid", async () => {
    const { kernel, loader } = loading({ mode: "overlay" });
    await loader.start();
    expect(kernel.counts.get("overview")).toBe(2);
  });

  it("ends in words when the kernel refuses", async () => {
    const failing = { hello: { code: "version_mismatch", message: "Reload the page." } };
    const { store, loader } = loading({}, { failing });
    await loader.start();
    expect(store.get().phase).toBe("error");
    expect(store.get().failure).toEqual({
      sentence: "Reload the page.",
      details: "version_mismatch \u00b7 Reload the page.",
    });
  });

  it("goes on without genes that cannot be read, and says so", async () => {
    const failing = { genes: { code: "too_large", message: "Too many genes." } };
    const { store, loader } = loading({}, { failing });
    await loader.start();
    await settle();
    expect(store.get().phase).toBe("ready");
    expect(store.get().laneFailure?.sentence).toBe("Too many genes.");
  });

  it("counts what comes in, and stays silent after the view has gone", async () => {
    const { store, loader, leaving } = loading({}, { latencyMs: 30 });
    const running = loader.start();
    leaving.abort();
    await running;
    expect(store.get().phase).toBe("loading");
  });
});

describe("the moving view", () => {
  it("asks only for what is missing", async () => {
    const { kernel, loader } = loading();
    await loader.start();
    await settle(80);
    const before = kernel.counts.get("tiles");
    loader.refresh();
    await settle(60);
    expect(kernel.counts.get("tiles")).toBe(before);
  });

  it("asks nothing of a kernel that has gone, but goes on asking a saved view", async () => {
    const { kernel, store, loader } = loading();
    await loader.start();
    await settle(80);
    const before = kernel.counts.get("tiles") ?? 0;
    store.patch({ kernel: "gone", region: { chrom: "20", start: 2_600_000, end: 2_601_000 } });
    loader.refresh();
    await settle(60);
    expect(kernel.counts.get("tiles")).toBe(before);
    store.patch({ kernel: "saved" });
    loader.refresh();
    await settle(60);
    expect(kernel.counts.get("tiles")).toBeGreaterThan(before);
  });

  it("begins again when its data are out of date", async () => {
    const failing: Record<string, { code: string; message: string }> = {};
    const { kernel, store, loader } = loading({}, { failing });
    await loader.start();
    await settle(60);
    failing["tiles"] = { code: "stale_rev", message: "The page asks for revision 1." };
    store.patch({ region: { chrom: "20", start: 2_600_000, end: 2_601_000 } });
    loader.refresh();
    await until(() => (kernel.counts.get("tiles") ?? 0) > 1, "the refused request");
    await settle(2);
    delete failing["tiles"];
    await until(() => (kernel.counts.get("hello") ?? 0) > 1, "a second greeting");
    await settle(60);
    expect(kernel.counts.get("hello")).toBeGreaterThan(1);
    expect(store.get().laneFailure).toBeNull();
  });

  it("asks whether the kernel is gone when an answer never comes", async () => {
    const { timeoutMs } = WIRE_TIMES;
    const silent: string[] = [];
    const { store, loader, silences } = loading({}, { silent });
    await loader.start();
    await settle(60);
    try {
      WIRE_TIMES.timeoutMs = 30;
      silent.push("tiles");
      store.patch({ region: { chrom: "20", start: 2_600_000, end: 2_601_000 } });
      loader.refresh();
      await settle(120);
      expect(silences()).toBeGreaterThan(0);
      expect(store.get().laneFailure?.sentence).toContain("did not answer");
    } finally {
      WIRE_TIMES.timeoutMs = timeoutMs;
    }
  });

  it("reports a damaged answer instead of drawing it", async () => {
    const { store, loader } = loading();
    await loader.start();
    loader.keep({ header: { tracks: [0], n: 3 }, buffers: [] });
    expect(store.get().laneFailure).not.toBeNull();
  });
});

describe("words", () => {
  it("say what the kernel is asked for in each mode", () => {
    expect(dataModes("ref")).toEqual(["ref"]);
    expect(dataModes("overlay")).toEqual(["ref", "alt"]);
    expect(dataModes("log2FC")).toEqual(["ref", "log2FC"]);
  });

  it("explain failures to people and keep the details for a report", () => {
    expect(failureOf(new WireError("not_found", "No object 7.", ""), "x").sentence).toContain(
      "Run the cell again",
    );
    expect(failureOf(new WireError("timeout", "late", "Retry"), "x").sentence).toContain(
      "did not answer",
    );
    expect(failureOf(new TypeError("boom"), "It failed.")).toEqual({
      sentence: "It failed.",
      details: "boom",
    });
  });

  it("load one track for the overview when all groups are folded", () => {
    const state = stateOf(loaded);
    expect(shownTracks({ ...state, layout: { ...state.layout, lanes: [] } })).toEqual([0]);
    expect(shownTracks(state)).toHaveLength(11);
  });
});
