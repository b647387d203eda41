from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.layer_passes import LayerValues, joined, layers_over_views
from locuscope.attribution.target_views import moved_back, target_views
from locuscope.errors import OptionError, ShapeError
from locuscope.inference.ensemble import Ensemble
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.attribution.reference import network, sequences
from tests.effects.golden import PAIR


def passed(layers, target=0, *, return_all=False, **ensemble):
    views = target_views(
        network(strand_pair=PAIR), target, ensemble=Ensemble(**ensemble), width_bp=64
    )
    batch = torch.from_numpy(sequences())
    with views.held(torch.device("cpu")):
        return layers_over_views(views, batch, torch.arange(5), layers, return_all=return_all)


def test_one_view_is_a_plain_gradient():
    found = passed(["relu", "input"])
    model = network(strand_pair=PAIR).module
    x = torch.tensor(sequences()).float().requires_grad_()
    held = {}
    hook = model.stem.register_forward_hook(lambda *args: held.setdefault("stem", args[2]))
    model(x)[..., 0].sum().backward()
    hook.remove()
    np.testing.assert_allclose(found.gradients["input"], x.grad, atol=1e-7)
    np.testing.assert_allclose(found.activations["relu"], held["stem"].detach().relu(), atol=1e-7)
    np.testing.assert_array_equal(found.activations["input"], sequences())


def test_the_chain_rule_joins_two_layers():
    """What reaches the input is what reaches the first layer, through its weights."""
    found = passed(["stem", "input"], "each")
    weight = network().module.stem.weight.detach()
    for track in range(4):
        through = torch.nn.functional.conv_transpose1d(
            torch.tensor(found.gradients["stem"][track]), weight, padding=3
        )
        np.testing.assert_allclose(found.gradients["input"][track], through, atol=1e-6)


def test_the_mean_is_that_of_all_views():
    views = {"rc": True, "shifts": (-3, 0, 5)}
    every = passed(["relu", "input"], "each", return_all=True, **views)
    mean = passed(["relu", "input"], "each", **views)
    assert every.gradients["relu"].shape == (6, 4, 5, 8, 64)
    for name in ("relu", "input"):
        np.testing.assert_allclose(every.gradients[name].mean(0), mean.gradients[name], atol=1e-7)
        np.testing.assert_allclose(
            np.nanmean(every.activations[name], axis=0), mean.activations[name], atol=1e-6
        )


def test_positions_that_no_view_knows():
    found = passed(["relu"], shifts=(2, 4))
    unknown = np.isnan(found.activations["relu"]).any((0, 1))
    assert unknown.nonzero()[0].tolist() == [62, 63]
    assert np.isfinite(found.gradients["relu"]).all()


@pytest.mark.parametrize("shift", [-63, -3, 0, 1, 40])
def test_positions_moved_back_equal_the_plain_loop(shift):
    values = torch.arange(64.0).expand(2, 64)
    found = moved_back(values, shift)
    for place in range(64):
        there = place + shift
        assert found[0, place] == (there if 0 <= there < 64 else 0)


def test_both_strands_in_one_batch_are_told():
    model = load_model("dnase")
    views = target_views(model, 0, ensemble=Ensemble(), width_bp=512)
    batch = torch.zeros(2, 4, 512, dtype=torch.uint8)
    batch[:, 0] = 1
    with (
        views.held(torch.device("cpu")),
        pytest.raises(ShapeError, match="the examples must stand along its first axis"),
    ):
        layers_over_views(views, batch, torch.arange(2), ["cat"])


def test_a_shift_of_unknown_positions_is_refused():
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = torch.nn.AvgPool1d(6)

        def forward(self, x):
            return self.pool(x).sum((1, 2))[:, None]

    model = wrap(Odd(), heads=HeadSpec("n", (), 1), window_bp=64, output_axes="NT")
    views = target_views(model, 0, ensemble=Ensemble(shifts=(0, 6)), width_bp=64)
    batch = torch.from_numpy(sequences())
    with (
        views.held(torch.device("cpu")),
        pytest.raises(OptionError, match="10 positions in a window of 64"),
    ):
        layers_over_views(views, batch, torch.arange(5), ["pool"])


@pytest.mark.parametrize("over_views", [False, True])
def test_batches_end_to_end(over_views):
    lead = (3,) if over_views else ()
    whole = np.random.default_rng(0).normal(size=(*lead, 2, 5, 4, 6))
    plain = whole[..., 0, :, :, :]
    axis = -3
    parts = [
        LayerValues({"a": np.take(whole, rows, axis=axis)}, {"a": np.take(plain, rows, axis=axis)})
        for rows in (range(2), range(2, 5))
    ]
    found = joined(parts, over_views=over_views)
    np.testing.assert_array_equal(found.gradients["a"], whole)
    np.testing.assert_array_equal(found.activations["a"], plain)
