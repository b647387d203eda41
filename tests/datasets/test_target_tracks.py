"""Names of measured tracks and choices among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.datasets.target_tracks import TargetTracks, read_targets
from locuscope.errors import (
    EmptySelectionError,
    FormatError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)

TRACKS = TargetTracks(("a", "b", "c"), ("the a", "the b", "the c"), ("+", "-", "."))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, [0, 1, 2]),
        ("b", [1]),
        (["c", "a"], [2, 0]),
        (2, [2]),
        (-1, [2]),
        ([0, -1], [0, 2]),
        (range(2), [0, 1]),
        (np.array([2, 1]), [2, 1]),
        ([np.float32(1)], [1]),
        ([True, False, True], [0, 2]),
        (np.array([False, True, False]), [1]),
        (["a", 2], [0, 2]),
    ],
)
def test_choices(choice, expected):
    rows = TRACKS.rows(choice, 3)
    assert rows.tolist() == expected
    assert rows.dtype == np.int64


def test_taking_keeps_names_together():
    some = TRACKS.take(np.array([2, 0]))
    assert some == TargetTracks(("c", "a"), ("the c", "the a"), (".", "+"))
    assert TargetTracks(("a", "b")).take(np.array([1])) == TargetTracks(("b",))
    assert TargetTracks().take(np.array([1])) == TargetTracks()


@given(st.permutations(range(6)), st.integers(1, 6))
def test_a_choice_is_a_selection(order, size):
    names = TargetTracks(tuple("uvwxyz"))
    rows = names.rows(order[:size], 6)
    assert rows.tolist() == order[:size]
    by_name = names.rows(list(names.take(rows).ids), 6)
    np.testing.assert_array_equal(by_name, rows)


@pytest.mark.parametrize(
    ("choice", "error", "words"),
    [
        ("d", UnknownNameError, "no track 'd' in the test set"),
        (["A"], UnknownNameError, "did you mean 'a'"),
        ([], EmptySelectionError, "None means all"),
        ([3], OptionError, r"track 3 .* it has 3 \(0 to 2\)"),
        ([-4], OptionError, "track -4 "),
        ([1, -2], OptionError, "chosen twice"),
        (["a", 0], OptionError, "chosen twice"),
        ([True], ShapeError, "mask of 1; the test set has 3"),
        ([False] * 3, EmptySelectionError, "False alone"),
        ([1.5], WrongTypeError, "tracks is 1.5"),
        ([None], WrongTypeError, "tracks is None"),
        ([True, 1, 0], WrongTypeError, "tracks is True"),
    ],
)
def test_refusals(choice, error, words):
    with pytest.raises(error, match=words):
        TRACKS.rows(choice, 3)


def test_names_that_are_not_known():
    with pytest.raises(UnknownNameError, match="the set gives no names"):
        TargetTracks().rows(["a"], 3)
    assert TargetTracks().rows(None, 3).tolist() == [0, 1, 2]


class TestTables:
    TEXT = "index\tidentifier\tfile\tstrand\tdescription\n0\ta\tx\t+\tthe a\n1\tb\ty\t-\tЖ\n"

    def test_a_table_beside_or_above(self, tmp_path):
        (tmp_path / "targets.txt").write_text(self.TEXT, encoding="utf-8")
        expected = TargetTracks(("a", "b"), ("the a", "Ж"), ("+", "-"))
        for folder in (tmp_path, tmp_path / "tfrecords"):
            assert read_targets(folder, 2) == expected

    def test_only_identifiers(self, tmp_path):
        (tmp_path / "targets.txt").write_text("identifier\na\n\nb\n")
        assert read_targets(tmp_path, 2) == TargetTracks(("a", "b"))

    def test_no_table(self, tmp_path):
        assert read_targets(tmp_path, 2) == TargetTracks()

    def test_another_number_of_rows(self, tmp_path):
        (tmp_path / "targets.txt").write_text(self.TEXT, encoding="utf-8")
        with pytest.raises(FormatError, match=r"2 rows .* expected 3 rows"):
            read_targets(tmp_path, 3)
