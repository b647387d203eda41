"""Mutation maps scored by other processes: the numbers and the bytes of one process."""

from __future__ import annotations

import os

import numpy as np
import pytest

from locuscope.effects.maps import map_job, map_parts
from locuscope.effects.maps.map_workers import _name
from locuscope.effects.mutation_map import mutation_map
from locuscope.errors import WorkerError
from locuscope.genome.interval import Interval
from locuscope.inference.run import Run
from tests.effects import toy
from tests.inference import worker_tasks as tasks

WHERE = [Interval("1", 100, 130), Interval("1", 290, 310), Interval("2", 0, 25)]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Parts that begin and end inside windows."""
    for module in (map_parts, map_job):
        monkeypatch.setattr(module, "PART_POSITIONS", 16)


def run(workers, out=None):
    return Run(workers=workers, device="cpu", batch_size=8, out=out)


def test_two_processes_give_the_numbers_and_bytes_of_one(tmp_path):
    """In memory and as a job; a place with N and one at the edge are among them."""
    model, genome = toy.model(), toy.genome()
    names = ("diff", "logit")
    paths = [tmp_path / "here.h5", tmp_path / "beside.h5"]
    here, beside = (
        mutation_map(model, WHERE, genome, scores=names, rc=True, run=run(workers, path))
        for workers, path in zip((1, 2), paths, strict=True)
    )
    several = (*names, tasks.process_of)
    held = mutation_map(model, WHERE, genome, scores=several, rc=True, run=run(2))
    for one, two, three in zip(here, beside, held, strict=True):
        for name, values in one.layers.items():
            np.testing.assert_array_equal(two.layers[name], values)
            np.testing.assert_array_equal(three.layers[name], values)
        assert os.getpid() not in np.unique(three.layers["process_of"])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert _name((3, 1_000, 1_512)) == "positions 1,000 to 1,512"


@pytest.mark.fault("J11")
def test_a_lost_worker_is_told_and_the_job_goes_on(tmp_path):
    flag = tmp_path / "die"
    flag.touch()
    score = tasks.DieWhileThere(flag, after=110)
    model, genome = toy.model(), toy.genome()
    broken = tmp_path / "broken.h5"
    with pytest.raises(WorkerError, match=r"signal 9 .* worked on positions \d+ to \d+"):
        mutation_map(model, WHERE, genome, scores=score, run=run(2, broken))
    flag.unlink()
    mutation_map(model, WHERE, genome, scores=score, run=run(1, broken))
    mutation_map(model, WHERE, genome, scores=score, run=run(1, tmp_path / "whole.h5"))
    assert broken.read_bytes() == (tmp_path / "whole.h5").read_bytes()
