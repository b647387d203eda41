"""Regions as Zarr: values, places and tracks; a folder without its index is unfinished."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from locuscope.errors import StoreTargetError
from locuscope.genome.interval import Interval
from locuscope.inference.tile_plan import TilePlan
from locuscope.inference.zarr_regions import check_zarr, write_zarr
from locuscope.tracks.track_table import TrackTable

TRACKS = TrackTable.placeholders("atac", 0, 2).with_column("track_name", ["a", "b"])


def region(folder, chrom, n_bins, seed=0):
    """A plan and its parts of at most 7 bins."""
    values = np.random.default_rng(seed).normal(size=(n_bins, 2)).astype(np.float32)
    values[1] = np.nan
    parts = []
    for k, first in enumerate(range(0, n_bins, 7)):
        parts.append(folder / f"{chrom}-{seed}-{k}.npy")
        np.save(parts[-1], values[first : first + 7])
    plan = TilePlan(Interval(chrom, 8, 8 + 4 * n_bins), n_bins, 4, 8, 0, 0, "crop")
    return (plan, parts), values


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "a.zarr"
    folder.mkdir()
    return folder / "zarr.json"


def test_one_region_is_an_array(target, tmp_path):
    one, values = region(tmp_path, "1", 20)
    assert write_zarr(target, [one], TRACKS) == target
    array = zarr.open_array(str(target.parent), mode="r")
    np.testing.assert_array_equal(array[:], values)
    assert dict(array.attrs) == {
        "chrom": "1",
        "start": 8,
        "end": 88,
        "resolution_bp": 4,
        "tracks": ["a", "b"],
    }


def test_several_are_a_group_that_need_not_be_listed(target, tmp_path):
    regions = {chrom: region(tmp_path, chrom, n) for chrom, n in (("2", 9), ("10", 15), ("X", 2))}
    write_zarr(target, [one for one, _ in regions.values()], TRACKS)
    (target.parent / ".note").write_text("of the job")
    group = zarr.open_group(str(target.parent), mode="r")
    assert sorted(group.array_keys()) == ["10", "2", "X"]
    for chrom, (_, values) in regions.items():
        np.testing.assert_array_equal(group[chrom][:], values)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    one, _ = region(tmp_path, "1", 20)
    found = []
    for name in ("a.zarr", "b.zarr"):
        (tmp_path / name).mkdir()
        write_zarr(tmp_path / name / "zarr.json", [one], TRACKS)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        found.append([(str(p.relative_to(tmp_path / name)), p.read_bytes()) for p in files])
    assert found[0] == found[1]


def test_an_older_one_goes_as_a_whole(target, tmp_path):
    both = [region(tmp_path, chrom, 9)[0] for chrom in ("1", "2")]
    write_zarr(target, both, TRACKS)
    one, values = region(tmp_path, "1", 5, seed=1)
    write_zarr(target, [one], TRACKS)
    assert sorted(path.name for path in target.parent.iterdir()) == ["c", "zarr.json"]
    np.testing.assert_array_equal(zarr.open_array(str(target.parent), mode="r")[:], values)


def test_a_failure_leaves_no_index(target, tmp_path):
    one, _ = region(tmp_path, "1", 20)
    write_zarr(target, [one], TRACKS)
    one[1][1].unlink()
    with pytest.raises(OSError, match=r"1-0-1\.npy"):
        write_zarr(target, [one], TRACKS)
    assert not target.exists()
    assert not [path for path in target.parent.iterdir() if path.name.startswith(".zarr-")]


@pytest.mark.fault("J5")
def test_what_is_no_zarr_is_left_alone(target, tmp_path):
    check_zarr(tmp_path / "new.zarr")
    check_zarr(target.parent)
    target.write_text("{}")
    check_zarr(target.parent)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(StoreTargetError, match=r"a folder that is no Zarr \(mine.txt\)"):
        check_zarr(tmp_path / "other")
    with pytest.raises(StoreTargetError, match="it is a file"):
        check_zarr(tmp_path / "other" / "mine.txt")
