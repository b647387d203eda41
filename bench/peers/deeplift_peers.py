"""DeepLIFT of tangermeme and captum on the networks of the benches; runs in `.venv-peers`."""

from __future__ import annotations

import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import DeepLiftShap
from tangermeme.deep_lift_shap import deep_lift_shap

from bench.networks import pooled
from bench.peers.client import serve
from bench.peers.module_networks import BUILT, CountsOfDilated

HELD: dict = {}


def network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    kinds = {"counts": CountsOfDilated, "dense": pooled, **BUILT}
    return kinds[name]().eval()


def begin(name: str, path: str) -> dict:
    """Read examples (N, A, L) and references (N, R, A, L) of a network."""
    with np.load(path) as held:
        x, references = (torch.from_numpy(held[key]).float() for key in ("x", "references"))
    HELD.update(net=network(name), x=x, references=references)
    return {"outputs": HELD["net"](x).detach().flatten().tolist()}


def run(peer: str, batch: int = 20, save: str = "") -> dict:
    """Hypothetical contributions of output 0: CPU seconds."""
    net, x, references = HELD["net"], HELD["x"], HELD["references"]
    start = time.thread_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if peer == "tangermeme":
            found = deep_lift_shap(
                net, x, references=references, batch_size=batch, hypothetical=True, device="cpu"
            )
        else:
            rows = [
                DeepLiftShap(net).attribute(one[None], baselines=some, target=0)
                for one, some in zip(x, references, strict=True)
            ]
            found = torch.cat(rows)
    took = time.thread_time() - start
    if save:
        np.savez(save, values=found.detach().numpy())
    return {"seconds": took}


def answer(do: str, **question) -> dict:
    return {"begin": begin, "run": run}[do](**question)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(serve(f"tangermeme {version('tangermeme')}, captum {version('captum')}", answer))
