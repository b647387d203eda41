"""Speed of bases, FASTA and bigWig against their floors; exit 1 when one is missed.

Each line: what, the measured number, its floor. Peers are measured in turns with ours, in this
process. Run it as `python bench/genome.py`; it takes about half a minute.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyfaidx

from locuscope.genome.bigwig import BigWig
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.fasta_index import build_index
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot, reverse_complement

MEGABASES = 4_000_000


def best(work, repeats=5, calls=1):
    """Shortest time of one call, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


def paired(ours, theirs, repeats=60):
    """How much faster ours is: shortest of interleaved runs each, so that other load cancels."""
    pairs = [(best(ours, 1, calls=5), best(theirs, 1, calls=5)) for _ in range(repeats)]
    return min(their for _, their in pairs) / min(own for own, _ in pairs)


class Report:
    """Prints rows and remembers misses."""

    def __init__(self):
        self.missed = 0

    def at_least(self, what, value, floor, unit):
        """Print a row for a number that should be large."""
        self._row(what, value, f">= {floor:g}", unit, met=value >= floor)

    def at_most(self, what, value, limit, unit):
        """Print a row for a number that should be small."""
        self._row(what, value, f"<= {limit:g}", unit, met=value <= limit)

    def _row(self, what, value, wanted, unit, *, met):
        self.missed += not met
        print(f"{what:44} {value:10.3f} {unit:8} {wanted:10} {'ok' if met else 'MISSED'}")


def sequences(report, text):
    for dtype, floor in (("uint8", 1.0), ("float32", 0.4)):
        rate = MEGABASES / best(lambda dtype=dtype: one_hot(text, dtype=dtype)) / 1e9
        report.at_least(f"one_hot 4 Mb {dtype}", rate, floor, "Gbase/s")
    array = one_hot(text)
    seconds = best(lambda: reverse_complement(array), calls=1000)
    report.at_most("reverse_complement of an array", seconds * 1e6, 2, "us")
    rate = MEGABASES / best(lambda: reverse_complement(text)) / 1e9
    report.at_least("reverse_complement of 4 Mb text", rate, 0.3, "Gbase/s")


def places(report):
    seconds = best(lambda: Interval("chr1", 1000, 2000), calls=20_000)
    report.at_most("Interval(...)", seconds * 1e6, 5, "us")
    seconds = best(lambda: Interval.parse("chr1:1,001-2,000"), calls=20_000)
    report.at_most("Interval.parse", seconds * 1e6, 10, "us")


def fasta(report, folder, text):
    path = folder / "x.fa"
    lines = [text[i : i + 60] for i in range(0, len(text), 60)]
    path.write_text("".join(f">chr{i}\n" + "\n".join(lines) + "\n" for i in range(1, 26)))
    megabytes = path.stat().st_size / 1e6
    report.at_least("index of a FASTA", megabytes / best(lambda: build_index(path)), 200, "MB/s")
    genome = Genome(path)
    peer = pyfaidx.Faidx(str(path), as_raw=True, strict_bounds=True)
    ratio = paired(
        lambda: genome.fetch("chr7", 1_000_000, 1_131_072),
        lambda: peer.fetch("chr7", 1_000_001, 1_131_072),
    )
    peer.close()
    report.at_least("Genome.fetch 131 kb against bare pyfaidx", ratio, 0.65, "x")


def bigwig(report, folder):
    rng = np.random.default_rng(0)
    starts = np.arange(1_000_000) * 250
    runs = [("1", starts, starts + 200, rng.normal(size=starts.size))]
    path = folder / "x.bw"
    seconds = best(lambda: write_bigwig(path, runs, {"1": 250_000_000}), repeats=3)
    report.at_most("write_bigwig 10^6 runs", seconds, 2, "s")
    track = BigWig(path)
    seconds = best(lambda: track.values(Interval("1", 1_000_000, 1_131_072)))
    report.at_most("BigWig.values 131 kb", seconds * 1e3, 5, "ms")
    seconds = best(lambda: track.bins(Interval("1", 0, 2_000_000), n_bins=1000))
    report.at_most("BigWig.bins 1,000 over 2 Mb", seconds * 1e3, 20, "ms")
    seconds = best(lambda: track.bins(Interval("1", 0, 250_000_000), n_bins=1000), repeats=3)
    report.at_most("BigWig.bins 1,000 over 250 Mb", seconds, 2, "s")


def main():
    rng = np.random.default_rng(0)
    text = "".join(np.array(list("ACGTacgt"))[rng.integers(0, 8, MEGABASES)])
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        sequences(report, text)
        places(report)
        fasta(report, Path(name), text)
        bigwig(report, Path(name))
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
