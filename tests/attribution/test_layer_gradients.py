from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from locuscope.attribution import example_parts
from locuscope.attribution.activations import activations
from locuscope.attribution.contributions import contributions
from locuscope.attribution.layer_gradients import (
    LayerValues,
    layer_gradients,
    layer_values,
    read_layers,
)
from locuscope.errors import (
    EmptySelectionError,
    InputChangedError,
    OptionError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from tests.attribution.reference import close, needs_whole, network, sequences, small, whole
from tests.effects.golden import META, PAIR

TARGET = Target(tracks=[0], positions="center")
VIEWS = Ensemble(rc=True, shifts=(0, 1, -2))
HERE = Path(__file__).parents[2]


def by_hand(model, x, tensor, target):
    """Gradient of the target with respect to a layer that is split off the network by hand."""
    module = model.module
    rows = torch.tensor(x).float()
    with torch.no_grad():
        held = {"stem": module.stem(rows)}
    held["relu"] = torch.relu(held["stem"])
    leaf = held[tensor].detach().clone().requires_grad_()
    h0 = torch.relu(leaf) if tensor == "stem" else leaf
    h1 = h0 + torch.relu(module.body(h0))
    pooled = torch.nn.functional.avg_pool1d(h1, 8)
    y = torch.sigmoid(module.head(pooled)).transpose(1, 2)
    return torch.autograd.grad(target(y).sum(), leaf)[0].numpy()


def test_the_sequence_as_a_layer_has_the_reference_gradients():
    found = layer_gradients(network(strand_pair=PAIR), sequences(), "input", TARGET, ensemble=VIEWS)
    assert list(found) == ["input"]
    close(found["input"][[0, 4]], small()["sigmoid/ensemble/grad_mean"], 1e-5)


@needs_whole
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_the_whole_reference_set(name):
    arrays, x = whole(), sequences(name)
    model = network(name, strand_pair=PAIR)
    for kind, positions in (("sum", None), ("center_symmetric", "center")):
        target = Target(tracks=[0], positions=positions)
        found = layer_gradients(model, x, ["relu", "input"], target, batch_size=2)
        close(found["relu"], arrays[f"{name}/grad/stem_act/{kind}"], 1e-5)
        close(found["input"], arrays[f"{name}/grad/input/{kind}"], 1e-5)
    every = layer_gradients(model, x, "input", TARGET, ensemble=VIEWS, return_all=True)
    close(every["input"], arrays[f"{name}/ensemble/grad_all"], 1e-5)
    held = layer_values(model, x, ["stem", "relu"], TARGET)
    close(held.activations["stem"], arrays[f"{name}/hidden/a0"], 1e-5)
    close(held.activations["relu"], arrays[f"{name}/hidden/h0"], 1e-5)


@pytest.mark.parametrize("layer", ["stem", "relu"])
def test_layers_equal_a_network_cut_by_hand(layer):
    model, x = network(), sequences()
    found = layer_gradients(model, x, layer, TARGET, batch_size=3)[layer]
    close(found, by_hand(model, x, layer, lambda y: y[:, 3:5, 0].sum(1)), 1e-6)


def test_every_track_on_its_own():
    model, x = network(), sequences()
    each = layer_gradients(model, x, ["relu", "head"], "each", batch_size=2)
    assert each["relu"].shape == (4, 5, 8, 64) and each["head"].shape == (4, 5, 4, 8)
    for track in range(4):
        one = layer_gradients(model, x, ["relu", "head"], track)
        np.testing.assert_allclose(each["relu"][track], one["relu"], atol=1e-7)
        np.testing.assert_allclose(each["head"][track], one["head"], atol=1e-7)
    # A track of the head depends on its own channel alone.
    others = each["head"].copy()
    others[range(4), :, range(4)] = 0
    assert not others.any() and each["head"].any()


def test_batches_and_order_change_nothing():
    model, x = network(strand_pair=PAIR), sequences()
    whole_batch = layer_values(model, x, ["relu", "input"], TARGET, ensemble=VIEWS)
    split = layer_values(model, x[::-1], ["input", "relu"], TARGET, ensemble=VIEWS, batch_size=2)
    for name in ("relu", "input"):
        for kind in ("gradients", "activations"):
            first, second = getattr(whole_batch, kind)[name], getattr(split, kind)[name]
            np.testing.assert_allclose(second[::-1], first, atol=1e-6)
    assert list(split.gradients) == ["input", "relu"]


def test_views_are_brought_back():
    model, x = network(strand_pair=PAIR), sequences()
    every = layer_values(model, x, ["relu", "input"], TARGET, ensemble=VIEWS, return_all=True)
    mean = layer_values(model, x, ["relu", "input"], TARGET, ensemble=VIEWS)
    assert isinstance(mean, LayerValues)
    assert every.gradients["relu"].shape == every.activations["relu"].shape == (6, 5, 8, 64)
    np.testing.assert_allclose(every.gradients["relu"].mean(0), mean.gradients["relu"], atol=1e-7)
    known = np.nanmean(every.activations["relu"], axis=0)
    np.testing.assert_allclose(known, mean.activations["relu"], atol=1e-6)
    # The sequence itself is the same in every view that has it.
    letters = every.activations["input"]
    for view, (_, shift, *_rest) in enumerate(VIEWS.order()):
        inside = slice(max(0, -shift), 64 - max(0, shift))
        np.testing.assert_array_equal(letters[view][..., inside], x[..., inside])
        n_unknown = np.isnan(letters[view]).any((0, 1)).sum()
        assert n_unknown == abs(shift)
        assert not every.gradients["input"][view][..., np.isnan(letters[view][0, 0])].any()


def test_a_turned_view_of_a_layer_is_the_layer_of_the_turned_sequence():
    model, x = network(strand_pair=PAIR), sequences()
    every = layer_values(model, x, "relu", ensemble=Ensemble(rc=True), return_all=True)
    turned = activations(model, np.ascontiguousarray(x[:, ::-1, ::-1]), "relu")["relu"]
    np.testing.assert_allclose(every.activations["relu"][1], turned[..., ::-1], atol=1e-6)
    plain = activations(model, x, "relu")["relu"]
    np.testing.assert_allclose(every.activations["relu"][0], plain, atol=1e-6)


def test_a_shifted_view_moves_pooled_positions_by_whole_ones():
    model, x = network(), sequences()
    shifts = Ensemble(shifts=(0, 8))
    every = layer_values(model, x, "head", 0, ensemble=shifts, return_all=True)
    held = every.activations["head"]
    assert held.shape == (2, 5, 4, 8) and np.isnan(held[1, ..., -1]).all()
    # Bases move together with the pools of 8, so all but the ends of the window agree.
    np.testing.assert_allclose(held[1, ..., 1:6], held[0, ..., 1:6], atol=1e-6)
    small_shift = layer_values(
        model, x, "head", 0, ensemble=Ensemble(shifts=(0, 1)), return_all=True
    )
    assert not np.isnan(small_shift.activations["head"]).any()


def test_layers_beside_the_target_have_no_gradient():
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used = torch.nn.Conv1d(4, 2, 1)
            self.beside = torch.nn.Conv1d(4, 2, 1)

        def forward(self, x):
            return torch.cat([self.used(x), self.beside(x)], 1).transpose(1, 2)

    from locuscope.models.adapter import wrap
    from locuscope.models.protocol import HeadSpec

    torch.manual_seed(0)
    model = wrap(Two(), heads=HeadSpec("n", (1,), 4), window_bp=12)
    found = layer_gradients(model, ["ACGTACGTACGT"], ["used", "beside"], 0)
    np.testing.assert_array_equal(found["used"], np.eye(2)[:1, :, None].repeat(12, 2))
    assert not found["beside"].any() and found["beside"].shape == (1, 2, 12)


def test_places_and_targets_on_a_genome():
    texts = list(META["sequences"]["sigmoid"])[:3]
    genome = Genome.from_sequences({f"s{i}": text for i, text in enumerate(texts)}, name="toy")
    places = [Interval(f"s{i}", 0, 64) for i in range(3)]
    over = [Interval(f"s{i}", 8 * i, 8 * i + 8) for i in range(3)]
    target = Target(tracks=[1], positions=over)
    found = layer_gradients(network(), places, "relu", target, genome, batch_size=2)["relu"]
    for row in range(3):
        own = Target(tracks=[1], positions=[row])
        one = layer_gradients(network(), texts[row : row + 1], "relu", own)["relu"]
        np.testing.assert_allclose(found[row], one[0], atol=1e-7)


def test_nothing_of_the_network_changes():
    model = network()
    before = model.module(torch.tensor(sequences()).float())
    with torch.inference_mode():
        layer_gradients(model, sequences(), ["stem", "relu"], TARGET, rc=True)
    assert torch.equal(model.module(torch.tensor(sequences()).float()), before)
    assert all(parameter.grad is None for parameter in model.module.parameters())
    assert not any(module._forward_hooks for module in model.module.modules())


def test_files_hold_what_memory_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(example_parts, "_PART_BYTES", 1)  # one example in a part
    model, x, out = network(strand_pair=PAIR), sequences(), tmp_path / "layers.h5"
    asked = {"ensemble": VIEWS, "device": "cpu", "batch_size": 2}
    for target, return_all in ((TARGET, False), ("each", True)):
        found = layer_gradients(
            model, x, ["relu", "input"], target, out=out, return_all=return_all, **asked
        )
        plain = layer_gradients(model, x, ["relu", "input"], target, return_all=return_all, **asked)
        for name, array in plain.items():
            assert isinstance(found[name], np.memmap)
            np.testing.assert_allclose(found[name], array, atol=1e-6)
        with h5py.File(out, "r") as file:
            assert sorted(file["gradients"]) == ["input", "relu"]
        first = out.read_bytes()
        again = layer_gradients(
            model, x, ["relu", "input"], target, out=out, return_all=return_all, **asked
        )
        np.testing.assert_array_equal(again["relu"], found["relu"])
        assert out.read_bytes() == first
        with pytest.raises(InputChangedError, match="target"):
            layer_gradients(model, x, ["relu", "input"], 3, out=out, return_all=return_all, **asked)
        out.unlink()
        (tmp_path / ".layers.h5.lsc.json").unlink()
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from locuscope.attribution import example_parts
from locuscope.attribution.layer_gradients import layer_gradients
from locuscope.inference.run import Run
from tests.attribution.reference import network, sequences
example_parts._PART_BYTES = 1
stop = lambda n, total, counts: n >= 3 and os.kill(os.getpid(), signal.SIGKILL)
layer_gradients(network(), sequences(), "relu", 0, run=Run(out=sys.argv[1], progress=stop))
"""


@pytest.mark.fault("J1")
def test_a_killed_job_ends_with_the_same_bytes(tmp_path, monkeypatch):
    out, other = tmp_path / "killed.h5", tmp_path / "whole.h5"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)], cwd=HERE, check=False,
        env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL and not out.exists(), done.stderr.decode()
    monkeypatch.setattr(example_parts, "_PART_BYTES", 1)
    seen = []
    run = Run(out=out, progress=lambda n, total, counts: seen.append(n))
    layer_gradients(network(), sequences(), "relu", 0, run=run)
    assert seen[0] >= 3 and seen[-1] == 5
    layer_gradients(network(), sequences(), "relu", 0, out=other)
    assert out.read_bytes() == other.read_bytes()


def test_layers_are_named_once():
    assert read_layers("stem") == ("stem",)
    assert read_layers(["b", "a", "b"]) == ("b", "a")


def test_the_same_gradient_as_contributions():
    model, x = network(), sequences()
    found = layer_gradients(model, x, "input", TARGET, rc=True)["input"]
    expected = contributions(model, x, target=TARGET, gauge="none", rc=True, method="gradient")
    np.testing.assert_allclose(found, expected.values, atol=1e-7)


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("layers", "asked", "error", "words"),
    [
        ("rellu", {}, UnknownNameError, "did you mean 'relu'"),
        ([], {}, EmptySelectionError, "layers is empty"),
        ([3], {}, WrongTypeError, "layers"),
        (None, {}, WrongTypeError, "layers"),
        ("relu", {"return_all": 1}, WrongTypeError, "return_all"),
        ("relu", {"out": "layers.npz"}, OptionError, "written as .h5"),
        ("relu", {"out": ["a.h5", "b.h5"]}, OptionError, "names 2"),
        ("relu", {"run": Run(workers=2)}, OptionError, "workers"),
        ("relu", {"run": Run(progress=True)}, OptionError, "progress"),
        ("relu#7", {}, OptionError, "runs 1 times"),
        ("relu", {"rc": True, "ensemble": Ensemble(shifts=(1,))}, OptionError, "differ"),
    ],
)
def test_options_that_cannot_be_meant(layers, asked, error, words):
    with pytest.raises(error) as caught:
        layer_gradients(network(), sequences(), layers, TARGET, **asked)
    assert words in str(caught.value)


def test_layers_whose_positions_are_not_known():
    class Pooled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv1d(4, 2, 1)
            self.pool = torch.nn.MaxPool1d(5)

        def forward(self, x):
            return self.pool(self.conv(x)).sum((1, 2))[:, None]

    from locuscope.models.adapter import wrap
    from locuscope.models.protocol import HeadSpec

    model = wrap(Pooled(), heads=HeadSpec("n", (), 1), window_bp=13, output_axes="NT")
    asked = {"ensemble": Ensemble(shifts=(0, 1))}
    assert layer_gradients(model, ["ACGTACGTACGTA"], "conv", **asked)["conv"].shape == (1, 2, 13)
    with pytest.raises(OptionError, match="2 positions in a window of 13"):
        layer_gradients(model, ["ACGTACGTACGTA"], "pool", **asked)
    flat = layer_gradients(model, ["ACGTACGTACGTA"], "sum", **asked)["sum"]
    np.testing.assert_array_equal(flat, [1.0])
