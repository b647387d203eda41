"""`out=`: parts that stay, results as in memory, the same bytes after any interruption."""

from __future__ import annotations

import copy
import gzip
import json
import os
from functools import partial

import numpy as np
import pytest

from locuscope.effects.jobs import score_call, score_job, score_workers
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import (
    AssemblyMismatchError,
    FormatError,
    InputChangedError,
    OptionError,
    RunWarning,
    StoreFullError,
    VariantError,
)
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from tests.effects import toy
from tests.effects.made_jobs import (
    FILES,
    HEAD,
    ODD,
    fresh_model,
    row,
    rows,
    run,
    same,
    stopped,
    watched,
)


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text(HEAD + "".join(rows()))
    return path


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(score_call, "run_score_job", partial(score_job.run_score_job, part_rows=16))


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["a.parquet", "a.h5", "a"])
def test_what_is_stored_equals_what_the_memory_holds(vcf, out, name):
    in_memory = run(vcf)
    stored = run(vcf, out / name)
    same(stored, in_memory)
    assert stored.summary() == in_memory.summary()
    assert "duplicate" in stored.notes[-1]
    assert not list(out.glob("*.job"))


def test_every_file_and_a_folder_in_one_pass(vcf, out, monkeypatch):
    computed = watched(monkeypatch)
    run(vcf, [out / name for name in FILES] + [out / "folder"])
    assert computed == [16, 16, 16, 16, 6]
    in_memory = run(vcf)
    for name in (*FILES, "folder"):
        stored = VariantScores.open(out / name)
        assert stored.status == in_memory.status
        np.testing.assert_allclose(stored.scores["alt"], in_memory.scores["alt"], atol=1e-5)


@pytest.mark.parametrize("n_parts", [0, 1, 3])
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(vcf, out, monkeypatch, n_parts):
    targets = [out / name for name in FILES]
    run(vcf, targets)
    whole = {path.name: path.read_bytes() for path in targets}
    again = out / "again"
    again.mkdir()
    stopped(monkeypatch, n_parts, vcf, [again / name for name in FILES])
    assert [path.name for path in again.iterdir()] == ["a.parquet.job"]
    computed = watched(monkeypatch)
    run(vcf, [again / name for name in FILES])
    assert len(computed) == 5 - n_parts
    assert {path.name: path.read_bytes() for path in again.glob("a.*")} == {
        path.name: path.read_bytes() for path in out.glob("a.*")
    }
    assert whole.keys() <= {path.name for path in again.iterdir()}


def test_a_finished_result_comes_back_without_the_model(vcf, out):
    for name in ("a.vcf.gz", "a.tsv", "folder"):
        first = run(vcf, out / name)
        model = fresh_model()
        second = run(vcf, out / name, model=model)
        assert model.module.calls == 0
        same(second, first)


def test_variants_in_memory_make_jobs_too(out, monkeypatch):
    sequence = toy.sequence()
    alleles = [
        Variant("1", pos, sequence[pos - 1], "ACGT"["ACGT".index(sequence[pos - 1]) - 1])
        for pos in range(60, 130)
    ]
    stopped(monkeypatch, 2, alleles, out / "a.tsv")
    computed = watched(monkeypatch)
    stored = run(alleles, out / "a.tsv")
    assert computed == [16, 16, 6]
    same(stored, run(alleles))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scores": ["diff"]}, "scores.alt.rc_merging"),
        ({"rc": True}, "rc"),
        ({"reduce": "max"}, "reduce"),
        ({"on_bad": "skip"}, "on_bad"),
        ({"tracks": [0]}, "tracks"),
        ({"placement": Placement(center="middle")}, "center"),
    ],
)
def test_another_option_is_refused_by_name(vcf, out, options, field):
    run(vcf, out / "a.tsv")
    with pytest.raises(InputChangedError, match=f"{field} was ") as caught:
        run(vcf, out / "a.tsv", **options)
    assert caught.value.field.endswith(field)
    run(vcf, out / "a.tsv", how={"restart": True}, **options)
    run(vcf, out / "a.tsv", **options)


