"""What a facet panel says to a page, to a notebook without one, and to a reader of plain text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope._closest import counted
from locuscope._version import __version__
from locuscope.errors import MessageError
from locuscope.tracks.html_table import html_table
from locuscope.widgets import requests
from locuscope.widgets.lane_catalog import LABELS
from locuscope.widgets.view import (
    MAX_VIEW_BYTES,
    VIEW_MIME,
    WIDGET_MIME,
    Recorder,
    is_persistent,
    spoken,
)
from locuscope.widgets.wire import Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.widgets.facet_panel import FacetPanel
    from locuscope.widgets.lane_catalog import LaneCatalog
    from locuscope.widgets.panel_source import PanelSource

REV: Final = 1
_MOST_VALUES: Final = 6
_LONGEST_VALUE: Final = 40


def handle(panel: FacetPanel, request: requests.Request) -> Sequence[Part]:
    """Answer one checked request.

    Raises:
        MessageError: a question about lanes; a panel has none.
    """
    if isinstance(request, requests.Hello):
        return [
            Part(
                {
                    "kernel_version": __version__,
                    "capabilities": dict(panel.capabilities),
                    "revs": {"catalog": REV, "data": REV},
                }
            )
        ]
    if isinstance(request, requests.Catalog):
        return [panel.part]
    if isinstance(request, requests.Ping):
        return [Part({"revs": {"catalog": REV, "data": REV}, "n": len(panel.source.catalog)})]
    raise MessageError(
        f"A facet panel holds tracks without values; it cannot answer {request.type!r}.",
        hint="Ask a track browser.",
        wire_code="not_found",
    )


def about(source: PanelSource, title: str) -> dict[str, Any]:
    """Captions for the page, and what code copied from it calls the source."""
    return {
        "title": title,
        "receiver": source.receiver,
        "note": source.note,
        "noun": "tracks",
        "organisms": source.organisms,
        "kernel_version": __version__,
    }


def mimebundle(panel: FacetPanel) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs of a displayed panel, for live and for dead readers."""
    data: dict[str, Any] = {
        "text/plain": repr(panel),
        WIDGET_MIME: {"version_major": 2, "version_minor": 1, "model_id": panel.model_id},
        VIEW_MIME: view_json(panel, is_saved=is_persistent(panel)),
    }
    if panel.fallback == "html":
        data["text/html"] = static_table(panel)
    return data, {}


def view_json(
    panel: FacetPanel, *, is_saved: bool, max_bytes: int = MAX_VIEW_BYTES
) -> dict[str, Any]:
    """The saved view, or a stub of at most 2 kB that only says what was shown."""
    view: dict[str, Any] = {
        "format": "locuscope.view",
        "version": 1,
        "kind": "facet_panel",
        "counts": {"tracks": len(panel.source.catalog), "shown": panel.result_count},
    }
    if is_saved:
        traits = panel.state_traits()
        view["traits"] = {**traits, "info": {**traits["info"], "saved": True}}
        recorder = Recorder(max_bytes - len(json.dumps(view)))
        for request in (requests.Hello(id=0, client_version="", host=""), requests.Catalog(id=0)):
            recorder.add(spoken(request), handle(panel, request))
        view["answers"] = recorder.answers
    return view


def summary(panel: FacetPanel) -> str:
    """One line for people: how many of how many tracks, and what was chosen.

    `FacetPanel(3 of 9 tracks: strand in '+'; 'liver')`
    """
    chosen = choice_text(panel.filters, panel.query)
    counts = f"{panel.result_count:,} of {counted(len(panel.source.catalog), 'track')}"
    return f"FacetPanel({counts}{': ' if chosen else ''}{chosen})"


def choice_text(filters: Mapping[str, Mapping[str, Any]], query: str) -> str:
    """Filters and query as people read them.

    >>> choice_text({"strand": {"in": ["+", None]}, "length": {"min": 2}}, "liver")
    "strand in '+', missing; length >= 2; 'liver'"
    """
    words = []
    for field, rule in filters.items():
        for key, sign in (("in", "in"), ("not", "not in"), ("min", ">="), ("max", "<=")):
            if key in rule:
                words.append(f"{field} {sign} {_values(rule[key])}")
    return "; ".join([*words, *([repr(query)] if query else [])])


def static_table(panel: FacetPanel) -> str:
    """An escaped table: one row per field, its most frequent values among the matching tracks."""
    catalog, rows = panel.source.catalog, panel.result
    fields = panel.fields or [
        field
        for field, item in catalog.categories.items()
        # One value says nothing, and a value for every second track is a name, not a heading.
        if 1 < len(item.values) <= max(2, len(catalog) // 2)
    ]
    lines = [(LABELS.get(field, field), *_line(catalog, field, rows)) for field in fields]
    words = (panel.info["title"], summary(panel), panel.info["note"])
    caption = ". ".join(text.rstrip(".") for text in words if text)
    return html_table(f"{caption}.", ("field", "values", "tracks of each value"), lines)


def _line(catalog: LaneCatalog, field: str, rows: NDArray[np.int64]) -> tuple[str, str]:
    """How many values the rows have in a field, and the most frequent ones with their counts."""
    item = catalog.categories.get(field)
    if item is None:
        numbers = catalog.numbers[field][rows]
        known = numbers[~np.isnan(numbers)]
        text = f"{known.min():g} to {known.max():g}" if known.size else "none"
        return f"{len(np.unique(known)):,}", text
    counts = np.bincount(item.codes[rows], minlength=len(item.values) + 1)
    order = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
    texts = ["(missing)", *item.values]
    shown = [f"{_cut(texts[code])} ({counts[code]:,})" for code in order[:_MOST_VALUES]]
    rest = len(order) - len(shown)
    n_values = len(order) - (0 in order)
    return f"{n_values:,}", ", ".join([*shown, *([f"and {rest:,} more"] if rest > 0 else [])])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _values(value: object) -> str:
    if not isinstance(value, list):
        return f"{value:g}"
    shown = ["missing" if item is None else repr(item) for item in value[:_MOST_VALUES]]
    rest = len(value) - len(shown)
    return ", ".join([*shown, *([f"{rest:,} more"] if rest > 0 else [])]) or "nothing"
