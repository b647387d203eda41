"""Whether scores and the background they are laid upon were made in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from locuscope.errors import OptionError, TrackMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from locuscope.effects.variant_scores import VariantScores

FREE = frozenset(
    ("package", "genome", "assembly", "genome_digest", "model", "heads", "tracks", "scores")
    + ("on_bad", "skipped", "nulls", "calibration", "read_from")
)
"""What may differ: the place, what became of bad rows, and what is compared by other means."""


def check_method(
    before: Mapping[str, object], now: Mapping[str, object], names: Iterable[str]
) -> None:
    """Refuse another model, or another option that changes numbers.

    Args:
        before: provenance of the background.
        now: provenance of the scores.
        names: the scores that are compared; options of others do not matter.

    Raises:
        OptionError: names the field, with both values.
    """
    for field in ("model_digest", *sorted({*before, *now} - FREE - {"model_digest"})):
        is_known = field in before and field in now
        if not is_known or _plain(before[field]) != _plain(now[field]):
            beside = f" ({before.get('model')}, {now.get('model')})" if "model" in field else ""
            _refuse(field, before.get(field, _MISSING), now.get(field, _MISSING), beside)
    for name in names:
        left, right = (_options(facts, name) for facts in (before, now))
        if _plain(left) != _plain(right):
            _refuse(f"scores[{name!r}]", left, right, "")


def check_columns(name: str, expected: Sequence[object], found: Sequence[object]) -> None:
    """Refuse scores whose columns are not those of the background, in the same order.

    Raises:
        TrackMismatchError: names the first column that differs.
    """
    if list(expected) == list(found):
        return
    pairs = enumerate(zip(expected, found, strict=False))
    at = next((k for k, (a, b) in pairs if a != b), min(len(expected), len(found)))
    left, right = (_shown(rows[at]) if at < len(rows) else "none" for rows in (expected, found))
    raise TrackMismatchError(
        f"the columns of {name!r} differ: the background has {len(expected)}, the scores have "
        f"{len(found)}; column {at} is {left} in the background and {right} in the scores.",
        hint="Score both with the same heads= and tracks=, and apply the calibration before "
        "select().",
        left=tuple(expected),
        right=tuple(found),
    )


def identities(scores: VariantScores) -> tuple[tuple[str, ...], ...]:
    """Give what tells the tracks apart: output, name and strand of each."""
    table = scores.tracks
    fields = [name for name in ("output_name", "track_name", "strand") if table.has_field(name)]
    cells = [[str(cell) for cell in table.cells(name)] for name in fields]
    return tuple(zip(*cells, strict=True))


_MISSING = "not recorded"


def _options(facts: Mapping[str, object], name: str) -> object:
    known = facts.get("scores")
    return known.get(name) if isinstance(known, Mapping) else None


def _plain(value: object) -> str:
    """One spelling of an option, whether it came from a call or from a file."""
    return json.dumps(value, sort_keys=True, default=str)


def _shown(row: Any) -> str:
    return repr(row if isinstance(row, str) else "/".join(row))


def _refuse(field: str, left: object, right: object, beside: str) -> None:
    raise OptionError(
        f"{field} differs: {left!r} in the background, {right!r} in the scores{beside}. "
        "Percentiles hold for scores that were made in the same way; calibrate a background of "
        "that kind.",
        option=field,
        value=right,
        allowed=(left,),
    )
