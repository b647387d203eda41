"""Saved sequences: what a model sees of every allele, as one HDF5 file.

    /ref, /alt                      uint8 (V, 4, L) one-hot ACGT, zero for a row without a window
    /ref_rc, /alt_rc                the reverse complements, with rc=True
    /alt_right, /alt_right_rc       ALT read from the right end, where an indel rule reads it twice
    /arrays/<input>                 (V, ...) inputs that are no bases
    /variants/<column>              the alleles, one per row, with status, reason and notes
    /windows/<column>               normalised spelling, window, its number and its strand

A model with several inputs has a group of datasets in place of each of the first three, one dataset
per input.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from locuscope.effects.results.score_hdf5 import append, numbers, texts
from locuscope.effects.results.score_tables import WINDOW_SCHEMA
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.choices import check_choice
from locuscope.genome.sequence import reverse_complement
from locuscope.store import Hdf5Output, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.windows.allele_windows import AlleleWindow, Opened
    from locuscope.genome.variant_table import VariantTable
    from locuscope.models.protocol import InputSpec

# The layout; `stored_sequences.py` reads it.
FORMAT = "locuscope.sequences"
VERSION = 1
BLOCK_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 20
_TEXTS = ("chrom", "id", "ref", "alt", "reason")
_NUMBERS = ("line", "record", "alt_index", "n_alts", "pos")
_PACKED: Mapping[str, Any] = {"compression": "gzip", "compression_opts": 4}


def write_sequences(
    path: str | PathLike[str],
    opened: Iterable[tuple[VariantTable, Iterable[Opened]]],
    *,
    inputs: Sequence[InputSpec],
    width_bp: int,
    rc: bool = False,
    layout: Literal["NAL", "NLA"] = "NAL",
) -> Path:
    """Write reference and alternative sequences, row by row, in bounded memory.

    Args:
        path: the file, which appears whole or not at all.
        opened: tables of alleles, each with what became of its rows; `Opened.row` counts the rows
            of its table, in order. A row that is not there is stored as it is, with zeros.
        inputs: what the model reads.
        width_bp: width of the windows.
        rc: also store the reverse complements.
        layout: order of the axes, "NAL" (bases before positions) or "NLA".

    Returns:
        The path.

    Raises:
        StoreTargetError, StoreFullError: as `publish`.
    """
    check_choice("layout", layout, ("NAL", "NLA"))

    def write(place: Path) -> None:
        with Hdf5Output(place) as output:
            saved = _SequenceFile(output.file, inputs, width_bp, rc=rc, layout=layout)
            saved.fill(opened, output.check)

    return publish(path, write)


class _SequenceFile:
    """The open file, and rows that wait for their block."""

    def __init__(
        self, file: Any, inputs: Sequence[InputSpec], width_bp: int, *, rc: bool, layout: str
    ) -> None:
        self.file = file
        self.pieces = [(s.name, s.length_bp or width_bp) for s in inputs if s.kind == "dna"]
        self.width_bp = sum(width for _, width in self.pieces)
        self.is_single = len(inputs) == 1
        self.rc = rc
        self.layout = layout
        self.views = ["ref", "alt"]
        self.rows: list[tuple[int, Opened | None]] = []
        self.n_rows = 0
        facts = {"format": FORMAT, "version": VERSION, "layout": layout, "width_bp": width_bp}
        for name, value in facts.items():
            file.attrs[name] = value
        file.attrs["inputs"] = json.dumps([name for name, _ in self.pieces])
        for view in self.views:
            self._make(view)
        _make_columns(file)

    def fill(
        self,
        opened: Iterable[tuple[VariantTable, Iterable[Opened]]],
        check: Callable[[], object],
    ) -> None:
        block_rows = max(1, BLOCK_BYTES // (4 * max(1, self.width_bp)))
        for table, windows in opened:
            for row in _row_by_row(len(table), windows):
                self.rows.append(row)
                if len(self.rows) >= block_rows:
                    self._flush(table)
            self._flush(table)
            check()

    def _flush(self, table: VariantTable) -> None:
        if not self.rows:
            return
        windows = [None if one is None else one.window for _, one in self.rows]
        if any(window is not None and len(window.alternatives) > 1 for window in windows):
            self._add_right_view()
        for view in self.views:
            block = np.zeros((len(windows), 4, self.width_bp), np.uint8)
            for k, window in enumerate(windows):
                if window is not None:
                    block[k] = _bases(window, view)
            self._append(view, block)
        self._append_arrays(windows)
        _append_columns(self.file, table, self.rows)
        self.n_rows += len(self.rows)
        self.rows = []

    def _append(self, view: str, block: NDArray[np.uint8]) -> None:
        first = 0
        for name, width in self.pieces:
            piece = block[..., first : first + width]
            first += width
            for suffix in ("", "_rc") if self.rc else ("",):
                turned = reverse_complement(piece) if suffix else piece
                stored = turned if self.layout == "NAL" else turned.transpose(0, 2, 1)
                append(self.file[self._name(view + suffix, name)], np.ascontiguousarray(stored))

    def _append_arrays(self, windows: Sequence[AlleleWindow | None]) -> None:
        shown = next((window.arrays for window in windows if window and window.arrays), None)
        for name, array in (shown or {}).items():
            place = f"arrays/{name}"
            if place not in self.file:
                self.file.create_dataset(
                    place,
                    shape=(self.n_rows, *array.shape),
                    maxshape=(None, *array.shape),
                    dtype=array.dtype,
                    chunks=True,
                    **_PACKED,
                )
        for name in self.file.get("arrays", {}):
            dataset = self.file[f"arrays/{name}"]
            block = np.zeros((len(windows), *dataset.shape[1:]), dataset.dtype)
            for k, window in enumerate(windows):
                if window is not None and window.arrays:
                    block[k] = window.arrays[name]
            append(dataset, block)

    def _add_right_view(self) -> None:
        """Begin `alt_right`: rows before it were read once, so that they are as in `alt`."""
        if "alt_right" in self.views:
            return
        self.views.append("alt_right")
        self._make("alt_right")
        for suffix in ("", "_rc") if self.rc else ("",):
            for name, _ in self.pieces:
                source = self.file[self._name("alt" + suffix, name)]
                target = self.file[self._name("alt_right" + suffix, name)]
                for first in range(0, self.n_rows, source.chunks[0]):
                    append(target, source[first : min(first + source.chunks[0], self.n_rows)])

    def _make(self, view: str) -> None:
        for suffix in ("", "_rc") if self.rc else ("",):
            for name, width in self.pieces:
                shape = (4, width) if self.layout == "NAL" else (width, 4)
                rows = max(1, _CHUNK_BYTES // (4 * width))
                self.file.create_dataset(
                    self._name(view + suffix, name),
                    shape=(0, *shape),
                    maxshape=(None, *shape),
                    chunks=(min(rows, 1_024), *shape),
                    dtype="u1",
                    **_PACKED,
                )

    def _name(self, view: str, piece: str) -> str:
        return view if self.is_single else f"{view}/{piece}"


def _row_by_row(n_rows: int, windows: Iterable[Opened]) -> Iterable[tuple[int, Opened | None]]:
    """Every row of a table with each of its windows; None for a row that was not opened."""
    expected = 0
    for one in windows:
        yield from ((row, None) for row in range(expected, one.row))
        yield one.row, one
        expected = one.row + 1
    yield from ((row, None) for row in range(expected, n_rows))


def _bases(window: AlleleWindow, view: str) -> NDArray[np.uint8]:
    if view == "ref":
        return window.reference
    return window.alternatives[0 if view == "alt" else -1].one_hot


def _make_columns(file: Any) -> None:
    import h5py

    statuses = {word: code for code, word in enumerate(STATUSES)}
    kinds: dict[str, Any] = {f"variants/{name}": "i8" for name in _NUMBERS}
    kinds |= {f"variants/{name}": h5py.string_dtype() for name in _TEXTS}
    kinds["variants/status"] = h5py.enum_dtype(statuses, basetype="u1")
    kinds["variants/notes"] = "u2"
    for name, kind in WINDOW_SCHEMA.items():
        kinds[f"windows/{name}"] = h5py.string_dtype() if kind == pl.String() else "i8"
    kinds["windows/strand"] = h5py.string_dtype()
    for name, kind in kinds.items():
        file.create_dataset(name, shape=(0,), maxshape=(None,), chunks=(8_192,), dtype=kind)
    file["variants/notes"].attrs["words"] = json.dumps(NOTES)


def _append_columns(
    file: Any, table: VariantTable, rows: Sequence[tuple[int, Opened | None]]
) -> None:
    places = np.array([row for row, _ in rows], np.int64)
    frame, bits = table.table[places], table.note_bits[places].copy()
    status = frame["status"].cast(pl.String).to_list()
    reason = frame["reason"].to_list()
    cells: dict[str, list[Any]] = {name: [] for name in (*WINDOW_SCHEMA, "strand")}
    for k, (_, one) in enumerate(rows):
        if one is not None and one.refusal is not None:
            status[k], reason[k] = one.refusal
        window = None if one is None else one.window
        for note in window.notes if window is not None else ():
            bits[k] |= 1 << NOTES.index(note)
        known: dict[str, Any] = {"window_index": 0 if one is None else one.window_index}
        if window is not None:
            known |= _window_cells(window)
        for name, column in cells.items():
            column.append(known.get(name))
    for name in _NUMBERS:
        append(file[f"variants/{name}"], numbers(frame[name]))
    for name in _TEXTS:
        words = pl.Series(reason, dtype=pl.String) if name == "reason" else frame[name]
        append(file[f"variants/{name}"], texts(words))
    append(file["variants/status"], np.array([STATUSES.index(word) for word in status], np.uint8))
    append(file["variants/notes"], bits)
    for name, column in cells.items():
        kind = WINDOW_SCHEMA.get(name, pl.String())
        series = pl.Series(column, dtype=kind, strict=False)
        append(file[f"windows/{name}"], texts(series) if kind == pl.String() else numbers(series))


def _window_cells(window: AlleleWindow) -> dict[str, Any]:
    return {
        "norm_pos": window.variant.pos,
        "norm_ref": window.variant.ref,
        "norm_alt": window.variant.alt,
        "window_start": window.window.start,
        "window_end": window.window.end,
        "n_padded": window.n_padded,
        "strand": window.window.strand,
    }
