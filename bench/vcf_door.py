"""Rows per second of `read_vcf` against a plain loop over lines; exit 1 below the floor.

200,000 SNV rows as people have them (eight columns), read with a verdict per allele on one thread,
in turns with the loop. The loop is the slow twin of the tests without its records.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope.genome.vcf import read_vcf
from tests.oracles import vcf_oracle

ROWS = 200_000
PAIRS = 5
MIN_ROWS_PER_S = 500_000
MIN_RATIO = 2.0


def write_rows(path):
    """A clean VCF of random SNVs."""
    rng = random.Random(1)  # noqa: S311 - test rows, no secret
    lines = ["##fileformat=VCFv4.2\n", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"]
    for k in range(ROWS):
        ref, alt = rng.sample("ACGT", 2)
        lines.append(f"20\t{10 * k + 1}\trs{k}\t{ref}\t{alt}\t50\tPASS\tAC=1;AN=2\n")
    path.write_text("".join(lines))


def seconds(work, path):
    """Time of one pass over the file, which must find all rows."""
    start = time.perf_counter()
    n = work(path)
    if n != ROWS:
        sys.exit(f"{n:,} rows found, {ROWS:,} written")
    return time.perf_counter() - start


def ours(path):
    return sum(len(table) for table in read_vcf(path))


def loop(path):
    return len(vcf_oracle.read(path))


def main():
    """Measure and compare with the floors."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snv.vcf"
        write_rows(path)
        seconds(ours, path)
        pairs = [(seconds(loop, path), seconds(ours, path)) for _ in range(PAIRS)]
    rate = ROWS / statistics.median(own for _, own in pairs)
    ratio = statistics.median(slow / own for slow, own in pairs)
    print(f"read_vcf      {rate:12,.0f} alleles/s   floor {MIN_ROWS_PER_S:,}")
    print(f"against loop  {ratio:12.1f} x           floor {MIN_RATIO:.1f}")
    return int(rate < MIN_ROWS_PER_S or ratio < MIN_RATIO)


if __name__ == "__main__":
    sys.exit(main())
