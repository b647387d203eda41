"""`VariantScores` on disk: parquet (complete), TSV (the wide table), and how they are read back."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
import polars as pl

from locuscope.errors import FormatError, MissingFileError, StoreVersionError
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import publish
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores

FORMAT = "locuscope.variant_scores"
VERSION = 1
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
}
# apostrophes before it count, so that a cell that has one already comes back with it
FORMULA = r"^'*[=+\-@\t\r].+$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def write_parquet(scores: VariantScores, path: Path) -> Path:
    """Write the wide table; parts are list columns, the rest stands in the schema's metadata."""
    table = scores.to_polars()
    for name, parts in scores.parts.items():
        fields = [column for column in parts.columns if column != "row"]
        packed = parts.group_by("row", maintain_order=True).agg(pl.struct(fields).alias("part"))
        rows = pl.DataFrame({"row": np.arange(len(scores))}, schema={"row": pl.Int64})
        joined = rows.join(packed, on="row", how="left", maintain_order="left")
        table = table.with_columns(joined["part"].alias(f"parts/{name}"))
    card = {
        "format": FORMAT,
        "version": VERSION,
        "scores": [[name, list(scores.labels(name))] for name in scores.scores],
        "own_columns": sorted(scores.own_columns),
        "parts": sorted(scores.parts),
        "tracks": scores.tracks.rows(),
        "provenance": dict(scores.provenance),
    }
    text = json.dumps(card, sort_keys=True, allow_nan=False, default=str)
    return publish(path, lambda place: table.write_parquet(place, metadata={FORMAT: text}))


def write_tsv(scores: VariantScores, path: Path) -> Path:
    """Write the wide table; a text cell that a spreadsheet would run gets a leading apostrophe."""
    table = scores.to_polars().with_columns(_guarded(name) for name in TEXT_COLUMNS)
    text = table.write_csv(separator="\t", null_value="", quote_style="necessary").encode()
    if path.name.endswith(".gz"):
        text = gzip.compress(text, mtime=0)
    return publish(path, lambda place: place.write_bytes(text))


class ScoreFields(TypedDict):
    """The fields of a `VariantScores`, as a file gives them."""

    variants: VariantTable
    scores: Mapping[str, NDArray[np.float32]]
    tracks: TrackTable
    parts: Mapping[str, pl.DataFrame]
    windows: pl.DataFrame
    own_columns: Mapping[str, tuple[str, ...]]
    provenance: Mapping[str, object]


