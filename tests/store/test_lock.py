"""One writer per folder: the second is refused, a dead one makes way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from locuscope.errors import LockedStoreError, StoreTargetError
from locuscope.store import lock as module
from locuscope.store.lock import STALE_S, Lock
from locuscope.store.processes import this_process

pytestmark = pytest.mark.fault("J8")


def left_by(path, *, age_s=0.0, **changes):
    """A lock file that another process left."""
    me = this_process()
    content = {"host": me.host, "pid": me.pid, "since": "then", "started": me.started, "token": "x"}
    path.write_text(json.dumps({**content, **changes}))
    then = time.time() - age_s
    os.utime(path, (then, then))


def test_a_lock_says_who_holds_it_and_goes_when_released(tmp_path):
    path = tmp_path / "lock"
    with Lock(path) as lock:
        content = json.loads(path.read_text())
        assert (content["pid"], content["host"]) == (os.getpid(), this_process().host)
        assert lock.previous is None
        lock.require()
    assert list(tmp_path.iterdir()) == []


def test_a_second_lock_of_this_process_is_refused(tmp_path):
    with Lock(tmp_path / "lock"):
        with pytest.raises(LockedStoreError, match="being written by this process") as caught:
            Lock(tmp_path / "lock")
        assert caught.value.pid == os.getpid()
        assert isinstance(caught.value, BlockingIOError)
    with Lock(tmp_path / "lock"):
        assert [entry.name for entry in tmp_path.iterdir()] == ["lock"]


def test_another_process_keeps_it_until_it_ends(tmp_path):
    code = (
        "import sys; from pathlib import Path; from locuscope.store import Lock;"
        f"lock = Lock(Path({str(tmp_path / 'lock')!r})); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        with pytest.raises(LockedStoreError, match=f"process {child.pid} since") as caught:
            Lock(tmp_path / "lock")
        assert (caught.value.pid, caught.value.host) == (child.pid, this_process().host)
        child.kill()
        child.wait()
    with Lock(tmp_path / "lock") as lock:
        assert lock.previous.pid == child.pid


@pytest.mark.parametrize(
    "changes", [{"pid": 2**22 + 1}, {"started": "another time"}], ids=["ended", "other start"]
)
def test_a_dead_holder_on_this_machine_makes_way_at_once(tmp_path, changes):
    left_by(tmp_path / "lock", **changes)
    with Lock(tmp_path / "lock") as lock:
        assert lock.previous is not None
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_a_lock_that_this_process_forgot_makes_way(tmp_path):
    left_by(tmp_path / "lock")
    with Lock(tmp_path / "lock") as lock:
        assert lock.previous == this_process()


def test_another_machine_keeps_it_while_it_shows_life(tmp_path):
    path = tmp_path / "lock"
    left_by(path, host="elsewhere", pid=7, age_s=STALE_S - 20)
    with pytest.raises(LockedStoreError, match="process 7 on elsewhere") as caught:
        Lock(path)
    assert (caught.value.pid, caught.value.host, caught.value.since) == (7, "elsewhere", "then")
    assert "120 s after its last sign of life" in caught.value.hint
    left_by(path, host="elsewhere", pid=7, age_s=STALE_S + 1)
    with Lock(path) as lock:
        assert lock.previous.host == "elsewhere"
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_went_back_does_not_make_a_lock_old(tmp_path):
    left_by(tmp_path / "lock", host="elsewhere", age_s=-86_400)
    with pytest.raises(LockedStoreError):
        Lock(tmp_path / "lock")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}'])
def test_a_lock_without_content_is_somebodys_until_it_is_old(tmp_path, text):
    path = tmp_path / "lock"
    path.write_text(text)
    with pytest.raises(LockedStoreError, match="unknown process") as caught:
        Lock(path)
    assert "remove" in caught.value.hint
    os.utime(path, (1, 1))
    with Lock(path):
        pass


def test_a_lost_lock_stops_its_holder(tmp_path):
    path = tmp_path / "lock"
    with Lock(path) as lock:
        left_by(path, host="elsewhere", pid=7)
        with pytest.raises(LockedStoreError, match="process 7 on elsewhere"):
            lock.require()
        path.unlink()
        with pytest.raises(LockedStoreError, match="was removed"):
            lock.require()
        left_by(path, host="elsewhere", pid=7)
    assert json.loads(path.read_text())["pid"] == 7


def test_the_heart_beats(tmp_path, monkeypatch):
    beats = []
    is_beating = threading.Event()

    def touch(path):
        beats.append(path)
        is_beating.set()

    monkeypatch.setattr(module, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(os, "utime", touch)
    with Lock(tmp_path / "lock"):
        assert is_beating.wait(5)
    assert set(beats) == {tmp_path / "lock"}


def test_who_is_slower_gives_the_new_lock_back(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    left_by(path, pid=2**22 + 1)
    read = module._read

    def read_slowly(place):
        found = read(place)
        if found[0] is not None and found[0].pid == 2**22 + 1:
            left_by(path, host="elsewhere", pid=7)  # another one took it over meanwhile
        return found

    monkeypatch.setattr(module, "_read", read_slowly)
    with pytest.raises(LockedStoreError, match="process 7 on elsewhere"):
        Lock(path)
    assert json.loads(path.read_text())["pid"] == 7


def test_a_file_system_without_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    with Lock(tmp_path / "lock"), pytest.raises(LockedStoreError):
        Lock(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault("J5")
def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StoreTargetError):
        Lock(tmp_path / "no" / "lock")


@pytest.mark.fault("J1")
@pytest.mark.parametrize("moment", ["the file is there", "the heart is to beat"])
def test_an_interrupt_while_the_lock_is_taken_leaves_none(tmp_path, monkeypatch, moment):
    link = os.link

    def interrupt(*given):
        if moment == "the file is there":
            link(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "the file is there":
            patch.setattr(os, "link", interrupt)
        else:
            patch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Lock(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []
    with Lock(tmp_path / "lock"):
        pass
