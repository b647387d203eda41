"""Rebuild the built-in track tables from the published packages, byte for byte.

    python -m locuscope.tracks.catalogs.build --cache DIR [--out DIR]

DIR holds the source distributions named in `PINS`; another hash is refused. The human table is read
from the output of a notebook in the package (a data table written as JavaScript literals, parsed
here, never run).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import CatalogError, FormatError, MissingFileError
from locuscope.tracks.catalogs import FOLDER, RAW_CHANNELS
from locuscope.tracks.cell_rules import Origin
from locuscope.tracks.table_reading import tables_of_columns
from locuscope.tracks.table_writing import write_table
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHAGENOME_FILE = "alphagenome-0.10.0.tar.gz"
ALPHAGENOME_NOTEBOOK = "alphagenome-0.10.0/colabs/v1/tissue_ontology_mapping.ipynb"
BORZOI_FILE = "borzoi_pytorch-0.5.1.tar.gz"
BORZOI_TARGETS = "borzoi_pytorch-0.5.1/borzoi_pytorch/precomputed/targets.txt"
PINS = {
    ALPHAGENOME_FILE: "0ce9b6479acd4c51fb23d7742198af35c007920526a4e4815530d46aa430e5dd",
    BORZOI_FILE: "4facb3534f6c515593c2db03ff0072c1b19e1c2597ab08701c5b6c98b0232c59",
    BORZOI_TARGETS: "cb0c1d4baf514f44de458364b2ae0b85f722a80b72cbe66c56bd700faa481785",
}
_NOTEBOOK_CELL = 9
_NOTEBOOK_MIME = "application/vnd.google.colaboratory.module+javascript"
_HUMAN_COLUMNS = (
    "index",
    "track_name",
    "strand",
    "assay_title",
    "ontology_curie",
    "biosample_name",
    "biosample_type",
    "biosample_life_stage",
    "data_source",
    "endedness",
    "genetically_modified",
    "nonzero_mean",
    "output_type",
    "gtex_tissue",
    "histone_mark",
    "transcription_factor",
)
_REAL_TRACKS = {
    "atac": 167,
    "cage": 546,
    "dnase": 305,
    "rna_seq": 667,
    "chip_histone": 1116,
    "chip_tf": 1617,
    "splice_sites": 4,
    "splice_site_usage": 734,
    "splice_junctions": 367,
    "contact_maps": 28,
    "procap": 12,
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<key>'(?:[^'\\]|\\.)*')|(?P<word>NaN|null|true|false)"""
    r"""|(?P<number>-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<mark>[\[\]{},:]))"""
)
_WORDS = {"NaN": None, "null": None, "true": True, "false": False}
_HISTONE = re.compile(r"H(2A|2B|3|4)")


def build(cache: Path, out: Path = FOLDER) -> tuple[Path, Path]:
    """Write `human.parquet` and `borzoi.parquet` into `out`.

    Raises:
        MissingFileError, FormatError: a package is absent or another one.
        CatalogError: the tables do not have the rows that the networks have channels.
    """
    human = human_table(pinned(cache / ALPHAGENOME_FILE, ALPHAGENOME_NOTEBOOK))
    borzoi = borzoi_table(pinned(cache / BORZOI_FILE, BORZOI_TARGETS))
    return write_table(human, out / "human.parquet"), write_table(borzoi, out / "borzoi.parquet")


def pinned(package: Path, member: str) -> bytes:
    """One member of a package whose hash is known."""
    if not package.is_file():
        message = f"{package} is missing; download the source distribution with that name."
        raise MissingFileError(message, path=package)
    with package.open("rb") as stream:
        _check_digest(package.name, hashlib.file_digest(stream, "sha256").hexdigest(), package)
    with tarfile.open(package) as archive:
        stream_or_none = archive.extractfile(member)
        if stream_or_none is None:
            message = f"{package} has no file {member}."
            raise FormatError(message, path=package)
        content = stream_or_none.read()
    if member in PINS:
        _check_digest(member, hashlib.sha256(content).hexdigest(), package)
    return content


def human_table(notebook: bytes) -> TrackTable:
    """The 6,126 channels of AlphaGenome (human), padding included, from the published notebook."""
    cell = json.loads(notebook)["cells"][_NOTEBOOK_CELL]
    script = next(
        data[_NOTEBOOK_MIME]
        for data in (out.get("data", {}) for out in cell["outputs"])
        if _NOTEBOOK_MIME in data
    )
    text = script if isinstance(script, str) else "".join(script)
    rows = parse_rows(text, text.index("data:") + len("data:"))
    columns = {name: [row[place] for row in rows] for place, name in enumerate(_HUMAN_COLUMNS)}
    outputs = tables_of_columns(columns, Origin())[0]
    found = {name: len(table) for name, table in outputs.items()}
    if found != _REAL_TRACKS:
        message = f"The published table has {found} tracks; expected {_REAL_TRACKS}."
        raise CatalogError(message)
    outputs["splice_junctions"] = _filled_junctions(
        outputs["splice_junctions"], outputs["splice_site_usage"]
    )
    return TrackTable.concat([_padded(name, outputs[name]) for name in RAW_CHANNELS])


