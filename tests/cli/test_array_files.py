"""Arrays with places, and tables: what is in each kind of file, and names that are refused."""

from __future__ import annotations

import json

import h5py
import numpy as np
import polars as pl
import pytest
import zarr

from locuscope.cli.array_files import check_suffix, ranges_of, write_array_file, write_frame
from locuscope.errors import InputError, StoreTargetError
from locuscope.genome.interval import Interval

PLACES = [Interval("1", 4, 9, "+", "é <b>"), Interval("chr2", 0, 5)]
ARRAYS = {
    "mean/atac/1": np.arange(10, dtype=np.float32).reshape(2, 5),
    "var/atac/1": np.ones((2, 5)),
    "places/start": np.array([4, 0]),
}
TEXTS = {"tracks/atac": json.dumps([{"name": "é"}]), "places/chrom": ["1", "chr2"]}


def test_places_as_columns():
    assert ranges_of(PLACES) == {
        "chr": ["1", "chr2"],
        "start": [4, 0],
        "end": [9, 5],
        "strand": ["+", "."],
        "id": ["é <b>", ""],
    }


def test_npz(tmp_path):
    write_array_file(tmp_path / "a.npz", ARRAYS, TEXTS)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert sorted(found.files) == sorted([*ARRAYS, *TEXTS])
        for name, values in ARRAYS.items():
            np.testing.assert_array_equal(found[name], values)
            assert found[name].dtype == values.dtype
        assert found["places/chrom"].tolist() == ["1", "chr2"]
        assert json.loads(str(found["tracks/atac"])) == [{"name": "é"}]


@pytest.mark.parametrize("name", ["a.h5", "a.hdf5"])
def test_hdf5(tmp_path, name):
    write_array_file(tmp_path / name, ARRAYS, TEXTS)
    with h5py.File(tmp_path / name) as file:
        for path, values in ARRAYS.items():
            np.testing.assert_array_equal(file[path][()], values)
            assert file[path].dtype == values.dtype
        assert file["places/chrom"].asstr()[()].tolist() == ["1", "chr2"]
        assert file["tracks/atac"].asstr()[()] == TEXTS["tracks/atac"]


def test_zarr(tmp_path):
    write_array_file(tmp_path / "a.zarr", ARRAYS, TEXTS)
    root = zarr.open_group(tmp_path / "a.zarr", mode="r")
    for path, values in ARRAYS.items():
        np.testing.assert_array_equal(root[path][:], values)
    assert dict(root["places"].attrs) == {"chrom": ["1", "chr2"]}
    assert dict(root["tracks"].attrs) == {"atac": TEXTS["tracks/atac"]}


@pytest.mark.parametrize("name", ["a.npz", "a.h5", "a.zarr"])
def test_an_older_file_is_replaced_as_a_whole(tmp_path, name):
    write_array_file(tmp_path / name, {"old": np.ones((2, 1))}, {})
    write_array_file(tmp_path / name, {"new": np.zeros((2, 1))}, {})
    if name == "a.npz":
        with np.load(tmp_path / name, allow_pickle=False) as found:
            assert found.files == ["new"]
    elif name == "a.h5":
        with h5py.File(tmp_path / name) as file:
            assert list(file) == ["new"]
    else:
        assert list(zarr.open_group(tmp_path / name, mode="r")) == ["new"]
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_tables(tmp_path):
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    for name in ("a.tsv", "a.parquet"):
        write_frame(tmp_path / name, frame)
    assert (tmp_path / "a.tsv").read_text() == "a\tb\n1\tx\n2\t\n"
    assert pl.read_parquet(tmp_path / "a.parquet").equals(frame)


def test_names_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"Cannot write 'a\.txt'; the suffix must be one of \.h5"):
        check_suffix(tmp_path / "a.txt", (".h5", ".zarr"))
    for name in ("a.h5", "a.zarr"):
        with pytest.raises(StoreTargetError, match="there is no folder"):
            check_suffix(tmp_path / "gone" / name, (".h5", ".zarr"))
    (tmp_path / "file.zarr").write_text("")
    with pytest.raises(StoreTargetError, match="it is a file, a folder is to be written"):
        check_suffix(tmp_path / "file.zarr", (".zarr",))
    check_suffix(tmp_path / "A.H5", (".h5",))
