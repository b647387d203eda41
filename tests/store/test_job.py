"""Jobs: parts that stay, the same call that goes on, results that appear whole."""

from __future__ import annotations

import errno
import json
import os

import pytest

from locuscope.errors import (
    CorruptStoreError,
    InputChangedError,
    JobError,
    LockedStoreError,
    RunWarning,
    StoreError,
    StoreFullError,
)
from locuscope.store import Job, finished_parts, lock
from tests.store.toy_job import expected, in_two, listing, no_step, squares


class StopError(Exception):
    """Raised where a test stops a job."""


def stop_at(word):
    def step(what):
        if what == word:
            raise StopError

    return step


def stopped(target, word="compute 2", **options):
    with pytest.raises(StopError):
        squares(target, step=stop_at(word), **options)


@pytest.fixture(params=[False, True], ids=["file", "folder"])
def is_folder(request):
    return request.param


@pytest.fixture
def target(tmp_path, is_folder):
    return tmp_path / ("squares" if is_folder else "squares.txt")


def result(target):
    parts = finished_parts(target) if target.is_dir() else [target]
    return "".join(part.read_text() for part in parts)


def test_a_job_from_beginning_to_end(target, is_folder):
    assert squares(target, is_folder=is_folder) == ("new", [0, 1, 2], [])
    assert result(target) == expected()
    assert squares(target, is_folder=is_folder) == ("finished", [], [])
    if is_folder:
        assert listing(target) == [
            "log.jsonl", "manifest.json", "parts", "parts/00000.txt", "parts/00001.txt",
            "parts/00002.txt", "summary.json", "tracks.parquet",
        ]  # fmt: skip
        summary = json.loads((target / "summary.json").read_text())
        assert summary == {"counts": {"ok": 10}, "parts": 3, "rows_total": 10, "verb": "squares"}
    else:
        assert listing(target.parent) == [".squares.txt.lsc.json", "squares.txt"]


def test_a_job_of_no_rows_has_one_empty_part(target, is_folder):
    assert squares(target, 0, is_folder=is_folder) == ("new", [0], [])
    assert result(target) == ""
    assert squares(target, 0, is_folder=is_folder)[0] == "finished"


def test_a_stopped_job_goes_on(target, is_folder):
    stopped(target, is_folder=is_folder)
    assert not target.is_file()
    state, computed, notes = squares(target, is_folder=is_folder)
    assert (state, computed) == ("resumed", [2])
    assert notes == ["parts that were done before: 2"]
    assert result(target) == expected()


def test_the_bytes_do_not_tell_that_it_was_stopped(tmp_path):
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    squares(tmp_path / "whole" / "a", is_folder=True)
    for word in ("compute 0", "compute 1", "half a file"):
        stopped(tmp_path / "stopped" / "a", word, is_folder=True)
    squares(tmp_path / "stopped" / "a", is_folder=True)
    for name in listing(tmp_path / "whole" / "a"):
        one, other = (tmp_path / place / "a" / name for place in ("whole", "stopped"))
        assert name == "log.jsonl" or one.is_dir() or one.read_bytes() == other.read_bytes(), name


