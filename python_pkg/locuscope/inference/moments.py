"""Mean and variance of a stream in one pass, in float64 and with the memory of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def running_mean(u_k1: Any, x_k: Any, k: int) -> Any:
    """Give the mean of the first k items from that of the first k - 1.

    Args:
        u_k1: mean before, an array or a tensor; 0 or anything finite for k = 1.
        x_k: item k.
        k: its number, from 1 on.

    Returns:
        u + (x - u) / k (Welford 1962), in the wider number type of the two; float64 for lists.

    Raises:
        OptionError: k below 1.
        ShapeError: two different shapes.

    >>> running_mean(2.0, 5.0, 3)
    3.0
    """
    number = whole_number(k, "k")
    if number < 1:
        raise OptionError(f"k is {k!r}; items are counted from 1 on.", option="k", value=k)
    before, item = _number(u_k1), _number(x_k)
    _check_shapes(before, item)
    return before + (item - before) / number


def running_varsum(v_k1: Any, x_k: Any, m_k1: Any, m_k: Any) -> Any:
    """Give the sum of squares around the mean of k items from that of the first k - 1.

    Args:
        v_k1: the sum before; 0 for the first item.
        x_k: item k.
        m_k1: mean of the first k - 1 items.
        m_k: mean of the first k items.

    Returns:
        v + (x - m_k1) * (x - m_k) (Welford 1962). Divided by k - 1 it is the variance.

    Raises:
        ShapeError: different shapes.

    >>> running_varsum(2.0, 5.0, 2.0, 3.0)
    8.0
    """
    before, item, mean_before, mean = (_number(value) for value in (v_k1, x_k, m_k1, m_k))
    for other in (before, mean_before, mean):
        _check_shapes(other, item)
    return before + (item - mean_before) * (item - mean)


class RunningMoments:
    """Mean and variance of a stream of arrays or tensors of one shape.

    The sums are float64, whatever the items are. Tensors stay on their device; one without float64
    sends them to the CPU.

    >>> moments = RunningMoments()
    >>> for item in ([1.0, 5.0], [3.0, 5.0]):
    ...     moments.add(item)
    >>> moments.count, moments.mean.tolist(), moments.variance().tolist()
    (2, [2.0, 5.0], [2.0, 0.0])
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean: Any = None
        self._varsum: Any = None

    def add(self, item: ArrayLike | Any) -> None:
        """Count one more item.

        Raises:
            ShapeError: another shape than the first.
        """
        wide = _wide(item)
        if self._mean is None:
            self._mean, self._varsum = wide * 0.0, wide * 0.0
        _check_shapes(self._mean, wide)
        self.count += 1
        mean = running_mean(self._mean, wide, self.count)
        self._varsum = running_varsum(self._varsum, wide, self._mean, mean)
        self._mean = mean

    @property
    def mean(self) -> Any:
        """Mean of all items, float64.

        Raises:
            OptionError: no item yet.
        """
        self._require(1, "a mean")
        return self._mean

    def variance(self, *, ddof: int = 1) -> Any:
        """Give the variance over the items, float64.

        Args:
            ddof: 1 = divided by n - 1, 0 = by n.

        Raises:
            OptionError: no more items than `ddof`.
        """
        self._require(1 + whole_number(ddof, "ddof"), f"a variance with ddof={ddof}")
        return self._varsum / (self.count - ddof)

    def merge(self, other: RunningMoments) -> RunningMoments:
        """Give the moments of both streams together (pairwise formula, Chan et al. 1979).

        Raises:
            ShapeError: streams of different shapes.
        """
        if not self.count or not other.count:
            return self if self.count else other
        _check_shapes(self._mean, other._mean)
        both = RunningMoments()
        both.count = self.count + other.count
        apart = other._mean - self._mean
        both._mean = self._mean + apart * (other.count / both.count)
        between = apart * apart * (self.count * other.count / both.count)
        both._varsum = self._varsum + other._varsum + between
        return both

    def _require(self, n_items: int, what: str) -> None:
        if self.count < n_items:
            raise OptionError(
                f"{what} needs at least {n_items} items; {self.count} were added.",
                option="count",
                value=self.count,
            )


def _is_tensor(value: object) -> bool:
    return hasattr(value, "detach")


def _number(value: Any) -> Any:
    """Arrays, tensors and numbers as they are; lists as float64 arrays."""
    if _is_tensor(value) or isinstance(value, np.ndarray | np.generic | float | int):
        return value
    return np.asarray(value, np.float64)


def _wide(item: Any) -> Any:
    if not _is_tensor(item):
        return np.asarray(item, np.float64)
    here = item.detach()
    return (here.cpu() if here.device.type == "mps" else here).double()


def _check_shapes(one: Any, other: Any) -> None:
    """Refuse two arrays that would be spread over each other; a single number fits everything."""
    own, theirs = np.shape(one), np.shape(other)
    if own not in (theirs, ()) and theirs != ():
        raise ShapeError(
            f"an item has shape {tuple(theirs)}; the stream has {tuple(own)}.",
            found=tuple(theirs),
            expected=tuple(own),
        )
