"""The column store behind every list of tracks: codes per field, and selections of row numbers.

Twenty thousand tracks with seventeen fields are a few arrays here; a TrackMetadata object exists
only once somebody asks for it. Tables are immutable, and a selection shares the columns of the
table it came from.
"""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from locuscope._closest import counted
from locuscope.errors import UnknownTrackFieldError, closest
from locuscope.tracks.columns import CategoryColumn, Column, column_of, concat_columns
from locuscope.tracks.track_metadata import (
    CORE_FIELDS,
    KNOWN_FIELDS,
    PADDING_NAME,
    TrackMetadata,
    viewed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_MIXERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)


class TrackTable:
    """Tracks as columns. Immutable; `take` gives a selection that shares the columns.

    A field whose cells are missing on every row still belongs to the table.

    Args:
        columns: field -> column, all of one length; `output_name`, `organism` and `track_name` are
            there.
        source_index: channel in the raw model tensor of every row of `columns`; None = the row
            number.
        track_index: place among the tracks of the output, per row of the table; None = the row
            number.
        rows: rows of `columns` that make up this table; None = all.
    """

    __slots__ = ("__dict__", "_columns", "_rows", "_source", "_track_index")

    def __init__(
        self,
        columns: Mapping[str, Column],
        *,
        source_index: NDArray[np.int64] | None = None,
        track_index: NDArray[np.int64] | None = None,
        rows: NDArray[np.int64] | None = None,
    ) -> None:
        if source_index is None:
            source_index = np.arange(len(columns["track_name"]), dtype=np.int64)
        self._columns = ordered_columns(columns)
        self._source = source_index
        self._rows = rows
        self._track_index = track_index

    # -- making -------------------------------------------------------------------------------

    @classmethod
    def from_tracks(cls, tracks: Sequence[TrackMetadata]) -> TrackTable:
        """The table of hand-made or viewed tracks; their `source_index` is kept."""
        fields = dict.fromkeys(field for track in tracks for field in track.extras)
        cells: dict[str, list[object]] = {
            "output_name": [track.output_name for track in tracks],
            "organism": [track.organism for track in tracks],
            "track_name": [track.track_name for track in tracks],
        }
        cells |= {field: [track.extras.get(field) for track in tracks] for field in fields}
        return cls(
            {field: column_of(field, values) for field, values in cells.items()},
            source_index=np.array([track.source_index for track in tracks], np.int64),
            track_index=np.array([track.track_index for track in tracks], np.int64),
        )

    @classmethod
    def placeholders(cls, output_name: str, organism: int, n_rows: int) -> TrackTable:
        """`n_rows` channels without meaning."""
        names: dict[str, object] = {
            "output_name": output_name,
            "organism": organism,
            "track_name": PADDING_NAME,
        }
        zeros = np.zeros(n_rows, np.int32)
        return cls({field: CategoryColumn((value,), zeros) for field, value in names.items()})

    @classmethod
    def concat(cls, tables: Sequence[TrackTable]) -> TrackTable:
        """The rows of several tables in order; `track_index` and `source_index` are kept."""
        fields = dict.fromkeys(field for table in tables for field in table.fields)
        columns: dict[str, Column] = {
            field: concat_columns(
                [table.column_store(field) if table.has_field(field) else None for table in tables],
                [len(table) for table in tables],
                field,
            )
            for field in fields
            if field != "track_index"
        }
        empty = np.empty(0, np.int64)
        return cls(
            columns or {name: column_of(name, []) for name in CORE_FIELDS[1:]},
            source_index=np.concatenate([empty, *(table.source_index for table in tables)]),
            track_index=np.concatenate([empty, *(table.track_index for table in tables)]),
        )

    def take(self, rows: NDArray[np.int64]) -> TrackTable:
        """The tracks at `rows`, renumbered 0..k-1; `source_index` is kept."""
        picked = rows if self._rows is None else self._rows[rows]
        return TrackTable(self._columns, source_index=self._source, rows=picked)

    def padded(self, output_name: str, organism: int, n_rows: int) -> TrackTable:
        """The same rows, then placeholders up to `n_rows`."""
        missing = self.placeholders(output_name, organism, n_rows - len(self))
        joined = self.concat([self, missing])
        channels = np.concatenate([self.source_index, np.arange(len(self), n_rows)])
        return joined.with_channels(channels)

    def with_channels(self, source_index: NDArray[np.int64]) -> TrackTable:
        """The same rows as channels `source_index` of a tensor, renumbered 0..n-1."""
        columns = {name: self.column_store(name) for name in self._columns}
        return TrackTable(columns, source_index=source_index)

    def renamed(self, output_name: str, organism: int) -> TrackTable:
        """The same rows as channels 0..k-1 of another output."""
        zeros = np.zeros(len(self), np.int32)
        columns: dict[str, Column] = {
            field: self.column_store(field) for field in self._columns if field not in CORE_FIELDS
        }
        columns["track_name"] = self.column_store("track_name")
        columns["output_name"] = CategoryColumn((output_name,), zeros)
        columns["organism"] = CategoryColumn((organism,), zeros)
        return TrackTable(columns)

    def with_column(self, field: str, cells: Sequence[object]) -> TrackTable:
        """The same rows with one field replaced or added."""
        columns: dict[str, Column] = {name: self.column_store(name) for name in self._columns}
        columns[field] = column_of(field, cells)
        return TrackTable(columns, source_index=self.source_index, track_index=self.track_index)

    # -- reading ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._source) if self._rows is None else len(self._rows)

    @property
    def fields(self) -> tuple[str, ...]:
        """Core fields, known fields, then others in first-seen order."""
        return ("track_index", *self._columns)

    @cached_property
    def source_index(self) -> NDArray[np.int64]:
        """Channel in the raw model tensor of every row."""
        return self._source if self._rows is None else self._source[self._rows]

    @cached_property
    def track_index(self) -> NDArray[np.int64]:
        """Place among the tracks of the output."""
        return (
            np.arange(len(self), dtype=np.int64) if self._track_index is None else self._track_index
        )

    def has_field(self, field: str) -> bool:
        """Whether the table carries the field, known on its rows or not."""
        return field == "track_index" or field in self._columns

    def column_store(self, field: str) -> Column:
        """The column of a field at these rows, `track_index` included.

        Raises:
            UnknownTrackFieldError: the table has no such field.
        """
        cached = self._cache.get(field)
        if cached is None:
            if field == "track_index":
                cached = column_of(field, self.track_index.tolist())
            elif field in self._columns:
                whole = self._columns[field]
                cached = whole if self._rows is None else whole.take(self._rows)
            else:
                raise unknown_field(field, self.fields)
            self._cache[field] = cached
        return cached

    def cells(self, field: str) -> list[object]:
        """One Python value per row, None where missing; all None for a known field not carried."""
        if not self.has_field(field) and field in KNOWN_FIELDS:
            return [None] * len(self)
        return self.column_store(field).cells()

    def track(self, row: int) -> TrackMetadata:
        """The metadata object of one row."""
        return self.tracks_at([row])[0]

    def tracks_at(self, rows: Sequence[int]) -> list[TrackMetadata]:
        """Metadata objects of some rows."""
        picked = np.asarray(rows, np.int64)
        table = self.take(picked)
        names = [
            field
            for field in self._columns
            if field not in CORE_FIELDS and not table.column_store(field).is_blank()
        ]
        core = zip(
            self.track_index[picked].tolist(),
            map(str, table.cells("output_name")),
            (int(str(cell)) for cell in table.cells("organism")),
            map(str, table.cells("track_name")),
            strict=True,
        )
        cells = zip(*(table.cells(field) for field in names), strict=True) if names else repeat(())
        return [
            viewed(
                known,
                {n: cell for n, cell in zip(names, row, strict=True) if cell is not None},
                source,
            )
            for known, row, source in zip(core, cells, table.source_index.tolist(), strict=False)
        ]

    @cached_property
    def tracks(self) -> tuple[TrackMetadata, ...]:
        """All rows as metadata objects; built on first use."""
        return tuple(self.tracks_at(range(len(self))))

    def rows(self) -> list[dict[str, object]]:
        """JSON-safe mappings with the fields that are known on each row."""
        columns = {field: self.cells(field) for field in self.fields}
        return [
            {field: column[i] for field, column in columns.items() if column[i] is not None}
            for i in range(len(self))
        ]

    @cached_property
    def is_padding(self) -> NDArray[np.bool_]:
        """True for channels without meaning (track name "padding" in any case)."""
        column = self.column_store("track_name")
        if not isinstance(column, CategoryColumn):
            return np.zeros(len(self), np.bool_)
        return column.accepts_codes(column.once("padding", _padding_codes))

    @cached_property
    def fingerprint(self) -> NDArray[np.uint64]:
        """64 bits per row over output, name, strand, channel and organism, within one process."""
        mixed = _mix(np.zeros(len(self), np.uint64), self.source_index.astype(np.uint64))
        for field in ("output_name", "track_name", "strand", "organism"):
            if not self.has_field(field):
                mixed = _mix(mixed, np.zeros(len(self), np.uint64))
                continue
            column = self.column_store(field)
            if isinstance(column, CategoryColumn):
                hashes = np.array([hash(value) for value in column.values] + [0], np.int64)
                mixed = _mix(mixed, hashes[column.codes].astype(np.uint64))
        return mixed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrackTable):
            return NotImplemented
        return len(self) == len(other) and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        # What is cached stays behind: a fingerprint holds within one process only.
        names = ("_columns", "_rows", "_source", "_track_index")
        return None, {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return f"TrackTable({counted(len(self), 'track')}, {counted(len(self.fields), 'field')})"

    @cached_property
    def _cache(self) -> dict[str, Column]:
        return {}


class _Ordered(dict[str, Column]):
    """Columns that stand in their fixed order already."""


def ordered_columns(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Known fields first and in their fixed order, then the others as they come."""
    if isinstance(columns, _Ordered):
        return columns
    known = {field: columns[field] for field in KNOWN_FIELDS if field in columns}
    return _Ordered(known | dict(columns))


def unknown_field(field: str, available: Iterable[str]) -> UnknownTrackFieldError:
    """The error for a field that no track has."""
    names = list(dict.fromkeys(available))
    near = closest(field, names)
    meant = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
    message = f"No track has a field {field!r}.{meant} Available fields: {', '.join(names)}."
    return UnknownTrackFieldError(message, name=field, known=names, closest=near)


def _padding_codes(names: tuple[object, ...]) -> list[int]:
    """Codes of the names that say "padding" in any case."""
    texts = (
        (code, name if isinstance(name, str) else str(name)) for code, name in enumerate(names)
    )
    n_letters = len(PADDING_NAME)
    return [code for code, text in texts if len(text) == n_letters and text.lower() == "padding"]


def _mix(state: NDArray[np.uint64], value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One round of a multiply-xorshift hash, row by row."""
    with np.errstate(over="ignore"):
        for mixer, shift in zip(_MIXERS, (30, 27), strict=True):
            state = (state ^ value) * np.uint64(mixer)
            state = state ^ (state >> np.uint64(shift))
    return state
