"""Sums over views against plain float64 loops, in any order of batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import DataWarning
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.selection import HeadChoice
from locuscope.inference.view_sums import ViewSums
from locuscope.inference.views import known_in_view, view_counts
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.track_table import TrackTable

N, L = 5, 12
PLACE = ("a", 1)


def choice():
    return HeadChoice(
        HeadSpec("a", (1,), 2), (1,), np.arange(2), TrackTable.placeholders("a", 0, 2)
    )


def made(ensemble, size, views, **keeps):
    """Feed views (views, N, L, 2) in batches of one size; what a view does not know is 0."""
    sums = ViewSums(N, L, [choice()], ensemble, None, **keeps)
    per_member = len(ensemble.one_member())
    for member in range(len(views) // per_member):
        for first in range(0, N, size):
            batch = sums.batch(member, first)
            total = 0
            for k, (shift, _, _) in enumerate(ensemble.one_member()):
                part = views[member * per_member + k][first : first + size].float()
                part = part * sums.known(PLACE, shift)
                batch.see({PLACE: part}, shift)
                total = total + part
            sums.add({PLACE: total}, batch)
    return sums.result()


def expected(ensemble, views):
    """The views with NaN where they know nothing, float64."""
    masked = views.double().clone()
    for k, (_, shift, _, _) in enumerate(ensemble.order()):
        known = known_in_view(choice(), 1, L, shift, None)
        masked[k] = masked[k].masked_fill(~known, torch.nan)
    return masked.numpy()


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(1, 6),
    shifts=st.lists(st.integers(-4, 4), max_size=2, unique=True),
    rc=st.booleans(),
    offset=st.sampled_from([0.0, 1e4]),
)
def test_mean_variance_and_views(size, shifts, rc, offset):
    ensemble = Ensemble(rc=rc, shifts=(0, *(s for s in shifts if s)), mc_samples=2)
    generator = torch.Generator().manual_seed(size)
    views = torch.randn(ensemble.n_views, N, L, 2, generator=generator) + offset
    found = made(ensemble, size, views, keeps_var=True, keeps_members=True)
    every = expected(ensemble, views)
    np.testing.assert_allclose(found.mean["a"][1], np.nanmean(every, 0), atol=1e-5, rtol=3e-7)
    var = np.nanvar(every, 0, ddof=1)
    np.testing.assert_allclose(found.var["a"][1], var, rtol=1e-5, atol=1e-10)
    for view, other in zip(found.members, every, strict=True):
        np.testing.assert_allclose(view["a"][1], other, rtol=1e-6)


def test_several_networks_are_merged():
    class Twin:
        """Stands for a further network where only their number counts."""

        name, heads, window_bp = "twin", {}, None

        def run(self):
            """Never called."""

    ensemble = Ensemble(rc=True, members=[Twin(), Twin()])
    views = torch.randn(6, N, L, 2, generator=torch.Generator().manual_seed(0))
    found = made(ensemble, 2, views, keeps_var=True)
    np.testing.assert_allclose(found.mean["a"][1], views.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.var["a"][1], views.var(0), rtol=1e-5)
    assert found.members is None


def test_what_is_not_asked_for_is_not_kept():
    sums = ViewSums(N, L, [choice()], Ensemble(), None)
    assert not sums.keeps_views
    batch = sums.batch(0, 0)
    sums.add({PLACE: torch.ones(N, L, 2)}, batch)
    found = sums.result()
    assert (found.var, found.members) == (None, None)
    assert (found.mean["a"][1] == 1).all()


def test_a_batch_that_is_dropped_counts_nothing():
    sums = ViewSums(N, L, [choice()], Ensemble(rc=True), None, keeps_var=True)
    failed = sums.batch(0, 0)
    failed.see({PLACE: torch.full((N, L, 2), 1e9)}, 0)
    for first in range(N):
        batch = sums.batch(0, first)
        for value in (1.0, 3.0):
            batch.see({PLACE: torch.full((1, L, 2), value)}, 0)
        sums.add({PLACE: torch.full((1, L, 2), 4.0)}, batch)
    found = sums.result()
    assert (found.mean["a"][1] == 2).all()
    assert (found.var["a"][1] == 2).all()


def test_counts_are_the_sum_of_what_views_know():
    ensemble = Ensemble(rc=True, shifts=(0, 3, -2), mc_samples=2)
    counts = view_counts(choice(), 1, L, ensemble, None)
    known = sum(
        known_in_view(choice(), 1, L, shift, None).float() for _, shift, _, _ in ensemble.order()
    )
    assert torch.equal(counts, known)
    kept = known_in_view(choice(), 1, L, 3, lambda *_: torch.tensor([0, 8, 11]))
    assert kept.flatten().tolist() == [True, True, False]


def test_positions_of_no_view_are_said():
    ensemble = Ensemble(shifts=(3, 4))
    views = torch.ones(2, N, L, 2)
    with pytest.warns(DataWarning, match="3 positions at the ends"):
        found = made(ensemble, 5, views, keeps_var=True)
    assert torch.isnan(found.mean["a"][1][0, :, 0]).tolist() == [False] * 9 + [True] * 3
    assert torch.isnan(found.var["a"][1][0, :, 0]).tolist() == [False] * 8 + [True] * 4
