"""What all files of contributions share: facts, places, and the check of what was read."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import (
    CorruptStoreError,
    FormatError,
    InputError,
    NonFiniteError,
    ShapeError,
    shown_path,
)
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import check_one_hot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions

ROW_ARRAYS = ("delta", "change", "peak_ids", "chrom_ids")
"""Fields with one row per example, beside the contributions themselves."""
VALUE_ARRAYS = ("values", "var", "members")
"""Fields with the axes (..., N, A, L)."""
KINDS = ("hypothetical", "projected")
UNREADABLE = (
    ValueError,
    OSError,
    EOFError,
    KeyError,
    AttributeError,
    TypeError,
    RuntimeError,  # NotImplementedError too: a kind of packing that nobody has
    zipfile.BadZipFile,
    zlib.error,
    MemoryError,  # the shape of a damaged dataset
)
"""What libraries raise on a file that ends early or has changed."""
CHECKED_BYTES = 1 << 26
"""Bases of a stored file that are checked when it is opened; the rest when it is read."""

_CHUNK_ROWS = 64
_CHUNK_VALUES = 1 << 22


def chunk_rows(n_values: int) -> int:
    """Examples of a chunk: at most 64, and at most 16 MiB of float32.

    >>> chunk_rows(4 * 2114), chunk_rows(4 * 524_288)
    (64, 2)
    """
    return max(1, min(_CHUNK_ROWS, _CHUNK_VALUES // n_values))


def facts_text(parts: Sequence[Contributions], digest: str = "") -> str:
    """What is no array, as JSON: of the first part, with the notes of all.

    Args:
        parts: of one call.
        digest: of the columns beside the contributions.
    """
    first = parts[0]
    facts = {name: getattr(first, name) for name in ("kind", "method", "target")}
    facts["provenance"], facts["columns"] = dict(first.provenance), digest
    facts["notes"] = list(dict.fromkeys(note for part in parts for note in part.notes))
    return json.dumps(facts, sort_keys=True, default=str)


def read_facts(text: str | None, path: Path, kind: str = "hypothetical") -> dict[str, Any]:
    """The fields that `facts_text` wrote; those of a file of another tool where it has none.

    Raises:
        FormatError: facts that are no JSON object.
    """
    try:
        facts = {} if text is None else json.loads(text)
        return {
            "kind": KINDS[KINDS.index(facts.get("kind", kind))],
            "method": str(facts.get("method", "")),
            "target": str(facts.get("target", "")),
            "provenance": dict(facts.get("provenance", {})),
            "notes": tuple(facts.get("notes", ())),
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise broken(path, f"has facts that do not read ({error})") from error


def columns_digest(columns: Mapping[str, Any]) -> str:
    """A digest of the places and of the fields with one row per example.

    Args:
        columns: `intervals` and those of `ROW_ARRAYS` that the file holds.
    """
    found = hashlib.sha256()
    for place in columns.get("intervals") or ():
        cells = (place.chrom, place.start, place.end, place.strand, place.name or "")
        found.update("\t".join(map(str, cells)).encode() + b"\n")
    for name in ROW_ARRAYS:
        if columns.get(name) is not None:
            array = np.asarray(columns[name], "<f8")
            found.update(f"{name} {array.shape}".encode() + array.tobytes())
    return found.hexdigest()


def check_columns(text: str | None, fields: Mapping[str, Any], path: Path) -> None:
    """Refuse columns that are not those that were written.

    Raises:
        CorruptStoreError: another digest than the one among the facts.
    """
    written = None if text is None else json.loads(text).get("columns")
    if written and written != columns_digest(fields):
        raise CorruptStoreError(
            f"{shown_path(path)}: places and numbers of the examples are not those that were "
            "written; the file is damaged. Write it again.",
            path=path,
            part="columns",
        )


def chrom_numbers(found: Contributions) -> NDArray[np.int64]:
    """A number for each contig: as given, else in order of first appearance."""
    if found.chrom_ids is not None:
        return found.chrom_ids
    chroms = [place.chrom for place in found.intervals or ()]
    known = {chrom: i for i, chrom in enumerate(dict.fromkeys(chroms))}
    return np.array([known[chrom] for chrom in chroms], np.int64)


def places_of(
    chroms: Iterable[Any],
    starts: Iterable[Any],
    width: int,
    *,
    ends: Sequence[Any] | NDArray[Any] | None = None,
    strands: Iterable[Any] | None = None,
    names: Iterable[Any] | None = None,
    path: Path,
) -> tuple[Interval, ...] | None:
    """Places of examples; None where every contig is "NA", which means that there are none.

    Raises:
        FormatError: columns of different lengths, ends that do not fit the width, no place.
    """
    contigs = [str(chrom) for chrom in chroms]
    try:
        begins = [_whole(start) for start in starts]
    except (ValueError, OverflowError) as error:
        raise broken(path, f"has places that are none ({error})") from error
    if contigs and set(contigs) == {"NA"}:
        return None
    count = len(contigs)
    columns = [
        [default] * count if given is None else [str(cell) for cell in given]
        for given, default in ((strands, "."), (names, ""))
    ]
    if ends is not None:
        far = [i for i, end in enumerate(ends) if i < count and int(end) != begins[i] + width]
        if far:
            raise broken(
                path,
                f"has a place of {int(ends[far[0]]) - begins[far[0]]:,} bases for example "
                f"{far[0]} of {width:,}",
            )
    try:
        return tuple(
            Interval(chrom, start, start + width, strand, name or None)
            for chrom, start, strand, name in zip(contigs, begins, *columns, strict=True)
        )
    except ValueError as error:
        raise broken(path, f"has places that are none ({error})") from error


def _whole(start: Any) -> int:
    number = int(start)
    if not isinstance(start, str | bytes) and number != start:
        raise ValueError(f"start {start!r} is no whole number")
    return number


def check_shapes(path: Path, sequences: tuple[int, ...], values: tuple[int, ...]) -> None:
    """Refuse contributions that do not fit their bases, and bases with another axis order.

    Raises:
        ShapeError: naming both shapes, or the transposed one.
    """
    if len(sequences) != 3 or sequences[1] != 4:
        is_turned = len(sequences) == 3 and sequences[2] == 4
        raise ShapeError(
            f"{shown_path(path)}: sequences have shape {sequences}; (N, 4, L) is needed"
            + (", they look transposed: swap the last two axes." if is_turned else "."),
            found=sequences,
            expected=("N", 4, "L"),
        )
    if values[-3:] != sequences:
        is_turned = values[-2:] == sequences[:0:-1]
        raise ShapeError(
            f"{shown_path(path)}: contributions {values} and sequences {sequences} do not fit"
            + (", the contributions look transposed." if is_turned else "."),
            found=values,
            expected=sequences,
        )


def check_bases(path: Path, sequences: NDArray[Any]) -> None:
    """Refuse bases that are not one-hot, naming the file.

    Raises:
        ShapeError: two ones in a column, 0.5, transposed axes.
    """
    try:
        check_one_hot(sequences, where="sequences")
    except (ShapeError, NonFiniteError):
        raise
    except InputError as error:
        raise ShapeError(
            f"{shown_path(path)}: {error}",
            found=sequences.shape,
            expected="one 1 in each column, or zeros",
        ) from error


def plain_arrays(arrays: Mapping[str, Any], path: Path, wanted: Sequence[str]) -> None:
    """Refuse a file without the arrays that it must have.

    Raises:
        FormatError: naming the first that is missing, and what is there.
    """
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise broken(path, f"has no {missing[0]!r}; it holds {', '.join(sorted(arrays)[:5])}")


def broken(path: Path, what: str) -> FormatError:
    """The error of a file that is not what it should be."""
    return FormatError(f"{shown_path(path)} {what}.", path=path)
