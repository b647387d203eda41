"""Real variants of real people: the embedded phased genotypes and the six variants of the story."""

from __future__ import annotations

import gzip
from functools import cache
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import polars as pl

from locuscope.errors import FormatError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.variant_table import VariantTable

from .bundle import path, unknown
from .places import genes, genome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

FILE = "chr20_variants.vcf.gz"

# Splice scores of the story: member 0 and the mean of the five published members, window +-50 bp,
# bases outside the gene set to N. Offsets are in genomic direction from the variant.
SHOWCASE_COLUMNS = [
    "id",
    "variant",
    "gene",
    "strand",
    "score",
    "offset_bp",
    "member0",
    "mean5",
    "carriers",
]
SHOWCASE = (
    ("rs572140578", "20:2577796:G:A", "TMC2", "+", "DS_AL", 1, 0.999, 0.998, "HG01617 0|1"),
    ("rs567956364", "20:2380385:G:A", "TGM6", "+", "DS_DL", -1, 0.991, 0.989, "none of 300"),
    ("rs567956364", "20:2380385:G:A", "TGM6", "+", "DS_DG", 25, 0.333, 0.239, "none of 300"),
    ("rs148061097", "20:2473472:C:T", "ZNF343", "-", "DS_AL", -1, 0.998, 0.998, "HG00236 1|0"),
    ("rs148061097", "20:2473472:C:T", "ZNF343", "-", "DS_AG", -41, 0.854, 0.737, "HG00236 1|0"),
    ("rs73085335", "20:2465304:T:A", "ZNF343", "-", "DS_AG", -5, 0.678, 0.575, "HG00384 1|0"),
    ("rs73085335", "20:2465304:T:A", "ZNF343", "-", "DS_AL", -2, 0.575, 0.619, "HG00384 1|0"),
    ("rs200350570", "20:2582758:G:A", "TMC2", "+", "DS_AG", 2, 0.963, None, "none of 300"),
    ("rs200350570", "20:2582758:G:A", "TMC2", "+", "DS_AL", 1, 0.949, None, "none of 300"),
    ("rs140053393", "20:2597716:A:T", "TMC2", "+", "DS_AL", 2, 0.957, None, "2 alleles of 600"),
)


@overload
def variants(
    region: Interval | str | None = None,
    samples: Sequence[str] | str | None = None,
    near_sites_bp: int | None = None,
    as_: Literal["table"] = "table",
) -> VariantTable: ...
@overload
def variants(
    region: None = None, samples: None = None, near_sites_bp: None = None, *, as_: Literal["path"]
) -> Path: ...
def variants(
    region: Interval | str | None = None,
    samples: Sequence[str] | str | None = None,
    near_sites_bp: int | None = None,
    as_: str = "table",
) -> VariantTable | Path:
    """Give the embedded alleles: 24,990 sites of 20:1-4 Mb, seen in a panel of 503 people.

    The conditions are joined by "and"; the order of the file is kept.

    Args:
        region: keep alleles whose REF overlaps this place.
        samples: keep alleles that at least one of these people carries, and add one text column of
            phased genotypes (`0|1`) per person.
        near_sites_bp: keep alleles whose REF lies within so many bases of an annotated splice site
            of the 55 collapsed genes; 3 gives the 39 alleles of the tour.
        as_: `"table"`, or `"path"` for the VCF file itself (without other conditions).

    Raises:
        UnknownNameError: a sample that is not among the 60.
        OptionError: a negative distance, another `as_`, or `"path"` with conditions.

    >>> len(variants(near_sites_bp=3))
    39
    """
    if as_ not in {"table", "path"}:
        message = f"as_ is {as_!r}; give 'table' or 'path'."
        raise OptionError(message, option="as_", value=as_, allowed=("table", "path"))
    if as_ == "path":
        if (region, samples, near_sites_bp) != (None, None, None):
            message = "as_='path' gives the whole VCF; leave out region, samples and near_sites_bp."
            raise OptionError(message, option="as_", value=as_, allowed=("table",))
        return path(FILE)
    table = _alleles()
    if (region, samples, near_sites_bp) == (None, None, None):
        return table
    keep = np.ones(len(table), dtype=bool)
    if region is not None:
        keep &= _inside(Interval.parse(region) if isinstance(region, str) else region)
    if near_sites_bp is not None:
        keep &= _near_sites(near_sites_bp)
    if samples is not None:
        names = [samples] if isinstance(samples, str) else list(samples)
        genotypes = _genotypes(names)
        carried = genotypes.select(
            pl.any_horizontal(pl.all().str.contains("1", literal=True))
        ).to_series()
        keep &= carried.to_numpy()
        table = VariantTable(table.table.hstack(genotypes.get_columns()), table.note_bits)
    return table[keep]


def showcase() -> pd.DataFrame:
    """Give the six variants of the story with the splice scores that the network is known to give.

    One row per effect: `score` names it (acceptor or donor, gain or loss) and `offset_bp` is its
    distance from the variant. `member0` is the embedded network, `mean5` the published mean of five
    (missing where it was not computed). The scores are predictions; nothing here is clinical.
    """
    import pandas as pd

    return pd.DataFrame(SHOWCASE, columns=SHOWCASE_COLUMNS)


@cache
def _alleles() -> VariantTable:
    table = VariantTable.read(path(FILE), genome=genome())
    table.note_bits.setflags(write=False)  # every caller gets this one
    return table


@cache
def _spans() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = _alleles().table
    starts = table["pos"].cast(pl.Int64).to_numpy() - 1
    return starts, starts + table["ref"].str.len_bytes().cast(pl.Int64).to_numpy()


def _inside(region: Interval) -> NDArray[np.bool_]:
    # Names the contig the caller asked for when it is not the embedded one.
    genome().resolve(region.chrom)
    starts, ends = _spans()
    return (starts < region.end) & (ends > region.start)


def _near_sites(distance_bp: int) -> NDArray[np.bool_]:
    if isinstance(distance_bp, bool) or distance_bp < 0:
        message = f"near_sites_bp is {distance_bp!r}; give a number of bases, 0 or more."
        raise OptionError(message, option="near_sites_bp", value=distance_bp, allowed=">= 0")
    sites = np.unique(genes(collapsed=True).splice_sites()["position"].to_numpy())
    starts, ends = _spans()
    first = np.searchsorted(sites, starts - distance_bp)
    return first < np.searchsorted(sites, ends - 1 + distance_bp, side="right")


@cache
def _sample_names() -> tuple[str, ...]:
    with gzip.open(path(FILE), "rt", encoding="ascii") as handle:
        for line in handle:
            if line.startswith("#CHROM"):
                return tuple(line.rstrip("\n").split("\t")[9:])
    message = f"{FILE} has no header line with sample names."
    raise FormatError(message, path=FILE)


def _genotypes(names: list[str]) -> pl.DataFrame:
    """One text column of phased genotypes per person, one row per line of the file.

    Every line of the embedded file has one ALT, so lines and alleles are the same rows.
    """
    known = _sample_names()
    for name in names:
        if name not in known:
            raise unknown("embedded sample", name, known)
    text = gzip.decompress(path(FILE).read_bytes())
    table = pl.read_csv(
        text,
        separator="\t",
        comment_prefix="##",
        columns=list(dict.fromkeys(names)),
        infer_schema=False,
        quote_char=None,
    )
    return table.select(list(dict.fromkeys(names)))
