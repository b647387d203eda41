"""Build `dm3_windows.fa`: 1,024 windows of the insulator network's test block, with their index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .build_dm3 import CHROM
from .train_insulators import embedded_rows, insulator_windows
from .train_windows import HALF_BP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .build_sources import Cache

FILE = "dm3_windows.fa"


def windows_fasta(windows: Iterable[tuple[int, str]]) -> tuple[str, str]:
    r"""Write windows as records `chr2R:start-end` (from 1, both ends inside), one line each.

    Args:
        windows: 0-based start and bases of each.

    Returns:
        The FASTA text and its index.

    >>> windows_fasta([(9, "ACGT")])
    ('>chr2R:10-13\nACGT\n', 'chr2R:10-13\t4\t13\t4\t5\n')
    """
    fasta, index, offset = [], [], 0
    for start, bases in windows:
        name = f"{CHROM}:{start + 1}-{start + len(bases)}"
        offset += len(name) + 2
        fasta.append(f">{name}\n{bases}\n")
        index.append(f"{name}\t{len(bases)}\t{offset}\t{len(bases)}\t{len(bases) + 1}\n")
        offset += len(bases) + 1
    return "".join(fasta), "".join(index)


def build_fly_windows(cache: Cache) -> dict[str, bytes]:
    """Make `dm3_windows.fa` and its index: positives and matched backgrounds, upper case."""
    windows = insulator_windows(cache)
    chosen = windows.take(embedded_rows(windows))
    rows = zip(chosen.centers.tolist(), chosen.codes(), strict=True)
    fasta, index = windows_fasta(
        (center - HALF_BP, "".join("ACGT"[code] for code in codes)) for center, codes in rows
    )
    return {FILE: fasta.encode("ascii"), f"{FILE}.fai": index.encode("ascii")}
