/** Draws a scene on a 2D canvas context. */
import { FONTS, type ImageItem, type Paint, type Scene, type SceneItem } from "./scene.js";

/** Image data over the same memory as the pixels: no copy. */
export function imageDataOf(
  pixels: Uint32Array<ArrayBuffer>,
  width: number,
  height: number,
): ImageData {
  const bytes = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, width * height * 4);
  return new ImageData(bytes, width, height);
}

/** Draw everything, at `scale` device px per css px; the context is left as it was. */
export function drawOnCanvas(context: CanvasRenderingContext2D, scene: Scene, scale = 1): void {
  context.save();
  context.scale(scale, scale);
  for (const item of scene.items) drawItem(context, item);
  context.restore();
}

function drawItem(context: CanvasRenderingContext2D, item: SceneItem): void {
  switch (item.kind) {
    case "rect":
      context.beginPath();
      if (item.radius === undefined) context.rect(item.x, item.y, item.w, item.h);
      else context.roundRect(item.x, item.y, item.w, item.h, item.radius);
      applyPaint(context, item);
      return;
    case "line":
      context.beginPath();
      context.moveTo(item.x1, item.y1);
      context.lineTo(item.x2, item.y2);
      applyPaint(context, item);
      return;
    case "path":
      context.beginPath();
      for (const [step, x, y] of item.steps) {
        if (step === "M") context.moveTo(x, y);
        else if (step === "L") context.lineTo(x, y);
        else context.closePath();
      }
      applyPaint(context, item);
      return;
    case "circle":
      context.beginPath();
      context.arc(item.cx, item.cy, item.r, 0, 2 * Math.PI);
      applyPaint(context, item);
      return;
    case "text":
      context.font =
        `${item.italic === true ? "italic " : ""}${item.weight ?? 400} ` +
        `${item.size}px ${FONTS[item.family ?? "ui"]}`;
      context.textAlign = ({ start: "left", middle: "center", end: "right" } as const)[
        item.anchor ?? "start"
      ];
      context.textBaseline = "alphabetic";
      context.fillStyle = item.fill;
      context.fillText(item.text, item.x, item.y);
      return;
    case "image":
      drawImage(context, item);
  }
}

function applyPaint(context: CanvasRenderingContext2D, paint: Paint): void {
  if (paint.fill !== undefined) {
    context.fillStyle = paint.fill;
    context.fill();
  }
  if (paint.stroke !== undefined) {
    context.strokeStyle = paint.stroke;
    context.lineWidth = paint.strokeWidth ?? 1;
    context.stroke();
  }
}

function drawImage(context: CanvasRenderingContext2D, item: ImageItem): void {
  const canvas = document.createElement("canvas");
  canvas.width = item.pxWidth;
  canvas.height = item.pxHeight;
  const pixels = new Uint32Array(item.pixels);
  canvas.getContext("2d")?.putImageData(imageDataOf(pixels, item.pxWidth, item.pxHeight), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, item.x, item.y, item.w, item.h);
}
