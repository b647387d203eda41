from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.files.stored_rows import StoredRows
from locuscope.errors import InputError, ShapeError
from locuscope.genome.sequence import one_hot
from tests.attribution.files.made import TEXTS, assert_same, full, made


def late(array):
    return StoredRows(Path("a.h5"), "values", array.shape, lambda which: array[which])


def test_arrays_that_come_late_are_checked_when_they_come():
    x, values = one_hot(TEXTS), np.ones((3, 4, 10))
    found = Contributions(late(values), late(x))
    assert found.unread("values") is not None and found.shape == (3, 4, 10)
    assert found.values.dtype == np.float32 and found.unread("values") is None
    assert found.crop(4).shape == (3, 4, 4)
    wrong = Contributions(late(values), late(np.ones_like(x)))
    with pytest.raises(InputError, match="not one-hot"):
        _ = wrong.sequences
    with pytest.raises(InputError, match="not one-hot"):
        _ = wrong[0]
    with pytest.raises(ShapeError, match="must agree"):
        Contributions(late(values[:, :, 1:]), late(x))
    with pytest.raises(ShapeError, match="4 axes, 3 tracks, for the tracks None"):
        Contributions(late(np.ones((3, 3, 4, 10))), late(x))


def test_copies_are_whole():
    given = full()
    assert_same(copy.deepcopy(given), given)
    assert_same(copy.copy(given), given)


@pytest.mark.fault("V4")
def test_rows_that_do_not_belong_to_the_examples():
    for name, value in (
        ("delta", np.ones((2, 2))),
        ("change", np.ones((3, 2, 1))),
        ("peak_ids", np.arange(4)),
        ("chrom_ids", np.arange(2)),
    ):
        with pytest.raises(ShapeError, match=f"{name} has shape .* for 3 examples"):
            made(**{name: value})


@pytest.mark.parametrize("ids", [np.zeros((3, 2), np.int64), np.array(["a", "b", "c"])])
def test_numbers_of_regions_are_whole_numbers(ids):
    with pytest.raises(ShapeError, match="whole number for each example"):
        made(peak_ids=ids)
