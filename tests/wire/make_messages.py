"""Writes `messages.json`: one request of each type with the answer both sides must agree on.

    python tests/wire/make_messages.py

Run it after a deliberate change of the wire; `tests/widgets/test_answers.py` fails while the file
differs from what the kernel answers, and `src/core/wire.test.ts` decodes the same file.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import torch

from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.widgets.answers import handle
from locuscope.widgets.browser_data import BrowserData
from locuscope.widgets.panel_source import packed, read_source
from locuscope.widgets.signals import Sources
from locuscope.widgets.wire import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.widgets.requests import Request
    from locuscope.widgets.wire import Part

HERE = Path(__file__).parent
WHERE = Interval("20", 1_000_003, 1_005_003)
HOSTILE = '<img src=x onerror="window.__pwned=1">'
BINS = {"tracks": [0, 1], "mode": "ref", "rev": 1}
REQUESTS = {
    "hello": {"type": "hello", "client_version": "0.1.0", "host": "test"},
    "catalog": {"type": "catalog"},
    "ping": {"type": "ping"},
    "overview of two geometries": {
        "type": "overview",
        "mode": "ref",
        "tracks": [2, 0, 3],
        "rev": 1,
    },
    "tiles u16": {
        "type": "tiles",
        **BINS,
        "level": 0,
        "first": 4_990,
        "count": 512,
        "encoding": "u16",
    },
    "tiles u8, coarse": {
        "type": "tiles",
        **BINS,
        "level": 1,
        "first": 0,
        "count": 8,
        "encoding": "u8",
    },
    "tiles f32, difference": {
        "type": "tiles",
        **BINS,
        "mode": "diff",
        "level": 1,
        "first": 3,
        "count": 5,
        "encoding": "f32",
    },
    "tiles, missing and signed": {
        "type": "tiles",
        **BINS,
        "tracks": [3, 2],
        "level": 0,
        "first": 2,
        "count": 4,
        "encoding": "u16",
    },
    "tiles behind the end": {
        "type": "tiles",
        **BINS,
        "level": 0,
        "first": 9_000,
        "count": 512,
        "encoding": "u16",
    },
    "values": {"type": "values", **BINS, "start": 1_000_010, "end": 1_000_014},
    "values of wide bins": {
        "type": "values",
        **BINS,
        "tracks": [2],
        "start": 1_000_100,
        "end": 1_000_300,
    },
    "genes": {"type": "genes", "rev": 1},
    "variants": {"type": "variants", "rev": 1},
    "sequence": {"type": "sequence", "rev": 1, "start": 1_000_003, "end": 1_000_013},
    "error: stale revision": {"type": "genes", "rev": 7},
    "error: unknown track": {
        "type": "values",
        **BINS,
        "tracks": [9],
        "start": 1_000_010,
        "end": 1_000_014,
    },
    "error: two geometries": {
        "type": "tiles",
        **BINS,
        "tracks": [0, 2],
        "level": 0,
        "first": 0,
        "count": 8,
        "encoding": "u16",
    },
    "error: too large": {
        "type": "tiles",
        **BINS,
        "level": 0,
        "first": 0,
        "count": 10_000_000,
        "encoding": "u16",
    },
    "error: outside": {"type": "sequence", "rev": 1, "start": 5, "end": 9},
    "error: unknown type": {"type": "predict"},
}


def named(values: np.ndarray, output: str, resolution: int, rows: list[dict]) -> NamedTrackTensor:
    tracks = [TrackMetadata(i, output, 0, row.pop("name"), row) for i, row in enumerate(rows)]
    tensor = torch.from_numpy(values.astype(np.float32))[None]
    return NamedTrackTensor(tensor, tracks, output, resolution, intervals=(WHERE,))


def toy_data() -> BrowserData:
    """Two single-base tracks with an alternative, two wide-bin tracks with gaps and signs."""
    base = np.zeros((5_000, 2))
    base[::7, 0] = np.arange(715) / 1_024
    base[4_321, 1] = 0.875
    alternative = base.copy()
    alternative[4_321, 1] = 0.125
    alternative[10, 0] = 0.5
    wide = np.stack([np.arange(40) / 4, np.linspace(-1, 1, 40)], axis=1)
    wide[3:5] = np.nan
    splice = [
        {"name": "acceptor:+", "strand": "+", "assay_title": "splice site probability"},
        {"name": "donor:+", "strand": "+", "assay_title": "splice site probability"},
    ]
    inclusion = [
        {"name": "PSI a\nb", "strand": "-", "biosample_name": HOSTILE, "data_source": "GTEx"},
        {
            "name": "PSI \\n",
            "biosample_name": "Straße",
            "nonzero_mean": 0.25,
            "data_source": "GTEx",
        },
    ]
    reference = named(base, "splice_sites", 1, [dict(row) for row in splice])
    changed = named(alternative, "splice_sites", 1, [dict(row) for row in splice])
    measured = named(wide, "exon_inclusion", 128, inclusion)
    exons = [
        ("20", 1_000_100, 1_000_200, "+", "G1", "TMC2", "T1", 1),
        ("20", 1_000_900, 1_001_000, "+", "G1", "TMC2", "T1", 2),
        ("20", 1_002_000, 1_002_400, "-", "G2", HOSTILE, "T2", 1),
    ]
    columns = [
        "chrom",
        "start",
        "end",
        "strand",
        "gene_id",
        "gene_name",
        "transcript_id",
        "exon_number",
    ]
    genes = Genes.from_tables(pl.DataFrame(exons, schema=columns, orient="row"))
    variants = [
        Variant("20", 1_000_011, "G", "A", id="rs572140578"),
        Variant("20", 1_000_500, "GTT", "G", id=HOSTILE),
        Variant("20", 1_000_600, "G", "GTT"),
    ]
    return BrowserData.collect(
        Sources([reference, measured], changed),
        genes=genes,
        variants=variants,
        sequence="ACGTN" * 1_000,
    )


def toy_catalog() -> TrackMetadataCatalog:
    """Two organisms, padding that never appears, numbers, yes and no, and a field of one track."""
    rows = [
        {"organism": 0, "track_name": "liver +", "strand": "+", "nonzero_mean": 0.5},
        {"organism": 0, "track_name": HOSTILE, "strand": "-", "genetically_modified": True},
        {"organism": 0, "track_name": "Padding"},
        {"organism": 1, "track_name": "Straße\nA", "genetically_modified": False, "<b>": "x"},
    ]
    return TrackMetadataCatalog.from_rows([{"output_type": "atac", **row} for row in rows])


def recorded(name: str, request: dict, handler: Callable[[Request], Sequence[Part]]) -> list[dict]:
    """One request with every part of its answer."""
    answers = respond(request, (), handler)
    return [
        {
            "name": name if len(answers) == 1 else f"{name}, part {i}",
            "request": request,
            "header": header,
            "buffers": [base64.b64encode(buffer).decode("ascii") for buffer in buffers],
        }
        for i, (header, buffers) in enumerate(answers)
    ]


def entries() -> list[dict]:
    """Each request with everything the kernel answers to it."""
    data = toy_data()
    made = []
    for number, (name, fields) in enumerate(REQUESTS.items(), start=1):
        request = {"v": 1, "id": number, **fields}
        made += recorded(name, request, lambda asked: handle(data, asked))
    data.close()
    panel = packed(read_source(toy_catalog()))
    request = {"v": 1, "id": len(REQUESTS) + 1, "type": "catalog"}
    made += recorded("catalog of a facet panel", request, lambda _: [panel])
    return made


if __name__ == "__main__":
    text = json.dumps(entries(), indent=1, ensure_ascii=True)
    (HERE / "messages.json").write_text(text + "\n", encoding="utf-8")
