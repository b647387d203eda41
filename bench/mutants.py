"""Every single-base mutant: carried differences against whole passes and a peer.

The two networks of `bench/networks.py`, random weights, one thread, CPU time, best of interleaved
rounds; tangermeme 1.6.0 (MIT) runs its incremental path in a process of its own, in the same
rounds. Mutants are tiles of neighbours spread evenly over the window, both edges included; whole
passes are timed in batches of 1, 8, 32 and 64, and the best counts. The plan is made by
`plan_mutants`, as for any network. The set-up of a call (weights checked, reference computed) is
left out of the time per mutant, on both sides, and contained in that of the full run. Then: the
cost of pairs, two workers against one (wall time, judged on an idle machine only), and the largest
error against the same network in float64, both ways. Prints every ratio; exits 1 below a floor.
Without `.venv-peers` it says so and the rows of the peer are left out.
"""

from __future__ import annotations

import copy
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.networks import dense, dilated
from bench.peers.client import Peer, open_peer
from bench.peers.idle import share_of_others
from locuscope.genome.sequence import one_hot
from locuscope.inference.mutants import plan_mutants, predict_edits, predict_mutants
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from locuscope.inference.mutants import MutantPlan
    from locuscope.models.protocol import SequenceModel

ROUNDS = 4
BATCHES = (1, 8, 32, 64)
PEER_BATCHES = (8, 32)
TILES = {"dilated": (6, 8), "dense": (4, 16)}
FLOORS = {"dilated": 9.0, "dilated, counts only": 11.0, "dense": 11.0}
PEER_FLOORS = {"dilated": 3.0, "dense": 1.8}
WORKER_FLOOR = 1.7
ACCURACY_FLOOR = 10.0
PAIR_GOAL = 2.5
PLAN_GOAL_S, LATER_GOAL_MS = 3.0, 60.0
BUSY = 0.1


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


def tiles_of(name: str, length: int) -> list[tuple[int, int]]:
    """First and last + 1 position of tiles of neighbours, two of them at the edges."""
    n_tiles, width = TILES[name]
    firsts = np.linspace(0, length - width, n_tiles).round().astype(int).tolist()
    return [(first, first + width) for first in firsts]


def spread(name: str, length: int) -> list[int]:
    """The positions of the tiles."""
    return [at for first, stop in tiles_of(name, length) for at in range(first, stop)]


