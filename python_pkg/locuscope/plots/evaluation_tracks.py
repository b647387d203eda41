"""Which tracks a figure of accuracy shows, and the metric that stands beside each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from locuscope.errors import OptionError
from locuscope.inference.selection import rows_of
from locuscope.plots.texts import MINUS, NONE, number, plain

if TYPE_CHECKING:
    from locuscope.inference.evaluation import Evaluation
    from locuscope.inference.selection import TrackChoice

NAMES: Final = {
    "pearsonr": "PearsonR",
    "r2": "R2",
    "mse": "MSE",
    "mae": "MAE",
    "spearmanr": "SpearmanR",
    "auroc": "AUROC",
    "auprc": "AUPRC",
}


@dataclass(frozen=True, eq=False)
class Shown:
    """Tracks of a figure.

    Args:
        evaluation: whose tracks they are.
        rows: those that are drawn.
        names: of all tracks.
        metric: that stands beside each; "" for none.
        missing: names of chosen tracks without it.
        n_left: how many more could be drawn.
    """

    evaluation: Evaluation
    rows: list[int]
    names: list[str]
    metric: str
    missing: list[str]
    n_left: int

    def value(self, row: int) -> float:
        """The metric of a track, as the table has it."""
        return float(self.evaluation.metrics[self.metric][row]) if self.metric else float("nan")

    def label(self, row: int) -> str:
        """Name and metric, as the legend says them."""
        if not self.metric:
            return plain(self.names[row], 36)
        return f"{plain(self.names[row], 36)}: {NAMES[self.metric]} {told(self.value(row))}"

    def lines(self, *more: str) -> list[str]:
        """Lines below the title: model, what is missing."""
        model = self.evaluation.options.get("model")
        said = [plain(str(model), 48)] if model else []
        said += [text for text in more if text]
        found = [" \u00b7 ".join(said)] if said else []
        if self.missing:
            first = ", ".join(plain(name, 24) for name in self.missing[:5])
            rest = f" and {len(self.missing) - 5:,} more" if len(self.missing) > 5 else ""
            found.append(f"Without {NAMES[self.metric]}, not drawn: {first}{rest}")
        if self.n_left:
            found.append(f"{self.n_left:,} more tracks are not drawn; tracks= chooses")
        return found


def told(value: float) -> str:
    """A metric with three decimals where they say something.

    >>> told(0.89), told(12345.6)
    ('0.890', '12,346')
    """
    return f"{value:.3f}".replace("-", MINUS) if 0.001 <= abs(value) < 10 else number(value)


def metric_of(evaluation: Evaluation, metric: str | None) -> str:
    """Give a metric that was computed; the first of them for None.

    Raises:
        OptionError: it was not computed.
    """
    known = list(evaluation.metrics)
    if metric is None:
        return known[0]
    if metric not in known:
        raise OptionError(
            f"{metric} was not computed; the evaluation has {', '.join(known)}. Ask for it with "
            f"metrics=(..., {metric!r}).",
            option="metrics",
            value=metric,
            allowed=known,
        )
    return metric


def shown_tracks(
    evaluation: Evaluation, tracks: TrackChoice | None, metric: str, most: int | None
) -> Shown:
    """Give chosen tracks whose metric is defined; the first few where nobody chose.

    Raises:
        OptionError: more than `most` were chosen.
        EmptySelectionError, UnknownNameError: nothing was.
    """
    rows = rows_of(evaluation.tracks, tracks, "the evaluation").tolist()
    cells = evaluation.tracks.cells("track_name")
    names = [str(cell) if cell is not None else NONE for cell in cells]
    values = evaluation.metrics[metric] if metric else np.zeros(len(names))
    missing = [names[row] for row in rows if np.isnan(values[row])]
    defined = [row for row in rows if not np.isnan(values[row])]
    n_left = 0
    if most is not None and len(defined) > most:
        if tracks is not None:
            raise OptionError(
                f"{len(defined):,} tracks are chosen; one picture tells {most} apart. Choose "
                "fewer with tracks=, or draw kind='tracks'.",
                option="tracks",
                value=len(defined),
            )
        defined, n_left = defined[:most], len(defined) - most
    return Shown(evaluation, defined, names, metric, missing, n_left)
