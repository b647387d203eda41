"""Other views of hits: counts per region, the fitted sum, columns of a page, BED and bigWig."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.errors import InputError, OptionError, ShapeError, UnknownNameError
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval, whole_number
from locuscope.store import publish_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.motifs.hits import Hits

VALUES = ("hit_coefficient_global", "hit_coefficient", "hit_similarity", "hit_importance")
CLAMP = 10.0
"""No atom is scaled up by more."""


def count_table(hits: Hits) -> pd.DataFrame:
    """Hits per region (rows, by peak_id) and motif name (columns, both strands)."""
    import pandas as pd

    names = list(dict.fromkeys(hits.motifs.names))
    row = {peak: number for number, peak in enumerate(hits.qc["peak_id"].to_list())}
    column = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(row), len(names)), np.int64)
    rows = [row[peak] for peak in hits.table["peak_id"].to_list()]
    columns = [column[name] for name in hits.table["motif_name"].to_list()]
    np.add.at(found, (rows, columns), 1)
    index = pd.Index(hits.qc["peak_id"].to_numpy(), name="peak_id")
    return pd.DataFrame(found, index=index, columns=pd.Index(names, name="motif_name"))


def fitted(hits: Hits, contributions: Contributions) -> NDArray[np.float32]:
    """The sum of the hits' atoms in the units of the contributions, (N, A, L).

    Raises:
        UnknownNameError: a region that the hits were not called in.
        ShapeError: regions of another length.
    """
    n, a, length = contributions.shape
    expected = hits.parameters.get("region_width")
    if expected is not None and length != expected:
        raise ShapeError(
            f"the contributions have {length:,} positions, the hits were called in {expected:,}.",
            found=length,
            expected=expected,
        )
    ids = region_ids(contributions)
    check_known(ids, hits)
    scale = dict(zip(hits.qc["peak_id"], hits.qc["global_scale"], strict=True))
    by_peak = {
        key[0]: rows for key, rows in hits.table.partition_by("peak_id", as_dict=True).items()
    }
    atoms = fitted_atoms(hits)
    eps = float(hits.parameters.get("eps") or 1.0)
    is_masked = not hits.parameters.get("use_hypothetical")
    out = np.zeros((n, a, length), np.float32)
    for i, peak in enumerate(ids.tolist()):
        if peak not in by_peak:
            continue
        rows = by_peak[peak]
        energy = rows["hit_importance_sq"].to_numpy().astype(np.float64)
        heights = rows["hit_coefficient"].to_numpy() * np.minimum((energy + eps) ** -0.5, CLAMP)
        total = np.zeros((a, length))
        places = zip(rows["motif_id"], rows["hit_start"], heights, strict=True)
        for motif, start, height in places:
            first, last = max(start, 0), min(start + atoms.shape[2], length)
            total[:, first:last] += height * atoms[motif][:, first - start : last - start]
        if is_masked:
            total *= contributions.sequences[i]
        out[i] = total * scale[peak]
    return out


def fitted_atoms(hits: Hits) -> NDArray[np.float64]:
    """The matrices that were fitted, (M, A, W): cores of motifs, transformed as in the call."""
    atoms = hits.motifs.cwms.astype(np.float64) * hits.motifs.trim_masks[:, None]
    is_sqrt = bool(hits.parameters.get("sqrt_transform"))
    if is_sqrt:
        atoms = np.sign(atoms) * np.sqrt(np.abs(atoms))
    if is_sqrt or hits.parameters.get("cwm_norm") == "core":
        atoms /= np.sqrt((atoms**2).sum(axis=(1, 2), keepdims=True))
    return atoms


def region_ids(contributions: Contributions) -> NDArray[np.int64]:
    """The number of each region: the file's, else its row."""
    own = contributions.peak_ids
    return np.arange(len(contributions)) if own is None else np.asarray(own, np.int64)


def check_known(ids: NDArray[np.int64], hits: Hits) -> None:
    """Refuse numbers of regions that the hits do not have.

    Raises:
        UnknownNameError: the first of them.
    """
    known = set(hits.qc["peak_id"].to_list())
    unknown = [peak for peak in ids.tolist() if peak not in known]
    if unknown:
        raise UnknownNameError(
            f"the hits were not called in region {unknown[0]}; they know {len(known):,} regions.",
            name=str(unknown[0]),
            known=tuple(map(str, sorted(known)[:5])),
            closest=(),
        )


