from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import InputError, ShapeError, StoreError, StoreTargetError
from locuscope.genome.bedgraph import BedGraphWriter
from locuscope.genome.interval import Interval


def lines(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def test_one_line_per_base_sorted_within_contigs(tmp_path):
    path = tmp_path / "one.bedgraph"
    with BedGraphWriter(path) as writer:
        writer.region_write(Interval("8", 20, 22), [1.5, -2])
        writer.region_write({"chr": "7", "start": 30, "end": 31}, np.array([1e-7]))
        writer.region_write({"chr": "8", "start": np.int64(10), "end": 12.0}, [0, 3])
        assert not path.exists()
    assert lines(path) == [
        ["8", "10", "11", "0"],
        ["8", "11", "12", "3"],
        ["8", "20", "21", "1.5"],
        ["8", "21", "22", "-2"],
        ["7", "30", "31", "1e-07"],
    ]


def test_a_matrix_is_summed_over_its_columns(tmp_path):
    with BedGraphWriter(tmp_path / "one.bedgraph") as writer:
        writer.region_write(Interval("8", 0, 3), np.arange(6.0).reshape(3, 2))
    assert [line[3] for line in lines(tmp_path / "one.bedgraph")] == ["1", "5", "9"]


def test_what_is_no_number_is_left_out(tmp_path):
    with BedGraphWriter(tmp_path / "one.bedgraph") as writer:
        writer.region_write(Interval("8", 0, 3), [1, float("nan"), 2])
    assert [line[1] for line in lines(tmp_path / "one.bedgraph")] == ["0", "2"]


def test_neighbours_may_touch_and_not_overlap(tmp_path):
    writer = BedGraphWriter(tmp_path / "one.bedgraph")
    writer.region_write(Interval("8", 0, 3), [1, 2, 3])
    writer.region_write(Interval("8", 3, 4), [4])
    writer.region_write(Interval("9", 0, 3), [1, 2, 3])
    writer.close()
    writer.close()
    assert len(lines(tmp_path / "one.bedgraph")) == 7
    twice = BedGraphWriter(tmp_path / "two.bedgraph")
    twice.region_write(Interval("8", 5, 8), [1, 2, 3])
    twice.region_write(Interval("8", 7, 9), [1, 2])
    with pytest.raises(InputError, match="8:8 is in two regions"):
        twice.close()
    assert not (tmp_path / "two.bedgraph").exists()


def test_an_error_leaves_no_file(tmp_path):
    path = tmp_path / "one.bedgraph"

    def failing():
        with BedGraphWriter(path) as writer:
            writer.region_write(Interval("8", 0, 1), [1])
            raise RuntimeError("something else went wrong")

    with pytest.raises(RuntimeError):
        failing()
    assert list(tmp_path.iterdir()) == []


def test_no_region_is_an_empty_file(tmp_path):
    BedGraphWriter(tmp_path / "none.bedgraph").close()
    assert (tmp_path / "none.bedgraph").read_bytes() == b""


@pytest.mark.parametrize(
    ("region", "values", "error"),
    [
        (Interval("8", 0, 3), [1, 2], ShapeError),
        (Interval("8", 0, 2), np.ones((2, 2, 2)), ShapeError),
        ({"chr": "8", "start": 1}, [1], InputError),
        ({"chr": "8", "start": 1.5, "end": 3}, [1], InputError),
    ],
)
def test_regions_and_values_must_fit(tmp_path, region, values, error):
    with pytest.raises(error):
        BedGraphWriter(tmp_path / "one.bedgraph").region_write(region, values)


def test_a_closed_writer_takes_nothing(tmp_path):
    writer = BedGraphWriter(tmp_path / "one.bedgraph")
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.region_write(Interval("8", 0, 1), [1])


def test_a_place_that_is_not_there(tmp_path):
    writer = BedGraphWriter(tmp_path / "nowhere" / "one.bedgraph")
    with pytest.raises(StoreTargetError):
        writer.close()
