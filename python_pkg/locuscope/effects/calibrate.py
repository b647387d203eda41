"""`calibrate`: where a score stands among the scores of a background.

A difference of 0.03 says little by itself; that it is larger than 99.8 % of the differences of
common variants says more. The background is any `VariantScores` of the same model and options.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope._closest import counted
from locuscope.effects.background.calibration_check import check_columns, check_method, identities
from locuscope.effects.background.calibration_file import (
    CalibrationFields,
    read_calibration,
    write_calibration,
)
from locuscope.effects.background.knots import Knots
from locuscope.effects.nulls import NULL_SCORES
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import OptionError, ShapeError, UnknownNameError
from locuscope.genome.choices import check_class

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

FEWEST = 100
"""Background values below which a percentile is not worth its name."""
LIMIT = 0.99999
SUFFIX = "_quantile"
SIGNED = (
    *("diff", "logit", "log_fold_change", "log2fc", "SAX", "SUM", "SAD"),
    *("logSUM", "logSAD", "logSED", "sqrtSUM", "sqrtSAD"),
)
UNSIGNED = (
    *("ref", "alt", "deepsea_effect", "splice_delta", "D1", "logD1", "sqrtD1"),
    *("D2", "logD2", "sqrtD2", "JS", "logJS"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """The background of every score and column; `calibrate` makes one.

    Args:
        knots: score -> one sorted sample per column.
        labels: score -> the labels of its columns.
        is_signed: score -> whether its quantiles run from -1 to 1 instead of 0 to 1.
        tracks: (output, track, strand) of each column that is a track.
        own: scores whose columns are not the tracks.
        provenance: of the background: everything that changed a number.
    """

    knots: Mapping[str, tuple[Knots, ...]]
    labels: Mapping[str, tuple[str, ...]]
    is_signed: Mapping[str, bool]
    tracks: tuple[tuple[str, ...], ...]
    own: frozenset[str]
    provenance: Mapping[str, object]

    def quantiles(self, score: str, values: ArrayLike) -> NDArray[np.float32]:
        """Give the quantile of each value of one score.

        Args:
            score: one of `knots`.
            values: (V, C), the columns of `labels[score]`.

        Returns:
            float32 (V, C): q = (#{b < s} + #{b = s} / 2) / n, for signed scores 2q - 1, held within
            -0.99999 and 0.99999. NaN where the value is NaN.

        Raises:
            UnknownNameError: no such score. ShapeError: another number of columns.
        """
        if score not in self.knots:
            raise UnknownNameError(
                f"the calibration has no score {score!r}; it has {', '.join(self.knots)}.",
                name=score,
                known=tuple(self.knots),
            )
        array = np.asarray(values, np.float32)
        columns = self.knots[score]
        if array.ndim != 2 or array.shape[1] != len(columns):
            raise ShapeError(
                f"values of {score!r} have shape {array.shape}, expected (V, {len(columns)}).",
                found=array.shape,
                expected=("V", len(columns)),
            )
        found = np.empty(array.shape, np.float64)
        for k, knots in enumerate(columns):
            found[:, k] = knots.quantile(array[:, k])
        if self.is_signed[score]:
            found = 2 * found - 1
        return np.clip(found, -LIMIT, LIMIT).astype(np.float32)

    def apply(self, scores: VariantScores) -> VariantScores:
        """Add `<score>_quantile` for every score that is here and there.

        Raises:
            OptionError: the scores were made with another model or another option that changes
                numbers; names it with both values. Or no score is known here.
            TrackMismatchError: their columns are others.
        """
        check_class("scores", scores, VariantScores)
        names = [name for name in scores.scores if name in self.knots]
        if not names:
            raise OptionError(
                f"the calibration has {', '.join(self.knots)}; these scores are "
                f"{', '.join(scores.scores)}. Calibrate a background with the same scores.",
                option="scores",
                value=tuple(scores.scores),
                allowed=tuple(self.knots),
            )
        check_method(self.provenance, scores.provenance, names)
        for name in names:
            is_own = name in self.own or name in scores.own_columns
            check_columns(name, self.labels[name], scores.labels(name))
            if not is_own:
                check_columns(name, self.tracks, identities(scores))
        added = {f"{name}{SUFFIX}": self.quantiles(name, scores.scores[name]) for name in names}
        labelled = {f"{n}{SUFFIX}": scores.own_columns[n] for n in names if n in scores.own_columns}
        rows = {name: max(knots.n for knots in self.knots[name]) for name in names}
        return replace(
            scores,
            scores={**scores.scores, **added},
            own_columns={**scores.own_columns, **labelled},
            provenance={**scores.provenance, "calibration": {"background_rows": rows}},
        )

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write everything; `open` gives it back. Equal calibrations give equal bytes."""
        fields = CalibrationFields(
            knots=self.knots,
            labels=self.labels,
            is_signed=self.is_signed,
            tracks=self.tracks,
            own=self.own,
            provenance=self.provenance,
        )
        return write_calibration(fields, Path(path))

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Calibration:
        """Read what `to_parquet` wrote.

        Raises:
            MissingFileError: no such file. FormatError: another file, or a damaged one.
            StoreVersionError: written by a newer locuscope.
        """
        return cls(**read_calibration(Path(path)))

    def __repr__(self) -> str:
        said = []
        for name, columns in self.knots.items():
            sizes = sorted({knots.n for knots in columns})
            count = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
            sign = "signed" if self.is_signed[name] else "unsigned"
            said.append(f"{name} {sign}; {counted(len(columns), 'column')} of {count} values")
        return f"Calibration({' | '.join(said)})"


def calibrate(
    background: VariantScores | str | PathLike[str],
    *,
    signed: bool | Mapping[str, bool] | None = None,
) -> Calibration:
    """Learn how the scores of a background are distributed, per score and column.

    Args:
        background: scores of many variants, such as all common ones, or a file of them that
            `VariantScores.open` reads.
        signed: whether quantiles run from -1 to 1 (the sign is a direction) or from 0 to 1; a
            mapping says it per score. None follows the score: differences and fold changes are
            signed, distances and the alleles' own values are not; of a score of your own the
            background tells: with a negative value it is signed.

    Returns:
        A Calibration. Up to 100,000 values of a column are kept exactly, of more 10,001 knots
        (an error of at most 1e-4).

    Raises:
        OptionError: fewer than 100 values in a column; a `signed` that names no score.
    """
    if isinstance(background, (str, os.PathLike)):
        background = VariantScores.open(background)
    check_class("background", background, VariantScores, hint="score_variants makes one.")
    names = [name for name in background.scores if not _is_derived(background, name)]
    direction = _direction(signed, names)
    knots: dict[str, tuple[Knots, ...]] = {}
    is_signed: dict[str, bool] = {}
    for name in names:
        values = np.asarray(background.scores[name])
        labels = background.labels(name)
        knots[name] = tuple(_column(values[:, k], name, label) for k, label in enumerate(labels))
        lowest = min(column.values[0] for column in knots[name])
        known = None if name not in SIGNED + UNSIGNED else name in SIGNED
        is_signed[name] = direction.get(name, bool(lowest < 0) if known is None else known)
    return Calibration(
        knots=knots,
        labels={name: background.labels(name) for name in names},
        is_signed=is_signed,
        tracks=identities(background),
        own=frozenset(name for name in names if name in background.own_columns),
        provenance=dict(background.provenance),
    )


def _is_derived(scores: VariantScores, name: str) -> bool:
    """Tell entries that other entries were made into: quantiles, and the columns of a null."""
    if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in scores.scores:
        return True
    return "nulls" in scores.provenance and name in NULL_SCORES


def _direction(signed: Any, names: list[str]) -> dict[str, bool]:
    given = signed if isinstance(signed, Mapping) else dict.fromkeys(names, signed)
    odd = [name for name in given if name not in names]
    wrong = [value for value in given.values() if value is not None and value not in (True, False)]
    if odd or wrong:
        said = (
            f"names {odd[0]!r}, which is not among"
            if odd
            else f"is {wrong[0]!r}, not True or False, for"
        )
        raise OptionError(
            f"signed {said} {', '.join(names)}.",
            option="signed",
            value=signed,
            allowed=tuple(names),
        )
    return {name: bool(value) for name, value in given.items() if value is not None}


def _column(values: NDArray[np.float32], name: str, label: str) -> Knots:
    finite = values[np.isfinite(values)]
    if len(finite) < FEWEST:
        raise OptionError(
            f"{name}/{label} has {len(finite)} background values; a percentile needs at least "
            f"{FEWEST}. Score more variants for the background.",
            option="background",
            value=len(finite),
        )
    return Knots.of(finite)
