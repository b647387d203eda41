import { describe, expect, it } from "vitest";
import { tokens } from "../core/palette.js";
import { drawYAxis } from "./axis.js";
import { itemsOf, overlappingTexts, sceneOf, textsOf } from "./testing/plots.js";

function axis(height: number, lo: number, hi: number) {
  const scene = sceneOf();
  drawYAxis(scene, {
    x: 180,
    y: 20,
    height,
    scale: { kind: "linear", lo, hi },
    tokens: tokens("light"),
    isSigned: lo < 0,
  });
  return scene;
}

describe("the y axis", () => {
  it("writes three values from 32 px, two from 20 px, none below", () => {
    expect(textsOf(axis(40, 0, 1))).toEqual(["0", "0.5", "1.0"]);
    expect(textsOf(axis(24, 0, 1))).toEqual(["0", "1"]);
    expect(textsOf(axis(10, 0, 1))).toEqual([]);
  });

  it("writes signs with a true minus", () => {
    expect(textsOf(axis(44, -1, 1))).toEqual(["\u22121", "0", "+1"]);
  });

  it("keeps its numbers apart, inside the lane and 4 px from the ticks", () => {
    for (const height of [20, 32, 40, 48, 120]) {
      const scene = axis(height, 0, 12_000);
      expect(overlappingTexts(scene)).toEqual([]);
      for (const text of itemsOf(scene, "text")) {
        expect(text.y).toBeLessThanOrEqual(20 + height);
        expect(text.y - 8).toBeGreaterThanOrEqual(20);
        expect(text.x).toBe(172);
        expect(text.size).toBeGreaterThanOrEqual(11);
      }
    }
  });

  it("puts ticks on whole pixels", () => {
    for (const line of itemsOf(axis(41, 0, 3), "line").slice(1)) expect(line.y1 % 1).toBe(0.5);
  });
});
