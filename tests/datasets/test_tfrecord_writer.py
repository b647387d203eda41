"""Writing TFRecord sets: what stands in the folder, and what is refused before or on the way."""

from __future__ import annotations

import json

import numpy as np
import pytest

from locuscope.datasets.records import TFRecordTestSet, write_tfrecord
from locuscope.errors import (
    InputError,
    NonFiniteError,
    OptionError,
    ShapeError,
    StoreExistsError,
    StoreTargetError,
    WrongTypeError,
)

IDS = ("liver", "lung", "brain")


def test_what_stands_in_the_folder(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "statistics.json",
        "targets.txt",
        "tfrecords",
    ]
    names = sorted(path.name for path in (folder / "tfrecords").iterdir())
    assert names == ["test-0.tfr", "test-1.tfr", "test-2.tfr", "valid-0.tfr"]
    assert json.loads((folder / "statistics.json").read_text()) == {
        "num_targets": 3,
        "seq_length": 64,
        "seq_1hot": True,
        "pool_width": 8,
        "crop_bp": 0,
        "target_length": 8,
        "test_seqs": 7,
        "valid_seqs": 2,
    }
    lines = (folder / "targets.txt").read_text().splitlines()
    assert lines[:2] == ["\tidentifier\tdescription", "0\tliver\tthe liver"]


def test_the_same_set_has_the_same_bytes(arrays, tmp_path):
    found = []
    for name in ("a", "b"):
        batches = [arrays[:2]] if name == "a" else [(arrays.x[k, None], arrays.y[k, None])
                                                    for k in range(7)]  # fmt: skip
        home = write_tfrecord(tmp_path / name, batches, compression="gzip")
        found.append({path.name: path.read_bytes() for path in home.rglob("*.*")})
    assert found[0] == found[1]


def test_one_set_from_another(folder, arrays, joined, tmp_path):
    source = {split: TFRecordTestSet(folder, split) for split in ("test", "valid")}
    copied = write_tfrecord(tmp_path / "copy", source, encoding="index", per_file=2)
    for split, n_rows in (("test", 7), ("valid", 2)):
        x, y, _ = joined(TFRecordTestSet(copied, split))
        np.testing.assert_array_equal(x, arrays.x[:n_rows])
        np.testing.assert_array_equal(y, arrays.y[:n_rows])


def refused(tmp_path, error, words, test_set, **options):
    with pytest.raises(error, match=words):
        write_tfrecord(tmp_path / "s", test_set, **options)
    assert list(tmp_path.iterdir()) == []


class TestRefusals:
    def test_arrays_that_are_no_test_set(self, arrays, tmp_path):
        x, y, na = arrays
        for error, words, given in (
            (ShapeError, "looks transposed", (x.transpose(0, 2, 1), y)),
            (ShapeError, r"y of batch 0 has shape \(7, 8\); expected \(N, P, T\)", (x, y[..., 0])),
            (ShapeError, r"x has shape \(6, 4, 64\), y \(7, 8, 3\)", (x[:6], y)),
            (ShapeError, r"na \(7, 7\); expected", (x, y, na[:, :7])),
            (ShapeError, r"x of batch 0 has shape \(4, 64\)", (x[0], y)),
            (ShapeError, r"batch 1 has .* \(4, 56\) .* the first batch has \(4, 64\)",
             [(x, y), (x[..., :56], y[:, :7])]),
            (InputError, r"x of batch 0 is not one-hot", (x * 2, y)),
            (WrongTypeError, "y of batch 0 holds", (x, np.full(y.shape, "a"))),
            (WrongTypeError, "iterable of batches", "file.h5"),
        ):  # fmt: skip
            refused(tmp_path, error, words, given)

    @pytest.mark.fault("N4")
    def test_values_beyond_float16(self, arrays, tmp_path):
        y = arrays.y.copy()
        y[2, 3, 1] = 70_000
        words = r"1 values beyond float16 \(65,504\), the first at \(2, 3, 1\): 70000"
        refused(tmp_path, NonFiniteError, words, (arrays.x, y))
        y[2, 3, 1] = np.inf  # which float16 has
        assert write_tfrecord(tmp_path / "s", (arrays.x, y)).is_dir()

    def test_options(self, arrays, tmp_path):
        for words, options in (
            ("encoding is 'text'", {"encoding": "text"}),
            ("compression is 'bz2'", {"compression": "bz2"}),
            ("split is 'tset'.*'test'", {"split": "tset"}),
            ("per_file is 0", {"per_file": 0}),
            ("8 bins of 4 and crops of 0 make 32 bases", {"pool_width": 4}),
            ("8 bins of 7 and crops of 3 make 62 bases", {"crop_bp": 3}),
            ("no effect without target_ids", {"target_labels": IDS}),
            ("'a\\\\tb'; a tab", {"target_ids": ["a\tb", "c", "d"]}),
        ):
            refused(tmp_path, OptionError, words, (arrays.x, arrays.y), **options)
        for words, options in (
            ("target_ids has 2 texts; the test set has 3", {"target_ids": IDS[:2]}),
            ("genome has 2 numbers; the test set has more than 2", {"genome": [0, 1]}),
            ("genome has 9 numbers; the test set has 7", {"genome": [0] * 9}),
        ):
            refused(tmp_path, ShapeError, words, (arrays.x, arrays.y), **options)
        for words, options in (
            ("target_ids is 'liver'; expected one text per track", {"target_ids": "liver"}),
            ("genome is 0.5", {"genome": 0.5}),
        ):
            refused(tmp_path, WrongTypeError, words, (arrays.x, arrays.y), **options)

    def test_nothing_to_write(self, tmp_path):
        refused(tmp_path, OptionError, "'test' has no sequence", [])
        refused(tmp_path, OptionError, "no split is given", {})

    def test_splits_of_two_sizes(self, arrays, tmp_path):
        x, y, _ = arrays
        splits = {"test": (x, y), "valid": (x, y[..., :2])}
        refused(tmp_path, ShapeError, r"'valid' has .* \(64, 8, 2\); .* \(64, 8, 3\)", splits)

    def test_a_generator_that_fails_leaves_nothing(self, arrays, tmp_path):
        def batches():
            yield arrays
            raise KeyError("stop")

        refused(tmp_path, KeyError, "stop", batches())

    @pytest.mark.fault("J5")
    def test_targets(self, arrays, folder, tmp_path):
        before = sorted(folder.rglob("*"))
        with pytest.raises(StoreExistsError, match="exists; choose another name"):
            write_tfrecord(folder, arrays)
        assert sorted(folder.rglob("*")) == before
        with pytest.raises(StoreTargetError, match="no folder"):
            write_tfrecord(tmp_path / "no" / "set", arrays)
