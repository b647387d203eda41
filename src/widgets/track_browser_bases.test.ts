import { beforeAll, describe, expect, it } from "vitest";
import { basesOf } from "../../ui-tests/gallery/fake_bases.js";
import { BOUNDS, VARIANT_AT } from "../../ui-tests/gallery/fake_tracks.js";
import type { KnownBases, Span } from "../core/known_bases.js";
import { baseColours } from "../core/palette.js";
import { WireError } from "../core/wire.js";
import { Scene } from "../core/scene.js";
import { TileCache } from "../core/tiles.js";
import { Store } from "../ui/store.js";
import { load, settle, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { mount, ready, until } from "./testing/mounted.js";
import { basesLook, baseTip, BaseLoader, drawnBases } from "./track_browser_bases.js";
import { deriveLayout } from "./track_browser_derive.js";
import { Painter } from "./track_browser_painter.js";
import { drawHead } from "./track_browser_scene.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

const NEAR = { chrom: "20", start: VARIANT_AT - 40, end: VARIANT_AT + 40 };

/** A view of 80 bases, about 10 px each. */
function near(change: Partial<ViewState> = {}): ViewState {
  const state = stateOf(loaded, { expectsSequence: true, region: NEAR, ...change });
  return { ...state, layout: deriveLayout(state) };
}

const known = (start: number, end: number): KnownBases => ({ start, text: basesOf(start, end) });

/** A loader whose requests are answered by hand. */
function loading(change: Partial<ViewState> = {}) {
  const store = new Store(near(change));
  const asked: (Span & { answer: (found?: KnownBases) => void; fail: (e: unknown) => void })[] = [];
  const loader = new BaseLoader(
    store,
    (place) =>
      new Promise((resolve, reject) => {
        const answer = (found = known(place.start, place.end)): void => {
          resolve(found);
        };
        asked.push({ ...place, answer, fail: reject });
      }),
  );
  return { store, loader, asked };
}

it("the gallery's base at rs572140578, G>A, is a G", () => {
  expect(basesOf(VARIANT_AT, VARIANT_AT + 1)).toBe("G");
});

describe("asking for bases", () => {
  it("asks once for the view and its surroundings, and keeps the answer", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    loader.refresh();
    expect(asked).toHaveLength(1);
    const place = { start: NEAR.start - 2_000, end: NEAR.end + 2_000 };
    expect(asked[0]).toMatchObject(place);
    asked[0]?.answer();
    await settle();
    expect(store.get().bases).toEqual(known(place.start, place.end));
    store.patch({ region: { ...NEAR, start: NEAR.start + 500, end: NEAR.end + 500 } });
    loader.refresh();
    expect(asked).toHaveLength(1);
  });

  it("asks nothing where no base can be seen or none is held", () => {
    for (const change of [
      { region: { ...NEAR, end: NEAR.end + 5_000 } },
      { expectsSequence: false },
    ]) {
      const { loader, asked } = loading(change);
      loader.refresh();
      expect(asked).toEqual([]);
    }
  });

  it("follows a view that moved on while it waited, one request at a time", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    for (const shift of [3_000, 6_000, 9_000]) {
      store.patch({ region: { ...NEAR, start: NEAR.start + shift, end: NEAR.end + shift } });
      loader.refresh();
    }
    expect(asked).toHaveLength(1);
    asked[0]?.answer();
    await settle();
    expect(asked.map(({ start }) => start)).toEqual([NEAR.start - 2_000, NEAR.start + 7_000]);
  });

  it("takes the part that a saved view holds and does not ask for ever", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    asked[0]?.answer(known(NEAR.start, NEAR.end));
    await settle();
    expect(asked).toHaveLength(1);
    expect(store.get().bases).toEqual(known(NEAR.start, NEAR.end));
  });

  it("asks for the view alone where the genome ends in the margin", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    asked[0]?.fail(new WireError("out_of_bounds", "Outside the slice."));
    await settle();
    expect(asked[1]).toMatchObject({ start: NEAR.start, end: NEAR.end });
    asked[1]?.answer();
    await settle();
    expect(store.get().bases).toEqual(known(NEAR.start, NEAR.end));
  });

  it("stays blank in silence when there is no answer, and tries again when asked to", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    asked[0]?.fail(new WireError("timeout", "No answer."));
    await settle();
    expect(store.get()).toMatchObject({ bases: null, laneFailure: null });
    expect(asked).toHaveLength(1);
    loader.refresh();
    expect(asked).toHaveLength(2);
  });

  it("drops an answer about data that have changed since", async () => {
    const { store, loader, asked } = loading();
    loader.refresh();
    loader.forget();
    asked[0]?.answer();
    await settle();
    expect(store.get().bases).toBeNull();
  });
});

