"""`mutation_map` against the published scheme: each of 3L mutants run beside its own reference, 6L.

Two networks with random weights (dilated, 2,114 bp; dense, 600 bp), a tile of positions in
one window, one thread, CPU time, both schemes with batches of 32, best of interleaved rounds. Here
every mutant is one full forward pass and the reference is run once, so the ceiling is 2x; the 20x
that incremental evaluation is meant to reach is not measured, because `mutation_map` does not use
that engine (`inference/mutants`) yet. Prints the ratios, exits 1 below the floor or when the maps
differ.
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
FLOOR = 1.6
GOAL = 20
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


def measure(model: SequenceModel) -> bool:
    """Time both schemes in turn and print what came out; False below the floor."""
    rng = np.random.default_rng(0)
    window_bp = model.window_bp or 0
    text = "".join(rng.choice(list("ACGT"), window_bp))
    n = TILES[model.name]
    first = window_bp // 2 - n // 2
    genome = Genome.from_sequences({"1": text})
    where = Interval("1", first, first + n)
    run = Run(device="cpu", batch_size=BATCH, progress=False)
    seconds: dict[str, list[float]] = {"published": [], "mutation_map": []}
    maps = {}
    for _ in range(ROUNDS):
        start = time.process_time()
        maps["published"] = published(model, text, first, first + n)
        seconds["published"].append(time.process_time() - start)
        start = time.process_time()
        maps["mutation_map"] = one_map(mutation_map(model, where, genome, run=run))
        seconds["mutation_map"].append(time.process_time() - start)
    slow, quick = (min(times) for times in seconds.values())
    gap = float(np.abs(maps["published"] - maps["mutation_map"]).max())
    print(
        f"{model.name}: {n} positions, {6 * n} passes in {slow:.2f} s against {3 * n + 1} in "
        f"{quick:.2f} s of CPU time, {slow / quick:.2f}x (floor {FLOOR}x, ceiling "
        f"{6 * n / (3 * n + 1):.2f}x without incremental evaluation, goal with it {GOAL}x); "
        f"largest difference {gap:.1e}"
    )
    return slow / quick >= FLOOR and gap <= TOLERANCE


def main() -> int:
    """Measure both networks."""
    torch.set_num_threads(1)
    fine = [measure(dilated()), measure(dense())]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
