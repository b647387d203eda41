import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { TileCache } from "../core/tiles.js";
import { Store } from "../ui/store.js";
import { load, settle, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { filledCache } from "./testing/filled.js";
import { lanesInSight, Painter } from "./track_browser_painter.js";

let loaded: Loaded;
let cache: TileCache;
beforeAll(async () => {
  loaded = await load();
  cache = await filledCache(loaded.catalog);
});

let images: ImageData[];
let blits: unknown[][];
beforeEach(() => {
  images = [];
  blits = [];
  const known: Record<string, unknown> = {
    putImageData: (image: ImageData) => images.push(image),
    drawImage: (...args: unknown[]) => blits.push(args),
  };
  const context = new Proxy(known, {
    get: (target, name: string) => target[name] ?? (() => undefined),
    set: () => true,
  });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(context as never);
  if (typeof ImageData === "undefined") {
    vi.stubGlobal(
      "ImageData",
      class {
        constructor(
          readonly data: Uint8ClampedArray,
          readonly width: number,
          readonly height: number,
        ) {}
      },
    );
  }
});

function painter(change: Partial<ViewState> = {}) {
  const store = new Store(stateOf(loaded, change));
  const hold = { isHeld: false };
  const leaving = new AbortController();
  const made = new Painter(
    store,
    cache,
    document.createElement("canvas"),
    () => hold.isHeld,
    leaving.signal,
  );
  return { store, hold, leaving, painter: made };
}

describe("the paint loop", () => {
  it("paints once per frame however often it is asked", async () => {
    const { painter: made } = painter();
    for (let i = 0; i < 50; i += 1) made.invalidate();
    await settle(60);
    expect(made.framesPainted).toBe(1);
  });

  it("paints nothing after the view has gone", async () => {
    const { painter: made, leaving } = painter();
    made.invalidate();
    leaving.abort();
    await settle(60);
    made.invalidate();
    await settle(60);
    expect(made.framesPainted).toBe(0);
  });

  it("puts the lanes in sight into one image and knows where variants are", async () => {
    const { painter: made, store } = painter();
    made.invalidate();
    await settle(60);
    expect(images).toHaveLength(1);
    expect(images[0]?.width).toBe(808);
    const pixels = new Uint32Array(images[0]?.data.buffer ?? new ArrayBuffer(0));
    expect(pixels.some((pixel) => pixel !== 0)).toBe(true);
    expect(store.get().scales.get("value splice_sites")).toMatchObject({ lo: 0, hi: 1 });
    const { head, gutter } = store.get().layout;
    const x = gutter + ((2_577_795.5 - 2_570_000) / 20_000) * 808;
    const y = (head.variantsTop ?? 0) + 34;
    expect(made.variantAt(x, y)).toBe(5);
    expect(made.variantAt(2, 2)).toBeNull();
    expect(made.geneAt(gutter + 200, (head.genesTop ?? 0) + 9)).toBe(0);
  });

  it("moves the painted lanes while the pointer is down instead of painting again", async () => {
    const { painter: made, store, hold } = painter();
    hold.isHeld = true;
    made.invalidate();
    await settle(60);
    expect(images).toHaveLength(1);
    expect(images[0]?.width).toBe(3 * 808);
    for (let step = 1; step <= 5; step += 1) {
      const shift = 400 * step;
      store.patch({ region: { chrom: "20", start: 2_570_000 + shift, end: 2_590_000 + shift } });
      made.invalidate();
      await settle(30);
    }
    expect(images).toHaveLength(1);
    expect(blits).toHaveLength(6);
    expect(Number(blits[5]?.[1]) - Number(blits[0]?.[1])).toBe(Math.round((2_000 / 20_000) * 808));
    hold.isHeld = false;
    made.renewScales();
    await settle(60);
    expect(images).toHaveLength(2);
  });

  it("paints again when bins arrive", async () => {
    const { painter: made } = painter();
    made.invalidate();
    await settle(60);
    made.takeBins();
    await settle(60);
    expect(images).toHaveLength(2);
  });

  it("makes one scene of everything for a file", () => {
    const { painter: made } = painter();
    const scene = made.scene("light");
    expect(scene.items.filter((item) => item.kind === "image")).toHaveLength(1);
    expect(scene.items.some((item) => item.kind === "text" && item.text === "K562")).toBe(true);
  });
});

describe("lanes in sight", () => {
  it("are those that the scrolled area shows at least partly", () => {
    const state = stateOf(loaded);
    const tall = { ...state, layout: { ...state.layout, viewHeight: state.layout.lanesHeight } };
    expect(lanesInSight(tall)).toHaveLength(11);
    const low = { ...state, layout: { ...state.layout, viewHeight: 60 }, scrollTop: 100 };
    const seen = lanesInSight(low);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(4);
  });
});
