"""Speed of the dinucleotide shuffle against its budget and against the published procedure.

The peer is the plain Altschul-Erickson loop of `tests/oracles/`, run in turns with ours in this
process. Run it as `python bench/shuffle.py`; it takes about five seconds. Exit 1 when a limit is
missed.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope.genome.shuffle import dinucleotide_shuffle
from tests.oracles import shuffle_oracle

LENGTH_BP, N = 2_114, 20
LIMIT_MS = 40
FLOOR = 3.0


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    draw = random.Random(0)  # noqa: S311 (a test sequence, no secret)
    text = "".join(draw.choices("ACGT", weights=(3, 2, 2, 3), k=LENGTH_BP))
    pairs = [
        (
            seconds(lambda: dinucleotide_shuffle(text, N, seed=0)),
            seconds(lambda: [shuffle_oracle.shuffle(text, draw) for _ in range(N)]),
        )
        for _ in range(31)
    ]
    ours = 1e3 * statistics.median(own for own, _ in pairs)
    ratio = statistics.median(their / own for own, their in pairs)
    print(f"dinucleotide_shuffle {LENGTH_BP:,} bp, n = {N}: {ours:.2f} ms (<= {LIMIT_MS} ms)")
    print(f"against the published procedure in Python: {ratio:.1f}x (>= {FLOOR:g}x)")
    return int(ours > LIMIT_MS or ratio < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
