"""The small escaped HTML table that every object of this room shows in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.tracks.track_table import TrackTable

_MOST_ROWS = 10
MOST_HEADS = 40
_LONGEST_TEXT = 200


def html_table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    most_rows: int = _MOST_ROWS,
) -> str:
    """An escaped table of the first rows, with a count of the others.

    >>> html_table("<b>", ["x"], [["&"]])
    '<table><caption>&lt;b&gt;</caption><tr><th>x</th></tr><tr><td>&amp;</td></tr></table>'
    """
    head = "".join(f"<th>{_cell(name)}</th>" for name in header)
    body = [
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in rows[:most_rows]
    ]
    if len(rows) > most_rows:
        body.append(f'<tr><td colspan="{len(header)}">and {len(rows) - most_rows:,} more</td></tr>')
    return f"<table><caption>{_cell(caption)}</caption><tr>{head}</tr>{''.join(body)}</table>"


def tracks_html(caption: str, table: TrackTable) -> str:
    """The first tracks as an escaped table."""
    fields = [
        name
        for name in ("track_name", "strand", "assay_title", "biosample_name")
        if table.has_field(name)
    ]
    first = table.take(np.arange(min(len(table), 11), dtype=np.int64))
    rows = list(zip(*(first.cells(name) for name in fields), strict=True))
    return html_table(caption, fields, rows)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "…"
    return escape(text, quote=True)
