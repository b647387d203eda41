"""A mutation map as a figure for paper and notebook: `plot`.

Four rows A C G T, coloured around 0, under the letters of the reference; variants are framed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from locuscope.genome.sequence import BASES
from locuscope.plots.map_data import map_data
from locuscope.plots.map_options import colour_map, figure_size, magnitude

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage

    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.plots.map_data import MapData

LOGO_ROWS: Final = 2.0
"""Height of the letters, in rows of the heatmap: half of its four."""
GAP_ROWS: Final = 0.18
LANE_ROWS: Final = 0.62
LETTER_COLOURS: Final = {
    "light": {"A": "#00916b", "C": "#00558f", "G": "#c58600", "T": "#a63000"},
    "dark": {"A": "#3fd6a8", "C": "#4c93e6", "G": "#ffdd66", "T": "#ee5a24"},
}
"""Those of the widgets, told apart by colour-blind people."""
UNKNOWN_COLOUR: Final = "#d0d4d9"
HATCH_COLOUR: Final = "#8c959f"
DOT_COLOUR: Final = "#57606a"
LABEL_COLOURS: Final = {"facecolor": "#f6f7f9", "edgecolor": "#8c959f"}
ARROW_COLOUR: Final = "#7d8590"
"""Seen on white, on black and on the cells it crosses."""
MOST_DOTS: Final = 400
MOST_LETTERS: Final = 500
"""Columns beyond which a letter is too narrow to be read; a bar of its colour stands for it."""
LETTER_PT: Final = 9.0


class MapPlotOptions(TypedDict, total=False):
    """The options of `plot`, by name."""

    score: str | None
    track: object
    ax: Axes | None
    figsize: tuple[float, float] | None
    limit_region: Sequence[object] | None
    limit_region_genomic: Sequence[object] | None
    annotation_variants: object
    annotation_vcf: str | PathLike[str] | None
    ignore_stored_annotations: bool
    rc_plot: bool
    letter_heights: str
    minimum_letter_height: float | None
    show_letter_scale: bool
    cmap: str | Colormap
    value_range: object
    cbar: bool
    var_box_color: str
    show_var_id: bool


def plot(
    mutation_map: MutationMap,
    *,
    score: str | None = None,
    track: object = None,
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    limit_region: Sequence[object] | None = None,
    limit_region_genomic: Sequence[object] | None = None,
    annotation_variants: object = None,
    annotation_vcf: str | PathLike[str] | None = None,
    ignore_stored_annotations: bool = False,
    rc_plot: bool = False,
    letter_heights: str = "mean_abs",
    minimum_letter_height: float | None = None,
    show_letter_scale: bool = False,
    cmap: str | Colormap = "bwr",
    value_range: object = None,
    cbar: bool = True,
    var_box_color: str = "black",
    show_var_id: bool = True,
) -> Axes:
    """Draw one track of a map.

    Args:
        mutation_map: what is drawn.
        score: the layer; None = the active one.
        track: label or place of the track; None where there is one.
        ax: where to draw; None makes a figure.
        figsize: its width and height in inches; None = (20, 4), as published. Letters have the same
            size on any figure, so a narrow one, such as (12, 3), is read more easily in a notebook.
        limit_region: columns (start, end) to show.
        limit_region_genomic: the same as 0-based positions on the genome.
        annotation_variants: variants to frame besides those stored with the map: a dict of the
            lists chr, pos (1-based), id, ref, alt; or variants in any form.
        annotation_vcf: a VCF whose variants are framed where they lie on the map.
        ignore_stored_annotations: leave those of the map out.
        rc_plot: read the other strand: columns reversed, every letter and row complemented.
        letter_heights: "mean_abs" or "signed" (`MutationMap.letter_heights`).
        minimum_letter_height: part of the highest letter that every letter gets at least.
        show_letter_scale: ticks for the lowest and highest letter.
        cmap: diverging colours, 0 in their middle.
        value_range: the largest magnitude on the colour scale; a pair (low, high) round 0 counts by
            its larger side. None = that of the columns shown. "shared" is what
            `MutationMapSet.plot` takes for all maps of the set; a lone map shares with none.
        cbar: draw the colour scale.
        var_box_color: of the frames and their arrows.
        show_var_id: write the id of each variant beside its frame.

    Returns:
        The axes. Columns are centred on 0, 1, 2, ...; row k of A C G T lies between -k-1 and -k.

    Raises:
        OutOfBoundsError: a limit outside the map.
        OptionError: an option outside its list; `figsize` beside `ax`.
    """
    size = figure_size(figsize, ax)
    data = map_data(
        mutation_map,
        score=score,
        track=track,
        limit_region=limit_region,
        limit_region_genomic=limit_region_genomic,
        annotation_variants=annotation_variants,
        annotation_vcf=annotation_vcf,
        ignore_stored_annotations=ignore_stored_annotations,
        rc_plot=rc_plot,
        letter_heights=letter_heights,
        minimum_letter_height=minimum_letter_height,
    )
    colours = colour_map(cmap)
    limit = magnitude(value_range, data)
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=size, layout="constrained")
    image = _heatmap(ax, data, colours, limit)
    ticks = _letters(ax, data)
    lanes = _frames(ax, data, var_box_color, show_id=show_var_id)
    _axes(ax, data, mutation_map, lanes, ticks if show_letter_scale else {})
    layer = mutation_map.score if score is None else score
    label = mutation_map.labels[mutation_map.track_row(track)]
    ax.set_title(f"{layer}, {label}", loc="left", fontsize="medium")
    if cbar:
        bar = ax.figure.colorbar(image, ax=ax, pad=0.01, fraction=0.02, label=layer)
        bar.outline.set_linewidth(0)
    return ax


def _heatmap(ax: Axes, data: MapData, colours: Colormap, limit: float) -> AxesImage:
    from matplotlib.patches import Rectangle

    length = len(data.reference)
    image = ax.imshow(
        np.ma.masked_invalid(data.matrix),
        cmap=colours,
        vmin=-limit,
        vmax=limit,
        extent=(-0.5, length - 0.5, -4.0, 0.0),
        aspect="auto",
        interpolation="nearest",
        zorder=1,
    )
    for first, stop, rows in _unknown(data):
        top, bottom = -rows[0], -rows[-1] - 1
        ax.add_patch(
            Rectangle(
                (first - 0.5, bottom),
                stop - first,
                top - bottom,
                facecolor=UNKNOWN_COLOUR,
                edgecolor=HATCH_COLOUR,
                hatch="////",
                linewidth=0,
                zorder=2,
            )
        )
    if length <= MOST_DOTS:
        known = [(i, BASES.index(b)) for i, b in enumerate(data.reference) if b != "N"]
        columns, rows_ = zip(*known, strict=True) if known else ((), ())
        heights = -np.array(rows_, float) - 0.5
        size = min(14.0, 2_400.0 / length)
        ax.scatter(columns, heights, s=size, color=DOT_COLOUR, linewidths=0, zorder=3)
    return image


def _unknown(data: MapData) -> list[tuple[int, int, tuple[int, ...]]]:
    """Runs of columns with the same rows of NaN: first, stop, rows (neighbours)."""
    isnan = np.isnan(data.matrix)
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for i in np.flatnonzero(isnan.any(axis=0)).tolist():
        rows = tuple(np.flatnonzero(isnan[:, i]).tolist())
        runs = [rows] if rows == tuple(range(rows[0], rows[-1] + 1)) else [(row,) for row in rows]
        for run in runs:
            last = next((k for k, old in enumerate(found) if old[1] == i and old[2] == run), None)
            if last is None:
                found.append((i, i + 1, run))
            else:
                found[last] = (found[last][0], i + 1, run)
    return found


def _letters(ax: Axes, data: MapData) -> dict[float, str]:
    """Draw the reference above the heatmap; gives ticks of the lowest and highest letter."""
    import logomaker

    colours = _letter_colours(ax)
    low = min(0.0, float(np.nanmin(data.heights, initial=0.0)))
    high = max(0.0, float(np.nanmax(data.heights, initial=0.0)))
    scale = LOGO_ROWS / ((high - low) or 1.0)
    base = GAP_ROWS - low * scale
    known = [
        (column, letter, *sorted((base, base + height * scale)), bool(height < 0))
        for column, (letter, height) in enumerate(
            zip(data.reference, data.heights.tolist(), strict=True)
        )
        if letter != "N" and np.isfinite(height) and height != 0
    ]
    if len(data.reference) > MOST_LETTERS:
        columns, letters, floors, ceilings, _ = zip(*known, strict=True) if known else ((),) * 5
        tall = np.array(ceilings, float) - np.array(floors, float)
        bars = [colours[letter] for letter in letters]
        ax.bar(columns, tall, bottom=floors, width=1.0, color=bars, linewidth=0, zorder=2)
    else:
        for column, letter, floor, ceiling, is_low in known:
            logomaker.Glyph(
                column,
                letter,
                floor=floor,
                ceiling=ceiling,
                ax=ax,
                color=colours[letter],
                flip=is_low,
                zorder=2,
            )
    if low < 0:
        ax.plot([-0.5, len(data.reference) - 0.5], [base, base], color=HATCH_COLOUR, lw=0.6)
    return {base + low * scale: f"{low:.2g}", base + high * scale: f"{high:.2g}"}


def _letter_colours(ax: Axes) -> dict[str, str]:
    """Colours that stand out from the surface of the figure."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(ax.get_facecolor())
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return LETTER_COLOURS["dark" if alpha > 0 and luminance < 0.4 else "light"]


