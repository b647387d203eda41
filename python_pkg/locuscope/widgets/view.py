"""What a browser leaves behind in a notebook: live view, saved view, picture and one line of text.

A saved view holds the answers to the questions that a page asks first, made by the same handlers
that serve a live page. It is what a notebook without a kernel, and an offline page, draw from.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from locuscope.errors import LocuscopeError
from locuscope.genome.interval import Interval
from locuscope.widgets import requests, wire
from locuscope.widgets.answers import DATA_REV, handle, overview_level, tile_parts
from locuscope.widgets.pyramid import FACTOR, level_bins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.widgets.facet_panel import FacetPanel
    from locuscope.widgets.signals import Geometry
    from locuscope.widgets.track_browser import TrackBrowser
    from locuscope.widgets.wire import Part

VIEW_MIME: Final = "application/vnd.locuscope.view.v1+json"
WIDGET_MIME: Final = "application/vnd.jupyter.widget-view+json"
PERSIST_VARIABLE: Final = "LOCUSCOPE_PERSIST"
"""Set to `view` in a kernel, every widget shown there saves its data with its output."""

MAX_VIEW_BYTES: Final = 5_000_000
DETAIL_BP: Final = 50_000
"""Around the centre of the view, this much on each side is kept base by base."""
_TILE_BINS: Final = 512


def mimebundle(widget: TrackBrowser) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs of a displayed browser, for live and for dead readers."""
    data: dict[str, Any] = {
        "text/plain": repr(widget),
        WIDGET_MIME: {"version_major": 2, "version_minor": 1, "model_id": widget.model_id},
        VIEW_MIME: view_json(widget, is_saved=is_persistent(widget)),
    }
    if widget.fallback == "png":
        data["image/png"] = base64.b64encode(widget.to_png()).decode("ascii")
    return data, {}


def is_persistent(widget: TrackBrowser | FacetPanel) -> bool:
    """Whether the widget's data go into the notebook: by its own option or for the whole kernel."""
    return "view" in {widget.persist, os.environ.get(PERSIST_VARIABLE)}


def view_json(
    widget: TrackBrowser, *, is_saved: bool, max_bytes: int = MAX_VIEW_BYTES
) -> dict[str, Any]:
    """The saved view, or a stub of at most 2 kB that only says what was shown.

    Args:
        widget: the browser.
        is_saved: add traits and answers.
        max_bytes: size of the JSON text that the answers may fill.
    """
    data = widget.data
    view: dict[str, Any] = {
        "format": "locuscope.view",
        "version": 1,
        "kind": "track_browser",
        "region": {key: widget.region[key] for key in ("chrom", "start", "end")},
        "counts": {
            "tracks": data.n_tracks,
            "shown": len(widget.shown),
            "genes": 0 if data.gene_lane is None else len(data.gene_lane.name),
            "variants": 0 if data.variants is None else len(data.variants),
        },
    }
    if is_saved:
        traits = widget.state_traits()
        view["traits"] = {**traits, "info": {**traits["info"], "saved": True}}
        view["answers"] = record(widget, max_bytes=max_bytes - len(json.dumps(view)))
    return view


@dataclass
class Recorder:
    """Answers collected until their text would be longer than `max_bytes`."""

    max_bytes: int
    answers: list[dict[str, Any]] = field(default_factory=list)
    used_bytes: int = 0

    def add(self, request: dict[str, Any], parts: Sequence[Part]) -> bool:
        """Keep an answer if it fits; says whether it did."""
        envelope = {"v": wire.VERSION, "id": 0, "ok": True, "type": request["type"]}
        answer = {
            "request": request,
            "parts": [
                {
                    "header": {**envelope, "part": i, "parts": len(parts), **part.header},
                    "buffers": [
                        base64.b64encode(buffer).decode("ascii") for buffer in part.buffers
                    ],
                }
                for i, part in enumerate(parts)
            ],
        }
        size = len(json.dumps(answer, allow_nan=False))
        if self.used_bytes + size > self.max_bytes:
            return False
        self.answers.append(answer)
        self.used_bytes += size
        return True


def record(widget: TrackBrowser, *, max_bytes: int) -> list[dict[str, Any]]:
    """Answers for a page without a kernel, the most needed first.

    Catalogue, genes, variants, the bases around a narrow view and the overview of every track
    come first, then the tracks shown first at every level, coarse to fine. A level is kept whole
    when it fits, else 50 kb on each side of the centre of the view, else the view.
    """
    data = widget.data
    recorder = Recorder(max_bytes)
    for request in _first_questions(widget):
        recorder.add(spoken(request), handle(data, request))
    _record_bases(widget, recorder)
    modes = _modes(widget)
    for mode in modes:
        for tracks in _chunks(_with_mode(widget, list(range(data.n_tracks)), mode)):
            request = requests.Overview(id=0, rev=DATA_REV, mode=mode, tracks=tuple(tracks))
            try:
                parts = handle(data, request)
            except LocuscopeError:
                continue  # more than one answer may hold: the tiles below still come
            recorder.add(spoken(request), parts)
    for mode in modes:
        groups = data.geometry_groups(_with_mode(widget, widget.shown, mode))
        wanted = [(level, g) for g in groups for level in range(overview_level(g[0]) + 1)]
        for level, (geometry, tracks) in sorted(wanted, key=lambda item: -item[0]):
            _record_level(widget, recorder, geometry, tracks, mode=mode, level=level)
    return recorder.answers


