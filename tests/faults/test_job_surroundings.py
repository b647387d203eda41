"""Jobs in odd surroundings: clocks, time zones and locales, scripts and executed notebooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial

import pytest

from locuscope.effects.jobs import score_call
from tests.faults.test_jobs import PART_ROWS, ROOT, run, write_vcf


@pytest.fixture
def vcf(tmp_path):
    return write_vcf(tmp_path / "in.vcf")


@pytest.mark.fault("J13")
@pytest.mark.parametrize(
    "changes",
    [{"TZ": "Pacific/Kiritimati"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C"}, {"CLOCK": "-1e8"}],
    ids=["time zone", "tr_TR", "C", "clock"],
)
def test_the_clock_and_the_locale_change_no_byte(vcf, tmp_path, changes, monkeypatch):
    small = partial(score_call.run_score_job, part_rows=PART_ROWS)
    monkeypatch.setattr(score_call, "run_score_job", small)
    targets = [tmp_path / "a.parquet", tmp_path / "a.tsv", tmp_path / "a.vcf"]
    run(vcf, targets)
    there = tmp_path / "there"
    there.mkdir()
    code = (
        "import os, sys, time; from functools import partial;"
        "shift, real = float(os.environ.get('CLOCK', 0)), time.time;"
        "time.time = lambda: real() + shift;"
        "from locuscope.effects.jobs import score_call;"
        "from tests.faults import test_jobs;"
        "import torch; torch.set_num_threads(1);"
        "score_call.run_score_job = partial(score_call.run_score_job, part_rows=8);"
        "test_jobs.run(sys.argv[1], sys.argv[2:])"
    )
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, vcf, *(there / path.name for path in targets)],
        cwd=ROOT,
        env={**os.environ, **changes},
        check=True,
    )
    for path in targets:
        assert (there / path.name).read_bytes() == path.read_bytes()


@pytest.mark.fault("J14")
def test_a_script_without_a_terminal_writes_plain_lines(vcf, tmp_path):
    code = (
        "import sys; from tests.faults import test_jobs;"
        "test_jobs.run(sys.argv[1], sys.argv[2], progress=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, vcf, tmp_path / "a.tsv"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert b"30 of 30 alleles" in said
    assert b"\r" not in said
    assert b"\x1b" not in said
    assert said.count(b"\n") <= 3


@pytest.mark.fault("J14")
def test_an_executed_notebook_holds_no_escape_codes(vcf, tmp_path):
    import nbformat
    from nbclient import NotebookClient

    source = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.faults import test_jobs\n"
        f"test_jobs.run({str(vcf)!r}, {str(tmp_path / 'a.tsv')!r}, progress=True).summary()"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60).execute()
    outputs = notebook.cells[0].outputs
    assert any("30 alleles" in str(output.get("data")) for output in outputs)
    text = json.dumps([output.get("text", "") for output in outputs])
    assert "\\u001b" not in text
    assert "\\r" not in text
    assert len(outputs) <= 3
