from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution import line_integrals
from locuscope.attribution.contributions import contributions
from locuscope.attribution.gradient_methods import gradient, integrated_gradients, numbers
from locuscope.attribution.line_integrals import MOST_SPLITS, refined_mean
from locuscope.errors import DataWarning, OptionError
from tests.attribution import networks
from tests.attribution.reference import network, sequences
from tests.attribution.test_deeplift import bases

GATE = 1e-3


def gap(found):
    return float((found.delta.abs() / found.change.abs().clamp(min=1)).max())


@pytest.mark.parametrize("make", networks.ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("kind", ["other", "zero", "uniform"])
def test_the_gate_is_kept(make, kind):
    function = networks.one_number(networks.made(make).float())
    x = bases(2, networks.WIDTH).float()
    references = {
        "other": bases(2, 2, networks.WIDTH, seed=1).float(),
        "zero": torch.zeros(2, 1, 4, networks.WIDTH),
        "uniform": torch.full((2, 1, 4, networks.WIDTH), 0.25),
    }[kind]
    found = integrated_gradients(function, x, references, "gauss_legendre", 32, tolerance=GATE)
    assert gap(found) <= GATE and found.change.abs().max() > 1e-3


def test_a_tighter_tolerance_comes_to_the_true_integral():
    function = networks.one_number(networks.made(networks.Modules))
    x, references = bases(2, networks.WIDTH), bases(2, 2, networks.WIDTH, seed=1)
    truth = integrated_gradients(function, x, references, "riemann_mid", 2_048)
    errors = []
    for tolerance in (1e-2, 1e-4, 1e-6):
        found = integrated_gradients(function, x, references, "trapezoid", 4, tolerance=tolerance)
        assert gap(found) <= tolerance
        errors.append(float((found.hypothetical - truth.hypothetical).abs().max()))
    assert errors[2] < 2e-3 < errors[0] and errors[2] < errors[1]


def test_lines_that_need_nothing_stay_as_they_are():
    function = networks.one_number(networks.made(networks.Gated))
    x, references = bases(2, networks.WIDTH), bases(2, 2, networks.WIDTH, seed=1)
    plain = integrated_gradients(function, x, references, "gauss_legendre", 32)
    found = integrated_gradients(function, x, references, "gauss_legendre", 32, tolerance=GATE)
    assert torch.equal(found.hypothetical, plain.hypothetical)


def test_the_others_of_a_batch_do_not_matter():
    function = networks.one_number(networks.made(networks.Pooled))
    x, references = bases(4, networks.WIDTH), bases(4, 1, networks.WIDTH, seed=1)
    asked = ("gauss_legendre", 8)
    found = integrated_gradients(function, x, references, *asked, tolerance=1e-4)
    for row in range(4):
        part = slice(row, row + 1)
        alone = integrated_gradients(function, x[part], references[part], *asked, tolerance=1e-4)
        np.testing.assert_allclose(alone.hypothetical[0], found.hypothetical[row], atol=1e-12)


def test_one_number_per_track():
    weights = torch.linspace(-1, 1, 48, dtype=torch.float64).reshape(4, 12)

    def function(rows):
        inner = (rows * weights).sum(1)
        return torch.stack([(inner - 0.1).relu().sum(1), (0.2 - inner).relu().sum(1)], dim=1)

    x, references = bases(3, 12), bases(3, 2, 12, seed=1)
    asked = (x, references, "gauss_legendre", 4)
    found = integrated_gradients(function, *asked, tolerance=1e-5)
    assert found.hypothetical.shape == (2, 3, 4, 12) and found.delta.shape == (2, 3, 2)
    assert gap(found) <= 1e-5
    for track in range(2):
        one = integrated_gradients(
            lambda rows, track=track: function(rows)[:, track], *asked, tolerance=1e-5
        )
        np.testing.assert_allclose(found.hypothetical[track], one.hypothetical, atol=1e-3)


def test_a_jump_ends_after_a_while():
    """A step has no gradient that could explain it."""
    calls = []

    def slopes(points):
        calls.append(len(points))
        return torch.zeros_like(points)

    step = lambda points: (points.sum((1, 2)) > 0.3).double()
    one = torch.ones(1, 1, 1).double()
    found = refined_mean(slopes, step, one, one * 0, one * 0, tolerance=GATE)
    assert not found.any() and len(calls) == 2 * 4 * MOST_SPLITS


def test_a_kink_is_closed_in_on():
    calls = []

    def function(points):
        calls.append(len(points))
        return (points - 0.3).relu().sum((1, 2))

    one = torch.ones(1, 1, 1).double()
    first = gradient(function, one * 0.5)
    found = refined_mean(
        lambda points: gradient(function, points), lambda points: numbers(function(points)),
        one, one * 0, first, tolerance=1e-6,
    )  # fmt: skip
    assert abs(float(found) - 0.7) < 1e-6 and len(calls) < 500


def test_through_the_verb(monkeypatch):
    asked = {"method": "integrated_gradients", "n_references": 1, "target": 0, "device": "cpu"}
    found = contributions(
        network(), sequences()[:3], method_options={"tolerance": 1e-3}, steps=8, **asked
    )
    ratio = np.abs(found.delta) / np.maximum(1, np.abs(found.change))
    assert ratio.max() <= 1e-3 and found.provenance["tolerance"] == 1e-3
    split = contributions(
        network(),
        sequences()[:3],
        method_options={"tolerance": 1e-3},
        steps=8,
        batch_size=2,
        **asked,
    )
    np.testing.assert_allclose(split.values, found.values, atol=1e-3)
    monkeypatch.setattr(line_integrals, "MOST_SPLITS", 1)
    with pytest.warns(DataWarning, match="integrated_gradients: the contributions of"):
        contributions(network(), sequences()[:3], method_options={"tolerance": 1e-12}, **asked)


@pytest.mark.fault("V4")
@pytest.mark.parametrize("tolerance", [0, -1, "small", True])
def test_tolerances_that_cannot_be_meant(tolerance):
    with pytest.raises(OptionError, match="a positive number is needed"):
        contributions(
            network(), sequences(), method="integrated_gradients",
            method_options={"tolerance": tolerance},
        )  # fmt: skip
