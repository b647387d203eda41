"""Keyword criteria of `select`, `mask` and `indices`: read once per object, applied per table.

`field=value` is equality, a collection means any of, None means missing. What a criterion means may
depend on the whole object (a yes/no field that every track has, an unknown field), so reading and
applying are two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.errors import NoTracksError, TrackQueryWarning, WrongTypeError, closest
from locuscope.tracks.callers import warn_at_caller
from locuscope.tracks.cell_rules import clean_cell
from locuscope.tracks.columns import CategoryColumn
from locuscope.tracks.query import accepted_rows, value_text
from locuscope.tracks.track_metadata import BOOL_FIELDS, KNOWN_FIELDS, TrackMetadata
from locuscope.tracks.track_table import unknown_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable

Predicate: TypeAlias = Callable[[TrackMetadata], object]
Criteria: TypeAlias = Mapping[str, object]
_MOST_EXAMPLES = 10
_LONGEST_VALUE = 80


@dataclass(frozen=True)
class Plan:
    """Criteria read for one object: field -> accepted values, in the order they were given."""

    accepted: Mapping[str, tuple[object, ...]]
    predicate: Predicate | None = None

    def rows(self, table: TrackTable, among: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Rows of the table (of those `among`) that fulfil all criteria, ascending."""
        keep = among
        for field, values in self.accepted.items():
            accepted = _accepted(table, field, values)
            keep = accepted if keep is None else keep & accepted
        rows = np.arange(len(table)) if keep is None else keep.nonzero()[0]
        if self.predicate is None:
            return rows
        tracks = table.tracks_at(rows.tolist())
        passed = [bool(self.predicate(track)) for track in tracks]
        return rows[np.array(passed, np.bool_)]

    def refusal(self, tables: Sequence[TrackTable], where: str) -> NoTracksError:
        """The error for criteria that leave nothing: the first such one, and what does occur."""
        message = f"No tracks matched filters {where}."
        keeps = [np.ones(len(table), np.bool_) for table in tables]
        available: dict[str, int] = {}
        for field, values in self.accepted.items():
            after = [
                keep & _accepted(table, field, values)
                for keep, table in zip(keeps, tables, strict=True)
            ]
            if not any(keep.any() for keep in after):
                available, written = _occurring(tables, keeps, field)
                message += _explain(field, values, available, written)
                break
            keeps = after
        else:
            message += " The predicate refused every track that fulfils the criteria."
        return NoTracksError(message, criteria=dict(self.accepted), available=available)


def plan_criteria(
    tables: Sequence[TrackTable], criteria: Criteria, predicate: Predicate | None = None
) -> Plan:
    """Read keyword criteria against all tables of an object.

    A scalar None on a yes/no field that every track has is read as False, with a warning; a field
    that no track has matches all when it is asked to be missing, with a warning.

    Raises:
        UnknownTrackFieldError: a value asked of a field that is neither known nor present.
        TypeError: `predicate` is not callable.
    """
    if predicate is not None and not callable(predicate):
        message = (
            f"{type(predicate).__name__!r} object is not callable; predicate= takes a function of "
            "a track, such as lambda track: track.has('gtex_tissue')."
        )
        raise TypeError(message)
    accepted: dict[str, tuple[object, ...]] = {}
    for field, value in criteria.items():
        values = _values(field, value)
        is_none = values == (None,) and not isinstance(value, Iterable)
        if not any(table.has_field(field) for table in tables) and field not in KNOWN_FIELDS:
            if not is_none:
                raise unknown_field(
                    field, [*KNOWN_FIELDS, *(name for table in tables for name in table.fields)]
                )
            message = f"No track has a field {field!r}; {field}=None therefore matches every track."
            warn_query(message)
            continue
        if is_none and field in BOOL_FIELDS and (counts := _yes_no_counts(tables, field)):
            warn_query(_yes_no_sentence(field, counts))
            values = (False,)
        accepted[field] = values
    return Plan(accepted, predicate)


