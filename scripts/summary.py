"""Sum the JUnit files of all stages into one closing line in pytest's form."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # only reads files this run wrote
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Counts:
    """Outcome of one stage."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skips: list[str] = field(default_factory=list)

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
            if case.find("failure") is not None:
                counts.failed += 1
            elif case.find("error") is not None:
                counts.errors += 1
            elif skipped is not None:
                name = f"{case.get('classname', '')}::{case.get('name', '')}"
                counts.skips.append(f"{name}: {skipped.get('message') or 'no reason given'}")
            else:
                counts.passed += 1
    if counts.total == 0:
        counts.errors = 1
    return counts


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
