"""Who writes: a process of a host, and whether it still runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Writer:
    """A process, told apart from a later one that got the same number.

    Args:
        host: name of the machine.
        pid: number of the process there.
        started: when it started, in the system's own words; None where it does not tell.
    """

    host: str
    pid: int
    started: str | None

    @property
    def is_here(self) -> bool:
        """It runs, or ran, on this machine."""
        return self.host == socket.gethostname()

    @property
    def is_gone(self) -> bool:
        """It ran on this machine and ended; False of what another machine may still run."""
        if not self.is_here:
            return False
        if not _is_running(self.pid):
            return True
        now = start_of(self.pid)
        return None not in (now, self.started) and now != self.started


def this_process() -> Writer:
    """The running process itself."""
    pid = os.getpid()
    if pid not in _KNOWN:  # a forked child has another number than the one that is remembered
        _KNOWN.clear()
        _KNOWN[pid] = Writer(socket.gethostname(), pid, start_of(pid))
    return _KNOWN[pid]


_KNOWN: dict[int, Writer] = {}


def start_of(pid: int) -> str | None:
    """When a process started, as a word that no later process of its number has; None unknown."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return f"{boot[:8]}-{fields[19]}"
    if sys.platform == "win32":
        return None
    asked = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return "-".join(done.stdout.split()) or None


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if sys.platform != "linux":
        return True
    try:  # a process that ended but was not asked for its result yet still has its number
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state not in ("Z", "X")


def _is_running_on_windows(pid: int) -> bool:
    # os.kill(pid, 0) would end the process there.
    if sys.platform != "win32":
        return True
    import ctypes

    still_active, may_ask = 259, 0x1000
    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(may_ask, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == still_active
