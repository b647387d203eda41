"""`Calibration` on disk: one parquet table of knots, and a card that says what they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import polars as pl

from locuscope.effects.background.knots import Knots
from locuscope.errors import CorruptStoreError, FormatError, StoreVersionError
from locuscope.store import missing_file, publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "locuscope.calibration"
VERSION = 1
SCHEMA = pl.Schema(
    {
        "score": pl.UInt16(),
        "column": pl.UInt32(),
        "value": pl.Float32(),
        "below": pl.Int64(),
        "upto": pl.Int64(),
    }
)


class CalibrationFields(TypedDict):
    """The fields of a `Calibration`, as a file gives them."""

    knots: Mapping[str, tuple[Knots, ...]]
    labels: Mapping[str, tuple[str, ...]]
    is_signed: Mapping[str, bool]
    tracks: tuple[tuple[str, ...], ...]
    own: frozenset[str]
    provenance: Mapping[str, object]


def write_calibration(fields: CalibrationFields, path: Path) -> Path:
    """Write the knots of all columns; the card stands in the schema's metadata."""
    pieces = [
        pl.DataFrame(
            {
                "score": np.full(len(knots.values), s, np.uint16),
                "column": np.full(len(knots.values), k, np.uint32),
                "value": knots.values,
                "below": knots.below,
                "upto": knots.upto,
            },
            schema=SCHEMA,
        )
        for s, columns in enumerate(fields["knots"].values())
        for k, knots in enumerate(columns)
    ]
    table = pl.concat(pieces) if pieces else pl.DataFrame(schema=SCHEMA)
    card = {
        "format": FORMAT,
        "version": VERSION,
        "scores": [
            {
                "name": name,
                "labels": list(fields["labels"][name]),
                "signed": fields["is_signed"][name],
                "own": name in fields["own"],
                "n": [knots.n for knots in columns],
            }
            for name, columns in fields["knots"].items()
        ],
        "tracks": [list(row) for row in fields["tracks"]],
        "provenance": dict(fields["provenance"]),
    }
    text = json.dumps(card, sort_keys=True, allow_nan=False, default=str)
    return publish(path, lambda place: table.write_parquet(place, metadata={FORMAT: text}))


def read_calibration(path: Path) -> CalibrationFields:
    """Read what `write_calibration` wrote.

    Raises:
        MissingFileError: no such file. FormatError: another file. CorruptStoreError: knots that
        contradict the card. StoreVersionError: written by a newer locuscope.
    """
    if not path.is_file():
        raise missing_file(path)
    try:
        card = json.loads(pl.read_parquet_metadata(path).get(FORMAT, "null"))
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise FormatError(f"{path}: a damaged parquet file ({error}).", path=str(path)) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise FormatError(
            f"{path}: a parquet table, but no calibration (no entry {FORMAT!r}); its columns are "
            f"{table.columns[:8]}. Calibration.to_parquet writes one.",
            path=str(path),
        )
    try:
        return _fields(card, table, path)
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise FormatError(
            f"{path}: a damaged calibration ({type(error).__name__}: {error}).", path=str(path)
        ) from error


def _fields(card: Mapping[str, Any], table: pl.DataFrame, path: Path) -> CalibrationFields:
    if card["version"] > VERSION:
        raise StoreVersionError(
            f"{path}: written in version {card['version']}, this locuscope reads up to {VERSION}.",
            path=str(path),
            written_by=str(card["version"]),
        )
    entries = {str(entry["name"]): entry for entry in card["scores"]}
    groups = table.cast(SCHEMA).drop_nulls().partition_by("score", "column", as_dict=True)
    knots = {
        name: tuple(_knots(groups.get((s, k)), int(n), path) for k, n in enumerate(entry["n"]))
        for s, (name, entry) in enumerate(entries.items())
    }
    return CalibrationFields(
        knots=knots,
        labels={name: tuple(entry["labels"]) for name, entry in entries.items()},
        is_signed={name: bool(entry["signed"]) for name, entry in entries.items()},
        tracks=tuple(tuple(row) for row in card["tracks"]),
        own=frozenset(name for name, entry in entries.items() if entry["own"]),
        provenance=dict(card["provenance"]),
    )


def _knots(rows: Any, n: int, path: Path) -> Knots:
    if rows is not None:
        values, below, upto = (rows[name].to_numpy() for name in ("value", "below", "upto"))
        rises = (np.diff(values) > 0).all() and (below[1:] >= upto[:-1]).all()
        if rises and below[0] == 0 and upto[-1] == n and (upto > below).all():
            return Knots(values, below, upto, n)
    raise CorruptStoreError(
        f"{path}: the knots of a column do not rise from 0 to {n:,}; the file is damaged.",
        path=str(path),
        part="knots",
    )
