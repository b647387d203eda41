from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.averages import Averaged, average_over_views, warn_incomplete
from locuscope.attribution.gradient_methods import Explained
from locuscope.attribution.target_views import target_views
from locuscope.errors import DataWarning, OptionError
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from tests.attribution.reference import network, sequences

RUN = Run(device="cpu", batch_size=2)


def views(**ensemble):
    return target_views(network(), 0, ensemble=Ensemble(**ensemble), width_bp=64)


def test_a_method_sees_each_view_and_its_company():
    seen = []

    def method(function, x, company, first):
        seen.append(
            (x.clone(), company.clone(), first, function(torch.cat([x, *company.unbind(1)])))
        )
        return Explained(x.clone(), company.sum((2, 3)), company.sum((2, 3)))

    beside = lambda bases, first: np.stack([bases, bases[:, ::-1]], axis=1)
    found = average_over_views(views(rc=True), sequences(), method, run=RUN, company=beside)
    np.testing.assert_array_equal(found.mean, sequences())
    assert found.delta.shape == (5, 2) and [part[2] for part in seen] == [0, 0, 2, 2, 4, 4]
    x = torch.tensor(sequences()).float()
    np.testing.assert_array_equal(seen[1][0], reverse_complement(x[:2]))
    np.testing.assert_array_equal(seen[1][1][:, 1], reverse_complement(x[:2].flip(1)))
    assert seen[0][3].shape == (6,)


def test_values_that_leave_the_window_are_zero():
    method = lambda function, x, company, first: Explained(torch.ones_like(x))
    found = average_over_views(
        views(shifts=(0, 3)), sequences(), method, run=RUN, return_var=True, return_all=True
    )
    assert found.members.shape == (2, 5, 4, 64)
    assert (found.mean[..., -3:] == 0.5).all() and (found.mean[..., :-3] == 1).all()
    assert (found.var[..., -3:] == 0.5).all() and not found.var[..., :-3].any()
    centred = average_over_views(views(), sequences(), method, run=RUN, is_centred=True)
    assert not centred.mean.any() and centred.var is None and centred.delta is None


def test_the_worst_example_is_named():
    delta, change = np.array([[0.0], [0.5], [0.01]]), np.array([[1.0], [2.0], [0.1]])
    found = Averaged(np.zeros((3, 4, 2)), delta=delta, change=change)
    with pytest.warns(DataWarning, match="2 of 3 examples miss .* example 1 with 0.25"):
        warn_incomplete(found, 1e-3, "deeplift", stacklevel=2)
    assert len(found.notes) == 1
    warn_incomplete(found, 0.3, "deeplift", stacklevel=2)
    warn_incomplete(Averaged(np.zeros((3, 4, 2))), 0, "gradient", stacklevel=2)
    found.delta = np.array([[np.nan], [0], [0]])
    with pytest.warns(DataWarning, match="1 of 3 .* example 0"):
        warn_incomplete(found, 1e-3, "deeplift", stacklevel=2)


@pytest.mark.fault("V4")
def test_margins_and_company_exclude_each_other():
    method = lambda function, x, company, first: Explained(x)
    ensemble = Ensemble(shifts=(0, 2), shift_fill="genome")
    bound = target_views(network(), 0, ensemble=ensemble, width_bp=64)
    wide = np.pad(sequences(), ((0, 0), (0, 0), (2, 2)))
    found = average_over_views(bound, wide, method, run=RUN)
    assert found.mean.shape == (5, 4, 64)
    with pytest.raises(OptionError, match="no bases of a genome for references"):
        average_over_views(bound, wide, method, run=RUN, company=lambda x, first: x[:, None])
