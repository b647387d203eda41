"""Rows of a stored result, read when they are asked for: parquet, HDF5, and text read whole."""

from __future__ import annotations

import zlib
from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from locuscope.effects.results.parquet_tables import ParquetFile
from locuscope.effects.results.score_card import FORMAT, ScoreCard, read_card, unique_labels
from locuscope.effects.results.score_files import parts_of, read_parquet
from locuscope.effects.results.score_hdf5 import Hdf5Reader
from locuscope.effects.results.score_tables import (
    ROW_COLUMNS,
    SPREAD,
    ScoreFields,
    alleles_of,
    matrix_of,
)
from locuscope.errors import FormatError, LocuscopeError
from locuscope.genome.alleles import STATUSES
from locuscope.genome.handles import check_unchanged, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.genome.variant_table import VariantTable

_BLOCK_ROWS = 65_536
_DAMAGE = (
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    RuntimeError,
    pl.exceptions.PolarsError,
)


class ScoreSource(Protocol):
    """Rows on disk.

    Attributes:
        path: the file or folder.
        card: everything but the rows.
        blocks: first row and end of the pieces that are cheap to read.
    """

    path: Path

    @property
    def card(self) -> ScoreCard:
        """Everything but the rows."""

    @property
    def blocks(self) -> Sequence[tuple[int, int]]:
        """First row and end of each piece."""

    def counts(self) -> dict[str, int]:
        """Alleles per status."""

    def alleles(self) -> tuple[VariantTable, pl.DataFrame]:
        """Alleles and windows of all rows."""

    def matrix(self, score: str, columns: Sequence[int] | None, *, is_spread: bool) -> NDArray[Any]:
        """A score of all rows, or some of its columns."""

    def parts(self, score: str) -> pl.DataFrame:
        """The parts of all rows."""

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Everything of some rows."""


@contextmanager
def typed(path: Path) -> Iterator[None]:
    """Turn what a library says about a damaged file into a sentence of ours."""
    try:
        yield
    except LocuscopeError:
        raise
    except _DAMAGE as error:
        raise FormatError(
            f"{path}: damaged or no file of variant scores ({type(error).__name__}: {error}).",
            path=str(path),
        ) from error


class ParquetSource:
    """A wide parquet table, read by row groups and columns."""

    def __init__(self, path: Path) -> None:
        self.path, self._stamp = path, stamp(path)
        self._file = ParquetFile(path)
        self.card = read_card(self._file.metadata.get(FORMAT), path)
        self.blocks = self._file.blocks

    def counts(self) -> dict[str, int]:
        """Alleles per status."""
        return _counted(Counter(self._read(["status"])["status"].to_list()))

    def alleles(self) -> tuple[VariantTable, pl.DataFrame]:
        """Alleles and windows of all rows."""
        with typed(self.path):
            there = self._file.columns
            return alleles_of(self._read([name for name in ROW_COLUMNS if name in there]))

    def matrix(self, score: str, columns: Sequence[int] | None, *, is_spread: bool) -> NDArray[Any]:
        """A score of all rows, or some of its columns."""
        labels = self.card.labels[score]
        some = labels if columns is None else [labels[k] for k in columns]
        suffix = SPREAD if is_spread else ""
        names = dict.fromkeys(["chrom", *(f"{score}/{label}{suffix}" for label in some)])
        return matrix_of(self._read(list(names)), score, some, suffix)

    def parts(self, score: str) -> pl.DataFrame:
        """The parts of all rows."""
        return parts_of(self._read([f"parts/{score}"]), score)

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Everything of some rows."""
        check_unchanged(self.path, self._stamp)
        with typed(self.path):
            return read_parquet(self.path, (first, stop))

    def _read(self, columns: list[str]) -> pl.DataFrame:
        check_unchanged(self.path, self._stamp)
        return self._file.read(columns)


