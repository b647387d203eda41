/** The vector part of the picture: bands, overview, ruler, genes, variants, axes, and export labels. */
import { cleanText } from "../core/display_text.js";
import { displayChrom, widthOf } from "../core/coords.js";
import {
  baseColours,
  categoryColour,
  tokens,
  type ThemeName,
  type Tokens,
} from "../core/palette.js";
import { niceScale, type YScale } from "../core/scales.js";
import type { Scene } from "../core/scene.js";
import { elideEnd, textWidth } from "../core/text_metrics.js";
import { geometryOf, type TileCache } from "../core/tiles.js";
import { drawYAxis } from "../marks/axis.js";
import { drawGenes, layoutGenes } from "../marks/genes.js";
import { drawOverview } from "../marks/overview.js";
import type { HitBox, Plot } from "../marks/plot.js";
import { drawRuler } from "../marks/ruler.js";
import { drawSequence } from "../marks/sequence.js";
import { drawVariants } from "../marks/variants.js";
import {
  GENE_ROW,
  GENE_ROWS,
  HEADING,
  OVERVIEW_HEIGHT,
  RULER_HEIGHT,
  SEQUENCE_HEIGHT,
  VARIANT_HEIGHT,
  type Lane,
} from "../ui/lane_layout.js";
import { isSignedLane, scaleKey } from "../ui/lane_modes.js";
import { annotationNote, groupHeading, groupNote, hiddenLabels, words } from "../ui/messages.js";
import { mainWidthOf, plotWidthOf, type ViewState } from "../ui/view_state.js";

export interface FeatureBoxes {
  readonly genes: readonly HitBox[];
  readonly variants: readonly HitBox[];
}

const BAND_LEAST_PX = 11;
const LABEL_X = 26;

function plotAt(state: ViewState, t: Tokens, y: number, height: number): Plot {
  const { layout, region } = state;
  return { x: layout.gutter, y, width: plotWidthOf(state), height, region, tokens: t };
}

/** The variant that the focus means, -1 when it is none. */
export function focusedVariant(state: ViewState): number {
  const { focus, variants } = state;
  if (focus === null || variants === null) return -1;
  const isThere = (i: number): boolean =>
    variants.start[i] === focus.start && variants.end[i] === focus.end;
  let found = -1;
  for (let i = 0; i < variants.n; i += 1) {
    if (!isThere(i)) continue;
    if (variants.ids[i] === focus.label) return i;
    if (found < 0) found = i;
  }
  return found;
}

/** Focus and selection, behind everything else and through all lanes. */
export function drawBands(scene: Scene, state: ViewState, theme: ThemeName, bottom: number): void {
  const t = tokens(theme);
  const { layout, region, focus, selection } = state;
  const width = plotWidthOf(state);
  const top = layout.head.rulerTop + RULER_HEIGHT;
  const band = (start: number, end: number, least: number, fill: string): void => {
    const px = (position: number): number => ((position - region.start) / widthOf(region)) * width;
    const middle = (px(start) + px(end)) / 2;
    const half = Math.max(least, px(end) - px(start)) / 2;
    const from = Math.max(0, Math.round(middle - half));
    const to = Math.min(width, Math.round(middle + half));
    if (to > from) scene.rect(layout.gutter + from, top, to - from, bottom - top, { fill });
  };
  if (selection?.start != null && selection.end !== null) {
    band(selection.start, selection.end, 2, t.accentSoft);
  }
  if (focus !== null) band(focus.start, focus.end, BAND_LEAST_PX, t.band);
}

/** Everything above the lanes; answers where genes and variants can be pointed at. */
export function drawHead(
  scene: Scene,
  state: ViewState,
  cache: TileCache,
  theme: ThemeName,
): FeatureBoxes {
  const t = tokens(theme);
  const { head } = state.layout;
  const overview = { ...plotAt(state, t, head.overviewTop, OVERVIEW_HEIGHT), region: state.bounds };
  drawOverview(scene, overview, state.region, overviewLane(state, cache, theme));
  drawRuler(scene, plotAt(state, t, head.rulerTop, RULER_HEIGHT));
  if (head.sequenceTop !== null) drawBases(scene, state, theme, head.sequenceTop);
  let genes: readonly HitBox[] = [];
  if (head.genesTop !== null && state.genes !== null) {
    const plot = plotAt(state, t, head.genesTop, GENE_ROW * GENE_ROWS);
    const layout = layoutGenes(state.genes, plot, { maxRows: GENE_ROWS });
    genes = drawGenes(scene, state.genes, plot, layout);
    drawHidden(scene, state, t, head.genesTop + 22, hiddenLabels.genes, layout.nHidden);
  }
  let variants: readonly HitBox[] = [];
  if (head.variantsTop !== null && state.variants !== null) {
    const plot = plotAt(state, t, head.variantsTop, VARIANT_HEIGHT);
    const drawn = drawVariants(scene, state.variants, plot, focusedVariant(state));
    variants = drawn.boxes;
    drawHidden(scene, state, t, head.variantsTop + 26, hiddenLabels.variants, drawn.hiddenLabels);
  }
  return { genes, variants };
}

