"""Where a job may work, what is refused before any work, and how a folder of parts opens."""

from __future__ import annotations

import errno
import os

import pytest

from locuscope.errors import (
    CorruptStoreError,
    OptionError,
    StoreError,
    StoreTargetError,
)
from locuscope.store import finished_parts
from locuscope.store.job_places import Places, beside
from tests.store.toy_job import listing, squares


def test_folders_and_files_are_told_apart_by_their_name(tmp_path):
    def of(name, **options):
        return Places.of(tmp_path / name, (), is_folder=None, suffix=".txt", **options)

    assert of("people").is_folder
    assert of("people").work == tmp_path / "people"
    assert not of("a.vcf.gz").is_folder
    assert of("a.vcf.gz").work == tmp_path / "a.vcf.gz.job"
    assert of("a.vcf.gz").files == (tmp_path / "a.vcf.gz",)
    (tmp_path / "people.scores").mkdir()
    assert of("people.scores").is_folder


def test_a_path_that_is_named_twice(tmp_path):
    target = tmp_path / "a.txt"
    with pytest.raises(OptionError, match=r"a\.txt twice"):
        Places.of(target, (tmp_path / "b.txt", target), is_folder=False, suffix=".txt")


@pytest.mark.fault("J5")
def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.tex").touch()
    before = listing(tmp_path)
    computed = []
    for name, is_folder, words in (
        ("no/a.txt", False, "there is no folder"),
        ("no/a", True, "there is no folder"),
        ("file/a.txt", False, "there is no folder"),
        ("file", True, "it is a file"),
        ("folder.txt", False, "it is a folder"),
        ("n" * 300, True, "too long"),
        ("n" * 300, False, "too long"),
        ("n" * 253, False, "too long"),
        ("notes", True, r"not of a job \(thesis.tex\)"),
    ):
        for restart in (False, True):
            with pytest.raises(StoreTargetError, match=f"(?i){words}"):
                squares(tmp_path / name, is_folder=is_folder, restart=restart, computed=computed)
    assert computed == []
    assert listing(tmp_path) == before


@pytest.mark.fault("J5")
def test_a_folder_of_a_job_with_somebodys_notes_is_not_replaced(tmp_path):
    squares(tmp_path / "a", is_folder=True)
    (tmp_path / "a" / "notes.txt").touch()
    assert squares(tmp_path / "a", is_folder=True)[0] == "finished"
    with pytest.raises(StoreTargetError, match=r"notes\.txt"):
        squares(tmp_path / "a", is_folder=True, restart=True)
    (tmp_path / "a" / "notes.txt").unlink()
    (tmp_path / "a" / ".ipynb_checkpoints").mkdir()
    assert squares(tmp_path / "a", is_folder=True, restart=True)[0] == "new"


@pytest.mark.fault("J5")
def test_what_the_system_says_about_the_folder(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(path))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(StoreTargetError, match="Read-only file system") as caught:
        squares(tmp_path / "a", is_folder=True)
    assert caught.value.errno == errno.EROFS


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    assert squares(tmp_path / "a", is_folder=True)[0] == "new"


def test_a_folder_beside_that_something_else_left(tmp_path):
    beside(tmp_path / "a.txt").write_text("a file of that name")
    with pytest.raises(StoreTargetError):
        squares(tmp_path / "a.txt")
    beside(tmp_path / "b").mkdir()
    (beside(tmp_path / "b") / "manifest.json").write_text("{")
    assert squares(tmp_path / "b", is_folder=True)[0] == "new"


def test_opening_a_folder_says_what_is_missing(tmp_path):
    with pytest.raises(StoreError, match=r"no folder of a job \(no manifest.json\)"):
        finished_parts(tmp_path)
    folder = tmp_path / "a"
    squares(folder, is_folder=True)
    assert [path.name for path in finished_parts(folder)] == [f"0000{i}.txt" for i in range(3)]
    (folder / "parts" / "00001.txt").unlink()
    with pytest.raises(CorruptStoreError, match=r"parts/00001\.txt is missing"):
        finished_parts(folder)
    (folder / "summary.json").unlink()
    with pytest.raises(StoreError, match="unfinished, 3 of 3 parts; run the same call again"):
        finished_parts(folder)
