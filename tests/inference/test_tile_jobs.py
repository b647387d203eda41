"""Regions in parts: every bin in one part, values in order, work that can travel."""

from __future__ import annotations

import pickle
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch

from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.progress import Progress
from locuscope.inference.run import Run
from locuscope.inference.tile_jobs import computed, parts_of, region_values, write_regions
from locuscope.inference.tile_plan import plan_tiles
from locuscope.inference.tile_work import TileWork, region_choice
from locuscope.inference.window_passes import WindowPasses
from locuscope.inference.worker_process import outcome_of
from tests.inference.conftest import toy_bases

PLACES = [Interval("1", 20, 320), Interval("2", 350, 391), Interval("1", 400, 590)]


def work_of(model, genome, place, run=None):
    choice = region_choice(model, None, None, None, 0)
    plan = plan_tiles(model, choice, place, genome, width_bp=40)
    return TileWork(
        plan, WindowPasses(model, genome, (choice,), 0, Ensemble(), run or Run(batch_size=2))
    )


@pytest.fixture
def works(bases, genome, monkeypatch):
    """Three regions in parts of three windows."""
    monkeypatch.setattr("locuscope.inference.tile_plan._MOST_WINDOWS", 3)
    return [work_of(bases, genome, place) for place in PLACES]


def whole(model, genome, place):
    x = genome.one_hot([Interval(place.chrom, place.start - 5, place.end + 5)], dtype="uint8")
    model.module.eval()
    with torch.inference_mode():
        return model.module(torch.from_numpy(x).float())[0].numpy()


def test_every_bin_is_in_one_part(works):
    parts = parts_of(works)
    for number, work in enumerate(works):
        mine = [part for part in parts if part.region == number]
        assert mine[0].first == 0
        assert mine[-1].stop == work.plan.n_bins
        assert all(a.stop == b.first for a, b in pairwise(mine))
    assert [part.region for part in parts] == sorted(part.region for part in parts)
    assert len(parts) == 4 + 1 + 3


def test_values_of_several_regions(works, bases, genome):
    told = []
    total = sum(place.width for place in PLACES)
    with Progress(lambda *step: told.append(step[:2]), what="bins", total=total + 9) as progress:
        found = region_values(works, Run(batch_size=4), progress, done=9)
    for values, place in zip(found, PLACES, strict=True):
        np.testing.assert_allclose(values, whole(bases, genome, place), atol=2e-6)
    assert told[-1] == (total + 9, total + 9)
    assert len(told) == 8


def test_any_part_can_be_computed_alone(works):
    parts = parts_of(works)
    every = [values for _, values in computed(works, parts, Run(batch_size=2))]
    ((part, again),) = computed(works, [parts[5]], Run(batch_size=2))
    assert part == parts[5]
    np.testing.assert_array_equal(again, every[5])


def test_work_can_travel(genome):
    """What only the calling process has stays here: progress, files."""
    run = Run(progress=lambda *_: None, out="x.npy")
    work = work_of(toy_bases(), genome, PLACES[0], run)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        ForkingPickler.dumps(work)
    plain = work.running(Run(batch_size=2))
    assert plain.plan == work.plan
    assert plain.part_rows == work.part_rows
    sent = pickle.loads(bytes(ForkingPickler.dumps(plain)))  # noqa: S301 (made here)
    there = outcome_of(sent.bins, 0)
    assert there.error is None
    np.testing.assert_allclose(there.result, work.bins(0), atol=2e-6)


def test_regions_of_one_folder(works, tmp_path):
    out = tmp_path / "all"
    assert write_regions("test", works[:2], Run(out=out, batch_size=2)) == out
    assert sorted(path.name for path in out.glob("[!.]*")) == ["one.bw", "three.bw", "two.bw"]
