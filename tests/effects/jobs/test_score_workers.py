"""Alleles scored by other processes: the numbers and the bytes of one process."""

from __future__ import annotations

import os
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch

from locuscope.effects.jobs import score_workers
from locuscope.effects.jobs.score_job import run_score_job
from locuscope.effects.jobs.score_workers import parts_on, place_of, portable
from locuscope.effects.variants import score_variants
from locuscope.errors import FormatError, ModelError, OptionError, WorkerError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.genome.variant_parts import VariantSource
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.executors import ThisProcess, working_on
from locuscope.inference.run import Run
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.inference import worker_tasks as tasks

PART_ROWS = 16
TEXT = toy.sequence()
TWO = Run(workers=2, device="cpu", batch_size=8)
ONE = Run(device="cpu", batch_size=8)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Parts of a few alleles, so that a quick call has many."""
    monkeypatch.setattr(VariantSource.parts, "__defaults__", (PART_ROWS,))
    monkeypatch.setitem(run_score_job.__kwdefaults__, "part_rows", PART_ROWS)


@pytest.fixture
def alleles():
    """SNVs, deletions, insertions, and rows that cannot be scored."""
    found = [
        Variant("1", pos, TEXT[pos - 1], alt)
        for pos in range(60, 80)
        for alt in "ACGT"
        if alt != TEXT[pos - 1]
    ]
    found += [Variant("1", pos, TEXT[pos - 1 : pos + 1], TEXT[pos - 1]) for pos in range(90, 100)]
    found += [Variant("1", pos, TEXT[pos - 1], TEXT[pos - 1] + "GA") for pos in range(100, 110)]
    return [*found, Variant("7", 5, "A", "C"), found[0], Variant("1", 590, "ACGTACGTACGTA", "A")]


def test_two_processes_give_the_numbers_of_one(alleles):
    """One more score tells which process it ran in."""
    names = ("diff", "logit", "SAX")
    here = score_variants(toy.model(), alleles, toy.genome(), scores=names, rc=True, run=ONE)
    several = (*names, tasks.process_of)
    beside = score_variants(toy.model(), alleles, toy.genome(), scores=several, rc=True, run=TWO)
    assert beside.status == here.status
    assert beside.notes == here.notes
    assert beside.windows.equals(here.windows)
    for name in names:
        np.testing.assert_array_equal(beside.scores[name], here.scores[name])
    assert os.getpid() not in beside.scores["process_of"][:, 0]


def test_two_processes_write_the_bytes_of_one(alleles, tmp_path):
    endings = (".parquet", ".tsv", ".h5")
    for name, workers in (("here", 1), ("beside", 2)):
        out = [tmp_path / f"{name}{ending}" for ending in endings]
        run = Run(workers=workers, device="cpu", batch_size=8, out=out)
        score_variants(toy.model(), alleles, toy.genome(), run=run)
    for ending in endings:
        here, beside = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("here", "beside"))
        assert here == beside


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_the_threads_of_the_caller_change_no_byte(tmp_path, monkeypatch):
    """A sum over two threads rounds in another order; parts are computed on one, everywhere."""
    from locuscope import demo

    monkeypatch.setitem(run_score_job.__kwdefaults__, "part_rows", 2)
    genome = demo.genome()
    first = genome.fetch(Interval("20", 2_577_790, 2_577_802))
    alleles = [
        Variant("20", 2_577_791 + k, ref, "ACGT"["ACGT".index(ref) - 1])
        for k, ref in enumerate(first[:8:2])
    ]
    before = torch.get_num_threads()
    try:
        for name, workers, threads in (("one", 1, 1), ("threads", 1, 2), ("beside", 2, 2)):
            torch.set_num_threads(threads)
            out = tmp_path / f"{name}.parquet"
            run = Run(workers=workers, device="cpu", batch_size=2, out=out, progress=False)
            score_variants(
                load_model("cispliceai"), alleles, genome, scores=["splice_delta", "diff"], run=run
            )
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    contents = {path.read_bytes() for path in tmp_path.glob("*.parquet")}
    assert len(list(tmp_path.glob("*.parquet"))) == 3
    assert len(contents) == 1


@pytest.mark.fault("J11")
def test_a_job_whose_worker_died_goes_on_with_one_process(alleles, tmp_path):
    """What was finished is kept; the bytes are those of a run without trouble."""
    flag = tmp_path / "die"
    flag.touch()
    run = Run(workers=2, device="cpu", batch_size=8, out=tmp_path / "broken.parquet")
    model, genome = toy.model(), toy.genome()
    score = tasks.DieWhileThere(flag, after=40)
    with pytest.raises(WorkerError, match=r"signal 9 .* alleles from 1:\d+ to 1:\d+"):
        score_variants(model, alleles, genome, scores=score, run=run)
    done = list((tmp_path / "broken.parquet.job" / "parts").iterdir())
    assert len(done) >= 1
    flag.unlink()
    resumed = Run(device="cpu", batch_size=8, out=tmp_path / "broken.parquet")
    score_variants(model, alleles, genome, scores=score, run=resumed)
    whole = Run(device="cpu", batch_size=8, out=tmp_path / "whole.parquet")
    score_variants(model, alleles, genome, scores=score, run=whole)
    contents = [(tmp_path / name).read_bytes() for name in ("broken.parquet", "whole.parquet")]
    assert contents[0] == contents[1]


def test_errors_of_scores_and_files_are_those_of_one_process(alleles, tmp_path):
    with pytest.raises(ModelError, match="wrong_shape"):
        score_variants(toy.model(), alleles, toy.genome(), scores=tasks.wrong_shape, run=TWO)
    path = tmp_path / "broken.vcf"
    path.write_text("no vcf\n")
    with pytest.raises(FormatError):
        score_variants(toy.model(), path, toy.genome(), run=TWO)


def test_a_score_that_cannot_travel_is_refused_in_words(alleles):
    def local(ref, alt):
        return alt - ref

    with pytest.raises(OptionError, match="must be defined in a module"):
        score_variants(toy.model(), alleles, toy.genome(), scores=local, run=TWO)


@pytest.mark.parametrize("name", ["cispliceai", "dnase", "insulators"])
def test_built_in_models_travel(name):
    """Packed as for a worker, their weights and what they say of themselves stay as they are."""
    model = load_model(name)
    found = ForkingPickler.loads(ForkingPickler.dumps(model))
    assert (found.name, found.digest, list(found.heads)) == (
        model.name,
        model.digest,
        list(model.heads),
    )
    rng = np.random.default_rng(4)
    width = model.window_bp or 12_000
    bases = torch.from_numpy(np.eye(4, dtype=np.float32)[rng.integers(0, 4, (2, width))])
    for head, arrays in model.run(bases.transpose(1, 2)).items():
        for resolution, values in arrays.items():
            again = found.run(bases.transpose(1, 2))[head][resolution]
            assert torch.equal(again, values)


def test_what_only_the_caller_needs_stays(alleles, tmp_path):
    """Progress calls, files and further workers do not travel, and still work."""
    told, plans = [], []

    class Spy(ThisProcess):
        def map(self, work, items, *, describe=None):
            plans.append(work.args[0])
            return super().map(work, items, describe=describe)

    def tell(done, total, counts):
        told.append((done, total))

    run = Run(device="cpu", batch_size=8, progress=tell, out=tmp_path / "x.parquet")
    with working_on(Spy()):
        score_variants(toy.model(), alleles, toy.genome(), run=run)
    assert told[-1] == (len(alleles), len(alleles))
    (plan,) = plans
    assert plan.run == plan.scoring.run == Run(device="cpu", batch_size=8)
    assert portable(plan).run == plan.run


def test_parts_come_in_order_and_lazily(alleles):
    read = []

    class Spy(ThisProcess):
        def map(self, work, items, *, describe=None):
            read.append(describe)
            return (item for item in items)

    class Plan:
        run, scoring = Run(), None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score_workers, "portable", lambda plan: plan)
        tables = list(VariantSource(alleles).parts(None, 30))
        assert list(parts_on(Spy())(Plan(), None, iter(tables))) == tables
    assert read == [place_of]
    assert place_of(tables[0]) == "30 alleles from 1:60 to 1:69"
    assert place_of(VariantTable.from_variants([])) == "no alleles"
