"""Genes and variants of the fallback picture: packed rows, labels that never touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.widgets.sketch import fitted, text_width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locuscope.genome.genes import GeneLane
    from locuscope.genome.interval import Interval
    from locuscope.widgets.features import VariantLane
    from locuscope.widgets.sketch import Sketch

GENE_ROW: Final = 18
MOST_GENE_ROWS: Final = 3
VARIANT_HEIGHT: Final = 40
_LABEL_GAP: Final = 4
_MOST_MARKS: Final = 2_000


@dataclass(frozen=True)
class PlotPlace:
    """Where genome positions lie: `where` fills `width` css px from `left`."""

    where: Interval
    left: int
    width: int

    def x(self, position: float) -> float:
        """Css px of the left border of a 0-based position."""
        return self.left + (position - self.where.start) * self.width / self.where.width

    @property
    def right(self) -> int:
        """First css px behind the plot."""
        return self.left + self.width


@dataclass(frozen=True)
class PlacedGene:
    """A gene with its row, its px, and where its label begins."""

    number: int
    row: int
    x0: float
    x1: float
    label_x: float


def pack_genes(lane: GeneLane, place: PlotPlace) -> tuple[list[PlacedGene], int]:
    """Genes of the view in rows that leave 4 px between neighbours, and how many found no row.

    Coding genes come first, then long ones; each takes the lowest free row. The label stands left
    of the gene, or at the left edge of the plot when the gene begins before it.
    """
    is_seen = (lane.start < place.where.end) & (lane.end > place.where.start)
    seen = np.flatnonzero(is_seen).tolist()
    seen.sort(key=lambda i: (lane.is_coding[i] != 1, -int(lane.end[i]) + int(lane.start[i]), i))
    taken: list[list[tuple[float, float]]] = [[] for _ in range(MOST_GENE_ROWS)]
    placed = []
    for number in seen:
        x0 = max(place.x(float(lane.start[number])), float(place.left))
        x1 = min(max(place.x(float(lane.end[number])), x0 + 2), float(place.right))
        label = text_width(_name(lane, number))
        label_x = x0 - label - _LABEL_GAP
        if label_x < place.left:
            label_x = float(place.left)
            x0 = min(x0, x1)
        span = (min(label_x, x0), max(x1, label_x + label) + _LABEL_GAP)
        for row, spans in enumerate(taken):
            if all(span[1] <= a or span[0] >= b for a, b in spans):
                spans.append(span)
                placed.append(PlacedGene(number, row, x0, x1, label_x))
                break
    return placed, len(seen) - len(placed)


def gene_rows(lane: GeneLane, place: PlotPlace) -> int:
    """Rows that the genes of the view need, at least one."""
    placed, _ = pack_genes(lane, place)
    return 1 + max((gene.row for gene in placed), default=0)


def draw_genes(sketch: Sketch, lane: GeneLane, place: PlotPlace, top: int) -> None:
    """Bodies, exons, coding parts, names; what found no row is counted in the gutter."""
    placed, n_hidden = pack_genes(lane, place)
    sketch.text(26, top + GENE_ROW / 2, "Genes", size=12)
    if n_hidden:
        sketch.text(
            place.left - 12,
            top + GENE_ROW / 2,
            f"+{n_hidden:,} genes",
            colour="text2",
            anchor="right",
        )
    for gene in placed:
        middle = top + gene.row * GENE_ROW + GENE_ROW / 2
        label = _name(lane, gene.number)
        clear = gene.label_x + text_width(label) + _LABEL_GAP
        begin = max(gene.x0, clear) if gene.label_x >= place.left and clear > gene.x0 else gene.x0
        if begin < gene.x1:
            sketch.box(begin, middle, gene.x1, middle + 1, "line_strong")
            _draw_chevrons(sketch, begin, gene.x1, middle, int(lane.strand[gene.number]))
        _draw_exons(sketch, lane, place, gene.number, middle=middle, begin=begin)
        sketch.text(gene.label_x, middle, label)


def _draw_exons(
    sketch: Sketch, lane: GeneLane, place: PlotPlace, number: int, *, middle: float, begin: float
) -> None:
    """Exons as boxes: filled for a gene known to be coding, else outlined."""
    is_coding = lane.is_coding[number] == 1
    half = 6.0 if is_coding else 4.5
    for i in range(int(lane.exon_offsets[number]), int(lane.exon_offsets[number + 1])):
        x0 = max(place.x(float(lane.exon_start[i])), begin)
        x1 = min(place.x(float(lane.exon_end[i])), float(place.right))
        if x1 < place.left or x0 > place.right or x1 < x0:
            continue
        x1 = max(x1, x0 + 2)
        sketch.box(x0, middle - half, x1, middle + half, "coding" if is_coding else "noncoding")
        if not is_coding and x1 - x0 > 3:
            sketch.box(x0 + 1, middle - half + 1, x1 - 1, middle + half - 1, "surface")


def _draw_chevrons(sketch: Sketch, x0: float, x1: float, middle: float, strand: int) -> None:
    """Small arrows along the gene that point in its direction."""
    if strand == 0:
        return
    x = x0 + 16
    while x < x1 - 8:
        tip = x + 3 * strand
        sketch.polygon([(x, middle - 2.5), (tip, middle + 0.5), (x, middle + 3.5)], "line_strong")
        x += 40


def draw_variants(
    sketch: Sketch, lane: VariantLane, place: PlotPlace, top: int, focus: Mapping[str, Any] | None
) -> None:
    """One mark per variant, labels where there is room; the highlighted one in accent and first."""
    is_seen = (lane.start < place.where.end) & (lane.end > place.where.start)
    seen = np.flatnonzero(is_seen)[:_MOST_MARKS].tolist()
    base = top + VARIANT_HEIGHT - 12
    sketch.text(26, base, "Variants", size=12)
    sketch.box(place.left, base + 6, place.right, base + 7, "line")
    chosen = [i for i in seen if focus is not None and int(lane.start[i]) == focus["start"]]
    spans: list[tuple[float, float]] = []
    n_labels = 0
    for i in [*chosen, *(j for j in seen if j not in set(chosen))]:
        is_chosen = i in chosen
        x = place.x(float(lane.start[i]) + 0.5)
        _draw_mark(sketch, x, base, int(lane.kind[i]), is_chosen=is_chosen)
        label = lane.ids[i] or lane.changes[i]
        if is_chosen:
            label = f"{label} {lane.changes[i]}" if lane.ids[i] else label
        label = fitted(label, 160, bold=is_chosen)
        width = text_width(label, bold=is_chosen)
        begin = x + 7 if x + 7 + width < place.right else x - 7 - width
        span = (begin - _LABEL_GAP, begin + width + _LABEL_GAP)
        if begin < place.left or any(span[0] < b and a < span[1] for a, b in spans):
            continue
        spans.append(span)
        n_labels += 1
        colour = "accent" if is_chosen else "text2"
        sketch.text(begin, base - 12, label, colour=colour, bold=is_chosen)
    hidden = len(seen) - n_labels
    if hidden > 0:
        words = f"+{hidden:,} labels"
        sketch.text(place.left - 12, base, words, colour="text2", anchor="right")


def _draw_mark(sketch: Sketch, x: float, y: float, kind: int, *, is_chosen: bool) -> None:
    """SNV circle, insertion triangle, deletion bar; others a circle."""
    colour = "accent" if is_chosen else "text2"
    sketch.box(x - 0.5, y, x + 0.5, y + 6, colour)
    if kind == 2:
        sketch.polygon([(x - 4, y + 3), (x, y - 4), (x + 4, y + 3)], colour)
    elif kind == 3:
        sketch.box(x - 4, y - 2, x + 4, y + 2, colour)
    else:
        sketch.disc(x, y, 3.5, colour, is_filled=is_chosen)


def _name(lane: GeneLane, number: int) -> str:
    return fitted(lane.name[number], 120)