def _frames(ax: Axes, data: MapData, colour: str, *, show_id: bool) -> int:
    """Frame the variants; their ids stand below in lanes that do not overlap. Gives the lanes."""
    from matplotlib.patches import Rectangle

    length = len(data.reference)
    # what an id takes in columns: about 5.8 pt per letter in axes as wide as the figure
    width_pt = ax.get_window_extent().width * 72 / ax.figure.dpi
    per_letter = 5.8 * length / max(width_pt, 1.0)
    ends: list[float] = []
    for box in sorted(data.boxes, key=lambda each: each.first):
        bottom, top = -box.rows[-1] - 1, -box.rows[0]
        ax.add_patch(
            Rectangle(
                (box.first - 0.5, bottom),
                box.stop - box.first,
                top - bottom,
                fill=False,
                linewidth=2,
                edgecolor=colour,
                zorder=5,
                clip_on=False,
            )
        )
        if not show_id or not box.label:
            continue
        text = box.label if len(box.label) <= 40 else f"{box.label[:39]}…"
        taken = (len(text) + 2) * per_letter
        middle = (box.first + box.stop - 1) / 2
        left = min(max(middle - taken / 2, -0.5), max(length - 0.5 - taken, -0.5))
        lane = next((k for k, end in enumerate(ends) if end <= left), len(ends))
        ends[lane : lane + 1] = [left + taken]
        ax.annotate(
            text.replace("$", r"\$"),
            xy=(middle, bottom),
            xytext=(left + taken / 2, -4 - LANE_ROWS * (lane + 0.75)),
            ha="center",
            va="center",
            fontsize=LETTER_PT,
            color="#1f2328",
            arrowprops={"arrowstyle": "->", "color": ARROW_COLOUR, "shrinkA": 0, "shrinkB": 0},
            bbox={"boxstyle": "round,pad=0.25", **LABEL_COLOURS, "linewidth": 0.6},
            zorder=6,
            annotation_clip=False,
        )
    return len(ends)


