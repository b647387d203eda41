"""Slow obvious twin of the facet panel: filters, search text and counts, one row and letter a time.

Rows are mappings without missing cells. `filters` hold texts, None is missing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Filters = Mapping[str, Mapping[str, Any]]
Term = tuple[str | None, str, bool, bool]

TEXT_FIELDS = (
    "track_name", "ontology_curie", "biosample_name", "assay_title", "histone_mark",
    "transcription_factor", "gtex_tissue",
)  # fmt: skip
KNOWN_FIELDS = {
    *TEXT_FIELDS, "output_name", "organism", "strand", "biosample_type", "biosample_life_stage",
    "data_source", "endedness", "genetically_modified", "nonzero_mean",
}  # fmt: skip
NUMBER_FIELDS = {"nonzero_mean"}


def shown(value: object) -> str | None:
    """A cell as the panel shows it; None for missing. Numbers from 1e-6 to 1e21 only."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def passes(row: Row, field: str, rule: Mapping[str, Any]) -> bool:
    """Whether a row fulfils the filter on one field."""
    text = shown(row.get(field))
    if "in" in rule and text not in rule["in"]:
        return False
    if "not" in rule and text in rule["not"]:
        return False
    if "min" in rule or "max" in rule:
        number = row.get(field)
        if number is None or field not in NUMBER_FIELDS:
            return False
        if ("min" in rule and number < rule["min"]) or ("max" in rule and number > rule["max"]):
            return False
    return True


def tokens(text: str) -> list[tuple[str, bool, str | None, bool, str]]:
    """(as typed, negated, field, exact, value) of every token, letter by letter."""
    found = []
    place = 0
    while place < len(text):
        if text[place].isspace() or text[place] == "\ufeff":
            place += 1
            continue
        start = place
        negated = text[place] == "-"
        place += negated
        field, exact, value = None, False, ""
        if text[place : place + 1] == '"':
            value, place = _quoted(text, place)
        else:
            while place < len(text) and not (text[place].isspace() or text[place] == "\ufeff"):
                if text[place] == ":" and field is None:
                    field, value = value, ""
                    place += 1
                    if text[place : place + 1] == "=":
                        exact = True
                        place += 1
                    if text[place : place + 1] == '"':
                        value, place = _quoted(text, place)
                        break
                else:
                    value += text[place]
                    place += 1
        found.append((text[start:place], negated, field, exact, value))
    return found


def _quoted(text: str, place: int) -> tuple[str, int]:
    """What stands in quotes from `place` on, and the place behind it; "" inside is one quote."""
    value = ""
    place += 1
    while place < len(text):
        if text[place : place + 2] == '""':
            value += '"'
            place += 2
        elif text[place] == '"':
            return value, place + 1
        else:
            value += text[place]
            place += 1
    return value, place


def has_word(row: Row, word: str) -> bool:
    return any(fold(word) in fold(shown(row[f]) or "") for f in TEXT_FIELDS if f in row)


def conditions(rows: Sequence[Row], text: str) -> tuple[list[Term], list[tuple[str, str]]]:
    """(field or None, value, exact, negated) per term; (token, field) per unknown field."""
    fields = {field for row in rows for field in row} | KNOWN_FIELDS
    terms: list[Term] = []
    unknown: list[tuple[str, str]] = []
    for typed, negated, field, exact, value in tokens(text):
        if field is None:
            if value:
                terms.append((None, value, False, negated))
        elif field in fields:
            if value:
                terms.append((field, value, exact, negated))
        else:
            word = f"{field}:{'=' if exact else ''}{value}"
            is_name = field.isascii() and field.isidentifier()
            if any(has_word(row, word) for row in rows) or not is_name:
                terms.append((None, word, False, negated))
            elif value:
                unknown.append((typed, field))
    return terms, unknown


def holds(row: Row, field: str | None, value: str, exact: bool) -> bool:
    """Whether a row fulfils one condition, its sign left aside."""
    if field is None:
        return has_word(row, value)
    text = shown(row.get(field))
    if text is None:
        return False
    return fold(text) == fold(value) if exact else fold(value) in fold(text)


def matches(rows: Sequence[Row], filters: Filters, text: str, skip: str | None = None) -> list[int]:
    """Rows that fulfil the text and every filter but the one on `skip`."""
    terms, _ = conditions(rows, text)
    return [
        i
        for i, row in enumerate(rows)
        if all(passes(row, field, rule) for field, rule in filters.items() if field != skip)
        and all(holds(row, f, value, exact) != negated for f, value, exact, negated in terms)
    ]


def counts(
    rows: Sequence[Row], filters: Filters, text: str, fields: Sequence[str]
) -> dict[str, list[list[Any]]]:
    """field -> [value, count, total], zero counts kept; count descending, text, missing last."""
    counted = {}
    for field in fields:
        passing = matches(rows, filters, text, skip=field)
        values = {shown(row.get(field)) for row in rows}
        rule = filters.get(field, {})
        if None in rule.get("in", ()) and None not in rule.get("not", ()):
            values.add(None)
        table: list[list[Any]] = []
        for value in values:
            here = [i for i, row in enumerate(rows) if shown(row.get(field)) == value]
            table.append([value, len(set(here) & set(passing)), len(here)])
        counted[field] = sorted(table, key=lambda item: (item[0] is None, -item[1], item[0] or ""))
    return counted
