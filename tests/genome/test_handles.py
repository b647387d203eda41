"""One handle per process and thread: forks, spawned workers, threads, descriptors."""

from __future__ import annotations

import multiprocessing
import os
import threading
import warnings

import pytest

from locuscope.errors import InputChangedError, InputError, MissingFileError, WrongTypeError
from locuscope.genome.handles import Handles, check_unchanged, file_path, stamp
from locuscope.genome.reference import Genome
from tests.genome.fasta_files import TOY, bgzip, fasta


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.fa"
    path.write_bytes(fasta(TOY))
    return path


@pytest.fixture(params=["plain", "bgzip"])
def genome(request, tmp_path):
    path = tmp_path / ("x.fa" if request.param == "plain" else "x.fa.gz")
    path.write_bytes(fasta(TOY) if request.param == "plain" else bgzip(fasta(TOY)))
    return Genome(path)


class Handle:
    opened = 0

    def __init__(self):
        type(self).opened += 1
        self.is_open = True

    def close(self):
        self.is_open = False


def test_a_handle_is_kept_and_reopened_after_close():
    handles = Handles(Handle)
    first = handles.get()
    assert handles.get() is first
    handles.close()
    handles.close()
    assert not first.is_open
    second = handles.get()
    assert second is not first
    assert second.is_open


def test_each_thread_has_its_own():
    handles, seen = Handles(Handle), []
    mine = handles.get()
    thread = threading.Thread(target=lambda: seen.append(handles.get()))
    thread.start()
    thread.join()
    assert seen[0] is not mine


def test_paths_and_stamps(tmp_path, toy):
    assert file_path(str(toy)) == toy
    for bad in (None, 3, b"x"):
        with pytest.raises(WrongTypeError, match="path of a file"):
            file_path(bad)
    before = stamp(toy)
    check_unchanged(toy, before)
    toy.write_bytes(b"shorter")
    with pytest.raises(InputChangedError, match=f"size was {before[0]}, is 7") as caught:
        check_unchanged(toy, before)
    assert (caught.value.field, caught.value.before, caught.value.after) == ("size", before[0], 7)
    with pytest.raises(InputError, match="is a folder"):
        stamp(tmp_path)
    with pytest.raises(MissingFileError):
        stamp(tmp_path / "none")


def _read_in_a_child(genome):
    return genome.fetch("chr1", 100, 400)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes(toy, method):
    genome = Genome(toy)
    expected = _read_in_a_child(genome)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads, newer Pythons
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.map(_read_in_a_child, [genome] * 3) == [expected] * 3
    assert _read_in_a_child(genome) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_does_not_share_the_handle(toy):
    genome = Genome(toy)
    expected = genome.fetch("chr1", 0, 500)
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        same = all(genome.fetch("chr1", 0, 500) == expected for _ in range(50))
        os.write(write, b"1" if same else b"0")
        os._exit(0)
    assert all(genome.fetch("chr1", 0, 500) == expected for _ in range(50))
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"1"
    os.close(read)
    os.close(write)


def test_threads(genome):
    expected = {i: TOY["chr1"][i : i + 100].upper() for i in range(0, 400, 7)}
    wrong = []

    def work():
        for _ in range(5):
            wrong.extend(
                i for i, text in expected.items() if genome.fetch("chr1", i, i + 100) != text
            )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")  # noqa: PTH112
def test_descriptors_stay_flat(genome):
    genome.fetch("chr1", 0, 5)
    genome.close()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(1000):
        genome.fetch("chr1", 0, 5)
        genome.close()
        genome.close()
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208
    assert genome.fetch("chr1", 0, 5) == TOY["chr1"][:5].upper()
