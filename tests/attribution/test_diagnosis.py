from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from locuscope.attribution.deeplift import deeplift
from locuscope.attribution.diagnosis import suspected_call
from locuscope.errors import ModelError
from tests.attribution import networks
from tests.attribution.test_attention_rules import Heads
from tests.attribution.test_deeplift import bases

WEIGHTS = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(4, 6)
X, REFERENCES = bases(2, 6), bases(2, 3, 6, seed=1)


@pytest.mark.parametrize("make", [*networks.ALL, Heads], ids=lambda make: make.__name__)
def test_rules_are_complete_call_by_call(make):
    net = networks.made(make)
    x, references = bases(3, networks.WIDTH), bases(3, 4, networks.WIDTH, seed=1)
    assert suspected_call(networks.one_number(net), x, references) is None


LOSING = {
    "sort (call 1)": lambda rows: torch.relu(
        (rows * WEIGHTS).sum(1).sort(dim=1).values[:, -2:]
    ).sum(1),
    "maximum (call 2)": lambda rows: torch.maximum(
        torch.maximum((rows * WEIGHTS).sum(1), torch.tensor(-99.0)).tanh(),
        (rows * 0.3).sum(1) - 0.4,
    ).sum(1),
    "cumprod (call 1)": lambda rows: torch.cumprod(
        functional.softplus((rows * WEIGHTS).sum(1)), 1
    ).sum(1),
}


@pytest.mark.parametrize("name", LOSING)
def test_the_first_call_that_loses_a_part_is_found(name):
    function = LOSING[name]
    found = deeplift(function, X, REFERENCES, on_unsupported="gradient")
    assert (found.delta.abs() > 1e-3).any()
    assert suspected_call(function, X, REFERENCES, on_unsupported="gradient") == name
    with pytest.raises(ModelError):
        suspected_call(function, X, REFERENCES)


def test_calls_of_one_function_are_counted():
    def function(rows):
        h = torch.relu((rows * WEIGHTS).sum(1))
        h = torch.relu(h - 0.1)
        return torch.relu(h).cumprod(1).sum(1) + torch.relu(1 - h).sum(1)

    assert suspected_call(function, X, REFERENCES, on_unsupported="gradient") == "cumprod (call 1)"


@pytest.mark.parametrize("rebinds", [False, True])
def test_functions_that_work_in_place(rebinds):
    def function(rows):
        h = rows * WEIGHTS - 0.1
        out = functional.elu_(h) if rebinds else h
        if not rebinds:
            h.tanh_()
            functional.relu(h, inplace=True)
        out += 0.5
        return out.amax((1, 2)) + out.sum((1, 2))

    assert suspected_call(function, X, REFERENCES) is None


def test_the_pass_is_as_it_would_be():
    net = networks.made(networks.Reused)
    x = bases(2, networks.WIDTH)
    before = net(x)
    suspected_call(networks.one_number(net), x, bases(2, 3, networks.WIDTH, seed=4))
    assert torch.equal(net(x), before)
    assert all(parameter.grad is None for parameter in net.parameters())
