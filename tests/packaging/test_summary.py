"""The closing line adds up, and a stage that says nothing counts as an error."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def summary() -> ModuleType:
    spec = importlib.util.spec_from_file_location("summary", ROOT / "scripts" / "summary.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["summary"] = module
    spec.loader.exec_module(module)
    return module


CASES = """<testsuites><testsuite>
<testcase classname="a" name="ok"/>
<testcase classname="a" name="bad"><failure message="x"/></testcase>
<testcase classname="a" name="died"><error message="x"/></testcase>
<testcase classname="a" name="gpu"><skipped message="no GPU here"/></testcase>
</testsuite></testsuites>"""


def test_counts_of_each_kind(summary: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text(CASES)
    counts = summary.read_junit(path)
    assert (counts.passed, counts.failed, counts.errors) == (1, 1, 1)
    assert counts.skips == ["a::gpu: no GPU here"]
    assert counts.reports == ["FAILED a::bad\nx", "FAILED a::died\nx"]
    line = summary.closing_line([counts, counts], 3.2)
    assert line == "===== 2 failed, 2 passed, 2 skipped, 2 error in 3.20s ====="


@pytest.mark.parametrize("text", [None, "<testsuites/>"])
def test_silence_is_an_error(summary: ModuleType, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "x.xml"
    if text is not None:
        path.write_text(text)
    assert summary.read_junit(path).errors == 1


def test_all_passed(summary: ModuleType) -> None:
    assert (
        summary.closing_line([summary.Counts(passed=12)], 1.0) == "===== 12 passed in 1.00s ====="
    )
