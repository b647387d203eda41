"""Batchers of every form give the same sequences; what is none is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from locuscope.attribution.seqnn_batches import one_batch, read_batches, read_whole
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.sequence import decode
from tests.attribution.seqnn_cases import PublishedBatcher, arrays, model

MODEL, BATCH = model(), arrays()


def split(batch, size=2):
    rows = [slice(k, k + size) for k in range(0, len(batch.x), size)]
    return [(batch.x[r], batch.y[r], batch.na[r]) for r in rows]


FORMS = {
    "tuples": lambda: split(BATCH),
    "generator": lambda: iter(split(BATCH)),
    "lists": lambda: [list(item) for item in split(BATCH)],
    "published": lambda: PublishedBatcher(BATCH),
    "loader": lambda: DataLoader([torch.utils.data.default_convert(b) for b in split(BATCH)],
                                 batch_size=None),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms_with_targets(form):
    found = read_whole(MODEL, FORMS[form]())
    np.testing.assert_array_equal(found.x, BATCH.x)
    np.testing.assert_array_equal(found.y, BATCH.y)
    np.testing.assert_array_equal(found.na, BATCH.na)
    assert (found.x.dtype, found.na.dtype) == (np.uint8, np.bool_)


@pytest.mark.parametrize(
    "batcher",
    [
        BATCH.x,
        torch.from_numpy(BATCH.x),
        [BATCH.x],
        [BATCH.x[:2], torch.from_numpy(BATCH.x[2:]).float()],
        [(BATCH.x,)],
        [decode(BATCH.x[:3]), decode(BATCH.x[3:])],
        [(BATCH.x[:1], None), (BATCH.x[1:], None, None)],
    ],
)
def test_sequences_alone(batcher):
    found = read_whole(MODEL, batcher)
    np.testing.assert_array_equal(found.x, BATCH.x)
    assert (found.y, found.na) == (None, None)


def test_masks_of_some_batches():
    first, *rest = split(BATCH)
    found = read_whole(MODEL, [first[:2], *rest])
    assert not found.na[:2].any()
    np.testing.assert_array_equal(found.na[2:], BATCH.na[2:])


def test_a_published_batcher_is_read_from_its_start():
    batcher = PublishedBatcher(BATCH)
    batcher.next()
    assert len(read_whole(MODEL, batcher).x) == 5
    batcher.next = lambda: None
    batcher.empty = lambda: False
    with pytest.raises(EmptySelectionError):
        read_whole(MODEL, batcher)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limit", [1, 2.0, np.int64(9)])
def test_only_so_many_batches(form, limit):
    found = list(read_batches(MODEL, FORMS[form](), limit))
    assert len(found) == min(3, limit)


def test_no_more_is_read_than_asked_for():
    def batches():
        yield split(BATCH)[0]
        raise KeyError("read on")

    assert len(list(read_batches(MODEL, batches(), 1))) == 1


def test_one_batch_of_the_inner_calls():
    for given in (BATCH.x, BATCH.x.transpose(0, 2, 1), torch.from_numpy(BATCH.x).transpose(1, 2)):
        np.testing.assert_array_equal(one_batch(MODEL, given), BATCH.x)


class TestRefusals:
    def test_no_batchers(self):
        for wrong in (3, "set.h5", BATCH):
            with pytest.raises(WrongTypeError, match=r"batcher is a .* an iterable of x"):
                list(read_batches(MODEL, wrong))
        with pytest.raises(WrongTypeError, match="batch 1 of the batcher is a int"):
            list(read_batches(MODEL, [BATCH.x, 3]))
        with pytest.raises(EmptySelectionError, match="holds no sequence"):
            read_whole(MODEL, [])

    def test_axes(self):
        with pytest.raises(ShapeError, match="looks transposed"):
            read_whole(MODEL, [BATCH.x.transpose(0, 2, 1)])
        batcher = PublishedBatcher(BATCH)
        batcher.x = BATCH.x
        with pytest.raises(ShapeError, match=r"\(2, 4, 64\); next\(\) gives \(N, L, 4\)"):
            read_whole(MODEL, batcher)
        with pytest.raises(ShapeError, match="the batches differ in x"):
            read_whole(MODEL, [BATCH.x, BATCH.x[..., :60]])
        with pytest.raises(ShapeError, match="the batches differ in y"):
            read_whole(MODEL, [(BATCH.x, BATCH.y), BATCH.x])

    def test_values(self):
        with pytest.raises(InputError, match="not one-hot"):
            read_whole(MODEL, [BATCH.x * 2])
        with pytest.raises(WrongTypeError, match="y of batch 0 holds"):
            read_whole(MODEL, [(BATCH.x, np.full((5, 8, 4), "a"))])
        for limit in (0, -1):
            with pytest.raises(OptionError, match=f"test_batches is {limit}"):
                read_whole(MODEL, [BATCH.x], limit)
