"""Convolution blocks of networks of many forms, named in the order of a pass."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn
from torch.nn import functional

from locuscope.attribution.activations import activations
from locuscope.attribution.conv_blocks import conv_blocks
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.seqnn_cases import model

X = np.zeros((2, 4, 32), np.uint8)


class Reused(nn.Module):
    """One activation at two places, one convolution at two."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 3, padding=1)
        self.conv = nn.Conv1d(5, 5, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        h = self.act(self.first(x))
        h = self.act(self.conv(h))
        return self.conv(h).mean(2)


class Own(nn.Conv1d):
    """A convolution of another class."""

    def forward(self, x):
        return super().forward(x * 2)


class Functions(nn.Module):
    """Functions alone, with a sum and a pool between two convolutions."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(nn.Conv1d(4, 4, 3).weight.detach())

    def forward(self, x):
        h = functional.relu(functional.conv1d(x, self.weight, padding=1))
        h = functional.max_pool1d(functional.dropout(h, 0.1, training=False), 2)
        h = h + 1
        return functional.conv1d(h, self.weight, padding=1).mean(2)


class Flat(nn.Module):
    """Two-dimensional convolutions of height one."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(4, 6, (1, 5), padding=(0, 2)),
            nn.BatchNorm2d(6),
            nn.GELU(),
            nn.MaxPool2d((1, 4)),
        )

    def forward(self, x):
        return self.net(x[:, :, None]).mean((2, 3))


def wrapped(network, width):
    head = HeadSpec("signal", (), width, kind="scalar")
    return wrap(network, heads=head, window_bp=32, output_axes="NT")


CASES = {
    "modules": (
        nn.Sequential(
            nn.Sequential(
                nn.Conv1d(4, 6, 5, padding=2), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.1),
                nn.MaxPool1d(2),
            ),
            nn.Conv1d(6, 3, 3, padding=1),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(48, 2),
            nn.Sigmoid(),
        ),
        2,
        ("0.4", "2"),
    ),
    "reused": (Reused(), 5, ("act#0", "act#1", "conv#1")),
    "own": (nn.Sequential(Own(4, 3, 1), nn.Tanh(), nn.Flatten(), nn.Linear(96, 1)), 1, ("1",)),
    "functions": (Functions(), 4, ("max_pool1d", "conv1d_1")),
    "flat": (Flat(), 6, ("net.3",)),
    "none": (nn.Sequential(nn.Flatten(), nn.Linear(128, 2)), 2, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_blocks(name):
    network, width, expected = CASES[name]
    made = wrapped(network, width)
    assert conv_blocks(made, X) == expected
    if expected:
        assert set(activations(made, X, list(expected))) == set(expected)


def test_the_reference_network():
    assert conv_blocks(model(), np.zeros((1, 4, 64), np.uint8)) == ("relu", "relu_1", "softplus")


def test_the_network_is_left_as_it_was():
    made = wrapped(CASES["modules"][0], 2)
    made.module.train()
    conv_blocks(made, X)
    assert all(part.training for part in made.module.modules())
