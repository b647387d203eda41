from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.attribution.contribution_files import save_parts
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import CorruptStoreError, FormatError, NoTracksError, ShapeError
from locuscope.genome.sequence import one_hot
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable
from tests.attribution.files.made import TEXTS, assert_same, full, made


def test_everything_comes_back(tmp_path):
    for name, given in (("a.h5", full()), ("b.hdf5", full().project()), ("c.h5", made(None))):
        path = given.save(tmp_path / name)
        found = Contributions.open(path)
        assert_same(found, given)
        again = found.save(tmp_path / f"again-{name}")
        assert again.read_bytes() == path.read_bytes()


def test_parts_are_the_whole(tmp_path):
    given = full()
    whole = given.save(tmp_path / "whole.h5")
    found = Contributions.open(save_parts((given[i] for i in range(3)), tmp_path / "parts.h5"))
    assert_same(found, given)
    with h5py.File(whole) as a, h5py.File(tmp_path / "parts.h5") as b:
        names: list[str] = []
        a.visit(names.append)
        for name in names:
            if getattr(a[name], "shape", ()):
                np.testing.assert_array_equal(a[name][()], b[name][()])
                assert a[name].maxshape[a[name].ndim - 3 if a[name].ndim > 2 else 0] is None
                assert a[name].chunks[0] <= 10_000 and a[name].compression == "gzip"


def test_nothing_is_read_before_it_is_asked_for(tmp_path):
    given = full()
    found = Contributions.open(given.save(tmp_path / "a.h5"))
    assert len(found) == 3 and found.shape == (3, 4, 10) and "3x4x10" in repr(found)
    assert all(found.unread(name) for name in ("values", "sequences", "var", "members"))
    for which in (1, [2, 0], slice(1, None), [1, 1, 0], [], np.array([2])):
        assert_same(found[which], given[which])
    assert found.unread("values") is not None
    np.testing.assert_array_equal(found.per_base(), given.per_base())
    assert found.unread("values") is None and found.unread("members") is None
    with pytest.raises(AttributeError, match="nothing_like_it"):
        found.nothing_like_it


def test_several_tracks_and_what_they_mean(tmp_path):
    names = ("a", "b", "c")
    rows = [
        TrackMetadata(i, "atac", 0, n, {"tissue": "lung"[: i + 1]}) for i, n in enumerate(names)
    ]
    given = made(tracks=names, track_table=TrackTable.from_tracks(rows), delta=np.ones((3, 3, 2)))
    found = Contributions.open(given.save(tmp_path / "a.h5"))
    assert_same(found, given)
    assert found.track_table.cells("tissue") == ["l", "lu", "lun"]
    np.testing.assert_array_equal(found[1].values, given.values[:, 1:2])
    one = found.select(tissue="lu")
    assert one.tracks == ("b",) and one.delta.shape == (1, 3, 2)
    np.testing.assert_array_equal(one.values, given.values[1:2])
    with pytest.raises(NoTracksError):
        found.select(tissue="liver")


@pytest.mark.fault("J1")
def test_files_that_are_damaged(tmp_path):
    path = made(count=40, places=None).save(tmp_path / "a.h5")
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(FormatError, match="no HDF5 file of contributions"):
        Contributions.open(path)
    path.write_bytes(raw)
    opened = Contributions.open(path)
    with h5py.File(path) as file:
        where = file["contributions/sequence"].id.get_chunk_info(0).byte_offset
    path.write_bytes(raw[: where + 50] + bytes([raw[where + 50] ^ 1]) + raw[where + 51 :])
    with pytest.raises(CorruptStoreError, match="contributions/sequence cannot be read"):
        _ = opened.values
    made(count=2, places=None).save(path)
    with pytest.raises(CorruptStoreError, match="changed since"):
        _ = opened.values


@pytest.mark.fault("V4")
def test_bases_that_are_none(tmp_path):
    x = one_hot(TEXTS)
    for name, bases, words in (
        ("two", np.ones_like(x), "not one-hot"),
        ("half", x * 0.5, "not one-hot"),
        ("turned", x.transpose(0, 2, 1), "transposed"),
        ("short", x[:2], "do not fit"),
    ):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["inputs/sequence"], file["contributions/sequence"] = bases, np.ones((3, 4, 10))
        with pytest.raises(ShapeError, match=words):
            Contributions.open(tmp_path / f"{name}.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["weights/dense"] = np.ones(3)
    with pytest.raises(FormatError, match="holds weights, weights/dense"):
        Contributions.open(tmp_path / "other.h5")
