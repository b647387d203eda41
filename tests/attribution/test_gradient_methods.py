from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.gradient_methods import (
    RULES,
    expected_gradients,
    from_multipliers,
    gradient,
    integrated_gradients,
    nodes_of,
    smooth_gradient,
)
from locuscope.errors import OptionError
from tests.oracles.gradient_oracle import numeric_gradient


def cubic(x):
    """A polynomial of third degree: two Gauss points integrate its gradient exactly."""
    weights = torch.linspace(-1, 1, x[0].numel(), dtype=x.dtype).reshape(x.shape[1:])
    return ((x * weights).sum((1, 2)) ** 3) + (x[:, 0] * x[:, 1]).sum(1)


def numbers(*shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


def test_the_gradient_equals_small_steps():
    x = numbers(2, 4, 3)
    found = gradient(cubic, x)
    for row in range(2):
        expected = numeric_gradient(
            lambda v: float(cubic(torch.tensor(v[None]))[0]), x[row].numpy()
        )
        np.testing.assert_allclose(found[row], expected, atol=1e-6)
    assert not x.requires_grad


def test_many_numbers_in_one_pass():
    x = numbers(3, 4, 2)
    both = gradient(lambda v: torch.stack([cubic(v), v.sum((1, 2))], dim=1), x)
    np.testing.assert_allclose(both[0], gradient(cubic, x))
    assert (both[1] == 1).all() and both.shape == (2, 3, 4, 2)
    assert not gradient(lambda v: torch.ones(len(v)), x).any()


@pytest.mark.parametrize("rule", RULES)
def test_lines_are_complete(rule):
    x, references = numbers(2, 4, 3), numbers(2, 2, 4, 3, seed=1)
    steps = {"gauss_legendre": 2, "riemann_mid": 400, "trapezoid": 400}[rule]
    found = integrated_gradients(cubic, x, references, rule, steps)
    tolerance = 1e-10 if rule == "gauss_legendre" else 1e-3
    assert (found.delta.abs() <= tolerance * found.change.abs().clamp(min=1)).all()
    plain = torch.zeros_like(x)
    for line in references.unbind(1):
        parts = [gradient(cubic, line + (k + 0.5) / 400 * (x - line)) for k in range(400)]
        mean = torch.stack(parts).mean(0)
        plain += (mean - (mean * line).sum(1, keepdim=True)) / 2
    np.testing.assert_allclose(found.hypothetical, plain, atol=2e-3 * float(plain.abs().max()))


def test_weights_sum_to_one():
    for rule in RULES:
        points, weights = nodes_of(rule, 7)
        assert len(points) == 7 and min(points) >= 0 and max(points) <= 1
        np.testing.assert_allclose(sum(weights), 1)
    with pytest.raises(OptionError, match="at least 2 steps"):
        nodes_of("trapezoid", 1)


def test_multipliers_become_values_of_every_base():
    x, references = numbers(2, 4, 3), numbers(2, 3, 4, 3, seed=1)
    multipliers = numbers(2, 3, 4, 3, seed=2)
    found = from_multipliers(cubic, x, references, multipliers)
    for n in range(2):
        for base in range(4):
            for position in range(3):
                expected = 0.0
                for r in range(3):
                    for channel in range(4):
                        step = float(channel == base) - references[n, r, channel, position]
                        expected += float(multipliers[n, r, channel, position] * step) / 3
                np.testing.assert_allclose(found.hypothetical[n, base, position], expected)
    sums = (multipliers * (x[:, None] - references)).sum((2, 3))
    np.testing.assert_allclose(found.delta, sums - found.change, atol=1e-12)
    there = torch.stack([cubic(references[:, r]) for r in range(3)], 1)
    np.testing.assert_allclose(found.change, cubic(x)[:, None] - there, atol=1e-12)


def test_averages_over_samples_are_plain_loops():
    x, references = numbers(2, 4, 3), numbers(2, 2, 4, 3, seed=1)
    points = torch.rand(2, 2, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = expected_gradients(cubic, x, references, points)
    for n in range(2):
        expected = np.zeros((4, 3))
        for r in range(2):
            line = references[n, r]
            steps = [
                gradient(cubic, (line + points[n, r, s] * (x[n] - line))[None])[0] for s in range(5)
            ]
            mean = torch.stack(steps).mean(0)
            expected += (mean - (mean * line).sum(0)).numpy() / 2
        np.testing.assert_allclose(found.hypothetical[n], expected, atol=1e-12)
    changed = numbers(2, 6, 4, 3, seed=3)
    smooth = smooth_gradient(cubic, x, changed)
    plain = torch.stack([gradient(cubic, changed[:, s]) for s in range(6)]).mean(0)
    np.testing.assert_allclose(smooth, plain, atol=1e-12)
