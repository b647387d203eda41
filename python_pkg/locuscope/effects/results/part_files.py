"""A part of a job on disk: rows and matrices as they are in memory, in one parquet file."""

from __future__ import annotations

import base64
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.effects.results.parquet_tables import ParquetFile, write_parquet
from locuscope.effects.results.score_card import FORMAT, ScoreCard, card_of, read_card
from locuscope.effects.results.score_files import packed_parts, parts_of
from locuscope.effects.results.score_tables import WINDOW_SCHEMA, ScoreFields
from locuscope.errors import CorruptStoreError, StoreVersionError
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores

_SCORE, _SPREAD, _WINDOW = "score:", "spread:", "window:"


def write_part(path: Path, scores: VariantScores) -> None:
    """Write rows losslessly to `path` itself (the caller publishes it); equal rows, equal bytes.

    A matrix is one column of lists, so that thousands of tracks cost no more than their numbers.
    """
    table = scores.variants.table.with_columns(
        pl.col("status").cast(pl.String), pl.Series("notes", scores.variants.note_bits)
    )
    windows = [scores.windows[name].alias(f"{_WINDOW}{name}") for name in WINDOW_SCHEMA]
    columns = [*windows]
    for prefix, matrices in ((_SCORE, scores.scores), (_SPREAD, scores.spread)):
        for name, values in matrices.items():
            if values.shape[1]:
                cells = np.ascontiguousarray(values, np.float32)
                kind = pl.Array(pl.Float32, values.shape[1])
                columns.append(pl.Series(f"{prefix}{name}", cells, kind))
    table = table.with_columns(columns)
    packed = [packed_parts(parts, name, len(scores)) for name, parts in scores.parts.items()]
    text = base64.b64encode(zlib.compress(card_of(scores).text().encode(), 6)).decode()
    write_parquet(path, table.with_columns(packed), {FORMAT: text})


def read_part_fields(path: Path) -> ScoreFields:
    """Read what `write_part` wrote.

    Raises:
        CorruptStoreError: the file is cut, altered or none of ours; `part` names it.
    """
    card = part_card(path)
    try:
        table = ParquetFile(path).read()
        variants, windows = _alleles(table)
        return ScoreFields(
            variants=variants,
            scores={name: _matrix(table, _SCORE, card, name) for name in card.labels},
            tracks=card.tracks,
            parts={name: parts_of(table, name) for name in card.parts},
            windows=windows,
            own_columns=card.own_columns,
            provenance=dict(card.provenance),
            spread={name: _matrix(table, _SPREAD, card, name) for name in card.spread},
        )
    except (pl.exceptions.PolarsError, ValueError, LookupError, TypeError) as error:
        raise _corrupt(path, error) from error


def part_card(path: Path) -> ScoreCard:
    """Read the card of a part.

    Raises:
        CorruptStoreError: as `read_part_fields`.
    """
    try:
        return _card(ParquetFile(path).metadata.get(FORMAT, ""), path)
    except StoreVersionError:
        raise
    except (ValueError, zlib.error) as error:
        raise _corrupt(path, error) from error


def part_alleles(path: Path) -> tuple[VariantTable, pl.DataFrame]:
    """Read alleles and windows of a part, and no scores."""
    names = [*VariantTable.concat([]).table.columns, "notes"]
    windows = [f"{_WINDOW}{name}" for name in WINDOW_SCHEMA]
    try:
        return _alleles(ParquetFile(path).read([*names, *windows]))
    except (pl.exceptions.PolarsError, ValueError, LookupError, TypeError) as error:
        raise _corrupt(path, error) from error


def part_matrix(
    path: Path, card: ScoreCard, score: str, columns: Sequence[int] | None, *, is_spread: bool
) -> NDArray[np.float32]:
    """Read one score of a part, or some of its columns."""
    prefix = _SPREAD if is_spread else _SCORE
    try:
        names = [f"{prefix}{score}"] if card.labels[score] else ["chrom"]
        values = _matrix(ParquetFile(path).read(names), prefix, card, score)
    except (pl.exceptions.PolarsError, ValueError, LookupError, TypeError) as error:
        raise _corrupt(path, error) from error
    return values if columns is None else values[:, np.asarray(columns, np.int64)]


def _alleles(table: pl.DataFrame) -> tuple[VariantTable, pl.DataFrame]:
    schema = VariantTable.concat([]).table.schema
    alleles = table.select(pl.col(name).cast(kind) for name, kind in schema.items())
    windows = table.select(
        pl.col(f"{_WINDOW}{name}").cast(kind).alias(name) for name, kind in WINDOW_SCHEMA.items()
    )
    return VariantTable(alleles, table["notes"].to_numpy().astype(np.uint16)), windows


def _matrix(table: pl.DataFrame, prefix: str, card: ScoreCard, name: str) -> NDArray[np.float32]:
    shape = (len(table), len(card.labels[name]))
    if not shape[1]:
        return np.zeros(shape, np.float32)
    return table[f"{prefix}{name}"].to_numpy().astype(np.float32).reshape(shape)


@lru_cache(maxsize=4)
def _card(packed: str, path: Path) -> ScoreCard:
    text = zlib.decompress(base64.b64decode(packed)).decode()
    return read_card(text, path)


def _corrupt(path: Path, error: Exception) -> CorruptStoreError:
    return CorruptStoreError(
        f"{path}: no part of variant scores, or a damaged one ({type(error).__name__}: {error}).",
        path=path,
        part=path.name,
    )
