from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from locuscope.attribution.deeplift import deeplift
from locuscope.attribution.example_axes import Axis, moved_axis, takes_first_axis
from locuscope.errors import ModelError
from tests.attribution.test_deeplift import bases

ROWS = 6


FIRST = Axis()


def axis_after(func, name, *args, place=FIRST, **options):
    """Where `moved_axis` says that the examples of every tensor among the arguments go."""
    return moved_axis(func, name, args, options, axis_of=lambda _: place, n_rows=ROWS)


MOVED = [
    (torch.transpose, (torch.zeros(ROWS, 3, 4), 0, 1), 1),
    (torch.permute, (torch.zeros(ROWS, 3, 4), (2, 1, 0)), 2),
    (torch.movedim, (torch.zeros(ROWS, 3, 4), 0, 1), 1),
    (torch.unsqueeze, (torch.zeros(ROWS, 3), 0), 1),
    (torch.unsqueeze, (torch.zeros(ROWS, 3), 1), 0),
    (torch.flatten, (torch.zeros(ROWS, 3, 4), 1), 0),
    (torch.mean, (torch.zeros(ROWS, 3, 4), 1), 0),
    (torch.sum, (torch.zeros(ROWS, 3, 4), (1, 2)), 0),
    (torch.sum, (torch.zeros(ROWS, 3, 4), 0), None),
    (torch.mean, (torch.zeros(ROWS, 3, 4),), None),
    (torch.flip, (torch.zeros(ROWS, 3), (0,)), None),
    (torch.Tensor.t, (torch.zeros(ROWS, 3),), 1),
    (torch.select, (torch.zeros(ROWS, 3), 0, 2), None),
    (torch.select, (torch.zeros(ROWS, 3), 1, 2), 0),
    (torch.Tensor.reshape, (torch.zeros(ROWS, 3, 4), ROWS * 3, 4), 0),
    (torch.Tensor.expand, (torch.zeros(ROWS, 3, 4), 5, ROWS, 3, 4), 1),
    (torch.Tensor.__getitem__, (torch.zeros(ROWS, 3), (slice(None), 0)), 0),
    (torch.Tensor.__getitem__, (torch.zeros(ROWS, 3), slice(1, 5)), None),
    (torch.Tensor.__getitem__, (torch.zeros(ROWS, 3), (None, slice(None))), 1),
]


@pytest.mark.parametrize(("func", "args", "expected"), MOVED)
def test_where_the_examples_go(func, args, expected):
    name = func.__name__.strip("_")
    found = axis_after(func, name, *args)
    assert found == (None if expected is None else Axis(expected))


def test_stacks_and_heads():
    stacked = axis_after(torch.stack, "stack", [torch.zeros(ROWS, 3)] * 5)
    assert stacked == Axis(1)
    back = axis_after(torch.mean, "mean", torch.zeros(5, ROWS, 3), 0, place=Axis(1))
    assert back == Axis(0)
    # Sequence first, heads beside the examples, as torch's own attention has them.
    joined = axis_after(
        torch.Tensor.view, "view", torch.zeros(7, ROWS, 8), 7, ROWS * 2, 4, place=Axis(1)
    )
    assert joined == Axis(1)
    first = axis_after(torch.transpose, "transpose", torch.zeros(7, 12, 4), 0, 1, place=Axis(1))
    assert first == Axis(0)
    apart = axis_after(torch.Tensor.view, "view", torch.zeros(12, 7, 4), ROWS, 2, 7, 4)
    assert apart == Axis(0)
    # Two batches one after the other stay that.
    twice = axis_after(
        torch.transpose, "transpose", torch.zeros(2 * ROWS, 3), 0, 1, place=Axis(0, 2)
    )
    assert twice == Axis(1, 2)
    mixed = axis_after(torch.Tensor.reshape, "reshape", torch.zeros(ROWS, 4), 4, ROWS)
    assert mixed is None


def test_tensors_that_are_no_examples_spoil_it():
    x, other = torch.zeros(ROWS, 3), torch.zeros(ROWS, 3)
    axis_of = lambda tensor: Axis() if tensor is x else None
    asked = {"axis_of": axis_of, "n_rows": ROWS}
    assert moved_axis(torch.stack, "stack", ([x, other],), {}, **asked) is None
    assert moved_axis(torch.stack, "stack", ([x, x],), {}, **asked) == Axis(1)
    index = torch.arange(ROWS)
    assert moved_axis(torch.Tensor.__getitem__, "getitem", (x, index), {}, **asked) is None


