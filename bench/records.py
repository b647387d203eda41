"""TFRecord test sets: decompressed megabytes per second on one core, with every way to check.

    python bench/records.py

Reads a set of 32 sequences of 131,072 bases with 896 bins of 500 tracks (zlib, one-hot) to batches
of x and y, in turns with checksums by numpy, by numba, and without. Values are counts as coverage
has them, so that the stream compresses as real ones do. Then the checksum alone, against the plain
loop over bytes that it must equal. Fails below the floors.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from locuscope.datasets import crc32c as checksums
from locuscope.datasets import record_stream
from locuscope.datasets.records import TFRecordTestSet, write_tfrecord

N_SEQUENCES, LENGTH, BINS, TRACKS = 32, 131_072, 896, 500
ROUNDS = 5
FLOORS = {"numpy": 50.0, "numba": 200.0, "none": 200.0}
LOOP_BYTES = 200_000
FLOOR_LOOP = 5.0


def batches():
    draws = np.random.default_rng(0)
    for _ in range(N_SEQUENCES // 4):
        bases = draws.integers(0, 4, (4, LENGTH))
        x = np.equal(bases[:, None], np.arange(4)[:, None]).astype(np.uint8)
        y = draws.poisson(0.7, (4, BINS, TRACKS)).astype(np.float16) / 8
        yield x, y


def seconds(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def read(folder, engine):
    own = checksums.masked_crc32c

    def chosen(data, *, engine=engine):
        return own(data, engine="numpy" if len(data) < 64 else engine)

    record_stream.masked_crc32c = own if engine == "none" else chosen
    try:
        test_set = TFRecordTestSet(folder, verify_crc=engine != "none")
        n_bytes = 0
        for batch in test_set:
            n_bytes += batch.x.nbytes + batch.y.nbytes // 2
        return n_bytes
    finally:
        record_stream.masked_crc32c = own


def speeds(folder, engines):
    found = {engine: [] for engine in engines}
    for _ in range(ROUNDS):
        for engine in engines:
            spent, n_bytes = seconds(lambda engine=engine: read(folder, engine))
            found[engine].append(n_bytes / spent / 1e6)
    return {engine: statistics.median(values) for engine, values in found.items()}


def main():
    engines = ["numpy", "none"]
    if checksums.numba_kernel() is not None:
        checksums.crc32c(bytes(1024), engine="numba")  # compiled before the first round
        engines.insert(1, "numba")
    else:
        print("numba is not installed; its row is left out")
    failed = []
    with tempfile.TemporaryDirectory() as place:
        folder = write_tfrecord(Path(place) / "set", batches(), crop_bp=8_192, per_file=8)
        packed = sum(path.stat().st_size for path in folder.rglob("*.tfr"))
        print(f"{N_SEQUENCES} sequences, {packed / 1e6:.0f} MB packed")
        for engine, speed in speeds(folder, engines).items():
            print(f"{engine:6} {speed:7.0f} MB/s (floor {FLOORS[engine]:.0f})")
            if speed < FLOORS[engine]:
                failed.append(engine)
    data = np.random.default_rng(1).bytes(LOOP_BYTES)
    for engine in engines[:-1]:
        fast, slow = [], []
        for _ in range(ROUNDS):
            spent, found = seconds(lambda engine=engine: checksums.crc32c(data, engine=engine))
            fast.append(max(spent, 1e-6))
            spent, plain = seconds(lambda: checksums.plain_crc32c(data))
            slow.append(spent)
            if found != plain:
                sys.exit(f"{engine}: checksum {found:#x}, the plain loop gives {plain:#x}")
        ratio = statistics.median(slow) / statistics.median(fast)
        print(f"checksum by {engine}: {ratio:,.0f} times the plain loop (floor {FLOOR_LOOP:.0f})")
        if ratio < FLOOR_LOOP:
            failed.append(f"checksum by {engine}")
    if failed:
        sys.exit(f"below the floor: {', '.join(failed)}")


if __name__ == "__main__":
    main()
