from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from locuscope.attribution.averages import average_over_views
from locuscope.attribution.contribution_plans import plan_method
from locuscope.attribution.target_views import View, target_views, unaugment_gradient
from locuscope.errors import OptionError
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.shifts import shift_bases
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import ROWS, close, needs_whole, network, sequences, small, whole
from tests.effects.golden import PAIR

VIEWS = Ensemble(rc=True, shifts=(0, 1, -2))
TARGET = Target(tracks=[0], positions="center")
PLAIN = {"references": None, "count": 1, "steps": 1, "seed": 0, "fitting": 1}


def explained(model, target, x, ensemble, *, batch_size=2, **options):
    views = target_views(model, target, ensemble=ensemble, width_bp=x.shape[-1])
    plan = plan_method("gradient", {}, bases=x, **PLAIN)
    run = Run(device="cpu", batch_size=batch_size)
    return average_over_views(views, x, plan.method, run=run, **options)


def test_views_equal_the_reference_numbers():
    model = network(double=True, strand_pair=PAIR)
    found = explained(model, TARGET, sequences()[ROWS], VIEWS, return_var=True, return_all=True)
    close(found.mean, small()["sigmoid/ensemble/grad_mean"], 1e-12)
    close(found.members[:, 1:], small()["sigmoid/ensemble/grad_all"], 1e-6)
    np.testing.assert_allclose(found.members.mean(0), found.mean, atol=1e-15)
    np.testing.assert_allclose(found.members.var(0, ddof=1), found.var, atol=1e-15)


def test_views_in_single_precision():
    model = network(strand_pair=PAIR)
    found = explained(model, TARGET, sequences()[ROWS], VIEWS)
    assert found.mean.dtype == np.float32
    close(found.mean, small()["sigmoid/ensemble/grad_mean"], 1e-5)
    assert found.members is None and found.var is None


@needs_whole
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_all_reference_views(name):
    model, expected = network(name, double=True, strand_pair=PAIR), whole()
    found = explained(model, TARGET, sequences(name), VIEWS, return_var=True, return_all=True)
    close(found.mean, expected[f"{name}/ensemble/grad_mean"], 1e-12)
    close(found.members, expected[f"{name}/ensemble/grad_all"], 1e-12)
    close(found.var, expected[f"{name}/ensemble/grad_var_ddof1"], 1e-12)


class Bases(nn.Module):
    """One value per base and track, five bases of context on each side."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 11)

    def forward(self, x):
        return torch.sigmoid(self.conv(x)).transpose(1, 2)


@pytest.mark.parametrize("shifts", [(0,), (0, 3, -4)])
def test_the_mean_is_the_gradient_of_the_mean_prediction(shifts):
    # At one base per bin shifts are undone, and bins at the ends are known to fewer views.
    torch.manual_seed(5)
    net = Bases().double()
    head = HeadSpec("signal", (1,), 2, crop_bp=5, strand_pair=(1, 0))
    model = wrap(net, heads=head, window_bp=40)
    x = np.eye(4, dtype=np.uint8)[np.random.default_rng(0).integers(0, 4, (2, 40))]
    x = x.transpose(0, 2, 1).copy()
    ensemble = Ensemble(rc=True, shifts=shifts)
    found = explained(model, Target(tracks=[0]), x, ensemble)

    leaf = torch.tensor(x).double().requires_grad_()
    total, count = torch.zeros(2, 30, dtype=torch.float64), torch.zeros(30)
    for shift in shifts:
        for is_reverse in (False, True):
            moved = torch.full_like(leaf, 0.25)
            moved[..., max(0, shift) : 40 + min(0, shift)] = leaf[
                ..., max(0, -shift) : 40 - max(0, shift)
            ]
            read = moved.flip(1, 2) if is_reverse else moved
            track = net(read)[..., 1].flip(1) if is_reverse else net(read)[..., 0]
            inside = [p for p in range(30) if 0 <= p + shift < 30]
            for p in inside:
                total[:, p] = total[:, p] + track[:, p + shift]
                count[p] += 1
    expected = torch.autograd.grad((total / count).sum(), leaf)[0].numpy()
    close(found.mean, expected, 1e-12)


@given(st.integers(-5, 5), st.booleans())
def test_bringing_back_is_the_transpose_of_moving(shift, is_reverse):
    rng = np.random.default_rng(abs(shift))
    x, g = (torch.tensor(rng.normal(size=(2, 4, 9))) for _ in range(2))
    moved = shift_bases(x, shift, "zero")
    moved = reverse_complement(moved) if is_reverse else moved
    back = unaugment_gradient(g, shift=shift, is_reverse=is_reverse)
    np.testing.assert_allclose(float((moved * g).sum()), float((x * back).sum()), rtol=1e-12)


def test_a_symmetric_network_has_one_gradient():
    torch.manual_seed(2)

    class Symmetric(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Conv1d(4, 1, 5)

        def forward(self, x):
            return (self.inner(x).tanh().mean(2) + self.inner(x.flip(1, 2)).tanh().mean(2))[:, None]

    model = wrap(Symmetric().double(), heads=HeadSpec("n", (), 1), window_bp=64)
    both = explained(model, None, sequences(), Ensemble(rc=True))
    plain = explained(model, None, sequences(), Ensemble())
    close(both.mean, plain.mean, 1e-12)


def test_members_are_networks_of_their_own():
    first, second = network(double=True), network(double=True)
    with torch.no_grad():
        second.module.head.weight.mul_(2)
    both = explained(first, TARGET, sequences(), Ensemble(members=(second,)), return_all=True)
    for member, model in zip(both.members, (first, second), strict=True):
        close(member, explained(model, TARGET, sequences(), Ensemble()).mean, 1e-12)


@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_batches_change_nothing(batch_size):
    model = network(double=True, strand_pair=PAIR)
    places = explained(model, TARGET, sequences(), VIEWS, batch_size=batch_size)
    close(places.mean, explained(model, TARGET, sequences(), VIEWS, batch_size=4).mean, 1e-13)


@pytest.mark.fault("V4")
def test_views_that_cannot_be():
    model = network()
    with pytest.raises(OptionError, match="at least two members"):
        explained(model, TARGET, sequences(), Ensemble(), return_var=True)
    views = target_views(model, TARGET, ensemble=VIEWS, width_bp=64)
    assert views.views[1] == View(0, 0, True)
