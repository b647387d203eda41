"""What is done to a gradient of one-hot bases: its gauge, its product with the bases, its sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import ShapeError
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAUGES = ("auto", "simplex", "none")


def simplex_gauge(values: NDArray[Any]) -> NDArray[Any]:
    """Subtract the mean over the four bases at each position.

    The inputs of a network for DNA never leave the simplex of one-hot columns, so only differences
    along it mean anything; the rest of a gradient is noise of training (Majdandzic et al. 2023).

    Args:
        values: (..., A, L).

    Returns:
        Same shape; every column sums to 0.

    >>> simplex_gauge(np.array([[4.0], [0.0], [0.0], [0.0]]))[:, 0].tolist()
    [3.0, -1.0, -1.0, -1.0]
    """
    _check_bases(values)
    centred: NDArray[Any] = values - values.mean(axis=-2, keepdims=True)
    return centred


def project(values: NDArray[Any], sequences: NDArray[Any]) -> NDArray[Any]:
    """Keep the values of the bases that are there: values x one-hot.

    Args:
        values: (..., N, A, L).
        sequences: one-hot (N, A, L); an unknown base gives 0.

    Returns:
        As `values`, also where a base that is not there has NaN.

    >>> project(np.array([[[1.0], [2.0], [3.0], [4.0]]]), np.array([[[0], [1], [0], [0]]])).sum()
    np.float64(2.0)
    """
    _check_bases(values)
    if values.shape[-3:] != sequences.shape:
        raise ShapeError(
            f"the values have shape {values.shape}, the bases {sequences.shape}.",
            found=values.shape,
            expected=sequences.shape,
        )
    kept: NDArray[Any] = np.where(sequences != 0, values, values.dtype.type(0))
    return kept


def input_gate(gradient: NDArray[Any], sequences: NDArray[Any]) -> NDArray[Any]:
    """One track from a gradient: gradient x one-hot, summed over the bases.

    Args:
        gradient: (N, A, L).
        sequences: one-hot (N, A, L).

    Returns:
        (N, L).
    """
    gate: NDArray[Any] = project(gradient, sequences).sum(axis=-2)
    return gate


def gauge_of(gauge: str, method: str, gradient_methods: tuple[str, ...]) -> str:
    """The gauge that "auto" means for a method: a baseline's completeness forbids any change.

    Raises:
        OptionError: an unknown gauge.
    """
    check_choice("gauge", gauge, GAUGES)
    if gauge != "auto":
        return gauge
    return "simplex" if method in gradient_methods else "none"


def _check_bases(values: NDArray[Any]) -> None:
    if values.ndim < 2 or values.shape[-2] != 4:
        raise ShapeError(
            f"values have shape {values.shape}; (..., 4, L) with the bases ACGT is needed.",
            found=values.shape,
            expected=("...", 4, "L"),
        )
