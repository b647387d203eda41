/** The rectangle in which a mark draws, and the genome that lies under it. */
import type { Region } from "../core/coords.js";
import type { Tokens } from "../core/palette.js";
import { pixelScale, xOf } from "../core/scales.js";

export interface Plot {
  /** Left and upper border in css px. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly region: Region;
  readonly tokens: Tokens;
}

/** A mark that can be pointed at; `index` is its row in the drawn table. */
export interface HitBox {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Scene x of the left border of a base. */
export function plotX(plot: Plot): (position: number) => number {
  const scale = pixelScale(plot.region, plot.width);
  return (position) => plot.x + xOf(scale, position);
}

/** The topmost of the marks under a point, the last drawn one first. */
export function hitAt(boxes: readonly HitBox[], x: number, y: number): HitBox | null {
  for (let i = boxes.length - 1; i >= 0; i -= 1) {
    const box = boxes[i] as HitBox;
    if (x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h) return box;
  }
  return null;
}
