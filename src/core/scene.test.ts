import { describe, expect, it } from "vitest";
import { boxesOverlap, boxOfText, Scene } from "./scene.js";
import { textWidth } from "./text_metrics.js";

describe("Scene", () => {
  it("keeps shapes in order, as plain data", () => {
    const scene = new Scene(100, 50);
    scene.rect(1, 2, 3, 4, { fill: "#112233", radius: 2 });
    scene.line(0, 0, 5, 5, "#000000");
    scene.path([["M", 0, 0], ["L", 1, 1], ["Z"]], { stroke: "#000000" });
    scene.circle(5, 5, 2, { fill: "#ffffff" });
    scene.text(9, 9, "TMC2", { size: 12, fill: "#000000", italic: true });
    scene.image({ x: 0, y: 0, w: 2, h: 1 }, Uint32Array.of(0, 1), 2, 1);
    expect(scene.items.map((item) => item.kind)).toEqual([
      "rect",
      "line",
      "path",
      "circle",
      "text",
      "image",
    ]);
    expect(scene.items[0]).toEqual({
      kind: "rect",
      x: 1,
      y: 2,
      w: 3,
      h: 4,
      fill: "#112233",
      radius: 2,
    });
    expect(scene.items[1]).toMatchObject({ strokeWidth: 1 });
    const plain = scene.items.slice(0, 5);
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
  });
});

describe("boxes", () => {
  it("of text follow the anchor", () => {
    const w = textWidth("abc", 12);
    const at = { x: 100, y: 20, text: "abc", size: 12 } as const;
    expect(boxOfText(at)).toEqual({ x: 100, y: 20 - 0.8 * 12, w, h: 12 });
    expect(boxOfText({ ...at, anchor: "end" }).x).toBeCloseTo(100 - w, 9);
    expect(boxOfText({ ...at, anchor: "middle" }).x).toBeCloseTo(100 - w / 2, 9);
  });

  it("that only touch do not overlap", () => {
    const box = { x: 0, y: 0, w: 10, h: 10 };
    expect(boxesOverlap(box, { x: 10, y: 0, w: 5, h: 5 })).toBe(false);
    expect(boxesOverlap(box, { x: 9, y: 9, w: 5, h: 5 })).toBe(true);
  });
});
