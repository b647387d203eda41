"""Figures of accuracy: `Evaluation.plot`. Metrics are those of the evaluation, never new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.draws import check_seed
from locuscope.genome.interval import whole_number
from locuscope.plots.evaluation_charts import (
    calibration_chart,
    curve_chart,
    scatter_chart,
    tracks_chart,
)
from locuscope.plots.evaluation_marks import MOST_COLOURS, Chart, draw
from locuscope.plots.evaluation_tracks import metric_of, shown_tracks
from locuscope.plots.figure import Figure

if TYPE_CHECKING:
    from locuscope.inference.evaluation import Evaluation
    from locuscope.inference.kept_points import KeptPoints
    from locuscope.inference.selection import TrackChoice

KINDS: Final = ("scatter", "tracks", "roc", "pr", "calibration")
_AREAS: Final = {"roc": "auroc", "pr": "auprc"}


def plot(
    evaluation: Evaluation,
    kind: str = "scatter",
    *,
    tracks: TrackChoice | None = None,
    max_points: int = 20_000,
    seed: int = 0,
    metric: str | None = None,
    color_by: str | None = None,
) -> Figure:
    """Draw an evaluation; the arguments are those of `Evaluation.plot`.

    Raises:
        OptionError: groups (`by`), pairs or a metric that is not here, more than 8 tracks, targets
            that are no classes or predictions that are no probabilities.
    """
    check_choice("kind", kind, KINDS)
    if evaluation.by is not None:
        raise OptionError(
            f"this evaluation is by={evaluation.by!r}; pictures are of whole tracks (by=None).",
            option="by",
            value=evaluation.by,
        )
    most = whole_number(max_points, "max_points")
    if most < 1:
        raise OptionError(
            f"max_points is {most}; at least 1 point is needed.", option="max_points", value=most
        )
    if kind != "tracks" and (metric is not None or color_by is not None):
        raise OptionError(
            f"metric={metric!r} and color_by={color_by!r} belong to kind='tracks', "
            f"not to {kind!r}.",
            option="metric" if metric is not None else "color_by",
            value=kind,
        )
    chart = _chart(
        evaluation,
        kind,
        tracks,
        most=most,
        seed=check_seed(seed),
        metric=metric,
        color_by=color_by,
    )
    return Figure(chart.title, chart.lines, lambda: draw(chart))


def _chart(
    evaluation: Evaluation,
    kind: str,
    tracks: TrackChoice | None,
    *,
    most: int,
    seed: int,
    metric: str | None,
    color_by: str | None,
) -> Chart:
    if kind == "tracks":
        shown = shown_tracks(evaluation, tracks, metric_of(evaluation, metric), None)
        return tracks_chart(shown, color_by)
    if kind == "scatter":
        first = None if "pearsonr" not in evaluation.metrics else "pearsonr"
        shown = shown_tracks(evaluation, tracks, metric_of(evaluation, first), MOST_COLOURS)
        return scatter_chart(shown, _points(evaluation), most, seed)
    if kind == "calibration":
        shown = shown_tracks(evaluation, tracks, "", MOST_COLOURS)
        return calibration_chart(shown, _points(evaluation))
    area = metric_of(evaluation, _AREAS[kind])
    shown = shown_tracks(evaluation, tracks, area, MOST_COLOURS)
    return curve_chart(shown, _points(evaluation), kind)


def _points(evaluation: Evaluation) -> KeptPoints:
    if evaluation.points is None:
        raise OptionError(
            "no pairs were kept with this evaluation; evaluate with keep_points=1_000_000 or so.",
            option="keep_points",
            value=0,
        )
    return evaluation.points
