"""The embedded Drosophila data: 1,024 windows of chromosome 2R (dm3) and insulator peaks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome

from .bundle import path, unknown

if TYPE_CHECKING:
    from locuscope.genome.regions import RegionTable

CHROM = "chr2R"
CHROM_LENGTH = 21_146_708
PROTEINS = ("suHw", "BEAF", "CTCF", "CP190")
CELLS = ("Kc", "Mbn2")


def insulators(protein: str | None = None, cell: str | None = None) -> RegionTable:
    """Give the regions bound by insulator proteins on chromosome 2R, as measured by ChIP-chip.

    Args:
        protein: `"suHw"`, `"BEAF"`, `"CTCF"` or `"CP190"`; None = all.
        cell: `"Kc"` or `"Mbn2"`; None = both cell lines.

    Returns:
        Regions in order of place; `name` is protein and cell line ("CTCF_Kc").

    Raises:
        UnknownNameError: another protein or cell line.

    >>> len(insulators()), len(insulators("suHw", "Kc"))
    (5152, 647)
    """
    for what, name, known in (("protein", protein, PROTEINS), ("cell line", cell, CELLS)):
        if name is not None and name not in known:
            raise unknown(f"insulator {what}", name, known)
    peaks = _peaks()
    wanted = {
        f"{one}_{line}"
        for one in (PROTEINS if protein is None else (protein,))
        for line in (CELLS if cell is None else (cell,))
    }
    return peaks[peaks.table["name"].is_in(wanted).to_numpy()]


def windows() -> list[Interval]:
    """Give the places of the embedded windows, 512 bases each, in order of place."""
    return [Interval(CHROM, start, start + length) for _, start, length in _records()]


def fly_bases() -> int:
    """Read every embedded window and count its bases."""
    genome = fly_genome()
    return sum(len(genome.fetch(where)) for where in windows())


@cache
def fly_genome() -> Genome:
    """Give the embedded windows as a genome of which only slices are here."""
    return Genome.from_slices(
        path("dm3_windows.fa"),
        {CHROM: [(record, start) for record, start, _ in _records()]},
        {CHROM: CHROM_LENGTH},
        assembly="dm3",
        name="demo fly",
    )


@cache
def _records() -> tuple[tuple[str, int, int], ...]:
    """Record, 0-based start and length of each window, by the index of the file."""
    text = path("dm3_windows.fa.fai").read_text(encoding="ascii")
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple((row[0], int(row[0].split(":")[1].split("-")[0]) - 1, int(row[1])) for row in rows)


@cache
def _peaks() -> RegionTable:
    from locuscope.genome.regions import read_bed

    return read_bed(path("dm3_insulators.bed.gz"))
