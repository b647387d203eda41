"""Scores inside a VCF: the input's lines, byte by byte, with INFO entries appended; and back again.

Keys are `LSC_<MODEL>_<SCORE>` (Float, Number `.`, allele by allele and column by column, columns
named in the Description) and `LSC_STATUS` (one word per ALT).
"""

from __future__ import annotations

import gzip
import json
import math
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import numpy as np
import polars as pl

from locuscope.effects.score_files import (
    WINDOW_SCHEMA,
    ScoreFields,
    scores_from_table,
    tracks_of_names,
)
from locuscope.errors import FormatError, InputChangedError, OptionError, StoreTargetError
from locuscope.genome.variant_table import VariantTable
from locuscope.store import missing_file, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from locuscope.effects.variant_scores import VariantScores

MAX_COLUMNS = 64
STATUS_KEY = "LSC_STATUS"
CARD = b"##locuscope="
BLOCK_BYTES = 65_280
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
STATUS_LINE = f'##INFO=<ID={STATUS_KEY},Number=A,Type=String,Description="Verdict on the allele">'


def write_vcf(scores: VariantScores, path: Path, source: Path | None) -> Path:
    """Write the annotated VCF.

    Raises:
        OptionError: a score with more than 64 columns.
        MissingFileError, FormatError: the source is gone, or ends early.
        InputChangedError: the source holds other records than those that were scored.
        StoreTargetError: the source would be overwritten.
    """
    if source is not None:
        refuse_source(path, source)
        if not source.is_file():
            raise missing_file(source)
    keys = info_keys(scores)
    entries = _entries(scores, keys)
    if source is None:  # its own lines are numbered as they come
        entries = dict(enumerate(entries.values()))
    header = [STATUS_LINE.encode(), *(line.encode() for line in _declarations(scores, keys))]
    card = {"scores": list(keys.items()), "own_columns": sorted(scores.own_columns)}
    header.append(CARD + json.dumps(card, sort_keys=True).encode())
    lines = _plain_lines(scores) if source is None else _source_lines(source)
    is_packed = path.name.endswith((".gz", ".bgz"))

    def write(place: Path) -> None:
        with place.open("wb") as file:
            text = _annotated(lines, header, entries, _sites(scores) if source else {})
            for chunk in _bgzf(text) if is_packed else text:
                file.write(chunk)

    return publish(path, write)


def refuse_source(path: Path, source: Path) -> None:
    """Raise `StoreTargetError` when a file would be written over the variants it comes from."""
    if path.exists() and source.exists() and path.samefile(source):
        raise StoreTargetError(
            f"{path} is the file of the variants itself, which is never written over; choose "
            "another name.",
            path=str(path),
        )


def info_keys(scores: VariantScores) -> dict[str, str]:
    """Give the INFO key of each score.

    Raises:
        OptionError: a score has more than 64 columns, which no VCF reader enjoys.
    """
    model = str(scores.provenance.get("model", "model"))
    keys = {}
    for name in scores.scores:
        require_narrow(len(scores.labels(name)), name)
        keys[name] = re.sub(r"[^0-9A-Za-z_.]", "_", f"LSC_{model}_{name}")
    return keys


def require_narrow(count: int, score: str) -> None:
    """Raise `OptionError` for a score of more than 64 columns."""
    if count > MAX_COLUMNS:
        raise OptionError(
            f"the score {score!r} has {count:,} columns; a VCF takes up to {MAX_COLUMNS}. "
            "Choose with "
            "tracks=, or write parquet.",
            option="out",
            value=count,
            allowed=MAX_COLUMNS,
        )


def read_annotated_vcf(path: Path) -> ScoreFields:
    """Read an annotated VCF back: alleles, statuses and scores; tracks have their names only.

    Raises:
        FormatError: no locuscope entries in the header.
    """
    card: dict[str, Any] | None = None
    columns: dict[str, list[str]] = {}
    infos: list[str] = []
    for raw in _source_lines(path):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line.startswith(CARD.decode()):
            card = json.loads(line[len(CARD) :])
        elif line.startswith("##INFO=<ID=LSC_"):
            found = re.search(r'ID=([^,]+),.*columns: ([^"]*)"', line)
            if found:
                columns[found[1]] = [unquote(part) for part in found[2].split("|")]
        elif line.strip() and not line.startswith("#"):
            fields = line.split("\t")
            infos.append(fields[7] if len(fields) > 7 else "")
    if card is None:
        raise FormatError(
            f"{path}: a VCF without locuscope scores (no line {CARD.decode()}...).", path=str(path)
        )
    variants = VariantTable.read(path)
    variants, entries = _scored(variants, infos)
    table, labels = _table_of(variants, entries, dict(card["scores"]), columns)
    own = list(card["own_columns"])
    tracks = next((names for score, names in labels.items() if score not in own), [])
    return scores_from_table(
        table,
        labels,
        tracks_of_names(tracks),
        own=own,
        parts={},
        provenance={"read_from": path.name},
    )


