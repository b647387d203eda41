"""Contributions as one value per base of a genome: bedGraph and bigWig."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.errors import InputError, NonFiniteError, OptionError
from locuscope.genome.bigwig_writer import write_bigwig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.reference import Genome

OVERLAPS = ("error", "mean", "first")


class Bases(NamedTuple):
    """Bases of one contig in ascending order, each once."""

    chrom: str
    starts: NDArray[np.int64]
    values: NDArray[np.float64]


def base_values(found: Contributions, overlap: str) -> list[Bases]:
    """The value of every base that is there, contig by contig.

    Args:
        found: contributions with places; bases that are not known and NaN are left out.
        overlap: of bases that several examples hold: "error", "mean", "first".

    Raises:
        InputError: no places, or bases that stand in several examples.
        NonFiniteError: Inf.
    """
    if found.intervals is None:
        raise InputError(f"{found!r} has no places on a genome, which these files need.")
    values = found.per_base()
    is_known = np.asarray(found.sequences.any(axis=1))
    n_infinite = int((np.isinf(values) & is_known).sum())
    if n_infinite:
        raise NonFiniteError(
            f"{n_infinite:,} bases have an infinite value, which no track holds.",
            where="values",
            count=n_infinite,
        )
    taken: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {}
    for place, row, known in zip(found.intervals, values, is_known, strict=True):
        step = -1 if place.strand == "-" else 1
        kept = np.flatnonzero((known & ~np.isnan(row))[::step])
        taken.setdefault(place.chrom, []).append((place.start + kept, row[::step][kept]))
    grouped = [_grouped(chrom, taken[chrom], overlap) for chrom in sorted(taken)]
    twice = sum(n_twice for _, n_twice in grouped)
    if twice and overlap == "error":
        raise InputError(
            f"{twice:,} bases stand in several examples; overlap='mean' or 'first' makes one value "
            "of them."
        )
    return [bases for bases, _ in grouped]


def _grouped(
    chrom: str, pieces: list[tuple[NDArray[Any], NDArray[Any]]], overlap: str
) -> tuple[Bases, int]:
    """One value per base, and the number of bases that had several."""
    starts = np.concatenate([start for start, _ in pieces]).astype(np.int64)
    values = np.concatenate([value for _, value in pieces]).astype(np.float64)
    order = np.argsort(starts, kind="stable")
    unique, first, counts = np.unique(starts[order], return_index=True, return_counts=True)
    ordered = values[order]
    if overlap == "mean" and unique.size:
        chosen = np.add.reduceat(ordered, first) / counts
    else:
        chosen = ordered[first]
    return Bases(chrom, unique, chosen), int((counts > 1).sum())


def bedgraph_text(found: Contributions, overlap: str) -> str:
    """One line per base: chrom, start, start + 1, value; sorted by contig and start.

    Raises:
        InputError, NonFiniteError: as `base_values`.
    """
    return "".join(
        f"{chrom}\t{start}\t{start + 1}\t{value:.9g}\n"
        for chrom, starts, values in base_values(found, overlap)
        for start, value in zip(starts.tolist(), values.tolist(), strict=True)
    )


def write_track(
    found: Contributions, path: Path, overlap: str, lengths: Mapping[str, int] | Genome | None
) -> Path:
    """Write a bigWig; the file appears whole or not at all.

    Args:
        found: as in `base_values`.
        path: the new file.
        overlap: as in `base_values`.
        lengths: contig -> bases, or a genome that knows them.

    Raises:
        OptionError: no lengths.
        InputError, NonFiniteError: as `base_values`; a base beyond its contig.
        MissingContigError: a contig without length.
    """
    known: Any = getattr(lengths, "lengths", lengths)
    if known is None:
        raise OptionError(
            "bigWig holds the lengths of the contigs; give lengths=, a genome or a mapping of "
            "contig to bases.",
            option="lengths",
            value=None,
        )
    runs = [
        (chrom, starts, starts + 1, values)
        for chrom, starts, values in base_values(found, overlap)
        if starts.size
    ]
    return write_bigwig(path, runs, known)