def test_another_file_of_variants_model_or_genome_is_refused(vcf, out, monkeypatch):
    stopped(monkeypatch, 2, vcf, out / "a")
    text = vcf.read_text()
    vcf.write_text(text + row(400))
    with pytest.raises(InputChangedError, match="variants was"):
        run(vcf, out / "a")
    vcf.write_text(text)
    with pytest.raises(InputChangedError, match="model_digest was"):
        run(vcf, out / "a", model=toy.model(scale=2))
    assert len(run(vcf, out / "a")) == 70


def test_a_file_that_changes_while_it_is_read_is_not_published(vcf, out, monkeypatch):
    score_part = score_workers.score_part

    def meddle(plan, genome, table):
        os.utime(vcf, (1, 1))
        return score_part(plan, genome, table)

    monkeypatch.setattr(score_workers, "score_part", meddle)
    with pytest.raises(InputChangedError, match="mtime"):
        run(vcf, out / "a.tsv")
    assert not (out / "a.tsv").exists()


@pytest.mark.parametrize("name", ["a.tsv", "a.vcf.gz", "a.vcf"])
def test_no_row_of_a_file_is_read_by_the_call_that_wrote_it(vcf, out, name):
    """A table of text is read as a whole, which would take more memory than the call itself."""
    for _ in range(2):
        scores = run(vcf, out / name)
        assert len(scores) == 70
        assert scores.summary().startswith("70 alleles: 66 scored")
        assert "_fields" not in vars(scores._fields.source)
    assert scores.scores["diff"].shape == (70, 3)


def test_a_result_on_disk_keeps_its_source_when_it_is_sent_or_cut(vcf, out):
    scores = run(vcf, out / "a.parquet")
    sent = copy.copy(scores)
    cut = scores.select(track_name=scores.tracks.rows()[0]["track_name"])
    for found in (sent, cut, scores):
        assert found.source == str(vcf)
        head = found.to_vcf(out / "b.vcf").read_text().splitlines()[0]
        assert head == HEAD.splitlines()[0]


def test_a_file_inside_the_folder_of_the_job_is_refused(vcf, out):
    (out / "a").mkdir()
    with pytest.raises(OptionError, match=r"inside .* the folder of the job"):
        run(vcf, [out / "a", out / "a" / "b.tsv"])


def test_the_first_batch_size_holds_and_that_is_said(vcf, out, monkeypatch):
    stopped(monkeypatch, 2, vcf, out / "a", how={"batch_size": 4})
    sizes = []
    score_part = score_workers.score_part

    def watch(plan, genome, table):
        sizes.append((plan.run.batch_size, plan.scoring.run.batch_size))
        return score_part(plan, genome, table)

    monkeypatch.setattr(score_workers, "score_part", watch)
    with pytest.warns(RunWarning, match="begun with batch_size=4.*batch_size=8 is not used"):
        run(vcf, out / "a", how={"batch_size": 8})
    assert set(sizes) == {(4, 4)}
    assert json.loads((out / "a" / "manifest.json").read_text())["adopted"] == {"batch_size": 4}


def test_an_automatic_batch_size_gives_way_without_a_word(vcf, out, monkeypatch):
    stopped(monkeypatch, 2, vcf, out / "a", how={"batch_size": 2})
    run(vcf, out / "a", how={"batch_size": "auto"})


@pytest.mark.parametrize("out_name", ["a.tsv", "a"])
def test_a_wrong_assembly_stops_before_any_prediction(tmp_path, out, out_name):
    sequence = toy.sequence()
    path = tmp_path / "other.vcf"
    shifted = [row(60 + k, ref=sequence[(60 + k) % 600]) for k in range(200)]
    path.write_text(HEAD + "".join(shifted))
    model = fresh_model()
    with pytest.raises(AssemblyMismatchError):
        run(path, out / out_name, model=model)
    assert model.module.calls == 0
    assert not (out / "a.tsv").exists()
    scores = run(path, out / out_name, check_assembly=False)
    assert scores.status.count("ref_mismatch") > 100


