"""Mean, variance and every view of an ensemble, against plain loops in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.errors import DataWarning, OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.ensemble_outputs import EnsembleOutputs
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from tests.inference.conftest import Bases, toy_bases
from tests.inference.test_ensemble import GOLDEN

GOLDEN_VIEWS = Ensemble(rc=True, shifts=(0, 1, -2))


def texts(n, length, seed=0):
    letters = np.random.default_rng(seed).choice(list("ACGTN"), (n, length))
    return ["".join(row) for row in letters]


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_published_views_mean_and_variance(published, name):
    """Six views of an independent float64 implementation."""
    model, arrays = published[name]
    found = predict(
        model, arrays["x"], ensemble=GOLDEN_VIEWS, return_var=True, return_all=True, batch_size=3
    )
    expected = GOLDEN[f"{name}/all"]
    np.testing.assert_allclose(found.stacked("signal"), expected, atol=2e-6, rtol=0)
    mean, var = found.mean.signal[8].numpy(), found.var.signal[8].numpy()
    np.testing.assert_allclose(mean, GOLDEN[f"{name}/mean"], atol=2e-6, rtol=0)
    np.testing.assert_allclose(var, expected.var(0, ddof=1), atol=2e-6, rtol=0)


class TestParts:
    def test_what_is_asked_for_is_there(self, bases):
        x = texts(2, 30)
        plain = predict(bases, x, rc=True)
        for var, members in ((True, False), (False, True), (True, True)):
            found = predict(bases, x, rc=True, return_var=var, return_all=members)
            assert isinstance(found, EnsembleOutputs)
            assert (found.var is not None, found.members is not None) == (var, members)
            assert found.plan == Ensemble(rc=True)
            assert torch.equal(found.mean.signal[1].tensor, plain.signal[1].tensor)
            assert found.mean.signal[1].tracks == plain.signal[1].tracks

    def test_it_says_what_it_holds(self, bases):
        found = predict(bases, texts(1, 20), rc=True, return_var=True)
        assert repr(found) == "EnsembleOutputs(mean, var; Ensemble(rc=True), 2 views)"
        with pytest.raises(OptionError, match="return_all=True"):
            found.stacked("signal")

    def test_one_view_is_its_own_mean(self, bases):
        found = predict(bases, texts(2, 20), return_all=True)
        assert len(found.members) == 1
        assert torch.equal(found.stacked("signal")[0], found.mean.signal[1].tensor)
        assert torch.equal(found.stacked("signal", 1), found.stacked("signal"))

    def test_a_variance_of_one_view_is_refused(self, bases):
        with pytest.raises(OptionError, match="variance needs at least two members") as caught:
            predict(bases, texts(1, 20), return_var=True)
        assert caught.value.option == "return_var"
        with pytest.raises(WrongTypeError, match="return_all"):
            predict(bases, texts(1, 20), return_all=1)

    def test_every_view_stands_in_the_order_of_the_plan(self, bases, toy_twin):
        views = Ensemble(rc=True, shifts=(0, 3), members=[toy_twin])
        x = texts(2, 26)
        found = predict(bases, x, ensemble=views, return_all=True, batch_size=1)
        for k, (member, shift, is_reverse, _) in enumerate(views.order()):
            model = (bases, toy_twin)[member]
            one = predict(
                model,
                x,
                ensemble=Ensemble(shifts=(0, shift) if shift else (0,), rc=is_reverse),
                return_all=True,
            )
            own = one.stacked("signal")[-1]
            torch.testing.assert_close(
                found.stacked("signal")[k], own, equal_nan=True, atol=1e-6, rtol=0
            )

    def test_several_heads_and_resolutions(self, bins):
        found = predict(bins, texts(3, 32), rc=True, return_var=True, return_all=True)
        assert found.stacked("cov").shape == (2, 3, 32, 2)
        assert found.stacked("cov", 4).shape == (2, 3, 8, 2)
        assert found.stacked("total").shape == (2, 3, 1, 2)
        for head, key in (("cov", 1), ("cov", 4), ("total", 0)):
            every = found.stacked(head, key).double()
            torch.testing.assert_close(
                found.var.head(head)[key].tensor.double(), every.var(0), atol=1e-7, rtol=1e-5
            )

    def test_places_and_bins_are_those_of_the_mean(self, bases, genome):
        place = Interval("1", 100, 120)
        found = predict(bases, place, genome, rc=True, return_var=True, return_all=True)
        for part in (found.mean, found.var, *found.members):
            assert part.signal[1].interval == place


@pytest.fixture
def toy_twin():
    """The toy network with other weights."""
    torch.manual_seed(7)
    spec = toy_bases()
    return wrap(
        Bases(), heads=spec.heads["signal"], window_bp=None, catalog=spec.catalog, name="twin"
    )


class TestShifts:
    def test_positions_moved_in_from_outside_do_not_count(self, bases):
        """A plain loop: each view brought back, unknown positions NaN, nanmean and nanvar."""
        shifts = (0, 4, -3)
        x = texts(2, 30)
        found = predict(
            bases, x, ensemble=Ensemble(shifts=shifts), return_var=True, return_all=True
        )
        every = found.stacked("signal").double().numpy()
        n_positions = every.shape[2]
        for view, shift in zip(every, shifts, strict=True):
            unknown = np.isnan(view).all(axis=(0, 2))
            expected = np.zeros(n_positions, bool)
            if shift > 0:
                expected[n_positions - shift :] = True
            elif shift < 0:
                expected[:-shift] = True
            assert (unknown == expected).all()
        np.testing.assert_allclose(
            found.mean.signal[1].numpy(), np.nanmean(every, 0), atol=1e-6, rtol=0
        )
        np.testing.assert_allclose(
            found.var.signal[1].numpy(), np.nanvar(every, 0, ddof=1), atol=1e-7, rtol=1e-4
        )

    def test_a_position_of_one_view_has_no_variance(self, bases):
        views = Ensemble(shifts=(0, 4))
        found = predict(bases, texts(1, 30), ensemble=views, return_var=True)
        is_nan = torch.isnan(found.var.signal[1].tensor)[0].all(1)
        assert is_nan.tolist() == [False] * 16 + [True] * 4
        assert not torch.isnan(found.mean.signal[1].tensor).any()

    def test_a_position_of_no_view_is_nan_and_said(self, bases):
        views = Ensemble(shifts=(2, 4))
        with pytest.warns(DataWarning, match="2 positions at the ends"):
            found = predict(bases, texts(1, 30), ensemble=views, return_var=True)
        assert torch.isnan(found.mean.signal[1].tensor[0, -2:]).all()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    rc=st.booleans(),
    shifts=st.lists(st.integers(-6, 6), min_size=1, max_size=3, unique=True),
    seed=st.integers(0, 99),
)
def test_streams_equal_the_stacked_views(bins, sizes, rc, shifts, seed):
    """Whatever the views and the batches are: mean and variance are those of the kept views."""
    views = Ensemble(rc=rc, shifts=(0, *(shift for shift in shifts if shift)))
    if views.n_views < 2:
        views = Ensemble(rc=True)
    found = predict(
        bins,
        texts(sizes[0], 32, seed),
        ensemble=views,
        return_var=True,
        return_all=True,
        batch_size=sizes[1],
    )
    for head, key in (("cov", 1), ("cov", 4), ("total", 0)):
        every = found.stacked(head, key).double()
        known = (~torch.isnan(every)).sum(0)
        mean = every.nanmean(0)
        var = ((every - mean) ** 2).nansum(0) / (known - 1)
        var[known < 2] = torch.nan
        for part, expected in ((found.mean, mean), (found.var, var)):
            torch.testing.assert_close(
                part.head(head)[key].tensor.double(), expected, equal_nan=True, atol=1e-6, rtol=1e-5
            )


def test_contact_maps_have_variances_too(pairs):
    views = Ensemble(rc=True, shifts=(0, 4))
    found = predict(pairs, texts(2, 24), ensemble=views, return_var=True, return_all=True)
    every = found.stacked("map").double()
    assert every.shape == (4, 2, 6, 6, 2)
    assert torch.isnan(every[2:, :, -1]).all()
    assert torch.isnan(every[2:, :, :, -1]).all()
    assert not torch.isnan(every[:, :, :5, :5]).any()
    expected = every[:, :, :5, :5].var(0)
    torch.testing.assert_close(
        found.var.map[4].tensor[:, :5, :5].double(), expected, atol=1e-7, rtol=1e-5
    )
