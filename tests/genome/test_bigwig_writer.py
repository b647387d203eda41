"""write_bigwig: round trips, gaps, and bad runs that raise before anything appears."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import (
    InputError,
    MissingContigError,
    NonFiniteError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval
from tests.genome.bigwig_runs import LENGTHS, RUNS, columns


@pytest.fixture
def path(tmp_path):
    return write_bigwig(tmp_path / "x.bw", [("1", *columns(RUNS)), ("2", [0], [1], [7.0])], LENGTHS)


def test_write_read_write_is_byte_equal(tmp_path, path):
    track = BigWig(path)
    again = [(name, *track.intervals(None, name, 0, size)) for name, size in LENGTHS.items()]
    assert write_bigwig(tmp_path / "y.bw", again[::-1], LENGTHS).read_bytes() == path.read_bytes()


def test_nan_stays_a_gap_and_zero_stays_zero(tmp_path):
    values = [1.0, np.nan, 0.0, 0.0, np.nan]
    place = Interval("1", 10, 59)
    found = write_bigwig(tmp_path / "x.bw", [(place, values, 10)], LENGTHS)
    starts, ends, stored = BigWig(found).intervals(None, "1", 0, 100)
    assert (starts.tolist(), ends.tolist(), stored.tolist()) == ([10, 30], [20, 50], [1.0, 0.0])
    assert BigWig(found).lengths == {"1": 100}
    dropped = write_bigwig(tmp_path / "y.bw", [(place, values, 10)], LENGTHS, drop_zeros=True)
    assert BigWig(dropped).intervals(None, "1", 0, 100)[0].tolist() == [10]


def test_bins_are_cut_at_the_end_and_equal_neighbours_merge(tmp_path):
    items = [(Interval("1", 0, 25), [3.0, 3.0, 4.0], 10), ("1", [25], [30], [4.0])]
    starts, ends, values = BigWig(write_bigwig(tmp_path / "x.bw", items, LENGTHS)).intervals(
        None, "1", 0, 100
    )
    assert starts.tolist() == [0, 20]
    assert ends.tolist() == [20, 30]
    assert values.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("items", "error", "words"),
    [
        ([("1", [5, 3], [6, 4], [1, 2])], InputError, r"run 1 on 1, \[3, 4\), begins before"),
        ([("1", [0, 4], [5, 6], [1, 2])], InputError, r"run 1 on 1, \[4, 6\), begins before"),
        ([("1", [0], [5], [1]), ("1", [2], [3], [1])], InputError, "begins before"),
        ([("1", [95], [101], [1])], InputError, "leaves the contig of 100 bases"),
        ([("1", [-1], [3], [1])], InputError, "leaves the contig"),
        ([(Interval("1", -5, 5), [1.0], 10)], InputError, "leaves the contig"),
        ([("1", [4], [4], [1])], InputError, "is empty or reversed"),
        ([("9", [4], [5], [1])], MissingContigError, "no contig '9'"),
        ([("chr1", [4], [5], [1])], InputError, "spelt differently"),
        ([("1", [4], [5], [np.inf])], NonFiniteError, "value 0 on 1 is inf"),
        ([("1", [4, 6], [5, 7], [0, 1e39])], NonFiniteError, "value 1 on 1 is 1e"),
        ([("1", [4], [5], [np.nan])], InputError, "every value is missing"),
        ([], InputError, "nothing to write"),
        ([("1", [4, 5], [5], [1])], ShapeError, "one length"),
        ([("1", [4.5], [5.5], [1])], WrongTypeError, "integers"),
        ([("1", [4], [5], ["a"])], WrongTypeError, "numbers"),
        ([("1", 4, 5)], WrongTypeError, "a run is"),
        ([3], WrongTypeError, "a run is"),
        ([(Interval("1", 0, 25), [1.0, 2.0], 10)], ShapeError, "has 3 bins of 10 bp"),
        ([(Interval("1", 0, 25), [1.0], 0)], OptionError, "resolution_bp"),
    ],
)
def test_bad_runs_raise_before_anything_appears(tmp_path, items, error, words):
    with pytest.raises(error, match=words):
        write_bigwig(tmp_path / "x.bw", items, LENGTHS)
    assert list(tmp_path.iterdir()) == []


def test_an_iterator_that_fails_leaves_the_old_file(path):
    before = path.read_bytes()

    def runs():
        yield "1", [0], [1], [5.0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_bigwig(path, runs(), LENGTHS)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["x.bw"]
