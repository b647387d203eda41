"""What safety costs: parts, manifest, checksums and fsync; exit 1 above the limits.

First line: time that a scoring job spends in its folder (parts, manifest, locks, verification)
against the time it spends scoring, with the embedded chromatin network on one thread. Second line:
time in checksums and fsync while a table of a million rows is made of its parts. Both are measured
inside the run that they are compared with, so that other load cancels. It takes about two minutes.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope import demo, load_model
from locuscope.effects.jobs import score_workers
from locuscope.effects.results.stored_parts import assemble, read_part, write_part
from locuscope.effects.variants import score_variants
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from locuscope.store import job, job_places, ledger, manifest, records
from tests.effects.made_scores import made

ROWS, PART_ROWS, N_DIFFERENT, REPEATS = 1_000_000, 2_048, 64, 3
JOB_LIMIT, WRITE_LIMIT = 0.02, 0.05
DIGESTING = (ledger, manifest, records)
WATCHED = (
    (job.Job, ("write", "expect", "close", "_clear", "_require_parts", "_list_tables")),
    (job.Job, ("_write_summary", "_hand_over", "_log")),
    (job_places.Places, ("check", "lock", "remove_leftovers")),
    (ledger.Ledger, ("lost", "write")),
)


class Stopwatch:
    """Time inside functions that are watched; what they call is not counted twice."""

    def __init__(self):
        self.seconds = 0.0
        self._depth = 0

    @contextmanager
    def watching(self, *places):
        """Measure (owner, name) of functions meanwhile."""
        kept = [(owner, name, getattr(owner, name)) for owner, name in places]
        for owner, name, function in kept:
            setattr(owner, name, self._timed(function))
        try:
            yield self
        finally:
            for owner, name, function in kept:
                setattr(owner, name, function)

    def _timed(self, function):
        def timed(*given, **options):
            self._depth += 1
            start = time.perf_counter()
            try:
                return function(*given, **options)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.seconds += time.perf_counter() - start

        return timed


def alleles(genome, n):
    """SNVs of a stretch of the embedded sequence, one per base."""
    rows = np.random.default_rng(0).integers(1, 4, n)
    chrom = next(iter(genome.contigs))
    start = genome.available(chrom)[0].start + 20_000
    bases = genome.fetch(chrom, start, start + n)
    found = []
    for k, (base, step) in enumerate(zip(bases, rows, strict=True)):
        if base in "ACGT":
            alt = "ACGT"[("ACGT".index(base) + step) % 4]
            found.append(Variant(chrom, start + k + 1, base, alt))
    return found


def job_share(folder):
    """Time in the folder of a job over time in its parts' scoring."""
    genome, model = demo.genome(), load_model("dnase")
    variants = alleles(genome, 3 * PART_ROWS)
    shares = []
    for k in range(REPEATS):
        store, scoring = Stopwatch(), Stopwatch()
        with (
            store.watching(*((owner, name) for owner, names in WATCHED for name in names)),
            scoring.watching((score_workers, "score_part")),
        ):
            how = Run(device="cpu", batch_size=16, out=folder / f"job {k}.parquet", progress=False)
            score_variants(model, variants, genome, run=how)
        shares.append(store.seconds / scoring.seconds)
        took = f"scoring {scoring.seconds:.2f} s, job {store.seconds:.3f} s"
        print(f"  {len(variants):,} alleles: {took}", flush=True)
    return statistics.median(shares)


def write_share(folder):
    """Time in checksums and fsync over the time to write a table from its parts."""
    pieces = [
        made(PART_ROWS, n_tracks=8, seed=seed, has_parts=False, has_spread=False)
        for seed in range(N_DIFFERENT)
    ]
    n_pieces = -(-ROWS // PART_ROWS)
    shares = []
    for k in range(REPEATS):
        target = folder / f"{k}.parquet"
        with job.Job.open(target, verb="bench", facts={}, part_rows=PART_ROWS) as work:
            for i, piece in enumerate(islice(cycle(pieces), n_pieces)):
                rows = (i * PART_ROWS, (i + 1) * PART_ROWS)
                work.write(i, rows, lambda path, piece=piece: write_part(path, piece))
            safety, start = Stopwatch(), time.perf_counter()
            watched = [(os, "fsync"), *((owner, "digest_file") for owner in DIGESTING)]
            with safety.watching(*watched):
                work.finish(
                    n_pieces * PART_ROWS,
                    publish_files=lambda _, work=work, target=target: assemble(
                        [target], lambda: (read_part(path) for path in work.parts)
                    ),
                )
            whole = time.perf_counter() - start
        shares.append(safety.seconds / (whole - safety.seconds))
        size = f"{n_pieces * PART_ROWS:,} rows, {target.stat().st_size / 1e6:.0f} MB"
        print(f"  {size}: {whole:.2f} s, checksums and fsync {safety.seconds:.3f} s", flush=True)
    return statistics.median(shares)


def main() -> int:
    torch.set_num_threads(1)
    missed = 0
    with tempfile.TemporaryDirectory() as place:
        for what, share, limit in (
            ("parts and manifest of a job, of scoring", job_share(Path(place)), JOB_LIMIT),
            ("checksums and fsync, of a 1 M-row write", write_share(Path(place)), WRITE_LIMIT),
        ):
            missed += share > limit
            print(f"{what:42} {share:7.2%}  <= {limit:.0%}  {'ok' if share <= limit else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
