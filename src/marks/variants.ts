/**
 * Variants as marks on a line: circle for a substitution, bar for a deletion, triangle for an
 * insertion. The selected one stands higher, filled, with a bold label. Labels that would touch
 * another label or mark are hidden and counted.
 */
import { VARIANT_KINDS, type VariantKind, type VariantMarks } from "../core/annotation_answers.js";
import { cleanText } from "../core/display_text.js";
import type { Scene } from "../core/scene.js";
import { elideMiddle, textWidth } from "../core/text_metrics.js";
import { plotX, type HitBox, type Plot } from "./plot.js";

const SIZE = 11;
const LONGEST_LABEL_PX = 160;
const LABEL_OFFSET = 8;
/** Beyond this many variants in view no label is tried: all would touch. */
const MOST_LABELLED = 400;

export interface VariantDrawing {
  readonly boxes: readonly HitBox[];
  readonly hiddenLabels: number;
}

interface Visible {
  readonly index: number;
  readonly px: number;
  readonly kind: VariantKind;
  readonly isSelected: boolean;
}

interface Stretch {
  readonly x0: number;
  readonly x1: number;
}

/** `selected` is the row of the emphasised variant, -1 for none. */
export function drawVariants(
  scene: Scene,
  variants: VariantMarks,
  plot: Plot,
  selected = -1,
): VariantDrawing {
  const { x, y, width, height, tokens } = plot;
  const base = y + height - 4;
  scene.line(x, base + 0.5, x + width, base + 0.5, tokens.line);
  const visible = visibleVariants(variants, plot, selected);
  const boxes: HitBox[] = [];
  const drawn = new Set<string>();
  for (const mark of visible) {
    const place = `${mark.px} ${mark.kind}`;
    if (!mark.isSelected && drawn.has(place)) continue;
    drawn.add(place);
    drawMark(scene, plot, mark, base);
    const top = mark.isSelected ? y : base - 16;
    boxes.push({ index: mark.index, x: mark.px - 6, y: top, w: 12, h: base - top + 2 });
  }
  return { boxes, hiddenLabels: drawLabels(scene, variants, plot, visible) };
}

/** Variants in view, the selected one last so that it is on top. */
function visibleVariants(variants: VariantMarks, plot: Plot, selected: number): Visible[] {
  const at = plotX(plot);
  const visible: Visible[] = [];
  let chosen: Visible | null = null;
  for (let i = 0; i < variants.n; i += 1) {
    const start = variants.start[i] as number;
    const end = Math.max(start + 1, variants.end[i] as number);
    if (end <= plot.region.start || start >= plot.region.end) continue;
    const kind = VARIANT_KINDS[variants.kind[i] as number] ?? "delins";
    const middle = at(kind === "snv" ? start + 0.5 : (start + end) / 2);
    const px = Math.min(
      plot.x + plot.width - 0.5,
      Math.max(plot.x + 0.5, Math.round(middle) + 0.5),
    );
    const mark = { index: i, px, kind, isSelected: i === selected };
    if (mark.isSelected) chosen = mark;
    else visible.push(mark);
  }
  return chosen === null ? visible : [...visible, chosen];
}

function drawMark(scene: Scene, plot: Plot, mark: Visible, base: number): void {
  const { tokens, y } = plot;
  const { px, kind, isSelected } = mark;
  const colour = isSelected ? tokens.accent : tokens.text2;
  const head = isSelected ? y + 9 : base - 8;
  scene.line(px, head, px, base, colour, isSelected ? 2 : 1);
  const size = isSelected ? 1.4 : 1;
  if (kind === "deletion" || kind === "delins") {
    scene.rect(px - 4 * size, head - 2 * size, 8 * size, 4 * size, { fill: colour });
  } else if (kind === "insertion") {
    scene.path(
      [
        ["M", px - 4.5 * size, head + 3],
        ["L", px + 4.5 * size, head + 3],
        ["L", px, head - 4 * size],
        ["Z"],
      ],
      { fill: colour },
    );
  } else {
    const fill = isSelected ? colour : tokens.surface;
    scene.circle(px, head, isSelected ? 5 : 3.5, { fill, stroke: colour, strokeWidth: 1.5 });
  }
}

function labelOf(variants: VariantMarks, mark: Visible): string {
  const id = variants.ids[mark.index] ?? "";
  const change = variants.changes[mark.index] ?? "";
  const hasId = id !== "" && id !== ".";
  const text = hasId && mark.isSelected ? `${id} ${change}` : hasId ? id : change;
  const weight = mark.isSelected ? 600 : 400;
  return elideMiddle(cleanText(text, 60), LONGEST_LABEL_PX, SIZE, weight);
}

/** The selected label first, then from left to right; returns how many found no room. */
function drawLabels(
  scene: Scene,
  variants: VariantMarks,
  plot: Plot,
  visible: readonly Visible[],
): number {
  const { tokens, y, height } = plot;
  const right = plot.x + plot.width;
  const last = visible.at(-1);
  if (last?.isSelected === true) {
    const text = labelOf(variants, last);
    const width = textWidth(text, SIZE, 600);
    const isLeft = last.px + 9 + width > right;
    const style = { size: SIZE, weight: 600, fill: tokens.accent } as const;
    const anchor = isLeft ? "end" : "start";
    scene.text(last.px + (isLeft ? -9 : 9), y + 13, text, { ...style, anchor });
  }
  const others = visible
    .filter((mark) => !mark.isSelected)
    .sort((a, b) => a.px - b.px || a.index - b.index);
  if (others.length > MOST_LABELLED) return others.length;
  const marks = [...new Set(visible.map((mark) => mark.px))].sort((a, b) => a - b);
  let free = -Infinity;
  let hidden = 0;
  for (const mark of others) {
    const text = labelOf(variants, mark);
    const x0 = mark.px + LABEL_OFFSET;
    const label: Stretch = { x0, x1: x0 + textWidth(text, SIZE) };
    const next = marks.find((px) => px > mark.px) ?? Infinity;
    if (text === "" || label.x0 < free || label.x1 > right || label.x1 + LABEL_OFFSET > next) {
      hidden += 1;
      continue;
    }
    scene.text(label.x0, y + height - 8, text, { size: SIZE, fill: tokens.text2 });
    free = label.x1 + 4;
  }
  return hidden;
}
