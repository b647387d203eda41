"""Which positions of a window count, and how they become one number per track."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.ensemble import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.inference.selection import HeadChoice

    Values = NDArray[np.floating[Any]]
    Reduce = str | Callable[[Any], Any]

REDUCERS = ("mean", "sum", "max", "center")


def check_reduce(reduce: object) -> None:
    """Refuse what is no reduction.

    Raises:
        OptionError: no name of `REDUCERS` and no function.
    """
    if not callable(reduce) and reduce not in REDUCERS:
        raise OptionError(
            f"reduce must be one of {', '.join(REDUCERS)}; got {reduce!r}. A function of the "
            "positions, (k, T) -> (T,), works as well.",
            option="reduce",
            value=reduce,
            allowed=REDUCERS,
        )


def check_mask_bp(mask_bp: object) -> int | None:
    """Give the width of the centred mask as an int.

    Raises:
        WrongTypeError, OptionError: no whole number of at least 1.
    """
    if mask_bp is None:
        return None
    width = whole_number(mask_bp, "mask_bp")
    if width < 1:
        raise OptionError(
            f"mask_bp must be at least 1, or None for all positions; got {mask_bp!r}.",
            option="mask_bp",
            value=mask_bp,
            allowed=">= 1",
        )
    return width


def center_positions(windows: Sequence[AlleleWindow], choice: HeadChoice) -> NDArray[np.int64]:
    """Give the position of a head that holds the first base of each allele, (n,).

    A position outside the output (less than 0, or its length or more) means that the head's crop
    hides the allele.
    """
    step = max(1, choice.keys[0])
    first = [window.variant.pos - 1 - window.window.start for window in windows]
    return (np.array(first, np.int64) - choice.spec.crop_bp) // step


def center_mask(
    center: NDArray[np.int64], n_positions: int, resolution_bp: int, mask_bp: int
) -> NDArray[np.bool_]:
    """Give the positions within `mask_bp` bases around an allele.

    Of n = ceil(mask_bp / resolution) positions the allele's own is number n // 2: positions
    [c - n // 2, c - n // 2 + n), cut at the ends of the output.

    Args:
        center: (n,) position of each allele.
        n_positions: of the output.
        resolution_bp: bases per position.
        mask_bp: width of the mask.

    Returns:
        bool (n, n_positions); a row without any where the mask lies outside the output.

    >>> center_mask(np.array([2]), 5, 8, 24).astype(int).tolist()
    [[0, 1, 1, 1, 0]]
    """
    count = -(-mask_bp // resolution_bp)
    first = center[:, None] - count // 2
    at = np.arange(n_positions)
    mask: NDArray[np.bool_] = (at >= first) & (at < first + count)
    return mask


def reduce_positions(
    values: Values,
    valid: NDArray[np.bool_],
    how: str | Callable[[Values], Values],
    center: NDArray[np.int64],
) -> Values:
    """Make one number per track of a window's positions.

    Args:
        values: (n, L', T).
        valid: bool (n, L'), the positions that count.
        how: "mean", "sum", "max", "center", or a function (k, T) -> (T,).
        center: (n,) index of the position that holds the allele, for "center".

    Returns:
        (n, T) in float64; NaN where no position counts.

    Raises:
        OptionError: a function that gives another shape.

    >>> values = np.array([[[1.0], [3.0], [9.0]]])
    >>> reduce_positions(values, np.array([[True, True, False]]), "mean", np.array([0])).tolist()
    [[2.0]]
    """
    n = len(values)
    if how == "center":
        inside = np.clip(center, 0, values.shape[1] - 1)
        is_known = (inside == center) & valid[np.arange(n), inside]
        return np.where(is_known[:, None], values[np.arange(n), inside].astype(np.float64), np.nan)
    if valid.all() and isinstance(how, str):
        if how == "max":
            largest: Values = values.max(1)
            return largest.astype(np.float64)
        summed: Values = values.sum(1, dtype=np.float64)
        return summed / np.float64(values.shape[1]) if how == "mean" else summed
    rows = [
        _reduced(how, some[keep]) if keep.any() else np.full(values.shape[2], np.nan)
        for some, keep in zip(values, valid, strict=True)
    ]
    return np.stack(rows) if rows else np.empty((0, values.shape[2]))


def _reduced(how: str | Callable[[Values], Values], rows: Values) -> Values:
    if isinstance(how, str):
        return np.asarray(_ROWS[how](rows), np.float64)
    reduced = np.asarray(how(rows), np.float64)
    if reduced.shape != rows.shape[1:]:
        raise OptionError(
            f"reduce={name_of(how)} gave shape {reduced.shape} for {rows.shape[0]} positions of "
            f"{rows.shape[1]} tracks; expected {rows.shape[1:]}.",
            option="reduce",
            value=name_of(how),
        )
    return reduced


_ROWS: Mapping[str, Callable[[Any], Any]] = {
    "mean": lambda rows: rows.mean(0, dtype=np.float64),
    "sum": lambda rows: rows.sum(0, dtype=np.float64),
    "max": lambda rows: rows.max(0),
}
