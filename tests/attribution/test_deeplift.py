from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from locuscope.attribution.deeplift import TOLERANCE, deeplift
from locuscope.attribution.gradient_methods import integrated_gradients
from locuscope.errors import ModelError, OptionError
from tests.attribution import networks
from tests.oracles import rescale_oracle


def bases(*shape, seed=0):
    letters = np.random.default_rng(seed).integers(0, 4, shape)
    return torch.tensor(np.eye(4)[letters]).movedim(-1, -2).contiguous()


@pytest.mark.parametrize("make", networks.ALL, ids=lambda make: make.__name__)
def test_contributions_sum_to_the_difference(make):
    x, references = bases(3, networks.WIDTH), bases(3, 4, networks.WIDTH, seed=1)
    net = networks.made(make)
    found = deeplift(networks.one_number(net), x, references)
    assert found.change.abs().max() > 1e-3
    np.testing.assert_allclose(found.delta, 0, atol=1e-12 * float(1 + found.change.abs().max()))
    narrow = deeplift(networks.one_number(net.float()), x.float(), references.float())
    assert (narrow.delta.abs() <= TOLERANCE * narrow.change.abs().clamp(min=1)).all()
    np.testing.assert_allclose(narrow.hypothetical, found.hypothetical, atol=1e-3)


@pytest.mark.parametrize("make", [networks.Modules, networks.Gated, networks.Pooled])
def test_parts_of_a_call_change_nothing(make):
    x, references = bases(3, networks.WIDTH), bases(3, 5, networks.WIDTH, seed=1)
    function = networks.one_number(networks.made(make))
    found = deeplift(function, x, references)
    for per_pass in (1, 2, 4):
        split = deeplift(function, x, references, references_per_pass=per_pass)
        np.testing.assert_allclose(split.hypothetical, found.hypothetical, atol=1e-13)
        np.testing.assert_allclose(split.delta, found.delta, atol=1e-13)
    alone = deeplift(function, x[1:2], references[1:2])
    np.testing.assert_allclose(alone.hypothetical[0], found.hypothetical[1], atol=1e-13)


@pytest.mark.parametrize("name", ["relu", "logistic"])
def test_dense_layers_equal_the_plain_loop(name):
    rng = np.random.default_rng(4)
    sizes = [8, 5, 4, 1]
    weights = [rng.normal(size=(b, a)) for a, b in pairwise(sizes)]
    biases = [rng.normal(size=b) for b in sizes[1:]]
    x, reference = bases(2, 2), bases(2, 1, 2, seed=9)
    function = {"relu": torch.relu, "logistic": torch.sigmoid}[name]

    def net(rows):
        h = rows.flatten(1)
        for depth, (matrix, bias) in enumerate(zip(weights, biases, strict=True)):
            h = functional.linear(h, torch.tensor(matrix), torch.tensor(bias))
            h = function(h) if depth < 2 else h
        return h[:, 0]

    found = deeplift(net, x, reference)
    for row in range(2):
        expected = rescale_oracle.contributions(
            weights,
            biases,
            getattr(rescale_oracle, name),
            x[row].flatten().tolist(),
            reference[row, 0].flatten().tolist(),
        )
        sums = np.array(expected).reshape(4, 2).sum(0)
        projected = (found.hypothetical[row] * x[row]).sum(0)
        np.testing.assert_allclose(projected, sums, atol=1e-12)


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (2, 2), (3, 2)])
def test_max_pooling_equals_the_plain_loop(size, stride):
    rng = np.random.default_rng(size)
    values, others = rng.normal(size=(2, 1, 4, 9))
    function = lambda rows: functional.max_pool1d(rows, size, stride).sum((1, 2))
    x = torch.tensor(values)
    found = deeplift(function, x, torch.tensor(others)[None])
    windows = [list(range(i, i + size)) for i in range(0, 9 - size + 1, stride)]
    multipliers = np.array(
        [
            rescale_oracle.pooled_multipliers(a.tolist(), b.tolist(), windows)
            for a, b in zip(values[0], others[0], strict=True)
        ]
    )
    expected = multipliers - (multipliers * others[0]).sum(0)
    np.testing.assert_allclose(found.hypothetical[0], expected, atol=1e-12)
    assert abs(float(found.delta[0, 0])) < 1e-12


def test_a_linear_network_gives_its_weights():
    net = networks.made(networks.Linear)
    x, references = bases(2, networks.WIDTH), torch.zeros(2, 1, 4, networks.WIDTH).double()
    weight = net.weights.weight.detach().reshape(4, networks.WIDTH)
    function = networks.one_number(net)
    for found in (
        deeplift(function, x, references),
        integrated_gradients(function, x, references, "gauss_legendre", 2),
    ):
        np.testing.assert_allclose(found.hypothetical, weight.expand(2, -1, -1), atol=1e-14)


def test_equal_sequences_have_the_derivative():
    net, x = networks.made(networks.Functional), bases(2, networks.WIDTH)
    found = deeplift(networks.one_number(net), x, x[:, None])
    leaf = x.clone().requires_grad_()
    gradient = torch.autograd.grad(net(leaf).sum(), leaf)[0]
    expected = gradient - (gradient * x).sum(1, keepdim=True)
    np.testing.assert_allclose(found.hypothetical, expected, atol=1e-12)


