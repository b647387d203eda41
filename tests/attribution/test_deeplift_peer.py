"""Ours equals a published tool where both are exact: ReLU networks made of modules.

`bench/peers/store_deeplift.py` wrote the numbers, with the weights that they belong to.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from bench.peers.module_networks import BUILT, WIDTH
from locuscope.attribution.contributions import contributions
from locuscope.attribution.deeplift import deeplift
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

STORED = Path(__file__).parent / "data" / "deeplift_peers.npz"
PART_OF_PEAK = 1e-4


@cache
def stored():
    with np.load(STORED, allow_pickle=False) as held:
        return dict(held)


def network(name: str) -> nn.Module:
    net = BUILT[name]()
    mark = f"{name}/weights/"
    weights = {k.removeprefix(mark): v for k, v in stored().items() if k.startswith(mark)}
    net.load_state_dict({part: torch.from_numpy(values) for part, values in weights.items()})
    return net.eval()


def model(name: str):
    net = nn.Sequential(network(name), nn.Unflatten(1, (1, 2)))
    return wrap(net, heads=HeadSpec("a", (), 2), window_bp=WIDTH, name=name)


def assert_near(found, wanted) -> None:
    peak = np.abs(wanted).max()
    assert peak > 1e-3
    np.testing.assert_allclose(found, wanted, atol=PART_OF_PEAK * peak, rtol=0)


def test_the_numbers_are_those_of_one_version():
    assert str(stored()["peer"]) == "tangermeme 1.6.0"
    assert STORED.stat().st_size <= 60_000
    assert {key.split("/")[0] for key in stored() if "/" in key} == set(BUILT)


@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("name", sorted(BUILT))
def test_contributions_equal_the_stored_ones(name, output):
    """With the same references, through the public verb."""
    found = contributions(
        model(name),
        stored()["x"],
        method="deeplift",
        references=stored()["references"],
        target=output,
        device="cpu",
    )
    assert_near(found.values, stored()[f"{name}/{output}"])
    assert np.abs(found.delta).max() <= 1e-5


@pytest.mark.parametrize("name", sorted(BUILT))
def test_so_do_they_in_double_precision(name):
    """What is left of the difference is the peer's own rounding."""
    net = network(name).double()
    x, references = (torch.from_numpy(stored()[key]).double() for key in ("x", "references"))
    found = deeplift(lambda rows: net(rows)[:, 1], x, references)
    assert_near(found.hypothetical.numpy(), stored()[f"{name}/1"])


def test_other_references_give_other_numbers():
    """The agreement is of the references that were given, not of any."""
    wanted = stored()["stacked/0"]
    found = contributions(
        model("stacked"),
        stored()["x"],
        method="deeplift",
        references=stored()["references"][:, :1],
        target=0,
        device="cpu",
    )
    assert np.abs(found.values - wanted).max() > 10 * PART_OF_PEAK * np.abs(wanted).max()
