import { describe, expect, it } from "vitest";
import type { GeneTable } from "../core/annotation_answers.js";
import { between, seeded } from "../core/testing/random.js";
import { drawGenes, GENE_ROW, layoutGenes } from "./genes.js";
import {
  itemsOf,
  overlappingTexts,
  plotOf,
  sceneOf,
  textsOf,
  textsOutside,
} from "./testing/plots.js";

interface Gene {
  readonly name: string;
  readonly span: readonly [number, number];
  readonly strand?: number;
  readonly isCoding?: number;
  readonly exons?: readonly (readonly [number, number])[];
}

function table(genes: readonly Gene[]): GeneTable {
  const exons = genes.map(({ span, exons: list }) => list ?? [span]);
  const offsets = [0];
  for (const list of exons) offsets.push((offsets.at(-1) ?? 0) + list.length);
  return {
    n: genes.length,
    start: Uint32Array.from(genes, ({ span }) => span[0]),
    end: Uint32Array.from(genes, ({ span }) => span[1]),
    strand: Int8Array.from(genes, ({ strand }) => strand ?? 1),
    isCoding: Uint8Array.from(genes, ({ isCoding }) => isCoding ?? 1),
    exonOffsets: Uint32Array.from(offsets),
    exonStart: Uint32Array.from(exons.flat(), ([start]) => start),
    exonEnd: Uint32Array.from(exons.flat(), ([, end]) => end),
    cdsStart: new Uint32Array(genes.length),
    cdsEnd: new Uint32Array(genes.length),
    names: genes.map(({ name }) => name),
  };
}

function drawn(genes: readonly Gene[], plot = plotOf(1_000, 2_000)) {
  const scene = sceneOf();
  const data = table(genes);
  const layout = layoutGenes(data, plot);
  return { scene, layout, boxes: drawGenes(scene, data, plot, layout), plot };
}

describe("a gene", () => {
  it("has its name at its left, in italics, on the plot", () => {
    const { scene } = drawn([{ name: "TMC2", span: [1_500, 1_700] }]);
    const [name] = itemsOf(scene, "text");
    expect(name).toMatchObject({ text: "TMC2", italic: true, size: 12 });
    expect(name?.x).toBeLessThan(680);
    expect(textsOf(scene)).toEqual(["TMC2"]);
  });

  it("that starts before the view has a sticky name with an arrow, and its line after it", () => {
    const { scene, layout, plot } = drawn([
      {
        name: "TMC2",
        span: [500, 1_700],
        exons: [
          [1_000, 1_010],
          [1_600, 1_650],
        ],
      },
    ]);
    const gene = layout.genes[0];
    expect(gene?.namePlace).toBe("sticky");
    const [name] = itemsOf(scene, "text");
    expect(name?.x).toBeGreaterThan(plot.x);
    expect(gene?.from).toBeGreaterThan((name?.x ?? 0) + 20);
    const [rect, ...others] = itemsOf(scene, "rect");
    expect(others).toEqual([]);
    expect(rect?.x).toBe(780);
    const arrow = itemsOf(scene, "path").find(({ steps }) => steps.length === 3);
    expect(arrow).toBeDefined();
  });

  it("without room at its left has its name at its right", () => {
    const { layout } = drawn([{ name: "LONGNAME", span: [1_005, 1_100] }]);
    expect(layout.genes[0]?.namePlace).toBe("right");
  });

  it("outside the view is left out, neither drawn nor counted", () => {
    const { layout, boxes } = drawn([
      { name: "A", span: [0, 1_000] },
      { name: "B", span: [2_000, 3_000] },
    ]);
    expect(layout).toMatchObject({ genes: [], nRows: 0, nHidden: 0 });
    expect(boxes).toEqual([]);
  });

  it("shows exons at least 3 px wide and joins those that touch", () => {
    const { scene } = drawn([
      {
        name: "G",
        span: [1_500, 1_900],
        exons: [
          [1_500, 1_501],
          [1_502, 1_510],
          [1_800, 1_801],
        ],
      },
    ]);
    expect(itemsOf(scene, "rect").map(({ x, w }) => [x, w])).toEqual([
      [680, 10],
      [980, 3],
    ]);
  });

  it("that is not coding has hollow exons", () => {
    const { scene, plot } = drawn([{ name: "G", span: [1_500, 1_900], isCoding: 0 }]);
    expect(itemsOf(scene, "rect")[0]).toMatchObject({
      fill: plot.tokens.surface,
      stroke: plot.tokens.categories[7],
    });
  });

  it.each([
    [1, true],
    [-1, false],
  ])("on strand %d has chevrons that point along it", (strand, isRight) => {
    const { scene } = drawn([
      {
        name: "G",
        span: [1_500, 1_900],
        strand,
        exons: [
          [1_500, 1_510],
          [1_890, 1_900],
        ],
      },
    ]);
    const [chevrons] = itemsOf(scene, "path");
    const [[, left], [, tip]] = (chevrons?.steps ?? []) as ["M" | "L", number, number][] as [
      ["M", number, number],
      ["L", number, number],
    ];
    expect(tip > left).toBe(isRight);
  });

  it("without strand has none", () => {
    const { scene } = drawn([
      { name: "G", span: [1_500, 1_900], strand: 0, exons: [[1_500, 1_510]] },
    ]);
    expect(itemsOf(scene, "path")).toEqual([]);
  });

  it("keeps a hostile name as text, cut", () => {
    const { scene } = drawn([
      { name: `<img src=x>\u202e${"A".repeat(10_000)}`, span: [1_500, 1_900] },
    ]);
    const [name] = textsOf(scene);
    expect(name?.startsWith("<img src=x>")).toBe(true);
    expect(name?.length).toBeLessThan(70);
    expect(name).not.toContain("\u202e");
  });
});

