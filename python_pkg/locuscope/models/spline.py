"""The cubic B-spline basis with which MTSplice weights positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEGREE = 3
# share of the range by which the outer knots stand back, so that both ends lie inside
MARGIN = 0.001


def spline_basis(length: int, n_bases: int = 10, degree: int = DEGREE) -> NDArray[np.float32]:
    """Give the basis (length, n_bases) on equally spaced knots; every row sums to 1.

    The knots are rounded to float32 as in the published weights (mgcv's rule: `n_bases - degree +
    1` inner knots, the range widened by a thousandth). Evaluated by the recursion of Cox and de
    Boor.

    Args:
        length: positions, at least 2.
        n_bases: functions, more than `degree`.
        degree: of the polynomials.

    Raises:
        OptionError: fewer positions or bases than that.

    >>> spline_basis(400).shape
    (400, 10)
    """
    if length < 2 or degree < 1 or n_bases <= degree:
        raise OptionError(
            f"a spline of degree {degree} needs at least 2 positions and {degree + 1} bases; got "
            f"{length} and {n_bases}.",
            option="length",
            value=length,
        )
    last = length - 1
    start, end = -MARGIN * last, last + MARGIN * last
    step = (end - start) / (n_bases - degree)
    count = n_bases + degree + 1
    knots = np.linspace(start - step * degree, end + step * degree, count)
    knots = knots.astype(np.float32).astype(np.float64)
    x = np.arange(length, dtype=np.float64)[:, None]
    basis = ((x >= knots[:-1]) & (x < knots[1:])).astype(np.float64)
    for k in range(1, degree + 1):
        rising = (x - knots[: -k - 1]) / (knots[k:-1] - knots[: -k - 1])
        falling = (knots[k + 1 :] - x) / (knots[k + 1 :] - knots[1:-k])
        basis = rising * basis[:, :-1] + falling * basis[:, 1:]
    return basis.astype(np.float32)
