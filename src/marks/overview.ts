/** The overview band: the whole bounds in one lane, and a frame around the visible part. */
import type { Columns } from "../core/columns.js";
import { widthOf, type Region } from "../core/coords.js";
import { blend } from "../core/oklab.js";
import { niceScale, rangeOf } from "../core/scales.js";
import type { PathStep, Scene } from "../core/scene.js";
import { heightsOf, MISSING, spansOf } from "./heights.js";
import { plotX, type Plot } from "./plot.js";

/** Narrowest frame that can still be seen and grabbed, px. */
const NARROWEST = 6;

export interface OverviewFrame {
  readonly x0: number;
  readonly x1: number;
}

/** Where the frame lies; `plot.region` is the whole bounds. */
export function overviewFrame(plot: Plot, visible: Region): OverviewFrame {
  const at = plotX(plot);
  const x0 = Math.round(Math.max(plot.x, at(visible.start)));
  const x1 = Math.round(Math.min(plot.x + plot.width, at(visible.end)));
  if (x1 - x0 >= NARROWEST) return { x0, x1 };
  const from = Math.min(
    Math.max(plot.x, Math.round((x0 + x1 - NARROWEST) / 2)),
    plot.x + plot.width - NARROWEST,
  );
  return { x0: from, x1: from + NARROWEST };
}

/** Draw the band; `columns` is null while no overview is there, `colour` that of the lane. */
export function drawOverview(
  scene: Scene,
  plot: Plot,
  visible: Region,
  { columns, colour }: { readonly columns: Columns | null; readonly colour: string },
): OverviewFrame {
  const { x, y, width, height, tokens } = plot;
  scene.rect(x, y, width, height, { fill: tokens.surface2 });
  const frame = overviewFrame(plot, visible);
  scene.rect(frame.x0, y, frame.x1 - frame.x0, height, { fill: tokens.accentSoft });
  if (columns !== null) drawSilhouette(scene, plot, columns, blend(colour, tokens.surface, 0.75));
  scene.rect(frame.x0 + 0.5, y + 0.5, frame.x1 - frame.x0 - 1, height - 1, {
    stroke: tokens.accent,
  });
  for (const edge of [frame.x0, frame.x1]) {
    scene.rect(edge - 2, y + height / 2 - 6, 4, 12, { fill: tokens.accent, radius: 2 });
  }
  return frame;
}

/** One step per px up to the largest absolute value, upwards from the lower border. */
function drawSilhouette(scene: Scene, plot: Plot, columns: Columns, fill: string): void {
  const { x, y, height, region } = plot;
  const width = Math.floor(plot.width);
  const view = { width, x0: region.start, bpPerPx: widthOf(region) / width };
  const spans = spansOf({ ...view, height, dpr: 1, hatch: 0 }, columns);
  const scale = niceScale("linear", rangeOf([columns.max]), false);
  const heights = heightsOf(columns, spans, scale, height - 4);
  const base = y + height;
  const steps: PathStep[] = [["M", x, base]];
  for (let px = 0; px < width; px += 1) {
    const high = heights.max[px] as number;
    const top = base - (high === MISSING ? 0 : high);
    steps.push(["L", x + px, top], ["L", x + px + 1, top]);
  }
  scene.path([...steps, ["L", x + width, base], ["Z"]], { fill });
}