describe("many genes", () => {
  it("put coding ones first and count those without a row", () => {
    const genes = Array.from({ length: 9 }, (_, i) => ({
      name: `G${i}`,
      span: [1_300, 1_900] as const,
      isCoding: i === 8 ? 1 : 0,
    }));
    const { layout, boxes } = drawn(genes);
    expect(layout.nRows).toBe(6);
    expect(layout.nHidden).toBe(3);
    expect(layout.rows[8]).toBe(0);
    expect(boxes).toHaveLength(6);
  });

  it("can put one before all others", () => {
    const data = table([
      { name: "BIG", span: [1_100, 1_900] },
      { name: "small", span: [1_300, 1_310], isCoding: 0 },
    ]);
    expect([...layoutGenes(data, plotOf(1_000, 2_000), { first: 1 }).rows]).toEqual([1, 0]);
  });

  it("never draw text over text or outside, for 100 random neighbourhoods", () => {
    const random = seeded(19);
    for (let round = 0; round < 100; round += 1) {
      const genes = Array.from({ length: between(random, 1, 40) }, (_, i) => {
        const start = between(random, 0, 2_500);
        return {
          name: `GENE${i * 37}`,
          span: [start, start + between(random, 5, 900)] as const,
          strand: between(random, -1, 1),
          isCoding: between(random, 0, 2),
        };
      });
      const { scene, plot, boxes } = drawn(genes);
      expect(overlappingTexts(scene)).toEqual([]);
      expect(textsOutside(scene, plot)).toEqual([]);
      for (const box of boxes) {
        expect(box.x).toBeGreaterThanOrEqual(plot.x);
        expect(box.x + box.w).toBeLessThanOrEqual(plot.x + plot.width + 0.01);
        expect((box.y - plot.y) % GENE_ROW).toBe(0);
      }
      for (const rect of itemsOf(scene, "rect")) {
        expect(rect.x).toBeGreaterThanOrEqual(plot.x);
        expect(rect.x + rect.w).toBeLessThanOrEqual(plot.x + plot.width + 3);
      }
    }
  });
});
