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
from torch import nn

from locuscope.attribution import example_parts
from locuscope.attribution.activations import activations
from locuscope.attribution.layer_files import LayerShape, layer_file, layers_as_job
from locuscope.errors import InputChangedError, OptionError, UnknownNameError
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import Twice, network, sequences

HERE = Path(__file__).parents[2]
LAYERS = ["stem", "relu", "head"]


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(example_parts, "_PART_BYTES", 1)  # one example in a part
    return tmp_path / "layers.h5"


@pytest.mark.parametrize("reduce", [None, "mean", "max"])
def test_layers_are_read_from_their_file(out, reduce):
    plain = activations(network(), sequences(), LAYERS, reduce=reduce)
    found = activations(network(), sequences(), LAYERS, reduce=reduce, out=out)
    assert list(found) == list(plain) == LAYERS
    for name, array in plain.items():
        assert isinstance(found[name], np.memmap) and found[name].shape == array.shape
        np.testing.assert_allclose(found[name], array, atol=1e-6)
    with h5py.File(out, "r") as file:
        assert sorted(file["activations"]) == sorted(LAYERS)
        np.testing.assert_array_equal(file["activations/relu"], found["relu"])
    left = sorted(path.name for path in out.parent.iterdir())
    assert left == [".layers.h5.lsc.json", "layers.h5"]


def test_calls_of_one_module_and_what_enters_it(out):
    torch.manual_seed(1)
    model = wrap(Twice(), heads=HeadSpec("n", (), 3), window_bp=16, output_axes="NT")
    letters = ["ACGTACGTACGTACGT", "AACCGGTTAACCGGTT"]
    plain = activations(model, letters, ["stem", "act#1"], pre_nonlinearity=True)
    found = activations(model, letters, ["stem", "act#1"], pre_nonlinearity=True, out=out)
    assert list(found) == ["stem#0", "stem#1", "act#1"]
    for name, array in plain.items():
        np.testing.assert_allclose(found[name], array, atol=1e-6)
    np.testing.assert_array_equal(found["act#1"], found["stem#1"])


def test_another_call_is_refused(out):
    activations(network(), sequences(), "relu", out=out)
    stamp = out.stat().st_mtime_ns
    activations(network(), sequences(), "relu", out=out)
    assert out.stat().st_mtime_ns == stamp
    for layers, x, more in (
        ("stem", sequences(), {}),
        ("relu", sequences()[::-1], {}),
        ("relu", sequences(), {"reduce": "mean"}),
        ("relu", sequences(), {"reduce": lambda tensor: tensor.sum(2)}),
        ("relu", sequences(), {"pre_nonlinearity": True}),
    ):
        with pytest.raises(InputChangedError):
            activations(network(), x, layers, out=out, **more)
    with pytest.raises(InputChangedError, match="model"):
        activations(network("softplus"), sequences(), "relu", out=out)
    anew = activations(network(), sequences(), "stem", run=Run(out=out, restart=True))
    assert list(anew) == ["stem"]


KILLED = """
import os, signal, sys
from locuscope.attribution import example_parts
from locuscope.attribution.activations import activations
from locuscope.inference.run import Run
from tests.attribution.reference import network, sequences
example_parts._PART_BYTES = 1
stop = lambda n, total, counts: n >= 2 and os.kill(os.getpid(), signal.SIGKILL)
activations(network(), sequences(), ["stem", "head"], run=Run(out=sys.argv[1], progress=stop))
"""


@pytest.mark.fault("J1")
def test_a_killed_job_ends_with_the_same_bytes(out, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)], cwd=HERE, check=False,
        env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL and not out.exists(), done.stderr.decode()
    other = tmp_path / "whole.h5"
    activations(network(), sequences(), ["stem", "head"], out=out)
    activations(network(), sequences(), ["stem", "head"], out=other)
    assert out.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_examples_may_stand_behind_other_axes(out, axis):
    shape = [2, 3, 4]
    shape[axis] = 5
    whole = np.random.default_rng(axis).normal(size=shape).astype(np.float32)
    one = np.take(whole, [0], axis=axis)
    known = LayerShape.of(one, 5, axis)
    assert known.shape == whole.shape and known.row_bytes == one.nbytes
    found = layers_as_job(
        "numbers", {"axis": axis}, Run(out=out), group="any", shapes={"a.b#1": known}, count=5,
        width_bp=8,
        compute=lambda first, stop, run: {"a.b#1": np.take(whole, range(first, stop), axis=axis)},
    )  # fmt: skip
    np.testing.assert_array_equal(found["a.b#1"], whole)


class Tuple(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool1d(2, return_indices=True)

    def forward(self, x):
        return self.pool(x)[0].sum((1, 2))[:, None]


@pytest.mark.fault("V4")
def test_files_that_cannot_be_meant(tmp_path):
    out = tmp_path / "layers.h5"
    asked = (network(), sequences(), "relu")
    for other, words in (("layers.zarr", "written as .h5"), (["a.h5", "b.h5"], "names 2")):
        with pytest.raises(OptionError, match=words):
            activations(*asked, out=other)
    with pytest.raises(OptionError, match="has no digest"):
        activations(nn.Sequential(nn.Conv1d(4, 2, 1)), sequences().astype(float), "0", out=out)
    pooled = wrap(Tuple(), heads=HeadSpec("n", (), 1), window_bp=64, output_axes="NT")
    with pytest.raises(OptionError, match="'pool' gives a tuple of arrays"):
        activations(pooled, sequences(), "pool", out=out)
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        activations(network(), sequences(), "rellu", out=out)
    for run in (Run(workers=2), Run(progress=True)):
        with pytest.raises(OptionError, match="cannot honour"):
            activations(*asked, run=run)
    assert not list(tmp_path.iterdir())
    assert layer_file(Run(out=out), "activations") == out
