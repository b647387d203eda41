"""`locuscope check` prints one line per check and its exit code says whether all passed."""

from __future__ import annotations

import pandas as pd
import pytest

from locuscope import cli, demo


@pytest.fixture
def rows(monkeypatch):
    def install(*rows):
        table = pd.DataFrame(rows, columns=["check", "ok", "found", "expected"])
        monkeypatch.setattr(demo, "check", lambda: table)

    return install


def test_all_well(rows, capsys):
    rows(("file a", True, "12", "12"), ("genome", True, "x", "x"))
    assert cli.main(["check"]) == 0
    out = capsys.readouterr().out
    assert "2 checks, 0 failed." in out
    assert "expected" not in out


def test_a_failed_row_shows_what_was_expected(rows, capsys):
    rows(("file a", False, "12", "13"), ("genome", True, "x", "x"))
    assert cli.main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["FAILED", "file", "a", "12", "expected:", "13"]
    assert lines[-1] == "2 checks, 1 failed."


@pytest.mark.timeout(300)
def test_this_installation_is_whole(capsys):
    code = cli.main(["check"])
    assert code == 0, capsys.readouterr().out
