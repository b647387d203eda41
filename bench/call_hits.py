"""The certified hit solver against finemo 0.41 (MIT), region by region, in CPU time.

Seeded regions with planted motifs (`bench/hit_regions.py`), float16 scores, lambda 0.7; ours with
default settings, exact finish and certificate included, against the peer at its best batch size
and its own tolerance of 5e-4. The peer runs in a process of its own (`.venv-peers`), in turns with
ours; the median ratio of the rounds counts. Every region of ours must be certified. Then: one
region warm, and wall throughput on two threads (judged on an idle machine only). Exits 1 below a
floor. Without the peer its ratios are left out, by name.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.hit_regions import make_regions
from bench.peers.client import Peer, open_peer
from bench.peers.idle import share_of_others
from locuscope.motifs.solvers import Problem, solve_certified
from locuscope.motifs.solvers.fista import Fista, solve_fista

ROUNDS = 3
N_REGIONS = 256
FLOOR, WARM_MS, BUSY = 100.0, 5.0, 0.1
WALL_FLOORS = {"projected M=30": 5000, "projected M=100": 2000}


class Case(NamedTuple):
    """A row: regions of a kind, and how many the peer is given at which batch size."""

    n_motifs: int
    length: int
    copies: int
    batch: int
    n_peer: int
    is_hypothetical: bool


CASES = {
    "projected M=30": Case(30, 1000, 1, 8, 24, is_hypothetical=False),
    "projected M=100": Case(100, 1000, 1, 8, 16, is_hypothetical=False),
    "hypothetical M=30": Case(30, 1000, 1, 8, 24, is_hypothetical=True),
    "redundant M=80": Case(80, 300, 4, 24, 24, is_hypothetical=False),
}


def prepared(case: Case, arrays: dict[str, np.ndarray]) -> Problem:
    return Problem.prepare(
        arrays["contribs"],
        arrays["sequences"],
        arrays["hypothetical_cwms" if case.is_hypothetical else "cwms"],
        arrays["masks"],
        0.7,
        use_hypothetical=case.is_hypothetical,
    )


def ours(problem: Problem) -> float:
    """CPU milliseconds per region, set-up of the motifs included."""
    start = time.process_time()
    solved = solve_certified(problem)
    took = time.process_time() - start
    if not (solved.status == "ok").all() or solved.gap.max() > 1e-7:
        message = f"not every region is certified: {solved}"
        raise SystemExit(message)
    return 1e3 * took / problem.n_regions


def measure(label: str, case: Case, problem: Problem, peer: Peer | None, path: Path) -> bool:
    """Time both in turns and print the ratio; False below the floor."""
    if peer is None:
        start = time.process_time()
        solve_fista(
            problem,
            slice(0, case.n_peer),
            rules=Fista(stop="published"),
            batch_size=case.batch,
        )
        their = 1e3 * (time.process_time() - start) / case.n_peer
        own = statistics.median(ours(problem) for _ in range(ROUNDS))
        print(
            f"{label}: {own:.3f} ms per region; the published rules in this package {their:.1f} "
            f"ms, {their / own:.0f}x (the peer is absent: not judged)"
        )
        return True
    question = {"path": str(path), "batch": case.batch, "threads": 1}
    question["is_hypothetical"] = case.is_hypothetical
    peer.ask(do="run", n_regions=2, **question)
    pairs = []
    for _ in range(ROUNDS):
        answer = peer.ask(do="run", n_regions=case.n_peer, **question)
        pairs.append((ours(problem), 1e3 * answer["seconds"] / case.n_peer))
    own, their = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(slow / quick for quick, slow in pairs)
    print(
        f"{label}: {own:.3f} ms per region, {peer.name} {their:.1f} ms at batch {case.batch}; "
        f"{ratio:.0f}x (floor {FLOOR:g}x)",
        flush=True,
    )
    return ratio >= FLOOR


def throughput(label: str, problem: Problem) -> bool:
    """Regions per second of wall time on two threads."""
    busy = share_of_others()
    start = time.perf_counter()
    solve_certified(problem, threads=2)
    rate = problem.n_regions / (time.perf_counter() - start)
    said = f", not judged: others use {busy:.0%}" if busy > BUSY else ""
    print(f"{label}: {rate:,.0f} regions/s, two threads (floor {WALL_FLOORS[label]:,}{said})")
    return busy > BUSY or rate >= WALL_FLOORS[label]


def one_region(problem: Problem) -> bool:
    """Milliseconds of a single warm region."""
    took = []
    for row in range(20):
        start = time.perf_counter()
        solve_certified(problem, slice(row, row + 1))
        took.append(1e3 * (time.perf_counter() - start))
    middle = statistics.median(took)
    print(f"one region, M=100, warm: {middle:.2f} ms (<= {WARM_MS:g} ms)")
    return middle <= WARM_MS


def published_program() -> Peer | None:
    """The peer, or None where it is not installed."""
    try:
        return open_peer("finemo_hits")
    except RuntimeError as error:
        print(f"finemo==0.41 does not start in .venv-peers: {error}")
        return None


def main() -> int:
    torch.set_num_threads(1)
    is_fine, peer = True, published_program()
    with tempfile.TemporaryDirectory() as folder:
        for label, case in CASES.items():
            arrays = make_regions(N_REGIONS, case.n_motifs, length=case.length, copies=case.copies)
            path = Path(folder) / "regions.npz"
            np.savez(path, **arrays)
            problem = prepared(case, arrays)
            solve_certified(problem, slice(0, 2))
            is_fine &= measure(label, case, problem, peer, path)
            if label in WALL_FLOORS:
                is_fine &= throughput(label, problem)
            if case.n_motifs == 100:
                is_fine &= one_region(problem)
    if peer is not None:
        peer.close()
    return int(not is_fine)


if __name__ == "__main__":
    sys.exit(main())
