"""Regions out of bigWig tracks of contribution scores and a genome."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from locuscope._closest import counted, examples
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import DataWarning, InputError, MissingContigError, closest
from locuscope.genome.bigwig import BigWig
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import match_contig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.motifs.regions import Peaks

    FilePath = str | PathLike[str]

MISSING = ("error", "zero")


def extract_bigwig(
    scores: FilePath | Sequence[FilePath],
    peaks: Peaks,
    genome: Genome,
    *,
    missing_contig: str = "error",
) -> Contributions:
    """Read the scores of regions from bigWig tracks, the bases from a genome.

    Args:
        scores: a track, or several (folds of one model) that are averaged in float64.
        peaks: the regions; of an odd width the last base is left out.
        genome: where the bases come from.
        missing_contig: of regions on a contig that the genome or a track does not have: "error",
            or "zero", which keeps them with no bases and scores of 0 and warns.

    Returns:
        Projected contributions, float32. Positions outside a contig have no base and score 0, as
        has every position where a track says nothing. NaN that a track holds inside a contig
        counts as 0, with a warning of how many.

    Raises:
        MissingFileError, FormatError: no such track, or one that cannot be read.
        MissingContigError: a contig that is not there.
        InputError: no track.
    """
    check_choice("missing_contig", missing_contig, MISSING)
    paths = [scores] if isinstance(scores, str | PathLike) else list(scores)
    if not paths:
        raise InputError("scores names no file; at least one track is needed.")
    places = peaks.intervals(2 * (peaks.width_bp // 2))
    tracks = [BigWig(path, gap=0.0) for path in paths]
    is_there = _there(places, genome, tracks, missing_contig)
    bases = np.zeros((len(places), 4, 2 * (peaks.width_bp // 2)), np.uint8)
    total = np.zeros((len(places), bases.shape[2]), np.float64)
    n_missing = 0
    for row in np.flatnonzero(is_there):
        bases[row] = genome.one_hot(places[row], pad=True)
        is_inside = _inside(places[row], genome)
        for track in tracks:
            values = track.values(places[row], pad=True)
            is_missing = np.isnan(values)
            n_missing += int((is_missing & is_inside).sum())
            total[row] += np.where(is_missing | ~is_inside, 0, values)
    if n_missing:
        warnings.warn(f"{n_missing:,} scores are NaN and count as 0.", DataWarning, stacklevel=2)
    means = (total / len(tracks)).astype(np.float32)
    return Contributions(
        means[:, None, :] * bases,
        bases,
        kind="projected",
        intervals=places,
        peak_ids=peaks.peak_ids,
        chrom_ids=peaks.chrom_ids,
    )


def _inside(place: Interval, genome: Genome) -> NDArray[np.bool_]:
    positions = np.arange(place.start, place.end)
    length = genome.lengths[genome.resolve(place.chrom)]
    return np.asarray((positions >= 0) & (positions < length))


def _there(
    places: Sequence[Interval], genome: Genome, tracks: Sequence[BigWig], missing_contig: str
) -> NDArray[np.bool_]:
    """Which regions lie on a contig that the genome and all tracks have."""
    known: dict[str, bool] = {}
    for chrom in dict.fromkeys(place.chrom for place in places):
        known[chrom] = chrom in genome and all(
            match_contig(chrom, track.lengths) is not None for track in tracks
        )
    missing = [chrom for chrom, is_known in known.items() if not is_known]
    rows = np.array([known[place.chrom] for place in places], bool)
    if missing and missing_contig == "error":
        raise MissingContigError(
            f"the genome and the tracks do not all have {examples(missing)}, where "
            f"{counted(int((~rows).sum()), 'region')} lie;",
            hint="missing_contig='zero' keeps such regions with no bases and scores of 0.",
            name=missing[0],
            known=genome.contigs,
            closest=closest(missing[0], genome.contigs),
        )
    if missing:
        warnings.warn(
            f"{int((~rows).sum()):,} of {len(rows):,} regions lie on contigs that are not "
            f"everywhere ({examples(missing)}); they have no bases and scores of 0.",
            DataWarning,
            stacklevel=3,
        )
    return rows
