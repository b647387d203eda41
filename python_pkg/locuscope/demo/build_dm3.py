"""Read the Drosophila sources, chromosome 2R of dm3 and insulator peaks; build the peak table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import FormatError

from .build_bgzip import gzip_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .build_sources import Cache

CHROM = "chr2R"
CHROM_LENGTH = 21_146_708
CELLS = ("Kc", "Mbn2")
PEAKS_FILE = "dm3_insulators.bed.gz"

FILES = {"suHw": "SuHw", "BEAF": "BEAF", "CTCF": "CTCF", "CP190": "Cp190"}
N_PEAKS = {
    "suHw_Kc": 647,
    "suHw_Mbn2": 609,
    "BEAF_Kc": 582,
    "BEAF_Mbn2": 560,
    "CTCF_Kc": 386,
    "CTCF_Mbn2": 465,
    "CP190_Kc": 957,
    "CP190_Mbn2": 946,
}


@dataclass(frozen=True, order=True)
class Peak:
    """A bound region of chromosome 2R, 0-based half-open; `name` is protein and cell line."""

    start: int
    end: int
    name: str

    @property
    def center(self) -> int:
        """The base in the middle."""
        return (self.start + self.end) // 2


def parse_peaks(text: str, name: str) -> list[Peak]:
    r"""Read the peaks of chromosome 2R from a BED file with a track line.

    Raises:
        FormatError: a line that is not `chrom start end`.

    >>> parse_peaks("track name=x\nchr2R\t5\t9\nchr3L\t1\t2\n", "CTCF_Kc")
    [Peak(start=5, end=9, name='CTCF_Kc')]
    """
    peaks = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("track"):
            continue
        cells = line.split("\t")
        if len(cells) != 3 or not (cells[1] + cells[2]).isdigit():
            message = f"{name} peaks, line {number}: {line!r} is not chrom start end."
            raise FormatError(message, line=number, text=line)
        if cells[0] == CHROM:
            peaks.append(Peak(int(cells[1]), int(cells[2]), name))
    return peaks


def read_peaks(cache: Cache) -> list[Peak]:
    """Read the peaks of all proteins and cell lines, in order of place.

    Raises:
        FormatError: other counts than the recipe states.
    """
    peaks: list[Peak] = []
    for protein, file in FILES.items():
        for cell in CELLS:
            inside = f"pybedtools/test/data/{file}_{cell}_Bushey_2009.bed"
            name = f"{protein}_{cell}"
            found = parse_peaks(cache.read("pybedtools", inside).decode("ascii"), name)
            if len(found) != N_PEAKS[name]:
                message = f"{name}: {len(found)} peaks on {CHROM}, the recipe states "
                raise FormatError(f"{message}{N_PEAKS[name]}.")
            peaks += found
    return sorted(peaks)


def read_chromosome(cache: Cache) -> str:
    """Read chromosome 2R; lower case marks repeats.

    Raises:
        FormatError: another length than the recipe states.
    """
    text = cache.read("augustus-doc", "usr/share/doc/augustus/tutorial/data/chr2R.fa")
    header, _, body = text.decode("ascii").partition("\n")
    bases = body.replace("\n", "")
    if not header.startswith(f">{CHROM}") or ">" in bases or len(bases) != CHROM_LENGTH:
        message = (
            f"chr2R.fa: expected one record of {CHROM_LENGTH:,} bases, "
            f"found header {header[:40]!r} and {len(bases):,} characters."
        )
        raise FormatError(message)
    return bases


def bed_text(peaks: Iterable[Peak]) -> str:
    r"""Write `chrom start end name` lines.

    >>> bed_text([Peak(5, 9, "CTCF_Kc")])
    'chr2R\t5\t9\tCTCF_Kc\n'
    """
    return "".join(f"{CHROM}\t{peak.start}\t{peak.end}\t{peak.name}\n" for peak in peaks)


def build_insulators(cache: Cache) -> dict[str, bytes]:
    """Make `dm3_insulators.bed.gz`."""
    return {PEAKS_FILE: gzip_bytes(bed_text(read_peaks(cache)).encode("ascii"))}
