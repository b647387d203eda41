from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.files.stored_rows import StoredRows
from locuscope.errors import CorruptStoreError

ARRAY = np.arange(2 * 6 * 4 * 3).reshape(2, 6, 4, 3)


def stored(read=lambda which: ARRAY[:, which]):
    return StoredRows(Path("a.h5"), "values", ARRAY.shape, read)


@given(st.lists(st.integers(0, 5), max_size=9))
def test_rows_are_those_of_the_array(which):
    rows = np.array(which, np.int64)
    np.testing.assert_array_equal(stored().rows(rows), ARRAY[:, rows])


def test_files_are_asked_for_ascending_rows_once():
    asked = []

    def read(which):
        asked.append(which)
        return ARRAY[:, which]

    found = stored(read)
    found.rows(np.array([3, 1, 3]))
    found.rows(np.array([2, 3, 4]))
    found.all()
    assert asked[0].tolist() == [1, 3] and asked[1:] == [slice(2, 5), slice(0, 6)]
    assert found.ndim == 4


@pytest.mark.fault("J1")
def test_a_file_that_fails_or_changed():
    def fails(which):
        raise OSError("no such disk")

    with pytest.raises(CorruptStoreError, match=r"values cannot be read \(no such disk"):
        stored(fails).all()
    with pytest.raises(CorruptStoreError, match="changed since"):
        stored(lambda which: ARRAY[:, :2]).all()