def letters(model: SequenceModel) -> str:
    return "".join(np.random.default_rng(0).choice(list("ACGT"), model.window_bp))


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
    label: str,
    plan: MutantPlan,
    whole: Callable[[torch.Tensor], object],
    peer: Peer | None,
) -> bool:
    """Time all ways in turn and print them; False below a floor."""
    model, text = plan.model, letters(plan.model)
    positions = spread(model.name, len(text))
    mutants = batch_of(text, positions)
    some = mutants[:: max(1, len(mutants) // 64)][:64]
    slow = dict.fromkeys(BATCHES, float("inf"))
    theirs = dict.fromkeys(PEER_BATCHES if peer else (), float("inf"))
    quick = float("inf")
    if peer:
        begun = peer.ask(
            do="begin", name=model.name, letters=text, tiles=tiles_of(model.name, len(text))
        )
        print(f"{label}: {peer.name} is ready after {begun['seconds']:.2f} s of CPU time")
    for _ in range(ROUNDS):
        for batch in BATCHES:
            parts = some.split(batch)
            took = cpu_seconds(lambda parts=parts: [whole(part) for part in parts])
            slow[batch] = min(slow[batch], took / len(some))
        took, alone = (cpu_seconds(lambda at=at: carried(plan, text, at)) for at in (positions, []))
        quick = min(quick, (took - alone) / len(mutants))
        for batch in theirs:
            done = peer.ask(do="run", batch=batch)
            theirs[batch] = min(theirs[batch], done["seconds"] / done["mutants"])
    ratio = min(slow.values()) / quick
    print(
        f"{label}: {1e3 * quick:.3f} ms per mutant by the plan (tiles of {plan.tile_places}), "
        f"whole passes {rates(slow)}; {ratio:.1f}x (floor {FLOORS[label]:g}x)"
    )
    full_run(label, plan, text, min(slow.values()))
    is_fine = ratio >= FLOORS[label]
    if theirs:
        beside, floor = min(theirs.values()) / quick, PEER_FLOORS[label]
        print(f"{label}: {peer.name} {rates(theirs)}; {beside:.2f}x (floor {floor:g}x)")
        is_fine &= beside >= floor and agrees(plan, text, positions, peer)
    return is_fine


def rates(seconds: dict[int, float]) -> str:
    return ", ".join(f"{b}: {1e3 * s:.3f}" for b, s in seconds.items()) + " ms by batch"


def carried(plan: MutantPlan, text: str, at: list[int] | None, workers: int = 1):
    return predict_mutants(
        plan.model,
        text,
        positions=at,
        plan=plan,
        method="incremental",
        run=Run(device="cpu", workers=workers, progress=False),
    )


def agrees(plan: MutantPlan, text: str, positions: list[int], peer: Peer) -> bool:
    """Whether the peer computes the same mutants."""
    found = carried(plan, text, positions)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "peer.npz")
        peer.ask(do="run", batch=32, save=path)
        with np.load(path) as held:
            theirs = [held[name] for name in held.files]
    gaps = []
    for (head, key), other in zip(plan.keys, theirs, strict=True):
        values = found.alternative()[head][key]
        mine = []  # the peer lists the mutants of a tile by base, then by position
        width = TILES[plan.model.name][1]
        for low in range(0, len(positions), width):
            for base in range(4):
                rows = [i for i in range(low, low + width) if text[positions[i]] != "ACGT"[base]]
                mine += [values[i, base].T.ravel() for i in rows]
        gaps.append(float(np.abs(np.stack(mine) - other).max()))
    print(f"{plan.model.name}: largest difference from {peer.name} {max(gaps):.1e}")
    return max(gaps) <= 1e-5


def full_run(label: str, plan: MutantPlan, text: str, slow: float) -> None:
    """All positions once, the reference included."""
    took = cpu_seconds(lambda: carried(plan, text, None))
    n = 3 * len(text)
    print(
        f"{label}: all {n:,} mutants in {took:.2f} s of CPU time with the reference, "
        f"{1e3 * took / n:.3f} ms each, {slow * n / took:.1f}x"
    )


def pairs(plan: MutantPlan) -> None:
    """What the joint difference of two edits costs, its parts being known anyway."""
    text, n = letters(plan.model), 24

    def edited(edits):
        predict_edits(plan.model, text, edits, plan=plan, method="incremental")

    base = {at: "ACGT"[("ACGT".index(text[at]) + 1) % 4] for at in range(len(text))}
    middle = len(text) // 2
    apart = len(text) // 3
    for label, gap in (("overlapping", 3), ("apart", apart)):
        firsts = [middle - apart // 2 + 5 * k for k in range(n)]
        some = [[(at, base[at]), (at + gap, base[at + gap])] for at in firsts]
        parts = list(dict.fromkeys(edit for pair in some for edit in pair))
        best = dict.fromkeys(("one", "parts", "pairs"), float("inf"))
        for _ in range(ROUNDS):
            for name, edits in (("one", parts[:1]), ("parts", parts), ("pairs", some)):
                took = cpu_seconds(
                    lambda edits=edits: predict_edits(
                        plan.model, text, edits, plan=plan, method="incremental"
                    )
                )
                best[name] = min(best[name], took)
        single = (best["parts"] - best["one"]) / (len(parts) - 1)
        pair = (best["pairs"] - best["parts"]) / n
        print(
            f"{plan.model.name}: a pair of edits {label} costs {pair / single:.2f} single ones "
            f"beside its parts (goal {PAIR_GOAL:g})"
        )


def workers(plan: MutantPlan) -> bool:
    """Wall time of one and two workers in turn, for every mutant."""
    text = letters(plan.model)
    busy = share_of_others()
    best = {1: float("inf"), 2: float("inf")}
    for _ in range(ROUNDS):
        for k, least in best.items():
            start = time.perf_counter()
            carried(plan, text, None, workers=k)
            best[k] = min(least, time.perf_counter() - start)
    ratio = best[1] / best[2]
    is_judged = busy < BUSY
    said = "" if is_judged else f", not judged: others use {busy:.0%} of the machine"
    print(f"{plan.model.name}: two workers {ratio:.2f}x one (floor {WORKER_FLOOR:g}x{said})")
    return ratio >= WORKER_FLOOR or not is_judged


def accuracy(model: SequenceModel, plan: MutantPlan) -> float:
    """Print the errors of both ways against float64; gives the smallest ratio."""
    text = letters(model)
    exact = wrap(
        copy.deepcopy(model.module).double(),
        heads=[*model.heads.values()] if len(model.heads) > 1 else next(iter(model.heads.values())),
        window_bp=model.window_bp,
        name="float64",
    )
    truth_plan = plan_mutants(exact, device="cpu", measure=False)
    firsts = np.linspace(0, len(text) - 3, 4).round().astype(int).tolist()
    positions = [first + place for first in firsts for place in range(3)]
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


def planned(model: SequenceModel) -> MutantPlan:
    """The plan, and what the first and a later sequence pay for it."""
    start = time.thread_time()
    plan = plan_mutants(model, device="cpu")
    first = time.thread_time() - start
    window = torch.from_numpy(one_hot(letters(model)))
    later = cpu_seconds(lambda: plan_mutants(model, device="cpu"))
    later += min(cpu_seconds(lambda: plan.engine.reference(window)) for _ in range(ROUNDS))
    print(
        f"{model.name}: plan in {first:.2f} s of CPU time, measured (goal < {PLAN_GOAL_S:g} s); a "
        f"later sequence costs {1e3 * later:.0f} ms before its mutants (goal < {LATER_GOAL_MS:g})"
    )
    return plan


def main() -> int:
    """Measure both networks."""
    torch.set_num_threads(1)
    fine = []
    peer = open_peer("tangermeme_mutants")
    with torch.no_grad():
        for model in (dilated(), dense()):
            plan = planned(model)
            fine.append(measure(model.name, plan, model.run, peer))
            if model.name == "dilated":
                own = plan_mutants(model, device="cpu", target=counts)
                whole = counts_only(model.module)
                fine.append(measure("dilated, counts only", own, whole, None))
                fine.append(workers(plan))
            pairs(plan)
            fine.append(accuracy(model, plan) >= ACCURACY_FLOOR)
    if peer:
        peer.close()
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
