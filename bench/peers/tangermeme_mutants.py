"""tangermeme's incremental path on the networks of the benches; runs in `.venv-peers`.

Its public call takes that path only for jobs of more than thirty seconds, and captures the network
each time. What is timed here is the part that repeats: the captured network over tiles of edits,
the example's activations known, as they are on our side.
"""

from __future__ import annotations

import sys
import time
from importlib.metadata import version

import numpy as np
import torch
from tangermeme._fastism import _FastISM
from tangermeme.saturation_mutagenesis import _single_edits

from bench.networks import Dilated, pooled
from bench.peers.client import serve

HELD: dict = {}


def network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return (Dilated(is_channels_last=False) if name == "dilated" else pooled()).eval()


def begin(name: str, letters: str, tiles: list[list[int]]) -> dict:
    """Capture a network for a sequence; CPU seconds that this takes."""
    x = torch.zeros(1, 4, len(letters))
    for at, letter in enumerate(letters):
        x[0, "ACGT".index(letter), at] = 1
    start = time.thread_time()
    with torch.no_grad():
        fast = _FastISM(
            network(name), x, None, 0, len(letters), torch.device("cpu"), torch.float32, False
        )
    HELD.update(fast=fast, tiles=[_single_edits(x[0], *tile)[1:] for tile in tiles])
    run(batch=8)  # the activations of the example, and buffers
    return {"seconds": time.thread_time() - start}


def run(batch: int, save: str = "") -> dict:
    """All mutants of the tiles once: CPU seconds, and how many they are."""
    count, found = 0, []
    start = time.thread_time()
    with torch.no_grad():
        for chars, positions in HELD["tiles"]:
            found.append(HELD["fast"].predict_edits(0, chars, positions, batch))
            count += len(chars)
    took = time.thread_time() - start
    if save:
        parts = [one if isinstance(one, list | tuple) else [one] for one in found]
        joined = [torch.cat(some).flatten(1) for some in zip(*parts, strict=True)]
        np.savez(save, *[some.numpy() for some in joined])
    return {"seconds": took, "mutants": count}


def answer(do: str, **question) -> dict:
    return {"begin": begin, "run": run}[do](**question)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(serve(f"tangermeme {version('tangermeme')}", answer))
