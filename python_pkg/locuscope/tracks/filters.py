"""The filters of a facet panel: `{field: {in, not, min, max}}` in the words of the page.

Values are texts (`value_text`), None is missing. The page evaluates the same state in
`src/core/facets.ts`; here is the only place where Python does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from locuscope.errors import OptionError, did_you_mean
from locuscope.tracks.columns import MISSING, CategoryColumn, Column, NumberColumn
from locuscope.tracks.query import FacetScalar, Query, scalar, within
from locuscope.tracks.query_text import number_categories, shown_text, text_mask, value_text
from locuscope.tracks.track_metadata import KNOWN_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable

FilterState: TypeAlias = Mapping[str, Mapping[str, Any]]

_MAX_BYTES: Final = 16_000
_LISTS: Final = ("in", "not")
_BOUNDS: Final = ("min", "max")


def canonical_filters(value: object, fields: Collection[str]) -> dict[str, dict[str, Any]]:
    """Filters with sorted fields; lists of texts, unique and sorted, None (missing) last.

    Python's short forms are understood: one value or a list of values means `in`.

    Args:
        value: what somebody wants as filters.
        fields: the fields that may be filtered.

    Raises:
        OptionError: another form, a field that is not there, or more than 16 kB.

    >>> canonical_filters({"strand": ["-", "+", "+"], "size": {"min": 2}}, ("strand", "size"))
    {'size': {'min': 2}, 'strand': {'in': ['+', '-']}}
    """
    if not isinstance(value, Mapping):
        raise _refusal("filters", value, "a mapping field -> {in, not, min, max}")
    filters: dict[str, dict[str, Any]] = {}
    for field in sorted(value, key=str):
        if field not in fields:
            raise OptionError(
                f"No track has a field {field!r}; {did_you_mean(str(field), fields)}",
                option="filters",
                value=field,
                allowed=tuple(fields),
            )
        rule = _canonical_rule(field, value[field])
        if rule:
            filters[field] = rule
    size = len(json.dumps(filters))
    if size > _MAX_BYTES:
        raise _refusal("filters", f"{size:,} bytes", f"at most {_MAX_BYTES:,} bytes")
    return filters


def rows_of(table: TrackTable, filters: FilterState, text: str = "") -> NDArray[np.int64]:
    """Rows that fulfil every filter and the search text, ascending.

    Within `in` values are alternatives, and none at all matches nothing; `not` leaves values out;
    `min` and `max` are inclusive, and what is no number fails them. A known field that the table
    does not carry is missing on every row. A token of the text whose field does not exist is left
    out (`query_problems` names it).

    Raises:
        UnknownTrackFieldError: a filter on a field that is neither known nor carried.

    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "strand": strand} for strand in ("+", "-", None)]
    >>> table = TrackMetadataCatalog.from_rows(rows).table()
    >>> rows_of(table, {"strand": {"not": ["+"]}}).tolist()
    [1, 2]
    """
    keep = text_mask(table, text, strict=False)
    for field, rule in filters.items():
        lists = {key: rule[key] for key in _LISTS if rule.get(key) is not None}
        if field in KNOWN_FIELDS and not table.has_field(field):
            column: Column = CategoryColumn((), np.full(len(table), MISSING, np.int32))
        else:
            column = table.column_store(field)
        if lists:
            named = _categories(column)
            keep &= _listed(named, lists)[named.codes]
        if any(rule.get(key) is not None for key in _BOUNDS):
            keep &= within(column, rule.get("min"), rule.get("max"))
    return np.flatnonzero(keep)


def query_of(table: TrackTable, filters: FilterState, text: str = "") -> Query:
    """The same choice as a `Query` of stored values, for `match` and `facet_counts`.

    `in` and `not` become the values that occur in the table and are accepted. Stored values that
    Python holds equal (1 and True) are one value in a query.

    Raises:
        UnknownTrackFieldError: a filter on a field that the table does not carry.

    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "nonzero_mean": mean} for mean in (1.5, 2.5, None)]
    >>> table = TrackMetadataCatalog.from_rows(rows).table()
    >>> query_of(table, {"nonzero_mean": {"not": ["2.5"], "max": 2}}).ranges
    mappingproxy({'nonzero_mean': (None, 2)})
    """
    values: dict[str, tuple[FacetScalar, ...]] = {}
    ranges: dict[str, tuple[float | None, float | None]] = {}
    for field, rule in filters.items():
        lists = {key: rule[key] for key in _LISTS if rule.get(key) is not None}
        if lists:
            values[field] = _accepted_values(_categories(table.column_store(field)), lists)
        if any(rule.get(key) is not None for key in _BOUNDS):
            ranges[field] = (rule.get("min"), rule.get("max"))
    return Query(values, text, ranges)


def _categories(column: Column) -> CategoryColumn:
    return number_categories(column.numbers) if isinstance(column, NumberColumn) else column


def _listed(column: CategoryColumn, lists: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Whether each value passes `in` and `not`, by its text; the last entry speaks for missing."""
    texts = [*(value_text(value) for value in column.values), None]
    wanted = set(lists.get("in", texts))
    unwanted = set(lists.get("not", ()))
    return np.array([text in wanted and text not in unwanted for text in texts], np.bool_)


def _accepted_values(column: CategoryColumn, lists: Mapping[str, Any]) -> tuple[FacetScalar, ...]:
    """Values of some row that pass; None when missing passes and occurs or is asked for."""
    flags = _listed(column, lists)
    # Missing (-1) is counted in the last place.
    places = np.where(column.codes < 0, len(column.values), column.codes)
    occurs = np.bincount(places, minlength=len(flags)) > 0
    occurs[-1] |= None in lists.get("in", ())
    kept = np.flatnonzero(flags & occurs).tolist()
    return tuple(scalar((*column.values, None)[place]) for place in kept)


def _canonical_rule(field: str, rule: object) -> dict[str, Any]:
    if not isinstance(rule, Mapping):
        items = rule if isinstance(rule, list | tuple | set | frozenset) else [rule]
        return {"in": _texts(field, items)}
    unknown = set(rule) - {*_LISTS, *_BOUNDS}
    if unknown:
        raise _refusal(f"filters[{field!r}]", sorted(unknown, key=str), "in, not, min, max")
    found: dict[str, Any] = {}
    for key in _LISTS:
        if rule.get(key) is not None:
            if not isinstance(rule[key], list | tuple):
                raise _refusal(f"filters[{field!r}][{key!r}]", rule[key], "a list")
            texts = _texts(field, rule[key])
            if key == "in" or texts:  # an empty `in` matches nothing, an empty `not` says nothing
                found[key] = texts
    for key in _BOUNDS:
        if rule.get(key) is not None:
            found[key] = _number(f"filters[{field!r}][{key!r}]", rule[key])
    return found


def _texts(field: str, items: Collection[object]) -> list[str | None]:
    for item in items:
        if not isinstance(item, str | int | float | bool | None):
            raise _refusal(f"filters[{field!r}]", item, "texts, numbers, booleans or None")
    texts = {shown_text(item) for item in items}
    return [*sorted(text for text in texts if text is not None), *([None] if None in texts else [])]


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refusal(name, value, "a finite number")
    return value


def _refusal(name: str, value: object, allowed: str) -> OptionError:
    return OptionError(
        f"{name} takes {allowed}; found {value!r:.200}.", option=name, value=value, allowed=allowed
    )
