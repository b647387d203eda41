"""Where a gene is read in a model's output: its transcription starts or exons, window and bins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, OutOfBoundsError, WrongTypeError
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval, whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome

STRANDS = ("+", "-", ".")


@dataclass(frozen=True)
class GeneSeq:
    """A window and the transcription starts that are read in it.

    Args:
        interval: what the model reads.
        tss: items (tss_id, gene, position, strand); the position is 0-based.

    Raises:
        WrongTypeError: an item of another form.

    >>> GeneSeq(Interval("1", 0, 64), [("t1", "g1", 30, "+")]).tss
    (('t1', 'g1', 30, '+'),)
    """

    interval: Interval
    tss: Sequence[tuple[str, str, int, str]]

    def __post_init__(self) -> None:
        """Refuse items of another form."""
        if not isinstance(self.interval, Interval):
            raise WrongTypeError(
                f"interval is {self.interval!r}; expected an Interval.",
                argument="interval",
                found=type(self.interval).__name__,
                expected="Interval",
            )
        object.__setattr__(self, "tss", tuple(_start(item) for item in self.tss))


@dataclass(frozen=True)
class GeneSite:
    """One row of the result.

    Args:
        name: the transcription start or transcript.
        gene: its gene.
        chrom: contig.
        position: 0-based.
        strand: "+", "-" or ".".
        places: the exons that are read; empty for a transcription start.
        window: what the model reads; None where no window holds it.
    """

    name: str
    gene: str
    chrom: str
    position: int
    strand: str
    places: tuple[Interval, ...] = ()
    window: Interval | None = None


def tss_bins(
    tss: int, seq_start: int, *, crop_bp: int, resolution_bp: int, radius: int, n_bins: int
) -> tuple[int, int, bool]:
    """The bins around a transcription start: first, stop, and whether all of them exist.

    Args:
        tss: 0-based position.
        seq_start: first base of the window.
        crop_bp: bases at each end of the window without output.
        resolution_bp: bases per bin.
        radius: bins on each side of the bin of the start.
        n_bins: bins of the output.

    >>> tss_bins(100, 0, crop_bp=0, resolution_bp=32, radius=1, n_bins=8)
    (2, 5, True)
    """
    middle = (tss - seq_start - crop_bp) // resolution_bp
    first, stop = middle - radius, middle + radius + 1
    return first, stop, first >= 0 and stop <= n_bins


def exon_bins(
    places: Sequence[Interval], window: Interval, *, crop_bp: int, resolution_bp: int, n_bins: int
) -> tuple[NDArray[np.int64], bool]:
    """The bins that overlap exons, each once, and whether all of them exist."""
    origin = window.start + crop_bp
    ranges = [
        np.arange(
            (place.start - origin) // resolution_bp, -(-(place.end - origin) // resolution_bp)
        )
        for place in places
    ]
    bins = np.unique(np.concatenate(ranges))
    return bins, bool(bins[0] >= 0 and bins[-1] < n_bins)


def tss_sites(
    genes: Genes | Iterable[GeneSeq],
    genome: Genome,
    width_bp: int,
    windows: Sequence[Interval] | None,
) -> list[GeneSite]:
    """The transcription starts in their order, each with its window.

    Args:
        genes: annotation, or windows with their starts.
        genome: knows the contigs.
        width_bp: width of a window that is centred on a start.
        windows: the windows there are; a start is read in the one whose middle is nearest.

    Raises:
        EmptySelectionError: no start.
        OutOfBoundsError: a start beyond its contig.
        WrongTypeError: something else than genes.
    """
    if isinstance(genes, Genes):
        rows = genes.tss().iter_rows(named=True)
        sites = [
            GeneSite(r["tss_id"], r["gene_id"], r["chrom"], r["position"], r["strand"])
            for r in rows
        ]
        for site in sites:
            _require_inside(Interval(site.chrom, site.position, site.position + 1), genome)
        found = [_with_window(site, width_bp, windows) for site in sites]
    else:
        found = [
            GeneSite(name, gene, seq.interval.chrom, position, strand, (), seq.interval)
            for seq in _sequences(genes)
            for name, gene, position, strand in seq.tss
        ]
    if not found:
        raise EmptySelectionError("genes holds no transcription start.", available=0)
    return found


def exon_sites(
    exons: Mapping[str, Sequence[Interval]], genome: Genome, width_bp: int
) -> list[GeneSite]:
    """The genes in their order, each with a window centred on its span.

    Raises:
        EmptySelectionError: no gene, or a gene without exons.
        WrongTypeError: something else than intervals.
        OutOfBoundsError: exons on two contigs, or beyond theirs.
    """
    if not isinstance(exons, Mapping):
        raise WrongTypeError(
            f"exons is a {type(exons).__name__}; expected a mapping gene -> list of Intervals.",
            argument="exons",
            found=type(exons).__name__,
            expected="mapping",
        )
    found = []
    for gene, given in exons.items():
        places = tuple(given)
        if not places:
            raise EmptySelectionError(f"gene {gene!r} has no exon.", available=0)
        if not all(isinstance(place, Interval) for place in places):
            raise WrongTypeError(
                f"the exons of {gene!r} are {str(places)[:60]}; expected Intervals.",
                argument="exons",
                found=type(places[0]).__name__,
                expected="Interval",
            )
        chrom, strand = places[0].chrom, places[0].strand
        if any(place.chrom != chrom for place in places):
            raise OutOfBoundsError(
                f"the exons of {gene!r} lie on {sorted({place.chrom for place in places})}; one "
                "window is on one contig.",
                interval=places[0],
            )
        for place in places:
            _require_inside(place, genome)
        span = Interval(chrom, min(p.start for p in places), max(p.end for p in places))
        window = span.center(width_bp)
        found.append(GeneSite(gene, gene, chrom, span.start, strand, places, window))
    if not found:
        raise EmptySelectionError("exons holds no gene.", available=0)
    return found


def _with_window(site: GeneSite, width_bp: int, windows: Sequence[Interval] | None) -> GeneSite:
    own = Interval(site.chrom, site.position, site.position + 1)
    window: Interval | None
    if windows is None:
        window = own.center(width_bp)
    else:
        holding = [place for place in windows if place.contains(own)]
        window = min(holding, key=lambda p: abs(p.midpoint - site.position), default=None)
    return GeneSite(site.name, site.gene, site.chrom, site.position, site.strand, (), window)


def _require_inside(place: Interval, genome: Genome) -> None:
    length = genome.lengths[genome.resolve(place.chrom)]
    if place.start < 0 or place.end > length:
        raise OutOfBoundsError(
            f"{place.text()} is outside its contig of {length:,} bases in {genome.name}.",
            interval=place,
            contig_length=length,
        )


def _sequences(genes: object) -> list[GeneSeq]:
    one: Any = [genes] if isinstance(genes, GeneSeq) else genes
    listed: list[GeneSeq] = (
        list(one) if isinstance(one, Iterable) and not isinstance(one, str) else [one]
    )
    odd = next((item for item in listed if not isinstance(item, GeneSeq)), None)
    if odd is not None:
        raise WrongTypeError(
            f"genes holds {repr(odd)[:60]}; expected Genes, or GeneSeq(interval, tss) items.",
            argument="genes",
            found=type(odd).__name__,
            expected="Genes or GeneSeq",
        )
    return listed


def _start(item: Any) -> tuple[str, str, int, str]:
    is_four = isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 4
    if not is_four or item[3] not in STRANDS:
        raise WrongTypeError(
            f"a transcription start is {item!r}; expected (tss_id, gene, position, strand), the "
            "strand one of + - .",
            argument="tss",
            found=type(item).__name__,
            expected="tuple",
        )
    return str(item[0]), str(item[1]), whole_number(item[2], "position"), str(item[3])
