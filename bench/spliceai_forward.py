"""The splice network's fast pass against the plain layout, one sequence at a time.

Prints, for each case, the medians of paired runs and their ratio; exits 1 below a floor:
windows (8 of D = 50 and of D = 500) at least 2.0x, 20 kb on both strands at most 0.6x of the loop.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope.models.zoo import load_model
from tests.oracles.splice_oracle import plain_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 2
PAIRS = 5
WINDOWS_FLOOR = 2.0
REGION_CEILING = 0.6


def paired(fast: Callable[[], object], plain: Callable[[], object]) -> tuple[float, float, float]:
    """Median seconds of both and the median of the ratios, runs interleaved."""
    fast()
    seconds: list[tuple[float, float]] = []
    for _ in range(PAIRS):
        a = time.perf_counter()
        plain()
        b = time.perf_counter()
        fast()
        seconds.append((b - a, time.perf_counter() - b))
    return (
        statistics.median(pair[0] for pair in seconds),
        statistics.median(pair[1] for pair in seconds),
        statistics.median(pair[0] / pair[1] for pair in seconds),
    )


def random_windows(count: int, length: int) -> torch.Tensor:
    letters = torch.randint(0, 4, (count, length), generator=torch.Generator().manual_seed(length))
    return torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float()


def main() -> int:
    torch.set_num_threads(THREADS)
    model = load_model("cispliceai")
    states = [dict(member.state_dict()) for member in model.network.members]
    failed = []
    with torch.inference_mode():
        for distance in (50, 500):
            x = random_windows(8, 10_001 + 2 * distance)
            gap = float((model.network(x) - plain_probabilities(states, x)).abs().max())
            plain, fast, ratio = paired(
                lambda x=x: model.network(x), lambda x=x: plain_probabilities(states, x)
            )
            print(
                f"8 windows, D = {distance}: plain {plain:.3f} s, fast {fast:.3f} s, {ratio:.2f}x, "
                f"largest difference {gap:.1e}"
            )
            if ratio < WINDOWS_FLOOR or gap > 1e-5:
                failed.append(f"windows D = {distance}")
        x = random_windows(1, 30_000)
        both = torch.cat([x, x.flip(-1, -2)])
        plain, fast, ratio = paired(lambda: model.run(x), lambda: plain_probabilities(states, both))
        print(f"20 kb, both strands: plain {plain:.3f} s, fast {fast:.3f} s, {1 / ratio:.2f} of it")
        if 1 / ratio > REGION_CEILING:
            failed.append("20 kb")
    print(
        f"{THREADS} threads, medians of {PAIRS} pairs; floors {WINDOWS_FLOOR}x and {REGION_CEILING}"
    )
    if failed:
        print(f"below the floor: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
