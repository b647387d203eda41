/** The bases of the reference: letters where they fit, coloured boxes where they do not. */
import type { BaseColours } from "../core/palette.js";
import type { KnownBases } from "../core/known_bases.js";
import type { PathStep, Scene } from "../core/scene.js";
import { plotX, type Plot } from "./plot.js";

/** A letter of 12 px code type is about 7 px wide. */
const LETTER_PX = 8;
const BOX_PX = 2;
/** Boxes of at least this width leave a gap of 1 px. */
const GAP_FROM_PX = 5;
const HATCH_STEP = 4;

export type SequenceLook = "letters" | "boxes" | "none";

export interface SequenceInk {
  readonly colours: BaseColours;
  /** Boxes of the four bases differ in shape as well, for palettes of greys. */
  readonly hasShapes: boolean;
}

/** Filled parts of a box, as shares of its height from the top. */
const SHAPES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  A: [[0, 1]],
  C: [
    [0, 0.35],
    [0.65, 1],
  ],
  G: [[0.5, 1]],
  T: [[0, 0.5]],
};
const FULL = [[0, 1]] as const;

/** How the sequence can be shown at this zoom. */
export function sequenceLook(plot: Pick<Plot, "region" | "width">): SequenceLook {
  const pxPerBase = plot.width / (plot.region.end - plot.region.start);
  return pxPerBase >= LETTER_PX ? "letters" : pxPerBase >= BOX_PX ? "boxes" : "none";
}

function colourOf(base: string, colours: BaseColours): string | null {
  switch (base) {
    case "A":
      return colours.A;
    case "C":
      return colours.C;
    case "G":
      return colours.G;
    case "T":
      return colours.T;
    default:
      return null;
  }
}

/** Known bases of the view; N is a dash, and what is not known is hatched. */
export function drawSequence(
  scene: Scene,
  plot: Plot,
  known: KnownBases | null,
  ink: SequenceInk,
): SequenceLook {
  const look = sequenceLook(plot);
  if (look === "none") return look;
  const at = plotX(plot);
  const { start, text } = known ?? { start: plot.region.end, text: "" };
  const first = Math.min(plot.region.end, Math.max(plot.region.start, start));
  const last = Math.max(first, Math.min(plot.region.end, start + text.length));
  drawHatch(scene, plot, plot.x, at(first));
  for (let position = first; position < last; position += 1) {
    const base = text.charAt(position - start).toUpperCase();
    drawBase(scene, plot, { base, look, x0: at(position), x1: at(position + 1), ink });
  }
  drawHatch(scene, plot, at(last), plot.x + plot.width);
  return look;
}

interface BasePlace {
  readonly base: string;
  readonly look: SequenceLook;
  readonly x0: number;
  readonly x1: number;
  readonly ink: SequenceInk;
}

function drawBase(scene: Scene, plot: Plot, { base, look, x0, x1, ink }: BasePlace): void {
  const middle = plot.y + plot.height / 2;
  const fill = colourOf(base, ink.colours);
  const from = Math.round(x0);
  const to = Math.round(x1);
  if (fill === null && (base === "N" || look === "boxes")) {
    const inset = to - from >= GAP_FROM_PX ? 1 : 0;
    const width = to - from - 2 * inset;
    scene.rect(from + inset, middle - 1, width, 2, { fill: ink.colours.N });
  } else if (look === "letters") {
    const style = { size: 12, weight: 600, anchor: "middle", family: "code" } as const;
    scene.text((x0 + x1) / 2, middle + 4, base, { ...style, fill: fill ?? ink.colours.N });
  } else if (fill !== null) {
    const width = to - from - (to - from >= GAP_FROM_PX ? 1 : 0);
    const height = plot.height - 4;
    for (const [top, bottom] of ink.hasShapes ? (SHAPES[base] ?? FULL) : FULL) {
      const y = plot.y + 2 + Math.round(top * height);
      scene.rect(from, y, width, plot.y + 2 + Math.round(bottom * height) - y, { fill });
    }
  }
}

/** Rising lines on a grid that is fixed to the plot, cut at the borders of [x0, x1). */
function drawHatch(scene: Scene, plot: Plot, x0: number, x1: number): void {
  if (x1 <= x0) return;
  const top = plot.y + 2;
  const height = plot.height - 4;
  const steps: PathStep[] = [];
  const offset = (x0 - plot.x) % HATCH_STEP;
  for (let foot = x0 - offset - height; foot < x1; foot += HATCH_STEP) {
    const from = Math.max(foot, x0);
    const to = Math.min(foot + height, x1);
    if (to <= from) continue;
    steps.push(["M", from, top + height - (from - foot)], ["L", to, top + height - (to - foot)]);
  }
  scene.path(steps, { stroke: plot.tokens.line });
}
