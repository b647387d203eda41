"""Build the DNase tracks: site strength and number of cell types, as bigWig.

The source is a starch archive, which only its own decoder reads; that decoder is the one program of
a fetched package that the build runs.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from locuscope.errors import FormatError
from locuscope.genome.bigwig_writer import write_bigwig

from .build_sequence import CHROM, CHROM_LENGTH, SLICE_END, SLICE_START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .build_sources import Cache

STARCH_SHA256 = "ff4ccbb7d75560bc7043e14b5608a481e1364e780dd569e7073964eb472efda8"
TEXT_SHA256 = "a3623ecaad1bd5d91b4acc5d9261f997fe648437ffcc135d888dbd97c1d77f6b"
N_SITES = 2_726

Site = tuple[int, int, int, float]
Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]


def parse_sites(text: str, start_bp: int = SLICE_START, end_bp: int = SLICE_END) -> list[Site]:
    r"""Read `chrom start end MCV-n score` lines into (start, end, cell types, score).

    Only sites inside `[start_bp, end_bp)` are kept, by default those of the slice.

    >>> parse_sites("chr20\t1000000\t1000150\tMCV-3\t12.5\n")
    [(1000000, 1000150, 3, 12.5)]
    """
    sites = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != 5 or not cells[3].startswith("MCV-"):
            message = f"DNase sites, line {number}: {line!r} is not chrom start end MCV-n score."
            raise FormatError(message, line=number, text=line)
        start, end = int(cells[1]), int(cells[2])
        if start >= start_bp and end <= end_bp:
            sites.append((start, end, int(cells[3][4:]), float(cells[4])))
    return sites


def flatten(spans: Iterable[tuple[int, int, float]]) -> Runs:
    """Resolve overlaps by the maximum; gives disjoint runs in order, without zeros.

    >>> starts, ends, values = flatten([(0, 10, 1.0), (5, 12, 3.0)])
    >>> starts.tolist(), ends.tolist(), values.tolist()
    ([0, 5, 10], [5, 10, 12], [1.0, 3.0, 3.0])
    """
    spans = sorted(spans)
    cuts = np.unique([place for start, end, _ in spans for place in (start, end)]).astype(np.int64)
    values = np.zeros(max(len(cuts) - 1, 0))
    for start, end, value in spans:
        first, last = np.searchsorted(cuts, [start, end])
        values[first:last] = np.maximum(values[first:last], value)
    kept = values > 0
    return cuts[:-1][kept], cuts[1:][kept], values[kept]


def decode_sites(cache: Cache) -> str:
    """Decode the pinned archive: the sites of the whole chromosome as text.

    Raises:
        FormatError: the archive or the decoded text differs from the recipe.
    """
    inside = "usr/share/doc/bedops/html/_static/usage-examples/Frequencies-DHSs.bed.starch.gz"
    starch = gzip.decompress(cache.read("bedops-doc", inside))
    _expect("starch archive", starch, STARCH_SHA256)
    text = _unstarch(cache.read("bedops", "usr/bin/unstarch"), starch)
    _expect("decoded DNase sites", text, TEXT_SHA256)
    return text.decode("ascii")


def read_sites(cache: Cache) -> list[Site]:
    """Read the sites of the slice.

    Raises:
        FormatError: the pinned archive or the number of sites differs from the recipe.
    """
    sites = parse_sites(decode_sites(cache))
    if len(sites) != N_SITES:
        message = f"DNase sites inside the slice: {len(sites):,}, the recipe states {N_SITES:,}."
        raise FormatError(message)
    return sites


def build_dnase(cache: Cache) -> dict[str, bytes]:
    """Make `chr20_dnase.bw` and `chr20_dnase_breadth.bw`."""
    sites = read_sites(cache)
    return {
        "chr20_dnase.bw": bigwig_bytes((start, end, score) for start, end, _, score in sites),
        "chr20_dnase_breadth.bw": bigwig_bytes(
            (start, end, float(breadth)) for start, end, breadth, _ in sites
        ),
    }


def bigwig_bytes(spans: Iterable[tuple[int, int, float]]) -> bytes:
    """Write one track of chromosome 20 and give the bytes of the file."""
    starts, ends, values = flatten(spans)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "track.bw"
        write_bigwig(place, [(CHROM, starts, ends, values)], {CHROM: CHROM_LENGTH})
        return place.read_bytes()


def _unstarch(program: bytes, starch: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        decoder, archive = Path(folder) / "unstarch", Path(folder) / "sites.starch"
        decoder.write_bytes(program)
        decoder.chmod(0o700)
        archive.write_bytes(starch)
        command = [os.fspath(decoder), f"chr{CHROM}", os.fspath(archive)]
        return subprocess.run(command, check=True, capture_output=True).stdout


def _expect(what: str, content: bytes, sha256: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        message = f"{what}: sha256 {found}, the recipe states {sha256}."
        raise FormatError(message)
