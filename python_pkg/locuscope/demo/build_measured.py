"""Build the measured tracks: exon inclusion in 54 tissues, fetal-brain DNase peaks, blood ATAC.

One compact table: a row is a region with one value per track of its output and strand; the
description of the 115 tracks rides along as JSON in the metadata of the file.

The exon-inclusion table counts from one: all 1,119 exons are found in the exon table when one is
taken off `Start`, 5 when it is not. The peaks come from a BED file and the ATAC regions are 200
bases wide as `end - start`, so both count from zero.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locuscope.errors import FormatError

from .build_genes import CORE_END, CORE_START
from .build_sequence import CHROM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .build_sources import Cache

N_EXONS = {"+": 552, "-": 567}
N_TISSUES = 54
N_CHROM_PEAKS = 5_516
FIRST_TISSUE_COLUMN = 6
PEAK_FILES = (
    "tests/data/fBrain-DS14718/part-00000-a0d75244-2d87-41eb-a3eb-a18847c7cb87-c000.snappy.parquet",
    "tests/data/fBrain-DS14718/part-00001-a0d75244-2d87-41eb-a3eb-a18847c7cb87-c000.snappy.parquet",
)
BLOOD_CELLS = {
    "Mono": ("monocyte", "primary_cell"),
    "CD4": ("CD4-positive T cell", "primary_cell"),
    "CD8": ("CD8-positive T cell", "primary_cell"),
    "Nkcell": ("natural killer cell", "primary_cell"),
    "Bcell": ("B cell", "primary_cell"),
    "Ery": ("erythroid cell", "primary_cell"),
}
SHORT_NAMES = {"Nkcell": "NK", "Bcell": "B"}


@dataclass(frozen=True)
class Region:
    """A region with one value per track of its output and strand, 0-based half-open."""

    output_name: str
    start: int
    end: int
    strand: str
    values: tuple[float, ...]


def gtex_name(tissue: str) -> str:
    """Spell a tissue as GTEx and the built-in catalogue do.

    >>> gtex_name("Brain - Anterior cingulate cortex (BA24)")
    'Brain_Anterior_cingulate_cortex_BA24'
    """
    return re.sub(r"[ _]+", "_", re.sub(r"[()]", "", tissue).replace(" - ", "_"))


def read_exon_inclusion(text: Iterable[str]) -> tuple[list[str], list[Region]]:
    """Read the tissues and the exons that overlap 1-4 Mb of chromosome 20."""
    reader = csv.reader(text)
    tissues = next(reader)[FIRST_TISSUE_COLUMN:]
    regions = []
    for row in reader:
        if row[0] != f"chr{CHROM}":
            continue
        start, end = int(row[1]) - 1, int(row[2])
        if end > CORE_START and start < CORE_END:
            values = tuple(float(cell) for cell in row[FIRST_TISSUE_COLUMN:])
            regions.append(Region("exon_inclusion", start, end, row[3], values))
    return tissues, regions


def read_blood_atac(text: Iterable[str]) -> tuple[list[str], list[Region]]:
    """Read the cell types and the regions inside 1-4 Mb of chromosome 20."""
    reader = csv.reader((line for line in text if not line.startswith("#")), delimiter="\t")
    cells = next(reader)[1:]
    regions = []
    for row in reader:
        chrom, _, span = row[0].partition(":")
        start, end = (int(item) for item in span.split("-"))
        if chrom == f"chr{CHROM}" and start >= CORE_START and end <= CORE_END:
            values = tuple(float(cell) for cell in row[1:])
            regions.append(Region("atac", start, end, ".", values))
    return cells, regions


def read_peaks(files: Iterable[bytes]) -> list[Region]:
    """Read the fetal-brain peaks that overlap 1-4 Mb of chromosome 20."""
    return [
        Region("dnase", start, end, ".", (1.0,))
        for start, end in read_peak_spans(files)
        if end > CORE_START and start < CORE_END
    ]


def read_peak_spans(files: Iterable[bytes]) -> list[tuple[int, int]]:
    """Read all fetal-brain peaks of chromosome 20, 0-based half-open, in order.

    Raises:
        FormatError: another number of peaks than the recipe states.
    """
    import polars as pl

    table = pl.concat([pl.read_parquet(io.BytesIO(file)) for file in files])
    table = table.filter(pl.col("contig") == f"chr{CHROM}")
    if len(table) != N_CHROM_PEAKS:
        message = f"Fetal brain: {len(table):,} peaks on chromosome 20, not {N_CHROM_PEAKS:,}."
        raise FormatError(message)
    return sorted(zip(table["pos_start"].to_list(), table["pos_end"].to_list(), strict=True))


def describe_tracks(tissues: list[str], cells: list[str]) -> list[dict[str, Any]]:
    """Describe every track in the fields of the built-in catalogue, in the order of the values."""
    rows: list[dict[str, Any]] = []
    for strand in ("+", "-"):
        rows += [
            {
                "output_name": "exon_inclusion",
                "track_name": f"PSI {tissue} {strand}",
                "strand": strand,
                "biosample_name": tissue,
                "biosample_type": "cell_line" if tissue.startswith("Cells - ") else "tissue",
                "gtex_tissue": gtex_name(tissue),
                "assay_title": "exon inclusion (PSI)",
                "data_source": "GTEx",
                "evidence": "measured",
            }
            for tissue in tissues
        ]
    rows.append(
        {
            "output_name": "dnase",
            "track_name": "DNase peaks fetal brain",
            "strand": ".",
            "biosample_name": "fetal brain",
            "biosample_type": "tissue",
            "biosample_life_stage": "embryonic",
            "assay_title": "DNase peaks",
            "data_source": "Roadmap",
            "evidence": "measured",
        }
    )
    for cell in cells:
        name, kind = BLOOD_CELLS[cell]
        rows.append(
            {
                "output_name": "atac",
                "track_name": f"ATAC {SHORT_NAMES.get(cell, cell)}",
                "strand": ".",
                "biosample_name": name,
                "biosample_type": kind,
                "assay_title": "ATAC-seq, log scale, centred",
                "data_source": "Corces 2016",
                "evidence": "measured",
            }
        )
    return rows


def build_measured(cache: Cache) -> dict[str, bytes]:
    """Make `chr20_measured.parquet`.

    Raises:
        FormatError: other counts than the recipe states.
    """
    packed = cache.read("mmsplice", "mmsplice/models/gtex_psi_map37_ranges.csv.gz")
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8", newline="") as handle:
        tissues, exons = read_exon_inclusion(handle)
    found = {strand: sum(exon.strand == strand for exon in exons) for strand in N_EXONS}
    if found != N_EXONS or len(tissues) != N_TISSUES:
        message = f"Exon inclusion: {found} exons, {len(tissues)} tissues, not {N_EXONS}, 54."
        raise FormatError(message)
    peaks = read_peaks(cache.read("polars_bio", name) for name in PEAK_FILES)
    blood = cache.read("gimmemotifs", "data/examples/hg19.blood.most_variable.10k.txt")
    cells, atac = read_blood_atac(io.StringIO(blood.decode("utf-8")))
    regions = sorted(
        [*exons, *peaks, *atac],
        key=lambda region: (region.output_name, region.strand, region.start),
    )
    return {"chr20_measured.parquet": parquet_bytes(regions, describe_tracks(tissues, cells))}


def parquet_bytes(regions: list[Region], tracks: list[dict[str, Any]]) -> bytes:
    """Lay out the regions as a parquet file with the tracks as JSON in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("output_name", pa.string()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("strand", pa.string()),
            ("values", pa.list_(pa.float32())),
        ]
    )
    columns = {name: [getattr(region, name) for region in regions] for name in schema.names}
    target = io.BytesIO()
    with pq.ParquetWriter(
        target,
        schema,
        compression="zstd",
        compression_level=19,
        use_dictionary=["output_name", "strand"],
        column_encoding={"values.list.element": "BYTE_STREAM_SPLIT"},
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.add_key_value_metadata({"tracks": json.dumps(tracks, sort_keys=True)})
        writer.write_table(pa.table(columns, schema=schema))
    return target.getvalue()
