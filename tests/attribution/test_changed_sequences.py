from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.changed_sequences import averaged_rows, changed_numbers
from locuscope.attribution.target_views import target_views
from locuscope.errors import OptionError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from tests.attribution.reference import network, sequences

MODEL = network()


def bound(target, ensemble=None):
    return target_views(MODEL, target, ensemble=ensemble or Ensemble(), width_bp=64)


@pytest.mark.parametrize("size", [1, 2, 64])
def test_numbers_do_not_depend_on_the_batch(size):
    x = sequences()
    asked = []

    def make(which):
        asked.append(which.tolist())
        return x[which]

    run = Run(device="cpu", batch_size=size)
    views = bound("each")
    found = changed_numbers(views, views.views[0], 3, count=5, make=make, run=run)
    with torch.no_grad():
        truth = MODEL.run(torch.from_numpy(x).float())["atac"][8].sum(1)
    np.testing.assert_allclose(found, truth, rtol=2e-6)
    assert [row for some in asked for row in some] == list(range(5)) and max(
        map(len, asked)
    ) <= size


def test_rows_are_averaged_over_their_views():
    views = bound(0, Ensemble(rc=True, shifts=(0, 1)))
    rng = np.random.default_rng(0)
    table = {(row, view): rng.normal(size=(2, 4, 3)) for row in range(3) for view in views.views}
    found = averaged_rows(
        views, range(3), lambda row, view: table[row, view], return_var=True, return_all=True
    )
    every = np.stack(
        [np.stack([table[row, view] for row in range(3)], axis=1) for view in views.views]
    )
    assert every.shape == (4, 2, 3, 4, 3)
    np.testing.assert_allclose(found.members, every, rtol=1e-6)
    np.testing.assert_allclose(found.mean, every.mean(0), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.var, every.var(0, ddof=1), rtol=1e-5)
    bare = averaged_rows(views, [1], lambda row, view: table[row, view])
    assert bare.var is None and bare.members is None and bare.mean.dtype == np.float32


@pytest.mark.fault("V4")
def test_one_view_has_no_variance():
    with pytest.raises(OptionError, match="at least two views"):
        averaged_rows(bound(0), [0], lambda row, view: np.zeros((4, 64)), return_var=True)
