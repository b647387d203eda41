from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.contributions import contributions
from locuscope.attribution.cut_gradients import CutFinder, reached
from locuscope.errors import ModelError
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import network, sequences

CUTS = {
    "argmax": lambda x: x.sum(2).argmax(1).float(),
    "detach": lambda x: (x.detach() * 2).sum((1, 2)),
    "gt": lambda x: (x.sum(2) > 1).float().sum(1),
}


def wrapped(function):
    class Cut(nn.Module):
        def forward(self, x):
            return function(x)[:, None]

    return wrap(Cut(), heads=HeadSpec("n", (), 1), window_bp=8, output_axes="NT")


@pytest.mark.parametrize("name", ["argmax", "detach", "gt"])
def test_cuts_are_named(name):
    x = torch.ones(2, 4, 3).requires_grad_()
    with pytest.raises(ModelError) as caught:
        reached(CUTS[name], "gradient")(x)
    assert f"cuts it at {name}" in str(caught.value) and "method='ism'" in str(caught.value)
    # Without a wish for gradients nothing is said.
    reached(CUTS[name], "gradient")(torch.ones(2, 4, 3))


def test_the_first_cuts_are_listed_once():
    finder = CutFinder()
    x = torch.ones(2, 4, 3).requires_grad_()
    with finder:
        (x > 0).any()
        x.detach().relu()
        (x > 1).any()
        (x * 2).sum()
    assert finder.names == ["gt", "detach"]


def test_what_does_not_depend_on_the_bases_is_no_fault():
    x = torch.ones(2, 4, 3).requires_grad_()
    assert reached(lambda rows: torch.zeros(len(rows)), "gradient")(x).tolist() == [0, 0]
    beside = lambda rows: rows.sum((1, 2)) * (rows.sum((1, 2)) > 0)
    assert reached(beside, "gradient")(x).requires_grad


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    "method", ["gradient", "smooth_gradient", "integrated_gradients", "expected_gradients"]
)
def test_the_verb_says_so(method):
    more = {"n_references": 2} if method.endswith("ed_gradients") else {}
    with pytest.raises(ModelError, match=f"{method}: .* cuts it at argmax"):
        contributions(wrapped(CUTS["argmax"]), ["ACGTACGT"], method=method, **more)


def test_single_changes_need_no_gradient():
    found = contributions(wrapped(CUTS["gt"]), ["AACGTACG"], method="ism", device="cpu")
    assert np.isfinite(found.values).all() and found.values.any()


def test_networks_with_gradients_are_as_before():
    found = contributions(network(), sequences(), target=0)
    assert found.values.any()
    with torch.no_grad():
        again = contributions(network(), sequences(), target=0)
    np.testing.assert_array_equal(again.values, found.values)
