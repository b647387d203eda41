"""HDF5 files on a disk that fills up: an error at every moment, never a crash."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from locuscope.store import Hdf5Output
from locuscope.store import hdf5_output as rules

ROOT = Path(__file__).resolve().parents[2]


def fill(file, n=20):
    file.attrs["format"] = "toy"
    for k in range(n):
        group = file.create_group(f"g{k}")
        texts = [f"text {k} {i}" * 9 for i in range(40)]
        group.create_dataset("texts", data=texts, dtype=h5py.string_dtype())
        data = np.random.default_rng(k).normal(size=(300, 4)).astype("f4")
        grown = group.create_dataset(
            "x", shape=(0, 4), maxshape=(None, 4), chunks=(64, 4), dtype="f4", compression="gzip"
        )
        for first in range(0, 300, 50):
            grown.resize(first + 50, axis=0)
            grown[first:] = data[first : first + 50]


def test_equal_content_gives_equal_bytes_that_the_library_reads(tmp_path):
    for name in ("a.h5", "b.h5"):
        with Hdf5Output(tmp_path / name) as output:
            fill(output.file)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with (
        h5py.File(tmp_path / "a.h5", "r") as found,
        h5py.File("expected", "w", driver="core", backing_store=False) as expected,
    ):
        fill(expected)
        assert list(found) == list(expected)
        for name in ("g0", "g19"):
            np.testing.assert_array_equal(found[name]["x"], expected[name]["x"])
            assert found[name]["texts"][:].tolist() == expected[name]["texts"][:].tolist()


class FullError(OSError):
    pass


@pytest.mark.fault("J4")
@pytest.mark.parametrize("room", range(0, 200_000, 9_973))
def test_no_space_is_told_as_what_it_is(tmp_path, monkeypatch, room):
    write = rules._Sink.write

    class Disk:
        """The raw file, on a disk with some room."""

        def __init__(self, raw):
            self.raw = raw
            self.used = 0

        def __getattr__(self, name):
            return getattr(self.raw, name)

        def write(self, data):
            self.used += len(data)
            if self.used > room:
                raise FullError(errno.ENOSPC, "no space left on device")
            return self.raw.write(data[:100])  # the system may take less than it is given

    def first(sink, data):
        if not isinstance(sink._raw, Disk):
            sink._raw = Disk(sink._raw)
        return write(sink, data)

    monkeypatch.setattr(rules._Sink, "write", first)
    with pytest.raises(FullError):
        write_rounds(tmp_path / "a.h5")


def write_rounds(path):
    with Hdf5Output(path) as output:
        for k in range(4):
            fill(output.file.create_group(f"round{k}"), 3)
            output.check()


@pytest.mark.fault("J4")
@pytest.mark.skipif(os.name == "nt", reason="no such limit there")
def test_a_limit_of_the_system_ends_no_process(tmp_path):
    """The library alone ends by a signal at some of these limits."""
    code = f"""
import resource, signal
from pathlib import Path
from locuscope.store import Hdf5Output
from tests.store.test_hdf5_output import fill
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for limit in range(100, 40_000, 1_777):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        with Hdf5Output(Path({str(tmp_path / "a.h5")!r})) as output:
            fill(output.file, 3)
    except OSError as error:
        assert error.errno == 27, error
    else:
        raise SystemExit(f"{{limit}} bytes were enough")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (signal.strsignal(-done.returncode), done.stderr[-500:])
    assert done.stderr == ""


def test_an_error_of_the_caller_stays_what_it_is(tmp_path):
    with pytest.raises(KeyError, match="mine"), Hdf5Output(tmp_path / "a.h5") as output:
        raise KeyError("mine")
    assert not output.file
    output.drop()
    with pytest.raises(FileNotFoundError):
        Hdf5Output(tmp_path / "none" / "a.h5")