def _axes(
    ax: Axes, data: MapData, mutation_map: MutationMap, lanes: int, scale: dict[float, str]
) -> None:
    """Rows by letter, columns by position on the genome."""
    from matplotlib.ticker import MaxNLocator

    length = len(data.reference)
    ax.set_xlim(-0.5, length - 0.5)
    ax.set_ylim(-4 - LANE_ROWS * (lanes + 0.35 if lanes else 0), LOGO_ROWS + 2 * GAP_ROWS)
    ax.set_yticks([-0.5, -1.5, -2.5, -3.5, *scale], [*BASES, *scale.values()])
    colours = _letter_colours(ax)
    for label, letter in zip(ax.get_yticklabels(), BASES, strict=False):
        label.set_color(colours[letter])
        label.set_fontweight("bold")
    ax.tick_params(axis="y", length=0)
    low, high = int(data.positions.min()) + 1, int(data.positions.max()) + 1
    shown = [
        int(at)
        for at in MaxNLocator(nbins=9, integer=True).tick_values(low, high)
        if low <= at <= high
    ]
    column = {int(position) + 1: i for i, position in enumerate(data.positions.tolist())}
    ax.set_xticks([column[at] for at in shown], [f"{at:,}" for at in shown])
    assembly = mutation_map.provenance.get("assembly")
    strand = ", other strand" if data.positions[0] > data.positions[-1] else ""
    ax.set_xlabel(
        f"{mutation_map.interval.chrom}{f' ({assembly})' if assembly else ''}{strand}", loc="left"
    )
    ax.grid(visible=False)
    for side, spine in ax.spines.items():
        spine.set_visible(side == "bottom")
