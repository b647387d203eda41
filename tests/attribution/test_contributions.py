from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.contributions import contributions
from locuscope.attribution.gradients import input_gradient
from locuscope.errors import (
    DataWarning,
    InputError,
    ModelError,
    OptionError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.attribution import networks
from tests.attribution.reference import close, network, sequences, small
from tests.effects.golden import META, PAIR

METHODS = (
    "gradient",
    "gradient_x_input",
    "smooth_gradient",
    "integrated_gradients",
    "expected_gradients",
    "deeplift",
)
TARGET = Target(tracks=[0], positions="center")
CPU = {"device": "cpu", "target": TARGET}
FEW = {"n_references": 3}


def options_of(method):
    return FEW if method in METHODS[3:] else {}


def linear_model(*, make=networks.Linear):
    torch.manual_seed(0)
    net = make()
    return wrap(net, heads=HeadSpec("n", (), 1), window_bp=networks.WIDTH, output_axes="NT")


def letters(n, width=networks.WIDTH, seed=0):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), width)) for _ in range(n)]


def test_the_gauge_is_the_documented_term():
    x = sequences()
    raw = contributions(network(), x, gauge="none", **CPU)
    found = contributions(network(), x, **CPU)
    mean = raw.values.mean(1, keepdims=True)
    np.testing.assert_allclose(found.values, raw.values - mean, atol=1e-8)
    np.testing.assert_allclose(found.values.sum(1), 0, atol=1e-7)
    plain = input_gradient(network(), x, filter_idx=(slice(3, 5), 0), avg_func="sum")
    np.testing.assert_array_equal(raw.values, plain)
    assert found.provenance["gauge"] == "simplex" and raw.provenance["gauge"] == "none"
    difference = raw.project().values - found.project().values
    np.testing.assert_allclose(difference, mean * x, atol=1e-8)


