"""A small test set in memory, and the same in files."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.datasets.records import write_hdf5_testset, write_tfrecord
from locuscope.inference.measured_batches import TestBatch

N, LENGTH, BINS, TRACKS = 7, 64, 8, 3
IDS = ("liver", "lung", "brain")


@pytest.fixture(scope="session")
def arrays():
    """x one-hot with unknown bases, y that float16 holds exactly, masked positions."""
    draws = np.random.default_rng(11)
    bases = draws.integers(0, 5, (N, LENGTH))
    x = np.equal(bases[:, None], np.arange(4)[:, None]).astype(np.uint8)
    y = draws.normal(size=(N, BINS, TRACKS)).astype(np.float16).astype(np.float32)
    return TestBatch(x, y, draws.random((N, BINS)) < 0.2)


@pytest.fixture
def folder(arrays, tmp_path):
    """A TFRecord set of two splits, three sequences a file."""
    x, y, _ = arrays
    splits = {"test": [(x, y)], "valid": [(x[:2], y[:2])]}
    names = {"target_ids": IDS, "target_labels": [f"the {name}" for name in IDS]}
    return write_tfrecord(tmp_path / "set", splits, per_file=3, **names)


@pytest.fixture
def hdf5(arrays, tmp_path):
    """An HDF5 set of two splits; only the first has masked positions."""
    x, y, _ = arrays
    splits = {"test": arrays, "valid": [(x[:2], y[:2])]}
    names = {"target_ids": IDS, "target_labels": IDS, "target_strands": ["+", "-", "."]}
    return write_hdf5_testset(tmp_path / "set.h5", splits, **names)


@pytest.fixture(scope="session")
def joined():
    """Batches end to end: x, y and the masks of those that have some."""

    def of(batches):
        found = list(batches)
        x, y = (np.concatenate([np.asarray(b[k]) for b in found]) for k in (0, 1))
        masks = [b.na for b in found if b.na is not None]
        return x, y, np.concatenate(masks) if masks else None

    return of
