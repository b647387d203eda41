"""Which numbers of a `VariantScores` a figure shows: one per allele."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, UnknownNameError, closest, did_you_mean
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores

OFFSETS = ("DP_AG", "DP_AL", "DP_DG", "DP_DL")
"""Columns of `splice_delta` that say how far away a change is, not how large."""
MOST_NAMED = 4
"""Up to this many columns are named where the largest of them is drawn."""
BLOCK_ROWS = 8_192
P_VALUES = ("p_empirical", "p_normal")


@dataclass(frozen=True, eq=False)
class DrawnScore:
    """One number per allele.

    Args:
        score: its name.
        labels: of the columns that were looked at.
        values: (V,) float64, NaN where there is none.
        column: (V,) which column of the score each value is from.
        kind: what a column is.
    """

    score: str
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    column: NDArray[np.int64]
    kind: str = "track"

    @property
    def what(self) -> str:
        """The column in words."""
        if len(self.labels) == 1:
            return self.labels[0]
        if len(self.labels) <= MOST_NAMED:
            return f"the largest of {', '.join(self.labels)}"
        return f"the largest of {len(self.labels):,} {self.kind}s"

    @property
    def is_signed(self) -> bool:
        """Whether a value lies below 0."""
        return bool((self.values < 0).any())


def drawn_score(scores: VariantScores, score: str | None, track: str | int | None) -> DrawnScore:
    """Choose score and column.

    Args:
        scores: the alleles.
        score: a name; None = the first.
        track: label or number of a column: a track, or a score's own column such as `DS_AG`. None =
            per allele the value of largest magnitude, over all columns that are sizes (the offsets
            `DP_..` of `splice_delta` are not).

    Raises:
        UnknownNameError: no such score or column; names the closest.
    """
    name = next(iter(scores.scores), "") if score is None else score
    labels = scores.labels(name)
    if track is not None:
        k = _column_number(track, labels, name)
        values = np.concatenate([piece.scores[name][:, k] for piece in scores.chunks()])
        return DrawnScore(name, (labels[k],), values.astype(np.float64), np.full(len(values), k))
    sizes = np.array([k for k, label in enumerate(labels) if label not in OFFSETS], np.int64)
    kind = "column" if name in scores.own_columns else "track"
    found = [
        _largest(block[:, sizes])
        for piece in scores.chunks()
        for block in _blocks(piece.scores[name])
    ]
    values, best = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return DrawnScore(name, tuple(labels[k] for k in sizes), values, sizes[best], kind)


def _blocks(matrix: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Cut rows into pieces whose copies stay small, at least one."""
    for first in range(0, max(1, len(matrix)), BLOCK_ROWS):
        yield matrix[first : first + BLOCK_ROWS]


def _largest(matrix: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the value of largest magnitude of each row, and its column; NaN where all are."""
    best = np.where(np.isnan(matrix), np.float32(-1), np.abs(matrix)).argmax(1)
    return matrix[np.arange(len(matrix)), best].astype(np.float64), best


def drawn_p_values(scores: VariantScores, drawn: DrawnScore) -> tuple[str, NDArray[np.float64]]:
    """Give the name and the values (V,) of p, from the column that each score is from.

    Raises:
        OptionError: no null was computed, or one of another score.
    """
    name = next((name for name in P_VALUES if name in scores.scores), None)
    nulls: Any = scores.provenance.get("nulls")
    tested = nulls.get("score") if isinstance(nulls, dict) else None
    if name is None or (tested is not None and drawn.score not in (tested, "z")):
        why = f"p-values are of {tested!r}" if name else "these scores have no p-values"
        raise OptionError(
            f"kind='volcano' of {drawn.score!r}: {why}. marginalize_variants(model, variants, "
            f"genome, score={drawn.score!r}) computes them; kind='manhattan' and kind='ranks' need "
            "none.",
            option="kind",
            value="volcano",
            allowed=("manhattan", "ranks"),
        )
    values, at = [], 0
    for piece in scores.chunks():
        rows = np.arange(len(piece))
        values.append(piece.scores[name][rows, drawn.column[at : at + len(piece)]])
        at += len(piece)
    return name, np.concatenate(values).astype(np.float64)


def _column_number(track: str | int, labels: tuple[str, ...], score: str) -> int:
    if isinstance(track, str):
        if track in labels:
            return labels.index(track)
    else:
        k = whole_number(track, "track")
        if 0 <= k < len(labels):
            return k
    raise UnknownNameError(
        f"{score!r} has no column {track!r}; {did_you_mean(str(track), labels)}",
        hint=f"It has {len(labels):,} columns, numbered from 0.",
        name=track,
        known=labels,
        closest=closest(str(track), labels),
    )
