"""Position matrices: base frequencies column by column, (A, W), and their log-odds.

Shared by the motif sets, the planted-motif network and the simulator, so that a score means the
same in all three.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, InputError, NonFiniteError, ShapeError
from locuscope.genome.choices import check_class

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SUM_TOLERANCE = 1e-5
PSEUDOCOUNT = 0.01
BIT_STEP = 2.0**-10
UNIFORM = (0.25, 0.25, 0.25, 0.25)

_ODDS = 4 / (1 + PSEUDOCOUNT)


def check_frequencies(ppm: Any, name: str) -> NDArray[np.float64]:
    """Check the base frequencies of one motif.

    Args:
        ppm: base frequencies, (A, W) with W >= 1.
        name: the motif, for the message.

    Returns:
        Read-only float64 copy.

    Raises:
        ShapeError: another shape; says when it looks transposed.
        NonFiniteError: NaN or Inf.
        InputError: no numbers, a negative frequency, a column that does not sum to 1 within 1e-5.

    >>> check_frequencies([[1], [0], [0], [0]], "A").shape
    (4, 1)
    """
    try:
        matrix = np.array(ppm, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"motif {name!r} is not a matrix of numbers ({error}).") from error
    if matrix.ndim != 2 or matrix.shape[0] != 4 or matrix.shape[1] == 0:
        turned = matrix.ndim == 2 and matrix.shape[1] == 4
        raise ShapeError(
            f"motif {name!r} has shape {matrix.shape}; (4, W) with W >= 1 is needed.",
            hint="It looks transposed: rows are bases, columns positions." if turned else None,
            found=matrix.shape,
            expected="(4, W)",
        )
    if not np.isfinite(matrix).all():
        count = int(np.count_nonzero(~np.isfinite(matrix)))
        raise NonFiniteError(
            f"motif {name!r} holds NaN or Inf in {count} places.", where=name, count=count
        )
    sums = matrix.sum(axis=0)
    odd = np.flatnonzero((np.abs(sums - 1) > SUM_TOLERANCE) | (matrix < 0).any(axis=0))
    if odd.size:
        column = int(odd[0])
        raise InputError(
            f"motif {name!r}: column {column} is {matrix[:, column].tolist()} with sum "
            f"{sums[column]:.6g}; frequencies are not negative and sum to 1 within "
            f"{SUM_TOLERANCE:g}."
        )
    matrix.setflags(write=False)
    return matrix


def check_motifs(pwms: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Check a mapping of motif name to base frequencies (A, W).

    Raises:
        WrongTypeError: no mapping, or a name that is no text.
        EmptySelectionError: no motif at all.
        ShapeError, NonFiniteError, InputError: as `check_frequencies`.
    """
    check_class("pwms", pwms, Mapping, hint="A MotifSet has one: motifs.ppms.")
    if not pwms:
        raise EmptySelectionError("pwms is empty; at least one motif is needed.")
    for name in pwms:
        check_class("a motif's name", name, str)
    return {name: check_frequencies(ppm, name) for name, ppm in pwms.items()}


def log_odds(ppm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits by which each base speaks for the motif against equal base frequencies, (A, W).

    `log2((p + 0.01 / 4) / 1.01 / 0.25)`, rounded to 1/1024 bit. The pseudocount keeps a base that
    was never seen at -6.66 bits instead of minus infinity. The rounding makes every sum of such
    values exact, in single precision too, so that a score depends on no order of additions.

    >>> log_odds(np.array([[1.0], [0.0], [0.0], [0.0]])).ravel().tolist()
    [1.9892578125, -6.658203125, -6.658203125, -6.658203125]
    """
    return round_bits([[math.log2(_ODDS * (p + PSEUDOCOUNT / 4)) for p in row] for row in ppm])


def round_bits(values: ArrayLike) -> NDArray[np.float64]:
    """Round to 1/1024 bit, the step of `log_odds`."""
    return np.asarray(np.round(np.asarray(values, dtype=np.float64) / BIT_STEP) * BIT_STEP)


def consensus(ppm: NDArray[np.float64]) -> str:
    """Most frequent base of each column; of equal ones the first in ACGT.

    >>> consensus(np.array([[0.5, 0.1], [0.5, 0.1], [0.0, 0.2], [0.0, 0.6]]))
    'AT'
    """
    return "".join("ACGT"[base] for base in ppm.argmax(axis=0))
