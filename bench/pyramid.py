"""Pyramids of 20 tracks of 1 Mb: strided extremes against reshape-and-reduce, in turns.

    python bench/pyramid.py

Both sides compute maximum, minimum and mean of every level and must agree. Prints the ratio of the
medians and fails below the floor.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from locuscope.widgets.pyramid import FACTOR, TOP_BINS, PyramidStore, build_pyramid

N_TRACKS = 20
N_BASES = 1_000_000
ROUNDS = 7
FLOOR = 2.0


def reshape_levels(values):
    """The plain way: cut into rows of four, reduce the rows; the last row is padded."""
    maximum = minimum = values
    total = values.astype(np.float64)
    count = np.ones(len(values))
    levels = []
    while len(maximum) > TOP_BINS:
        pad = -len(maximum) % FACTOR
        maximum = np.pad(maximum, (0, pad), constant_values=-np.inf).reshape(-1, FACTOR).max(1)
        minimum = np.pad(minimum, (0, pad), constant_values=np.inf).reshape(-1, FACTOR).min(1)
        total = np.pad(total, (0, pad)).reshape(-1, FACTOR).sum(1)
        count = np.pad(count, (0, pad)).reshape(-1, FACTOR).sum(1)
        levels.append((maximum, (total / count).astype(np.float32), minimum))
    return levels


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main():
    tracks = np.random.default_rng(0).random((N_TRACKS, N_BASES)).astype(np.float32)
    for ours, plain in zip(
        build_pyramid(tracks[0]).levels[1:], reshape_levels(tracks[0]), strict=True
    ):
        np.testing.assert_array_equal(ours.maximum, plain[0])
        np.testing.assert_array_equal(ours.minimum, plain[2])
        np.testing.assert_allclose(ours.mean, plain[1], rtol=1e-6)
    strided, reshaped, pooled = [], [], []
    for _ in range(ROUNDS):
        strided.append(seconds(lambda: [build_pyramid(track) for track in tracks])[0])
        reshaped.append(seconds(lambda: [reshape_levels(track) for track in tracks])[0])
        store = PyramidStore(lambda numbers, _: tracks[list(numbers)])
        pooled.append(seconds(lambda store=store: store.get(range(N_TRACKS), "ref"))[0])
        store.close()
    times = [statistics.median(side) for side in (strided, reshaped, pooled)]
    ratio = times[1] / times[0]
    print(f"strided, one thread      {times[0] * 1e3:8.1f} ms")
    print(f"strided, with reading, threads {times[2] * 1e3:.1f} ms")
    print(f"reshape and reduce       {times[1] * 1e3:8.1f} ms")
    print(f"ratio {ratio:.1f}x, floor {FLOOR}x")
    return 0 if ratio >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
