"""Putting results of one call one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.effects.results.duplicates import change_keys, repeats
from locuscope.effects.results.part_columns import PartColumns, conformed
from locuscope.effects.results.score_card import plain_text
from locuscope.effects.results.score_tables import ScoreFields
from locuscope.errors import InputError, OptionError, TrackMismatchError
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.results.score_rows import ScoreRows


def concat_fields(parts: Sequence[ScoreRows], *, is_marked: bool = True) -> ScoreFields:
    """Give the fields of several results put together.

    Args:
        parts: at least one; of one call.
        is_marked: rows that repeat a change of an earlier one gain the note `duplicate`.

    Raises:
        InputError: nothing to put together.
        TrackMismatchError: other scores, columns or tracks.
        OptionError: made with other options.
    """
    if not parts:
        raise InputError("no results to put together; at least one is needed.")
    first = parts[0]
    for part in parts[1:]:
        _require_same(first, part)
    variants = VariantTable.concat([part.variants for part in parts])
    if is_marked:
        repeated = np.concatenate(list(repeats(change_keys(part) for part in parts)))
        if repeated.any():
            variants = variants.with_note(repeated, "duplicate")
    provenance = dict(first.provenance)
    skipped = total_skipped([part.provenance for part in parts])
    if skipped:
        provenance["skipped"] = skipped
    return ScoreFields(
        variants=variants,
        scores={name: _stacked([part.scores[name] for part in parts]) for name in first.scores},
        tracks=first.tracks,
        parts={name: _joined(parts, name) for name in first.parts},
        windows=pl.concat([part.windows for part in parts]),
        own_columns=first.own_columns,
        provenance=provenance,
        spread={name: _stacked([part.spread[name] for part in parts]) for name in first.spread},
    )


def total_skipped(provenances: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Add up the rows that were left out, by status."""
    total: dict[str, int] = {}
    for provenance in provenances:
        counts = provenance.get("skipped")
        for status, count in (counts if isinstance(counts, dict) else {}).items():
            total[str(status)] = total.get(str(status), 0) + int(count)
    return total


def _stacked(matrices: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(matrices) if len(matrices) > 1 else matrices[0]


def _joined(parts: Sequence[ScoreRows], name: str) -> pl.DataFrame:
    """The parts of a score with the rows counted on; a table without parts may lack columns."""
    frame = PartColumns(part.parts[name] for part in parts).frame
    tables, n_rows = [], 0
    for part in parts:
        table = conformed(part.parts[name], frame)
        tables.append(table.with_columns(pl.col("row") + n_rows))
        n_rows += len(part)
    return pl.concat(tables)


def _require_same(left: ScoreRows, right: ScoreRows) -> None:
    if left.tracks is not right.tracks and left.tracks != right.tracks:
        raise _mismatch("tracks", len(left.tracks), len(right.tracks))
    for what, one, other in (
        ("scores", list(left.scores), list(right.scores)),
        ("spreads", list(left.spread), list(right.spread)),
        ("parts", list(left.parts), list(right.parts)),
        ("own columns", dict(left.own_columns), dict(right.own_columns)),
    ):
        if one != other:
            raise _mismatch(what, one, other)
    for option in sorted({*left.provenance, *right.provenance} - {"skipped"}):
        before, after = left.provenance.get(option), right.provenance.get(option)
        if before != after and plain_text(before) != plain_text(after):
            raise OptionError(
                f"results of one call are needed; {option} is {before!r} in one and {after!r} in "
                "another.",
                option=option,
                value=after,
            )


def _mismatch(what: str, left: object, right: object) -> TrackMismatchError:
    return TrackMismatchError(
        f"results with the same {what} are needed; found {left!r} and {right!r}.",
        left=left,
        right=right,
    )