def _record_bases(widget: TrackBrowser, recorder: Recorder) -> None:
    """Bases of a view of at most 20,000 bp, with as much around it as one answer may hold."""
    data, where = widget.data, widget.interval
    if data.bases is None or where.width > wire.MAX_SEQUENCE_BP:
        return
    margin = (wire.MAX_SEQUENCE_BP - where.width) // 2
    wide = (max(data.bounds.start, where.start - margin), min(data.bounds.end, where.end + margin))
    for start, end in (wide, (where.start, where.end)):
        request = requests.SequenceRequest(id=0, rev=DATA_REV, start=start, end=end)
        try:
            parts = handle(data, request)
        except LocuscopeError:
            continue  # the genome may end inside the margin: the view alone is the second try
        if recorder.add(spoken(request), parts):
            return


def _record_level(
    widget: TrackBrowser,
    recorder: Recorder,
    geometry: Geometry,
    tracks: list[int],
    *,
    mode: str,
    level: int,
) -> None:
    """One level of some tracks: all of it when it fits, else around the view, else the view."""
    where = widget.interval
    left = recorder.max_bytes - recorder.used_bytes
    # A coarse level leaves half of what is left to the finer ones.
    allowed = left // 2 if level else left
    whole = Interval(where.chrom, geometry.origin, geometry.end)
    around = Interval(where.chrom, where.midpoint - DETAIL_BP, where.midpoint + DETAIL_BP)
    for place in (whole, around, where):
        first, stop = _tile_span(geometry, level, place)
        fields = {
            "rev": DATA_REV,
            "mode": mode,
            "level": level,
            "first": first,
            "count": stop - first,
            "tracks": tracks,
            "encoding": "u16",
        }
        # Two statistics of two bytes, four thirds for base64: what cannot fit is not computed.
        if (stop - first) * len(tracks) * 4 * 4 // 3 > allowed:
            continue
        try:
            parts = tile_parts(
                widget.data, tracks, mode=mode, level=level, first=first, stop=stop, encoding="u16"
            )
        except LocuscopeError:
            continue  # over the cap of one answer: the narrower one may fit
        if recorder.add({"type": "tiles", **fields}, parts):
            return


def _tile_span(geometry: Geometry, level: int, place: Interval) -> tuple[int, int]:
    """Bins [first, stop) of whole tiles that cover a place, cut to the level."""
    size = geometry.bin_bp * FACTOR**level
    n_bins = level_bins(geometry.n_bins)[level]
    first = max(0, place.start - geometry.origin) // size // _TILE_BINS * _TILE_BINS
    stop = -(-max(0, place.end - geometry.origin) // size // _TILE_BINS) * _TILE_BINS
    return min(first, n_bins), min(max(stop, first + _TILE_BINS), n_bins)


def _first_questions(widget: TrackBrowser) -> list[requests.Request]:
    data = widget.data
    questions: list[requests.Request] = [
        requests.Hello(id=0, client_version="", host=""),
        requests.Catalog(id=0),
    ]
    if data.gene_lane is not None:
        questions.append(requests.GenesRequest(id=0, rev=DATA_REV))
    if data.variants is not None and len(data.variants) <= wire.MAX_VARIANTS:
        questions.append(requests.VariantsRequest(id=0, rev=DATA_REV))
    return questions


def _modes(widget: TrackBrowser) -> list[str]:
    """Modes in the order in which a reader will want them: what is shown now comes first."""
    if not widget.data.has_alt:
        return ["ref"]
    now = ["ref", "alt"] if widget.mode == "overlay" else [widget.mode]
    return list(dict.fromkeys([*now, "ref", "alt", "diff", "log2FC"]))


def _with_mode(widget: TrackBrowser, tracks: list[int], mode: str) -> list[int]:
    data = widget.data
    return [t for t in tracks if mode == "ref" or data.blocks[data.block_of[t]].alt is not None]


def _chunks(tracks: list[int]) -> list[list[int]]:
    step = wire.MAX_TRACKS
    return [tracks[i : i + step] for i in range(0, len(tracks), step)]


def spoken(request: requests.Request) -> dict[str, Any]:
    """A request in the words of the page, without version and id."""
    fields = {key: value for key, value in vars(request).items() if key != "id"}
    return {
        "type": request.type,
        **{
            key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()
        },
    }
