/** The ruler: 4 to 8 ticks on round positions, one unit and one number of decimals per view. */
import { widthOf } from "../core/coords.js";
import { decimalsFor, formatInteger } from "../core/numbers.js";
import { ticks125 } from "../core/scales.js";
import type { Scene } from "../core/scene.js";
import { textWidth } from "../core/text_metrics.js";
import { plotX, type Plot } from "./plot.js";

const SIZE = 11;
const LABEL_GAP = 16;
const MOST_TICKS = 8;

export interface RulerTick {
  /** 1-based position, as people read it. */
  readonly position: number;
  readonly label: string;
}

/** Labels in Mb where a step is at least 1 kb and the view lies beyond 1 Mb, else kb, else bp. */
function labelsOf(positions: readonly number[], step: number): string[] {
  const largest = Math.max(...positions);
  if (step < 1_000) return positions.map((position) => `${formatInteger(position)} bp`);
  const [unit, name] = largest >= 1_000_000 ? [1_000_000, "Mb"] : [1_000, "kb"];
  const decimals = decimalsFor(positions.map((position) => position / unit));
  return positions.map((position) => {
    const [whole = "", rest] = (position / unit).toFixed(decimals).split(".");
    const grouped = formatInteger(Number(whole));
    return `${rest === undefined ? grouped : `${grouped}.${rest}`} ${name}`;
  });
}

/** As many ticks, up to 8, as fit without their labels touching; always at least one. */
export function rulerTicks(plot: Pick<Plot, "region" | "width">): RulerTick[] {
  const { region, width } = plot;
  const all = widthOf(region);
  // Where a base is narrower than a px, the round number on the left border counts as visible.
  const lowest = all > width ? region.start : region.start + 1;
  let single = Math.round((region.start + 1 + region.end) / 2);
  for (let most = MOST_TICKS; most >= 2; most -= 1) {
    const positions = ticks125(lowest, region.end, most).filter(Number.isInteger);
    const [first, second] = positions;
    if (first === undefined) continue;
    single = positions[Math.floor(positions.length / 2)] ?? first;
    if (second === undefined) break;
    const labels = labelsOf(positions, second - first);
    const widest = Math.max(...labels.map((label) => textWidth(label, SIZE)));
    if (((second - first) / all) * width < widest + LABEL_GAP) continue;
    return positions.map((position, i) => ({ position, label: labels[i] ?? "" }));
  }
  return [{ position: single, label: `${formatInteger(single)} bp` }];
}

/** Labels above, ticks on the lower border, half steps between them as short ticks. */
export function drawRuler(scene: Scene, plot: Plot): void {
  const { x, y, width, height, tokens } = plot;
  const at = plotX(plot);
  const base = y + height - 0.5;
  scene.line(x, base, x + width, base, tokens.lineStrong);
  const ticks = rulerTicks(plot);
  const step = (ticks[1]?.position ?? 0) - (ticks[0]?.position ?? 0);
  for (const { position } of ticks) {
    const px = snapped(at(position - 0.5), x, width);
    scene.line(px, base - 6, px, base, tokens.lineStrong);
    for (const between of [position - step / 2, position + step / 2]) {
      const minor = at(between - 0.5);
      if (step < 2 || minor < x || minor > x + width) continue;
      scene.line(snapped(minor, x, width), base - 3, snapped(minor, x, width), base, tokens.line);
    }
  }
  const style = { size: SIZE, fill: tokens.text2, anchor: "middle" } as const;
  for (const { middle, label } of placedLabels(plot, ticks)) {
    scene.text(middle, y + height - 10, label, style);
  }
}

/** Labels under their ticks; one at the border moves inside, or is left out if it would touch. */
function placedLabels(
  plot: Plot,
  ticks: readonly RulerTick[],
): { readonly middle: number; readonly label: string }[] {
  const { x, width } = plot;
  const at = plotX(plot);
  const placed = ticks.map(({ position, label }) => {
    const half = textWidth(label, SIZE) / 2;
    const px = snapped(at(position - 0.5), x, width);
    const middle = Math.min(x + width - half, Math.max(x + half, px));
    return { middle, label, half, isMoved: middle !== px };
  });
  const kept = placed.filter(({ middle, half, isMoved }, i) => {
    if (!isMoved || placed.length === 1) return true;
    const next = placed[i === 0 ? 1 : i - 1] ?? { middle: Infinity, half: 0 };
    return Math.abs(next.middle - middle) >= half + next.half + LABEL_GAP / 2;
  });
  return kept.length > 0 ? kept : placed.slice(0, 1);
}

function snapped(px: number, x: number, width: number): number {
  return Math.min(x + width - 0.5, Math.max(x + 0.5, Math.round(px) + 0.5));
}
