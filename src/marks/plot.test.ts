import { describe, expect, it } from "vitest";
import { hitAt, plotX } from "./plot.js";
import { plotOf } from "./testing/plots.js";

describe("plotX", () => {
  it("maps the region onto the plot", () => {
    const at = plotX(plotOf(1_000, 2_000));
    expect([1_000, 1_500, 2_000].map(at)).toEqual([180, 680, 1_180]);
  });
});

describe("hitAt", () => {
  const boxes = [
    { index: 4, x: 0, y: 0, w: 10, h: 10 },
    { index: 9, x: 5, y: 5, w: 10, h: 10 },
  ];

  it("gives the topmost mark under the point", () => {
    expect(hitAt(boxes, 7, 7)?.index).toBe(9);
    expect(hitAt(boxes, 1, 1)?.index).toBe(4);
    expect(hitAt(boxes, 15, 15)).toBeNull();
    expect(hitAt([], 1, 1)).toBeNull();
  });
});
