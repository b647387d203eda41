"""Inputs that change under a job: the file of the variants, and the caller's own functions."""

from __future__ import annotations

import os
from functools import partial

import pytest

from locuscope.effects.jobs import score_call, score_job
from locuscope.errors import InputChangedError, MissingFileError
from tests.effects.made_jobs import HEAD, rows, run, stopped


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


@pytest.mark.fault("V19")
@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz", "a.tsv", "folder"])
@pytest.mark.parametrize("text", ["X=1", "gone"])
def test_a_file_that_changes_after_its_last_part_is_not_published(
    vcf, out, monkeypatch, name, text
):
    """The places of its records are the same, so that only the file itself can tell."""
    before, assemble = vcf.read_text(), score_job.assemble

    def meddle(*given, **options):
        if text == "gone":
            vcf.unlink()
        else:
            vcf.write_text(before.replace("\t.\n", f"\t{text}\n"))
        return assemble(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(score_job, "assemble", meddle)
        with pytest.raises((InputChangedError, MissingFileError)):
            run(vcf, out / name)
    assert not (out / name).is_file()
    assert not (out / name / "summary.json").exists()


def test_a_file_that_changes_while_its_lines_are_copied_is_not_published(vcf, out, monkeypatch):
    read = score_job.read_part

    def meddle(path):
        os.utime(vcf, (1, 1))
        return read(path)

    monkeypatch.setattr(score_job, "read_part", meddle)
    with pytest.raises(InputChangedError, match="mtime"):
        run(vcf, out / "a.vcf")
    assert not (out / "a.vcf").exists()


def times(factor):
    def score(ref, alt):
        return (alt - ref) * factor

    return score


def test_a_callable_of_the_same_name_that_computes_something_else_is_refused(vcf, out, monkeypatch):
    stopped(monkeypatch, 2, vcf, out / "a.tsv", scores=[times(1)])
    with pytest.raises(InputChangedError, match=r"code\.score score was"):
        run(vcf, out / "a.tsv", scores=[times(2)])
    run(vcf, out / "a.tsv", scores=[times(1)])
    run(vcf, out / "b.tsv", reduce=lambda values: values.max(0))
    with pytest.raises(InputChangedError, match=r"code\.reduce was"):
        run(vcf, out / "b.tsv", reduce=lambda values: values.min(0))
