"""Slow obvious twins of the track queries: plain loops over mappings, one per track."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

Row = Mapping[str, object]

TEXT_FIELDS = (
    "track_name",
    "ontology_curie",
    "biosample_name",
    "assay_title",
    "histone_mark",
    "transcription_factor",
    "gtex_tissue",
)


def select_rows(rows: Sequence[Row], criteria: Mapping[str, object]) -> list[int]:
    """Rows whose fields are equal to, or among, the accepted values; None accepts missing."""
    kept = []
    for place, row in enumerate(rows):
        fulfils = True
        for field, value in criteria.items():
            accepted = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
            if row.get(field) not in accepted:
                fulfils = False
        if fulfils:
            kept.append(place)
    return kept


def matches(row: Row, filters: Mapping[str, Sequence[object]], text: str, skip: str | None) -> bool:
    """Whether one row fulfils the text and every filter but the one on `skip`."""
    for field, accepted in filters.items():
        if field != skip and row.get(field) not in accepted:
            return False
    for word in _fold(text).split():
        if not any(word in _fold(str(row.get(field, ""))) for field in TEXT_FIELDS):
            return False
    return True


def facet_counts(
    rows: Sequence[Row], filters: Mapping[str, Sequence[object]], text: str, fields: Sequence[str]
) -> dict[str, dict[object, tuple[int, int]]]:
    """field -> value -> (count without the field's own filter, total); None is missing."""
    counted: dict[str, dict[object, tuple[int, int]]] = {}
    for field in fields:
        table: dict[object, tuple[int, int]] = {}
        for row in rows:
            value = row.get(field)
            count, total = table.get(value, (0, 0))
            table[value] = (count + matches(row, filters, text, field), total + 1)
        counted[field] = table
    return counted


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
