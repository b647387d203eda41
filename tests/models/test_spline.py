from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import BSpline

from locuscope.errors import OptionError
from locuscope.models.spline import spline_basis
from tests.oracles.mtsplice_oracle import plain_spline

GOLDEN = json.loads(
    (Path(__file__).parent / "data" / "spline_basis.json").read_text(encoding="utf-8")
)


def test_golden_basis():
    basis = spline_basis(GOLDEN["length"], GOLDEN["n_bases"], GOLDEN["degree"])
    assert np.abs(basis[GOLDEN["positions"]] - np.array(GOLDEN["basis"])).max() <= 1e-6
    assert basis.sum(1).min() == pytest.approx(GOLDEN["rowsum_min"], abs=1e-6)
    assert basis.sum(1).max() == pytest.approx(GOLDEN["rowsum_max"], abs=1e-6)


@pytest.mark.parametrize(("length", "n_bases", "degree"), [(400, 10, 3), (50, 6, 3), (33, 5, 2)])
def test_the_basis_is_that_of_the_recursion_number_by_number(length, n_bases, degree):
    basis = spline_basis(length, n_bases, degree)
    assert basis.dtype == np.float32
    assert np.abs(basis - np.array(plain_spline(length, n_bases, degree))).max() <= 1e-6
    assert np.abs(basis.sum(1) - 1).max() <= 1e-5


def test_the_basis_is_mirrored_and_local():
    basis = spline_basis(400)
    assert np.abs(basis - basis[::-1, ::-1]).max() <= 1e-4
    assert ((basis > 0).sum(1) <= 4).all()


def test_scipy_evaluates_the_same_functions():
    last = 399
    step = last * 1.002 / 7
    knots = np.linspace(-0.399 - 3 * step, last + 0.399 + 3 * step, 14).astype(np.float32)
    x = np.arange(400.0)
    design = BSpline.design_matrix(x, knots.astype(float), 3).toarray()
    assert np.abs(spline_basis(400) - design).max() <= 1e-6


@pytest.mark.parametrize(("length", "n_bases", "degree"), [(1, 10, 3), (400, 3, 3), (400, 10, 0)])
def test_too_few_positions_or_bases_are_refused(length, n_bases, degree):
    with pytest.raises(OptionError, match="needs at least"):
        spline_basis(length, n_bases, degree)
