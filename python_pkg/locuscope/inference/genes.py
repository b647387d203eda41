"""The verbs `predict_genes` and `predict_exons`: one number per start or gene, and track."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.caller import warn_caller
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.gene_predictions import AGGREGATES, OK, OUTSIDE, GenePredictions
from locuscope.inference.gene_sites import GeneSeq as GeneSeq  # noqa: PLC0414
from locuscope.inference.gene_sites import GeneSite, exon_bins, exon_sites, tss_bins, tss_sites
from locuscope.inference.run import run_here
from locuscope.inference.selection import choose
from locuscope.inference.window_passes import WindowPasses
from locuscope.tracks.organism import organism_index
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice, TrackChoice
    from locuscope.models.protocol import SequenceModel


def predict_genes(
    model: SequenceModel,
    genes: Genes | Iterable[GeneSeq],
    genome: Genome,
    *,
    tss_radius: int = 0,
    aggregate: str = "none",
    resolution_bp: int | None = None,
    windows: Sequence[Interval] | None = None,
    width_bp: int | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    match_strand: bool = False,
    organism: int | str | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
) -> GenePredictions:
    """Predict the transcription starts of genes.

    Args:
        model: any `SequenceModel` that reads one window.
        genes: annotation; or GeneSeq items, windows with their starts. A window that several starts
            share is predicted once.
        genome: where the bases come from. A window beyond its contig is padded with N, and a
            DataWarning says so.
        tss_radius: bins on each side of the bin of a start that are added to it.
        aggregate: "mean", "sum" or "max" over the valid starts of a gene; "none" keeps them apart.
        resolution_bp: bases per bin; None = the finest of each head.
        windows: where the model reads; a start is read in the window whose middle is nearest. None
            = a window centred on every start.
        width_bp: width of those windows; None = the model's own.
        heads: outputs; None = all. Their tracks stand side by side.
        tracks: criteria, names, places or a mask; None = all.
        match_strand: tracks of the other strand than the gene's are NaN.
        organism: index or name; None = the genome's.
        ensemble: views of a window that are averaged.
        run: device and batch size.

    Returns:
        GenePredictions, one row per start in the order of `genes`: the sum over its bins. Where one
        of them is missing the row is NaN, its status "outside_regions".

    Raises:
        OutOfBoundsError: a start beyond its contig, or bases that an embedded slice lacks.
        ShapeError: a window of a width that the model cannot read.
        OptionError: an output without bins; a model of any length without a width.

    >>> from locuscope import Genome, Interval, demo, load_model
    >>> seq = GeneSeq(Interval("20", 2_570_000, 2_585_000), [("t", "IDH3B", 2_577_700, "-")])
    >>> predict_genes(load_model("cispliceai"), [seq], demo.genome()).values.shape
    (1, 4)
    """
    radius = whole_number(tss_radius, "tss_radius")
    if radius < 0:
        raise OptionError(
            f"tss_radius is {radius}; expected 0 or more bins.", option="tss_radius", value=radius
        )
    check_choice("aggregate", aggregate, AGGREGATES)
    passes = _passes(
        "predict_genes",
        model,
        genome,
        heads=heads,
        tracks=tracks,
        resolution_bp=resolution_bp,
        organism=organism,
        ensemble=ensemble,
        run=run,
    )
    regions = None if windows is None else _regions(windows)
    is_centred = regions is None and isinstance(genes, Genes)
    if not is_centred:
        _refuse_unused("width_bp", width_bp)
    if not isinstance(genes, Genes):
        _refuse_unused("windows", regions)
    width = _width(model, width_bp) if is_centred else 0
    sites = tss_sites(genes, genome, width, regions)
    return _predicted(passes, sites, radius=radius, aggregate=aggregate, match_strand=match_strand)


def predict_exons(
    model: SequenceModel,
    exons: Mapping[str, Sequence[Interval]],
    genome: Genome,
    *,
    resolution_bp: int | None = None,
    width_bp: int | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    match_strand: bool = False,
    organism: int | str | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
) -> GenePredictions:
    """Predict genes as the mean over the bins that overlap their exons.

    Args:
        model: any `SequenceModel` that reads one window.
        exons: gene -> its exons; a bin counts once. The window is centred on their span.
        genome: where the bases come from.
        resolution_bp: bases per bin; None = the finest of each head.
        width_bp: width of the windows; None = the model's own.
        heads: outputs; None = all.
        tracks: criteria, names, places or a mask; None = all.
        match_strand: tracks of the other strand than the first exon's are NaN.
        organism: index or name; None = the genome's.
        ensemble: views of a window that are averaged.
        run: device and batch size.

    Returns:
        GenePredictions, one row per gene. A gene with a bin beyond its window is NaN, its status
        "outside_regions".

    Raises:
        EmptySelectionError: no gene, or one without exons.
        OutOfBoundsError, ShapeError, OptionError: as `predict_genes`.
    """
    passes = _passes(
        "predict_exons",
        model,
        genome,
        heads=heads,
        tracks=tracks,
        resolution_bp=resolution_bp,
        organism=organism,
        ensemble=ensemble,
        run=run,
    )
    sites = exon_sites(exons, genome, _width(model, width_bp))
    return _predicted(passes, sites, radius=0, aggregate="none", match_strand=match_strand)


def _passes(
    verb: str,
    model: SequenceModel,
    genome: Genome,
    *,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    resolution_bp: int | None,
    organism: int | str | None,
    ensemble: Ensemble | None,
    run: Run | None,
) -> WindowPasses:
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    views = ensemble_of(ensemble)
    views.require_mean(verb)
    stated = 0 if genome.organism is None else genome.organism
    index = organism_index(organism, default=stated, known=None)
    keys = None if resolution_bp is None else (whole_number(resolution_bp, "resolution_bp"),)
    choices = choose(model, heads=heads, tracks=tracks, resolutions_bp=keys, organism=index)
    for choice in choices:
        if choice.spec.kind != "track" or not choice.spec.resolutions_bp:
            raise OptionError(
                f"head {choice.spec.name!r} of {model.name} has no bins along the sequence; choose "
                "others with heads=.",
                option="heads",
                value=choice.spec.name,
            )
    finest = tuple(replace(choice, keys=(min(choice.keys),)) for choice in choices)
    return WindowPasses(model, genome, finest, index, views, run_here(verb, run))


def _predicted(
    passes: WindowPasses,
    sites: Sequence[GeneSite],
    *,
    radius: int,
    aggregate: str,
    match_strand: bool,
) -> GenePredictions:
    windows = list(dict.fromkeys(site.window for site in sites if site.window is not None))
    passes.check(windows)
    _warn_padded(windows, passes.genome)
    rows_of: dict[Interval, list[int]] = {window: [] for window in windows}
    for row, site in enumerate(sites):
        if site.window is not None:
            rows_of[site.window].append(row)
    tables = [choice.table for choice in passes.choices]
    table = tables[0] if len(tables) == 1 else TrackTable.concat(tables)
    values = np.full((len(sites), len(table)), np.nan, np.float32)
    is_inside = np.zeros(len(sites), np.bool_)
    for places, found in passes.chunks(windows):
        for k, place in enumerate(places):
            for row in rows_of[windows[place]]:
                values[row], is_inside[row] = _row(passes, sites[row], found, k, radius)
    if match_strand:
        values[_is_opposite(sites, table)] = np.nan
    status = tuple(OK if flag else OUTSIDE for flag in is_inside)
    return GenePredictions(tuple(sites), values, status, table, aggregate)


def _row(
    passes: WindowPasses,
    site: GeneSite,
    found: dict[str, dict[int, Tensor]],
    k: int,
    radius: int,
) -> tuple[NDArray[np.float32], bool]:
    """Values of one row over all heads, and whether every bin was there."""
    parts, is_whole = [], True
    for choice in passes.choices:
        raw = found[choice.spec.name][choice.keys[0]][k].numpy()
        bins, is_inside = _bins(site, choice, len(raw), radius)
        is_whole &= is_inside
        if not is_inside:
            parts.append(np.full(raw.shape[1], np.nan, np.float32))
            continue
        chosen = raw[bins].astype(np.float64)
        reduced = chosen.mean(0) if site.places else chosen.sum(0)
        parts.append(reduced.astype(np.float32))
    return np.concatenate(parts), is_whole


def _bins(
    site: GeneSite, choice: HeadChoice, n_bins: int, radius: int
) -> tuple[NDArray[np.int64], bool]:
    crop, key = choice.spec.crop_bp, choice.keys[0]
    window = site.window
    if window is None:
        return np.empty(0, np.int64), False
    if site.places:
        return exon_bins(site.places, window, crop_bp=crop, resolution_bp=key, n_bins=n_bins)
    first, stop, is_inside = tss_bins(
        site.position, window.start, crop_bp=crop, resolution_bp=key, radius=radius, n_bins=n_bins
    )
    return np.arange(first, stop), is_inside


def _is_opposite(sites: Sequence[GeneSite], table: TrackTable) -> NDArray[np.bool_]:
    """Bool (S, T): the track is of the other strand than the gene."""
    cells = table.cells("strand") if table.has_field("strand") else ["."] * len(table)
    signs = {"+": 1, "-": -1}
    own = np.array([signs.get(site.strand, 0) for site in sites])
    theirs = np.array([signs.get(str(cell), 0) for cell in cells])
    found: NDArray[np.bool_] = own[:, None] * theirs[None, :] < 0
    return found


def _width(model: SequenceModel, width_bp: int | None) -> int:
    width = model.window_bp or model.default_width_bp
    if width_bp is not None:
        width = whole_number(width_bp, "width_bp")
    if width is None:
        raise OptionError(
            f"{model.name} reads windows of any length and has no default width; give width_bp=.",
            option="width_bp",
            value=None,
        )
    model.check_length(width)
    return width


def _refuse_unused(option: str, value: object) -> None:
    if value is not None:
        raise OptionError(
            f"{option} has no effect where the windows are given otherwise; leave it out.",
            option=option,
            value=value,
        )


def _regions(windows: Sequence[Interval]) -> list[Interval]:
    given: Any = [windows] if isinstance(windows, Interval) else windows
    listed: list[Interval] = list(given)
    odd = next((item for item in listed if not isinstance(item, Interval)), None)
    if odd is not None:
        raise WrongTypeError(
            f"windows holds {repr(odd)[:60]}; expected Intervals.",
            argument="windows",
            found=type(odd).__name__,
            expected="Interval",
        )
    return listed


def _warn_padded(windows: Sequence[Interval], genome: Genome) -> None:
    lengths = [genome.lengths[genome.resolve(window.chrom)] for window in windows]
    beyond = [
        window
        for window, length in zip(windows, lengths, strict=True)
        if window.start < 0 or window.end > length
    ]
    if beyond:
        warn_caller(
            f"{len(beyond)} of {len(windows)} windows leave their contig and were padded with N; "
            f"the first is {beyond[0]!r}."
        )
