from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.contribution_plans import (
    BASELINES,
    GRADIENTS,
    ISM,
    METHODS,
    method_options_of,
    plan_method,
    refuse_unused_options,
)
from locuscope.errors import OptionError, WrongTypeError

BASES = np.eye(4, dtype=np.uint8)[np.random.default_rng(0).integers(0, 4, (3, 8))].swapaxes(1, 2)


def planned(method, *, fitting=64, **options):
    return plan_method(
        method, method_options_of(method, options), references=None, count=5, steps=6, seed=2,
        bases=BASES, fitting=fitting,
    )  # fmt: skip


def test_methods_are_told_apart():
    assert (*GRADIENTS, *BASELINES, ISM) == METHODS and len(set(METHODS)) == len(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_plan(method):
    plan = planned(method)
    assert (plan.method is None) == (method == ISM)
    assert (plan.company is None) == (method in (*GRADIENTS[:2], ISM))
    assert plan.told() == [] and plan.suspected == []
    if plan.method is None:
        return
    weights = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(4, 8)
    x = torch.from_numpy(BASES).double()
    company = None if plan.company is None else torch.tensor(plan.company(BASES, 0)).double()
    found = plan.method(lambda rows: (rows * weights).sum((1, 2)), x, company, 0)
    assert found.hypothetical.shape == (3, 4, 8)
    if method in GRADIENTS:
        np.testing.assert_allclose(found.hypothetical, weights.expand(3, -1, -1))
    else:
        # Of a linear function every method gives the weights, up to what the reference has.
        assert found.delta.shape == (3, 5)
        np.testing.assert_allclose(found.delta, 0, atol=1e-12)
        difference = found.hypothetical - weights
        np.testing.assert_allclose(difference - difference[:, :1], 0, atol=1e-12)


@pytest.mark.parametrize("fitting", [1, 2, 4, 64])
def test_references_go_in_passes_that_fit(fitting):
    plan = planned("deeplift", fitting=fitting)
    assert plan.cost == 1 + min(5, max(1, fitting - 1))
    weights = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(4, 8)
    function = lambda rows: torch.relu((rows * weights).sum(1)).sum(1)
    x = torch.from_numpy(BASES).double()
    company = torch.tensor(plan.company(BASES, 0)).double()
    found = plan.method(function, x, company, 0)
    whole = planned("deeplift").method(function, x, company, 0)
    np.testing.assert_allclose(found.hypothetical, whole.hypothetical, atol=1e-13)


def test_what_goes_wrong_is_remembered():
    plan = planned("deeplift", on_unsupported="gradient", diagnose=True)
    weights = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(4, 8)
    function = lambda rows: (rows * weights * 9).sum(1).sort(1).values[:, -2:].square().sum(1)
    x = torch.from_numpy(BASES).double()
    company = torch.tensor(plan.company(BASES, 0)).double()
    for _ in range(2):
        plan.method(function, x, company, 0)
    assert plan.plain == {"sort"} and plan.suspected == ["sort (call 1)"]
    assert plan.told() == ["deeplift took the plain derivative of sort."]


def test_company_is_that_of_the_example():
    for method in ("smooth_gradient", "deeplift"):
        company = planned(method).company
        np.testing.assert_array_equal(company(BASES, 0)[1:], company(BASES[1:], 1))


def test_options_are_completed():
    assert method_options_of("deeplift", None) == {"on_unsupported": "error", "diagnose": False}
    found = method_options_of("integrated_gradients", {"tolerance": 1e-3})
    assert found == {"rule": "gauss_legendre", "tolerance": 1e-3}
    assert method_options_of("gradient", {}) == {}


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("method", "given", "error", "words"),
    [
        ("deeplift", {"diagnos": True}, OptionError, "did you mean 'diagnose'"),
        ("deeplift", {"diagnose": "yes"}, WrongTypeError, "diagnose"),
        ("ism", {"center": "alternatives"}, OptionError, "center"),
        ("ism", {"method": "fast"}, OptionError, "method"),
        ("gradient", {"tolerance": 1}, OptionError, "no option 'tolerance'"),
        ("integrated_gradients", {"tolerance": np.nan}, OptionError, "positive number"),
        ("smooth_gradient", {"p": -0.1}, OptionError, "a probability"),
    ],
)
def test_options_that_cannot_be_meant(method, given, error, words):
    with pytest.raises(error) as caught:
        method_options_of(method, given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("method", "used"),
    [
        ("gradient", ()),
        ("smooth_gradient", ("seed",)),
        ("integrated_gradients", ("references", "n_references", "steps", "seed")),
        ("deeplift", ("references", "n_references", "seed")),
        ("ism", ()),
    ],
)
def test_options_that_have_no_effect(method, used):
    for option in ("references", "n_references", "steps", "seed"):
        if option in used:
            refuse_unused_options(method, **{option: 3})
        else:
            with pytest.raises(OptionError, match=f"{option} has no effect on method='{method}'"):
                refuse_unused_options(method, **{option: 3})
        refuse_unused_options(method, **{option: None})
