"""Regions as hit calling takes them: scores, sequences and places, checked and read in runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError
from locuscope.genome.sequence import check_one_hot
from locuscope.motifs.hit_tables import region_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from numpy.typing import NDArray

    from locuscope.attribution.files.stored_rows import StoredRows

_RUN = 256


class LateRows:
    """An array, tensor, memory map or array of a file, of which runs of rows are read.

    Args:
        source: what is read.

    >>> LateRows(np.arange(6).reshape(3, 2))[1:2].tolist()
    [[2, 3]]
    """

    def __init__(self, source: Any) -> None:
        has_rows = hasattr(source, "shape") and (hasattr(source, "rows") or _is_sliced(source))
        self._source: Any = source if has_rows else np.asarray(source)
        self.shape: tuple[int, ...] = tuple(int(size) for size in self._source.shape)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        """Some rows as numpy; bfloat16, which has no numpy twin, is widened."""
        if hasattr(self._source, "rows"):
            stored: StoredRows = self._source
            return stored.rows(np.arange(*rows.indices(self.shape[-3])))
        found = self._source[rows]
        if hasattr(found, "detach"):
            found = found.detach().cpu()
            found = (found.float() if found.is_floating_point() else found).numpy()
        return np.asarray(found)

    def runs(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Row numbers of firsts and the rows from there on, a few at a time."""
        for first in range(0, self.shape[0], _RUN):
            yield first, self[first : first + _RUN]


def _is_sliced(source: Any) -> bool:
    return hasattr(source, "detach") or isinstance(source, np.ndarray) or hasattr(source, "chunks")


@dataclass(frozen=True, eq=False)
class Regions:
    """N regions of L bases.

    Args:
        scores: (N, A, L) or (N, L).
        sequences: one-hot (N, A, L).
        table: one row per region, as `region_table` makes it.
        is_checked: the sequences are known to be one-hot.
    """

    scores: LateRows
    sequences: LateRows
    table: pl.DataFrame
    is_checked: bool = False

    def __len__(self) -> int:
        """N."""
        return self.scores.shape[0]

    @property
    def length(self) -> int:
        """L."""
        return self.scores.shape[-1]

    def check(self, *, refuse_nonfinite: bool = False) -> dict[str, str]:
        """Read everything once.

        Args:
            refuse_nonfinite: NaN and Inf among the scores are an error.

        Returns:
            Name -> sha256 of the scores (as float32) and of the sequences (as int8).

        Raises:
            InputError: sequences that are not one-hot.
            NonFiniteError: NaN or Inf.
        """
        scores, letters = hashlib.sha256(), hashlib.sha256()
        for first, some in self.sequences.runs():
            if not self.is_checked:
                check_one_hot(some, where=f"sequences {first} to {first + len(some) - 1}")
            letters.update(np.ascontiguousarray(some, np.int8).data)
        for first, some in self.scores.runs():
            with np.errstate(over="ignore"):
                plain = np.ascontiguousarray(some, np.float32)
            if refuse_nonfinite:
                _refuse_nonfinite(plain, first)
            scores.update(plain.data)
        return {
            "contributions_sha256": scores.hexdigest(),
            "sequences_sha256": letters.hexdigest(),
        }


def _refuse_nonfinite(scores: NDArray[np.float32], first: int) -> None:
    usable = np.isfinite(scores).reshape(len(scores), -1)
    bad = np.flatnonzero(~usable.all(axis=1))
    if bad.size:
        count = int((~usable).sum())
        raise NonFiniteError(
            f"region {first + int(bad[0])} holds NaN or Inf ({int((~usable[bad[0]]).sum()):,} "
            'values). on_nonfinite="flag" leaves such regions out and marks them, "zero" replaces '
            "the values.",
            where="contributions",
            count=count,
            first=first + int(bad[0]),
        )


def regions_of(contributions: Any, sequences: Any, *, use_hypothetical: bool) -> Regions:
    """The regions of contributions, or of two arrays.

    Raises:
        OptionError: sequences beside contributions that bring theirs; several tracks.
        InputError: an array without sequences, hypothetical mode without hypothetical scores, two
            regions of one number.
        ShapeError: axes that do not fit; says when they look transposed.
    """
    if isinstance(contributions, Contributions):
        return _of_noun(contributions, sequences, use_hypothetical=use_hypothetical)
    if sequences is None:
        raise InputError(
            "an array of contributions needs sequences=, one-hot (N, 4, L); Contributions bring "
            "theirs."
        )
    scores, letters = LateRows(contributions), LateRows(sequences)
    _check_axes(scores.shape, letters.shape)
    count = scores.shape[0]
    return Regions(scores, letters, region_table(np.arange(count), None, None))


def _of_noun(found: Contributions, sequences: Any, *, use_hypothetical: bool) -> Regions:
    if sequences is not None:
        raise OptionError(
            "Contributions bring their sequences; leave sequences= out.",
            option="sequences",
            value=type(sequences).__name__,
        )
    if found.tracks is not None:
        raise OptionError(
            f"{found!r} explains {len(found.tracks)} tracks; choose one with track().",
            option="contributions",
            value=len(found.tracks),
        )
    if use_hypothetical and found.kind == "projected":
        raise InputError(
            f"{found!r} do not contain hypothetical contribution scores; compute them again with "
            "hypothetical=True, or leave use_hypothetical out."
        )
    ids = np.arange(len(found)) if found.peak_ids is None else np.asarray(found.peak_ids)
    unique, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            f"region number {unique[counts > 1][0]} is there {counts.max()} times; numbers tell "
            "regions apart (dataclasses.replace(contributions, peak_ids=None) counts anew)."
        )
    if ids.size and not 0 <= ids.min() <= ids.max() < 2**32:
        raise InputError(f"region numbers run from {ids.min()} to {ids.max()}; 0 to 2^32 - 1 fit.")
    table = region_table(ids, found.intervals, found.chrom_ids)
    values, letters = found.unread("values"), found.unread("sequences")
    return Regions(
        LateRows(found.values if values is None else values),
        LateRows(found.sequences if letters is None else letters),
        table,
        is_checked=True,
    )


def _check_axes(scores: tuple[int, ...], letters: tuple[int, ...]) -> None:
    for what, shape, ranks in (("sequences", letters, (3,)), ("contributions", scores, (2, 3))):
        is_flat = len(shape) == 2
        if len(shape) not in ranks or (not is_flat and shape[1] != 4):
            turned = "it looks transposed. " if len(shape) == 3 and shape[2] == 4 else ""
            wanted = "(N, 4, L)" if ranks == (3,) else "(N, 4, L) or (N, L)"
            raise ShapeError(
                f"{what} have incorrect shape {shape}; {turned}{wanted} is needed.",
                found=shape,
                expected=wanted,
            )
    if scores not in (letters, (letters[0], letters[2])):
        is_turned = scores == (letters[2], letters[0])
        raise ShapeError(
            f"contributions have incorrect shape {scores} for sequences of {letters}"
            f"{'; they look transposed' if is_turned else ''}.",
            found=scores,
            expected=letters,
        )