@pytest.mark.parametrize(
    ("name", "args", "options", "expected"),
    [
        ("mean", (1,), {}, False),
        ("mean", (0,), {}, True),
        ("sum", (-3,), {}, True),
        ("sum", ((1, 2),), {}, False),
        ("sum", (), {}, True),
        ("mean", (), {"dim": (0, 2)}, True),
        ("transpose", (0, 1), {}, True),
        ("transpose", (1, 2), {}, False),
    ],
)
def test_functions_that_reach_the_first_axis(name, args, options, expected):
    assert takes_first_axis(name, (torch.zeros(ROWS, 3, 4), *args), options) is expected


@settings(max_examples=40, deadline=None)
@given(st.permutations([0, 1, 2, 3]), st.integers(0, 3))
def test_every_order_of_axes(order, place):
    shape = [2, 3, 4, 5]
    shape[place] = ROWS
    found = axis_after(torch.permute, "permute", torch.zeros(shape), order, place=Axis(place))
    assert found == Axis(order.index(place))


def positions_first(rows):
    """The same network twice: examples first, and positions first."""
    weights = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(4, 6)
    scale = torch.linspace(0.5, 1.5, 6, dtype=torch.float64)

    def body(h, channels):
        h = functional.layer_norm(torch.tanh(h @ weights), (6,)) * scale + 0.2
        h = functional.softmax(h, -1) * functional.gelu(1 - h) / 3 - h / (2 + scale)
        return functional.linear(h, weights).relu().sum(channels)

    plain = body(rows.transpose(1, 2), 2).mean(1)
    turned = body(rows.permute(2, 0, 1), 2).mean(0)
    return plain, turned


def test_rules_work_along_any_axis():
    x, references = bases(3, 6), bases(3, 4, 6, seed=1)
    plain = deeplift(lambda rows: positions_first(rows)[0], x, references)
    turned = deeplift(lambda rows: positions_first(rows)[1], x, references)
    np.testing.assert_allclose(turned.hypothetical, plain.hypothetical, atol=1e-12)
    np.testing.assert_allclose(turned.delta, 0, atol=1e-12)
    assert plain.change.abs().max() > 1e-3


def test_members_that_are_stacked():
    weights = torch.linspace(-1, 1, 72, dtype=torch.float64).reshape(3, 4, 6)

    def members(rows):
        each = torch.stack([torch.tanh(rows * weight).sum((1, 2)) for weight in weights])
        return each.relu().mean(0) + each.sum(0) - each[1]

    def by_hand(rows):
        each = [torch.tanh(rows * weight).sum((1, 2)) for weight in weights]
        return sum(one.relu() for one in each) / 3 + sum(each) - each[1]

    x, references = bases(3, 6), bases(3, 4, 6, seed=1)
    found, expected = (deeplift(net, x, references) for net in (members, by_hand))
    np.testing.assert_allclose(found.hypothetical, expected.hypothetical, atol=1e-12)
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)


@pytest.mark.parametrize("back", [True, False])
def test_axes_that_are_exchanged_in_place(back):
    weights = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(4, 6)

    def function(rows):
        h = rows * weights
        h.transpose_(0, 1)
        h = torch.tanh(h)
        if back:
            h.transpose_(0, 1)
            return torch.relu(h.sum(2)).sum(1)
        return torch.relu(h.sum(2)).sum(0)

    x, references = bases(3, 6), bases(3, 4, 6, seed=1)
    found = deeplift(function, x, references)
    plain = deeplift(lambda rows: torch.tanh(rows * weights).sum(2).relu().sum(1), x, references)
    np.testing.assert_allclose(found.hypothetical, plain.hypothetical, atol=1e-12)
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)


ODD = {
    "relu_ (examples along axis 1)": lambda rows: rows.transpose(0, 1).relu_().sum((0, 2)),
    "conv1d (examples along axis 2)": lambda rows: functional.conv1d(
        rows.permute(1, 2, 0), torch.ones(1, 4, 1).double()
    ).sum((0, 1)),
    "softmax (mixes the examples)": lambda rows: rows.transpose(0, 1).softmax(1).sum((0, 2)),
    "linear (examples along axis 2)": lambda rows: functional.linear(
        rows.permute(1, 2, 0), torch.ones(2, len(rows)).double()
    ).sum((1, 2)),
    "tolist (reads numbers)": lambda rows: torch.tensor(rows.transpose(0, 1).tolist()).sum((0, 2)),
    "mean (mixes the examples)": lambda rows: rows.transpose(0, 1).mean(1).sum(1),
}


@pytest.mark.fault("V4")
@pytest.mark.parametrize("name", ODD)
def test_what_cannot_be_done_there_is_named(name):
    x, references = bases(2, 4), bases(2, 3, 4, seed=1)
    with pytest.raises(ModelError) as caught:
        deeplift(ODD[name], x, references)
    assert f"no rule for {name.replace('relu_', 'relu')}" in str(caught.value)
