"""Random draws without a generator: a counter hash of the seed and of what is drawn.

A draw depends on its own words only, never on the order of calls, the batch size or the version of
numpy. `mix` is the SplitMix64 step; `h = mix(seed)`, then `h = mix(h ^ word)` for each word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


def check_seed(seed: object) -> int:
    """Give the seed as an int from 0 to 2^64 - 1.

    Raises:
        WrongTypeError: no whole number.
        OptionError: negative, or 2^64 and more.
    """
    number = whole_number(seed, "seed")
    if not 0 <= number < 2**64:
        raise OptionError(
            f"seed is {number}; a whole number from 0 to 2^64 - 1 is needed.",
            option="seed",
            value=number,
            allowed="0 .. 2^64 - 1",
        )
    return number


def mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One SplitMix64 step of each word, modulo 2^64."""
    # Overflow is the arithmetic that is wanted; numpy warns of it for single numbers only.
    with np.errstate(over="ignore"):
        x = words + _STEP
        x = (x ^ (x >> np.uint64(30))) * _FIRST
        x = (x ^ (x >> np.uint64(27))) * _SECOND
        return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def hashed(seed: ArrayLike, *words: ArrayLike) -> NDArray[np.uint64]:
    """Hash a seed and words to 64 bits each; whole numbers from 0 on, or arrays that broadcast.

    >>> [int(h) for h in hashed(0, [1, 2])]
    [627405149472732430, 15549969042648332857]
    """
    return more(mix(_as_words(seed)), *words)


def more(state: NDArray[np.uint64], *words: ArrayLike) -> NDArray[np.uint64]:
    """Go on hashing: `more(hashed(seed, a), b)` equals `hashed(seed, a, b)`."""
    for word in words:
        state = mix(state ^ _as_words(word))
    return state


def unit(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Turn hashes into numbers from 0 up to but not including 1, in steps of 2^-53."""
    return np.asarray((words >> np.uint64(11)) * _UNIT, dtype=np.float64)


def _as_words(value: Any) -> NDArray[np.uint64]:
    return np.asarray(value, dtype=np.uint64)
