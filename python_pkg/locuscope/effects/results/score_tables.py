"""`VariantScores` as one table, wide or long, and back."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
import polars as pl

from locuscope.errors import FormatError
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.results.score_card import ScoreCard
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.tracks.track_table import TrackTable

LAYOUTS = ("wide", "long")
Layout = Literal["wide", "long"]
ROW_IDS = ("variant", "vcf")
RowId = Literal["variant", "vcf"]
VARIANT_COLUMNS = ("chrom", "pos", "id", "ref", "alt")
PLACE_COLUMNS = ("line", "record", "alt_index", "n_alts")
TEXT_COLUMNS = ("chrom", "id", "ref", "alt", "reason", "notes", "norm_ref", "norm_alt")
WINDOW_SCHEMA: Mapping[str, pl.DataType] = {
    "norm_pos": pl.Int64(),
    "norm_ref": pl.String(),
    "norm_alt": pl.String(),
    "window_start": pl.Int64(),
    "window_end": pl.Int64(),
    "n_padded": pl.Int64(),
    "window_index": pl.Int32(),
}
SPREAD = "/spread"
SHOWN_ROWS, _SHOWN_COLUMNS = 10, 20
ROW_COLUMNS = (
    *VARIANT_COLUMNS,
    *PLACE_COLUMNS,
    *("status", "reason", "notes"),
    *WINDOW_SCHEMA,
)
_LONG_COLUMNS = {*ROW_COLUMNS, "row", "score", "label", "value", "spread", "part"}


class ScoreFields(TypedDict):
    """The fields of a `VariantScores`, as a file gives them."""

    variants: VariantTable
    scores: Mapping[str, NDArray[np.float32]]
    tracks: TrackTable
    parts: Mapping[str, pl.DataFrame]
    windows: pl.DataFrame
    own_columns: Mapping[str, tuple[str, ...]]
    provenance: Mapping[str, object]
    spread: Mapping[str, NDArray[np.float32]]


def row_table(scores: VariantScores) -> pl.DataFrame:
    """Give what describes the rows: alleles, places in the file, verdicts, windows."""
    table = scores.variants.table
    notes = pl.Series("notes", [";".join(words) or None for words in scores.notes], pl.String)
    return table.select(*VARIANT_COLUMNS, *PLACE_COLUMNS).with_columns(
        table["status"].cast(pl.String), table["reason"], notes, *scores.windows.get_columns()
    )


def wide_table(scores: VariantScores) -> pl.DataFrame:
    """Give a row per allele with the columns `<score>/<label>`, then `<score>/<label>/spread`."""
    keeps_nan = _keeps_nan(scores)
    sets = [(scores.scores, ""), (scores.spread, SPREAD)]
    columns = [
        _column(values[:, k], keeps_nan, f"{name}/{label}{suffix}")
        for matrices, suffix in sets
        for name, values in matrices.items()
        for k, label in enumerate(scores.labels(name))
    ]
    return row_table(scores).with_columns(columns)


def long_table(
    scores: VariantScores, *, is_complete: bool = False, first_row: int = 0
) -> pl.DataFrame:
    """Give a row per allele, score and label; of a score with parts, a row per label and part.

    An allele without parts, or without any score, keeps one row with an empty label.

    Args:
        scores: the result.
        is_complete: with all that `fields_of_long` needs, for files.
        first_row: number of the first allele.
    """
    rows = row_table(scores)
    if not is_complete:
        rows = rows.select(*VARIANT_COLUMNS, "status", "notes")
    rows = rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    pieces = [
        _long_parts(scores, name, rows) if name in scores.parts else _long_score(scores, name, rows)
        for name in scores.scores
    ]
    if not pieces:
        empty = {"score": pl.String, "label": pl.String, "value": pl.Float32}
        pieces = [rows.with_columns(pl.lit(None, kind).alias(k) for k, kind in empty.items())]
    table = pl.concat(pieces, how="diagonal_relaxed").sort("row", maintain_order=True)
    if not is_complete and "part" in table.columns:
        table = table.drop("part")
    return table.with_columns(pl.col("row") + first_row)


def _long_score(scores: VariantScores, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    keeps_nan = _keeps_nan(scores)
    pieces = []
    for k, label in enumerate(scores.labels(name)):
        columns = [_column(scores.scores[name][:, k], keeps_nan, "value")]
        if name in scores.spread:
            columns.append(_column(scores.spread[name][:, k], keeps_nan, "spread"))
        pieces.append(
            rows.with_columns(
                pl.lit(name).alias("score"),
                pl.lit(label).alias("label"),
                *columns,
                **_metadata(scores, k, name),
            )
        )
    return pl.concat(pieces) if pieces else rows.head(0)


def _long_parts(scores: VariantScores, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    labels = scores.labels(name)
    parts = scores.parts[name].with_columns(pl.int_range(pl.len()).over("row").alias("part"))
    kept = [column for column in parts.columns if column not in labels]
    melted = parts.unpivot(list(labels), index=kept, variable_name="label", value_name="value")
    table = rows.join(melted, on="row", how="left", maintain_order="left")
    return table.with_columns(pl.lit(name).alias("score"))


def _metadata(scores: VariantScores, column: int, score: str) -> dict[str, pl.Expr]:
    if score in scores.own_columns:
        return {}
    track = scores.tracks.track(column).to_dict()
    return {
        f"track_{name}" if name in _LONG_COLUMNS else name: pl.lit(value)
        for name, value in track.items()
        if name not in ("track_index", "organism")
    }


def _keeps_nan(scores: VariantScores) -> NDArray[np.bool_]:
    return (scores.variants.table["status"] == "nonfinite").to_numpy()


def _column(values: NDArray[np.float32], keeps_nan: NDArray[np.bool_], name: str) -> pl.Series:
    is_null = np.isnan(values) & ~keeps_nan
    column = pl.Series(name, np.ascontiguousarray(values), pl.Float32)
    return column.set(pl.Series(is_null), None) if is_null.any() else column


def html_table(scores: VariantScores, caption: str) -> str:
    """Give the first columns of a few rows as HTML; text from data is text."""
    table = wide_table(scores).drop(*PLACE_COLUMNS, *WINDOW_SCHEMA, "reason")
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns[:_SHOWN_COLUMNS])
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row[:_SHOWN_COLUMNS]) + "</tr>"
        for row in table.iter_rows()
    )
    caption = f"<caption>{escape(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = "" if value is None else str(value)
    return escape(text if len(text) <= 40 else f"{text[:40]}...", quote=True)


def alleles_of(table: pl.DataFrame) -> tuple[VariantTable, pl.DataFrame]:
    """Give alleles and windows back from the columns of `row_table`, of any text type.

    Raises:
        FormatError: a row without a status.
    """
    bits = np.zeros(len(table), np.uint16)
    notes = table["notes"]
    for row in notes.is_not_null().arg_true().to_list():
        for word in notes[row].split(";"):
            if word in NOTES:
                bits[row] |= np.uint16(1 << NOTES.index(word))
    without = table["status"].is_null().arg_true()
    if len(without):
        raise FormatError(f"row {without[0] + 1:,} of the table has no status.")
    schema = VariantTable.concat([]).table.schema
    alleles = table.select(
        pl.col(name).cast(pl.Enum(STATUSES) if name == "status" else kind)
        for name, kind in schema.items()
    )
    windows = table.select(
        pl.col(name).cast(kind) if name in table.columns else pl.lit(0, kind).alias(name)
        for name, kind in WINDOW_SCHEMA.items()
    )
    return VariantTable(alleles, bits), windows


def fields_of_wide(
    table: pl.DataFrame, card: ScoreCard, parts: Mapping[str, pl.DataFrame]
) -> ScoreFields:
    """Give the fields back from a wide table."""
    variants, windows = alleles_of(table)
    return ScoreFields(
        variants=variants,
        scores={name: matrix_of(table, name, labels) for name, labels in card.labels.items()},
        tracks=card.tracks,
        parts=parts,
        windows=windows,
        own_columns=card.own_columns,
        provenance=dict(card.provenance),
        spread={name: matrix_of(table, name, card.labels[name], SPREAD) for name in card.spread},
    )


def matrix_of(
    table: pl.DataFrame, score: str, labels: Sequence[str], suffix: str = ""
) -> NDArray[np.float32]:
    """Give the columns of a score as a matrix, NaN where there is none."""
    found = np.full((len(table), len(labels)), np.nan, np.float32)
    for k, label in enumerate(labels):
        column = table[f"{score}/{label}{suffix}"].cast(pl.Float32)
        found[:, k] = column.fill_null(np.nan).to_numpy()
    return found


def fields_of_long(table: pl.DataFrame, card: ScoreCard) -> ScoreFields:
    """Give the fields back from a complete long table.

    The row of a score with parts holds, per column, the value of largest magnitude over the parts.
    """
    rows = table.unique("row", keep="first").sort("row")
    variants, windows = alleles_of(rows)
    places = {row: k for k, row in enumerate(rows["row"].to_list())}
    shape = len(rows)
    scores, spread, parts = {}, {}, {}
    for name, labels in card.labels.items():
        some = table.filter((pl.col("score") == name) & pl.col("label").is_not_null())
        at = (
            np.array([places[row] for row in some["row"].to_list()], np.int64),
            some["label"]
            .replace_strict(dict(zip(labels, range(len(labels)), strict=True)))
            .cast(pl.Int64)
            .to_numpy()
            if len(some)
            else np.zeros(0, np.int64),
        )
        scores[name] = _largest((shape, len(labels)), at, some["value"])
        if name in card.spread:
            spread[name] = _largest((shape, len(labels)), at, some["spread"])
        if card.parts.get(name):
            parts[name] = _parts_of(some, card, name)
    return ScoreFields(
        variants=variants,
        scores=scores,
        tracks=card.tracks,
        parts=parts,
        windows=windows,
        own_columns=card.own_columns,
        provenance=dict(card.provenance),
        spread=spread,
    )


def _largest(shape: tuple[int, int], at: Any, column: pl.Series) -> NDArray[np.float32]:
    """Spread values over a matrix; of several for one place the largest in magnitude stays."""
    found = np.full(shape, np.nan, np.float32)
    values = column.cast(pl.Float32).fill_null(np.nan).to_numpy()
    order = np.argsort(np.nan_to_num(np.abs(values), nan=-1.0, posinf=np.inf), kind="stable")
    found[at[0][order], at[1][order]] = values[order]
    return found


def _parts_of(some: pl.DataFrame, card: ScoreCard, name: str) -> pl.DataFrame:
    columns = [column for column, _ in card.parts[name]]
    labels = card.labels[name]
    keys = [column for column in columns if column not in labels]
    extra = [column for column in keys if column not in ("row", "part")]
    if not len(some):
        return empty_parts(card, name)
    wide = some.pivot("label", index=["row", "part", *extra], values="value", maintain_order=True)
    return wide.sort("row", "part", maintain_order=True).select(
        pl.col(column).cast(type_of(kind)) for column, kind in card.parts[name]
    )


def empty_parts(card: ScoreCard, name: str) -> pl.DataFrame:
    """Give the table of a score's parts without any."""
    return pl.DataFrame(schema={column: type_of(kind) for column, kind in card.parts[name]})


def type_of(kind: str) -> pl.DataType:
    """The polars type of a name in a card; text where it is none of those that parts have."""
    known = (pl.Int64(), pl.Int32(), pl.UInt32(), pl.Float32(), pl.Float64(), pl.Boolean())
    return next((candidate for candidate in known if str(candidate) == kind), pl.String())
