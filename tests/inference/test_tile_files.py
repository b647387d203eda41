"""Files of a region: names that exist once, arrays and runs that equal their parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locuscope.errors import OptionError, StoreTargetError
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.inference.tile_files import (
    check_targets,
    target_files,
    track_files,
    write_array,
    write_track,
)
from locuscope.inference.tile_plan import TilePlan
from locuscope.tracks.track_table import TrackTable


def tracks(*names):
    return TrackTable.placeholders("atac", 0, len(names)).with_column("track_name", names)


@pytest.fixture
def parts(tmp_path):
    """Two parts of 6 and 4 bins, with a gap and a run of equal values."""
    values = np.arange(20, dtype=np.float32).reshape(10, 2)
    values[3, 1] = np.nan
    values[7:9, 0] = 5
    for i, rows in enumerate((slice(0, 6), slice(6, 10))):
        np.save(tmp_path / f"{i}.npy", values[rows])
    return [tmp_path / "0.npy", tmp_path / "1.npy"], values


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (("CAGE", "cage", "CAGE"), ["CAGE.bw", "cage_2.bw", "CAGE_3.bw"]),
        (("a/b", "../up", "K562: me3 +", ""), ["a_b.bw", "up.bw", "K562_me3_+.bw", "track.bw"]),
        (("x" * 300, "é"), ["x" * 100 + ".bw", "track.bw"]),
    ],
    ids=["letter case", "markup", "long"],
)  # fmt: skip
def test_names_are_safe_and_occur_once(names, files):
    assert track_files(tracks(*names)) == files


def test_an_array_equals_its_parts(parts, tmp_path):
    paths, values = parts
    found = np.load(write_array(tmp_path / "a.npy", paths, values.shape))
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.float32


def test_a_track_equals_its_column(parts, tmp_path):
    paths, values = parts
    plan = TilePlan(Interval("1", 8, 46), 10, 4, 8, 0, 0, "crop")
    for track in (0, 1):
        with BigWig(write_track(tmp_path / "a.bw", [(plan, paths)], track, {"1": 46})) as written:
            found = written.values(Interval("1", 0, 46))
        assert np.isnan(found[:8]).all()
        np.testing.assert_array_equal(found[8:], values[:, track].repeat(4)[:38])


def test_targets_by_suffix(tmp_path):
    check_targets([Path("a.npy"), Path("a.BW")], 1)
    check_targets([Path("folder")], 9)
    assert target_files([Path("a.npy"), Path("a.bw")], tracks("t")) == [
        (Path("a.npy"), None),
        (Path("a.bw"), 0),
    ]
    assert target_files([tmp_path / "f"], tracks("t", "u")) == [
        (tmp_path / "f" / "t.bw", 0),
        (tmp_path / "f" / "u.bw", 1),
    ]
    assert target_files([tmp_path / "a.zarr"], tracks("t")) == [
        (tmp_path / "a.zarr" / "zarr.json", None)
    ]
    for targets, n_tracks, n_regions in (
        ([Path("a.h5")], 1, 1),
        ([Path("a.bw")], 2, 1),
        ([Path("a.npy")], 2, 2),
    ):
        with pytest.raises(OptionError):
            check_targets(targets, n_tracks, n_regions=n_regions)


@pytest.mark.fault("J5")
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "taken").write_text("x")
    for target in (tmp_path / "taken", tmp_path / "no" / "folder"):
        with pytest.raises(StoreTargetError, match="cannot be made"):
            target_files([target], tracks("t"))
