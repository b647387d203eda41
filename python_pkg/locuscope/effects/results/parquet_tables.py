"""Parquet in pieces: row groups of one size with a checksum on every page, read back by columns."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from locuscope.errors import FormatError, LocuscopeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class ParquetTable:
    """A table that grows; its bytes do not depend on the pieces that come.

    Args:
        place: the new file.
        frame: a table without rows that has the columns.
        group_rows: rows of a row group.
    """

    def __init__(self, place: Path, frame: pl.DataFrame, group_rows: int) -> None:
        import pyarrow.parquet as pq

        self._group = group_rows
        self._pending: list[pl.DataFrame] = []
        self._n_pending = 0
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        self._file: Any = pq.ParquetWriter(
            place,
            frame.to_arrow().schema,
            compression="zstd",
            use_dictionary=texts,
            write_statistics=[name for name in ("chrom", "pos") if name in frame.columns],
            write_page_checksum=True,
        )

    def add(self, table: pl.DataFrame) -> None:
        """Take rows in; full groups go to the file."""
        self._pending.append(table)
        self._n_pending += len(table)
        if self._n_pending >= self._group:
            whole = pl.concat(self._pending)
            n_full = self._n_pending - self._n_pending % self._group
            self._write(whole[:n_full])
            self._pending = [whole[n_full:]]
            self._n_pending -= n_full

    def close(self, metadata: Mapping[str, str]) -> None:
        """Write what is left, and the words that stand in the file's metadata."""
        if self._n_pending:
            self._write(pl.concat(self._pending))
        self._file.add_key_value_metadata(dict(metadata))
        self._file.close()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._file.close()

    def _write(self, table: pl.DataFrame) -> None:
        self._file.write_table(table.rechunk().to_arrow(), row_group_size=self._group)


class ParquetFile:
    """A stored table; pages are checked when they are read.

    Raises:
        FormatError: a damaged file, here and in every method.

    Attributes:
        blocks: first row and end of each row group.
        metadata: the words in the file.
        columns: names of the columns.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                found = file.metadata
                sizes = [found.row_group(k).num_rows for k in range(found.num_row_groups)]
                words = found.metadata or {}
                self.columns: list[str] = list(file.schema_arrow.names)
        except LocuscopeError:
            raise
        except Exception as error:
            raise self._damaged(error) from error
        self.blocks = list(pairwise(accumulate(sizes, initial=0)))
        self.metadata = {
            key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
            for key, value in words.items()
        }

    def read(
        self,
        columns: Sequence[str] | None = None,
        rows: tuple[int, int] | None = None,
    ) -> pl.DataFrame:
        """Read columns, of all rows or of some that follow each other."""
        import pyarrow.parquet as pq

        first, stop = rows or (0, self.blocks[-1][1] if self.blocks else 0)
        groups = [k for k, (start, end) in enumerate(self.blocks) if start < stop and end > first]
        try:
            with pq.ParquetFile(self._path, page_checksum_verification=True) as file:
                found = file.read_row_groups(
                    groups, columns=None if columns is None else list(columns), use_threads=False
                )
            found.validate(full=True)
            table = cast("pl.DataFrame", pl.from_arrow(found))
        # names that are no text end in a panic, which is no Exception
        except (Exception, pl.exceptions.PanicException) as error:
            raise self._damaged(error) from error
        start = self.blocks[groups[0]][0] if groups else 0
        return table[first - start : stop - start]

    def _damaged(self, error: BaseException) -> FormatError:
        if isinstance(error, MemoryError):
            raise error
        return FormatError(f"{self._path}: a damaged parquet file ({error}).", path=str(self._path))


def write_parquet(place: Path, table: pl.DataFrame, metadata: Mapping[str, str]) -> None:
    """Write a whole table as one row group."""
    writer = ParquetTable(place, table[:0], max(1, len(table)))
    try:
        writer.add(table)
        writer.close(metadata)
    except BaseException:
        writer.drop()
        raise
