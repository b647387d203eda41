"""Variant scores as HDF5: alleles, windows and tracks as columns, one matrix per score."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.score_card import FORMAT, VERSION, ScoreCard, read_card
from locuscope.effects.results.score_tables import WINDOW_SCHEMA, ScoreFields
from locuscope.errors import FormatError
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import Hdf5Output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores

MISSING = -1
_GROUPS = ("variants", "windows")
_CHUNK_VALUES = 1 << 16
_MAX_CHUNK_COLUMNS = 64
_ROW_CHUNK = 16_384
_MAX_WIDTH = 300
_PACKING: Mapping[str, Any] = {
    "compression": "gzip",
    "compression_opts": 4,
    "shuffle": True,
    "fletcher32": True,
}
_WINDOW_TEXTS = ("norm_ref", "norm_alt")
_ROW_TEXTS = ("chrom", "id", "ref", "alt", "reason")


class Hdf5Writer:
    """`variants/<column>`, `windows/<column>`, `scores/<name>` and `spread/<name>` (V, T).

    Whole numbers that are missing are -1, texts that are missing are empty; `variants/status` is
    an HDF5 enum, `variants/notes` has one bit per word of its attribute `words`. A NUL in a text,
    which HDF5 cannot hold, becomes U+2400.

    Args:
        place: the new file.
        first: the first rows, for what the file holds.
        widths: bytes of the longest text of each column.
    """

    def __init__(self, place: Path, first: VariantScores, widths: Mapping[str, int]) -> None:
        import h5py

        self._output = Hdf5Output(place)
        self._file = self._output.file
        self._file.attrs["format"] = FORMAT
        self._file.attrs["version"] = VERSION
        statuses = {word: code for code, word in enumerate(STATUSES)}
        kinds: dict[str, Any] = dict.fromkeys(("line", "record", "pos"), "i8")
        kinds |= dict.fromkeys(("alt_index", "n_alts"), "i4")
        kinds |= {name: text_kind(widths[name]) for name in _ROW_TEXTS}
        kinds |= {"status": h5py.enum_dtype(statuses, basetype="u1"), "notes": "u2"}
        for name, kind in kinds.items():
            self._column(f"variants/{name}", kind)
        self._file["variants/notes"].attrs["words"] = json.dumps(NOTES)
        for name, kind in WINDOW_SCHEMA.items():
            number = "i4" if kind == pl.Int32() else "i8"
            is_text = name in _WINDOW_TEXTS
            self._column(f"windows/{name}", text_kind(widths[name]) if is_text else number)
        for group, matrices in (("scores", first.scores), ("spread", first.spread)):
            self._file.require_group(group)
            for name in matrices:
                add_matrix(self._file, f"{group}/{_path(name)}", len(first.labels(name)), "f4")
        for name, table in first.parts.items():
            for column, dtype in table.schema.items():
                kind = "f4" if dtype.is_float() else "i8"
                if dtype == pl.String:
                    kind = text_kind(widths.get(f"{name}/{column}", 1))
                self._column(f"parts/{_path(name)}/{_path(column)}", kind)

    def add(self, chunk: VariantScores) -> None:
        """Append rows."""
        first = len(self._file["variants/line"])
        table = chunk.variants.table
        for name in ("line", "record", "pos", "alt_index", "n_alts"):
            append(self._file[f"variants/{name}"], numbers(table[name]))
        for name in _ROW_TEXTS:
            append(self._file[f"variants/{name}"], texts(table[name]))
        append(self._file["variants/status"], table["status"].to_physical().to_numpy())
        append(self._file["variants/notes"], chunk.variants.note_bits)
        for name in WINDOW_SCHEMA:
            column = chunk.windows[name]
            cells = texts(column) if name in _WINDOW_TEXTS else numbers(column)
            append(self._file[f"windows/{name}"], cells)
        for group, matrices in (("scores", chunk.scores), ("spread", chunk.spread)):
            for name, values in matrices.items():
                append(self._file[f"{group}/{_path(name)}"], values)
        for name, parts in chunk.parts.items():
            for column in parts.get_columns():
                cells = texts(column) if column.dtype == pl.String else _floats_or_ints(column)
                if column.name == "row":
                    cells = cells + first
                append(self._file[f"parts/{_path(name)}/{_path(column.name)}"], cells)
        self._output.check()

    def close(self, card: ScoreCard) -> None:
        """Write the tracks and the card."""
        import h5py

        write_tracks(self._file, card)
        self._file.create_dataset("card", data=card.text(), dtype=h5py.string_dtype())
        self._output.close()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._output.drop()

    def _column(self, name: str, kind: Any) -> None:
        add_column(self._file, name, kind)


def text_widths(scores: VariantScores) -> dict[str, int]:
    """Give the bytes of the longest text of each column of a piece."""
    table = scores.variants.table
    columns = {name: table[name] for name in _ROW_TEXTS}
    columns |= {name: scores.windows[name] for name in _WINDOW_TEXTS}
    for score, parts in scores.parts.items():
        for column in parts.get_columns():
            if column.dtype == pl.String:
                columns[f"{score}/{column.name}"] = column
    longest = {name: column.str.len_bytes().max() for name, column in columns.items()}
    # a NUL is one byte, what it becomes three
    return {name: 3 * int(str(width)) if width else 1 for name, width in longest.items()}


def text_kind(width: int) -> Any:
    """The type of a column of texts: of fixed width, which packs well, unless one is long."""
    import h5py

    return h5py.string_dtype("utf-8", width if width <= _MAX_WIDTH else None)


def add_column(file: Any, name: str, kind: Any) -> Any:
    """Make an empty dataset that grows along its rows; long texts lie where nothing packs them."""
    is_loose = not isinstance(kind, str) and kind.kind == "O"
    packing = {} if is_loose else _PACKING
    return file.create_dataset(
        name, shape=(0,), maxshape=(None,), chunks=(_ROW_CHUNK,), dtype=kind, **packing
    )


def add_matrix(file: Any, name: str, n_columns: int, kind: str) -> Any:
    """Make an empty (0, n_columns) dataset that grows along its rows, packed in pieces."""
    wide = max(1, min(n_columns, _MAX_CHUNK_COLUMNS))
    return file.create_dataset(
        name,
        shape=(0, n_columns),
        maxshape=(None, n_columns),
        chunks=(max(1_024, _CHUNK_VALUES // wide), wide) if n_columns else None,
        dtype=kind,
        **(_PACKING if n_columns else {}),
    )


def append(dataset: Any, cells: Any) -> None:
    """Put rows below those of a dataset."""
    first = len(dataset)
    dataset.resize(first + len(cells), axis=0)
    if len(cells):
        is_fixed = dataset.dtype.kind == "S"
        dataset[first:] = cells.astype(dataset.dtype) if is_fixed else cells


def numbers(column: pl.Series) -> NDArray[np.int64]:
    """Whole numbers, -1 where missing."""
    return column.cast(pl.Int64).fill_null(MISSING).to_numpy()


def texts(column: pl.Series) -> Any:
    """Texts as bytes, empty where missing."""
    cells = column.cast(pl.String).fill_null("").str.replace_all("\0", "\u2400", literal=True)
    return np.array(cells.cast(pl.Binary).to_list(), dtype=object)


def _floats_or_ints(column: pl.Series) -> Any:
    if column.dtype.is_float():
        return column.fill_null(np.nan).to_numpy()
    return numbers(column)


def _path(name: str) -> str:
    """A name as one step of an HDF5 path, which parts steps with `/`."""
    return name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00") or "%"


def write_tracks(file: Any, card: ScoreCard) -> None:
    """Write `tracks/<field>` (T), texts and numbers; a missing cell is empty or NaN."""
    import h5py

    group = file.require_group("tracks")
    for field in card.tracks.fields:
        cells = card.tracks.cells(field)
        known = [cell for cell in cells if cell is not None]
        if known and all(isinstance(cell, (bool, int, float)) for cell in known):
            values = np.array([np.nan if cell is None else cell for cell in cells], np.float64)
            group.create_dataset(_path(field), data=values)
        else:
            words = ["" if cell is None else str(cell).replace("\0", "\u2400") for cell in cells]
            group.create_dataset(_path(field), data=words, dtype=h5py.string_dtype())


class Hdf5Reader:
    """Rows and matrices of what `Hdf5Writer` wrote, read when asked for.

    Raises:
        FormatError: no such layout, or a damaged file.
        StoreVersionError: written by a newer locuscope.
    """

    def __init__(self, file: Any, path: Path) -> None:
        self._file = file
        self.card = read_card(_text(file["card"][()]), path)
        self.n_rows = len(file["variants/line"])
        lengths = {
            f"{group}/{name}": len(file[group][name]) for group in _GROUPS for name in file[group]
        }
        odd = [name for name, length in lengths.items() if length != self.n_rows]
        for score in self.card.parts:
            group = file[f"parts/{_path(score)}"]
            odd += [name for name in group if len(group[name]) != len(group["row"])]
        if odd:
            raise FormatError(
                f"{path}: {odd[0]} has another number of rows than its neighbours.", path=str(path)
            )
        for group, names in (("scores", self.card.labels), ("spread", self.card.spread)):
            for name in names:
                expected = (self.n_rows, len(self.card.labels[name]))
                found = file[f"{group}/{_path(name)}"].shape
                if found != expected:
                    raise FormatError(
                        f"{path}: {group}/{name} has shape {found}, expected {expected}.",
                        path=str(path),
                    )

    def alleles(self, first: int, stop: int) -> tuple[VariantTable, pl.DataFrame]:
        """Read alleles and windows."""
        schema = VariantTable.concat([]).table.schema
        columns: dict[str, Any] = {}
        for name in schema:
            cells = self._file[f"variants/{name}"][first:stop]
            if name == "status":
                columns[name] = pl.Series([STATUSES[code] for code in cells.tolist()])
            else:
                columns[name] = _series(cells, may_be_empty=name != "reason")
        windows = {}
        for name in WINDOW_SCHEMA:
            windows[name] = _series(self._file[f"windows/{name}"][first:stop], may_be_empty=False)
        bits = self._file["variants/notes"][first:stop].astype(np.uint16)
        table = pl.DataFrame(
            [columns[name].cast(kind).alias(name) for name, kind in schema.items()]
        )
        frame = [windows[name].cast(kind).alias(name) for name, kind in WINDOW_SCHEMA.items()]
        return VariantTable(table, bits), pl.DataFrame(frame)

    def matrix(
        self, score: str, first: int, stop: int, columns: Sequence[int] | None, *, is_spread: bool
    ) -> NDArray[np.float32]:
        """Read rows and columns of a score."""
        dataset = self._file[f"{'spread' if is_spread else 'scores'}/{_path(score)}"]
        if columns is None:
            return np.asarray(dataset[first:stop], np.float32)
        wanted, places = np.unique(np.asarray(columns, np.int64), return_inverse=True)
        return np.asarray(dataset[first:stop, wanted], np.float32)[:, places]

    def parts(self, score: str, first: int, stop: int) -> pl.DataFrame:
        """Read the parts of the alleles of some rows."""
        group = self._file[f"parts/{_path(score)}"]
        row = group["row"][:]
        start, end = np.searchsorted(row, [first, stop]).tolist()
        columns = []
        for name, kind in self.card.parts[score]:
            cells = group[_path(name)][start:end]
            column = _series(cells, may_be_empty=False) if kind == "String" else pl.Series(cells)
            if column.dtype.is_integer():
                column = column.set(column == MISSING, None)
            columns.append(column.alias(name))
        return pl.DataFrame(columns).with_columns(pl.col("row") - first)

    def counts(self) -> dict[str, int]:
        """Count the alleles per status."""
        codes = self._file["variants/status"][:]
        tally = np.bincount(codes, minlength=len(STATUSES)).tolist()
        return {word: n for word, n in zip(STATUSES, tally, strict=True) if n}

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Read everything of some rows."""
        variants, windows = self.alleles(first, stop)
        card = self.card
        return ScoreFields(
            variants=variants,
            scores={s: self.matrix(s, first, stop, None, is_spread=False) for s in card.labels},
            tracks=card.tracks,
            parts={score: self.parts(score, first, stop) for score in card.parts},
            windows=windows,
            own_columns=card.own_columns,
            provenance=dict(card.provenance),
            spread={s: self.matrix(s, first, stop, None, is_spread=True) for s in card.spread},
        )


def _series(cells: NDArray[Any], *, may_be_empty: bool) -> pl.Series:
    """A column back: -1 is missing, so is an empty text where none can be."""
    if cells.dtype.kind not in "OS":
        column = pl.Series(np.ascontiguousarray(cells))
        return column.set(column == MISSING, None)
    words = pl.Series([_text(cell) for cell in cells.tolist()], dtype=pl.String)
    return words if may_be_empty else words.set(words == "", None)


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
