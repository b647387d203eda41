"""Regions: contribution scores of many regions as hit calling reads them, and peaks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from locuscope._closest import counted
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import DataWarning, FormatError, OptionError, shown_path
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.text_blocks import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from numpy.typing import NDArray

    FilePath = str | PathLike[str]

DTYPES = ("float32", "float16")
WIDTH_BP = 1000
_NULLS = frozenset((".", "NA", "null", "NaN", ""))
_N_COLUMNS = 10


def read_regions(path: FilePath) -> Contributions:
    """Read regions with their contribution scores.

    Args:
        path: .npz with `sequences` int8 (N, A, w), `contributions` (N, A, w) or (N, w), and,
            where known, chr, chr_id, start, peak_id, peak_name; or any file that
            `Contributions.open` knows.

    Returns:
        Contributions; those of shape (N, w) are `projected`. Without coordinates `intervals` is
        None and `peak_ids` and `chrom_ids` are the rows.

    Raises:
        MissingFileError: no such file.
        FormatError: another layout, a file that ends early, arrays that would run code.
        ShapeError: arrays that do not fit, bases that are not one-hot, or transposed.
    """
    found = Contributions.open(path)
    rows = np.arange(len(found))
    changed: dict[str, Any] = {}
    if found.peak_ids is None:
        changed["peak_ids"] = rows
    if found.chrom_ids is None and found.intervals is None:
        changed["chrom_ids"] = rows
    return replace(found, **changed) if changed else found


def write_regions(contributions: Contributions, path: FilePath, *, dtype: str = "float32") -> Path:
    """Write regions as .npz, whole or not at all.

    Args:
        contributions: of one track.
        path: ends in .npz.
        dtype: of the scores, "float32" or "float16".

    Raises:
        OptionError: another suffix, or several tracks.
        NonFiniteError: values beyond what float16 holds.

    float16 warns where more than 1 % of the scores are so small that it loses digits.
    """
    check_class("contributions", contributions, Contributions)
    check_choice("dtype", dtype, DTYPES)
    target = Path(path)
    if target.suffix.lower() != ".npz":
        raise OptionError(
            f"regions are written as .npz; got {target.name!r}.", option="path", value=target.name
        )
    return contributions.save(target, dtype=dtype)


@dataclass(frozen=True, eq=False, repr=False)
class Peaks:
    """Regions around the summits of peaks, one entry per line of the file.

    Args:
        chroms: contigs, (N,).
        chrom_ids: rank in the given order of contigs, then by first appearance, int64 (N,).
        starts: first base of the region, 0-based; may be negative near a contig's start.
        names: of the peaks; "" where there is none.
        width_bp: of every region.
    """

    chroms: tuple[str, ...]
    chrom_ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    names: tuple[str, ...]
    width_bp: int

    def __len__(self) -> int:
        return len(self.chroms)

    @property
    def peak_ids(self) -> NDArray[np.int64]:
        """Number of the line, from 0."""
        return np.arange(len(self))

    def intervals(self, width_bp: int | None = None) -> tuple[Interval, ...]:
        """Places of the regions; a start is negative where one begins before its contig.

        Args:
            width_bp: another width from the same starts; None = the own one.
        """
        width = self.width_bp if width_bp is None else width_bp
        return tuple(
            Interval(chrom, int(start), int(start) + width, ".", name or None)
            for chrom, start, name in zip(self.chroms, self.starts, self.names, strict=True)
        )

    def __repr__(self) -> str:
        return f"Peaks({counted(len(self), 'region')} of {self.width_bp} bp)"


def read_narrowpeak(
    path: FilePath,
    *,
    width_bp: int = WIDTH_BP,
    chrom_order: FilePath | Iterable[str] | None = None,
) -> Peaks:
    """Read peaks and centre a region on the summit of each.

    Args:
        path: narrowPeak, 10 columns, no header; nulls are `.`, `NA`, `null`, `NaN`.
        width_bp: of each region; start = peak start + summit - width_bp // 2.
        chrom_order: contigs in order, or a file with one per line (further columns are ignored).

    Returns:
        One region per line, in order. A peak without summit (-1 or null) counts from its middle;
        one warning says how many.

    Raises:
        MissingFileError: no such file.
        FormatError: another number of columns, a start or end that is no whole number, a summit
            outside its peak; with the line.

    Blank lines and lines that start with `#`, `track` or `browser` are skipped.
    """
    width = whole_number(width_bp, "width_bp")
    if width < 1:
        raise OptionError(
            f"width_bp={width}; at least 1 is needed.", option="width_bp", value=width
        )
    chroms: list[str] = []
    names: list[str] = []
    starts: list[int] = []
    n_middle = 0
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != _N_COLUMNS:
            _fail(path, number, line, f"{counted(len(cells), 'column')}; narrowPeak has 10")
        start, summit = _summit(path, number, line, cells)
        n_middle += summit is None
        middle = (int(cells[2]) - start) // 2 if summit is None else summit
        chroms.append(cells[0])
        names.append("" if cells[3] in _NULLS else cells[3])
        starts.append(start + middle - width // 2)
    if n_middle:
        warnings.warn(
            f"{n_middle:,} of {len(chroms):,} peaks of {shown_path(path)} have no summit; their "
            "regions lie around the middle of the peak.",
            DataWarning,
            stacklevel=2,
        )
    return Peaks(
        tuple(chroms),
        _ranks(chroms, chrom_order),
        np.array(starts, np.int64),
        tuple(names),
        width,
    )


def _summit(path: FilePath, number: int, line: str, cells: list[str]) -> tuple[int, int | None]:
    """Start of the peak, and its summit from there; None where it has none."""
    start, end = (_whole(cells[k]) for k in (1, 2))
    if not cells[0] or start is None or end is None or not 0 <= start < end:
        _fail(path, number, line, "a contig and 0 <= start < end are needed")
    if cells[9] in _NULLS or cells[9] == "-1":
        return start, None
    summit = _whole(cells[9])
    if summit is None or not 0 <= summit < end - start:
        _fail(path, number, line, f"the summit must lie inside the peak, 0 to {end - start - 1}")
    return start, summit


def _whole(cell: str) -> int | None:
    is_whole = cell.isascii() and cell.isdigit() and len(cell) <= 10
    return int(cell) if is_whole else None


def _ranks(chroms: list[str], chrom_order: FilePath | Iterable[str] | None) -> NDArray[np.int64]:
    if chrom_order is None:
        first: list[str] = []
    elif isinstance(chrom_order, str | Path):
        rows = (line.split() for line in read_text(chrom_order).split("\n"))
        first = [row[0] for row in rows if row and not row[0].startswith("#")]
    else:
        first = [str(name) for name in chrom_order]  # type: ignore[union-attr]
    rank = {name: k for k, name in enumerate(dict.fromkeys([*first, *chroms]))}
    return np.array([rank[chrom] for chrom in chroms], np.int64)


def _fail(path: FilePath, number: int, line: str, why: str) -> NoReturn:
    raise FormatError(
        f"{shown_path(path)}:{number}: {why}; found {line[:80]!r}.",
        path=path,
        line=number,
        text=line,
    )
