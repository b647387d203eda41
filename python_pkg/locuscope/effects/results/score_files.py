"""Tables of variant scores on disk, piece by piece: parquet (complete) and TSV."""

from __future__ import annotations

import csv
import gzip
import io
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from locuscope.effects.results.parquet_tables import ParquetFile, ParquetTable
from locuscope.effects.results.part_columns import conformed
from locuscope.effects.results.score_card import (
    FORMAT,
    VERSION,
    ScoreCard,
    read_card,
    tracks_of_names,
)
from locuscope.effects.results.score_tables import (
    PLACE_COLUMNS,
    SPREAD,
    TEXT_COLUMNS,
    VARIANT_COLUMNS,
    WINDOW_SCHEMA,
    ScoreFields,
    fields_of_long,
    fields_of_wide,
    long_table,
    wide_table,
)
from locuscope.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from locuscope.effects.results.score_tables import Layout
    from locuscope.effects.variant_scores import VariantScores

__all__ = [
    "FORMAT",
    "PLACE_COLUMNS",
    "VARIANT_COLUMNS",
    "VERSION",
    "WINDOW_SCHEMA",
    "ParquetWriter",
    "ScoreFields",
    "TsvWriter",
    "open_text",
    "packed_parts",
    "parts_of",
    "read_parquet",
    "read_tsv",
    "tsv_head",
]

GROUP_ROWS = 65_536
_GROUP_CELLS = 1 << 22
_BLOCK_BYTES = 1 << 20
# apostrophes before it count, so that a cell that has one already comes back with it
FORMULA = r"^'*[=+\-@\t\r].+$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