def overlay_columns(hits: Hits, where: Interval | int) -> dict[str, NDArray[Any]]:
    """Hits of a place as columns of fixed types, sorted by start.

    Raises:
        InputError: an interval, where the hits have no places.
    """
    table = hits.table.with_row_index("_row")
    if isinstance(where, Interval):
        _require_places(hits, "an overlay of an interval", hint="give the number of a region.")
        inside = (pl.col("end") > where.start) & (pl.col("start") < where.end)
        table = table.filter((pl.col("chr") == where.chrom) & inside)
        first, last = "start", "end"
    else:
        peak = whole_number(where, "where")
        check_known(np.array([peak]), hits)
        table = table.filter(pl.col("peak_id") == peak)
        first, last = "core_start", "core_end"
        strands = np.array(hits.motifs.strands, object)[table["motif_id"].to_numpy()]
        table = table.with_columns(pl.Series("strand", strands, dtype=pl.String))
    table = table.sort(first, last, "_row")
    return {
        "start": table[first].to_numpy().astype(np.uint32),
        "end": table[last].to_numpy().astype(np.uint32),
        "row": table["_row"].to_numpy().astype(np.uint32),
        "motif": table["motif_id"].to_numpy().astype(np.uint16),
        "strand": np.where(table["strand"].to_numpy() == "-", -1, 1).astype(np.int8),
        "coefficient": table["hit_coefficient"].to_numpy().astype(np.float32),
        "coefficient_global": table["hit_coefficient_global"].to_numpy().astype(np.float32),
        "similarity": table["hit_similarity"].to_numpy().astype(np.float32),
        "importance": table["hit_importance"].to_numpy().astype(np.float32),
    }


def write_tracks(
    hits: Hits,
    path: str | PathLike[str],
    lengths: Mapping[str, int],
    *,
    per_motif: bool,
    value: str,
) -> Path:
    """Write a value of hits over their cores as bigWig, the largest where they overlap.

    Raises:
        InputError: the hits have no places, or there are none.
        OptionError: another value.
    """
    _require_places(hits, "a bigWig")
    if value not in VALUES:
        raise OptionError(
            f"value is {value!r}; expected one of {', '.join(VALUES)}.",
            option="value",
            value=value,
            allowed=VALUES,
        )
    if not len(hits.table):
        raise InputError(f"{hits!r} has no hit to write to {path}.")
    if not per_motif:
        return write_bigwig(path, _runs(hits.table, value), lengths)

    def fill(folder: Path) -> None:
        for (name,), rows in hits.table.partition_by("motif_name", as_dict=True).items():
            write_bigwig(folder / f"{file_name(str(name))}.bw", _runs(rows, value), lengths)

    return publish_folder(path, fill)


def file_name(name: str) -> str:
    """A motif's name as the name of a file.

    >>> file_name("Sp/KLF")
    'Sp%2FKLF'
    """
    for letter in ("%", "/", "\\", ":", "*", "?", '"', "<", ">", "|", "\0"):
        name = name.replace(letter, f"%{ord(letter):02X}")
    return name if name.strip(".") else name.replace(".", "%2E")


def _runs(
    table: pl.DataFrame, value: str
) -> Iterator[tuple[str, NDArray[Any], NDArray[Any], NDArray[Any]]]:
    for (chrom,), rows in table.partition_by("chr", as_dict=True).items():
        starts, ends = rows["start"].to_numpy(), rows["end"].to_numpy()
        values = rows[value].to_numpy()
        edges = np.unique(np.concatenate([starts, ends]))
        heights = np.full(len(edges) - 1, np.nan, np.float32)
        firsts, lasts = np.searchsorted(edges, starts), np.searchsorted(edges, ends)
        for first, last, height in zip(firsts, lasts, values, strict=True):
            heights[first:last] = np.fmax(heights[first:last], height)
        filled = np.flatnonzero(~np.isnan(heights))
        yield str(chrom), edges[filled], edges[filled + 1], heights[filled]


def _require_places(hits: Hits, what: str, hint: str | None = None) -> None:
    if not hits.has_coordinates:
        raise InputError(
            f"{what} needs genomic places; these hits were called in bare sequences.", hint=hint
        )
