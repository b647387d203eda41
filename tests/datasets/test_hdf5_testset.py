"""HDF5 test sets: round trips, files of other programs, and broken ones refused in words."""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pytest
from torch.utils.data import DataLoader

from locuscope.datasets.records import (
    HDF5TestSet,
    TFRecordTestSet,
    open_test_set,
    write_hdf5_testset,
    write_tfrecord,
)
from locuscope.errors import (
    FormatError,
    InputError,
    LockedStoreError,
    LocuscopeError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    StoreExistsError,
    StoreTargetError,
    UnknownNameError,
)


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


@pytest.fixture
def plain(arrays):
    """Datasets as another program writes them."""
    return {
        "test_in": arrays.x.transpose(0, 2, 1).astype(bool),
        "test_out": arrays.y.astype(np.float16),
        "pool_width": 8,
        "target_ids": np.array([b"a", b"b", b"c"]),
    }


class TestRoundTrip:
    @pytest.mark.parametrize("size", [1, 3, 7, "auto"])
    def test_batches(self, hdf5, arrays, joined, size):
        test_set = HDF5TestSet(hdf5, batch_size=size)
        x, y, na = joined(test_set)
        np.testing.assert_array_equal(x, arrays.x)
        np.testing.assert_array_equal(y, arrays.y)
        np.testing.assert_array_equal(na, arrays.na)
        assert (x.dtype, y.dtype, na.dtype) == (np.uint8, np.float32, np.bool_)
        assert (len(test_set), test_set.n_sequences) == (-(-7 // test_set.batch_size), 7)
        np.testing.assert_array_equal(joined(test_set)[1], arrays.y)  # from its start again

    def test_a_split_without_masked_positions_has_none(self, hdf5, arrays):
        batch = HDF5TestSet(hdf5, "valid")[0]
        assert batch.na is None
        np.testing.assert_array_equal(batch.y, arrays.y[:2])
        with h5py.File(hdf5) as file:
            assert sorted(file) == [
                "pool_width", "target_ids", "target_labels", "target_strands", "test_in",
                "test_na", "test_out", "valid_in", "valid_out",
            ]  # fmt: skip
            assert (file["test_in"].dtype, file["test_out"].dtype) == (bool, np.float16)

    def test_names_and_sizes(self, hdf5):
        test_set = HDF5TestSet(hdf5, tracks=["brain", "liver"])
        assert test_set.targets.ids == ("brain", "liver")
        assert test_set.targets.strands == (".", "+")
        assert (test_set.sizes.pool_width, test_set.sizes.crop_bp, test_set.n_tracks) == (8, 0, 2)
        assert repr(test_set) == (
            "HDF5TestSet('test', 7 sequences of 64 bases, 8 bins of 8, 2 tracks)"
        )

    def test_tracks(self, hdf5, arrays, joined):
        for tracks, rows in (
            (["brain", "liver"], [2, 0]),
            ([1], [1]),
            ([True, False, True], [0, 2]),
        ):
            y = joined(HDF5TestSet(hdf5, tracks=tracks))[1]
            np.testing.assert_array_equal(y, arrays.y[..., rows])
        with pytest.raises(UnknownNameError, match=r"no track 'livr'.*'liver'"):
            HDF5TestSet(hdf5, tracks=["livr"])

    def test_batches_by_number(self, hdf5):
        test_set = HDF5TestSet(hdf5, batch_size=3)
        batches = list(test_set)
        for number in (2, 0, -1, np.int64(1)):
            np.testing.assert_array_equal(test_set[number].x, batches[number].x)
        with pytest.raises(OutOfBoundsError, match="batch 3 of 3"):
            _ = test_set[3]

    @pytest.mark.parametrize("workers", [0, 2])
    def test_a_data_loader(self, hdf5, arrays, joined, workers):
        test_set = HDF5TestSet(hdf5, batch_size=2)
        found = joined(DataLoader(test_set, batch_size=None, num_workers=workers))
        np.testing.assert_array_equal(found[0], arrays.x)
        np.testing.assert_array_equal(np.asarray(found[2]), arrays.na)

    def test_it_travels_to_another_process(self, hdf5, arrays, joined):
        sent = pickle.loads(pickle.dumps(HDF5TestSet(hdf5)))  # noqa: S301 - as workers get it
        np.testing.assert_array_equal(joined(sent)[1], arrays.y)

    def test_crops(self, arrays, tmp_path):
        path = write_hdf5_testset(tmp_path / "a.h5", (arrays.x, arrays.y[:, 1:7]), crop_bp=8)
        sizes = HDF5TestSet(path).sizes
        assert (sizes.pool_width, sizes.crop_bp, sizes.target_length) == (8, 8, 6)

    def test_from_records_and_back(self, hdf5, arrays, joined, tmp_path):
        folder = write_tfrecord(tmp_path / "set", HDF5TestSet(hdf5))
        again = write_hdf5_testset(tmp_path / "again.h5", TFRecordTestSet(folder))
        x, y, _ = joined(HDF5TestSet(again))
        np.testing.assert_array_equal(x, arrays.x)
        np.testing.assert_array_equal(y, np.where(arrays.na[..., None], np.nan, arrays.y))


class TestFilesOfOthers:
    def test_only_what_is_needed(self, plain, arrays, joined, tmp_path):
        del plain["pool_width"], plain["target_ids"]
        test_set = HDF5TestSet(write(tmp_path / "a.h5", **plain))
        np.testing.assert_array_equal(joined(test_set)[1], arrays.y)
        assert (test_set.targets.ids, test_set.sizes.pool_width) == ((), 8)

    @pytest.mark.fault("H3")
    @pytest.mark.parametrize("dtype", [">f2", "<f4", ">f8", "i2"])
    def test_number_types_are_converted(self, plain, arrays, joined, tmp_path, dtype):
        plain["test_out"] = np.round(arrays.y * 8).astype(dtype)
        plain["test_in"] = plain["test_in"].astype("f4")
        x, y, _ = joined(HDF5TestSet(write(tmp_path / "a.h5", **plain)))
        assert (x.dtype, y.dtype) == (np.uint8, np.float32)
        np.testing.assert_array_equal(y, np.round(arrays.y * 8))

    def test_texts_of_any_length(self, plain, tmp_path):
        path = tmp_path / "a.h5"
        del plain["target_ids"]
        write(path, **plain)
        with h5py.File(path, "a") as file:
            file.create_dataset("target_ids", data=["a", "Ж", "c"], dtype=h5py.string_dtype())
        assert HDF5TestSet(path).targets.ids == ("a", "Ж", "c")

    def test_open_test_set_tells_them_apart(self, hdf5, folder):
        assert isinstance(open_test_set(hdf5), HDF5TestSet)
        assert isinstance(open_test_set(folder, "valid", tracks=[0]), TFRecordTestSet)


class TestBroken:
    @pytest.mark.fault("H1")
    @pytest.mark.parametrize("content", [b"", b"<html>", b"\x89HDF"])
    def test_no_hdf5(self, tmp_path, content):
        path = tmp_path / "a.h5"
        path.write_bytes(content)
        with pytest.raises(FormatError, match=r"a\.h5 is no HDF5 file: it (is empty|begins)"):
            HDF5TestSet(path)

    @pytest.mark.fault("H1")
    def test_cut_files(self, hdf5):
        raw = hdf5.read_bytes()
        for size in (40, 96, 500, len(raw) // 2, len(raw) - 1):
            hdf5.write_bytes(raw[:size])
            with pytest.raises(FormatError, match=r"cannot be read: .*copy it again"):
                HDF5TestSet(hdf5)
        hdf5.write_bytes(raw)
        assert HDF5TestSet(hdf5).n_sequences == 7

    @pytest.mark.fault("H1")
    def test_flipped_bytes_are_refused_or_read(self, hdf5):
        raw = hdf5.read_bytes()
        draws = np.random.default_rng(5)
        for place in draws.integers(0, len(raw), 120):
            broken = bytearray(raw)
            broken[place] ^= int(draws.integers(1, 256))
            hdf5.write_bytes(broken)
            try:
                for batch in HDF5TestSet(hdf5, batch_size=4):
                    assert batch.x.shape[1] == 4
            except LocuscopeError:
                continue

    def test_missing(self, tmp_path):
        with pytest.raises(MissingFileError, match="no file"):
            HDF5TestSet(tmp_path / "a.h5")

    @pytest.mark.fault("H2")
    @pytest.mark.parametrize(
        ("name", "make", "refusal"),
        [
            ("test_out", None, (FormatError, "no dataset 'test_out'; it holds pool_width")),
            ("test_in", None, (UnknownNameError, "no split 'test'; it holds pool_width")),
            ("test_in", lambda v: v[0], (ShapeError, r"'test_in' .* shape \(64, 4\); expected 3")),
            ("test_in", lambda v: v.transpose(0, 2, 1), (ShapeError, "it looks transposed")),
            ("test_in", lambda v: v[:, :, :3], (ShapeError, r"\(7, 64, 3\); expected \(S, L, 4\)")),
            ("test_in", lambda v: v[:6], (ShapeError, r"'test_out' .* \(7,\) .*; \(6,\) fits")),
            ("test_out", lambda v: v[:, :7, :0], (ShapeError, "num_targets is 0")),
            ("test_out", lambda v: v.astype("S4"), (FormatError, r"holds \|S4, no numbers")),
            ("pool_width", lambda v: 9, (ShapeError, "8 bins of 9 and crops of -4|crop_bp is -4")),
            ("pool_width", lambda v: 7.5, (FormatError, "pool_width .* expected a number")),
            ("target_ids", lambda v: v[:2], (ShapeError, "'target_ids' .* has 2 rows; expected 3")),
            ("target_ids", lambda v: [1, 2, 3], (FormatError, "'target_ids' .* holds int64")),
            ("target_ids", lambda v: [b"\xff", b"b", b"c"], (FormatError, "no UTF-8 text")),
            ("test_na", lambda v: np.zeros((7, 9), bool), (ShapeError, r"'test_na' .* \(7, 9\)")),
        ],
    )
    def test_datasets_that_do_not_fit(self, plain, tmp_path, name, make, refusal):
        error, words = refusal
        made = None if make is None else make(plain.get(name))
        plain.pop(name, None)
        if made is not None:
            plain[name] = made
        with pytest.raises(error, match=words):
            HDF5TestSet(write(tmp_path / "a.h5", **plain))

    @pytest.mark.fault("H6")
    def test_objects(self, plain, tmp_path):
        path = write(tmp_path / "a.h5", **plain)
        with h5py.File(path, "a") as file:
            del file["target_ids"]
            file.create_dataset("target_ids", (3,), dtype=h5py.vlen_dtype(np.int32))
        with pytest.raises(FormatError, match=r"'target_ids' .* holds objects; texts"):
            HDF5TestSet(path)

    @pytest.mark.fault("N5")
    @pytest.mark.parametrize("value", [(1, 1, 0, 0), (0.5, 0.5, 0, 0), (np.nan, 0, 0, 0)])
    def test_bases_that_are_not_one_hot(self, plain, tmp_path, value):
        bases = plain["test_in"].astype("f4")
        bases[5, 9] = value
        plain["test_in"] = bases
        path = write(tmp_path / "a.h5", **plain)
        with pytest.raises(InputError, match=r"test_in of .* from row 4 on"):
            list(HDF5TestSet(path, batch_size=2))

    @pytest.mark.fault("H7")
    def test_open_elsewhere(self, hdf5, monkeypatch):
        def refuse(*args, **kwargs):
            raise BlockingIOError(11, "unable to lock file")

        monkeypatch.setattr(h5py, "File", refuse)
        with pytest.raises(LockedStoreError, match="close the other notebook"):
            HDF5TestSet(hdf5)

    def test_an_unknown_split(self, hdf5):
        with pytest.raises(UnknownNameError, match="no split 'tset'; it has test, valid") as caught:
            HDF5TestSet(hdf5, "tset")
        assert list(caught.value.closest) == ["test"]


class TestWriter:
    def test_refusals_leave_the_old_file(self, hdf5, arrays):
        before = hdf5.read_bytes()
        x, y, _ = arrays
        for error, words, given, options in (
            (OptionError, "'test' has no sequence", [], {}),
            (ShapeError, "target_strands has 2 texts", (x, y), {"target_strands": ["+", "-"]}),
            (ShapeError, "split 'valid' has", {"test": (x, y), "valid": (x, y[..., :1])}, {}),
            (StoreExistsError, "exists", (x, y), {"overwrite": False}),
        ):
            with pytest.raises(error, match=words):
                write_hdf5_testset(hdf5, given, **options)
        assert hdf5.read_bytes() == before
        assert len(list(hdf5.parent.iterdir())) == 1

    @pytest.mark.fault("J5")
    def test_targets(self, arrays, tmp_path):
        with pytest.raises(StoreTargetError, match="no folder"):
            write_hdf5_testset(tmp_path / "no" / "a.h5", arrays)