def borzoi_table(targets: bytes) -> TrackTable:
    """The 7,611 channels of Borzoi (human), one output, from the published target list."""
    rows = list(csv.DictReader(io.StringIO(targets.decode()), delimiter="\t"))
    columns: dict[str, list[object]] = {}
    for place, row in enumerate(rows):
        for name, value in _borzoi_row(place, row).items():
            columns.setdefault(name, []).append(value)
    columns["output_type"] = ["borzoi"] * len(rows)
    return tables_of_columns(columns, Origin())[0]["borzoi"]


def parse_rows(text: str, start: int) -> list[list[object]]:
    """Nested lists of a JavaScript literal; `{'v': x, 'f': ...}` is x, NaN and null are None.

    >>> parse_rows('[[{"v": 1.5, "f": "x"}, "a]", NaN,],]', 0)
    [[1.5, 'a]', None]]
    """
    tokens = _tokens(text, start)
    value = _parse(tokens, *next(tokens))
    if not isinstance(value, list):
        message = f"Expected a list of rows at offset {start:,}; found {type(value).__name__}."
        raise FormatError(message)
    return value


def _tokens(text: str, start: int) -> Iterator[tuple[str, str]]:
    """Kind and text of each token; a text literal is one token, nothing inside it is read."""
    place = start
    while found := _TOKEN.match(text, place):
        place = found.end()
        kind = str(found.lastgroup)
        yield kind, found[kind]
    message = f"Unexpected characters at offset {place:,}: {text[place : place + 40]!r}."
    raise FormatError(message, column=place)


def _parse(tokens: Iterator[tuple[str, str]], kind: str, word: str) -> object:
    if kind == "text":
        return json.loads(word)
    if kind == "number":
        return float(word) if set(word) & set(".eE") else int(word)
    if kind == "word":
        return _WORDS[word]
    if word == "[":
        items: list[object] = []
        while (following := next(tokens))[1] != "]":
            if following != ("mark", ","):
                items.append(_parse(tokens, *following))
        return items
    if word == "{":
        cells: dict[str, object] = {}
        while (following := next(tokens))[1] != "}":
            if following != ("mark", ","):
                next(tokens)  # the colon
                cells[following[1].strip("'\"")] = _parse(tokens, *next(tokens))
        return cells["v"]
    message = f"Unexpected {word!r} in the data table."
    raise FormatError(message, text=word)


def _filled_junctions(junctions: TrackTable, usage: TrackTable) -> TrackTable:
    """Junction rows with the fields that only the usage rows state; their strand is open."""
    expected = [str(name).replace("junction_", "usage_") for name in junctions.cells("track_name")]
    if expected != usage.cells("track_name")[: len(junctions)]:
        message = (
            "The junction tracks do not name the same samples as the splice site usage tracks."
        )
        raise CatalogError(message, column="track_name")
    filled = junctions.with_column("strand", ["."] * len(junctions))
    for field in ("assay_title", "biosample_life_stage", "data_source"):
        pairs = zip(junctions.cells(field), usage.cells(field), strict=False)
        filled = filled.with_column(
            field, [theirs if own is None else own for own, theirs in pairs]
        )
    return filled


def _padded(name: str, table: TrackTable) -> TrackTable:
    whole = table.padded(name, 0, RAW_CHANNELS[name])
    n_missing = len(whole) - len(table)
    whole = whole.with_column("strand", table.cells("strand") + ["."] * n_missing)
    if name == "splice_sites":
        # The fifth class of the published network, "no splice site", is named in lower case there.
        whole = whole.with_column(
            "track_name", [*table.cells("track_name"), *["padding"] * n_missing]
        )
    return whole


def _borzoi_row(place: int, row: dict[str, str]) -> dict[str, object]:
    """One target of Borzoi in the fields of this package."""
    assay, _, rest = row["description"].partition(":")
    fields: dict[str, object] = {
        "track_name": row["identifier"],
        "strand": row["identifier"][-1] if int(row["strand_pair"]) != place else ".",
        "assay_title": assay,
        "histone_mark": None,
        "transcription_factor": None,
    }
    if assay == "CHIP":
        target, _, rest = rest.partition(":")
        is_histone = _HISTONE.match(target) is not None
        field = "histone_mark" if is_histone else "transcription_factor"
        fields[field] = target.replace("H3K27Ac", "H3K27ac") if is_histone else target
    folders = row["file"].split("/")
    source = next(
        name for name in ("encode", "fantom", "catlas", "geo", "recount3") if name in folders
    )
    fields |= {
        "biosample_name": rest,
        "data_source": source,
        "gtex_tissue": folders[folders.index(source) + 1] if source == "recount3" else None,
        "strand_pair": int(row["strand_pair"]),
        "clip": int(row["clip"]),
        "clip_soft": int(row["clip_soft"]),
        "scale": float(row["scale"]),
        "sum_stat": row["sum_stat"],
    }
    return fields


def _check_digest(name: str, found: str, path: Path) -> None:
    if found != PINS[name]:
        message = f"{path}: sha256 of {name} is {found}; expected {PINS[name]}."
        raise FormatError(message, path=path)


def main() -> None:
    """Command line of the build."""
    parser = argparse.ArgumentParser(description="Rebuild the built-in track tables.")
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder with the source distributions"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the tables")
    args = parser.parse_args()
    for path in build(args.cache, args.out):
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
