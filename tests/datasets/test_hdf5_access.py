"""Opening HDF5 files of others: what is missing, of another kind, broken or held elsewhere."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.datasets.hdf5_access import check_bases, dataset, numbers_of, opened, texts_of
from locuscope.errors import (
    FormatError,
    LockedStoreError,
    MissingFileError,
    OptionError,
    ShapeError,
)


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "a.h5"
    with h5py.File(place, "w") as file:
        file["matrix"] = np.arange(6.0).reshape(2, 3)
        file["counts"] = np.array([3, 1], np.uint8)
        file["fixed"] = np.array([b"a", "Ж".encode()])
        file["latin"] = np.array([b"\xe9", b"b"])
        file.create_dataset("free", data=["a", "long text"], dtype=h5py.string_dtype())
        file.create_dataset("lists", (2,), dtype=h5py.vlen_dtype(np.int32))
        file.create_group("group")
    return place


def test_what_is_there(path):
    with opened(path) as file:
        np.testing.assert_array_equal(
            dataset(file, "matrix", path, ndim=2, kinds="f")[:], np.arange(6.0).reshape(2, 3)
        )
        counts = numbers_of(file, "counts", path, n_rows=2)
        assert (counts.tolist(), counts.dtype) == ([3, 1], np.int64)
        assert texts_of(file, "fixed", path, n_rows=2) == ("a", "Ж")
        assert texts_of(file, "free", path, n_rows=2) == ("a", "long text")
    assert not file  # closed


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda f, p: dataset(f, "no", p, ndim=1, kinds="f"), FormatError, "no dataset 'no'; it"),
        (lambda f, p: dataset(f, "group", p, ndim=1, kinds="f"), FormatError, "no dataset 'group'"),
        (lambda f, p: dataset(f, "matrix", p, ndim=3, kinds="f"), ShapeError, r"\(2, 3\); .* 3 ax"),
        (lambda f, p: dataset(f, "fixed", p, ndim=1, kinds="f"), FormatError, r"holds \|S2, no"),
        (lambda f, p: numbers_of(f, "counts", p, n_rows=3), ShapeError, "has 2 rows; expected 3"),
        (lambda f, p: numbers_of(f, "free", p, n_rows=2), FormatError, "'free' .* holds object"),
        (lambda f, p: texts_of(f, "fixed", p, n_rows=1), ShapeError, "has 2 rows; expected 1"),
        (lambda f, p: texts_of(f, "latin", p, n_rows=2), FormatError, "no UTF-8 text"),
        (lambda f, p: texts_of(f, "lists", p, n_rows=2), FormatError, "holds objects; texts"),
        (lambda f, p: texts_of(f, "counts", p, n_rows=2), FormatError, "'counts' .* holds uint8"),
    ],
)
def test_what_does_not_fit(path, call, error, words):
    with opened(path) as file, pytest.raises(error, match=words):
        call(file, path)


def test_axes_of_bases(path):
    check_bases(np.zeros((2, 64, 4)), "x", path)
    check_bases(np.zeros((0, 64, 4)), "x", path)
    with pytest.raises(ShapeError, match=r"\(2, 4, 64\); expected \(S, L, 4\); it looks transp"):
        check_bases(np.zeros((2, 4, 64)), "x", path)
    for shape in ((2, 64, 5), (2, 0, 4)):
        with pytest.raises(ShapeError, match=r"expected \(S, L, 4\)\.$"):
            check_bases(np.zeros(shape), "x", path)


@pytest.mark.fault("H1")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no HDF5 file: it is empty"),
        (b"<!DOCTYPE html>", "is no HDF5 file: it begins with b'<!DOCTYP'"),
        (b"\x89HDF\r\n\x1a\n", "cannot be read: .*; copy it again"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "cannot be read: .*; copy it again"),
    ],
)
def test_no_hdf5(tmp_path, content, words):
    place = tmp_path / "a.h5"
    place.write_bytes(content)
    with pytest.raises(FormatError, match=words), opened(place):
        pass


def test_no_file(tmp_path):
    for place in (tmp_path / "a.h5", tmp_path):
        with pytest.raises(MissingFileError), opened(place):
            pass


@pytest.mark.fault("H7")
@pytest.mark.parametrize(
    "refusal",
    [BlockingIOError(11, "busy"), OSError(11, "unable to lock file"), OSError(13, "lock refused")],
)
def test_held_elsewhere(path, monkeypatch, refusal):
    def refuse(*args, **kwargs):
        raise refusal

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(LockedStoreError, match="close the other notebook") as caught, opened(path):
        pass
    assert caught.value.path == path


def test_errors_of_our_own_pass_through(path):
    for error in (OptionError("no"), MissingFileError("no")):
        with pytest.raises(type(error)) as caught, opened(path):
            raise error
        assert caught.value is error


@pytest.mark.parametrize("error", [RuntimeError("wrong signature"), KeyError("heap"), OSError("x")])
def test_words_of_the_library_become_ours(path, error):
    with pytest.raises(FormatError, match="copy it again") as caught, opened(path):
        raise error
    assert caught.value.__cause__ is error
