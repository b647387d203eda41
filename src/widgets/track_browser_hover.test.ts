import { beforeAll, describe, expect, it } from "vitest";
import { FakeKernel, type FakeOptions } from "../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import type { TileCache } from "../core/tiles.js";
import { Client } from "../core/wire.js";
import { Store } from "../ui/store.js";
import { load, settle, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { filledCache } from "./testing/filled.js";
import { fewTracks } from "./testing/mounted.js";
import { exactTip, Hover, laneAt, type DrawnBoxes } from "./track_browser_hover.js";

let loaded: Loaded;
let cache: TileCache;
beforeAll(async () => {
  loaded = await load();
  cache = await filledCache(loaded.catalog);
});

const NOTHING: DrawnBoxes = { variantAt: () => null, geneAt: () => null };

function hovering(
  change: Partial<ViewState> = {},
  boxes = NOTHING,
  options: Partial<FakeOptions> = {},
) {
  const store = new Store(stateOf(loaded, change));
  const kernel = new FakeKernel({ tracks: fewTracks(), ...options });
  const hover = new Hover(
    store,
    cache,
    new Client(new FakeModel({}, kernel)),
    boxes,
    new AbortController().signal,
  );
  const { layout } = store.get();
  const spliceY = layout.head.height + (layout.lanes[0]?.top ?? 0) + 10;
  const x = (position: number): number => layout.gutter + ((position - 2_570_000) / 20_000) * 808;
  return { store, kernel, hover, spliceY, x };
}

describe("hovering over a lane", () => {
  it("waits for a rest, then gives the exact value at the peak under the pixel", async () => {
    const { store, hover, spliceY, x } = hovering({ mode: "overlay" });
    hover.rest(x(2_577_796), spliceY);
    await settle(40);
    expect(store.get().tooltip).toBeNull();
    await settle(160);
    const { tooltip } = store.get();
    expect(tooltip?.title).toBe("chr20:2,577,797");
    const rows = Object.fromEntries((tooltip?.rows ?? []).map((row) => [row.name, row.value]));
    const ref = fewTracks()[0]?.ref[2_577_796 - 2_530_000] ?? NaN;
    expect(rows["acceptor:+, ref"]).toBe(ref.toPrecision(3));
    expect(rows["acceptor:+, alt"]).toBe("0.00200");
    expect(rows["alt \u2212 ref"]).toMatch(/^\u22120\.9/);
    expect(rows["Evidence"]).toBe("predicted");
  });

  it("shows drawn values, marked approximate, when no kernel answers", async () => {
    const { store, kernel, hover, spliceY, x } = hovering({ kernel: "gone" });
    hover.rest(x(2_577_796), spliceY);
    await settle(180);
    const drawn = store.get().tooltip?.rows.find((row) => row.name === "Drawn value")?.value;
    expect(drawn).toContain("approximate");
    expect(kernel.counts.get("values")).toBeUndefined();
  });

  it("keeps the drawn values when the request fails", async () => {
    const failing = { values: { code: "internal", message: "no" } };
    const { store, hover, spliceY, x } = hovering({}, NOTHING, { failing });
    hover.rest(x(2_577_796), spliceY);
    await settle(200);
    expect(store.get().tooltip?.rows.at(-2)?.value).toContain("approximate");
  });

  it("says no data where there is none", async () => {
    const { store, hover, x } = hovering();
    const { layout } = store.get();
    const y = layout.head.height + (layout.lanes[4]?.top ?? 0) + 10;
    hover.rest(x(2_589_800), y);
    await settle(200);
    expect(store.get().tooltip?.rows[0]?.value).toBe("no data");
  });

  it("shows nothing between lanes and after leaving", async () => {
    const { store, hover, spliceY, x } = hovering();
    hover.rest(x(2_577_796), 5);
    await settle(180);
    expect(store.get().tooltip).toBeNull();
    hover.rest(x(2_577_796), spliceY);
    hover.leave();
    await settle(180);
    expect(store.get().tooltip).toBeNull();
  });

  it("stays where it was pinned until it is closed", async () => {
    const { store, hover, spliceY, x } = hovering();
    hover.pin(x(2_577_796), spliceY);
    await settle(40);
    hover.rest(x(2_580_000), spliceY);
    hover.leave();
    await settle(180);
    expect(store.get().tooltip?.isPinned).toBe(true);
    hover.close();
    expect(store.get().tooltip).toBeNull();
  });
});

describe("hovering over features", () => {
  it("identifies variants, with their score", async () => {
    const { store, hover } = hovering({}, { ...NOTHING, variantAt: () => 5 });
    hover.rest(300, 200);
    await settle(160);
    expect(store.get().tooltip).toMatchObject({
      title: "rs572140578",
      rows: [
        { name: "Position", value: "chr20:2,577,796" },
        { name: "Change", value: "G>A" },
        { name: "splice_delta", value: "\u22120.996" },
      ],
    });
  });

  it("identifies genes, with strand and exons", async () => {
    const { store, hover } = hovering({}, { ...NOTHING, geneAt: () => 1 });
    hover.rest(300, 200);
    await settle(160);
    expect(store.get().tooltip?.title).toBe("TMC2-AS1");
    expect(
      store
        .get()
        .tooltip?.rows.map((row) => row.value)
        .slice(1),
    ).toEqual(["\u2212", "3"]);
  });
});

describe("exact values", () => {
  it("speak of the base whose shown value is farthest from zero", () => {
    const state = stateOf(loaded, { mode: "diff" });
    const [lane] = state.layout.lanes;
    if (lane === undefined) throw new Error("no lane");
    const ref = Float32Array.of(0.9, 0.5, NaN);
    const alt = Float32Array.of(0.9, 0, 0.3);
    const tip = exactTip(state, lane, { start: 100, bin: 1, ref, alt });
    expect(tip?.title).toBe("chr20:102");
    expect(tip?.rows[2]).toEqual({ name: "alt \u2212 ref", value: "\u22120.500" });
    expect(
      exactTip(state, lane, { start: 0, bin: 1, ref: Float32Array.of(NaN), alt: undefined }),
    ).toBeNull();
  });

  it("name the range of a wide bin", () => {
    const state = stateOf(loaded);
    const [lane] = state.layout.lanes;
    if (lane === undefined) throw new Error("no lane");
    const tip = exactTip(state, lane, {
      start: 1_000,
      bin: 128,
      ref: Float32Array.of(1),
      alt: undefined,
    });
    expect(tip?.title).toBe("chr20:1,001-1,128");
  });
});

it("finds the lane at a height, scrolled or not", () => {
  const state = stateOf(loaded);
  const { head, lanes } = state.layout;
  const [first, second] = lanes;
  expect(laneAt(state, head.height + (first?.top ?? 0) + 1)?.track).toBe(0);
  expect(laneAt({ ...state, scrollTop: (second?.top ?? 0) - 5 }, head.height + 6)?.track).toBe(1);
  expect(laneAt(state, 3)).toBeNull();
});
