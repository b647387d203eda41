"""Figures of many alleles: `manhattan`, `volcano`, `ranks`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope._closest import counted
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.plots.contig_axis import ContigAxis
from locuscope.plots.drawn_scores import DrawnScore, drawn_p_values, drawn_score
from locuscope.plots.figure import Drawing, Figure, LinkedFigure
from locuscope.plots.point_texts import point_texts
from locuscope.plots.scatter import Content, draw
from locuscope.plots.texts import number, plain
from locuscope.plots.thinning import boxes, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.genes import Genes
    from locuscope.widgets.workspace import Region

KINDS = ("manhattan", "volcano", "ranks")
TINIEST_P = 1.4e-45
"""The smallest float32; a p-value of 0 is one that was smaller than this."""


def plot(
    scores: VariantScores,
    kind: Literal["manhattan", "volcano", "ranks"] = "manhattan",
    *,
    score: str | None = None,
    track: str | int | None = None,
    region: Region | None = None,
    genes: Genes | None = None,
    max_points: int = 20_000,
) -> Figure:
    """Draw one score of all alleles.

    Args:
        scores: the alleles.
        kind: "manhattan" = score along the genome, contigs in genome order; "volcano" = score
            against -log10 of its p-value (`marginalize_variants`); "ranks" = scores in falling
            order.
        score: which; None = the first.
        track: label or number of a column; None = per allele the one of largest magnitude. Of
            `splice_delta` the columns `DS_..` are looked at, `DP_..` (how far away) only by name.
        region: what a tap on a point moves in a live notebook (jupyter_bokeh): the region of a
            TrackBrowser, or any other that widgets share.
        genes: names for the hover text; None = those that the score itself was computed for.
        max_points: the alleles of largest magnitude are drawn as points, all others are counted in
            shaded boxes.

    Returns:
        A Figure, which shows itself in a notebook and has `save_html(path)`. Alleles without a
        score are counted in its title and drawn nowhere.

    Raises:
        UnknownNameError: no such score or column. OptionError: no such kind, a volcano without
        p-values, `max_points` below 1. WrongTypeError: a region that cannot move.
        MissingExtraError: a region without jupyter_bokeh.
    """
    check_choice("kind", kind, KINDS)
    most = whole_number(max_points, "max_points")
    if most < 1:
        raise OptionError(
            f"max_points is {most}; at least 1 point is needed.", option="max_points", value=most
        )
    drawn = drawn_score(scores, score, track)
    placed = _PLACES[kind](scores, drawn)
    content, rows = _content(scores, drawn, placed, genes=genes, max_points=most)

    def build() -> Drawing:
        return draw(content, can_tap=region is not None)

    if region is None:
        return Figure(content.title, content.lines, build)
    variants = scores.variants
    return LinkedFigure(
        content.title,
        content.lines,
        build,
        region=region,
        variant_of=lambda k: variants[int(rows[k])],
    )


@dataclass(frozen=True, eq=False)
class _Placed:
    """Where the alleles of a figure lie: (V,) each, NaN for those that lie nowhere."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    y_label: str
    axis: ContigAxis | None = None
    p: tuple[str, NDArray[np.float64]] | None = None


def _along_genome(scores: VariantScores, drawn: DrawnScore) -> _Placed:
    has_score = np.isfinite(drawn.values)
    table = scores.variants.table.filter(has_score)
    axis = ContigAxis.of(table["chrom"].to_list(), table["pos"].to_numpy().astype(np.int64))
    x = np.full(len(scores), np.nan)
    x[has_score] = axis.x
    name = plain(axis.names[0]) if len(axis.names) == 1 else ""
    label = f"position on {name} (bp)" if name else "contig"
    return _Placed(x, drawn.values, label, drawn.score, axis)


def _against_p(scores: VariantScores, drawn: DrawnScore) -> _Placed:
    name, p = drawn_p_values(scores, drawn)
    height = -np.log10(np.maximum(p, TINIEST_P))
    return _Placed(drawn.values, height, drawn.score, f"\u2212log10 {name}", p=(name, p))


def _by_rank(_: VariantScores, drawn: DrawnScore) -> _Placed:
    has_score = np.isfinite(drawn.values)
    x = np.full(len(drawn.values), np.nan)
    order = np.argsort(-drawn.values[has_score], kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    x[has_score] = ranks
    return _Placed(x, drawn.values, "rank, largest score first", drawn.score)


_PLACES = {"manhattan": _along_genome, "volcano": _against_p, "ranks": _by_rank}


def _content(
    scores: VariantScores,
    drawn: DrawnScore,
    placed: _Placed,
    *,
    genes: Genes | None,
    max_points: int,
) -> tuple[Content, NDArray[np.int64]]:
    """Gather what is drawn; also the rows of the points."""
    shown = np.flatnonzero(np.isfinite(placed.x) & np.isfinite(placed.y))
    first, rest = (shown[part] for part in split(np.abs(drawn.values[shown]), max_points))
    texts = point_texts(scores, drawn, first, genes=genes)
    if placed.p is not None:
        texts["p"] = [_p_text(value) for value in placed.p[1][first].tolist()]
    x, y = placed.x, placed.y
    ranges = _range(x[shown]), _range(y[shown])
    content = Content(
        title=_title(drawn, placed, len(shown)),
        lines=_lines(scores, drawn, len(first), len(rest)),
        x=x[first],
        y=y[first],
        value=drawn.values[first],
        texts=texts,
        boxes=boxes(x[rest], y[rest], *ranges) if len(rest) else None,
        x_label=placed.x_label,
        y_label=placed.y_label,
        value_axis="x" if placed.p is not None else "y",
        score=drawn.score,
        p_name=None if placed.p is None else placed.p[0],
        axis=placed.axis,
    )
    return content, first


def _title(drawn: DrawnScore, placed: _Placed, n_shown: int) -> str:
    n_none = int(np.isnan(drawn.values).sum())
    n_infinite = int(np.isinf(drawn.values).sum())
    said = [f"{drawn.score}: {counted(n_shown, 'allele')}", f"{n_none:,} without a score"]
    if n_infinite:
        said.append(f"{n_infinite:,} infinite")
    if placed.p is not None:
        n_untested = int((np.isfinite(drawn.values) & ~np.isfinite(placed.y)).sum())
        said += [f"{n_untested:,} without {placed.p[0]}"] if n_untested else []
    return ", ".join(said)


def _lines(scores: VariantScores, drawn: DrawnScore, n_points: int, n_boxed: int) -> list[str]:
    facts: dict[str, Any] = dict(scores.provenance)
    known = [facts.get("model"), facts.get("assembly") or facts.get("genome")]
    lines = [" \u00b7 ".join([plain(drawn.what, 48), *(plain(str(x), 24) for x in known if x)])]
    if n_boxed:
        lines.append(
            f"{n_points:,} of largest magnitude as points, {n_boxed:,} more counted in shaded boxes"
        )
    return lines


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _p_text(value: float) -> str:
    return f"below {number(TINIEST_P)}" if value == 0 else number(value)
