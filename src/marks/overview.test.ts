import { describe, expect, it } from "vitest";
import { drawOverview, overviewFrame } from "./overview.js";
import { itemsOf, plotOf, sceneOf } from "./testing/plots.js";

const BAND = plotOf(0, 100_000, { height: 28 });

function region(start: number, end: number) {
  return { chrom: "20", start, end };
}

describe("the frame", () => {
  it("lies over the visible part", () => {
    expect(overviewFrame(BAND, region(20_000, 40_000))).toEqual({ x0: 380, x1: 580 });
  });

  it("stays wide enough to grab and inside the band", () => {
    for (const start of [0, 50_000, 99_990]) {
      const { x0, x1 } = overviewFrame(BAND, region(start, start + 10));
      expect(x1 - x0).toBe(6);
      expect(x0).toBeGreaterThanOrEqual(BAND.x);
      expect(x1).toBeLessThanOrEqual(BAND.x + BAND.width);
    }
  });
});

describe("the band", () => {
  it("shows the tallest value of each px, missing as nothing", () => {
    const max = new Float32Array(100_000);
    max[50_000] = 8;
    max.fill(NaN, 0, 10_000);
    const columns = {
      start: 0,
      bin: 1,
      n: 100_000,
      max,
      mean: max,
      min: null,
      state: "exact",
    } as const;
    const scene = sceneOf();
    drawOverview(scene, BAND, region(0, 1_000), { columns, colour: "#00795a" });
    const [signal] = itemsOf(scene, "path");
    const tops = (signal?.steps ?? []).filter(([, , y]) => y !== undefined && y < 38);
    expect(tops.map(([, x]) => x)).toEqual([680, 681]);
  });

  it("is only a frame while no overview is there", () => {
    const scene = sceneOf();
    const frame = drawOverview(scene, BAND, region(0, 1_000), { columns: null, colour: "#00795a" });
    expect(itemsOf(scene, "path")).toEqual([]);
    expect(frame).toEqual({ x0: 180, x1: 190 });
    expect(itemsOf(scene, "rect").length).toBeGreaterThanOrEqual(4);
  });
});
