/** The bases of the reference: letters where they fit, coloured blocks where they do not. */
import type { BaseColours } from "../core/palette.js";
import type { Scene } from "../core/scene.js";
import { plotX, type Plot } from "./plot.js";

/** A letter of 12 px code type is about 7 px wide. */
const LETTER_PX = 8;
const BLOCK_PX = 1.5;

export type SequenceLook = "letters" | "blocks" | "none";

/** How the sequence can be shown at this zoom. */
export function sequenceLook(plot: Pick<Plot, "region" | "width">): SequenceLook {
  const pxPerBase = plot.width / (plot.region.end - plot.region.start);
  return pxPerBase >= LETTER_PX ? "letters" : pxPerBase >= BLOCK_PX ? "blocks" : "none";
}

function colourOf(base: string, colours: BaseColours): string {
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
      return colours.N;
  }
}

/** `bases[0]` lies at genome position `start`; bases outside the view are left out. */
export function drawSequence(
  scene: Scene,
  plot: Plot,
  bases: string,
  start: number,
  colours: BaseColours,
): SequenceLook {
  const look = sequenceLook(plot);
  if (look === "none") return look;
  const at = plotX(plot);
  const first = Math.max(plot.region.start, start);
  const last = Math.min(plot.region.end, start + bases.length);
  for (let position = first; position < last; position += 1) {
    const base = bases.charAt(position - start);
    const fill = colourOf(base.toUpperCase(), colours);
    const x = at(position);
    if (look === "letters") {
      const style = { size: 12, weight: 600, fill, anchor: "middle", family: "code" } as const;
      scene.text((x + at(position + 1)) / 2, plot.y + plot.height / 2 + 4, base, style);
    } else {
      scene.rect(x, plot.y + 4, at(position + 1) - x, plot.height - 8, { fill });
    }
  }
  return look;
}
