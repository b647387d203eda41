from __future__ import annotations

import numpy as np
import pytest
import zarr

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import CorruptStoreError, FormatError, ShapeError
from tests.attribution.files.made import assert_same, full, made

APART = ("peak_ids", "chrom_ids")


def test_everything_comes_back(tmp_path):
    given = full()
    path = given.save(tmp_path / "a.zarr")
    found = Contributions.open(path)
    assert all(found.unread(name) for name in ("values", "sequences", "var", "members"))
    assert_same(found[[2, 0]], given[[2, 0]])
    assert_same(found, given)
    bare = made(None)
    assert_same(Contributions.open(bare.save(tmp_path / "b.zarr")), bare)
    flat = given.project()
    assert_same(Contributions.open(flat.save(path)), flat)


def test_chunks_and_shards(tmp_path):
    given = made(None, count=1100)
    group = zarr.open_group(str(given.save(tmp_path / "a.zarr")), mode="r")
    stored = group["contributions"]
    assert stored.chunks == (64, 4, 10) and stored.shards == (1024, 4, 10)
    assert "crc32c" in str(stored.metadata.to_dict()).lower()
    found = Contributions.open(tmp_path / "a.zarr")
    rows = [1099, 3, 500]
    np.testing.assert_array_equal(found[rows].values, given.values[rows])


@pytest.mark.fault("J1")
def test_a_chunk_that_is_missing_or_damaged(tmp_path):
    given = made(None, count=1100)
    path = given.save(tmp_path / "a.zarr")
    opened = Contributions.open(path)
    shard = path / "contributions" / "c" / "1" / "0" / "0"
    raw = shard.read_bytes()
    shard.unlink()
    for read in (lambda: Contributions.open(path), lambda: opened.values):
        with pytest.raises(CorruptStoreError, match=r"misses its chunk \(1, 0, 0\)"):
            read()
    shard.write_bytes(b"")
    with pytest.raises(CorruptStoreError, match="misses its chunk"):
        Contributions.open(path)
    shard.write_bytes(raw[:30] + bytes([raw[30] ^ 1]) + raw[31:])
    with pytest.raises(CorruptStoreError, match="contributions cannot be read"):
        _ = Contributions.open(path).values
    shard.write_bytes(raw[:100])
    with pytest.raises(CorruptStoreError, match="contributions cannot be read"):
        _ = Contributions.open(path)[1050:].values


@pytest.mark.fault("V4")
def test_groups_of_something_else(tmp_path):
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    group.create_array("other", data=np.ones(3))
    with pytest.raises(FormatError, match="has no 'sequences'; it holds other"):
        Contributions.open(tmp_path / "a.zarr")
    x = made().sequences.transpose(0, 2, 1)
    group.create_array("sequences", data=x, config={"write_empty_chunks": True})
    group.create_array("contributions", data=x, config={"write_empty_chunks": True})
    with pytest.raises(ShapeError, match="transposed"):
        Contributions.open(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "other" / "zarr.json").write_text("{")
    with pytest.raises(FormatError, match="no Zarr group of contributions"):
        Contributions.open(tmp_path / "a.zarr")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FormatError, match="looks like a folder"):
        Contributions.open(tmp_path / "folder")
