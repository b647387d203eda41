"""Alleles as examples: the alternative sequence around each variant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, InputError, OptionError, VariantError
from locuscope.genome.alignment import Alignment
from locuscope.genome.edits import Edits
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.windows import (
    check_available,
    default_place,
    input_window,
    warn_unknown,
    widened,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

_FILES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")
_N_SHOWN = 3


def is_variants(where: object) -> bool:
    """Whether `where` is a variant, a table or list of them, or the name of a VCF file."""
    if isinstance(where, str | Path):
        return str(where).lower().endswith(_FILES)
    if isinstance(where, Variant | VariantTable):
        return True
    return isinstance(where, list | tuple) and bool(where) and isinstance(where[0], Variant)


def alternative_windows(
    model: SequenceModel,
    where: Any,
    genome: Genome | None,
    choices: Sequence[HeadChoice],
    margin_bp: int,
) -> tuple[list[Interval], NDArray[np.uint8]]:
    """The changed sequence of every allele, in a window of the model's own width.

    The window is centred on REF. After an insertion or deletion fresh bases of the genome follow,
    so that the places of later bases are those of the reference only up to the change.

    Args:
        model: says how wide a window is.
        where: what `is_variants` knows.
        genome: the reference.
        choices: the outputs whose crops count.
        margin_bp: bases beyond both ends.

    Returns:
        The windows, named by the alleles, and one-hot (N, A, L) with the margin.

    Raises:
        InputError: no genome.
        VariantError: alleles that cannot be read, or do not fit the genome (all are counted), or
            an allele that is longer than half the window.
        OptionError: a model of any length without a default width.
        OutOfBoundsError: a window beyond an embedded slice.
    """
    if genome is None:
        raise InputError("explaining variants needs a genome; give it after them.")
    if len([spec for spec in model.inputs if spec.kind == "dna"]) != 1:
        raise OptionError(
            f"{model.name} reads several pieces of a place, so no one window holds a variant; "
            "explain the place.",
            option="where",
            value="variants",
        )
    windows, bases = [], []
    for variant in _alleles(where, genome):
        place = default_place(model, variant.interval, genome, choices)
        window = input_window(model, place, choices)
        _require_room(variant, window.width)
        read = widened(window, margin_bp)
        check_available(model, place, read, genome)
        chrom = genome.resolve(variant.chrom)
        edits = Edits.from_variants([replace(variant, chrom=chrom)])
        alignment = Alignment.from_edits(edits, read.start, read.end, hap_len=read.width)
        bases.append(one_hot(alignment.haplotype(genome, chrom)))
        windows.append(replace(window, name=variant.id or variant.text()))
    stacked = np.stack(bases).astype(np.uint8)
    warn_unknown([widened(window, margin_bp) for window in windows], stacked, genome)
    return windows, stacked


def _require_room(variant: Variant, width_bp: int) -> None:
    longest = max(len(variant.ref), len(variant.alt))
    if longest > width_bp // 2:  # as in the scoring of variants
        raise VariantError(
            f"{variant.chrom}:{variant.pos} has an allele of {longest:,} bases in a window of "
            f"{width_bp:,}; at most half of it can be explained.",
            status="too_long",
        )


def _alleles(where: Any, genome: Genome) -> list[Variant]:
    """The alleles, each of which fits the genome."""
    if isinstance(where, str | Path):
        table = VariantTable.read(where)
    elif isinstance(where, VariantTable):
        table = where
    else:
        listed = [where] if isinstance(where, Variant) else where
        table = VariantTable.from_variants(listed if isinstance(listed, Iterable) else [listed])
    if not len(table):
        raise EmptySelectionError("where holds no allele.", available=0)
    table = table.check(genome)
    bad = np.flatnonzero(~table.is_ok).tolist()
    if bad:
        reasons = table.table["reason"]
        shown = "; ".join(str(reasons[row]) for row in bad[:_N_SHOWN])
        raise VariantError(
            f"{len(bad):,} of {len(table):,} alleles cannot be explained ({shown}). "
            "VariantTable.read(path).check(genome) marks them; table[table.is_ok] leaves them out.",
            status=table.table["status"][bad[0]],
        )
    return list(table)
