"""`mutation_map` against the published scheme: each of 3L mutants run beside its own reference, 6L.

Two networks with random weights (dilated, 2,114 bp; dense, 600 bp), one thread, CPU time, the
published scheme with batches of 32, best of interleaved rounds. Its passes do not depend on the
base, so it runs on a tile of positions and counts per position; the maps of the engine run whole
(dense) or on 300 positions (dilated), everything that a call does included: windows, reference,
scores, provenance. What the plan costs, once per network and process, is printed beside. Below
stands the map of full passes, for which the ceiling is 2x. Prints the ratios, exits 1 below a floor
or when the maps differ.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.networks import dense, dilated
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.mutation_map import mutation_map
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from locuscope.effects.maps.mutation_map_set import MutationMapSet
    from locuscope.models.protocol import SequenceModel

ROUNDS = 3
BATCH = 32
TILES = {"dilated": 16, "dense": 32}
LENGTHS = {"dilated": 300, "dense": 600}
FLOORS = {"incremental": 20.0, "naive": 1.6}
STRETCH = 28
TOLERANCE = 2e-6


def published(model: SequenceModel, text: str, first: int, stop: int) -> np.ndarray:
    """Give the map of letters [first, stop) as published tools make it: two passes per mutant."""
    window = torch.from_numpy(one_hot(text)).float()
    cells = [(at, base) for at in range(first, stop) for base in range(4) if window[base, at] != 1]
    found: np.ndarray | None = None
    with torch.inference_mode():
        for low in range(0, len(cells), BATCH):
            some = cells[low : low + BATCH]
            reference = window.expand(len(some), -1, -1).clone()
            mutant = reference.clone()
            for row, (at, base) in enumerate(some):
                mutant[row, :, at] = 0
                mutant[row, base, at] = 1
            sides = [_flat(model, side) for side in (reference, mutant)]
            change = (sides[1] - sides[0]).numpy()
            if found is None:
                found = np.zeros((stop - first, 4, change.shape[1]))
            for row, (at, base) in enumerate(some):
                found[at - first, base] = change[row]
    assert found is not None
    return found


def one_map(found: MutationMap | MutationMapSet) -> np.ndarray:
    """Values of the one map of a call."""
    return (found if isinstance(found, MutationMap) else found[0]).scores


def _flat(model: SequenceModel, batch: torch.Tensor) -> torch.Tensor:
    """One number per track: the mean over the positions, in float64."""
    heads = model.run(batch).values()
    return torch.cat([next(iter(head.values())).double().mean(1) for head in heads], 1)


def cpu_seconds(call) -> tuple[float, np.ndarray]:
    """Least CPU time of a call, and what it gives."""
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def measure(model: SequenceModel) -> bool:
    """Time the schemes in turn and print what came out; False below a floor."""
    window_bp = model.window_bp or 0
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), window_bp))
    genome = Genome.from_sequences({"1": text})
    tile, length = TILES[model.name], LENGTHS[model.name]
    middle = window_bp // 2
    run = Run(device="cpu", batch_size=BATCH, progress=False)

    def ours(n: int, method: str) -> np.ndarray:
        where = Interval("1", middle - n // 2, middle - n // 2 + n)
        return one_map(mutation_map(model, where, genome, run=run, method=method))

    first, _ = cpu_seconds(lambda: ours(1, "incremental"))
    seconds: dict[str, list[float]] = {"published": [], "incremental": [], "naive": []}
    maps = {}
    jobs = {
        "published": (tile, lambda: published(model, text, middle - tile // 2, middle + tile // 2)),
        "incremental": (length, lambda: ours(length, "incremental")),
        "naive": (tile, lambda: ours(tile, "naive")),
    }
    for _ in range(ROUNDS):
        for name, (n, job) in jobs.items():
            took, maps[name] = cpu_seconds(job)
            seconds[name].append(took / n)
    best = {name: min(times) for name, times in seconds.items()}
    low = (length - tile) // 2
    maps["incremental"] = maps["incremental"][low : low + tile]
    is_fine = True
    print(f"{model.name}: the plan takes {first:.2f} s of CPU time, once")
    for name, floor in FLOORS.items():
        ratio = best["published"] / best[name]
        gap = float(np.abs(maps["published"] - maps[name]).max())
        print(
            f"{model.name}, {name}: {1e3 * best[name]:.2f} ms per position against "
            f"{1e3 * best['published']:.2f} ms of six full passes, {ratio:.2f}x (floor {floor}x"
            + (f", stretch {STRETCH}x" if name == "incremental" else ", ceiling 2x")
            + f"); largest difference {gap:.1e}"
        )
        is_fine &= ratio >= floor and gap <= TOLERANCE
    return is_fine


def main() -> int:
    """Measure both networks."""
    torch.set_num_threads(1)
    fine = [measure(dilated()), measure(dense())]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
