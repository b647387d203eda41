"""The counter hash, one number at a time, in Python's own integers."""

from __future__ import annotations

_MASK = 2**64 - 1


def mix(x: int) -> int:
    """One SplitMix64 step."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def hashed(seed: int, *words: int) -> int:
    """Hash of a seed and words."""
    state = mix(seed)
    for word in words:
        state = mix(state ^ word)
    return state
