/** What marks draw on: a flat list of shapes in css px that every back end can render. */
import { textWidth } from "./text_metrics.js";

export interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
  readonly strokeWidth?: number;
}

export interface RectItem extends Paint {
  readonly kind: "rect";
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly radius?: number;
}

export interface LineItem {
  readonly kind: "line";
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly stroke: string;
  readonly strokeWidth?: number;
}

export type PathStep =
  readonly ["M", number, number] | readonly ["L", number, number] | readonly ["Z"];

export interface PathItem extends Paint {
  readonly kind: "path";
  readonly steps: readonly PathStep[];
}

export interface CircleItem extends Paint {
  readonly kind: "circle";
  readonly cx: number;
  readonly cy: number;
  readonly r: number;
}

export type Anchor = "start" | "middle" | "end";

export interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly weight?: 400 | 600;
  readonly italic?: boolean;
  readonly anchor?: Anchor;
  readonly family?: "ui" | "code";
}

/** `y` is the baseline. */
export interface TextItem extends TextStyle {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Pixels 0xAABBGGRR, stretched without smoothing over the rectangle. */
export interface ImageItem {
  readonly kind: "image";
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly pixels: Uint32Array;
  readonly pxWidth: number;
  readonly pxHeight: number;
}

export type SceneItem = RectItem | LineItem | PathItem | CircleItem | TextItem | ImageItem;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export const FONTS = {
  ui: 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif',
  code: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
} as const;

export class Scene {
  readonly items: SceneItem[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  rect(x: number, y: number, w: number, h: number, paint: Paint & { radius?: number }): void {
    this.items.push({ kind: "rect", x, y, w, h, ...paint });
  }

  line(x1: number, y1: number, x2: number, y2: number, stroke: string, strokeWidth = 1): void {
    this.items.push({ kind: "line", x1, y1, x2, y2, stroke, strokeWidth });
  }

  path(steps: readonly PathStep[], paint: Paint): void {
    this.items.push({ kind: "path", steps, ...paint });
  }

  circle(cx: number, cy: number, r: number, paint: Paint): void {
    this.items.push({ kind: "circle", cx, cy, r, ...paint });
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    this.items.push({ kind: "text", x, y, text, ...style });
  }

  image(at: Box, pixels: Uint32Array, pxWidth: number, pxHeight: number): void {
    this.items.push({ kind: "image", ...at, pixels, pxWidth, pxHeight });
  }
}

/** The space a text takes, by the built-in metric table. */
export function boxOfText(
  item: Pick<TextItem, "x" | "y" | "text" | "size" | "weight" | "anchor">,
): Box {
  const w = textWidth(item.text, item.size, item.weight);
  const left = { start: 0, middle: w / 2, end: w }[item.anchor ?? "start"];
  return { x: item.x - left, y: item.y - 0.8 * item.size, w, h: item.size };
}

export function boxesOverlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
