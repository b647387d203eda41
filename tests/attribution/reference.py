"""Reference numbers of this room: a small file that is always here, and the whole set beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from locuscope.genome.sequence import one_hot
from tests.effects.golden import META, small_model

HERE = Path(__file__).parent / "data" / "gradients.npz"
WHOLE = Path(__file__).resolve().parents[3] / "shared" / "golden" / "effects" / "arrays.npz"
ROWS = [0, 4]
"""The sequences of the small file."""

needs_whole = pytest.mark.skipif(not WHOLE.is_file(), reason=f"{WHOLE} is not here")


def small() -> dict[str, np.ndarray]:
    with np.load(HERE, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def whole() -> dict[str, np.ndarray]:
    with np.load(WHOLE, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if "/" in name}


def sequences(name: str = "sigmoid") -> np.ndarray:
    """One-hot (5, A, L) of the reference sequences."""
    return one_hot(list(META["sequences"][name]))


def network(name: str = "sigmoid", *, double: bool = False, strand_pair=None):
    model = small_model(strand_pair, name=name)
    if double:
        model.module.double()
    return model


def close(found, expected, tolerance):
    """Largest difference, in units of the peak of what is expected."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


class Twice(nn.Module):
    """One convolution that runs twice, with functions and modules as activations."""

    def __init__(self, *, inplace: bool = False) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=inplace)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        first = self.act(self.stem(x))
        second = self.act(self.stem(first))
        return nn.functional.softmax(self.head(second.mean(2)), dim=1)


class TwoInputs(nn.Module):
    """Bases and numbers beside them; a third input that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3)
        self.numbers = nn.Linear(5, 2)

    def forward(self, seq, numbers, unread):
        del unread
        return self.conv(seq).amax(2) * self.numbers(numbers)