def _scored(variants: VariantTable, infos: list[str]) -> tuple[VariantTable, list[dict[str, str]]]:
    """Leave out alleles of the file that the scores do not hold: those without a verdict.

    A line of less than five columns has no place for a verdict; it stays with the others when no
    allele was left out.
    """
    entries = [dict(part.partition("=")[::2] for part in info.split(";")) for info in infos]
    has_place = [bool(info) for info in infos]
    places = variants.table.select("record", "alt_index").rows()
    words = [entries[record].get(STATUS_KEY, "").split(",") for record, _ in places]
    has_word = np.array(
        [
            len(word) >= k and word[k - 1] not in ("", ".")
            for word, (_, k) in zip(words, places, strict=True)
        ],
        np.bool_,
    )
    without_place = np.array([not has_place[record] for record, _ in places], np.bool_)
    is_whole = bool((has_word | without_place).all())
    return variants[has_word | (without_place & is_whole)], entries


def _table_of(
    variants: VariantTable,
    infos: list[dict[str, str]],
    keys: Mapping[str, str],
    columns: Mapping[str, list[str]],
) -> tuple[pl.DataFrame, dict[str, list[str]]]:
    labels = {score: columns[key] for score, key in keys.items()}
    values = {
        score: np.full((len(variants), len(names)), np.nan, np.float32)
        for score, names in labels.items()
    }
    status: list[str] = []
    places = variants.table.select("record", "alt_index", "status").iter_rows()
    for row, (record, alt_index, own_status) in enumerate(places):
        info = infos[record]
        words = info.get(STATUS_KEY, "").split(",")
        status.append(words[alt_index - 1] if alt_index <= len(words) and words[0] else own_status)
        for score, key in keys.items():
            cells = info.get(key, "").split(",")
            width = len(labels[score])
            some = cells[(alt_index - 1) * width : alt_index * width]
            for k, cell in enumerate(some if len(some) == width else ()):
                values[score][row, k] = np.nan if cell == "." else float(cell)
    table = variants.table.with_columns(
        pl.Series("status", status, pl.String),
        pl.lit(None, pl.String).alias("notes"),
        *(pl.lit(None, kind).alias(name) for name, kind in WINDOW_SCHEMA.items()),
        *(
            pl.Series(f"{score}/{label}", values[score][:, k])
            for score, names in labels.items()
            for k, label in enumerate(names)
        ),
    )
    return table, labels


def _declarations(scores: VariantScores, keys: Mapping[str, str]) -> Iterator[str]:
    model = scores.provenance.get("model", "model")
    for name, key in keys.items():
        columns = "|".join(quote(label, safe=" :+()-_.,") for label in scores.labels(name))
        about = f"{name} of {model}; columns: {columns}".replace('"', "'")
        yield f'##INFO=<ID={key},Number=.,Type=Float,Description="{about}">'


def _entries(scores: VariantScores, keys: Mapping[str, str]) -> dict[int, bytes]:
    """Give the INFO text of each record, by record number."""
    table = scores.variants.table
    found: dict[int, bytes] = {}
    rows_of: dict[int, list[int]] = {}
    for row, record in enumerate(table["record"].to_list()):
        rows_of.setdefault(record, []).append(row)
    n_alts, alt_index = table["n_alts"].to_list(), table["alt_index"].to_list()
    for record, rows in rows_of.items():
        places = {alt_index[row]: row for row in rows}
        alleles = [places.get(k) for k in range(1, n_alts[rows[0]] + 1)]
        words = ["." if row is None else scores.status[row] for row in alleles]
        parts = [f"{STATUS_KEY}={','.join(words)}"]
        for name, key in keys.items():
            values, width = scores.scores[name], len(scores.labels(name))
            cells = [
                cell
                for row in alleles
                for cell in (
                    ["."] * width if row is None else _cells(values[row], scores.status[row])
                )
            ]
            if any(cell != "." for cell in cells):
                parts.append(f"{key}={','.join(cells)}")
        found[record] = ";".join(parts).encode()
    return found