def warn_query(message: str) -> None:
    """Give a TrackQueryWarning at the first line outside of this package."""
    warn_at_caller(message, TrackQueryWarning)


def _values(field: str, value: object) -> tuple[object, ...]:
    """The accepted values of one criterion: of any collection, array or column its members.

    Raises:
        WrongTypeError: a function or a slice, which equal no cell.
    """
    if callable(value) or isinstance(value, slice):
        message = (
            f"{field} was given {_shown(value)}; expected a value, a collection of values or None. "
            "A condition of your own goes into predicate=, which gets a track."
        )
        raise WrongTypeError(
            message, argument=field, found=type(value).__name__, expected="value or collection"
        )
    on_host = getattr(value, "cpu", None)
    members: object = value if on_host is None else np.asarray(on_host())
    if isinstance(members, np.ndarray):
        members = members.reshape(-1).tolist()
    if isinstance(members, str | bytes | Mapping) or not isinstance(members, Iterable):
        members = (members,)
    return tuple(_as_stored(member) for member in members)


def _as_stored(member: object) -> object:
    """A value as cells hold it; NaN, NA and NaT mean missing, as they do in a table."""
    return member if isinstance(member, str) else clean_cell(member)


def _accepted(table: TrackTable, field: str, values: Sequence[object]) -> NDArray[np.bool_]:
    if table.has_field(field):
        return accepted_rows(table, field, values)
    # A known field that this head does not carry is missing on all of its tracks.
    return np.full(len(table), None in values, np.bool_)


def _yes_no_counts(tables: Sequence[TrackTable], field: str) -> tuple[int, int] | None:
    """Number of False and True tracks when no track lacks the field, else None."""
    total = [0, 0]
    for table in tables:
        column = table.column_store(field) if table.has_field(field) else None
        if not isinstance(column, CategoryColumn) or (column.codes < 0).any():
            if len(table):
                return None
            continue
        counts = np.bincount(column.codes, minlength=2)
        total = [total[0] + int(counts[0]), total[1] + int(counts[1])]
    return (total[0], total[1]) if sum(total) else None


def _yes_no_sentence(field: str, counts: tuple[int, int]) -> str:
    return (
        f"{field} is recorded for all {sum(counts)} tracks (False {counts[0]}, True {counts[1]}); "
        f"None was read as False. Write {field}=False."
    )


def _occurring(
    tables: Sequence[TrackTable], keeps: Sequence[NDArray[np.bool_]], field: str
) -> tuple[dict[str, int], dict[str, str]]:
    """Values of a field among the kept rows: how often, and how a criterion writes them."""
    counts: dict[str, int] = {}
    written: dict[str, str] = {}
    for table, keep in zip(tables, keeps, strict=True):
        for cell in table.take(np.flatnonzero(keep)).cells(field):
            text = "(missing)" if cell is None else value_text(cell)
            counts[text] = counts.get(text, 0) + 1
            written.setdefault(text, "missing" if cell is None else _shown(cell))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))), written


def _explain(
    field: str,
    values: Collection[object],
    available: Mapping[str, int],
    written: Mapping[str, str],
) -> str:
    """The sentence about the criterion that emptied the result."""
    asked = ", ".join("missing" if value is None else _shown(value) for value in list(values)[:5])
    if not values:
        return f" {field} was given an empty collection, which matches nothing."
    if not available:
        return f" There is no track to choose {field} {asked} from."
    wanted = [str(value) for value in values if value is not None]
    near = [name for text in wanted for name in closest(text, available)]
    near += [name for name in available for text in wanted if text.lower() in name.lower()]
    order = list(dict.fromkeys([*near, *available]))
    shown = ", ".join(f"{written[name]} ({available[name]})" for name in order[:_MOST_EXAMPLES])
    rest = len(order) - _MOST_EXAMPLES
    more = f" and {rest:,} more" if rest > 0 else ""
    return f" {field} is never {asked} here; values that occur: {shown}{more}."


def _shown(value: object) -> str:
    """A value in a sentence; texts of files may be very long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
