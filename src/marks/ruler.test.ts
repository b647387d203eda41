import { describe, expect, it } from "vitest";
import { between, seeded } from "../core/testing/random.js";
import { drawRuler, rulerTicks } from "./ruler.js";
import {
  itemsOf,
  overlappingTexts,
  plotOf,
  sceneOf,
  textsOf,
  textsOutside,
} from "./testing/plots.js";

describe("the ruler", () => {
  it("chooses one unit and one number of decimals", () => {
    const labels = rulerTicks(plotOf(2_570_000, 2_590_000)).map(({ label }) => label);
    expect(labels).toEqual(["2.570 Mb", "2.575 Mb", "2.580 Mb", "2.585 Mb", "2.590 Mb"]);
    const kb = rulerTicks(plotOf(100_000, 140_000)).map(({ label }) => label);
    expect(kb.every((label) => /^\d+ kb$/.test(label))).toBe(true);
    const bp = rulerTicks(plotOf(2_577_700, 2_577_900)).map(({ label }) => label);
    expect(bp[0]).toMatch(/^2,577,\d{3} bp$/);
  });

  it("puts a tick on the middle of its base, counted from 1", () => {
    const scene = sceneOf();
    const plot = plotOf(100, 110, { height: 24 });
    drawRuler(scene, plot);
    const tick = rulerTicks(plot).find(({ position }) => position === 104);
    expect(tick?.label).toBe("104 bp");
    const xs = itemsOf(scene, "line").map((line) => line.x1);
    expect(xs).toContain(180 + 350 + 0.5);
  });

  it("has 1 to 8 labels that neither touch nor leave the plot, for 300 views", () => {
    const random = seeded(17);
    for (let round = 0; round < 300; round += 1) {
      const start = between(random, 0, 200_000_000);
      const width = Math.floor(8 * 10 ** (random() * 5.3));
      const plot = plotOf(start, start + width, { width: between(random, 160, 1_600), height: 24 });
      const scene = sceneOf();
      drawRuler(scene, plot);
      const labels = textsOf(scene);
      expect(labels.length).toBeGreaterThanOrEqual(1);
      expect(labels.length).toBeLessThanOrEqual(8);
      expect(overlappingTexts(scene)).toEqual([]);
      expect(textsOutside(scene, plot)).toEqual([]);
      const decimals = labels.map((label) => /\.(\d+)/.exec(label)?.[1]?.length ?? 0);
      expect(new Set(decimals).size).toBe(1);
      expect(new Set(labels.map((label) => label.split(" ")[1])).size).toBe(1);
    }
  });

  it("has 3 or more labels on a wide plot, and with the half steps 4 or more ticks", () => {
    const random = seeded(18);
    for (let round = 0; round < 100; round += 1) {
      const start = between(random, 0, 50_000_000);
      const plot = plotOf(start, start + between(random, 2_000, 2_000_000), { width: 900 });
      expect(rulerTicks(plot).length).toBeGreaterThanOrEqual(3);
      const scene = sceneOf();
      drawRuler(scene, plot);
      const ticks = new Set(
        itemsOf(scene, "line")
          .slice(1)
          .map(({ x1 }) => x1),
      );
      expect(ticks.size).toBeGreaterThanOrEqual(4);
    }
  });
});
