"""Temporaries of dead processes go, those of running ones and of other machines stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locuscope.store import leftovers, processes
from locuscope.store.leftovers import remove_leftovers, temporary_beside


@pytest.fixture
def as_writer(monkeypatch):
    """Make names as another process would."""

    def make(target, **changes):
        me = processes.this_process()
        with monkeypatch.context() as patch:
            patch.setattr(leftovers, "this_process", lambda: replace(me, **changes))
            return temporary_beside(target)

    return make


def test_names_lie_beside_the_target_and_are_new(tmp_path):
    first, second = (temporary_beside(tmp_path / "a.vcf.gz") for _ in range(2))
    assert first != second
    assert first.parent == tmp_path
    assert first.suffix == ".gz"
    assert len(temporary_beside(tmp_path / ("x" * 250)).name) < 60
    assert temporary_beside(tmp_path / ("x." + "y" * 40)).suffix == ""


def test_only_what_dead_processes_left_goes(tmp_path, as_writer):
    target = tmp_path / "a.txt"
    mine = temporary_beside(target)
    dead = as_writer(target, pid=2**22 + 1)
    earlier = as_writer(target, started="before the last start of the machine")
    elsewhere = as_writer(target, host="elsewhere")
    for path in (mine, dead, elsewhere, tmp_path / ".lsc-notes"):
        path.touch()
    earlier.mkdir()
    (earlier / "part").touch()
    assert remove_leftovers(tmp_path) == sorted([dead.name, earlier.name])
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, elsewhere.name, ".lsc-notes"}


def test_a_writer_of_another_machine_that_is_known_to_have_ended(tmp_path, as_writer):
    writer = replace(processes.this_process(), host="elsewhere", pid=7)
    theirs = as_writer(tmp_path / "a", host="elsewhere", pid=7)
    other = as_writer(tmp_path / "a", host="elsewhere", pid=8)
    theirs.touch()
    other.touch()
    assert remove_leftovers(tmp_path, writer) == [theirs.name]


def test_a_link_to_a_folder_is_removed_and_not_followed(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").touch()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    leftovers.remove(tmp_path / "link")
    leftovers.remove(tmp_path / "never there")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data" / "x").exists()
