/**
 * Genes as lines with exon bodies and strand chevrons, packed into rows. The name stands left of
 * the gene; when the gene starts outside the view it stands at the left border with an arrow and
 * the line begins after it. Genes that find no row are counted.
 */
import type { GeneTable } from "../core/annotation_answers.js";
import { cleanText } from "../core/display_text.js";
import type { PathStep, Scene } from "../core/scene.js";
import { elideEnd, textWidth } from "../core/text_metrics.js";
import { packRows, type Packable } from "./packing.js";
import { plotX, type HitBox, type Plot } from "./plot.js";

export const GENE_ROW = 18;
export const MOST_GENE_ROWS = 6;

const SIZE = 12;
const NAME_GAP = 6;
const ARROW = 8;
const LONGEST_NAME_PX = 140;
const CHEVRON_STEP = 14;
/** A gene of a million bases is less important than a coding one of a hundred. */
const CODING = 2 ** 32;

type NamePlace = "left" | "sticky" | "right";

export interface PlacedGene extends Packable {
  readonly index: number;
  readonly label: string;
  readonly namePlace: NamePlace;
  /** Where the drawn line begins and ends, px. */
  readonly from: number;
  readonly to: number;
  readonly labelX: number;
}

export interface GeneLayout {
  readonly genes: readonly PlacedGene[];
  readonly rows: Int32Array;
  readonly nRows: number;
  readonly nHidden: number;
}

/** Place every gene that touches the region; `first` is a gene to place before all others. */
export function layoutGenes(
  genes: GeneTable,
  plot: Plot,
  { maxRows = MOST_GENE_ROWS, first = -1 }: { maxRows?: number; first?: number } = {},
): GeneLayout {
  const placed: PlacedGene[] = [];
  for (let i = 0; i < genes.n; i += 1) {
    const start = genes.start[i] as number;
    const end = genes.end[i] as number;
    if (end <= plot.region.start || start >= plot.region.end) continue;
    const priority = end - start + (genes.isCoding[i] === 1 ? CODING : 0);
    placed.push(
      placeGene(i, genes.names[i] ?? "", [start, end], plot, i === first ? Infinity : priority),
    );
  }
  return { genes: placed, ...packRows(placed, maxRows) };
}

function placeGene(
  index: number,
  name: string,
  [start, end]: readonly [number, number],
  plot: Plot,
  priority: number,
): PlacedGene {
  const at = plotX(plot);
  const label = elideEnd(cleanText(name, 60), LONGEST_NAME_PX, SIZE);
  const labelWidth = textWidth(label, SIZE);
  const right = plot.x + plot.width;
  const body = [Math.max(plot.x, at(start)), Math.min(right, at(end))] as const;
  const from = body[0];
  const to = Math.max(body[1], Math.min(right, from + 1));
  const base = { index, name, label, priority, to };
  const isWholeLeft = start >= plot.region.start;
  if (isWholeLeft && from - NAME_GAP - labelWidth >= plot.x) {
    const labelX = from - NAME_GAP - labelWidth;
    return { ...base, namePlace: "left", from, labelX, x0: labelX, x1: to };
  }
  if (isWholeLeft && to + NAME_GAP + labelWidth <= right) {
    const labelX = to + NAME_GAP;
    return { ...base, namePlace: "right", from, labelX, x0: from, x1: labelX + labelWidth };
  }
  const arrow = isWholeLeft ? 0 : ARROW;
  const labelX = plot.x + 4 + arrow;
  const lineFrom = labelX + labelWidth + NAME_GAP;
  const x1 = Math.max(to, labelX + labelWidth);
  return { ...base, namePlace: "sticky", from: lineFrom, labelX, x0: plot.x, x1 };
}