class Hdf5Source:
    """Our HDF5 layout, read by rows and columns."""

    def __init__(self, path: Path) -> None:
        self.path, self._stamp = path, stamp(path)
        with self._open() as reader:
            self.card, n_rows = reader.card, reader.n_rows
        firsts = range(0, max(n_rows, 1), _BLOCK_ROWS)
        self.blocks = [(first, min(first + _BLOCK_ROWS, n_rows)) for first in firsts]

    def counts(self) -> dict[str, int]:
        """Alleles per status."""
        with self._open() as reader:
            return reader.counts()

    def alleles(self) -> tuple[VariantTable, pl.DataFrame]:
        """Alleles and windows of all rows."""
        with self._open() as reader:
            return reader.alleles(0, reader.n_rows)

    def matrix(self, score: str, columns: Sequence[int] | None, *, is_spread: bool) -> NDArray[Any]:
        """A score of all rows, or some of its columns."""
        with self._open() as reader:
            return reader.matrix(score, 0, reader.n_rows, columns, is_spread=is_spread)

    def parts(self, score: str) -> pl.DataFrame:
        """The parts of all rows."""
        with self._open() as reader:
            return reader.parts(score, 0, reader.n_rows)

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Everything of some rows."""
        with self._open() as reader:
            return reader.fields(first, stop)

    @contextmanager
    def _open(self) -> Iterator[Hdf5Reader]:
        import h5py

        check_unchanged(self.path, self._stamp)
        with typed(self.path), h5py.File(self.path, "r") as file:
            yield Hdf5Reader(file, self.path)


def _unknown(path: Path) -> None:
    """Nothing is known before the file is read."""


class WholeSource:
    """A file that is read whole, on first use; what its head and a count tell comes before.

    Args:
        path: the file.
        read: reads everything.
        count: alleles per status, line by line; None where that takes reading everything.
        head: the card without the rows, in the same way.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], ScoreFields],
        count: Callable[[Path], dict[str, int] | None] = _unknown,
        head: Callable[[Path], ScoreCard | None] = _unknown,
    ) -> None:
        self.path, self._stamp = path, stamp(path)
        self._read, self._count, self._head = read, count, head

    @cached_property
    def card(self) -> ScoreCard:
        """Everything but the rows."""
        with typed(self.path):
            found = None if self._is_read else self._head(self.path)
        return card_of_fields(self._fields) if found is None else found

    @cached_property
    def blocks(self) -> Sequence[tuple[int, int]]:
        """All rows are one piece."""
        return [(0, sum(self.counts().values()))]

    def counts(self) -> dict[str, int]:
        """Alleles per status."""
        return dict(self._tally)

    def alleles(self) -> tuple[VariantTable, pl.DataFrame]:
        """Alleles and windows of all rows."""
        return self._fields["variants"], self._fields["windows"]

    def matrix(self, score: str, columns: Sequence[int] | None, *, is_spread: bool) -> NDArray[Any]:
        """A score of all rows, or some of its columns."""
        values = self._fields["spread" if is_spread else "scores"][score]
        return values if columns is None else values[:, np.asarray(columns, np.int64)]

    def parts(self, score: str) -> pl.DataFrame:
        """The parts of all rows."""
        return self._fields["parts"][score]

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Everything of the one piece that there is.

        Raises:
            FormatError: another number of rows than was counted.
        """
        found = self.whole()
        if len(found["variants"]) != stop - first:
            raise FormatError(
                f"{self.path}: {stop - first:,} alleles were counted, {len(found['variants']):,} "
                "are read.",
                path=str(self.path),
            )
        return found

    def whole(self) -> ScoreFields:
        """Everything, without a count before."""
        return self._fields

    @property
    def _is_read(self) -> bool:
        return "_fields" in vars(self)

    @cached_property
    def _fields(self) -> ScoreFields:
        check_unchanged(self.path, self._stamp)
        with typed(self.path):
            return self._read(self.path)

    @cached_property
    def _tally(self) -> dict[str, int]:
        with typed(self.path):
            found = None if self._is_read else self._count(self.path)
        return self._fields["variants"].counts() if found is None else found


def card_of_fields(fields: ScoreFields) -> ScoreCard:
    """The card of rows that were read."""
    own = fields["own_columns"]
    tracks = unique_labels([str(name) for name in fields["tracks"].cells("track_name")])
    return ScoreCard(
        labels={name: own.get(name, tracks) for name in fields["scores"]},
        own=tuple(own),
        spread=tuple(fields["spread"]),
        parts={
            name: tuple((column, str(kind)) for column, kind in table.schema.items())
            for name, table in fields["parts"].items()
        },
        tracks=fields["tracks"],
        provenance=fields["provenance"],
    )


def _counted(tally: Counter[str]) -> dict[str, int]:
    return {status: tally[status] for status in STATUSES if tally[status]}
