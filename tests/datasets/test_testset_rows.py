"""Sequences on their way into a file: batches of every form, checked one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.datasets.testset_rows import (
    require_rows,
    require_text,
    rows_of,
    sizes_of,
    splits_of,
)
from locuscope.errors import (
    InputError,
    NonFiniteError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.sequence import decode
from locuscope.inference.measured_batches import TestBatch


def test_rows_of_batches(arrays):
    x, y, na = arrays
    for batches in (
        [arrays],
        [(x[:3], y[:3], na[:3]), [x[3:], y[3:], na[3:]]],
        iter([tuple(map(torch.from_numpy, arrays))]),
        [(decode(x), y, na)],
        [(x.astype("f4"), y.astype("f8"), na.astype("u1"))],
    ):
        rows = list(rows_of(batches))
        assert len(rows) == 7
        for k, row in enumerate(rows):
            np.testing.assert_array_equal(row.x, x[k])
            np.testing.assert_array_equal(row.y, y[k])
            np.testing.assert_array_equal(row.na, na[k])
        assert (rows[0].x.dtype, rows[0].y.dtype, rows[0].na.dtype) == (np.uint8, np.float16, bool)


def test_without_masks_nothing_is_masked(arrays):
    assert not any(row.na.any() for row in rows_of([arrays[:2]]))


def test_rows_come_one_at_a_time(arrays):
    def batches():
        yield arrays
        raise KeyError("read on")

    rows = rows_of(batches())
    assert [next(rows).x.shape for _ in range(7)] == [(4, 64)] * 7
    with pytest.raises(KeyError):
        next(rows)


class TestSplits:
    def test_forms(self, arrays):
        for given in (arrays, tuple(arrays), tuple(arrays[:2]), (decode(arrays.x), arrays.y)):
            (batches,) = splits_of(given, "valid").values()
            assert len(list(rows_of(batches))) == 7
        for given in ([arrays], (arrays, arrays), ((arrays.x, arrays.y), (arrays.x, arrays.y))):
            assert splits_of(given, "test") == {"test": given}
        both = splits_of({"test": arrays, "train": [arrays]}, "valid")
        assert list(both) == ["test", "train"]
        assert isinstance(both["test"], list)

    def test_refusals(self, arrays):
        with pytest.raises(OptionError, match="split is 'dev'; expected one of 'train'"):
            splits_of([arrays], "dev")
        with pytest.raises(OptionError, match="split is 3"):
            splits_of({3: [arrays]}, "test")
        with pytest.raises(OptionError, match="no split is given"):
            splits_of({}, "test")


class TestSizes:
    def row(self, arrays):
        return next(rows_of([arrays]))

    def test_what_adds_up(self, arrays):
        row = self.row(arrays)
        sizes = sizes_of(row, pool_width=None, crop_bp=0, is_one_hot=True)
        assert (sizes.seq_length, sizes.target_length, sizes.num_targets) == (64, 8, 3)
        assert (sizes.pool_width, sizes.crop_bp, sizes.is_one_hot) == (8, 0, True)
        sizes = sizes_of(row, pool_width=6, crop_bp=8, is_one_hot=False)
        assert (sizes.pool_width, sizes.crop_bp) == (6, 8)
        assert sizes_of(row, pool_width=None, crop_bp=8, is_one_hot=False) == sizes

    @pytest.mark.parametrize(
        ("pool_width", "crop_bp", "error"),
        [(9, 0, OptionError), (None, 5, OptionError), (8, -1, OptionError),
         (None, 0.5, WrongTypeError), (None, 100, OptionError)],
    )  # fmt: skip
    def test_what_does_not(self, arrays, pool_width, crop_bp, error):
        with pytest.raises(error):
            sizes_of(self.row(arrays), pool_width=pool_width, crop_bp=crop_bp, is_one_hot=True)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda x, y, na: (x[:, :3], y, na), ShapeError, r"4 channels|\(7, 3, 64\)"),
        (lambda x, y, na: (x[0], y, na), ShapeError, r"\(4, 64\); expected \(N, 4, L\)"),
        (lambda x, y, na: (x * 0.5, y, na), InputError, "not one-hot"),
        (lambda x, y, na: (x, y[:, :0], na[:, :0]), ShapeError, "tracks last"),
        (lambda x, y, na: (x, y, na[0]), ShapeError, r"na \(8,\); expected"),
        (lambda x, y, na: (x, y * 1e9, na), NonFiniteError, "values beyond float16"),
        (lambda x, y, na: (x, y.astype("U4"), na), WrongTypeError, "y of batch 0 holds"),
        (lambda x, y, na: (x, y, na, na), WrongTypeError, "batch 0 of the test set"),
        (lambda x, y, na: (["AXGT"], y[:1]), InputError, "X"),
    ],
)
def test_broken_batches(arrays, change, error, words):
    with pytest.raises(error, match=words):
        list(rows_of([change(*arrays)]))


def test_infinite_and_missing_values_pass(arrays):
    y = arrays.y.copy()
    y[0, 0] = [np.nan, np.inf, -np.inf]
    row = next(rows_of([TestBatch(arrays.x, y)]))
    np.testing.assert_array_equal(row.y[0], y[0, 0].astype(np.float16))


def test_texts_of_tracks():
    assert require_text("ids", None, 2) == ()
    assert require_text("ids", ("a", "b"), 2) == ("a", "b")
    assert require_text("ids", iter("ab"), 2) == ("a", "b")
    for wrong in ("ab", [1, 2], 3):
        with pytest.raises(WrongTypeError, match=r"ids is .*; expected one text per track"):
            require_text("ids", wrong, 2)
    with pytest.raises(ShapeError, match="ids has 1 texts; the test set has 2 tracks"):
        require_text("ids", ["a"], 2)
    require_rows(1, "test")
    with pytest.raises(OptionError, match="the split 'test' has no sequence"):
        require_rows(0, "test")