function drawBases(scene: Scene, state: ViewState, theme: ThemeName, top: number): void {
  const t = tokens(theme);
  const plot = plotAt(state, t, top, SEQUENCE_HEIGHT);
  const look = drawSequence(scene, plot, state.bases, {
    colours: baseColours(state.palette, theme),
    hasShapes: state.palette === "mono",
  });
  if (look === "none") {
    scene.text(plot.x + 4, top + 12, words.zoomForBases, { size: 11, fill: t.text2 });
  }
}

function drawHidden(
  scene: Scene,
  state: ViewState,
  t: Tokens,
  y: number,
  text: (n: number) => string,
  n: number,
): void {
  const { gutter } = state.layout;
  if (n === 0 || gutter < 180) return;
  scene.text(gutter - 8, y, text(n), { size: 11, fill: t.text2, anchor: "end" });
}

/** The overview shows the first lane over the whole bounds. */
function overviewLane(
  state: ViewState,
  cache: TileCache,
  theme: ThemeName,
): Parameters<typeof drawOverview>[3] {
  const group = state.layout.groups[0];
  const track = group?.lanes[0]?.track ?? state.layout.trackIds[0];
  if (state.catalog === null || track === undefined)
    return { columns: null, colour: tokens(theme).ref };
  const view = { region: state.bounds, bpPerPx: widthOf(state.bounds) / plotWidthOf(state) };
  return {
    columns: cache.gather("ref", track, geometryOf(state.catalog.geometry, track), view),
    colour: categoryColour(group?.colourIndex ?? 0, theme),
  };
}

/** The y axes of the given lanes; `offset` turns lane tops into scene px. */
export function drawAxes(
  scene: Scene,
  state: ViewState,
  lanes: readonly Lane[],
  scales: ReadonlyMap<string, YScale>,
  options: { readonly theme: ThemeName; readonly offset: number },
): void {
  const t = tokens(options.theme);
  for (const lane of lanes) {
    if (lane.mark === "strip") continue;
    const isSigned = isSignedLane(state, lane);
    drawYAxis(scene, {
      x: state.layout.gutter,
      y: lane.top + options.offset,
      height: lane.height,
      scale: scales.get(scaleKey(state, lane)) ?? niceScale(state.scale.kind, null, isSigned),
      tokens: t,
      isSigned,
    });
  }
}

/** Hairlines between groups. */
export function drawGroupLines(
  scene: Scene,
  state: ViewState,
  theme: ThemeName,
  offset: number,
): void {
  for (const group of state.layout.groups) {
    const y = Math.round(group.top + offset) + 0.5;
    scene.line(0, y, mainWidthOf(state), y, tokens(theme).line);
  }
}

/** Labels that the page shows as elements, written into an exported picture. */
export function drawLabels(scene: Scene, state: ViewState, theme: ThemeName): void {
  const t = tokens(theme);
  const { head, gutter, groups } = state.layout;
  const room = gutter - LABEL_X - 40;
  const label = (y: number, text: string, weight: 400 | 600, size = 12, fill = t.text): void => {
    scene.text(LABEL_X, y, elideEnd(cleanText(text), room, size, weight), { size, weight, fill });
  };
  label(head.overviewTop + 18, words.overview, 400);
  label(head.rulerTop + 17, `${displayChrom(state.bounds.chrom)} ${state.about.assembly}`, 600);
  if (head.annotationTop !== null) {
    heading(
      scene,
      t,
      head.annotationTop,
      words.annotation,
      annotationNote(state.genes?.n ?? null, state.variants?.n ?? null),
    );
  }
  if (head.sequenceTop !== null) label(head.sequenceTop + 12, words.sequence, 400);
  if (head.genesTop !== null) label(head.genesTop + 22, words.genes, 400);
  if (head.variantsTop !== null) label(head.variantsTop + 26, words.variants, 400);
  for (const group of groups) {
    heading(scene, t, head.height + group.top, groupHeading(group), groupNote(group));
    for (const lane of group.lanes) {
      const y = head.height + lane.top;
      if (lane.mark === "strip") label(y + 9, lane.title + lane.strand, 400, 11);
      else {
        label(y + lane.height / 2 - 2, lane.title, 600);
        label(y + lane.height / 2 + 12, lane.subtitle, 400, 11, t.text2);
      }
    }
  }
}

function heading(scene: Scene, t: Tokens, y: number, title: string, note: string): void {
  const text = cleanText(title);
  const base = y + HEADING - 7;
  scene.text(LABEL_X, base, text, { size: 13, weight: 600, fill: t.text });
  const x = LABEL_X + textWidth(text, 13, 600) + 8;
  scene.text(x, base, cleanText(note), { size: 11, fill: t.text2 });
}
