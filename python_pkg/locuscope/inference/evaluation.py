"""`Evaluation`: how well predictions fit, one row per track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.errors import OptionError
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.inference.kept_points import KeptPoints
    from locuscope.inference.selection import TrackChoice
    from locuscope.plots.figure import Figure
    from locuscope.tracks.track_table import TrackTable

_DESCRIPTIONS = ("description", "track_name")
_IDENTIFIERS = ("identifier", "track_name")


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Metrics of predictions on a test set.

    Args:
        metrics: name -> (T,) one value per track; with `by="sequence"` (S, T), with `by="track"`
            (S, P), the metric across tracks. NaN = not defined (a constant side, one class only).
        counts: values behind each, the same shape.
        is_constant: targets or predictions do not vary, the same shape.
        tracks: metadata of the T tracks.
        n_sequences: sequences that were compared.
        by: None, "sequence" or "track".
        log_pearsonr: (T,) Pearson's correlation of log2(x + 1); None where `log=True` gave it
            already, or where there are groups.
        loss: mean of the caller's loss over positions; None without one.
        options: everything that changes a number.
        notes: which metrics are not exact, and by how much.
        points: pairs that `plot` draws; None where none were kept.
    """

    metrics: Mapping[str, NDArray[np.float64]]
    counts: NDArray[np.int64]
    is_constant: NDArray[np.bool_]
    tracks: TrackTable
    n_sequences: int
    by: str | None
    log_pearsonr: NDArray[np.float64] | None
    loss: float | None
    options: Mapping[str, object]
    notes: tuple[str, ...] = ()
    points: KeptPoints | None = None

    def __len__(self) -> int:
        """Rows of the table."""
        return int(self.counts.size)

    def __repr__(self) -> str:
        unit = {None: "tracks", "sequence": "sequences x tracks", "track": "positions"}[self.by]
        means = [f"{name} {_mean(values):.4f}" for name, values in self.metrics.items()]
        return f"Evaluation({len(self):,} {unit}, {', '.join(means)})"

    def to_dataframe(self) -> pd.DataFrame:
        """Give the table: one row per track with its metadata.

        With `by="sequence"` one row per sequence and track, with `by="track"` one per sequence and
        position. `count` is the number of values behind a row.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        if self.by is None:
            columns |= {name: self.tracks.cells(name) for name in self.tracks.fields}
        else:
            inner = "track" if self.by == "sequence" else "position"
            columns["sequence"], columns[inner] = (grid.ravel() for grid in self._grid())
            if self.by == "sequence":
                names = np.array(self.tracks.cells("track_name"), object)
                columns["track_name"] = names[columns["track"]]
        columns["count"] = self.counts.ravel()
        columns |= {name: values.ravel() for name, values in self.metrics.items()}
        return pd.DataFrame(columns)

    def to_tsv(self, path: str | PathLike[str]) -> Path:
        """Write the columns index, pearsonr, r2, identifier and description, one row per track.

        Numbers have five digits after the point; what is not defined is written as NaN.

        Raises:
            OptionError: groups, or a metric that was not computed.
            StoreTargetError: the file cannot be written.
        """
        lacking = [name for name in ("pearsonr", "r2") if name not in self.metrics]
        if self.by is not None or lacking:
            raise OptionError(
                f"the file holds pearsonr and r2 of every track; here by={self.by!r} and metrics="
                f"{list(self.metrics)}. to_dataframe() gives what is here.",
                option="metrics",
                value=list(self.metrics),
            )
        lines = ["index\tpearsonr\tr2\tidentifier\tdescription"]
        texts = zip(self._texts(_IDENTIFIERS), self._texts(_DESCRIPTIONS), strict=True)
        for index, (identifier, description) in enumerate(texts):
            numbers = (self.metrics[name][index] for name in ("pearsonr", "r2"))
            told = ["NaN" if np.isnan(number) else f"{number:.5f}" for number in numbers]
            lines.append("\t".join([str(index), *told, identifier, description]))
        content = "\n".join(lines) + "\n"
        return publish(path, lambda place: place.write_bytes(content.encode()))

    def summary(self) -> str:
        """Give the loss and the means over tracks in a few lines, and what is not defined."""
        values = dict(self.metrics)
        rows = [] if self.loss is None else [f"{'Loss:':<18}{self.loss:10.5f}"]
        named = {"r2": "R2", "pearsonr": "PearsonR"}
        order = [name for name in named if name in values]
        order += [name for name in values if name not in named]
        rows += [f"{named.get(n, n) + ':':<18}{_mean(values[n]):10.5f}" for n in order]
        if self.log_pearsonr is not None:
            rows.append(f"{'log PearsonR:':<18}{_mean(self.log_pearsonr):10.5f}")
        n_constant = int(self.is_constant.sum())
        if n_constant:
            rows.append(
                f"{n_constant:,} of {len(self):,} have constant targets or predictions: no "
                "correlation, left out of the means."
            )
        return "\n".join([*rows, *self.notes])

    def plot(
        self,
        kind: Literal["scatter", "tracks", "roc", "pr", "calibration"] = "scatter",
        *,
        tracks: TrackChoice | None = None,
        max_points: int = 20_000,
        seed: int = 0,
        metric: str | None = None,
        color_by: str | None = None,
    ) -> Figure:
        """Draw; the numbers in the picture are those of the table.

        Args:
            kind: "scatter" = target against prediction; "tracks" = a metric of all tracks in
                falling order; "roc" and "pr" = curves with their areas (`auroc`, `auprc`);
                "calibration" = how often a prediction of a probability comes true.
            tracks: names, places or a mask; None = the first 8 (all, for "tracks").
            max_points: pairs drawn one by one; the others are counted in shaded boxes.
            seed: of the pairs drawn one by one.
            metric: of "tracks"; None = the first that was computed.
            color_by: field of the metadata that colours "tracks".

        Raises:
            OptionError: groups (`by`), pairs or a metric that is not here, more than 8 tracks,
                targets that are no classes or predictions that are no probabilities.
        """
        from locuscope.plots.evaluation import plot

        return plot(
            self,
            kind,
            tracks=tracks,
            max_points=max_points,
            seed=seed,
            metric=metric,
            color_by=color_by,
        )

    def _grid(self) -> NDArray[np.int64]:
        return np.indices(self.counts.shape)

    def _texts(self, fields: tuple[str, ...]) -> list[str]:
        """The first of some fields that the tracks have, without tabs and line ends."""
        field = next(name for name in fields if self.tracks.has_field(name))
        cells = self.tracks.cells(field)
        return ["" if cell is None else " ".join(str(cell).split()) for cell in cells]


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of the values that are defined; NaN without one."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
