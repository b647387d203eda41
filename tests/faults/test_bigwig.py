"""Broken, odd and changing bigWig files."""

from __future__ import annotations

import os
import pickle
import shutil

import numpy as np
import pybigtools
import pytest

from locuscope.errors import (
    CorruptStoreError,
    DataWarning,
    FormatError,
    InputChangedError,
    InputError,
    MissingFileError,
)
from locuscope.genome import bigwig_writer
from locuscope.genome.bigwig import BigWig
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval

WHOLE = Interval("1", 0, 100_000)


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A file of 20,000 runs, large enough to have several blocks and zoom levels."""
    starts = np.arange(20_000) * 5
    values = np.random.default_rng(0).normal(size=20_000)
    path = tmp_path_factory.mktemp("big") / "big.bw"
    return write_bigwig(path, [("1", starts, starts + 4, values)], {"1": 100_000})


@pytest.mark.fault("W2")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"chr1\t0\t5\t1.0\n", "is no bigWig file: it starts with b'chr1'"),
        (b"\x26\xfc", "is no bigWig"),
        (b"\x26\xfc\x8f\x88" + b"\x00" * 20, "ends early"),
        (b"\xeb\xf2\x89\x87" + b"\x00" * 80, "is a bigBed file"),
        (b"\x87\x89\xf2\xeb" + b"\x00" * 80, "is a bigBed file"),
        (b"\x1f\x8b" + b"\x00" * 80, "is no bigWig"),
    ],
)
def test_other_files(tmp_path, content, words):
    path = tmp_path / "x.bw"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=words) as caught:
        BigWig(path)
    assert caught.value.path == path


@pytest.mark.fault("W2")
@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.6, 0.9])
def test_truncated_files(tmp_path, big, share):
    path = tmp_path / "x.bw"
    content = big.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FormatError, match="ends early") as caught:
        BigWig(path)
    assert caught.value.path == path
    shutil.copy(big, path)
    assert np.isfinite(BigWig(path).value(WHOLE))


@pytest.mark.fault("W2")
@pytest.mark.parametrize("place", [1_500, 9_000, 30_000])
def test_a_flipped_block_is_no_panic(tmp_path, big, place):
    path = tmp_path / "x.bw"
    content = bytearray(big.read_bytes())
    content[place : place + 40] = bytes(255 - byte for byte in content[place : place + 40])
    path.write_bytes(content)
    with pytest.raises(FormatError, match="the file is damaged") as caught:
        BigWig(path).values(WHOLE)
    assert caught.value.path == path
    assert "1:1-100,000" in str(caught.value)


def test_missing_files_and_folders(tmp_path, big):
    shutil.copy(big, tmp_path / "dnase.bw")
    with pytest.raises(MissingFileError, match=r"in that folder: dnase\.bw"):
        BigWig(tmp_path / "dnas.bw")
    with pytest.raises(InputError, match="is a folder"):
        BigWig(tmp_path)


@pytest.mark.fault("W4")
@pytest.mark.parametrize("gap", [float("nan"), 0.0])
def test_stored_nan_and_inf_are_kept_and_counted(tmp_path, gap):
    path = tmp_path / "x.bw"
    rows = [("1", 0, 5, -1.5), ("1", 5, 8, float("nan")), ("1", 10, 11, float("inf"))]
    pybigtools.open(str(path), "w").write({"1": 20}, iter(rows))
    track = BigWig(path, gap=gap)
    assert track.summary()["n_nonfinite"] is None
    with pytest.warns(DataWarning, match="stores 4 bases that are NaN or Inf") as told:
        found = track.values(Interval("1", 0, 12))
    assert len(told) == 1
    expected = [-1.5] * 5 + [np.nan] * 3 + [gap] * 2 + [np.inf, gap]
    assert np.array_equal(found, expected, equal_nan=True)
    assert track.summary()["n_nonfinite"] == 4
    assert track.value(Interval("1", 0, 8), "mean") == -1.5
    assert track.value(Interval("1", 0, 8), "min") == -1.5
    assert track.value(Interval("1", 8, 12), "max") == np.inf
    assert track.value(Interval("1", 0, 8), "coverage") == 5 / 8
    starts, _, values = track.intervals(None, "1", 0, 20)
    assert starts.tolist() == [0, 5, 10]
    assert np.isnan(values[1])


def test_a_file_that_changes_after_it_was_opened(tmp_path, big):
    path = tmp_path / "x.bw"
    shutil.copy(big, path)
    track = BigWig(path)
    track.values(Interval("1", 0, 5))
    sent = pickle.dumps(track)
    os.utime(path, (5, 5))
    with pytest.raises(InputChangedError, match="mtime_ns"):
        track.values(Interval("1", 0, 5))
    with pytest.raises(InputChangedError):
        pickle.loads(sent).values(Interval("1", 0, 5))  # noqa: S301
    assert BigWig(path).values(Interval("1", 0, 5)).size == 5


def test_what_does_not_read_back_is_not_published(tmp_path, monkeypatch):
    rows = bigwig_writer._rows
    monkeypatch.setattr(bigwig_writer, "_rows", lambda runs: list(rows(runs))[:-1])
    with pytest.raises(CorruptStoreError, match="does not read back"):
        write_bigwig(tmp_path / "x.bw", [("1", [0, 5], [1, 6], [1, 2])], {"1": 10})
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert write_bigwig(tmp_path / "x.bw", [("1", [0], [1], [1])], {"1": 10}).exists()
