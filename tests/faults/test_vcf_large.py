"""A long VCF is streamed: memory and the time to the first verdict stay small, no row is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
CHILD = """
import json, resource, sys, time
from pathlib import Path
from locuscope.genome.reference import Genome
from locuscope.genome.variant_parts import VariantSource
from locuscope.genome.vcf import read_vcf


def memory(field):
    status = Path("/proc/self/status")  # ru_maxrss would begin with the peak of the parent
    if status.exists():
        return int(status.read_text().partition(field + ":")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)

genome = Genome.from_sequences({"20": "ACGT" * 250_100})
before, start, first, rows, bad = memory("VmRSS"), time.perf_counter(), None, 0, 0
tables = (
    read_vcf(sys.argv[1], genome=genome) if sys.argv[2] == "read"
    else VariantSource(sys.argv[1]).parts(genome)
)
for table in tables:
    rows += len(table)
    bad += len(table) - int(table.is_ok.sum())
    first = time.perf_counter() - start if first is None else first
print(json.dumps({"rows": rows, "bad": bad, "first": first, "growth": memory("VmHWM") - before}))
"""


def run(tmp_path, n_rows, way):
    """Rows, bad rows, seconds to the first verdict and growth (MB) of a fresh process."""
    path = tmp_path / "long.vcf"
    with path.open("w") as file:
        file.write(HEADER)
        for first in range(0, n_rows, 100_000):
            rows = range(first, min(first + 100_000, n_rows))
            file.writelines(
                f"20\t{k % 1_000_000 + 1}\trs{k}\t{'ACGT'[k % 4]}\tCG\t.\t.\tAC=1\n" for k in rows
            )
        file.write("20\t5\tlast\tG\tT\t.\t.\t.\n")
    command = [sys.executable, "-c", CHILD, str(path), way]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=110)
    return json.loads(done.stdout)


@pytest.mark.fault("V17")
@pytest.mark.parametrize("way", ["read", "parts"])
def test_a_million_rows_are_streamed(tmp_path, way):
    found = run(tmp_path, 1_000_000, way)
    assert (found["rows"], found["bad"]) == (1_000_001, 1)
    assert found["growth"] <= 200
    assert found["first"] <= 10


@pytest.mark.nightly
@pytest.mark.fault("V17")
def test_ten_million_rows_are_streamed(tmp_path):
    found = run(tmp_path, 10_000_000, "parts")
    assert (found["rows"], found["bad"]) == (10_000_001, 1)
    assert found["growth"] <= 200
    assert found["first"] <= 10


@pytest.mark.nightly
@pytest.mark.fault("V17")
@pytest.mark.timeout(300)
def test_alleles_and_samples_of_fifty_megabytes(tmp_path):
    """An allele of 50 MB is refused by name; sample columns of 50 MB are skipped."""
    from locuscope.errors import FormatError
    from locuscope.genome.variant_table import VariantTable

    path = tmp_path / "wide.vcf"
    path.write_text(HEADER + "20\t1\t.\tA\tC\t" + "0|1\t" * 12_500_000 + "\n20\t2\t.\tC\tG\n")
    assert VariantTable.read(path).table["status"].to_list() == ["ok", "ok"]
    path.write_text(HEADER + "20\t1\t.\t" + "A" * 50_000_000 + "\tC\n")
    with pytest.raises(FormatError, match="more than 16 MB in its first five columns"):
        VariantTable.read(path)
