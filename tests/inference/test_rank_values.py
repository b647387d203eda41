"""Kept values: exact while they fit; a seeded sample and bins that do not depend on the chunks."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import OptionError
from locuscope.inference.rank_values import RankValues


def filled(x, y, size, *, names=("spearmanr",), max_values=10**6, above=None, seed=0):
    values = RankValues(names, x.shape[1], max_values=max_values, positive_above=above, seed=seed)
    places = np.arange(len(x))
    for first in range(0, len(x), size):
        part = slice(first, first + size)
        keep = np.ones(x[part].shape, np.bool_)
        values.add(x[part], y[part], keep, (places[part], places[part] * 0))
    return values


@pytest.fixture
def pair():
    draws = np.random.default_rng(4)
    x = draws.normal(size=(4_000, 2))
    return x, x + draws.normal(size=x.shape)


class TestSample:
    def test_it_does_not_depend_on_the_chunks(self, pair):
        found = [filled(*pair, size, max_values=3_000) for size in (1, 7, 600, 4_000)]
        assert len({values.n_kept for values in found}) == 1
        assert 600 < found[0].n_kept <= 1_500
        for values in found[1:]:
            assert (
                values.metric("spearmanr")[0].tolist() == found[0].metric("spearmanr")[0].tolist()
            )

    def test_it_is_near_the_whole_and_said(self, pair):
        whole, sample = filled(*pair, 500), filled(*pair, 500, max_values=4_000)
        gap = whole.metric("spearmanr")[0] - sample.metric("spearmanr")[0]
        assert 0 < np.abs(gap).max() < 0.05
        assert whole.notes() == []
        assert sample.notes() == [
            f"spearmanr is of a sample of {sample.n_kept:,} of 4,000 positions (seed 0)"
        ]

    def test_another_seed_is_another_sample(self, pair):
        one, other = (filled(*pair, 500, max_values=4_000, seed=s) for s in (0, 1))
        assert one.metric("spearmanr")[0].tolist() != other.metric("spearmanr")[0].tolist()


class TestBins:
    names = ("auroc", "auprc")

    def test_beyond_the_memory_areas_are_of_bins(self, pair):
        x, y = pair
        classes = (x > 0.5).astype(float)
        exact = filled(classes, y, 500, names=self.names)
        for size in (13, 4_000):
            coarse = filled(classes, y, size, names=self.names, max_values=2_000)
            assert coarse.histogram is not None
            assert coarse.histogram.sum() == x.size
            for name in self.names:
                values, off = coarse.metric(name)
                assert 0 < off < 0.01
                assert np.abs(values - exact.metric(name)[0]).max() <= off + 1e-12
            assert [note.split(" is of 65,536 bins")[0] for note in coarse.notes()] == [*self.names]
        assert exact.notes() == []
        assert exact.histogram is None

    def test_order_and_classes_together(self, pair):
        x, y = pair
        classes = (x > 0).astype(float)
        names = ("spearmanr", "auroc")
        one, other = (filled(classes, y, s, names=names, max_values=900) for s in (9, 4_000))
        for name in names:
            assert one.metric(name)[0].tolist() == other.metric(name)[0].tolist()
        assert len(one.notes()) == 2


class TestClasses:
    def test_targets_of_another_kind_need_a_threshold(self, pair):
        with pytest.raises(OptionError, match=r"track \d has .*positive_above=t"):
            filled(*pair, 500, names=("auroc",))
        x, y = pair
        above = filled(x, y, 500, names=("auroc",), above=0.25).metric("auroc")[0]
        flags = filled((x > 0.25).astype(float), y, 500, names=("auroc",)).metric("auroc")[0]
        assert above.tolist() == flags.tolist()

    @pytest.mark.fault("N1")
    def test_a_prediction_that_is_nan_is_not_ranked(self, pair):
        x, y = pair[0], pair[1].copy()
        y[17, 1] = np.nan
        for max_values in (10**6, 3_000):
            classes = (x > 0).astype(float)
            names = ("spearmanr", "auroc")
            values = filled(classes, y, 100, names=names, max_values=max_values)
            for name in names:
                found = values.metric(name)[0]
                assert np.isfinite(found[0])
                assert np.isnan(found[1])
