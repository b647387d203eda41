import { describe, expect, it } from "vitest";
import { VARIANT_KINDS, type VariantKind, type VariantMarks } from "../core/annotation_answers.js";
import { between, seeded } from "../core/testing/random.js";
import { drawVariants } from "./variants.js";
import {
  itemsOf,
  overlappingTexts,
  plotOf,
  sceneOf,
  textsOf,
  textsOutside,
} from "./testing/plots.js";

interface One {
  readonly start: number;
  readonly end?: number;
  readonly kind?: VariantKind;
  readonly id?: string;
  readonly change?: string;
}

function marks(list: readonly One[]): VariantMarks {
  return {
    n: list.length,
    start: Uint32Array.from(list, ({ start }) => start),
    end: Uint32Array.from(list, ({ start, end }) => end ?? start + 1),
    kind: Uint8Array.from(list, ({ kind }) => VARIANT_KINDS.indexOf(kind ?? "snv")),
    score: null,
    scoreName: "",
    ids: list.map(({ id }, i) => id ?? `rs${i}`),
    changes: list.map(({ change }) => change ?? "G>A"),
  };
}

function drawn(list: readonly One[], selected = -1, plot = plotOf(1_000, 2_000)) {
  const scene = sceneOf();
  return { scene, plot, ...drawVariants(scene, marks(list), plot, selected) };
}

describe("a variant", () => {
  it("is a circle, a bar or a triangle", () => {
    expect(itemsOf(drawn([{ start: 1_500 }]).scene, "circle")).toHaveLength(1);
    const deletion = drawn([{ start: 1_500, end: 1_504, kind: "deletion" }]).scene;
    expect(itemsOf(deletion, "rect")).toHaveLength(1);
    const insertion = drawn([{ start: 1_500, kind: "insertion" }]).scene;
    expect(itemsOf(insertion, "path")[0]?.steps).toHaveLength(4);
  });

  it("stands on the middle of its bases", () => {
    const [circle] = itemsOf(drawn([{ start: 1_500 }]).scene, "circle");
    expect(circle?.cx).toBe(180 + 501 + 0.5);
    const [bar] = itemsOf(drawn([{ start: 1_500, end: 1_520, kind: "deletion" }]).scene, "rect");
    expect((bar?.x ?? 0) + (bar?.w ?? 0) / 2).toBe(180 + 510 + 0.5);
  });

  it("is named by its id, or by its change when it has none", () => {
    expect(textsOf(drawn([{ start: 1_500, id: "rs5" }]).scene)).toEqual(["rs5"]);
    expect(textsOf(drawn([{ start: 1_500, id: ".", change: "CT>C" }]).scene)).toEqual(["CT>C"]);
  });

  it("outside the view is left out", () => {
    const { boxes, hiddenLabels } = drawn([{ start: 999 }, { start: 2_000 }, { start: 5 }]);
    expect(boxes).toEqual([]);
    expect(hiddenLabels).toBe(0);
  });

  it("that reaches into the view is kept at the border", () => {
    const { boxes } = drawn([{ start: 900, end: 1_002, kind: "deletion" }]);
    expect(boxes[0]?.x).toBe(180.5 - 6);
  });
});

describe("the selected variant", () => {
  it("stands higher, filled in accent, with a bold label and its change, on top of all", () => {
    const { scene, boxes, plot } = drawn([{ start: 1_500 }, { start: 1_501 }, { start: 1_502 }], 1);
    const circles = itemsOf(scene, "circle");
    expect(circles.at(-1)).toMatchObject({ fill: plot.tokens.accent, r: 5 });
    expect(circles.at(-1)?.cy).toBeLessThan(circles[0]?.cy ?? 0);
    const label = itemsOf(scene, "text").find(({ text }) => text === "rs1 G>A");
    expect(label).toMatchObject({ weight: 600, fill: plot.tokens.accent });
    expect(boxes.at(-1)?.index).toBe(1);
  });

  it("has its label at the left near the right border", () => {
    const { scene, plot } = drawn([{ start: 1_995, id: "rs572140578" }], 0);
    expect(itemsOf(scene, "text")[0]?.anchor).toBe("end");
    expect(textsOutside(scene, plot)).toEqual([]);
  });

  it("may lie outside the view", () => {
    expect(textsOf(drawn([{ start: 10 }, { start: 1_500 }], 0).scene)).toEqual(["rs1"]);
  });
});

describe("labels", () => {
  it("that would touch are hidden and counted", () => {
    const { scene, hiddenLabels } = drawn([
      { start: 1_100, id: "rs8123881" },
      { start: 1_110, id: "rs73090204" },
      { start: 1_500, id: "rs1883942" },
    ]);
    expect(textsOf(scene)).toEqual(["rs73090204", "rs1883942"]);
    expect(hiddenLabels).toBe(1);
  });

  it("never lie over each other, over a mark or outside, for 100 random lists", () => {
    const random = seeded(20);
    for (let round = 0; round < 100; round += 1) {
      const list = Array.from({ length: between(random, 0, 60) }, (_, i) => ({
        start: between(random, 950, 2_050),
        kind: VARIANT_KINDS[between(random, 0, 4)] ?? "snv",
        id: `rs${i * 7_919}`,
      }));
      const { scene, plot, hiddenLabels } = drawn(list, between(random, -1, 5));
      expect(overlappingTexts(scene)).toEqual([]);
      expect(textsOutside(scene, plot)).toEqual([]);
      const visible = list.filter(({ start }) => start >= 1_000 && start < 2_000).length;
      expect(textsOf(scene).length + hiddenLabels).toBe(visible);
    }
  });

  it("are all counted where thousands of variants share the view", () => {
    const list = Array.from({ length: 5_000 }, (_, i) => ({ start: 1_000 + (i % 1_000) }));
    const { scene, boxes, hiddenLabels } = drawn(list);
    expect(hiddenLabels).toBe(5_000);
    expect(textsOf(scene)).toEqual([]);
    expect(boxes.length).toBeLessThanOrEqual(1_001);
  });

  it("keep hostile ids as text, cut", () => {
    const [text] = textsOf(drawn([{ start: 1_200, id: `<b>\u0000${"A".repeat(9_999)}` }]).scene);
    expect(text).toMatch(/^<b>\u2400A+…/);
    expect(text?.length).toBeLessThan(60);
  });
});
