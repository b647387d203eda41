"""Rows per second of `read_vcf` with every verdict, against a plain loop; exit 1 below the floor.

SNV rows as people have them (eight columns), 1 per 40 bases of a random genome on disk, read on one
thread in turns with the loop: the slow twin of the tests, which gives no verdict that needs a
genome. Where cyvcf2 is installed, it reads the same five columns in the same turns.
`--memory` instead reads a file of `--rows` rows (10 million) in a fresh process and prints how long
the first verdict takes and by how much the memory grows.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from locuscope.genome.reference import Genome
from locuscope.genome.vcf import read_vcf
from tests.oracles import vcf_oracle

ROWS = 200_000
STEP_BP = 40
PAIRS = 5
LINE_BP = 60
MIN_ROWS_PER_S = 500_000
MIN_RATIO = 2.0
MIN_PEER_RATIO = 1.0
MANY_ROWS = 10_000_000
MAX_GROWTH_MB = 200
MAX_FIRST_S = 10
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def write_files(folder, rows, step_bp):
    """A random genome of one contig and SNVs on it, `step_bp` apart; gives both paths."""
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)
    codes = rng.integers(0, 4, rows * step_bp, dtype=np.uint8)
    text = letters[codes].tobytes().decode()
    fasta, vcf = folder / "genome.fa", folder / "snv.vcf"
    with fasta.open("w") as file:
        file.write(">20\n")
        file.writelines(text[k : k + LINE_BP] + "\n" for k in range(0, len(text), LINE_BP))
    place = np.arange(rows) * step_bp
    alt = letters[(codes[place] + rng.integers(1, 4, rows)) % 4].tobytes().decode()
    with vcf.open("w") as file:
        file.write(HEADER)
        file.writelines(
            f"20\t{at + 1}\trs{k}\t{text[at]}\t{alt[k]}\t50\tPASS\tAC=1;AN=2\n"
            for k, at in enumerate(place.tolist())
        )
    return vcf, fasta


def ours(path, genome=None):
    """Alleles with the verdict ok."""
    return sum(int(table.is_ok.sum()) for table in read_vcf(path, genome=genome))


def loop(path):
    return len(vcf_oracle.read(path))


def peer(path):
    import cyvcf2

    rows = [(v.CHROM, v.POS, v.ID, v.REF, v.ALT) for v in cyvcf2.VCF(str(path))]
    return len(rows)


def seconds(work, path, rows):
    """CPU time of one pass over the file, which must find all rows."""
    start = time.process_time()
    found = work(path)
    if found != rows:
        sys.exit(f"{found:,} rows found, {rows:,} written")
    return time.process_time() - start


def measure_speed(folder):
    """Rates and ratios in turns; whether all floors are met."""
    vcf, fasta = write_files(folder, ROWS, STEP_BP)
    readers = {"verdicts": partial(ours, genome=Genome(fasta)), "no genome": ours, "loop": loop}
    if find_spec("cyvcf2"):
        readers["cyvcf2"] = peer
    seconds(readers["verdicts"], vcf, ROWS)
    turns = [
        {name: seconds(work, vcf, ROWS) for name, work in readers.items()} for _ in range(PAIRS)
    ]
    rates = {name: ROWS / statistics.median(turn[name] for turn in turns) for name in readers}
    for name, rate in rates.items():
        floor = f"   floor {MIN_ROWS_PER_S:,}" if name == "verdicts" else ""
        print(f"{name:14} {rate:12,.0f} alleles/s{floor}")
    is_good = rates["verdicts"] >= MIN_ROWS_PER_S
    for name, own, floor in (
        ("loop", "verdicts", MIN_RATIO),
        ("cyvcf2", "no genome", MIN_PEER_RATIO),
    ):
        if name in readers:
            ratio = statistics.median(turn[name] / turn[own] for turn in turns)
            print(f"{own} : {name:6} {ratio:7.1f} x           floor {floor:.1f}")
            is_good &= ratio >= floor
    return is_good


def memory_mb(field):
    """`VmRSS` (now) or `VmHWM` (largest so far); elsewhere than on Linux both are the largest."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition(f"{field}:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def read_once(vcf, fasta):
    """In a fresh process: read everything and print what it took as JSON."""
    genome = Genome(fasta)
    before, start = memory_mb("VmRSS"), time.perf_counter()
    first, rows = None, 0
    for table in read_vcf(vcf, genome=genome):
        rows += int(table.is_ok.sum())
        first = time.perf_counter() - start if first is None else first
    spent = time.perf_counter() - start
    print(
        json.dumps(
            {"rows": rows, "first": first, "growth": memory_mb("VmHWM") - before, "all": spent}
        )
    )


def measure_memory(folder, rows):
    """Growth and first verdict of a long file; whether both limits are kept."""
    vcf, fasta = write_files(folder, rows, 5)
    print(Genome(fasta))  # the index is written here, not where memory is measured
    command = [sys.executable, __file__, "--child", str(vcf), str(fasta)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    if found["rows"] != rows:
        sys.exit(f"{found['rows']:,} rows found, {rows:,} written")
    print(f"rows          {rows:12,}         {rows / found['all']:,.0f} per second")
    print(f"memory growth {found['growth']:12.0f} MB      limit {MAX_GROWTH_MB}")
    print(f"first verdict {found['first']:12.2f} s       limit {MAX_FIRST_S}")
    return found["growth"] <= MAX_GROWTH_MB and found["first"] <= MAX_FIRST_S


def main():
    """Measure and compare with the floors."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--rows", type=int, default=MANY_ROWS)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        read_once(*options.child)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        is_good = measure_memory(folder, options.rows) if options.memory else measure_speed(folder)
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
