"""Jobs in a broken world: kills, full disks, lost memory, other writers, odd clocks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from locuscope.effects.jobs import score_call, score_workers
from locuscope.effects.variants import score_variants
from locuscope.errors import (
    CorruptStoreError,
    DataWarning,
    DeviceMemoryError,
    HostMemoryError,
    InputChangedError,
    LockedStoreError,
    MemoryBackoffWarning,
    ModelError,
    RunWarning,
    StoreFullError,
    StoreTargetError,
)
from locuscope.inference.run import Run
from tests.effects import toy
from tests.faults import kills

ROOT = Path(__file__).resolve().parents[2]
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
PART_ROWS = 8
N_ROWS = 30


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(
        score_call, "run_score_job", partial(score_call.run_score_job, part_rows=PART_ROWS)
    )


@pytest.fixture
def vcf(tmp_path):
    return write_vcf(tmp_path / "in.vcf")


def write_vcf(path):
    bases = toy.sequence()
    rows = [
        f"1\t{pos}\t.\t{bases[pos - 1]}\t{'ACGT'['ACGT'.index(bases[pos - 1]) - 1]}\t.\t.\t.\n"
        for pos in range(60, 60 + N_ROWS)
    ]
    path.write_text(HEAD + "".join(rows))
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "scores"


def run(vcf, out, model=None, **how):
    how = {"device": "cpu", "batch_size": 4, "out": out, **how}
    return score_variants(model or toy.model(), vcf, toy.genome(), run=Run(**how))


def whole(vcf, tmp_path):
    """What an undisturbed run scores."""
    return run(vcf, tmp_path / "undisturbed").scores["diff"]


def parts_of(folder):
    return sorted(path.name for path in (folder / "parts").iterdir())


def breaking(fail, after=0):
    """The toy model, whose network fails in its own way once it has seen so many windows."""
    model, n_seen = toy.model(), [0]

    def hook(module, given, y):
        n_seen[0] += len(given[0])
        return fail(given[0], y) if n_seen[0] > after else y

    model.module.register_forward_hook(hook)
    return model


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return kills.undisturbed("score_variants", tmp_path_factory.mktemp("kills") / "whole")


@pytest.mark.skipif(os.name == "nt", reason="no such signals there")
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.fault("J1")),
        pytest.param(signal.SIGKILL, marks=pytest.mark.fault("J2")),
    ],
    ids=["seed 3 SIGINT", "seed 3 SIGKILL"],
)
def test_three_stops_end_with_the_same_bytes(kind, undisturbed):
    outcome = kills.stop_often("score_variants", kind, 3, 3, undisturbed)
    assert outcome.faults == []
    assert outcome.stops == 3
    assert outcome.slowest_s < 2


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("verb", sorted(kills.VERBS))
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.fault("J1")),
        pytest.param(signal.SIGKILL, marks=pytest.mark.fault("J2")),
    ],
)
def test_twenty_stops_of_every_verb(verb, kind):
    outcome = kills.stop_often(verb, kind, 20, 1)
    assert (outcome.faults, outcome.stops) == ([], 20)
    assert outcome.slowest_s < 2


@pytest.mark.fault("J4")
def test_a_full_disk_keeps_the_parts_and_the_same_call_ends_it(vcf, out, monkeypatch, tmp_path):
    write_part, n_parts = score_call.run_score_job.func.__globals__["write_part"], []

    def fill(path, scores):
        n_parts.append(path)
        if len(n_parts) == 3:
            raise OSError(28, "No space left on device")
        write_part(path, scores)

    with monkeypatch.context() as patch:
        patch.setattr("locuscope.effects.jobs.score_job.write_part", fill)
        with pytest.raises(StoreFullError) as caught:
            run(vcf, out)
    assert (caught.value.code, caught.value.errno) == ("store_full", 28)
    assert parts_of(out) == ["00000.parquet", "00001.parquet"]
    np.testing.assert_array_equal(run(vcf, out).scores["diff"], whole(vcf, tmp_path))


@pytest.mark.fault("J4")
@pytest.mark.skipif(sys.platform != "linux", reason="limits of that kind are not everywhere")
def test_a_limit_of_the_system_on_the_size_of_files(vcf, out):
    code = (
        "import resource, signal, sys; from functools import partial;"
        "from locuscope.effects.jobs import score_call;"
        "from locuscope.errors import StoreFullError;"
        "from tests.faults import test_jobs;"
        "score_call.run_score_job = partial(score_call.run_score_job, part_rows=8);"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000));"
        "\ntry: test_jobs.run(*sys.argv[1:])"
        "\nexcept StoreFullError as error: print(error.code, error.errno)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, vcf, out], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["store_full", "27"]
    assert not (out / "summary.json").exists()
    assert len(run(vcf, out)) == N_ROWS


@pytest.mark.fault("J5")
@pytest.mark.parametrize(
    "place", ["n" * 300, "file/a.tsv", "nowhere/a.tsv", "folder.tsv", "in.vcf", "nowhere/a"]
)
def test_a_target_that_cannot_be_is_refused_before_the_network_runs(vcf, tmp_path, place):
    (tmp_path / "file").touch()
    (tmp_path / "folder.tsv").mkdir()

    def never(x, y):
        pytest.fail("the network ran")

    before = vcf.read_bytes()
    with pytest.raises(StoreTargetError) as caught:
        run(vcf, tmp_path / place, model=breaking(never))
    assert caught.value.code == "store_target"
    assert vcf.read_bytes() == before


@pytest.mark.fault("J6")
def test_lost_device_memory_halves_the_batch_and_changes_no_score(vcf, out, tmp_path):
    def lose(x, y):
        if len(x) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return y

    with pytest.warns(MemoryBackoffWarning):
        scores = run(vcf, out, model=breaking(lose)).scores["diff"]
    np.testing.assert_allclose(scores, whole(vcf, tmp_path), rtol=1e-5, atol=1e-8)


@pytest.mark.fault("J6")
def test_no_memory_for_one_window_keeps_the_parts(vcf, out, tmp_path):
    def lose(x, y):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(DeviceMemoryError) as caught:
        run(vcf, out, model=breaking(lose, after=40))
    assert (caught.value.code, caught.value.batch_size) == ("device_memory", 1)
    assert len(parts_of(out)) >= 1
    np.testing.assert_array_equal(run(vcf, out).scores["diff"], whole(vcf, tmp_path))


@pytest.mark.fault("J7")
def test_lost_host_memory_publishes_nothing(vcf, tmp_path, monkeypatch):
    target, score_part, n_parts = tmp_path / "a.tsv", score_workers.score_part, []

    def lose(plan, genome, table):
        n_parts.append(table)
        if len(n_parts) == 3:
            raise MemoryError
        return score_part(plan, genome, table)

    with monkeypatch.context() as patch:
        patch.setattr(score_workers, "score_part", lose)
        with pytest.raises(HostMemoryError, match="after 16 alleles, which are kept") as caught:
            run(vcf, target)
    assert caught.value.code == "host_memory"
    assert isinstance(caught.value, MemoryError)
    assert not target.exists()
    assert len(run(vcf, target)) == N_ROWS


@pytest.mark.fault("J7")
@pytest.mark.skipif(sys.platform != "linux", reason="address space has no limit there")
def test_a_limit_of_the_system_on_memory(vcf, tmp_path):
    code = (
        "import resource, sys; from functools import partial;"
        "from locuscope.effects.jobs import score_call, score_workers;"
        "import locuscope.effects.variants;"
        "from locuscope.errors import HostMemoryError;"
        "from tests.faults import test_jobs;"
        "import numpy;"
        "first = score_workers.score_part;"
        "score_workers.score_part = lambda *given: (numpy.ones(2**33), first(*given))[1];"
        "size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (size + 2**31, size + 2**31));"
        "\ntry: test_jobs.run(*sys.argv[1:])"
        "\nexcept HostMemoryError as error: print(error.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, vcf, tmp_path / "a.tsv"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["host_memory"]
    assert not (tmp_path / "a.tsv").exists()


@pytest.mark.fault("J8")
def test_a_second_writer_is_refused(vcf, out, monkeypatch):
    score_part, refusals = score_workers.score_part, []

    def meddle(plan, genome, table):
        with monkeypatch.context() as patch:
            patch.setattr(score_workers, "score_part", score_part)
            with pytest.raises(LockedStoreError) as caught:
                run(vcf, out)
        refusals.append(caught.value.code)
        return score_part(plan, genome, table)

    with monkeypatch.context() as patch:
        patch.setattr(score_workers, "score_part", meddle)
        assert len(run(vcf, out)) == N_ROWS
    assert set(refusals) == {"locked_store"}
    assert not (out / "lock").exists()


@pytest.mark.fault("J9")
@pytest.mark.parametrize("damage", ["flipped", "cut", "deleted", "swapped"])
def test_damaged_parts_are_computed_again_and_reported(vcf, out, tmp_path, damage):
    scores = whole(vcf, tmp_path)
    run(vcf, out)
    first, second = (out / "parts" / f"0000{i}.parquet" for i in (0, 1))
    data = bytearray(first.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 16
        first.write_bytes(data)
    elif damage == "cut":
        first.write_bytes(data[:-7])
    elif damage == "deleted":
        first.unlink()
    else:
        first.write_bytes(second.read_bytes())
        second.write_bytes(data)
    with pytest.warns(RunWarning, match="damaged parts of .* are computed again"):
        found = run(vcf, out)
    np.testing.assert_array_equal(found.scores["diff"], scores)
    assert len(run(vcf, out)) == N_ROWS


@pytest.mark.fault("J10")
def test_a_manifest_that_is_broken_or_of_other_inputs(vcf, out):
    run(vcf, out)
    manifest = out / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text("{")
    with pytest.raises(CorruptStoreError, match="restart=True") as caught:
        run(vcf, out)
    assert caught.value.code == "corrupt_store"
    content["facts"]["genome_digest"] = "of another genome"
    manifest.write_text(json.dumps(content))
    with pytest.raises(InputChangedError, match="genome_digest was 'of another genome', is now"):
        run(vcf, out)
    assert len(run(vcf, out, restart=True)) == N_ROWS
    assert len(run(vcf, out)) == N_ROWS


@pytest.mark.fault("J12")
def test_a_network_that_gives_another_shape_once(vcf, out, tmp_path):
    with pytest.raises(ModelError, match="has shape") as caught:
        run(vcf, out, model=breaking(lambda _, y: y[:, :-1], after=40))
    assert caught.value.code == "model"
    assert len(parts_of(out)) >= 1
    np.testing.assert_array_equal(run(vcf, out).scores["diff"], whole(vcf, tmp_path))


@pytest.mark.fault("J12")
def test_a_network_that_gives_nan_once(vcf, out):
    with pytest.warns(DataWarning, match="NaN or Inf"):
        scores = run(vcf, out, model=breaking(lambda _, y: y * float("nan"), after=40))
    statuses = scores.status
    assert statuses.count("nonfinite") > 0
    assert statuses[:8] == ["ok"] * 8
    assert len(statuses) == N_ROWS
