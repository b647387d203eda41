"""From criteria to rows: selection rules of every named object, and facet counts.

Two doors. `plan_criteria` reads the keyword criteria of `select`, `mask` and `indices`; `Query` is
the state of the facet panel (filters and a text), which `match` and `facet_counts` evaluate. Both
work on code vectors, so no step loops over tracks. The page computes the same facets in
`src/core/facets.ts`.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from locuscope.errors import FormatError
from locuscope.tracks.columns import CategoryColumn, NumberColumn, value_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable

TEXT_FIELDS = (
    "track_name",
    "ontology_curie",
    "biosample_name",
    "assay_title",
    "histone_mark",
    "transcription_factor",
    "gtex_tissue",
)
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
    missing.

    >>> Query({"strand": ("+", None)}, text="liver").to_json()
    '{"filters": {"strand": ["+", null]}, "text": "liver"}'
    """

    filters: Mapping[str, tuple[FacetScalar, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    text: str = ""

    def __post_init__(self) -> None:
        """Freeze the filters; a list of values becomes a tuple."""
        frozen = {name: tuple(values) for name, values in self.filters.items()}
        object.__setattr__(self, "filters", MappingProxyType(frozen))

    def to_json(self) -> str:
        """One line of JSON."""
        filters = {name: list(values) for name, values in self.filters.items()}
        return json.dumps({"filters": filters, "text": self.text}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Query:
        """Read what `to_json` wrote.

        Raises:
            FormatError: not such a text.
        """
        try:
            content = json.loads(text)
            filters = {str(name): tuple(values) for name, values in content["filters"].items()}
            return cls(filters, str(content["text"]))
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
        UnknownTrackFieldError: a filter on a field that the table does not have.

    >>> import numpy as np
    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "strand": s} for s in "+-."]
    >>> table = TrackMetadataCatalog.from_rows(rows).table()
    >>> match(table, Query({"strand": ("+", ".")})).tolist()
    [True, False, True]
    """
    keep = _text_mask(table, query.text)
    for name, values in query.filters.items():
        accepted = accepted_rows(table, name, values)
        if name != skip:
            keep &= accepted
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
        fields: fields to count; None = the default facets that the table carries.
        keep_zero: list values that no row has under the filters; selected ones are listed anyway.

    Returns:
        field -> FacetField. Order: count descending, then the value's text by code point, missing
        last.

    Raises:
        UnknownTrackFieldError: a filter or a field that the table does not have.
    """
    n_failures = (~_text_mask(table, query.text)).astype(np.uint8) * np.uint8(2)
    failing: dict[str, NDArray[np.bool_]] = {}
    for name, values in query.filters.items():
        failing[name] = ~accepted_rows(table, name, values)
        # Capped at two: one failure more or less decides, and 256 filters must not wrap around.
        n_failures = np.minimum(n_failures + failing[name], np.uint8(2))
    if fields is None:
        fields = [name for name in DEFAULT_FACETS if table.has_field(name)]
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
    column = table.column_store(name)
    if isinstance(column, NumberColumn):
        wanted = [value for value in values if isinstance(value, int | float)]
        keep = np.isin(column.numbers, np.array(wanted, np.float64))
        return keep | np.isnan(column.numbers) if None in values else keep
    flags = np.zeros(len(column.values) + 1, np.bool_)
    for value in values:
        if value is None:
            flags[-1] = True
        else:
            flags[column.lookup.get(value_key(value), [])] = True
    rows: NDArray[np.bool_] = flags[column.codes]
    return rows


def fold(text: str) -> str:
    """Text as searches compare it: composed characters, case removed."""
    return unicodedata.normalize("NFC", text).casefold()


def value_text(value: object) -> str:
    """A value as text, the same on both sides of the wire: `true`, `false`, `3` for 3.0.

    >>> [value_text(value) for value in (True, 3.0, 1.5, "atac")]
    ['true', '3', '1.5', 'atac']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _text_mask(table: TrackTable, text: str) -> NDArray[np.bool_]:
    """Rows where each word is a substring of some text field; decided once per category."""
    keep = np.ones(len(table), np.bool_)
    words = fold(text).split()
    if not words:
        return keep
    columns = [table.column_store(name) for name in TEXT_FIELDS if table.has_field(name)]
    folded = [
        (column, [fold(str(value)) for value in column.values])
        for column in columns
        if isinstance(column, CategoryColumn)
    ]
    for word in words:
        found = np.zeros(len(table), np.bool_)
        for column, texts in folded:
            found |= np.array([*(word in text for text in texts), False], np.bool_)[column.codes]
        keep &= found
    return keep


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
        column = _as_categories(column)
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
            listed.append(FacetValue(_scalar(value), counts[code], totals[code], selected))
    listed.sort(key=lambda item: (item.value is None, -item.count, value_text(item.value)))
    return FacetField(name, tuple(listed), counts[n_values])


def _as_categories(column: NumberColumn) -> CategoryColumn:
    numbers, inverse = np.unique(column.numbers, return_inverse=True, equal_nan=True)
    codes = inverse.astype(np.int32)
    if numbers.size and np.isnan(numbers[-1]):
        codes[codes == numbers.size - 1] = -1
        numbers = numbers[:-1]
    return CategoryColumn(tuple(numbers.tolist()), codes)


def _scalar(value: object) -> FacetScalar:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
