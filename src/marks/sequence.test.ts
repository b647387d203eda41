import { describe, expect, it } from "vitest";
import { baseColours } from "../core/palette.js";
import { drawSequence, sequenceLook } from "./sequence.js";
import { itemsOf, plotOf, sceneOf, textsOf } from "./testing/plots.js";

const COLOURS = baseColours("lsc", "light");

describe("the sequence", () => {
  it("is letters where they fit, blocks where they do not, nothing when too far", () => {
    expect(sequenceLook(plotOf(0, 100))).toBe("letters");
    expect(sequenceLook(plotOf(0, 126))).toBe("blocks");
    expect(sequenceLook(plotOf(0, 1_000))).toBe("none");
  });

  it("writes each base in its colour in the middle of its place", () => {
    const scene = sceneOf();
    expect(drawSequence(scene, plotOf(50, 150), "ACGTNacgt", 52, COLOURS)).toBe("letters");
    expect(textsOf(scene).join("")).toBe("ACGTNacgt");
    const fills = itemsOf(scene, "text").map(({ fill }) => fill);
    const { A, C, G, T, N } = COLOURS;
    expect(fills).toEqual([A, C, G, T, N, A, C, G, T]);
    expect(itemsOf(scene, "text")[0]).toMatchObject({ x: 205, anchor: "middle", family: "code" });
  });

  it("draws only bases that are in view and known", () => {
    const scene = sceneOf();
    drawSequence(scene, plotOf(50, 150), "A".repeat(30), 40, COLOURS);
    expect(textsOf(scene)).toHaveLength(20);
  });

  it("draws blocks side by side", () => {
    const scene = sceneOf();
    expect(drawSequence(scene, plotOf(0, 500), "ACGT", 0, COLOURS)).toBe("blocks");
    expect(itemsOf(scene, "rect").map(({ x, w }) => [x, w])).toEqual([
      [180, 2],
      [182, 2],
      [184, 2],
      [186, 2],
    ]);
  });

  it("draws nothing when too far", () => {
    const scene = sceneOf();
    expect(drawSequence(scene, plotOf(0, 5_000), "ACGT", 0, COLOURS)).toBe("none");
    expect(scene.items).toEqual([]);
  });
});
