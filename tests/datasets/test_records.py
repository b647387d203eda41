"""Test sets meet the verbs: `evaluate` reads them, and names are where they should be."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

import locuscope.datasets as room
from locuscope.datasets import gene_file, records
from locuscope.datasets.records import HDF5TestSet, TFRecordTestSet
from locuscope.inference.accuracy import accuracy
from locuscope.inference.evaluate import evaluate
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv1d(4, 3, 9, padding=4), torch.nn.ReLU(), torch.nn.AvgPool1d(8)
    )
    return wrap(network, heads=HeadSpec("signal", (8,), 3), window_bp=64, output_axes="NTL")


@pytest.mark.parametrize("size", [2, "auto"])
def test_evaluate_reads_both(model, hdf5, folder, arrays, size):
    preds = predict(model, arrays.x).signal[8].tensor.numpy()
    expected = accuracy(arrays.y, preds, arrays.na)
    found = evaluate(model, HDF5TestSet(hdf5, batch_size=size))
    np.testing.assert_allclose(
        found.metrics["pearsonr"], expected.metrics["pearsonr"], rtol=1e-5, atol=1e-7
    )
    unmasked = accuracy(arrays.y, preds)
    found = evaluate(model, TFRecordTestSet(folder, batch_size=size))
    np.testing.assert_allclose(found.metrics["r2"], unmasked.metrics["r2"], rtol=1e-5, atol=1e-7)
    one = evaluate(model, TFRecordTestSet(folder, tracks=["brain"]), tracks=[2], max_batches=1)
    assert one.metrics["mse"].shape == (1,)


def test_the_room_offers_what_its_files_define():
    assert room.__all__ == sorted(room.__all__)
    for name in room.__all__:
        home = gene_file if "gene" in name.lower() else records
        assert getattr(room, name) is getattr(home, name), name
        assert getattr(room, name).__doc__


def test_importing_the_room_loads_no_torch_and_no_h5py():
    heavy = ("torch", "h5py", "polars", "pandas", "tensorflow", "numba")
    code = (
        "import sys; from locuscope.datasets.records import TFRecordTestSet, HDF5TestSet; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