def test_times_and_hosts_stand_in_the_log_alone(tmp_path):
    squares(tmp_path / "a", is_folder=True)
    lines = [json.loads(line) for line in (tmp_path / "a" / "log.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["new", "finished"]
    assert {line["pid"] for line in lines} == {os.getpid()}


@pytest.mark.fault("J10")
def test_another_fact_is_refused_before_and_after_the_end(target, is_folder):
    stopped(target, is_folder=is_folder)
    for _ in range(2):
        with pytest.raises(InputChangedError, match=r"colour was '.nothing.', is now 'red'"):
            squares(target, is_folder=is_folder, colour="red")
        squares(target, is_folder=is_folder)
    assert squares(target, is_folder=is_folder, restart=True, colour="red")[1] == [0, 1, 2]
    with pytest.raises(InputChangedError, match=r"colour was 'red', is now '.nothing.'"):
        squares(target, is_folder=is_folder)


@pytest.mark.fault("J10")
def test_a_broken_manifest_is_refused_and_restart_helps(target, is_folder):
    stopped(target, is_folder=is_folder)
    work = target if is_folder else target.with_name("squares.txt.job")
    (work / "manifest.json").write_text("{")
    with pytest.raises(CorruptStoreError, match="restart=True"):
        squares(target, is_folder=is_folder)
    assert squares(target, is_folder=is_folder, restart=True)[0] == "new"
    assert result(target) == expected()


@pytest.mark.fault("J9")
@pytest.mark.parametrize("damage", ["flipped", "cut", "deleted", "swapped"])
def test_damaged_parts_are_found_computed_again_and_reported(target, is_folder, damage):
    stopped(target, is_folder=is_folder)
    parts = (target if is_folder else target.with_name("squares.txt.job")) / "parts"
    first, second = parts / "00000.txt", parts / "00001.txt"
    text = first.read_bytes()
    if damage == "flipped":
        first.write_bytes(bytes([text[0] ^ 1]) + text[1:])
    elif damage == "cut":
        first.write_bytes(text[:-1])
    elif damage == "deleted":
        first.unlink()
    else:
        first.write_bytes(second.read_bytes())
        second.write_bytes(text)
    with pytest.warns(RunWarning, match="damaged parts of .* are computed again"):
        _, computed, notes = squares(target, is_folder=is_folder)
    assert computed == ([0, 1, 2] if damage == "swapped" else [0, 2])
    assert any("damaged" in note for note in notes)
    assert result(target) == expected()


@pytest.mark.fault("J9")
def test_a_finished_folder_that_was_damaged_is_mended(tmp_path):
    squares(tmp_path / "a", is_folder=True)
    (tmp_path / "a" / "parts" / "00001.txt").write_text("x")
    with pytest.warns(RunWarning, match="00001"):
        assert squares(tmp_path / "a", is_folder=True)[:2] == ("resumed", [1])
    assert result(tmp_path / "a") == expected()
    (tmp_path / "a" / "tracks.parquet").unlink()
    assert squares(tmp_path / "a", is_folder=True)[:2] == ("resumed", [])
    assert (tmp_path / "a" / "tracks.parquet").exists()


@pytest.mark.fault("J9")
def test_a_part_that_changes_before_the_end_is_not_published(tmp_path):
    def spoil(what):
        if what == "compute 2":
            (tmp_path / "a.txt.job" / "parts" / "00000.txt").write_text("spoilt")

    with pytest.raises(CorruptStoreError, match="computes it anew") as caught:
        squares(tmp_path / "a.txt", step=spoil)
    assert caught.value.part == "parts/00000.txt"
    assert not (tmp_path / "a.txt").exists()
    with pytest.warns(RunWarning):
        assert squares(tmp_path / "a.txt")[1] == [0]


def test_a_result_that_was_changed_is_made_again(tmp_path):
    target = tmp_path / "a.txt"
    squares(target)
    target.write_text("edited by hand")
    assert squares(target)[0] == "new"
    assert target.read_text() == expected()
    target.unlink()
    assert squares(target)[0] == "new"


def test_the_old_result_stays_until_the_new_one_is_complete(target, is_folder):
    squares(target, 6, is_folder=is_folder)
    stopped(target, is_folder=is_folder, restart=True)
    assert result(target) == expected(6)
    assert squares(target, 6, is_folder=is_folder)[0] == "finished"


def test_a_stopped_restart_goes_on_without_the_word(target, is_folder):
    squares(target, 6, is_folder=is_folder)
    stopped(target, is_folder=is_folder, restart=True)
    assert squares(target, is_folder=is_folder)[:2] == ("resumed", [2])
    assert result(target) == expected()


def test_several_files_and_a_folder_in_one_job(tmp_path):
    folder, file = tmp_path / "a", tmp_path / "b.txt"
    squares(folder, is_folder=True)
    assert squares(folder, is_folder=True, also=(file,))[:2] == ("resumed", [])
    assert file.read_text() == expected()
    assert squares(folder, is_folder=True, also=(file,))[0] == "finished"
    file.unlink()
    assert squares(folder, is_folder=True, also=(file,))[:2] == ("resumed", [])


def test_choices_of_the_first_run_hold(tmp_path):
    options = {"verb": "v", "facts": {}, "part_rows": 4, "suffix": ".txt"}
    with Job.open(tmp_path / "a", adopt={"batch_size": 8}, **options) as job:
        assert job.adopted == {"batch_size": 8}
    with Job.open(tmp_path / "a", adopt={"batch_size": 2}, **options) as job:
        assert (job.state, job.adopted) == ("resumed", {"batch_size": 8})


def test_rows_that_were_counted_are_known_to_the_next_call(tmp_path):
    options = {"verb": "v", "facts": {}, "part_rows": 4, "suffix": ".txt"}
    with Job.open(tmp_path / "a", **options) as job:
        assert job.rows_total is None
        job.expect(9)
    with pytest.raises(StoreError, match="unfinished, 0 of 3 parts; run the same call again"):
        finished_parts(tmp_path / "a")
    with Job.open(tmp_path / "a", **options) as job:
        assert job.rows_total == 9
        job.write(0, (0, 4), lambda path: path.write_text("x"), counts={"ok": 4})
        assert (job.rows_done, job.counts, len(job.parts)) == (4, {"ok": 4}, 1)
        with pytest.raises(JobError, match=r"4 of 9 rows; missing parts: \[1, 2\]"):
            job.finish(9)


@pytest.mark.fault("J8")
def test_a_second_writer_is_refused_and_the_first_goes_on(target, is_folder):
    def meddle(what):
        if what == "compute 1":
            for restart in (False, True):
                with pytest.raises(LockedStoreError):
                    squares(target, is_folder=is_folder, restart=restart)

    assert squares(target, is_folder=is_folder, step=meddle)[0] == "new"
    assert result(target) == expected()


@pytest.mark.fault("J8")
def test_a_job_whose_lock_was_taken_writes_no_more(tmp_path):
    def steal(what):
        if what == "compute 1":
            (tmp_path / "a.txt.job" / "lock").write_text("{}")

    with pytest.raises(LockedStoreError):
        squares(tmp_path / "a.txt", step=steal)
    assert listing(tmp_path / "a.txt.job" / "parts") == ["00000.txt"]


@pytest.mark.fault("J8")
def test_a_lock_that_a_dead_process_left_is_taken_over_with_a_note(tmp_path):
    stopped(tmp_path / "a.txt")
    left = {"host": lock.this_process().host, "pid": 2**22 + 1, "since": "then", "started": "x"}
    (tmp_path / "a.txt.job" / "lock").write_text(json.dumps(left))
    _, _, notes = squares(tmp_path / "a.txt")
    assert notes[0].startswith(f"the lock of process {2**22 + 1}")


@pytest.mark.fault("J4")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_keeps_the_earlier_parts(tmp_path, monkeypatch, number):
    n_calls = []

    def fill(path, text, step):
        n_calls.append(path)
        if len(n_calls) == 3:
            raise OSError(number, os.strerror(number))
        in_two(path, text, step)

    monkeypatch.setattr("tests.store.toy_job.in_two", fill)
    with pytest.raises(StoreFullError) as caught:
        squares(tmp_path / "a.txt")
    assert caught.value.errno == number
    assert listing(tmp_path / "a.txt.job" / "parts") == ["00000.txt", "00001.txt"]
    assert squares(tmp_path / "a.txt")[1] == [2]
    assert (tmp_path / "a.txt").read_text() == expected()


@pytest.mark.fault("J4")
def test_too_little_room_is_said_before_the_work(tmp_path):
    with pytest.raises(StoreFullError, match="bytes free"):
        Job.open(tmp_path / "a", verb="v", facts={}, part_rows=4, needed_bytes=2**62)
    assert listing(tmp_path) == []


@pytest.mark.fault("J1")
def test_an_interrupt_leaves_no_lock(tmp_path):
    def interrupt(what):
        if what == "half a file":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        squares(tmp_path / "a.txt", step=interrupt)
    assert listing(tmp_path) == [
        "a.txt.job", "a.txt.job/log.jsonl", "a.txt.job/manifest.json", "a.txt.job/parts",
    ]  # fmt: skip
    assert squares(tmp_path / "a.txt", step=no_step)[0] == "resumed"


def test_a_finished_job_writes_nothing(tmp_path):
    squares(tmp_path / "a", is_folder=True)
    job = Job.open(
        tmp_path / "a",
        verb="squares",
        facts={"n_rows": 10},
        part_rows=4,
        suffix=".txt",
    )
    assert job.state == "finished"
    with pytest.raises(StoreError, match="is finished; nothing can be written"):
        job.write(0, (0, 4), lambda path: path.write_text("x"))
    job.close()


def test_a_finished_result_where_nothing_can_be_written(tmp_path, monkeypatch):
    squares(tmp_path / "a", is_folder=True)

    def refuse(*_):
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("locuscope.store.job_places.remove_leftovers", refuse)
    assert squares(tmp_path / "a", is_folder=True)[0] == "finished"
