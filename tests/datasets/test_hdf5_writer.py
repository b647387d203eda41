"""Writing HDF5 sets: what stands in the file, in blocks, whole or not at all."""

from __future__ import annotations

import resource
import signal

import h5py
import numpy as np
import pytest

from locuscope.datasets import hdf5_writer
from locuscope.datasets.records import HDF5TestSet, write_hdf5_testset
from locuscope.errors import (
    InputError,
    NonFiniteError,
    OptionError,
    ShapeError,
    StoreFullError,
    WrongTypeError,
)


def test_what_stands_in_the_file(arrays, tmp_path):
    path = write_hdf5_testset(tmp_path / "a.h5", arrays, "valid", target_ids=["a", "Ж", "c"])
    with h5py.File(path) as file:
        assert sorted(file) == ["pool_width", "target_ids", "valid_in", "valid_na", "valid_out"]
        np.testing.assert_array_equal(file["valid_in"][:], arrays.x.transpose(0, 2, 1))
        np.testing.assert_array_equal(file["valid_out"][:], arrays.y)
        np.testing.assert_array_equal(file["valid_na"][:], arrays.na)
        assert file["pool_width"][()] == 8
        assert file["target_ids"][1].decode() == "Ж"


@pytest.mark.parametrize("block", [1, 3, 100])
def test_blocks_do_not_matter(arrays, joined, tmp_path, monkeypatch, block):
    row_bytes = 4 * 64 + 4 * 8 * 3
    monkeypatch.setattr(hdf5_writer, "_BLOCK_BYTES", block * row_bytes)
    batches = [tuple(part[k : k + 2] for part in arrays) for k in range(0, 7, 2)]
    path = write_hdf5_testset(tmp_path / "a.h5", batches)
    found = joined(HDF5TestSet(path))
    for part, expected in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(part, expected)


def test_three_splits_from_generators(arrays, tmp_path):
    x, y, na = arrays
    splits = {
        "train": ((x[k, None], y[k, None]) for k in range(7)),
        "valid": [(x[:1], y[:1], na[:1])],
        "test": (x, y),
    }
    path = write_hdf5_testset(tmp_path / "a.h5", splits)
    assert [HDF5TestSet(path, split).n_sequences for split in splits] == [7, 1, 7]


def test_missing_and_infinite_values_stay(arrays, joined, tmp_path):
    y = arrays.y.copy()
    y[0, 0] = [np.nan, np.inf, -np.inf]
    path = write_hdf5_testset(tmp_path / "a.h5", (arrays.x, y))
    np.testing.assert_array_equal(joined(HDF5TestSet(path))[1], y)


@pytest.mark.parametrize(
    ("change", "options", "refusal"),
    [
        (lambda x, y: (x.transpose(0, 2, 1), y), {}, (ShapeError, "looks transposed")),
        (lambda x, y: (x * 3, y), {}, (InputError, "not one-hot")),
        (lambda x, y: (x, y * 1e8), {}, (NonFiniteError, "beyond float16")),
        (lambda x, y: (x, y), {"pool_width": 3}, (OptionError, "make 24 bases")),
        (lambda x, y: (x, y), {"split": "dev"}, (OptionError, "split is 'dev'")),
        (lambda x, y: (x, y), {"target_labels": "abc"}, (WrongTypeError, "target_labels is 'abc'")),
        (lambda x, y: (x, y), {"target_ids": ["a"]}, (ShapeError, "target_ids has 1 texts")),
        (lambda x, y: [], {}, (OptionError, "has no sequence")),
        (lambda x, y: {}, {}, (OptionError, "no split is given")),
        (lambda x, y: 3, {}, (WrongTypeError, "iterable of batches")),
    ],
)
def test_nothing_is_left_of_what_is_refused(arrays, tmp_path, change, options, refusal):
    error, words = refusal
    with pytest.raises(error, match=words):
        write_hdf5_testset(tmp_path / "a.h5", change(*arrays[:2]), **options)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_that_fails(arrays, tmp_path):
    def batches():
        yield arrays
        raise KeyError("stop")

    with pytest.raises(KeyError):
        write_hdf5_testset(tmp_path / "a.h5", batches())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault("J4")
def test_a_full_disk(arrays, tmp_path):
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, old[1]))
    try:
        with pytest.raises(StoreFullError, match="no space left"):
            write_hdf5_testset(tmp_path / "a.h5", arrays)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, before)
    assert list(tmp_path.iterdir()) == []
    write_hdf5_testset(tmp_path / "a.h5", arrays)
