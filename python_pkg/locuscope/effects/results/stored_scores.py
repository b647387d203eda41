"""Opening a stored result: what kind of file or folder it is, and the source of its rows."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from locuscope.effects.results.annotated_records import (
    count_statuses,
    read_annotated_vcf,
    read_header,
)
from locuscope.effects.results.job_folders import FolderSource
from locuscope.effects.results.parquet_tables import ParquetFile
from locuscope.effects.results.score_calico import read_calico
from locuscope.effects.results.score_card import FORMAT
from locuscope.effects.results.score_files import open_text, read_parquet, read_tsv, tsv_head
from locuscope.effects.results.score_sources import Hdf5Source, ParquetSource, WholeSource, typed
from locuscope.effects.results.score_tables import VARIANT_COLUMNS
from locuscope.errors import FormatError
from locuscope.genome.alleles import STATUSES
from locuscope.store import missing_file

if TYPE_CHECKING:
    from pathlib import Path

    from locuscope.effects.results.score_sources import ScoreSource
    from locuscope.effects.results.score_tables import ScoreFields

Kind = Literal["parquet", "tsv", "vcf", "h5", "folder"]


def open_source(path: Path) -> ScoreSource:
    """Open what `VariantScores` or `score_variants(out=...)` wrote.

    Raises:
        MissingFileError: no such file.
        FormatError: something else, or a damaged file.
        StoreError: the folder of an unfinished job.
        StoreVersionError: written by a newer locuscope.
    """
    kind = kind_of(path)
    with typed(path):
        if kind == "folder":
            return FolderSource(path)
        if kind == "h5":
            return _open_hdf5(path)
        if kind == "parquet":
            source = ParquetSource(path)
            if source.card.layout == "wide":
                return source
            return WholeSource(path, read_parquet, _count_long_parquet, lambda _: source.card)
        if kind == "vcf":
            return WholeSource(path, read_annotated_vcf, count_statuses, read_header)
        return WholeSource(path, read_tsv, _count_tsv, tsv_head)


def kind_of(path: Path) -> Kind:
    """Tell the files that `VariantScores` writes apart, by content.

    Raises:
        MissingFileError: no such file.
        FormatError: something else.
    """
    if path.is_dir():
        return "folder"
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise missing_file(path) from error
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "h5"
    if head.startswith(b"\x1f\x8b"):
        with typed(path), gzip.open(path) as unpacked:
            head = unpacked.read(4096)
    if head.startswith((b"##", b"#CHROM", b"\xef\xbb\xbf##", b"BCF\x02")):
        return "vcf"
    if head.startswith(("\t".join(VARIANT_COLUMNS).encode(), b"row\tchrom\t")):
        return "tsv"
    raise FormatError(
        f"{path}: no variant scores. It should be the parquet, TSV, VCF, HDF5 or folder that "
        f"VariantScores or score_variants(out=...) writes; it begins with {head[:20]!r}.",
        path=str(path),
    )


def _open_hdf5(path: Path) -> ScoreSource:
    import h5py

    with typed(path), h5py.File(path, "r") as file:
        is_ours, is_calico = file.attrs.get("format") == FORMAT, "target_ids" in file
        if not is_ours and not (is_calico and "snp" in file):
            raise FormatError(
                f"{path}: an HDF5 file, but not of variant scores; it holds "
                f"{', '.join(list(file)[:8]) or 'nothing'}.",
                path=str(path),
            )
    return Hdf5Source(path) if is_ours else WholeSource(path, _whole_calico)


def _whole_calico(path: Path) -> ScoreFields:
    import h5py

    with h5py.File(path, "r") as file:
        return read_calico(file, path)


def _count_tsv(path: Path) -> dict[str, int] | None:
    """Count the alleles of a table per status, line by line.

    Raises:
        FormatError: a status that there is not.
    """
    with open_text(path) as file:
        rows = csv.reader(file, delimiter="\t")
        names = next(rows)
        if "status" not in names:
            return None
        place = names.index("status")
        if names[0] == "row":
            # the rows of an allele follow each other
            tally = Counter(next(some)[place] for _, some in groupby(rows, itemgetter(0)))
        else:
            tally = Counter(row[place] for row in rows)
    return _known(tally, path)


def _count_long_parquet(path: Path) -> dict[str, int]:
    """Count the alleles of a long table per status, block by block.

    Raises:
        FormatError: a status that there is not.
    """
    file, tally, last = ParquetFile(path), Counter[str](), None
    for block in file.blocks:
        table = file.read(["row", "status"], block)
        first = table.unique("row", keep="first", maintain_order=True)
        if last is not None and len(first) and first["row"][0] == last:
            first = first[1:]
        tally.update(first["status"].to_list())
        last = table["row"][-1] if len(table) else last
    return _known(tally, path)


def _known(tally: Counter[str], path: Path) -> dict[str, int]:
    odd = sorted(set(tally) - set(STATUSES))
    if odd:
        raise FormatError(f"{path}: {odd[0][:40]!r} is no status of an allele.", path=str(path))
    return {status: tally[status] for status in STATUSES if tally[status]}