/** Draw what `layoutGenes` placed; the boxes answer to the pointer. */
export function drawGenes(
  scene: Scene,
  genes: GeneTable,
  plot: Plot,
  layout: GeneLayout,
): HitBox[] {
  const boxes: HitBox[] = [];
  for (const [i, gene] of layout.genes.entries()) {
    const row = layout.rows[i] as number;
    if (row < 0) continue;
    const y = plot.y + row * GENE_ROW;
    drawGene(scene, genes, plot, gene, y + GENE_ROW / 2);
    boxes.push({ index: gene.index, x: gene.x0, y, w: gene.x1 - gene.x0, h: GENE_ROW });
  }
  return boxes;
}

function drawGene(
  scene: Scene,
  genes: GeneTable,
  plot: Plot,
  gene: PlacedGene,
  middle: number,
): void {
  const { tokens } = plot;
  const isCoding = genes.isCoding[gene.index] === 1;
  const strand = genes.strand[gene.index] as number;
  const base = Math.floor(middle) + 0.5;
  if (gene.namePlace === "sticky" && gene.labelX > plot.x + ARROW) {
    drawLeftArrow(scene, gene.labelX - 4, base, tokens.text2);
  }
  const style = { size: SIZE, fill: tokens.text, italic: true } as const;
  scene.text(gene.labelX, base + 4, gene.label, style);
  if (gene.to <= gene.from) return;
  scene.line(gene.from, base, gene.to, base, tokens.lineStrong);
  let free = gene.from;
  for (const [from, to] of exonSpans(genes, gene, plot)) {
    if (strand !== 0) drawChevrons(scene, [free, from], base, strand, tokens.lineStrong);
    if (isCoding) {
      const paint = { fill: tokens.categories[0] ?? tokens.text, radius: 1 };
      scene.rect(from, base - 6.5, to - from, 13, paint);
    } else {
      const paint = {
        fill: tokens.surface,
        stroke: tokens.categories[7] ?? tokens.text2,
        radius: 1,
      };
      scene.rect(from + 0.75, base - 4.5, Math.max(1.5, to - from - 1.5), 9, {
        ...paint,
        strokeWidth: 1.5,
      });
    }
    free = to;
  }
  if (strand !== 0) drawChevrons(scene, [free, gene.to], base, strand, tokens.lineStrong);
}

/** Exon bodies in px, at least 3 wide, cut to the drawn line, touching ones joined. */
function exonSpans(genes: GeneTable, gene: PlacedGene, plot: Plot): [number, number][] {
  const at = plotX(plot);
  const spans: [number, number][] = [];
  const stop = genes.exonOffsets[gene.index + 1] as number;
  for (let e = genes.exonOffsets[gene.index] as number; e < stop; e += 1) {
    const from = Math.max(gene.from, at(genes.exonStart[e] as number));
    const end = Math.min(gene.to, at(genes.exonEnd[e] as number));
    if (end <= gene.from || from >= gene.to) continue;
    const to = Math.min(Math.max(end, from + 3), Math.max(gene.to, from + 3));
    const last = spans.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else spans.push([from, to]);
  }
  return spans;
}

/** Small arrow heads along the free line, pointing with the strand. */
function drawChevrons(
  scene: Scene,
  [from, to]: readonly [number, number],
  y: number,
  strand: number,
  stroke: string,
): void {
  const steps: PathStep[] = [];
  for (let x = from + 10; x < to - 6; x += CHEVRON_STEP) {
    const tip = strand > 0 ? 1.5 : -1.5;
    steps.push(["M", x - tip, y - 3], ["L", x + tip, y], ["L", x - tip, y + 3]);
  }
  if (steps.length > 0) scene.path(steps, { stroke, strokeWidth: 1.2 });
}

function drawLeftArrow(scene: Scene, x: number, y: number, stroke: string): void {
  const steps: PathStep[] = [
    ["M", x, y - 3],
    ["L", x - 3, y],
    ["L", x, y + 3],
  ];
  scene.path(steps, { stroke, strokeWidth: 1.5 });
}
