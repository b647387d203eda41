"""Results in pieces: a part of a job on disk, and the files that many parts become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.effects.results.duplicates import marked
from locuscope.effects.results.part_files import read_part_fields, write_part
from locuscope.effects.results.score_targets import write_targets
from locuscope.effects.results.target_options import SUFFIXES, TargetOptions, check_targets
from locuscope.effects.variant_scores import VariantScores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from locuscope.effects.results.score_tables import RowId
    from locuscope.effects.results.target_options import Compat, TargetLayout

__all__ = [
    "SUFFIXES",
    "TargetOptions",
    "assemble",
    "check_targets",
    "read_part",
    "write_part",
]


def read_part(path: Path) -> VariantScores:
    """Read what `write_part` wrote.

    Raises:
        CorruptStoreError: the file is cut, altered or none of ours; `part` names it.
    """
    return VariantScores(**read_part_fields(path))


def assemble(
    targets: Sequence[Path],
    chunks: Callable[[], Iterator[VariantScores]],
    *,
    source: Path | None = None,
    layout: TargetLayout = "wide",
    compat: Compat | None = None,
    id: RowId = "variant",  # noqa: A002
    label: str = "kipoi",
    mark_duplicates: bool = True,
) -> list[str]:
    """Write every target from the parts of one run, in one pass over them and bounded memory.

    The parts are looked through once more where a file must begin with what only all of them tell:
    the columns of a score's own parts, and the contigs of a VCF that has no source.

    Args:
        targets: files told apart by their suffix (`SUFFIXES`), each published whole at the end; or
            the folder of a job with its `parts/`, which gains the tables that opening it needs
            (`tracks.parquet`, `duplicates.parquet`).
        chunks: gives the parts in order, anew at each call; at least one.
        source: the VCF that was scored, for annotated VCF files; None writes the alleles alone.
        layout: "wide" or "long" tables; "alleles" = a VCF key per score and track.
        compat: "kipoi" (VCF) or "calico" (HDF5): files as the published tools write them.
        id: "variant" names rows `chrom:pos:ref:alt`, "vcf" by the ID of the file, in the files
            that name rows (VCF with compat="kipoi", HDF5 with compat="calico").
        label: the source that keys of compat="kipoi" name.
        mark_duplicates: rows that repeat a change of an earlier one gain the note `duplicate`.

    Returns:
        What should be said, such as why a packed VCF has no index.

    Raises:
        OptionError: an option without effect, or scores that a target cannot hold.
        InputChangedError: the source holds other records than those that were scored.
        CorruptStoreError: a part is damaged.
        StoreTargetError, StoreFullError: as `publish`; nothing is published.
    """
    options = TargetOptions(source, layout, compat, id, label)
    if not mark_duplicates:
        return write_targets(targets, chunks, options)
    return write_targets(targets, lambda: marked(chunks()), options)