def test_a_damaged_file_stops_before_any_prediction(vcf, tmp_path, out):
    packed = gzip.compress(vcf.read_bytes() * 1)
    path = tmp_path / "cut.vcf.gz"
    path.write_bytes(packed[:-20])
    model = fresh_model()
    with pytest.raises(FormatError):
        run(path, out / "a.tsv", model=model)
    assert model.module.calls == 0


def test_bad_rows_left_out_or_refused(vcf, out):
    in_memory = run(vcf, on_bad="skip")
    for name in ("a.parquet", "folder"):
        stored = run(vcf, out / name, on_bad="skip")
        same(stored, in_memory)
        assert stored.summary() == in_memory.summary()
    model = fresh_model()
    with pytest.raises(VariantError, match=r"in\.vcf:23: 1:200 .* is symbolic") as caught:
        run(vcf, out / "a.tsv", model=model, on_bad="raise")
    assert caught.value.line == 23
    assert not (out / "a.tsv").exists()


def test_several_windows_per_allele(vcf, out):
    from locuscope.genome.interval import Interval

    regions = [Interval("1", start, start + toy.WIDTH) for start in range(40, 240, 10)]
    place = Placement(mode="overlap", regions=regions, multi="all")
    in_memory = run(vcf, placement=place)
    assert len(in_memory) > 70
    for name in ("a.parquet", "folder"):
        same(run(vcf, out / name, placement=place), in_memory)


def test_no_alleles_give_an_empty_result(tmp_path, out):
    path = tmp_path / "empty.vcf"
    path.write_text(HEAD)
    for name in ("a.tsv", "folder"):
        assert len(run(path, out / name)) == 0
        assert len(run(path, out / name)) == 0


def test_progress_counts_alleles_by_status(vcf, out, monkeypatch):
    calls = []
    stopped(monkeypatch, 2, vcf, out / "a", how={"progress": lambda *call: calls.append(call)})
    assert [call[:2] for call in calls] == [(16, 70), (32, 70)]
    run(vcf, out / "a", how={"progress": lambda *call: calls.append(call)})
    assert [call[0] for call in calls[2:]] == [32, 48, 64, 70]
    assert calls[-1][2] == dict.fromkeys(ODD, 1) | {"ok": 70 - len(ODD)}
    assert sum(calls[-1][2].values()) == 70


def test_standard_input_is_read_once_and_made_anew(vcf, out, monkeypatch):
    for _ in range(2):
        with vcf.open("rb") as file:
            monkeypatch.setattr("sys.stdin", file_like(file))
            assert len(run("-", out / "a.parquet")) == 70


def file_like(file):
    from types import SimpleNamespace

    return SimpleNamespace(buffer=file)


def test_one_folder_is_enough(vcf, out):
    with pytest.raises(OptionError, match="2 folders"):
        run(vcf, [out / "a", out / "b"])


def test_too_little_room_is_said_before_the_model_runs(vcf, out, monkeypatch):
    model = fresh_model()
    usage = score_job.require_space.__globals__["shutil"].disk_usage(out)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(StoreFullError, match="1,000 bytes free; about") as caught:
        run(vcf, out / "a.tsv", model=model)
    assert caught.value.needed_bytes > 70 * 60
    assert model.module.calls == 0


def test_the_manifest_names_no_path_and_no_time(vcf, out):
    run(vcf, out / "a")
    text = (out / "a" / "manifest.json").read_text()
    assert str(out) not in text
    assert str(vcf) not in text
    facts = json.loads(text)["facts"]
    assert len(facts["variants"]) == len(facts["model_digest"]) == 64
    assert "package" not in facts