def test_nothing_of_the_network_changes():
    net = networks.made(networks.Reused)
    x = bases(1, networks.WIDTH)
    before = net(x)
    deeplift(networks.one_number(net), x, x[:, None] * 0)
    assert torch.equal(net(x), before)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


ODD = {
    "sort": lambda rows: rows.sum(1).sort(dim=1).values[:, 0],
    "topk": lambda rows: rows.sum(1).topk(2, dim=1).values.sum(1),
    "cat (moves the examples)": lambda rows: torch.cat([rows, torch.ones(1, 4, 4)]).sum(),
    "getitem (moves the examples)": lambda rows: rows[torch.arange(len(rows))].sum((1, 2)),
    "flip (moves the examples)": lambda rows: rows.flip(0).sum((1, 2)),
    "sum (mixes the examples)": lambda rows: rows[:, :1].sum(0).sum() + rows.sum((1, 2)),
    "mean (mixes the examples)": lambda rows: rows.sum((1, 2)) - rows.mean(),
    "mul": lambda rows: (rows * 1).mul_(rows).sum((1, 2)),
    "tolist (reads numbers)": lambda rows: torch.tensor(rows.tolist()).sum((1, 2)),
    "maximum": lambda rows: torch.maximum(rows[:, 0], rows[:, 1]).sum(1),
}


@pytest.mark.fault("V4")
@pytest.mark.parametrize("name", ODD)
def test_functions_without_a_rule_are_named(name):
    x, references = bases(2, 4), bases(2, 3, 4, seed=1)
    with pytest.raises(ModelError) as caught:
        deeplift(ODD[name], x, references)
    assert f"no rule for {name}" in str(caught.value)
    assert "on_unsupported" in str(caught.value) and "integrated_gradients" in str(caught.value)


def test_the_plain_derivative_is_told():
    x, references = bases(2, 4), bases(2, 3, 4, seed=1)
    plain: set[str] = set()
    found = deeplift(ODD["sort"], x, references, on_unsupported="gradient", plain=plain)
    assert plain == {"sort"} and torch.isfinite(found.hypothetical).all()
    with pytest.raises(OptionError, match="did you mean 'gradient'"):
        deeplift(ODD["sort"], x, references, on_unsupported="gradent")


@pytest.mark.parametrize("rebinds", [False, True])
def test_functions_that_work_in_place(rebinds):
    weight = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(4, 6)

    def function(rows):
        h = rows * weight - 0.1
        out = functional.elu_(h) if rebinds else h
        if not rebinds:
            h.tanh_()
            functional.relu(h, inplace=True)
        out += 0.5
        return out.amax((1, 2), keepdim=True)[:, 0, 0] + out.sum((1, 2))

    x, references = bases(2, 6), bases(2, 3, 6, seed=1)
    found = deeplift(function, x, references)
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)
    plain = torch.stack([function(references[:, r]) for r in range(3)], 1)
    np.testing.assert_allclose(found.change, function(x)[:, None] - plain, atol=1e-12)
    assert found.change.abs().max() > 1e-2


def test_constants_beside_the_bases_are_plain():
    scale = nn.Parameter(torch.rand(4, 4, dtype=torch.float64))

    def function(rows):
        mixed = (torch.softmax(scale, 0) @ rows) * torch.exp(scale[:, :1]) / scale.sum()
        return torch.relu(2 - mixed).sum((1, 2)) / 3

    found = deeplift(function, bases(2, 6), bases(2, 3, 6, seed=1))
    assert found.delta.abs().max() < 1e-12 < found.change.abs().max()


def test_one_number_per_track_from_one_pass():
    torch.manual_seed(5)
    body = nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.ReLU(), nn.Conv1d(6, 3, 3)).double()
    calls = []

    def function(rows):
        calls.append(len(rows))
        return body(rows).tanh().sum(2)

    x, references = bases(3, networks.WIDTH), bases(3, 4, networks.WIDTH, seed=1)
    each = deeplift(function, x, references, references_per_pass=2)
    assert calls == [9, 9]
    assert each.hypothetical.shape == (3, 3, 4, networks.WIDTH) and each.delta.shape == (3, 3, 4)
    for track in range(3):
        one = deeplift(lambda rows, track=track: function(rows)[:, track], x, references)
        np.testing.assert_allclose(each.hypothetical[track], one.hypothetical, atol=1e-12)
        np.testing.assert_allclose(each.change[track], one.change, atol=1e-12)
    np.testing.assert_allclose(each.delta, 0, atol=1e-12)


def test_a_track_that_reads_nothing_has_nothing():
    function = lambda rows: torch.stack([rows.sum((1, 2)), torch.ones(len(rows))], dim=1)
    x, references = bases(2, 6), torch.zeros(2, 1, 4, 6).double()
    found = deeplift(function, x, references)
    assert (found.hypothetical[0] == 1).all() and not found.hypothetical[1].any()
    assert not found.delta.any() and found.change[0].min() == 6
