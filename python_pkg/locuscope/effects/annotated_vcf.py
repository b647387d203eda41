"""Scores inside a VCF: how they are written is `VariantScores.to_vcf`, this reads them back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.effects.results.annotated_lines import refuse_source
from locuscope.effects.results.annotated_records import read_annotated_vcf
from locuscope.effects.results.score_sources import typed
from locuscope.effects.results.vcf_keys import require_narrow
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import WrongTypeError
from locuscope.store import missing_file

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["parse_annotated_vcf", "refuse_source", "require_narrow"]


def parse_annotated_vcf(path: str | PathLike[str]) -> VariantScores:
    """Read an annotated VCF: our keys, one key per track, or the keys of the published Kipoi tool.

    Scores come back with the precision of the text, tracks with their names alone. In a file that
    has verdicts (`LSC_STATUS`) each allele keeps its own, and those without one were left out of
    the scoring; in a file of the published tool, which has none, an allele without a value gets
    the status `outside_regions` with a reason.

    Args:
        path: VCF, plain or packed, or BCF.

    Returns:
        One row per allele, in file order. Scores of Kipoi keys are called by the last word of the
        key in lower case, unless our own header line says their names.

    Raises:
        MissingFileError: no such file.
        FormatError: no scores in the header, a damaged file, or a value that is no number.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise WrongTypeError(
            f"parse_annotated_vcf takes the path of a file; got {path!r}.",
            argument="path",
            found=type(path).__name__,
            expected="path",
        )
    place = Path(path)
    if not place.is_file():
        raise missing_file(place)
    with typed(place):
        return VariantScores(**read_annotated_vcf(place))