def _cells(values: np.ndarray, status: str) -> list[str]:
    keeps_nan = status == "nonfinite"
    return [
        "." if math.isnan(value) and not keeps_nan else f"{value:.6g}" for value in values.tolist()
    ]


def _annotated(
    lines: Iterator[bytes],
    header: list[bytes],
    entries: Mapping[int, bytes],
    sites: Mapping[int, tuple[bytes, bytes]],
) -> Iterator[bytes]:
    record = 0
    # Of an earlier annotation with the same keys nothing may stay: a key stands once in a VCF.
    keys = [re.escape(text.split(b",")[0].split(b"=")[-1]) for text in header[:-1]]
    old = re.compile(rb"(?:^|;)(?:" + b"|".join(keys) + rb")=[^;]*")
    earlier = (CARD, *(text.split(b",")[0] + b"," for text in header[:-1]))
    for line in lines:
        end = line[len(line.rstrip(b"\r\n")) :]
        if line.startswith(earlier):
            continue
        if line.startswith(b"#CHROM"):
            yield from (text + (end or b"\n") for text in header)
            yield line
            continue
        if line.startswith(b"#") or not line.strip():
            yield line
            continue
        fields = line[: len(line) - len(end)].split(b"\t")
        if record in sites and tuple(fields[:2]) != sites[record]:
            raise _changed(fields[:2], sites[record], record)
        if len(fields) > 7 and b"LSC_" in fields[7]:
            fields[7] = old.sub(b"", fields[7]).lstrip(b";") or b"."
        if len(fields) > 4 and record in entries:
            fields += [b"."] * (8 - len(fields))  # INFO needs its place
            is_empty = fields[7] in (b".", b"")
            fields[7] = entries[record] if is_empty else fields[7] + b";" + entries[record]
        yield b"\t".join(fields) + end
        record += 1
    if entries and record <= max(entries):
        raise _changed([], sites.get(record, (b"", b"")), record)


def _sites(scores: VariantScores) -> dict[int, tuple[bytes, bytes]]:
    """Give CHROM and POS of each scored record, as the source must have them."""
    places = scores.variants.table.select("record", "chrom", "pos").unique("record").iter_rows()
    return {
        record: (chrom.encode(), str(pos).encode())
        for record, chrom, pos in places
        if chrom is not None and pos is not None
    }


def _changed(found: Sequence[bytes], expected: tuple[bytes, bytes], record: int) -> Exception:
    now = b":".join(found).decode("utf-8", "replace") or "nothing"
    before = b":".join(expected).decode()
    return InputChangedError(
        f"record {record + 1:,} of the variants that were scored was {before}, the file now has "
        f"{now}. Score the file as it is now.",
        field="variants",
        before=before,
        after=now,
    )


def _source_lines(source: Path) -> Iterator[bytes]:
    with source.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    file: BinaryIO
    with gzip.open(source) if is_packed else source.open("rb") as file:  # type: ignore[assignment]
        try:
            yield from file
        except (EOFError, OSError, zlib.error) as error:
            raise FormatError(f"{source}: ends early ({error}).", path=str(source)) from error


def _plain_lines(scores: VariantScores) -> Iterator[bytes]:
    """Give a VCF of the alleles alone, one record per row."""
    table = scores.variants.table
    yield b"##fileformat=VCFv4.3\n"
    for chrom in table["chrom"].drop_nulls().unique(maintain_order=True):
        yield f"##contig=<ID={chrom}>\n".encode()
    yield b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    cells = table.select("record", "chrom", pl.col("pos").cast(pl.String), "id", "ref", "alt")
    grouped = cells.group_by("record", maintain_order=True).agg(
        pl.col("chrom", "pos", "id", "ref").first(), pl.col("alt").str.join(",")
    )
    for row in grouped.drop("record").iter_rows():
        yield "\t".join([text or "." for text in row] + [".", ".", "."]).encode() + b"\n"


def _bgzf(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pack text as BGZF (SAM specification 4.1), which is gzip that can be indexed."""
    pending = b""
    for chunk in chunks:
        pending += chunk
        while len(pending) >= BLOCK_BYTES:
            yield _block(pending[:BLOCK_BYTES])
            pending = pending[BLOCK_BYTES:]
    if pending:
        yield _block(pending)
    yield BGZF_END


def _block(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(text) + packer.flush()
    size = len(packed) + 25
    head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
    return head + packed + struct.pack("<II", zlib.crc32(text), len(text))
