"""Transcription starts for the published calls: which bins of which sequence each of them means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.errors import EmptySelectionError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval, whole_number
from locuscope.inference.gene_sites import GeneSeq, tss_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.models.protocol import HeadSpec


class Start(NamedTuple):
    """One transcription start: row of its sequence, its bins, and whether all of them exist."""

    row: int
    first: int
    stop: int
    is_inside: bool


def gene_seqs_of(gene_seqs: object) -> list[GeneSeq]:
    """Give GeneSeq items for what the published calls take.

    Args:
        gene_seqs: GeneSeq items, objects with such a list as `gene_seqs` (a gene file), or objects
            with chrom, start, end and tss_list, whose items have pos (0-based), identifier and
            gene_id.

    Raises:
        WrongTypeError: something else.
        EmptySelectionError: none.
    """
    given: Any = getattr(gene_seqs, "gene_seqs", gene_seqs)
    if isinstance(given, str | GeneSeq) or not isinstance(given, Iterable):
        given = [given]
    found = [_gene_seq(item) for item in given]
    if not found:
        raise EmptySelectionError("gene_seqs is empty.", available=0)
    return found


def starts_of(
    gene_seqs: list[GeneSeq], head: HeadSpec, *, resolution_bp: int, radius: int, n_bins: int
) -> list[Start]:
    """Give the transcription starts of sequences in order.

    Args:
        gene_seqs: the sequences.
        head: what is read.
        resolution_bp: bases per bin.
        radius: bins on each side.
        n_bins: bins of the output.
    """
    return [
        Start(
            row,
            *tss_bins(
                position,
                seq.interval.start,
                crop_bp=head.crop_bp,
                resolution_bp=resolution_bp,
                radius=radius,
                n_bins=n_bins,
            ),
        )
        for row, seq in enumerate(gene_seqs)
        for _, _, position, _ in seq.tss
    ]


def transcripts(
    preds: NDArray[Any],
    gene_seqs: list[GeneSeq],
    head: HeadSpec,
    *,
    resolution_bp: int,
    radius: int,
) -> NDArray[np.float32]:
    """Sum the bins of every start.

    Args:
        preds: (S, P, T) of the sequences.
        gene_seqs: the sequences.
        head: what was predicted.
        resolution_bp: bases per bin.
        radius: bins on each side.

    Returns:
        (transcripts, T) float32; NaN where a bin is missing.
    """
    starts = starts_of(
        gene_seqs, head, resolution_bp=resolution_bp, radius=radius, n_bins=preds.shape[1]
    )
    found = np.full((len(starts), preds.shape[2]), np.nan, np.float32)
    for k, start in enumerate(starts):
        if start.is_inside:
            bins = preds[start.row, start.first : start.stop].astype(np.float64)
            found[k] = bins.sum(axis=0)
    return found


def require_rows(n_sequences: int, gene_seqs: list[GeneSeq], width_bp: int) -> None:
    """Refuse sequences that are not those of the places.

    Raises:
        ShapeError: another number, or another width.
    """
    if n_sequences != len(gene_seqs):
        raise ShapeError(
            f"the batcher gives {n_sequences} sequences; gene_seqs has {len(gene_seqs)}.",
            found=n_sequences,
            expected=len(gene_seqs),
        )
    odd = next((seq for seq in gene_seqs if seq.interval.width != width_bp), None)
    if odd is not None:
        raise ShapeError(
            f"the sequences have {width_bp:,} bases; {odd.interval!r} of gene_seqs has "
            f"{odd.interval.width:,}.",
            found=odd.interval.width,
            expected=width_bp,
        )


def _gene_seq(item: Any) -> GeneSeq:
    if isinstance(item, GeneSeq):
        return item
    needed = ("chrom", "start", "end", "tss_list")
    lacking = [name for name in needed if not hasattr(item, name)]
    if lacking:
        raise WrongTypeError(
            f"gene_seqs holds {repr(item)[:60]}, without {', '.join(lacking)}; expected "
            "GeneSeq(interval, tss) items.",
            argument="gene_seqs",
            found=type(item).__name__,
            expected="GeneSeq",
        )
    place = Interval(item.chrom, whole_number(item.start, "start"), whole_number(item.end, "end"))
    starts = [
        (
            str(getattr(tss, "identifier", "")),
            str(getattr(tss, "gene_id", "")),
            tss.pos,
            getattr(tss, "strand", None) or ".",
        )
        for tss in item.tss_list
    ]
    return GeneSeq(place, starts)
