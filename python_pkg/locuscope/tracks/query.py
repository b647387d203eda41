"""From criteria to rows: selection rules of every named object, and facet counts.

Two doors. `plan_criteria` reads the keyword criteria of `select`, `mask` and `indices`; `Query` is
the state of the facet panel (filters and a text), which `match` and `facet_counts` evaluate. Both
work on code vectors, so no step loops over tracks. The page computes the same facets in
`src/core/facets.ts`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.errors import FormatError, WrongTypeError
from locuscope.tracks.columns import Column, NumberColumn, value_key
from locuscope.tracks.query_text import TEXT_FIELDS, fold, number_categories, text_mask, value_text

__all__ = [
    "DEFAULT_FACETS",
    "TEXT_FIELDS",
    "FacetField",
    "FacetScalar",
    "FacetValue",
    "Query",
    "accepted_rows",
    "facet_counts",
    "fold",
    "match",
    "scalar",
    "value_text",
    "within",
]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable

DEFAULT_FACETS = (
    "output_name",
    "assay_title",
    "biosample_type",
    "biosample_life_stage",
    "strand",
    "data_source",
    "histone_mark",
    "gtex_tissue",
    "genetically_modified",
)
FacetScalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Query:
    """What a facet panel holds: accepted values per field, and free text.

    Within a field the values are alternatives, across fields all must hold; None stands for
    missing. `text` follows the grammar of `query_text.py`. `ranges` are inclusive (lowest, highest)
    bounds of number fields, None for an open end; a missing number fails them. Values and range of
    one field are one filter.

    >>> Query({"strand": ("+", None)}, text="liver").to_json()
    '{"filters": {"strand": ["+", null]}, "text": "liver"}'
    """

    filters: Mapping[str, tuple[FacetScalar, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    text: str = ""
    ranges: Mapping[str, tuple[float | None, float | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __post_init__(self) -> None:
        """Freeze the filters; a list of values becomes a tuple."""
        frozen = {name: tuple(values) for name, values in self.filters.items()}
        object.__setattr__(self, "filters", MappingProxyType(frozen))
        object.__setattr__(self, "ranges", MappingProxyType(dict(self.ranges)))

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields with a filter, in order."""
        return tuple(dict.fromkeys((*self.filters, *self.ranges)))

    def to_json(self) -> str:
        """One line of JSON; ranges only when there are any."""
        content: dict[str, object] = {
            "filters": {name: list(values) for name, values in self.filters.items()},
            "text": self.text,
        }
        if self.ranges:
            content["ranges"] = {name: list(bounds) for name, bounds in self.ranges.items()}
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Query:
        """Read what `to_json` wrote.

        Raises:
            FormatError: not such a text.
        """
        try:
            content = json.loads(text)
            filters = {str(name): tuple(values) for name, values in content["filters"].items()}
            ranges = {str(name): _bounds(pair) for name, pair in content.get("ranges", {}).items()}
            return cls(filters, str(content["text"]), ranges)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"Not a query in JSON: {text[:80]!r}."
            raise FormatError(message, text=text[:200]) from error


@dataclass(frozen=True)
class FacetValue:
    """One value of a field: rows now, rows in all, whether a filter names it; None is missing."""

    value: FacetScalar
    count: int
    total: int
    selected: bool


@dataclass(frozen=True)
class FacetField:
    """All listed values of one field, most frequent first, missing last."""

    field: str
    values: tuple[FacetValue, ...]
    n_missing: int


def match(table: TrackTable, query: Query, *, skip: str | None = None) -> NDArray[np.bool_]:
    """Rows that fulfil the text and every filter, without the filter on `skip`.

    Raises:
        UnknownTrackFieldError: a filter or the text asks for a field that the table does not have.
        OptionError: the text has more than 500 characters.

    >>> import numpy as np
    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "strand": s} for s in "+-."]
    >>> table = TrackMetadataCatalog.from_rows(rows).table()
    >>> match(table, Query({"strand": ("+", ".")})).tolist()
    [True, False, True]
    """
    keep = text_mask(table, query.text)
    for name in query.fields:
        passing = _passing(table, query, name)
        if name != skip:
            keep &= passing
    return keep


