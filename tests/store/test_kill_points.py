"""Every change to the files may be the last one: whole or not at all, and the same call ends it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest

from locuscope.errors import StoreError
from locuscope.store import finished_parts, processes, publishing
from tests.store.dying_store import Killed, change, changes_below
from tests.store.toy_job import expected, listing, squares

pytestmark = pytest.mark.fault("J2")

OLD, NEW = 6, 10


@pytest.fixture(autouse=True)
def _counted_steps(monkeypatch):
    """Count what the audit hook does not see; leave the disk alone."""
    exchange = publishing.exchange

    def counted(first, second):
        change()
        return exchange(first, second)

    monkeypatch.setattr(os, "fsync", change)
    monkeypatch.setattr(publishing, "exchange", counted)


def file_job(root, n_rows=NEW, **options):
    return squares(root / "a.txt", n_rows, also=(root / "b.txt",), step=change, **options)


def folder_job(root, n_rows=NEW, **options):
    return squares(root / "a", n_rows, is_folder=True, step=change, **options)


def folder_and_file_job(root, n_rows=NEW, **options):
    return squares(
        root / "a", n_rows, is_folder=True, also=(root / "b.txt",), step=change, **options
    )


@contextmanager
def in_a_process_that_dies(root, *, at):
    """What is done here is done by an earlier process of this number."""
    me = processes.this_process()
    processes._KNOWN[me.pid] = replace(me, started="earlier")
    try:
        with changes_below(root, dies_at=at), pytest.raises(Killed):
            yield
    finally:
        processes._KNOWN[me.pid] = me


def texts(root):
    """What stands under the final names; None where nothing is, "unfinished" of a folder."""
    found = {}
    for name in ("a.txt", "b.txt"):
        path = root / name
        found[name] = path.read_text() if path.exists() else None
    try:
        found["a"] = "".join(part.read_text() for part in finished_parts(root / "a"))
    except StoreError:
        found["a"] = "unfinished" if (root / "a").exists() else None
    return found


def n_changes_of(job, start, tmp_path, **options):
    shutil.copytree(start, tmp_path / "whole")
    with changes_below(tmp_path / "whole") as counter:
        job(tmp_path / "whole", **options)
    return counter.n_changes, listing(tmp_path / "whole")


def kill_everywhere(job, start, tmp_path, allowed, **options):
    n_changes, names = n_changes_of(job, start, tmp_path, **options)
    assert n_changes > 30
    for n in range(1, n_changes + 1):
        root = tmp_path / f"killed at {n}"
        shutil.copytree(start, root)
        computed = []
        with in_a_process_that_dies(root, at=n):
            job(root, computed=computed, **options)
        left = texts(root)
        for name, text in left.items():
            assert text in allowed[name], (n, name, text)
        _, again, _ = job(root, **options)
        assert len(set(computed) & set(again)) <= 1 or options.get("restart"), (n, computed, again)
        assert texts(root) == texts(tmp_path / "whole"), n
        assert [name for name in listing(root) if "log.jsonl" not in name] == [
            name for name in names if "log.jsonl" not in name
        ], n
        shutil.rmtree(root)


def test_a_job_for_files(tmp_path):
    (tmp_path / "start").mkdir()
    allowed = {"a.txt": (None, expected(NEW)), "b.txt": (None, expected(NEW)), "a": (None,)}
    kill_everywhere(file_job, tmp_path / "start", tmp_path, allowed)


def test_a_job_for_a_folder(tmp_path):
    (tmp_path / "start").mkdir()
    allowed = {"a.txt": (None,), "b.txt": (None,), "a": (None, "unfinished", expected(NEW))}
    kill_everywhere(folder_job, tmp_path / "start", tmp_path, allowed)


def test_a_job_for_a_folder_and_a_file(tmp_path):
    (tmp_path / "start").mkdir()
    allowed = {
        "a.txt": (None,),
        "b.txt": (None, expected(NEW)),
        "a": (None, "unfinished", expected(NEW)),
    }
    kill_everywhere(folder_and_file_job, tmp_path / "start", tmp_path, allowed)


def test_files_that_are_made_anew_keep_the_old_ones_until_then(tmp_path):
    (tmp_path / "start").mkdir()
    file_job(tmp_path / "start", OLD)
    both = (expected(OLD), expected(NEW))
    allowed = {"a.txt": both, "b.txt": both, "a": (None,)}
    kill_everywhere(file_job, tmp_path / "start", tmp_path, allowed, restart=True)


def test_a_folder_that_is_made_anew_keeps_the_old_one_until_then(tmp_path):
    (tmp_path / "start").mkdir()
    folder_job(tmp_path / "start", OLD)
    allowed = {"a.txt": (None,), "b.txt": (None,), "a": (expected(OLD), expected(NEW))}
    kill_everywhere(folder_job, tmp_path / "start", tmp_path, allowed, restart=True)


def test_an_interrupted_restart_is_taken_up_without_the_word(tmp_path):
    folder_job(tmp_path, OLD)
    with in_a_process_that_dies(tmp_path, at=60):
        folder_job(tmp_path, NEW, restart=True)
    assert texts(tmp_path)["a"] == expected(OLD)
    state, again, _ = folder_job(tmp_path, NEW)
    assert (state, len(again) < 3) == ("resumed", True)
    assert texts(tmp_path)["a"] == expected(NEW)
    assert not (tmp_path / "a.job").exists()
