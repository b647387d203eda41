from __future__ import annotations

import json

import numpy as np
import pytest

from locuscope.attribution import example_parts
from locuscope.attribution.example_parts import (
    array_digest,
    example_facts,
    one_file,
    read_part,
    run_parts,
)
from locuscope.attribution.examples import Sequences
from locuscope.errors import InputChangedError, OptionError
from locuscope.genome.interval import Interval
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.store import publish

ROWS = np.arange(30.0, dtype=np.float32).reshape(10, 3)


class Work:
    """Ten rows of numbers; remembers what was computed."""

    def __init__(self, fails_at=None):
        self.calls = []
        self.fails_at = fails_at

    def compute(self, first, stop, run):
        if self.fails_at is not None and stop > self.fails_at:
            raise KeyboardInterrupt
        self.calls.append((first, stop, run.batch_size))
        return {"rows": ROWS[first:stop], "a/b.c#1": np.array(["x"] * (stop - first))}

    def write(self, path, parts):
        whole = np.concatenate([read_part(part)["rows"] for part in parts])
        publish(path, lambda place: place.write_bytes(whole.tobytes()))

    def run(self, run, facts=None, row_bytes=12):
        return run_parts(
            "sums", facts or {"n": 1}, run, count=10, row_bytes=row_bytes, width_bp=64,
            compute=self.compute, write=self.write,
        )  # fmt: skip


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(example_parts, "_PART_BYTES", 48)  # four rows in a part
    return tmp_path / "rows.bin"


def test_parts_become_one_file(out):
    work = Work()
    assert work.run(Run(out=out, batch_size=3)) == out
    assert work.calls == [(0, 4, 3), (4, 8, 3), (8, 10, 3)]
    np.testing.assert_array_equal(np.fromfile(out, np.float32), ROWS.ravel())
    assert sorted(path.name for path in out.parent.iterdir()) == [".rows.bin.lsc.json", "rows.bin"]


def test_work_goes_on_where_it_stopped(out):
    with pytest.raises(KeyboardInterrupt):
        Work(fails_at=8).run(Run(out=out, batch_size=3))
    assert not out.exists()
    work = Work()
    seen = []
    progress = lambda done, total, counts: seen.append((done, total))
    work.run(Run(out=out, batch_size=5, progress=progress))
    # The batch size of the first run is kept: another would round in another order.
    assert work.calls == [(8, 10, 3)]
    assert seen[-1] == (10, 10)
    done = Work()
    done.run(Run(out=out))
    assert not done.calls
    again = Work()
    again.run(Run(out=out, restart=True))
    assert len(again.calls) == 3
    with pytest.raises(InputChangedError, match="n"):
        work.run(Run(out=out), facts={"n": 2})


def test_a_row_larger_than_a_part_is_a_part(out):
    work = Work()
    work.run(Run(out=out), row_bytes=10_000)
    assert [call[:2] for call in work.calls] == [(row, row + 1) for row in range(10)]


def test_parts_are_plain_arrays(out, tmp_path):
    path = tmp_path / "part.npz"
    example_parts._write_part(path, {"a/b.c#1": np.array(["x"]), "rows": ROWS})
    found = read_part(path)
    np.testing.assert_array_equal(found["rows"], ROWS)
    assert found["a/b.c#1"].tolist() == ["x"]
    first = path.read_bytes()
    example_parts._write_part(path, {"a/b.c#1": np.array(["x"]), "rows": ROWS})
    assert path.read_bytes() == first


def test_digests_follow_numbers_shapes_and_types():
    same = array_digest(ROWS)
    assert same == array_digest(ROWS.copy(order="F"))
    others = (ROWS + 1, ROWS.reshape(3, 10), ROWS.astype(np.float64), ROWS[::-1])
    assert same not in {array_digest(other) for other in others}


def test_facts_of_examples():
    bases = np.eye(4, dtype=np.uint8)[None]
    places = (Interval("1", 4, 8),)
    plain = example_facts(Sequences(bases, None), None)
    json.dumps(plain)
    assert plain["target"] == "None" and plain["target_code"] is None
    assert plain["places"] != example_facts(Sequences(bases, places), None)["places"]
    assert plain["bases"] != example_facts(Sequences(bases[:, ::-1], None), None)["bases"]
    noun = example_facts(Sequences(bases, None), Target(tracks=[1]))
    assert noun["target"] == {"tracks": [1]}
    first = example_facts(Sequences(bases, None), lambda outputs: outputs[0])
    second = example_facts(Sequences(bases, None), lambda outputs: outputs[1])
    assert first["target_code"] != second["target_code"]
    json.dumps(first)


@pytest.mark.fault("V4")
def test_one_file_alone():
    assert one_file(Run(out="a.npz"), "sums").name == "a.npz"
    with pytest.raises(OptionError, match="sums writes one file; out names 2"):
        one_file(Run(out=["a.npz", "b.npz"]), "sums")