describe("the row of bases", () => {
  const bases = known(NEAR.start - 100, NEAR.end + 100);

  function drawn(state: ViewState): Scene {
    const scene = new Scene(1_000, 900);
    drawHead(scene, state, new TileCache(), "light");
    return scene;
  }
  const fillsOf = (scene: Scene): Set<unknown> =>
    new Set(scene.items.map((item) => ("fill" in item ? item.fill : null)));

  it("shows letters in the colours of the palette", () => {
    for (const palette of ["lsc", "classic", "mono"] as const) {
      const { A, C, G, T } = baseColours(palette, "light");
      const fills = fillsOf(drawn(near({ bases, palette })));
      expect([A, C, G, T].every((colour) => fills.has(colour))).toBe(true);
    }
  });

  it("keeps its height and says what to do when the view is too wide", () => {
    const wide = near({ bases, region: { ...NEAR, end: NEAR.end + 10_000 } });
    expect(basesLook(wide)).toBe("none");
    expect(drawnBases(wide)).toBeNull();
    expect(wide.layout.head).toEqual(near().layout.head);
    const hints = drawn(wide).items.filter((item) => item.kind === "text");
    expect(hints.map(({ text }) => text)).toContain("Zoom in to see bases");
  });

  it("is left out of a file where no base can be seen, and is in it otherwise", () => {
    const words = (state: ViewState): string[] => {
      const painter = new Painter(
        new Store(state),
        new TileCache(),
        document.createElement("canvas"),
        () => false,
        new AbortController().signal,
      );
      const { items } = painter.scene("light");
      return items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
    };
    expect(words(near({ bases }))).toContain("Sequence");
    const far = words(near({ bases, region: { ...NEAR, end: NEAR.end + 10_000 } }));
    expect(far).toContain("Genes");
    expect(far).not.toContain("Sequence");
    expect(far).not.toContain("Zoom in to see bases");
  });

  it("names the base and its position under the pointer", () => {
    const state = near({ bases });
    const y = (state.layout.head.sequenceTop ?? NaN) + 8;
    const x = (position: number): number =>
      state.layout.gutter + ((position + 0.5 - NEAR.start) / 80) * 808;
    expect(baseTip(state, x(VARIANT_AT), y)).toEqual({
      title: "chr20:2,577,796",
      rows: [{ name: "Base", value: basesOf(VARIANT_AT, VARIANT_AT + 1) }],
    });
    expect(baseTip(state, x(VARIANT_AT + 25), y)?.rows[0]?.value).toBe("N, not known");
    expect(baseTip(near(), x(VARIANT_AT), y)?.rows[0]?.value).toBe("no data");
    expect(baseTip(state, x(VARIANT_AT), y + 16)).toBeNull();
    expect(baseTip(state, x(NEAR.end), y)).toBeNull();
    expect(baseTip(state, 20, y)).toBeNull();
    const wide = near({ bases, region: { ...NEAR, end: NEAR.end + 10_000 } });
    expect(baseTip(wide, x(VARIANT_AT), y)).toBeNull();
  });
});

describe("a mounted browser with a sequence", () => {
  it("asks when the view is narrow enough, within the bounds", async () => {
    const view = mount({ hasSequence: true });
    await ready(view);
    expect(view.kernel.counts.get("sequence")).toBeUndefined();
    expect(view.root.textContent).toContain("Sequence");
    view.model.set("region", { ...NEAR, start: BOUNDS.start, end: BOUNDS.start + 80 });
    await until(() => view.kernel.counts.get("sequence") === 1, "the request");
    const request = view.model.sent.find(({ type }) => type === "sequence");
    expect(request).toMatchObject({ start: BOUNDS.start, end: BOUNDS.start + 2_080, rev: 1 });
    view.close();
  });

  it("is ready without an error when bases never come", async () => {
    const failing = { sequence: { code: "internal", message: "The file is gone." } };
    const view = mount({ hasSequence: true, failing }, { region: { ...NEAR, seq: 0 } });
    await ready(view);
    await until(() => view.kernel.counts.get("sequence") === 1, "the request");
    await settle();
    expect(view.root.dataset["state"]).toBe("ready");
    expect(view.root.textContent).not.toContain("The file is gone.");
    view.close();
  });
});
