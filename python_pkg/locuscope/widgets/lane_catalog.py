"""The tracks of one browser as a table: what the facet panel counts and what `filters` select.

Filters are kept in the words of the page: values as text, None for missing. The page counts and
selects with the same columns (`src/core/facets.ts`); `tracks/filters.py` evaluates them once more,
so that Python reads the same tracks as the eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.tracks.columns import CategoryColumn, NumberColumn
from locuscope.tracks.filters import rows_of
from locuscope.tracks.query_text import TEXT_FIELDS, fold, value_text
from locuscope.widgets.codes import code_type, pack, pack_texts
from locuscope.widgets.wire import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from locuscope.tracks.filters import FilterState
    from locuscope.tracks.track_table import TrackTable

LABELS: Final = {
    "output_name": "Output",
    "assay_title": "Assay",
    "biosample_name": "Tissue / cell",
    "biosample_type": "Kind of sample",
    "gtex_tissue": "GTEx tissue",
    "transcription_factor": "Target",
    "histone_mark": "Histone mark",
    "strand": "Strand",
    "organism": "Organism",
    "data_source": "Source",
    "biosample_life_stage": "Life stage",
    "genetically_modified": "Modified",
    "resolution": "Resolution",
    "evidence": "Evidence",
    "track_name": "Track",
    "ontology_curie": "Ontology term",
    "endedness": "Endedness",
    "nonzero_mean": "Mean of non-zero values",
}
"""Headings of the fields, in the order of the panel; other fields follow under their own name."""

GEOMETRY: Final = (
    ("origin", "u32"),
    ("bin", "u32"),
    ("n_bins", "u32"),
    ("levels", "u8"),
    ("signed", "u8"),
    ("mark", "u8"),
    ("measured", "u8"),
    ("alt", "u8"),
    ("lo", "f32"),
    ("hi", "f32"),
)
"""Columns that say where a lane lies and how it is drawn, with their wire types."""


@dataclass(frozen=True, eq=False)
class Categories:
    """One text field: its values in first-seen order and a code per track, 0 = missing."""

    values: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LaneCatalog:
    """All tracks of a browser; the row number is the track number used everywhere."""

    table: TrackTable

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def categories(self) -> dict[str, Categories]:
        """Text fields with at least one value, in panel order."""
        found = {}
        for field in self._ordered_fields():
            column = self.table.column_store(field)
            if isinstance(column, CategoryColumn):
                found[field] = _categories(column)
        return {field: item for field, item in found.items() if item.values}

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """Numeric fields with at least one value, NaN where missing."""
        columns = {field: self.table.column_store(field) for field in self._ordered_fields()}
        numbers = {f: c.numbers for f, c in columns.items() if isinstance(c, NumberColumn)}
        return {field: values for field, values in numbers.items() if not np.isnan(values).all()}

    def rows(self, filters: FilterState, text: str) -> NDArray[np.int64]:
        """Tracks that fulfil every filter and the search text, ascending.

        As `tracks.filters.rows_of`: a token of the text whose field does not exist is left out.
        """
        return rows_of(self.table, filters, text)

    def part(self, geometry: Mapping[str, NDArray[Any]]) -> Part:
        """The catalogue on the wire: columns, then geometry; a facet panel has none."""
        columns: list[dict[str, Any]] = []
        buffers: list[bytes] = []
        for field, item in self.categories.items():
            is_searched = field in TEXT_FIELDS
            code = code_type(len(item.values))
            columns.append(
                {
                    "field": field,
                    "label": LABELS.get(field, field),
                    "kind": "category",
                    "search": is_searched,
                    "code": code,
                }
            )
            buffers.append(pack_texts(item.values))
            if is_searched:
                buffers.append(pack_texts(fold(value) for value in item.values))
            buffers.append(pack(item.codes, code))
        for field, values in self.numbers.items():
            columns.append({"field": field, "label": LABELS.get(field, field), "kind": "number"})
            buffers.append(pack(values, "f64"))
        places = [(name, dtype) for name, dtype in GEOMETRY if name in geometry]
        buffers.extend(pack(geometry[name], dtype) for name, dtype in places)
        header = {
            "n": len(self),
            "columns": columns,
            "geometry": [{"name": name, "dtype": dtype} for name, dtype in places],
        }
        return Part(header, buffers)

    def value(self, field: str, row: int) -> str | None:
        """Stored value of a text field, None where missing or where no track has the field."""
        item = self.categories.get(field)
        code = 0 if item is None else int(item.codes[row])
        return None if item is None or code == 0 else item.values[code - 1]

    def _ordered_fields(self) -> list[str]:
        own = [field for field in self.table.fields if field != "track_index"]
        known = [field for field in LABELS if field in own]
        return [*known, *(field for field in own if field not in LABELS)]


def _categories(column: CategoryColumn) -> Categories:
    """Only the values that occur; values of one text (1 and "1") are one value here."""
    used, inverse = np.unique(column.codes, return_inverse=True)
    texts: dict[str, int] = {}
    codes = np.zeros(len(used), dtype=np.int64)
    for place, code in enumerate(used.tolist()):
        if code >= 0:
            text = value_text(column.values[code])
            codes[place] = texts.setdefault(text, len(texts) + 1)
    return Categories(tuple(texts), codes[inverse])
