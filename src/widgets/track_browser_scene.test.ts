import { beforeAll, describe, expect, it } from "vitest";
import { tokens } from "../core/palette.js";
import { boxesOverlap, boxOfText, Scene, type TextItem } from "../core/scene.js";
import type { TileCache } from "../core/tiles.js";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { filledCache } from "./testing/filled.js";
import { computeScales } from "./track_browser_scales.js";
import {
  drawAxes,
  drawBands,
  drawHead,
  drawLabels,
  focusedVariant,
} from "./track_browser_scene.js";

let loaded: Loaded;
let cache: TileCache;
beforeAll(async () => {
  loaded = await load();
  cache = await filledCache(loaded.catalog);
});

const FOCUS = { chrom: "20", start: 2_577_795, end: 2_577_796, label: "rs572140578" };

function texts(scene: Scene): TextItem[] {
  return scene.items.filter((item) => item.kind === "text");
}

function overlaps(scene: Scene): [string, string][] {
  const items = texts(scene).filter((item) => item.text !== "");
  return items.flatMap((a, i) =>
    items
      .slice(i + 1)
      .filter((b) => boxesOverlap(boxOfText(a), boxOfText(b)))
      .map((b): [string, string] => [a.text, b.text]),
  );
}

function head(change: Partial<ViewState> = {}): {
  scene: Scene;
  state: ViewState;
  boxes: ReturnType<typeof drawHead>;
} {
  const state = stateOf(loaded, { focus: FOCUS, ...change });
  const scene = new Scene(1_000, 900);
  return { scene, state, boxes: drawHead(scene, state, cache, "light") };
}

describe("the head", () => {
  it("draws ruler, genes and variants without texts that touch", () => {
    const { scene, boxes } = head();
    expect(overlaps(scene)).toEqual([]);
    expect(texts(scene).map((item) => item.text)).toEqual(
      expect.arrayContaining(["TMC2", "TMC2-AS1", "rs572140578 G>A"]),
    );
    expect(boxes.genes).toHaveLength(2);
    expect(boxes.variants.length).toBeGreaterThan(8);
  });

  it("counts the labels that found no room", () => {
    expect(texts(head().scene).some((item) => /^\+\d+ labels$/.test(item.text))).toBe(true);
  });

  it("works before genes, variants and tracks are there", () => {
    const { boxes } = head({ genes: null, variants: null, catalog: null });
    expect(boxes).toEqual({ genes: [], variants: [] });
  });
});

describe("the focus", () => {
  it("is the variant at that place, by name where two share it", () => {
    expect(focusedVariant(stateOf(loaded, { focus: FOCUS }))).toBe(5);
    expect(focusedVariant(stateOf(loaded, { focus: { ...FOCUS, label: "other" } }))).toBe(5);
    expect(focusedVariant(stateOf(loaded, { focus: { ...FOCUS, start: 1 } }))).toBe(-1);
    expect(focusedVariant(stateOf(loaded))).toBe(-1);
  });

  it("is a band of at least eleven px around its base, inside the plot", () => {
    const scene = new Scene(1_000, 600);
    const state = stateOf(loaded, { focus: FOCUS });
    drawBands(scene, state, "light", 600);
    const [band] = scene.items;
    if (band?.kind !== "rect") throw new Error("no band");
    const middle = 180 + ((2_577_795.5 - 2_570_000) / 20_000) * 808;
    expect(band.x + band.w / 2).toBeCloseTo(middle, -0.5);
    expect(band.w).toBeGreaterThanOrEqual(11);
    expect(band.fill).toBe(tokens("light").band);
  });

  it("is not drawn outside the view", () => {
    const scene = new Scene(1_000, 600);
    drawBands(
      scene,
      stateOf(loaded, { focus: { ...FOCUS, start: 2_540_000, end: 2_540_001 } }),
      "light",
      600,
    );
    expect(scene.items).toEqual([]);
  });
});

describe("axes and labels", () => {
  it("give every lane but strips an axis", () => {
    const state = stateOf(loaded);
    const scene = new Scene(1_000, 900);
    drawAxes(scene, state, state.layout.lanes.slice(0, 2), computeScales(state, cache), {
      theme: "light",
      offset: 0,
    });
    expect(texts(scene).map((item) => item.text)).toEqual(["0", "0.5", "1.0", "0", "0.5", "1.0"]);
    const strips = new Scene(1_000, 900);
    const lanes = state.layout.lanes.map((lane) => ({ ...lane, mark: "strip" as const }));
    drawAxes(strips, state, lanes, new Map(), { theme: "light", offset: 0 });
    expect(strips.items).toEqual([]);
  });

  it("write names and headings into an exported picture, hostile ones as text", () => {
    const scene = new Scene(1_000, 900);
    drawLabels(scene, stateOf(loaded), "light");
    const words = texts(scene).map((item) => item.text.trim());
    expect(words).toEqual(
      expect.arrayContaining(["Splice sites", "acceptor:+", "K562", "Overview"]),
    );
    expect(overlaps(scene)).toEqual([]);
  });
});