def kind_of(path: Path) -> Literal["parquet", "tsv", "vcf"]:
    """Tell the files that `VariantScores` writes apart, by content.

    Raises:
        MissingFileError: no such file.
        FormatError: something else.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: no such file.", path=str(path)) from error
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(path) as unpacked:
            head = unpacked.read(4096)
    if head.startswith((b"##", b"#CHROM", b"\xef\xbb\xbf##")):
        return "vcf"
    if head.startswith("\t".join(VARIANT_COLUMNS).encode()):
        return "tsv"
    raise FormatError(
        f"{path}: no variant scores. It should be the parquet, TSV or VCF that VariantScores "
        f"writes; it begins with {head[:20]!r}.",
        path=str(path),
    )


def scores_from_table(
    table: pl.DataFrame,
    labels: Mapping[str, Sequence[str]],
    tracks: TrackTable,
    *,
    own: Sequence[str],
    parts: Mapping[str, pl.DataFrame],
    provenance: Mapping[str, object],
) -> ScoreFields:
    """Give the fields from a wide table and what describes its columns."""
    notes = table["notes"].to_list()
    bits = np.zeros(len(table), np.uint16)
    for row, text in enumerate(notes):
        for word in (text or "").split(";"):
            if word in NOTES:
                bits[row] |= np.uint16(1 << NOTES.index(word))
    alleles = table.select(
        pl.col("line").cast(pl.Int64),
        *(pl.col(name) for name in PLACE_COLUMNS[1:]),
        *(pl.col(name) for name in VARIANT_COLUMNS),
        pl.col("status").cast(pl.Enum(STATUSES)),
        "reason",
    )
    expected = VariantTable.concat([]).table
    alleles = alleles.select(pl.col(name).cast(kind) for name, kind in expected.schema.items())
    return ScoreFields(
        variants=VariantTable(alleles, bits),
        scores={
            name: _matrix(table, [f"{name}/{label}" for label in columns])
            for name, columns in labels.items()
        },
        tracks=tracks,
        parts=parts,
        windows=table.select(pl.col(name).cast(kind) for name, kind in WINDOW_SCHEMA.items()),
        own_columns={name: tuple(labels[name]) for name in own},
        provenance=dict(provenance),
    )


def tracks_of_names(names: Sequence[str]) -> TrackTable:
    """Make tracks that have nothing but a name."""
    return TrackTable.from_tracks(
        [TrackMetadata(i, "scores", 0, name) for i, name in enumerate(names)]
    )


def _track(row: Mapping[str, Any]) -> TrackMetadata:
    core = ("track_index", "output_name", "organism", "track_name")
    extras = {name: value for name, value in row.items() if name not in core}
    index, output_name, organism, track_name = (row[name] for name in core)
    return TrackMetadata(index, output_name, organism, track_name, extras)


def _guarded(name: str) -> pl.Expr:
    column = pl.col(name)
    is_formula = column.str.contains(FORMULA) & ~column.str.contains(NUMBER)
    return pl.when(is_formula).then("'" + column).otherwise(column).alias(name)


def _unguarded(name: str) -> pl.Expr:
    column = pl.col(name)
    bare = column.str.slice(1)
    is_guarded = column.str.starts_with("'") & bare.str.contains(FORMULA)
    return pl.when(is_guarded).then(bare).otherwise(column).alias(name)


def _matrix(table: pl.DataFrame, columns: Sequence[str]) -> Any:
    return np.stack(
        [table[name].cast(pl.Float32).fill_null(np.nan).to_numpy() for name in columns], axis=1
    ).astype(np.float32)


def read_parquet(path: Path) -> ScoreFields:
    """Read what `write_parquet` wrote."""
    try:
        card = json.loads(pl.read_parquet_metadata(path).get(FORMAT, "null"))
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise FormatError(f"{path}: a damaged parquet file ({error}).", path=str(path)) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise FormatError(
            f"{path}: a parquet table, but not of variant scores (no entry {FORMAT!r}); its "
            "columns are "
            f"{table.columns[:8]}.",
            path=str(path),
        )
    if card["version"] > VERSION:
        raise StoreVersionError(
            f"{path}: written in version {card['version']}, this locuscope reads up to {VERSION}.",
            path=str(path),
            written_by=str(card["version"]),
        )
    parts = {}
    for name in card["parts"]:
        packed = table.select(
            pl.int_range(pl.len()).alias("row"), pl.col(f"parts/{name}").alias("p")
        )
        parts[name] = packed.drop_nulls("p").explode("p").unnest("p")
    tracks = TrackTable.from_tracks([_track(row) for row in card["tracks"]])
    return scores_from_table(
        table,
        dict(card["scores"]),
        tracks,
        own=card["own_columns"],
        parts=parts,
        provenance=card["provenance"],
    )


def read_tsv(path: Path) -> ScoreFields:
    """Read what `write_tsv` wrote; tracks come back with their names alone."""
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
        table = table.with_columns(_unguarded(name) for name in TEXT_COLUMNS)
        labels: dict[str, list[str]] = {}
        for name in table.columns:
            score, slash, label = name.partition("/")
            if slash:
                labels.setdefault(score, []).append(label)
        tracks = next(iter(labels.values()), [])
        return scores_from_table(
            table,
            labels,
            tracks_of_names(tracks),
            own=[score for score, names in labels.items() if names != tracks],
            parts={},
            provenance={"read_from": path.name},
        )
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"{path}: a damaged table ({error}).", path=str(path)) from error
