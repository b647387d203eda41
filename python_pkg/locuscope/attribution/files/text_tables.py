"""Contributions as tables of text: one row per example, one per place."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.files.fields import UNREADABLE, broken, check_bases, places_of
from locuscope.errors import InputError, OptionError, ShapeError, shown_path
from locuscope.genome.sequence import one_hot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome

RANGES = ("chr", "end", "start", "strand")
_VALUES = "grads/sequence/"
_PLACES = "metadata/ranges/"


def write_table(parts: Iterable[Contributions], path: Path, *, is_packed: bool) -> None:
    """Columns `grads/sequence/<index>`, the bases of a position 4 rows of L apart, then places."""
    with path.open("wb") as raw:
        if not is_packed:
            for line in _table_lines(parts):
                raw.write(line.encode())
            return
        # No name and no time in the header: the same values give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            for line in _table_lines(parts):
                packed.write(line.encode())


def _table_lines(parts: Iterable[Contributions]) -> Iterator[str]:
    is_first = True
    for part in parts:
        values = part.values.reshape(len(part), part.sequences.shape[1] * part.sequences.shape[2])
        if is_first:
            header = [f"{_VALUES}{index}" for index in range(values.shape[1])]
            if part.intervals is not None:
                header += [f"{_PLACES}{name}" for name in RANGES]
            yield "\t".join(header) + "\n"
            is_first = False
        for index, row in enumerate(values):
            cells = [format(value, ".9g") for value in row.tolist()]
            if part.intervals is not None:
                place = part.intervals[index]
                cells += [place.chrom, str(place.end), str(place.start), place.strand]
            yield "\t".join(cells) + "\n"


def read_table(
    path: Path, genome: Genome | None = None, sequences: object | None = None
) -> dict[str, Any]:
    """Fields of contributions from a table, which holds no bases: they are given beside it.

    Args:
        path: .tsv, packed or not.
        genome: where the bases at the places of the table come from.
        sequences: the bases instead: one-hot (N, A, L), or texts.

    Raises:
        OptionError: neither a genome nor sequences.
        FormatError: another table, rows of another length, cells that are no numbers.
        ShapeError: bases that do not fit.
    """
    header, rows = _rows(path)
    n_values = sum(name.startswith(_VALUES) for name in header)
    if not n_values or n_values % 4:
        raise broken(path, f"has {n_values:,} columns {_VALUES}<index>; four per base are needed")
    column = {name: place for place, name in enumerate(header)}
    order = [column[name] for i in range(n_values) if (name := f"{_VALUES}{i}") in column]
    if len(order) != n_values:
        raise broken(path, f"has columns {_VALUES}<index> that do not count from 0")
    try:
        cells = [[float(row[place]) for place in order] for row in rows]
    except ValueError as error:
        raise broken(path, f"has a cell that is no number ({error})") from error
    values = np.array(cells, np.float32).reshape(len(rows), 4, n_values // 4)
    places = None
    if f"{_PLACES}chr" in column and f"{_PLACES}start" in column:
        taken = {name: [row[column[f"{_PLACES}{name}"]] for row in rows] for name in RANGES}
        places = places_of(
            taken["chr"], taken["start"], values.shape[2], strands=taken["strand"], path=path
        )
    bases = _bases(path, values.shape, places, genome, sequences)
    # A table does not say which; values at bases that are not there are 0 only when projected, or
    # NaN where nothing is known of the position.
    is_projected = not np.nan_to_num(np.where(bases == 0, values, 0)).any()
    kind = "projected" if is_projected else "hypothetical"
    return {"values": values, "sequences": bases, "intervals": places, "kind": kind}


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    except UNREADABLE as error:
        raise broken(path, f"is no table of text ({error})") from error
    lines = text.splitlines()
    if not lines or not text.endswith("\n"):
        raise broken(path, "ends in the middle of a row" if lines else "is empty")
    header, *rows = [line.split("\t") for line in lines]
    odd = next((i for i, row in enumerate(rows) if len(row) != len(header)), None)
    if odd is not None:
        raise broken(
            path, f"has {len(rows[odd])} cells in line {odd + 2} for {len(header)} columns"
        )
    return header, rows


def _bases(
    path: Path,
    shape: tuple[int, ...],
    places: tuple[Interval, ...] | None,
    genome: Genome | None,
    sequences: Any,
) -> NDArray[Any]:
    if sequences is not None:
        is_text = isinstance(sequences, (list, tuple)) and isinstance(sequences[0], (str, bytes))
        bases = np.asarray(one_hot(list(sequences)) if is_text else sequences)
    elif genome is not None and places is not None:
        bases = np.stack([genome.one_hot(place) for place in places])
    else:
        raise OptionError(
            f"{shown_path(path)} is a table, which holds no bases; open it with sequences=, or "
            "with genome= where it has places.",
            option="sequences",
            value=None,
        )
    if bases.shape != shape:
        raise ShapeError(
            f"{shown_path(path)} holds contributions of {shape}, the bases are {bases.shape}.",
            found=bases.shape,
            expected=shape,
        )
    check_bases(path, bases)
    return bases


def bed_text(found: Contributions) -> str:
    """One line per example: chrom start end name score strand, and the sum of its contributions.

    Raises:
        InputError: examples without places.
    """
    if found.intervals is None:
        raise InputError(f"{found!r} has no places on a genome, which BED needs.")
    totals = np.asarray(np.nansum(found.per_base(), axis=1, dtype=np.float64))
    return "".join(
        f"{place.chrom}\t{place.start}\t{place.end}\t{place.name or '.'}\t0\t{place.strand}"
        f"\t{total:.9g}\n"
        for place, total in zip(found.intervals, totals.tolist(), strict=True)
    )