def facet_counts(
    table: TrackTable,
    query: Query,
    fields: Sequence[str] | None = None,
    *,
    keep_zero: bool = False,
) -> dict[str, FacetField]:
    """Counts per value: rows that fulfil the text and every filter except the field's own.

    Args:
        table: the tracks.
        query: filters and text.
        fields: fields to count, or one; None = the default facets that the table carries.
        keep_zero: list values that no row has under the filters; selected ones are listed anyway.

    Returns:
        field -> FacetField. Order: count descending, then the value's text by code point, missing
        last.

    Raises:
        UnknownTrackFieldError: a filter, a field or the text asks for a field that the table does
            not have.
        OptionError: the text has more than 500 characters.
        WrongTypeError: something else than a Query.
    """
    if not isinstance(query, Query):
        message = (
            "Facets are counted under a Query, such as Query({'strand': ('+',)}, 'liver'); got "
            f"{str(query)[:60]!r} ({type(query).__name__})."
        )
        raise WrongTypeError(
            message, argument="query", found=type(query).__name__, expected="Query"
        )
    n_failures = (~text_mask(table, query.text)).astype(np.uint8) * np.uint8(2)
    failing: dict[str, NDArray[np.bool_]] = {}
    for name in query.fields:
        failing[name] = ~_passing(table, query, name)
        # Capped at two: one failure more or less decides, and 256 filters must not wrap around.
        n_failures = np.minimum(n_failures + failing[name], np.uint8(2))
    if fields is None:
        fields = [name for name in DEFAULT_FACETS if table.has_field(name)]
    elif isinstance(fields, str):
        fields = [fields]
    passing = n_failures == 0
    counted = {}
    for name in fields:
        rows = passing | ((n_failures == 1) & failing[name]) if name in failing else passing
        counted[name] = _count_field(
            table, name, rows, query.filters.get(name, ()), keep_zero=keep_zero
        )
    return counted


def accepted_rows(table: TrackTable, name: str, values: Sequence[object]) -> NDArray[np.bool_]:
    """Rows whose field has one of the values; None in `values` accepts missing."""
    return table.column_store(name).accepts(values)


def within(column: Column, low: float | None, high: float | None) -> NDArray[np.bool_]:
    """Rows whose number lies in an inclusive range; missing, and all that is no number, fails."""
    if not isinstance(column, NumberColumn):
        return np.zeros(len(column), np.bool_)
    low = -np.inf if low is None else low
    high = np.inf if high is None else high
    rows: NDArray[np.bool_] = (column.numbers >= low) & (column.numbers <= high)
    return rows


def scalar(value: object) -> FacetScalar:
    """A stored value as a facet lists it: other objects as their text."""
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _passing(table: TrackTable, query: Query, name: str) -> NDArray[np.bool_]:
    """Rows that fulfil the filter on one field: its values and its range."""
    keep = np.ones(len(table), np.bool_)
    if name in query.filters:
        keep &= accepted_rows(table, name, query.filters[name])
    if name in query.ranges:
        keep &= within(table.column_store(name), *query.ranges[name])
    return keep


def _bounds(pair: Sequence[float | None]) -> tuple[float | None, float | None]:
    low, high = pair
    for bound in (low, high):
        if bound is not None:
            float(bound)
    return low, high


def _count_field(
    table: TrackTable,
    name: str,
    rows: NDArray[np.bool_],
    chosen: Sequence[object],
    *,
    keep_zero: bool,
) -> FacetField:
    column = table.column_store(name)
    if isinstance(column, NumberColumn):
        column = number_categories(column.numbers)
    n_values = len(column.values)
    # Missing (-1) is counted in the last place.
    places = np.where(column.codes < 0, n_values, column.codes)
    totals = np.bincount(places, minlength=n_values + 1).tolist()
    counts = np.bincount(places[rows], minlength=n_values + 1).tolist()
    chosen_keys = {value_key(value) for value in chosen}
    listed = []
    for code, value in enumerate((*column.values, None)):
        selected = value_key(value) in chosen_keys
        if counts[code] or selected or (keep_zero and totals[code]):
            listed.append(FacetValue(scalar(value), counts[code], totals[code], selected))
    listed.sort(key=lambda item: (item.value is None, -item.count, value_text(item.value)))
    return FacetField(name, tuple(listed), counts[n_values])
