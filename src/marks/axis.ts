/** The y axis at the left border of a lane: low, middle and high value, as the height allows. */
import { formatTicks } from "../core/numbers.js";
import type { Tokens } from "../core/palette.js";
import { axisValues, fractionOf, type YScale } from "../core/scales.js";
import type { Scene } from "../core/scene.js";

export interface AxisPlace {
  /** The axis line; ticks and numbers lie left of it. */
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly scale: YScale;
  readonly tokens: Tokens;
  readonly isSigned: boolean;
}

const TICK = 4;
const SIZE = 11;
const ASCENT = 8;

export function drawYAxis(scene: Scene, place: AxisPlace): void {
  const { x, y, height, scale, tokens } = place;
  scene.line(x - 0.5, y, x - 0.5, y + height, tokens.lineStrong);
  const values = axisValues(scale, height);
  const labels = formatTicks(values, { signed: place.isSigned });
  for (const [i, value] of values.entries()) {
    const at = y + height - 1 - fractionOf(scale, value) * (height - 1);
    scene.line(x - TICK, Math.round(at) + 0.5, x, Math.round(at) + 0.5, tokens.lineStrong);
    const baseline = Math.min(y + height, Math.max(y + ASCENT, at + ASCENT / 2));
    const style = { size: SIZE, fill: tokens.text2, anchor: "end" } as const;
    scene.text(x - 2 * TICK, Math.round(baseline), labels[i] ?? "", style);
  }
}
