"""Slow twin of a facet panel's choice: one row, one rule, one word at a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

TEXT_FIELDS = (
    "track_name", "ontology_curie", "biosample_name", "assay_title", "histone_mark",
    "transcription_factor", "gtex_tissue",
)  # fmt: skip


def text_of(value: Any) -> str | None:
    """A cell in the words of the filters."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if float(value).is_integer() else str(value)


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def keeps(
    row: Mapping[str, Any], filters: Mapping[str, Mapping[str, Any]], words: Sequence[str]
) -> bool:
    """Whether one mapping field -> value fulfils canonical filters and every plain word."""
    for field, rule in filters.items():
        value = row.get(field)
        if "in" in rule and text_of(value) not in rule["in"]:
            return False
        if "not" in rule and text_of(value) in rule["not"]:
            return False
        if "min" in rule and (value is None or value < rule["min"]):
            return False
        if "max" in rule and (value is None or value > rule["max"]):
            return False
    texts = [fold(row[field]) for field in TEXT_FIELDS if row.get(field) is not None]
    return all(any(fold(word) in text for text in texts) for word in words)
