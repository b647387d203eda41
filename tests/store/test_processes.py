"""Who writes: told apart by host, number and start."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from locuscope.store import processes
from locuscope.store.processes import Writer, start_of, this_process


@pytest.fixture
def child():
    """A process that waits for its input to end."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_this_process_runs():
    me = this_process()
    assert (me.pid, me.is_here, me.is_gone) == (os.getpid(), True, False)
    assert me.started == start_of(os.getpid())
    assert this_process() is me


def test_a_forked_child_is_another_process(monkeypatch):
    before = this_process()
    monkeypatch.setattr(os, "getpid", lambda: before.pid + 1)
    assert this_process().pid == before.pid + 1
    monkeypatch.undo()
    assert this_process() == before


def test_a_child_is_there_until_it_is_killed(child):
    writer = Writer(this_process().host, child.pid, start_of(child.pid))
    assert not writer.is_gone
    child.kill()
    if sys.platform == "linux":  # it still has its number: nobody asked for its result yet
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert writer.is_gone
    child.wait()
    assert writer.is_gone


def test_a_later_process_of_the_same_number_is_another(child):
    writer = Writer(this_process().host, child.pid, "some other time")
    assert writer.is_gone == (start_of(child.pid) is not None)
    assert not replace(writer, started=None).is_gone


def test_processes_of_other_machines_may_run():
    writer = Writer("elsewhere", 2**22 + 1, "then")
    assert (writer.is_here, writer.is_gone) == (False, False)


def test_a_number_that_nobody_has():
    assert Writer(this_process().host, 2**22 + 1, None).is_gone
    assert start_of(2**22 + 1) is None


def test_a_process_of_somebody_else_runs(monkeypatch):
    def refuse(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not Writer(this_process().host, 1, None).is_gone


def test_starts_as_ps_tells_them(monkeypatch):
    monkeypatch.setattr(processes.sys, "platform", "darwin")
    monkeypatch.setattr(
        processes.subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], 0, "Fri Nov 20 10:00:00 2026\n", ""),
    )
    assert start_of(1) == "Fri-Nov-20-10:00:00-2026"
    monkeypatch.setattr(
        processes.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", "")
    )
    assert start_of(1) is None
