"""A notebook's kernel is restarted in the middle of a job: the cell, run again, goes on."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from locuscope.effects.jobs import score_call
from locuscope.effects.variants import score_variants
from locuscope.genome.variant import Variant
from tests.effects import toy

ROOT = Path(__file__).resolve().parents[2]
PART_ROWS = 8
CELL = """
import sys, time
sys.path.insert(0, {root!r})
from locuscope.effects.jobs import score_workers
from tests.faults import test_job_kernel as job

plain = score_workers.score_part
def slow(*given):
    with open({log!r}, "ab") as file:
        file.write(b".")
    time.sleep({pause})
    return plain(*given)

score_workers.score_part = slow
print(job.work({out!r}).summary())
"""


def work(out):
    """90 SNVs in parts of eight."""
    score_call.run_score_job = partial(score_call.run_score_job, part_rows=PART_ROWS)
    bases = toy.sequence()
    variants = [
        Variant("1", pos, bases[pos - 1], alt)
        for pos in range(60, 90)
        for alt in "ACGT"
        if alt != bases[pos - 1]
    ]
    return score_variants(toy.model(), variants, toy.genome(), out=out, device="cpu")


def said(client, code):
    """Run code to its end and give what it printed."""
    texts = []

    def keep(message):
        if message["msg_type"] == "stream":
            texts.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=60, output_hook=keep)
    assert reply["content"]["status"] == "ok", json.dumps(reply["content"])[:2000]
    return "".join(texts)


@pytest.mark.fault("J3")
def test_a_restarted_kernel_goes_on_where_the_job_stopped(tmp_path, monkeypatch):
    log, out = tmp_path / "log", tmp_path / "killed.parquet"
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        texts = {"root": str(ROOT), "log": str(log), "out": str(out)}
        client.execute(CELL.format(pause=0.3, **texts))
        deadline = time.monotonic() + 60
        while not (log.exists() and len(log.read_bytes()) >= 4) and time.monotonic() < deadline:
            time.sleep(0.05)
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=60)
        assert not out.exists()
        before = len(log.read_bytes())
        text = said(client, CELL.format(pause=0, **texts))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    monkeypatch.setattr(score_call, "run_score_job", score_call.run_score_job)
    whole = work(tmp_path / "whole.parquet")
    n_parts = -(-len(whole) // PART_ROWS)
    assert whole.summary() in text
    assert 4 <= before < n_parts
    assert len(log.read_bytes()) in (n_parts, n_parts + 1)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