def test_views_go_through_the_verb():
    views = Ensemble(rc=True, shifts=(0, 1, -2))
    model = network(strand_pair=PAIR)
    found = contributions(
        model, sequences(), ensemble=views, gauge="none", return_var=True, return_all=True, **CPU
    )
    close(found.values[[0, 4]], small()["sigmoid/ensemble/grad_mean"], 1e-5)
    np.testing.assert_allclose(found.members.var(0, ddof=1), found.var, atol=1e-8)
    both = contributions(model, sequences(), rc=True, **CPU)
    assert both.provenance["ensemble"]["rc"] is True


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_network_gives_weight_times_input(method):
    model = linear_model()
    found = contributions(
        model, letters(3), method=method, gauge="none", device="cpu",
        **({"references": "zero"} if method in METHODS[3:] else {}),
    )  # fmt: skip
    weight = model.module.weights.weight.detach().numpy().reshape(4, networks.WIDTH)
    np.testing.assert_allclose(found.project().values, weight * found.sequences, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rc", [False, True])
def test_batches_and_order_change_nothing(method, rc):
    model, x = network(), sequences()
    asked = {"method": method, "rc": rc, "seed": None if method in METHODS[:2] else 7}
    asked |= options_of(method) | CPU
    found = contributions(model, x, **asked)
    split = contributions(model, x[::-1], batch_size=2, **asked)
    np.testing.assert_allclose(split.values[::-1], found.values, atol=1e-6)
    if found.delta is not None:
        np.testing.assert_allclose(split.delta[::-1], found.delta, atol=1e-6)


@pytest.mark.parametrize("method", METHODS[3:])
@pytest.mark.parametrize("references", [None, "mononucleotide", "zero", "uniform"])
def test_completeness_through_the_verb(method, references):
    model, x = network(), sequences()
    count = {} if references in ("zero", "uniform") else {"n_references": 4}
    more = {"expected_gradients": {"n_samples": 64}}.get(method)
    found = contributions(
        model, x, method=method, references=references, method_options=more, **count, **CPU
    )
    assert found.delta.shape == (5, 4 if count else 1)
    # Gradients of a network with kinks jump between the points of a line.
    allowed = {"deeplift": 1e-5, "integrated_gradients": 0.03, "expected_gradients": 0.2}[method]
    assert np.abs(found.delta).max() <= allowed
    total = found.project().per_base().sum(1)
    if references in ("zero", None, "mononucleotide"):
        np.testing.assert_allclose(total, (found.delta + found.change).mean(1), atol=1e-5)
    assert found.provenance["references"] == (references or "shuffle")


def test_more_steps_come_closer():
    worst = {}
    for steps in (8, 32, 256):
        found = contributions(
            network(), sequences(), method="integrated_gradients", steps=steps, **FEW, **CPU
        )
        worst[steps] = np.abs(found.delta).mean()
    assert worst[256] < worst[32] / 2 < worst[8] / 2 and worst[256] < 2e-3


@pytest.mark.parametrize("make", networks.ALL, ids=lambda make: make.__name__)
def test_deeplift_keeps_its_gate_in_every_view(make):
    model = linear_model(make=make)
    found = contributions(
        model, letters(3), method="deeplift", n_references=4, rc=True, device="cpu"
    )
    assert (np.abs(found.delta) <= 1e-3 * np.maximum(1, np.abs(found.change))).all()
    assert np.isfinite(found.values).all()


def test_own_references():
    model, x = network(), sequences()
    shared = np.stack([x[1], x[2]])
    first = contributions(model, x, method="deeplift", references=shared, **CPU)
    each = np.broadcast_to(shared, (5, *shared.shape))
    second = contributions(model, x, method="deeplift", references=each, batch_size=2, **CPU)
    np.testing.assert_allclose(first.values, second.values, atol=1e-6)
    np.testing.assert_allclose(first.change[1, 0], 0, atol=1e-6)


def test_places_bind_the_target_to_the_genome():
    texts = list(META["sequences"]["sigmoid"])[:3]
    genome = Genome.from_sequences({f"s{i}": text for i, text in enumerate(texts)}, name="toy")
    places = [Interval(f"s{i}", 0, 64) for i in range(3)]
    over = [Interval(f"s{i}", 8 * i, 8 * i + 8) for i in range(3)]
    for method in ("gradient", "integrated_gradients", "deeplift"):
        target = Target(tracks=[1], positions=over)
        found = contributions(
            network(), places, genome, method=method, target=target, device="cpu",
            batch_size=2, **options_of(method),
        )  # fmt: skip
        assert found.intervals == tuple(places)
        for row in range(3):
            one = contributions(
                network(), texts[row : row + 1], method=method, device="cpu",
                target=Target(tracks=[1], positions=[row]), **options_of(method),
            )  # fmt: skip
            np.testing.assert_allclose(found.values[row], one.values[0], atol=1e-6)


def test_every_track_on_its_own():
    model, x = network(), sequences()
    each = contributions(model, x, target="each", device="cpu", batch_size=2)
    assert each.values.shape == (4, 5, 4, 64) and len(each.tracks) == 4
    for track in range(4):
        one = contributions(model, x, target=track, device="cpu")
        np.testing.assert_allclose(each.values[track], one.values, atol=1e-6)
        np.testing.assert_array_equal(each.track(track).values, each.values[track])


@pytest.mark.parametrize("method", [*METHODS, "ism"])
@pytest.mark.parametrize("rc", [False, True])
def test_every_track_with_every_method(method, rc):
    model, x = network(strand_pair=PAIR), sequences()[:3]
    asked = {"method": method, "rc": rc, "device": "cpu", **options_of(method)}
    asked |= {"method_options": {"positions": [5, 9], "method": "naive"}} if method == "ism" else {}
    each = contributions(model, x, target="each", batch_size=2, **asked)
    for track in range(4):
        one = contributions(model, x, target=track, **asked)
        np.testing.assert_allclose(each.track(track).values, one.values, atol=1e-6)
        if one.delta is not None:
            assert each.delta.shape == (4, *one.delta.shape)
            np.testing.assert_allclose(each.track(track).delta, one.delta, atol=1e-6)
            np.testing.assert_allclose(each[1].track(track).change[0], one.change[1], atol=1e-6)


def test_callers_without_gradients():
    model = network()
    expected = contributions(model, sequences(), method="deeplift", **FEW, **CPU)
    with torch.inference_mode():
        found = contributions(model, sequences(), method="deeplift", **FEW, **CPU)
    np.testing.assert_array_equal(found.values, expected.values)


@pytest.mark.parametrize(
    ("name", "width"),
    [("dnase", 512), ("insulators", 512), ("cispliceai", 10_401), ("mtsplice", 800)],
)
def test_embedded_models_are_explained(name, width):
    found = contributions(
        load_model(name), letters(1, width), method="deeplift", target=0, device="cpu",
        references="mononucleotide", n_references=1,
    )  # fmt: skip
    if name in ("dnase", "insulators"):
        assert np.abs(found.delta).max() < 1e-4 < np.abs(found.change).max()
    gate = 1e-4 * np.maximum(1, np.abs(found.change))
    assert (np.abs(found.delta) <= gate).all() and np.abs(found.change).max() > 1e-5
    total = found.project().per_base().sum(1)
    np.testing.assert_allclose(total, (found.delta + found.change).mean(1), atol=1e-5)


def test_a_function_as_target():
    x = sequences()
    found = contributions(
        network(), x, device="cpu", target=lambda out: out["atac"][8][:, 3:5, 0].sum(1)
    )
    np.testing.assert_allclose(found.values, contributions(network(), x, **CPU).values, atol=1e-7)


def test_unknown_bases_are_told():
    found = contributions(network(), sequences(), target=0, device="cpu")
    assert found.unknown.tolist() == [[4, 10]]
    assert np.abs(found.values[4, :, 10]).max() > 0
    assert found.per_base()[4, 10] == 0
    assert any("1 bases are not known" in note for note in found.notes)
    assert any("probability" in note for note in found.notes)
    assert not any(
        "prob" in n for n in contributions(network("softplus"), sequences(), **CPU).notes
    )


def test_functions_without_a_rule():
    class Sorted(nn.Module):
        def forward(self, x):
            return (x * torch.arange(48.0).reshape(4, 12)).flatten(1).sort(1).values[:, -3:].sum(1)[
                :, None
            ] ** 2

    model = linear_model(make=Sorted)
    with pytest.raises(ModelError, match="no rule for sort"):
        contributions(model, letters(2), method="deeplift", device="cpu", **FEW)
    with pytest.warns(DataWarning, match="2 of 2 examples miss"):
        found = contributions(
            model, letters(2), method="deeplift", device="cpu", **FEW,
            method_options={"on_unsupported": "gradient"},
        )  # fmt: skip
    assert any("plain derivative of sort" in note for note in found.notes)


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"method": "deeplft"}, UnknownNameError, "did you mean 'deeplift'"),
        ({"method": 3}, WrongTypeError, "method"),
        ({"method": "ism", "gauge": "simplex"}, OptionError, "'center'"),
        ({"method": "ism", "method_options": {"center": "alt"}}, OptionError, "mean 'alts'"),
        ({"method": "ism", "seed": 3}, OptionError, "seed has no effect"),
        ({"method": "ism", "layer": "relu", "target": "each"}, OptionError, "one unit"),
        ({"method": "deeplift", "method_options": {"diagnose": 1}}, WrongTypeError, "diagnose"),
        ({"gauge": "simplx"}, OptionError, "did you mean 'simplex'"),
        ({"references": "zero"}, OptionError, "no effect on method='gradient_x_input'"),
        ({"seed": 3}, OptionError, "seed has no effect"),
        ({"method": "deeplift", "steps": 9}, OptionError, "steps has no effect"),
        ({"method": "deeplift", "references": "shufle"}, OptionError, "did you mean 'shuffle'"),
        ({"method": "deeplift", "n_references": 0}, OptionError, "at least 1"),
        ({"method": "integrated_gradients", "steps": 0}, OptionError, "at least 1"),
        ({"method_options": {"rule": "x"}}, OptionError, "has no option 'rule'"),
        (
            {"method": "integrated_gradients", "method_options": {"rule": "midpoint"}},
            OptionError,
            "riemann_mid",
        ),
        ({"method": "smooth_gradient", "method_options": {"p": 2}}, OptionError, "a probability"),
        ({"return_var": True}, OptionError, "at least two members"),
        ({"hypothetical": 1}, WrongTypeError, "hypothetical"),
        ({"method": "deeplift", "references": np.zeros((2, 4, 9))}, InputError, "(R, A, L)"),
    ],
)
def test_options_that_cannot_be_meant(asked, error, words):
    with pytest.raises(error) as caught:
        contributions(network(), sequences(), **{**CPU, **asked})
    assert words in str(caught.value)
