"""Two names swapped in one step, or nothing done."""

from __future__ import annotations

import sys

import pytest

from locuscope.store import exchange as module
from locuscope.store.exchange import exchange


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="the system cannot")
def test_files_and_folders_are_swapped(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").touch()
    (tmp_path / "b").write_text("b")
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot swap names")
    assert (tmp_path / "a").read_text() == "b"
    assert (tmp_path / "b" / "x").exists()


def test_a_missing_name_changes_nothing(tmp_path):
    (tmp_path / "a").touch()
    assert not exchange(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("platform", ["win32", "linux"])
def test_a_system_that_cannot(tmp_path, monkeypatch, platform):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(module, "_libc", lambda: object())
    assert not exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").read_text() == "a"
