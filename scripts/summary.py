"""Sum the JUnit files of all stages into one closing line in pytest's form."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only reads files this run wrote
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


MOST_LINES = 25


@dataclass
class Counts:
    """Outcome of one stage."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skips: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Tests that were executed or skipped."""
        return self.passed + self.failed + self.errors + len(self.skips)


def read_junit(path: Path) -> Counts:
    """Count the test cases of one JUnit file; a missing or empty file is one error."""
    counts = Counts()
    if path.exists():
        for case in ET.parse(path).iter("testcase"):
            skipped = case.find("skipped")
            name = f"{case.get('classname', '')}::{case.get('name', '')}"
            failure, error = case.find("failure"), case.find("error")
            if failure is not None:
                counts.failed += 1
                counts.reports.append(report(name, failure))
            elif error is not None:
                counts.errors += 1
                counts.reports.append(report(name, error))
            elif skipped is not None:
                counts.skips.append(f"{name}: {skipped.get('message') or 'no reason given'}")
            else:
                counts.passed += 1
    if counts.total == 0:
        counts.errors = 1
    return counts


def report(name: str, found: ET.Element) -> str:
    """What a failed test said: its last lines, so that the end of a log is enough to start from."""
    text = (found.text or "").strip() or found.get("message") or "no message"
    return "\n".join([f"FAILED {name}", *text.splitlines()[-MOST_LINES:]])


def closing_line(stages: list[Counts], seconds: float) -> str:
    """Return the last line of a run, e.g. `===== 12 passed, 1 skipped in 3.20s =====`."""
    parts = [
        (sum(s.failed for s in stages), "failed"),
        (sum(s.passed for s in stages), "passed"),
        (sum(len(s.skips) for s in stages), "skipped"),
        (sum(s.errors for s in stages), "error"),
    ]
    text = ", ".join(f"{count} {word}" for count, word in parts if count)
    return f"===== {text or 'no tests ran'} in {seconds:.2f}s ====="
