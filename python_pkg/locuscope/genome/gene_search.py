"""Find genes by criteria and by name, and compare them with the ends of a genome's contigs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    OutOfBoundsError,
    UnknownNameError,
    closest,
    did_you_mean,
    examples,
)
from locuscope.genome.gene_tables import unversioned
from locuscope.genome.interval import Interval, match_contig

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome

_CRITERIA = ("gene_id", "gene_name", "gene_type", "chrom", "strand")


def select(genes: pl.DataFrame, criteria: Mapping[str, str | Collection[str]]) -> NDArray[np.bool_]:
    """Which genes fulfil all criteria; see `Genes.select`."""
    mask = np.ones(len(genes), np.bool_)
    for field, given in criteria.items():
        if field not in _CRITERIA:
            raise UnknownNameError(
                f"genes cannot be selected by {field!r}; {did_you_mean(field, _CRITERIA)}",
                name=field,
                known=_CRITERIA,
            )
        wanted = [given] if isinstance(given, str) else list(given)
        hit = pl.col(field).is_in(wanted)
        if field == "gene_id":
            hit |= unversioned(field).is_in(wanted)
        mask &= genes.select(hit.fill_null(value=False)).to_series().to_numpy()
    if not mask.any():
        fields = ", ".join(f"{field}={value!r}" for field, value in criteria.items())
        known = {field: examples(genes[field].unique().sort().to_list()) for field in criteria}
        raise EmptySelectionError(
            f"none of {len(genes):,} genes has {fields[:200]}; available: {known}.",
            criteria=criteria,
            available=known,
        )
    return mask


def span(genes: pl.DataFrame, name: str) -> Interval:
    """Body of the first gene of that name or id; see `Genes.span`."""
    low = name.lower()
    tries = (
        pl.col("gene_name") == name,
        (pl.col("gene_id") == name) | (unversioned("gene_id") == name),
        pl.col("gene_name").str.to_lowercase() == low,
        pl.col("gene_id").str.to_lowercase() == low,
    )
    hits = next((hit for hit in (genes.filter(test) for test in tries) if len(hit)), None)
    if hits is None:
        known = genes["gene_name"].to_list()
        near = closest(name, known, n=5)
        raise UnknownNameError(
            f"no gene {name!r} among {len(genes):,}; {did_you_mean(name, near or known)}",
            name=name,
            known=known,
            closest=near,
        )
    if len(hits) > 1:
        warnings.warn(
            f"{len(hits)} genes are called {name!r}; the first one is shown.",
            DataWarning,
            stacklevel=3,
        )
    row = hits.row(0, named=True)
    return Interval(row["chrom"], row["start"], row["end"], row["strand"], row["gene_name"])


def search(genes: pl.DataFrame, prefix: str, limit: int) -> list[str]:
    """Names, then ids, that begin with a text; see `Genes.search`."""
    names, ids = genes["gene_name"].to_list(), genes["gene_id"].to_list()
    low = prefix.lower()
    hits = [name for name in names if name.startswith(prefix)]
    hits += [name for name in names if name.lower().startswith(low)]
    hits += [gene_id for gene_id in ids if gene_id.lower().startswith(low)]
    return list(dict.fromkeys(hits))[:limit]


def check_ends(genes: pl.DataFrame, genome: Genome, path: str | PathLike[str]) -> None:
    """Refuse genes that reach past the end of their contig.

    Raises:
        OutOfBoundsError: naming the contig and both numbers.
    """
    for chrom, end in genes.group_by("chrom").agg(pl.col("end").max()).sort("chrom").iter_rows():
        contig = match_contig(chrom, genome.lengths)
        if contig is not None and end > genome.lengths[contig]:
            raise OutOfBoundsError(
                f"{path}: a gene on {chrom} ends at {end:,}, but {contig} of {genome.name} has "
                f"{genome.lengths[contig]:,} bases; the annotation is of another assembly.",
                contig_length=genome.lengths[contig],
            )
