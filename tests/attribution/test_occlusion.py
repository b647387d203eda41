from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.occlusion import occlude, stretches
from locuscope.errors import OptionError
from locuscope.genome.sequence import one_hot
from locuscope.genome.shuffle import dinucleotide_shuffle
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution import networks
from tests.attribution.reference import network, sequences
from tests.oracles.ism_oracle import slow_occlusion

MODEL = network()
TARGET = Target(tracks=[1], positions=slice(2, 6))
CPU = Run(device="cpu", batch_size=7)


def number(one):
    with torch.no_grad():
        return float(MODEL.run(torch.from_numpy(one[None]).float())["atac"][8][0, 2:6, 1].sum())


@pytest.mark.parametrize(("width", "stride"), [(1, 1), (10, 4), (9, 20), (64, 1)])
def test_what_is_lost_equals_the_slow_loop(width, stride):
    x = sequences()[:2].copy()
    x[1, :, 5] = 0
    found = occlude(MODEL, x, width_bp=width, stride_bp=stride, target=TARGET, run=CPU)
    starts = stretches(64, width, stride).tolist()
    for row, one in enumerate(x):
        slow = slow_occlusion(number, one, width, starts)
        slow[~one.any(0)] = 0
        np.testing.assert_allclose(found.per_base()[row], slow, atol=2e-6)
    assert found.kind == "projected" and found.provenance["fill"] == "N"
    assert np.isnan(found.values).any() == (stride > width)


def test_the_last_stretch_ends_with_the_sequence():
    assert stretches(10, 10, 3).tolist() == [0]
    assert stretches(10, 3, 3).tolist() == [0, 3, 6, 7]
    assert stretches(10, 1, 1).tolist() == list(range(10))


def test_shuffles_fill_the_stretches():
    x = sequences()[:1]
    found = occlude(
        MODEL,
        x,
        width_bp=32,
        stride_bp=32,
        fill="shuffle",
        n_shuffles=3,
        seed=5,
        target=TARGET,
        run=CPU,
    )
    filled = dinucleotide_shuffle(x[0], 3, 5)
    for start in (0, 32):
        hidden = np.repeat(x, 3, axis=0)
        hidden[..., start : start + 32] = filled[..., start : start + 32]
        lost = np.mean([number(x[0]) - number(one) for one in hidden])
        np.testing.assert_allclose(found.per_base()[0, start : start + 32], lost, atol=2e-6)
    other = occlude(
        MODEL,
        x,
        width_bp=32,
        stride_bp=32,
        fill="shuffle",
        n_shuffles=3,
        seed=6,
        target=TARGET,
        run=CPU,
    )
    assert (other.values != found.values).any()


def test_views_and_tracks():
    x = sequences()[:1]
    views = Ensemble(rc=True, shifts=(0, 2))
    found = occlude(
        MODEL,
        x,
        width_bp=16,
        stride_bp=16,
        target="each",
        ensemble=views,
        run=CPU,
        return_all=True,
        return_var=True,
    )
    assert found.values.shape == (4, 1, 4, 64) and found.members.shape == (4, 4, 1, 4, 64)
    hidden = x.copy()
    hidden[..., 16:32] = 0
    target = Target(tracks=[2])
    both = predict(MODEL, np.concatenate([x, hidden]), ensemble=views, run=CPU)
    before, after = target.values(both)
    np.testing.assert_allclose(
        found.track(2).per_base()[0, 16:32], float(before - after), atol=2e-5
    )


@pytest.mark.fault("V4")
def test_what_is_refused_in_words():
    x = sequences()[:1]
    for options, words in (
        ({"width_bp": 65}, "from 1 to the 64 bases"),
        ({"width_bp": 0}, "from 1 to the 64 bases"),
        ({"stride_bp": 0}, "at least 1"),
        ({"fill": "zero"}, "fill is 'zero'"),
        ({"n_shuffles": 0, "fill": "shuffle"}, "n_shuffles is 0"),
        ({"return_var": True}, "at least two views"),
    ):
        with pytest.raises(OptionError, match=words):
            occlude(MODEL, x, target=TARGET, **options)


@pytest.mark.parametrize("width", [1, 5, 12])
def test_what_a_linear_model_loses_is_its_weights(width):
    net = networks.made(networks.Linear)
    model = wrap(net, heads=HeadSpec("a", (), 1, kind="scalar"), window_bp=12, output_axes="NT")
    x = one_hot(["ACGTTGCATTGA", "TTGANCCAGGCA"])
    weights = net.weights.weight.detach().numpy().reshape(4, 12)
    there = (weights * x).sum(1)
    found = occlude(model, x, width_bp=width, run=CPU).per_base()
    starts = stretches(12, width, 1)
    for row in range(2):
        for at in range(12):
            over = [there[row, s : s + width].sum() for s in starts if s <= at < s + width]
            expected = np.mean(over) if x[row, :, at].any() else 0
            np.testing.assert_allclose(found[row, at], expected, atol=1e-6)


def test_examples_do_not_touch_each_other():
    x = sequences()[:3]
    options = {"width_bp": 7, "stride_bp": 3, "target": TARGET, "run": CPU}
    for fill in ("N", "shuffle"):
        whole = occlude(MODEL, x, fill=fill, **options)
        for row in range(3):
            alone = occlude(MODEL, x[row], fill=fill, **options)
            np.testing.assert_allclose(alone.values[0], whole.values[row], atol=1e-6)
