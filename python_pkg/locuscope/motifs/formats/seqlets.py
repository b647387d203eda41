"""Seqlets: the places that TF-MoDISco made its patterns of."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import DataWarning, FormatError, InputError, OptionError, shown_path
from locuscope.genome.interval import whole_number
from locuscope.motifs.formats.modisco import opened, patterns

if TYPE_CHECKING:
    from os import PathLike

    import polars as pl
    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.motifs.motif import Motif
    from locuscope.motifs.motif_set import MotifSet

WINDOW_BP = 400
"""Window of TF-MoDISco where its file does not say."""

_ARRAYS = ("start", "end", "example_idx", "is_revcomp")
COLUMNS = (
    "chr",
    "start",
    "end",
    "start_untrimmed",
    "end_untrimmed",
    "strand",
    "motif_name",
    "peak_id",
    "peak_region_start",
)


def read_seqlets(
    path: str | PathLike[str],
    regions: Contributions,
    motifs: MotifSet,
    *,
    window_bp: int | None = None,
) -> pl.DataFrame:
    """Read where the seqlets of each motif lie.

    Args:
        path: the TF-MoDISco file.
        regions: what it was run on; `example_idx` is the peak_id of a region, its row where there
            are no numbers.
        motifs: of that file; patterns that are not among them are left out.
        window_bp: the central part of each region that TF-MoDISco saw; None = as the file says,
            else 400.

    Returns:
        One row per seqlet, by motif and then as in the file: chr, start, end (of the core),
        start_untrimmed, end_untrimmed, strand, motif_name, peak_id, peak_region_start. Without
        places chr is "NA" and positions count from the start of the region.

    Raises:
        MissingFileError: no such file.
        FormatError: arrays that are missing or of different lengths, another number of seqlets
            than `n_seqlets` says.
        OptionError: a window wider than the regions.
        InputError: no seqlet lies in these regions.

    A warning counts the seqlets of regions that are not there.
    """
    import polars as pl

    length = regions.shape[-1]
    places = motifs.forward()
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
    lost = 0
    with opened(path) as file:
        window = window_of(file, window_bp, length)
        rows = _Regions(regions)
        for tag, group in patterns(path, file):
            if tag not in places:
                continue
            found = _arrays(path, tag, group)
            is_there = np.isin(found["example_idx"], rows.ids)
            lost += int((~is_there).sum())
            found = {name: array[is_there] for name, array in found.items()}
            offset = length // 2 - window // 2
            for name, array in _placed(found, places[tag], rows, offset).items():
                columns[name].append(array)
    kept = sum(map(len, columns["chr"]))
    if lost and not kept:
        raise InputError(
            f"none of the {lost:,} seqlets of {shown_path(path)} lies in one of these "
            f"{len(regions):,} regions; the file was made of others."
        )
    if lost:
        warnings.warn(
            f"{lost:,} of {lost + kept:,} seqlets of {shown_path(path)} lie in regions that are "
            "not there; they are left out.",
            DataWarning,
            stacklevel=2,
        )
    types = {"peak_id": pl.UInt32, "chr": pl.String, "strand": pl.String, "motif_name": pl.String}
    return pl.DataFrame(
        {
            name: pl.Series(
                name, np.concatenate(parts).tolist() if parts else [], types.get(name, pl.Int64)
            )
            for name, parts in columns.items()
        }
    )


def window_of(file: Any, given: int | None, length: int) -> int:
    """The window of TF-MoDISco in bases.

    Raises:
        OptionError: given, and not from 1 to the length of the regions.
        FormatError: the same, as the file says it.
    """
    if given is not None:
        window = whole_number(given, "window_bp")
        if not 1 <= window <= length:
            raise OptionError(
                f"window_bp={window}; from 1 to {length} is needed, the width of the regions.",
                option="window_bp",
                value=window,
            )
        return window
    said = file.attrs.get("window_size")
    # Narrow regions were seen whole.
    return min(WINDOW_BP, length) if said is None else min(int(np.ravel(said)[0]), length)


class _Regions:
    """Numbers and places of regions, found by their number."""

    def __init__(self, regions: Contributions) -> None:
        given = regions.peak_ids
        self.ids = np.arange(len(regions)) if given is None else np.asarray(given, np.int64)
        self._order = np.argsort(self.ids, kind="stable")
        intervals = regions.intervals
        names = ["NA"] * len(regions) if intervals is None else [one.chrom for one in intervals]
        self._chroms = np.array(names, dtype=object)
        starts = [0] * len(regions) if intervals is None else [one.start for one in intervals]
        self._starts = np.array(starts, np.int64)

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each number, all of which are there."""
        return self._order[np.searchsorted(self.ids[self._order], ids)]

    def chroms(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        return self._chroms[rows]

    def starts(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._starts[rows]


def _arrays(path: str | PathLike[str], tag: str, group: Any) -> dict[str, NDArray[np.int64]]:
    """The arrays of the seqlets of a pattern, of one length."""
    seqlets = group.get("seqlets")
    missing = [name for name in _ARRAYS if seqlets is None or name not in seqlets]
    if missing:
        raise FormatError(f"{shown_path(path)}: {tag} has no seqlets/{missing[0]}.", path=path)
    found = {name: np.asarray(seqlets[name][:], np.int64).ravel() for name in _ARRAYS}
    sizes = {name: len(array) for name, array in found.items()}
    if "n_seqlets" in seqlets:
        sizes["n_seqlets"] = int(np.ravel(seqlets["n_seqlets"][()])[0])
    if len(set(sizes.values())) > 1:
        raise FormatError(
            f"{shown_path(path)}: {tag} does not say one number of seqlets: {sizes}.", path=path
        )
    return found


def _placed(
    found: dict[str, NDArray[np.int64]], motif: Motif, regions: _Regions, offset: int
) -> dict[str, NDArray[Any]]:
    """Columns of the table; the core is where the strand of each seqlet has it."""
    rows = regions.rows(found["example_idx"])
    begins = regions.starts(rows)
    is_minus = found["is_revcomp"] != 0
    start = begins + found["start"] + offset
    first, last = motif.core
    left = np.where(is_minus, motif.width - last, first)
    return {
        "chr": regions.chroms(rows),
        "start": start + left,
        "end": start + left + motif.core_width,
        "start_untrimmed": start,
        "end_untrimmed": begins + found["end"] + offset,
        "strand": np.where(is_minus, "-", "+").astype(object),
        "motif_name": np.full(len(rows), motif.name, dtype=object),
        "peak_id": found["example_idx"],
        "peak_region_start": begins,
    }