class ParquetWriter:
    """A table in row groups; the parts of an allele are a list column.

    The card stands in the file's metadata.
    """

    def __init__(self, place: Path, first: VariantScores, layout: Layout = "wide") -> None:
        self._layout = layout
        self._n_rows = 0
        self._frame = frame = self._table(first[:0])
        group = max(1_024, min(GROUP_ROWS, _GROUP_CELLS // len(frame.columns)))
        self._file = ParquetTable(place, frame, group)

    def add(self, chunk: VariantScores) -> None:
        """Take rows in."""
        table = conformed(self._table(chunk), self._frame)
        self._n_rows += len(chunk)
        self._file.add(table)

    def close(self, card: ScoreCard) -> None:
        """Write what is left, and the card."""
        self._file.close({FORMAT: card.text()})

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._file.drop()

    def _table(self, chunk: VariantScores) -> pl.DataFrame:
        if self._layout == "long":
            return long_table(chunk, is_complete=True, first_row=self._n_rows)
        table = wide_table(chunk)
        packed = [packed_parts(parts, name, len(chunk)) for name, parts in chunk.parts.items()]
        return table.with_columns(packed)


def packed_parts(parts: pl.DataFrame, name: str, n_rows: int) -> pl.Series:
    """Give the parts of one score as the list column `parts/<name>`, one list per allele."""
    fields = [column for column in parts.columns if column != "row"]
    packed = parts.group_by("row", maintain_order=True).agg(pl.struct(fields).alias("part"))
    rows = pl.DataFrame({"row": range(n_rows)}, schema={"row": pl.Int64})
    joined = rows.join(packed, on="row", how="left", maintain_order="left")
    return joined["part"].alias(f"parts/{name}")


class TsvWriter:
    """A table as text; a text cell that a spreadsheet would run gets a leading apostrophe."""

    def __init__(self, place: Path, first: VariantScores, layout: Layout = "wide") -> None:
        self._layout = layout
        self._n_rows = 0
        self._raw = place.open("wb")
        self._file: Any = self._raw
        if place.name.endswith(".gz"):
            # neither name nor time in the header: equal tables, equal bytes
            self._file = gzip.GzipFile(
                filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0
            )
        self._text = bytearray()
        self._frame = self._table(first[:0])
        self._put(self._frame.write_csv(separator="\t", quote_style="necessary"))

    def add(self, chunk: VariantScores) -> None:
        """Write rows."""
        table = conformed(self._table(chunk), self._frame)
        self._n_rows += len(chunk)
        table = table.with_columns(
            _guarded(name) for name, kind in table.schema.items() if kind == pl.String
        )
        self._put(
            table.write_csv(
                separator="\t", null_value="", quote_style="necessary", include_header=False
            )
        )

    def close(self, card: ScoreCard) -> None:  # noqa: ARG002
        """Write what is left; a TSV has no place for the card."""
        self._file.write(bytes(self._text))
        self.drop()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._file.close()
        self._raw.close()

    def _put(self, text: str) -> None:
        """Hand text on in blocks of one size, so that packed bytes do not depend on the pieces."""
        self._text += text.encode()
        n_full = len(self._text) - len(self._text) % _BLOCK_BYTES
        for first in range(0, n_full, _BLOCK_BYTES):
            self._file.write(bytes(self._text[first : first + _BLOCK_BYTES]))
        del self._text[:n_full]

    def _table(self, chunk: VariantScores) -> pl.DataFrame:
        if self._layout == "long":
            return long_table(chunk, is_complete=True, first_row=self._n_rows)
        return wide_table(chunk)


def _guarded(name: str) -> pl.Expr:
    column = pl.col(name)
    is_formula = column.str.contains(FORMULA) & ~column.str.contains(NUMBER)
    return pl.when(is_formula).then("'" + column).otherwise(column).alias(name)


def _unguarded(name: str) -> pl.Expr:
    column = pl.col(name)
    bare = column.str.slice(1)
    is_guarded = column.str.starts_with("'") & bare.str.contains(FORMULA)
    return pl.when(is_guarded).then(bare).otherwise(column).alias(name)


def read_parquet(path: Path, rows: tuple[int, int] | None = None) -> ScoreFields:
    """Read rows of what `ParquetWriter` wrote; a long table is read whole.

    Raises:
        FormatError: a damaged file, or none of variant scores.
        StoreVersionError: written by a newer locuscope.
    """
    file = ParquetFile(path)
    card = read_card(file.metadata.get(FORMAT), path)
    if card.layout == "long":
        return fields_of_long(file.read(), card)
    table = file.read(None, rows)
    return fields_of_wide(table, card, {name: parts_of(table, name) for name in card.parts})


def parts_of(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Unpack the parts of one score from their list column."""
    column = pl.col(f"parts/{name}").alias("p")
    packed = table.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("row"), column)
    return packed.drop_nulls("p").explode("p").unnest("p")


def read_tsv(path: Path) -> ScoreFields:
    """Read what `TsvWriter` wrote; tracks come back with their names alone, parts do not.

    Raises:
        FormatError: a damaged table.
    """
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    if not text.endswith(b"\n"):
        raise FormatError(
            f"{path}: the last line has no end, so the table was cut short.", path=str(path)
        )
    try:
        # polars leaves doubled quotes in the names of columns as they are.
        names = next(csv.reader(io.StringIO(text.decode()), delimiter="\t"))
        table = pl.read_csv(io.BytesIO(text), separator="\t", infer_schema=False, new_columns=names)
        is_long = {"row", "score", "label", "value"} <= set(names)
        kept = [*TEXT_COLUMNS, *(["score", "label"] if is_long else [])]
        table = table.with_columns(_unguarded(name) for name in kept)
        if is_long:
            return _fields_of_long_text(table, path)
        return fields_of_wide(table, _card_of_columns(names, path), {})
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"{path}: a damaged table ({error}).", path=str(path)) from error


def _card_of_columns(columns: Sequence[str], path: Path) -> ScoreCard:
    labels: dict[str, list[str]] = {}
    for name in columns:
        score, slash, label = name.partition("/")
        if slash:
            labels.setdefault(score, []).append(label)
    spread = []
    for score, found in labels.items():
        plain = found[: len(found) // 2]
        if found and found[len(plain) :] == [f"{label}{SPREAD}" for label in plain]:
            labels[score] = plain
            spread.append(score)
    return _card_of_names(labels, tuple(spread), path, "wide")


def _fields_of_long_text(table: pl.DataFrame, path: Path) -> ScoreFields:
    named = table.select("score", "label").unique(maintain_order=True)
    is_spread = pl.col("spread").is_not_null() if "spread" in table.columns else pl.lit(False)
    spread = set(table.filter(is_spread)["score"].unique().to_list())
    card = _card_of_cells(named, spread, path)
    return fields_of_long(table.with_columns(pl.col("row").cast(pl.Int64)), card)


def _card_of_cells(named: pl.DataFrame, spread: AbstractSet[str], path: Path) -> ScoreCard:
    """What the scores and labels in the cells of a long table tell."""
    labels: dict[str, list[str]] = {}
    for score, label in named.drop_nulls().iter_rows():
        labels.setdefault(score, []).append(label)
    some = tuple(score for score in labels if score in spread)
    return _card_of_names(labels, some, path, "long")


def open_text(path: Path) -> IO[str]:
    """Open text, packed or not, as the csv reader wants it."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    if is_packed:
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def tsv_head(path: Path) -> ScoreCard:
    """Read what the names of the columns tell; of a long table, the cells of score and label."""
    with open_text(path) as file:
        rows = csv.reader(file, delimiter="\t")
        names = next(rows)
        if names[0] != "row":
            return _card_of_columns(names, path)
        score, label = names.index("score"), names.index("label")
        spread = names.index("spread") if "spread" in names else None
        named: dict[tuple[str | None, str | None], None] = {}
        has_spread: dict[str, None] = {}
        for row in rows:
            named[row[score] or None, row[label] or None] = None
            if spread is not None and row[spread]:
                has_spread[row[score]] = None
    kinds = {"score": pl.String, "label": pl.String}
    found = pl.DataFrame(list(named), schema=kinds, orient="row").with_columns(
        _unguarded(name) for name in kinds
    )
    some = pl.DataFrame({"score": list(has_spread)}, schema={"score": pl.String}).select(
        _unguarded("score")
    )
    return _card_of_cells(found, set(some["score"].to_list()), path)


def _card_of_names(
    labels: dict[str, list[str]], spread: tuple[str, ...], path: Path, layout: Layout
) -> ScoreCard:
    """What column names tell: the first score has the tracks, others may have their own columns."""
    tracks = next(iter(labels.values()), [])
    return ScoreCard(
        labels={name: tuple(found) for name, found in labels.items()},
        own=tuple(name for name, found in labels.items() if found != tracks),
        spread=spread,
        parts={},
        tracks=tracks_of_names(tracks),
        provenance={"read_from": path.name},
        layout=layout,
    )
