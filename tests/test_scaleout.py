"""The verbs on a cluster of two processes: the bytes of a run without one, and typed losses."""

from __future__ import annotations

import inspect
import os
import sys
from functools import partial
from types import MappingProxyType

import numpy as np
import pytest

from locuscope import scaleout
from locuscope.effects.jobs.score_job import run_score_job
from locuscope.effects.maps import map_job, map_parts
from locuscope.effects.mutation_map import mutation_map
from locuscope.effects.variants import score_variants
from locuscope.errors import (
    DataWarning,
    JobError,
    MissingExtraError,
    OptionError,
    OutOfBoundsError,
    WorkerError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.genome.variant_parts import VariantSource
from locuscope.inference.run import Run
from locuscope.scaleout import ClusterExecutor
from tests.effects import toy
from tests.inference import worker_tasks as tasks

distributed = pytest.importorskip("distributed")

PART_ROWS = 16
TEXT = toy.sequence()


@pytest.fixture(scope="module")
def client():
    """Two processes of one thread each; a task whose worker ends is not tried again."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def alleles():
    """Changes of every base of a stretch, so that there are several parts."""
    return [
        Variant("1", pos, TEXT[pos - 1], alt)
        for pos in range(60, 120)
        for alt in "ACGT"
        if alt != TEXT[pos - 1]
    ]


def test_results_come_in_order_and_the_work_travels_once(client):
    facts = MappingProxyType({"scale": 5})
    found = list(ClusterExecutor(client).map(partial(tasks.with_facts, facts), range(20)))
    assert [(number, scale) for number, scale, *_ in found] == [(k, 5) for k in range(20)]
    assert len({process for _, _, process, _ in found}) == 2
    assert list(ClusterExecutor(client).map(tasks.double, [])) == []


def test_few_items_are_read_ahead(client):
    read = []

    def items():
        for number in range(20):
            read.append(number)
            yield number

    results = ClusterExecutor(client).map(tasks.double, items())
    assert next(results) == 0
    assert len(read) <= 5
    results.close()


def test_warnings_are_said_once_in_the_caller(client):
    with pytest.warns(DataWarning) as caught:
        assert list(ClusterExecutor(client).map(tasks.warn, range(6))) == list(range(6))
    texts = sorted(str(warning.message) for warning in caught)
    assert texts == ["every part says this", "part two says this"]


def test_errors_keep_their_class_and_come_in_their_turn(client):
    results = ClusterExecutor(client).map(tasks.fail_at_three, range(9))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OutOfBoundsError, match="three is outside") as caught:
        next(results)
    assert caught.value.interval == ("20", 3, 4)

    def items():
        yield from range(3)
        message = "the file ends early"
        raise OSError(message)

    results = ClusterExecutor(client).map(tasks.double, items())
    assert [next(results) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(OSError, match="the file ends early"):
        next(results)


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of a few alleles, so that a quick call has many."""
    monkeypatch.setattr(VariantSource.parts, "__defaults__", (PART_ROWS,))
    monkeypatch.setitem(run_score_job.__kwdefaults__, "part_rows", PART_ROWS)


@pytest.mark.usefixtures("small_parts")
def test_scores_are_those_of_one_process(client, alleles):
    options = {"scores": ("diff", "SAX"), "rc": True, "batch_size": 8, "device": "cpu"}
    here = score_variants(toy.model(), alleles, toy.genome(), **options)
    there = scaleout.score_variants(client, toy.model(), alleles, toy.genome(), **options)
    assert there.status == here.status
    assert there.notes == here.notes
    for name, values in here.scores.items():
        np.testing.assert_array_equal(there.scores[name], values)


def test_the_threads_of_the_caller_change_no_byte(client, tmp_path, monkeypatch):
    """Splice scores, whose sums over two threads would round in another order."""
    import torch

    from locuscope import demo, load_model

    monkeypatch.setitem(run_score_job.__kwdefaults__, "part_rows", 2)
    places = [Interval("20", start, start + 1) for start in range(2_577_790, 2_577_796)]
    genome = demo.genome()
    refs = [genome.fetch(place) for place in places]
    alleles = [
        Variant("20", place.end, ref, "ACGT"["ACGT".index(ref) - 1])
        for place, ref in zip(places, refs, strict=True)
    ]
    before = torch.get_num_threads()
    options = {"scores": ["splice_delta", "diff"], "device": "cpu", "batch_size": 2}
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    try:
        torch.set_num_threads(2)
        model = load_model("cispliceai")
        score_variants(model, alleles, genome, out=here, **options)
        scaleout.score_variants(client, model, alleles, genome, out=there, **options)
    finally:
        torch.set_num_threads(before)
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.usefixtures("small_parts")
def test_the_parts_are_scored_elsewhere(client, alleles):
    """A score that tells its process."""
    options = {"scores": tasks.process_of, "device": "cpu"}
    here = score_variants(toy.model(), alleles, toy.genome(), **options)
    assert np.unique(here.scores["process_of"]).tolist() == [os.getpid()]
    there = scaleout.score_variants(client, toy.model(), alleles, toy.genome(), **options)
    assert os.getpid() not in np.unique(there.scores["process_of"])


@pytest.mark.usefixtures("small_parts")
def test_a_job_on_a_cluster_writes_the_same_bytes(client, alleles, tmp_path):
    options = {"scores": "diff", "device": "cpu", "batch_size": 8}
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    score_variants(toy.model(), alleles, toy.genome(), out=here, **options)
    scaleout.score_variants(client, toy.model(), alleles, toy.genome(), out=there, **options)
    assert here.read_bytes() == there.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == [
        "here.parquet",
        "there.parquet",
    ]


def test_a_map_on_a_cluster_writes_the_same_bytes(client, tmp_path, monkeypatch):
    for module in (map_parts, map_job):
        monkeypatch.setattr(module, "PART_POSITIONS", 16)
    where, options = Interval("1", 100, 160), {"rc": True, "device": "cpu", "batch_size": 8}
    here, there = tmp_path / "here.h5", tmp_path / "there.h5"
    found = mutation_map(toy.model(), where, toy.genome(), out=here, **options)
    other = scaleout.mutation_map(client, toy.model(), where, toy.genome(), out=there, **options)
    np.testing.assert_array_equal(other.scores, found.scores)
    assert here.read_bytes() == there.read_bytes()


def test_the_call_is_that_of_the_verb_with_a_client_in_front():
    plain = inspect.signature(score_variants).parameters
    found = inspect.signature(scaleout.score_variants).parameters
    assert list(found) == ["client", *plain]
    assert list(inspect.signature(scaleout.mutation_map).parameters)[:3] == [
        "client",
        "model",
        "where",
    ]
    assert "on the workers of a cluster" in scaleout.score_variants.__doc__
    assert scaleout.__all__ == sorted(scaleout.__all__)


def test_what_is_no_client_and_workers_beside_one(client):
    for odd in (None, "tcp://127.0.0.1:8786", object()):
        with pytest.raises(WrongTypeError, match=r"a dask\.distributed Client"):
            scaleout.score_variants(odd, toy.model(), [], toy.genome())
    with pytest.raises(OptionError, match="workers=2 has no effect on a cluster"):
        scaleout.score_variants(
            client,
            toy.model(),
            [Variant("1", 60, TEXT[59], "A" if TEXT[59] != "A" else "C")],
            toy.genome(),
            run=Run(workers=2, device="cpu"),
        )


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locuscope\[dask\]'") as caught:
        scaleout.score_variants(None, toy.model(), [], toy.genome())
    assert caught.value.extra == "dask"


def test_a_cluster_without_workers_is_told(monkeypatch):
    monkeypatch.setattr(scaleout, "_WAIT_S", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as empty,
        pytest.raises(JobError, match="has no worker after 0 s") as caught,
    ):
        list(ClusterExecutor(empty).map(tasks.double, range(3)))
    assert "wait_for_workers" in caught.value.hint


@pytest.mark.fault("J11")
def test_workers_that_end_are_told_with_what_they_held(client):
    """Last, for the cluster starts its workers anew afterwards.

    The scheduler gives up every part that a lost worker held, so a part that only waited beside
    the deadly one may be the first that is told; nothing before it may be lost or wrong.
    """
    results = ClusterExecutor(client).map(
        tasks.die_at_three, range(9), describe=lambda k: f"item {k}"
    )
    given = []
    with pytest.raises(WorkerError, match="ended while they held item") as caught:
        given.extend(results)
    assert given == list(range(len(given)))
    assert len(given) <= 3
    assert caught.value.region == f"item {len(given)}"
    assert "waited on the same worker" in caught.value.hint
    assert caught.value.worker.startswith("tcp://")
