"""How busy the machine is with the work of others: wall times need an idle one."""

from __future__ import annotations

import os
import time
from pathlib import Path

STAT = Path("/proc/stat")


def share_of_others(seconds: float = 1.0) -> float:
    """Share of all cores that others use while this process sleeps.

    Where the system does not tell ticks, the load of the last minute counts instead.
    """
    if not STAT.exists():
        return min(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)) if os.name != "nt" else 0.0
    before = _ticks()
    time.sleep(seconds)
    idle, total = (after - was for after, was in zip(_ticks(), before, strict=True))
    return 1 - idle / total if total else 0.0


def _ticks() -> tuple[int, int]:
    """Idle and all ticks of the machine."""
    numbers = [int(n) for n in STAT.read_text(encoding="ascii").splitlines()[0].split()[1:]]
    return numbers[3] + numbers[4], sum(numbers[:8])
