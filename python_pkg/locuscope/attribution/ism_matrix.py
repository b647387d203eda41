"""`ism_matrix`: scored single-base variants as a matrix of contributions, (L, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.variant import Variant
    from locuscope.genome.variant_table import VariantTable

_SHOWN = 5


def ism_matrix(  # noqa: PLR0917 (the published signature)
    scores: Any,
    variants: Sequence[Variant] | VariantTable | VariantScores | None = None,
    interval: Interval | None = None,
    multiply_by_sequence: bool = True,  # noqa: FBT001, FBT002 (as published)
    vocabulary: str = "ACGT",
    require_fully_filled: bool = True,  # noqa: FBT001, FBT002 (as published)
) -> NDArray[np.float32]:
    """Arrange scores of all single-base changes of a place, centred at each position.

    Args:
        scores: (V,), one number per variant; or a `VariantScores` of one score and one track.
        variants: the changes, each with one base for one base; not beside a `VariantScores`.
        interval: the place; None = from the first to the last variant.
        multiply_by_sequence: keep the value of the base that is there only.
        vocabulary: the bases in the order of the columns.
        require_fully_filled: refuse positions without any variant, which are 0 otherwise.

    Returns:
        (L, 4) along the forward strand: the alternatives' scores and 0 for the base that is there,
        minus a third of their sum, so that the base that is there has minus the mean of the three.

    Raises:
        InputError: no single-base changes, one of them twice, two references at a position, a
            position with some of its alternatives; positions are named counting from 1.
        OutOfBoundsError: a variant outside the interval.
        ShapeError: scores that are not one number per variant.
        OptionError: a vocabulary with a base twice, or several scores to choose from.

    >>> from locuscope import Variant
    >>> changes = [Variant("1", 7, "C", base) for base in "AGT"]
    >>> ism_matrix([1.0, 2.0, 3.0], changes, multiply_by_sequence=False).tolist()
    [[-1.0, -2.0, 0.0, 1.0]]
    """
    if len(vocabulary) < 2 or len(set(vocabulary)) < len(vocabulary):
        raise OptionError(
            f"vocabulary is {vocabulary!r}; every base once.",
            option="vocabulary",
            value=vocabulary,
        )
    numbers, table = _one_score(scores, variants)
    rows = _rows(table)
    values = np.asarray(numbers, np.float64)
    if values.shape != (len(rows),):
        raise ShapeError(
            f"scores have shape {values.shape} for {len(rows):,} variants; one number each. Choose "
            "a track first, such as scores[:, 0].",
            found=values.shape,
            expected=(len(rows),),
        )
    place = _place(rows, interval)
    filled, counts, reference = _filled(rows, values, place, vocabulary)
    _check_counts(counts, place, len(vocabulary) - 1, require_fully_filled=require_fully_filled)
    centred = filled - filled.sum(axis=1, keepdims=True) / (len(vocabulary) - 1)
    if multiply_by_sequence:
        centred = np.where(reference, centred, 0.0)
    matrix: NDArray[np.float32] = centred.astype(np.float32)
    return matrix


def _one_score(scores: Any, variants: Any) -> tuple[Any, Any]:
    """Numbers and variants, also out of a scored table."""
    by_name = getattr(scores, "scores", None)
    if by_name is None:
        if variants is None:
            raise InputError("scores of what? give the variants after them.")
        return scores, getattr(variants, "variants", variants)
    if variants is not None:
        raise OptionError(
            "the scores bring their own variants; leave variants out.",
            option="variants",
            value=type(variants).__name__,
        )
    columns = {name: matrix.shape[1] for name, matrix in by_name.items()}
    if list(columns.values()) != [1]:
        told = ", ".join(f"{name} ({count})" for name, count in columns.items())
        raise OptionError(
            f"the table holds {told} columns; choose one: ism_matrix(found.scores[name][:, 0], "
            "found).",
            option="scores",
            value=tuple(columns),
        )
    return next(iter(by_name.values()))[:, 0], scores.variants


def _rows(variants: Any) -> list[tuple[str, int, str, str]]:
    """(contig, position from 1, reference, alternative) of every variant."""
    table = getattr(variants, "table", None)
    if table is not None:
        rows = table.select("chrom", "pos", "ref", "alt").rows()
    else:
        rows = [(v.chrom, v.pos, v.ref, v.alt) for v in variants]
    if not rows:
        raise InputError("there is no variant to arrange.")
    odd = next((row for row in rows if None in row or len(row[2] + row[3]) != 2), None)
    if odd is not None:
        raise InputError(
            f"{odd[0]}:{odd[1]} {odd[2]}>{odd[3]} is no change of one base into another."
        )
    return list(rows)


def _place(rows: list[tuple[str, int, str, str]], interval: Interval | None) -> Interval:
    chroms = list(dict.fromkeys(row[0] for row in rows))
    if len(chroms) > 1:
        raise InputError(f"the variants lie on {', '.join(chroms[:_SHOWN])}; one contig is needed.")
    if interval is None:
        positions = [row[1] for row in rows]
        return Interval(chroms[0], min(positions) - 1, max(positions))
    contig, first, last = interval.chrom, interval.start + 1, interval.end
    outside = [row for row in rows if row[0] != contig or not first <= row[1] <= last]
    if outside:
        chrom, pos, ref, alt = outside[0]
        raise OutOfBoundsError(
            f"{len(outside):,} of {len(rows):,} variants lie outside {interval.text()}, first "
            f"{chrom}:{pos} {ref}>{alt}.",
            interval=interval,
        )
    return interval


def _filled(
    rows: list[tuple[str, int, str, str]],
    values: NDArray[np.float64],
    place: Interval,
    vocabulary: str,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Scores (L, A), variants per position (L,), and the reference as bool (L, A)."""
    filled = np.zeros((place.width, len(vocabulary)))
    is_filled = np.zeros_like(filled, dtype=np.bool_)
    reference = np.zeros_like(is_filled)
    for (chrom, pos, ref, alt), value in zip(rows, values.tolist(), strict=True):
        at = pos - 1 - place.start
        if ref not in vocabulary or alt not in vocabulary:
            raise InputError(f"{chrom}:{pos} {ref}>{alt} has a base outside {vocabulary!r}.")
        column = vocabulary.index(alt)
        if is_filled[at, column]:
            raise InputError(f"{chrom}:{pos} {ref}>{alt} stands twice among the variants.")
        is_filled[at, column], filled[at, column] = True, value
        reference[at, vocabulary.index(ref)] = True
        if reference[at].sum() > 1:
            raise InputError(f"the variants at {chrom}:{pos} have different references.")
    return filled, is_filled.sum(axis=1), reference


def _check_counts(
    counts: NDArray[np.int64], place: Interval, expected: int, *, require_fully_filled: bool
) -> None:
    bad = (counts != expected) & (require_fully_filled | (counts != 0))
    if not bad.any():
        return
    where = np.flatnonzero(bad)
    shown = ", ".join(
        f"{place.chrom}:{place.start + at + 1} ({counts[at]})" for at in where[:_SHOWN].tolist()
    )
    more = f" and {len(where) - _SHOWN:,} more" if len(where) > _SHOWN else ""
    raise InputError(
        f"{len(where):,} positions do not have {expected} alternatives: {shown}{more}. "
        "require_fully_filled=False allows positions without any, never with some."
    )
