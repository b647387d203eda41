"""Charts of an evaluation: pairs, metrics of tracks, curves, reliability."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope._closest import counted
from locuscope.genome.draws import hashed
from locuscope.inference.accuracy_options import AccuracyOptions
from locuscope.plots.evaluation_curves import classes, pr_points, reliability, roc_points
from locuscope.plots.evaluation_marks import MOST_COLOURS, Chart, Series
from locuscope.plots.evaluation_tracks import NAMES
from locuscope.plots.texts import NONE, number, plain
from locuscope.plots.thinning import boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.inference.evaluation import Evaluation
    from locuscope.inference.kept_points import KeptPoints
    from locuscope.plots.evaluation_tracks import Shown

_DRAW_WORD: Final = 3


def scatter_chart(shown: Shown, points: KeptPoints, most: int, seed: int) -> Chart:
    """Targets against predictions of all shown tracks."""
    options = _options(shown.evaluation)
    pairs = []
    for row in shown.rows:
        x, y = (options.prepared(side, log=options.log) for side in points.track(row))
        is_there = np.isfinite(x) & np.isfinite(y)
        pairs.append((x[is_there], y[is_there]))
    owner = np.repeat(np.arange(len(pairs)), [len(x) for x, _ in pairs])
    x, y = (np.concatenate([np.empty(0), *(pair[side] for pair in pairs)]) for side in (0, 1))
    is_drawn = _drawn(len(x), most, seed)
    rest = ~is_drawn
    ranges = [(float(side.min(initial=0)), float(side.max(initial=0))) for side in (x, y)]
    series = []
    for place, row in enumerate(shown.rows):
        chosen = is_drawn & (owner == place)
        texts = {
            "track": [plain(shown.names[row], 48)] * int(chosen.sum()),
            "measured": [number(value) for value in x[chosen].tolist()],
            "predicted": [number(value) for value in y[chosen].tolist()],
        }
        size = 6.0 if is_drawn.sum() <= 2_000 else 3.0
        series.append(Series(shown.label(row), x[chosen], y[chosen], texts, size=size))
    n_drawn = int(is_drawn.sum())
    said = f"{n_drawn:,} of {len(x):,} points drawn" if rest.any() else counted(n_drawn, "point")
    boxed = "the other points are counted in shaded boxes" if rest.any() else ""
    unit = f", log2(x + {options.pseudocount:g})" if options.log else ""
    return Chart(
        title=f"Measured and predicted: {counted(len(shown.rows), 'track')}, {said}",
        lines=shown.lines(_sample_line(points), boxed),
        x_label=f"measured{unit}",
        y_label=f"predicted{unit}",
        series=series,
        boxes=boxes(x[rest], y[rest], *ranges) if rest.any() else None,
        has_diagonal=True,
    )


def tracks_chart(shown: Shown, color_by: str | None) -> Chart:
    """A metric of each track, in falling order."""
    evaluation = shown.evaluation
    values = evaluation.metrics[shown.metric]
    order = sorted(shown.rows, key=lambda row: (-values[row], row))
    rank = {row: place for place, row in enumerate(order, 1)}
    groups: dict[str, list[int]] = {"": order}
    if color_by is not None:
        cells = evaluation.tracks.cells(color_by)
        groups = _groups({row: str(cells[row] or "(missing)") for row in order})
    name = NAMES[shown.metric]
    series = []
    for label, rows in groups.items():
        texts = {
            "track": [plain(shown.names[row], 60) for row in rows],
            name: [number(float(values[row])) for row in rows],
            "pairs": [f"{int(evaluation.counts[row]):,}" for row in rows],
        }
        if color_by is not None:
            texts[color_by] = [plain(str(cells[row] or NONE), 48) for row in rows]
        x = np.array([rank[row] for row in rows], np.float64)
        size = 8.0 if len(order) <= 300 else 4.0
        told = f"{label} ({len(rows):,})" if label else ""
        token = "ref" if label == "other" else ""
        series.append(Series(told, x, values[rows], texts, size=size, token=token))
    known = values[order]
    mean = f", mean {number(float(known.mean()))}" if order else ""
    return Chart(
        title=f"{name} of {counted(len(order), 'track')}{mean}",
        lines=shown.lines(f"coloured by {color_by}" if color_by else ""),
        x_label="rank, largest first",
        y_label=name,
        series=series,
    )


def curve_chart(shown: Shown, points: KeptPoints, kind: str) -> Chart:
    """Curves over all thresholds; areas are those of the table."""
    make = roc_points if kind == "roc" else pr_points
    series = []
    for row in shown.rows:
        targets, preds = points.track(row)
        flags = classes(targets, shown.evaluation.options, shown.names[row])
        x, y = make(flags, preds)
        series.append(Series(shown.label(row), x, y, is_line=kind == "roc", is_step=kind == "pr"))
    is_roc = kind == "roc"
    return Chart(
        title=f"{'ROC' if is_roc else 'Precision and recall'}: {counted(len(series), 'track')}",
        lines=shown.lines(_sample_line(points)),
        x_label="false positive rate" if is_roc else "recall",
        y_label="true positive rate" if is_roc else "precision",
        series=series,
        has_diagonal=is_roc,
        is_unit=True,
    )


def calibration_chart(shown: Shown, points: KeptPoints) -> Chart:
    """How often a predicted probability came true."""
    series, counts = [], []
    for row in shown.rows:
        targets, preds = points.track(row)
        flags = classes(targets, shown.evaluation.options, shown.names[row])
        found = reliability(flags, preds, shown.names[row])
        texts = {
            "track": [plain(shown.names[row], 48)] * len(found.count),
            "mean prediction": [number(value) for value in found.predicted.tolist()],
            "share of the class": [number(value) for value in found.observed.tolist()],
            "pairs": [f"{count:,}" for count in found.count.tolist()],
        }
        label = f"{shown.label(row)}: {int(found.count.sum()):,} pairs"
        series.append(Series(label, found.predicted, found.observed, texts, size=8.0, is_line=True))
        counts = [(at, f"{n:,}") for at, n in zip(found.middle, found.count.tolist(), strict=True)]
    is_lone = len(series) == 1
    said = "numbers of pairs along the upper edge" if is_lone else ""
    return Chart(
        title=f"Reliability of probabilities: {counted(len(series), 'track')}",
        lines=shown.lines(_sample_line(points), said),
        x_label="predicted probability",
        y_label="share of the class",
        series=series,
        has_diagonal=True,
        is_unit=True,
        counts=counts if is_lone else (),
    )


def _options(evaluation: Evaluation) -> AccuracyOptions:
    known: dict[str, Any] = {
        name: evaluation.options[name]
        for name in ("log", "pseudocount", "clip")
        if name in evaluation.options
    }
    return AccuracyOptions(**known)


def _drawn(n_points: int, most: int, seed: int) -> NDArray[np.bool_]:
    """A seeded choice of points."""
    found = np.ones(n_points, np.bool_)
    if n_points > most:
        keys = hashed(seed, _DRAW_WORD, np.arange(n_points))
        found[np.argsort(keys, kind="stable")[most:]] = False
    return found


def _groups(cells: dict[int, str]) -> dict[str, list[int]]:
    """Rows by the cell of a field: the commonest seven, then the others together."""
    common = [name for name, _ in Counter(cells.values()).most_common(MOST_COLOURS)]
    if len(set(cells.values())) > MOST_COLOURS:
        common = common[: MOST_COLOURS - 1]
    groups: dict[str, list[int]] = {name: [] for name in common}
    for row, name in cells.items():
        groups.setdefault(name if name in common else "other", []).append(row)
    return groups


def _sample_line(points: KeptPoints) -> str:
    if not points.is_sample:
        return ""
    return f"drawn from a sample of {len(points.targets):,} of {points.n_seen:,} positions"
