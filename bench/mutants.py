"""Every single-base mutant: carried differences against whole passes, in time and in accuracy.

The two networks of `bench/networks.py`, random weights, one thread, CPU time, best of interleaved
rounds in one process. Mutants are tiles of neighbours spread evenly over the window, both edges
included; whole passes are timed in batches of 1, 8, 32 and 64, and the best counts. The plan is
made by `plan_mutants`, as for any network. The set-up of a call (weights checked, reference
computed) is left out of the time per mutant and contained in that of the full run. Accuracy:
largest error against the same network in float64, both ways. Prints every ratio; exits 1 below a
floor.
"""

from __future__ import annotations

import copy
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.networks import dense, dilated
from locuscope.genome.sequence import one_hot
from locuscope.inference.mutants import plan_mutants, predict_mutants
from locuscope.models.adapter import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from locuscope.inference.mutants import MutantPlan
    from locuscope.models.protocol import SequenceModel

ROUNDS = 3
BATCHES = (1, 8, 32, 64)
TILES = {"dilated": (6, 8), "dense": (4, 16)}
FLOORS = {"dilated": 9.0, "dilated, counts only": 11.0, "dense": 11.0}
ACCURACY_FLOOR = 10.0


def counts(outputs):
    """The one number of the dilated network."""
    return outputs["counts"][0][:, 0]


def counts_only(module: torch.nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Whole passes of the dilated network without its profile."""

    def run(x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(module.stem(x))
        for block in module.blocks:
            h = h + torch.relu(block(h))
        return module.counts(h[..., 520:-520].mean(-1))

    return run


def cpu_seconds(call: Callable[[], object]) -> float:
    start = time.thread_time()
    call()
    return time.thread_time() - start


def spread(length: int, n_tiles: int, width: int) -> list[int]:
    """Positions of tiles of neighbours, the first and the last at the edges."""
    firsts = np.linspace(0, length - width, n_tiles).round().astype(int)
    return [int(first) + place for first in firsts for place in range(width)]


def batch_of(text: str, positions: list[int]) -> torch.Tensor:
    """(N, 4, L): the three mutants of each position."""
    window = torch.from_numpy(one_hot(text)).float()
    rows = []
    for at in positions:
        for base in range(4):
            if window[base, at] != 1:
                mutant = window.clone()
                mutant[:, at] = 0
                mutant[base, at] = 1
                rows.append(mutant)
    return torch.stack(rows)


def measure(
    label: str, plan: MutantPlan, whole: Callable[[torch.Tensor], object], text: str
) -> float:
    """Time both ways in turn and print them; gives the ratio."""
    model = plan.model
    positions = spread(plan.window_bp, *TILES[model.name])
    mutants = batch_of(text, positions)
    some = mutants[:: max(1, len(mutants) // 64)][:64]
    slow = dict.fromkeys(BATCHES, float("inf"))
    quick = float("inf")
    for _ in range(ROUNDS):
        for batch in BATCHES:
            parts = some.split(batch)
            took = cpu_seconds(lambda parts=parts: [whole(part) for part in parts])
            slow[batch] = min(slow[batch], took / len(some))
        took, alone = (
            cpu_seconds(
                lambda at=at: predict_mutants(
                    model, text, positions=at, plan=plan, method="incremental"
                )
            )
            for at in (positions, [])
        )
        quick = min(quick, (took - alone) / len(mutants))
    best = min(slow, key=slow.__getitem__)
    ratio = slow[best] / quick
    rates = ", ".join(f"{batch}: {1e3 * s:.2f}" for batch, s in slow.items())
    print(
        f"{label}: {1e3 * quick:.3f} ms per mutant by the plan (tiles of {plan.tile_places}), "
        f"whole passes {rates} ms by batch; {ratio:.1f}x (floor {FLOORS[label]:g}x)"
    )
    full_run(label, plan, text, slow[best])
    return ratio


def full_run(label: str, plan: MutantPlan, text: str, slow: float) -> None:
    """All positions once, the reference included."""
    took = cpu_seconds(lambda: predict_mutants(plan.model, text, plan=plan, method="incremental"))
    n = 3 * len(text)
    print(
        f"{label}: all {n:,} mutants in {took:.2f} s of CPU time with the reference, "
        f"{1e3 * took / n:.3f} ms each, {slow * n / took:.1f}x"
    )


def accuracy(model: SequenceModel, plan: MutantPlan, text: str) -> float:
    """Print the errors of both ways against float64; gives the smallest ratio."""
    exact = wrap(
        copy.deepcopy(model.module).double(),
        heads=[*model.heads.values()] if len(model.heads) > 1 else next(iter(model.heads.values())),
        window_bp=model.window_bp,
        name="float64",
    )
    truth_plan = plan_mutants(exact, device="cpu", measure=False)
    positions = spread(plan.window_bp, 4, 3)
    ways = {
        way: predict_mutants(model, text, positions=positions, plan=plan, method=way)
        for way in ("naive", "incremental")
    }
    truth = predict_mutants(exact, text, positions=positions, plan=truth_plan, method="naive")
    ratios = []
    for head, by_key in truth.delta.items():
        for key, value in by_key.items():
            errors = {
                way: float(np.abs(found.delta[head][key] - value).max())
                for way, found in ways.items()
            }
            ratios.append(errors["naive"] / errors["incremental"])
            print(
                f"{model.name}, {head}: error of whole passes {errors['naive']:.1e}, of the plan "
                f"{errors['incremental']:.1e}, {ratios[-1]:.0f}x (floor {ACCURACY_FLOOR:g}x); "
                f"largest effect {np.abs(value).max():.1e}"
            )
    return min(ratios)


def main() -> int:
    """Measure both networks."""
    torch.set_num_threads(1)
    fine = []
    with torch.no_grad():
        for model in (dilated(), dense()):
            text = "".join(np.random.default_rng(0).choice(list("ACGT"), model.window_bp))
            start = time.thread_time()
            plan = plan_mutants(model, device="cpu")
            print(f"{model.name}: plan in {time.thread_time() - start:.2f} s of CPU time")
            took = cpu_seconds(lambda model=model: plan_mutants(model, device="cpu"))
            window = torch.from_numpy(one_hot(text))
            took += cpu_seconds(lambda plan=plan, window=window: plan.engine.reference(window))
            print(f"{model.name}: a later sequence costs {1e3 * took:.0f} ms before its mutants")
            jobs = [(model.name, plan, model.run)]
            if model.name == "dilated":
                own = plan_mutants(model, device="cpu", target=counts)
                jobs.append(("dilated, counts only", own, counts_only(model.module)))
            for label, one, whole in jobs:
                fine.append(measure(label, one, whole, text) >= FLOORS[label])
            fine.append(accuracy(model, plan, text) >= ACCURACY_FLOOR)
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
