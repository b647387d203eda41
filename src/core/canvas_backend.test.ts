import { describe, expect, it, vi } from "vitest";
import { drawOnCanvas, imageDataOf } from "./canvas_backend.js";
import { Scene } from "./scene.js";

/** A context that writes down what it is told; happy-dom has no canvas. */
function recorder(): { context: CanvasRenderingContext2D; log: string[] } {
  const log: string[] = [];
  const context = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...values: unknown[]) => {
          log.push(`${String(name)}(${values.join(",")})`);
        },
      set: (_, name, value) => {
        log.push(`${String(name)}=${String(value)}`);
        return true;
      },
    },
  );
  return { context: context as CanvasRenderingContext2D, log };
}

describe("drawOnCanvas", () => {
  it("draws every shape and leaves the context as it was", () => {
    const scene = new Scene(10, 10);
    scene.rect(1, 2, 3, 4, { fill: "#112233" });
    scene.rect(1, 2, 3, 4, { stroke: "#445566", strokeWidth: 2, radius: 4 });
    scene.line(0, 0, 5, 5, "#000000");
    scene.path([["M", 0, 0], ["L", 1, 1], ["Z"]], { fill: "#ffffff" });
    scene.circle(5, 5, 2, { stroke: "#ffffff" });
    const { context, log } = recorder();
    drawOnCanvas(context, scene, 2);
    expect(log[0]).toBe("save()");
    expect(log[1]).toBe("scale(2,2)");
    expect(log.at(-1)).toBe("restore()");
    expect(log).toContain("rect(1,2,3,4)");
    expect(log).toContain("roundRect(1,2,3,4,4)");
    expect(log).toContain("lineWidth=2");
    expect(log).toContain("closePath()");
    expect(log.some((line) => line.startsWith("arc(5,5,2,0,6.28"))).toBe(true);
    expect(log.filter((line) => line === "fill()")).toHaveLength(2);
    expect(log.filter((line) => line === "stroke()")).toHaveLength(3);
  });

  it("sets font, anchor and baseline of text", () => {
    const scene = new Scene(10, 10);
    scene.text(3, 9, "TMC2", {
      size: 12,
      weight: 600,
      italic: true,
      fill: "#123456",
      anchor: "end",
      family: "code",
    });
    const { context, log } = recorder();
    drawOnCanvas(context, scene);
    expect(log.find((line) => line.startsWith("font="))).toMatch(/^font=italic 600 12px ui-mono/);
    expect(log).toContain("textAlign=right");
    expect(log).toContain("textBaseline=alphabetic");
    expect(log).toContain("fillText(TMC2,3,9)");
  });

  it("stretches pixels without smoothing", () => {
    const scene = new Scene(10, 10);
    scene.image({ x: 1, y: 2, w: 4, h: 2 }, Uint32Array.of(1, 2), 2, 1);
    vi.stubGlobal("ImageData", FakeImageData);
    const { context, log } = recorder();
    drawOnCanvas(context, scene);
    vi.unstubAllGlobals();
    expect(log).toContain("imageSmoothingEnabled=false");
    expect(log.some((line) => line.startsWith("drawImage(") && line.endsWith(",1,2,4,2)"))).toBe(
      true,
    );
  });
});

class FakeImageData {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

it("imageDataOf shares the memory of the pixels", () => {
  vi.stubGlobal("ImageData", FakeImageData);
  const pixels = new Uint32Array(6).subarray(2);
  const image = imageDataOf(pixels, 2, 2);
  vi.unstubAllGlobals();
  pixels[0] = 0xff0000ff;
  expect([...image.data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  expect(image.data).toHaveLength(16);
});
