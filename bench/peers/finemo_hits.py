"""finemo's hit caller on the regions of `bench/call_hits.py`; runs in `.venv-peers`."""

from __future__ import annotations

import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import torch
from finemo.hitcaller import fit_contribs

from bench.peers.client import serve


def run(path: str, n_regions: int, batch: int, threads: int, *, is_hypothetical: bool) -> dict:
    """The first regions of a file: CPU and wall seconds, hits found."""
    torch.set_num_threads(threads)
    held = np.load(path)
    cwms = held["hypothetical_cwms" if is_hypothetical else "cwms"]
    warnings.simplefilter("ignore")
    wall, start = time.perf_counter(), time.process_time()
    hits, _ = fit_contribs(
        cwms,
        held["contribs"][:n_regions],
        held["sequences"][:n_regions],
        held["masks"],
        is_hypothetical,
        np.full(len(cwms), 0.7),
        batch_size=batch,
        device=torch.device("cpu"),
    )
    seconds = time.process_time() - start
    return {"seconds": seconds, "wall": time.perf_counter() - wall, "hits": len(hits)}


def answer(do: str, **question) -> dict:
    return {"run": run}[do](**question)


if __name__ == "__main__":
    sys.exit(serve(f"finemo {version('finemo')}", answer))
