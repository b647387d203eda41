"""The kernel's answers: one function per request type, from snapshot to parts.

The live widget, the saved view and the golden messages of the tests all come through `handle`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope._version import __version__
from locuscope.errors import MessageError, OutOfBoundsError
from locuscope.widgets import requests, wire
from locuscope.widgets.browser_data import level_geometry
from locuscope.widgets.codes import pack, quantise
from locuscope.widgets.features import gene_part, variant_part
from locuscope.widgets.pyramid import level_bins
from locuscope.widgets.wire import Part, too_large

if TYPE_CHECKING:
    from locuscope.genome.interval import Interval
    from locuscope.widgets.browser_data import BrowserData
    from locuscope.widgets.signals import Geometry

OVERVIEW_BINS: Final = 4_096
DATA_REV: Final = 1
_BYTES: Final = {"u8": 1, "u16": 2, "f32": 4}


def handle(data: BrowserData, request: requests.Request) -> Sequence[Part]:
    """Answer one checked request.

    Raises:
        LocuscopeError: what `wire.respond` turns into an error answer.
    """
    rev = getattr(request, "rev", DATA_REV)
    if rev != DATA_REV:
        raise MessageError(
            f"The page asks for data revision {rev}, the kernel has {DATA_REV}.",
            hint="Ask the catalogue again.",
            wire_code="stale_rev",
        )
    return _HANDLERS[type(request)](data, request)


def capabilities(data: BrowserData) -> dict[str, Any]:
    """What this browser can do, so that the page offers nothing else."""
    sizes = [len(level_bins(block.geometry.n_bins)) for block in data.blocks]
    return {
        "levels": max(sizes, default=0),
        "alt": data.has_alt,
        "predict": False,
        "export": True,
        "rank": False,
        "sequence": data.bases is not None,
        "genes": data.gene_lane is not None,
        "variants": data.variants is not None,
    }


def bounds_dict(bounds: Interval) -> dict[str, Any]:
    """A place as the page spells it."""
    return {"chrom": bounds.chrom, "start": bounds.start, "end": bounds.end}


def tile_parts(
    data: BrowserData,
    tracks: Sequence[int],
    *,
    mode: str,
    level: int,
    first: int,
    stop: int,
    encoding: str,
) -> list[Part]:
    """Bins [first, stop) of one level for tracks of one geometry, in parts of at most 4 MB."""
    ((geometry, _),) = data.geometry_groups(tracks)
    bin_bp, n_bins = level_geometry(geometry, level)
    stop = min(stop, n_bins)
    first = min(first, stop)
    is_signed = mode in {"diff", "log2FC"} or bool((data.ranges[list(tracks), 0] < 0).any())
    stats = ["max", "mean", "min"] if is_signed else ["max", "mean"]
    total = len(tracks) * (stop - first) * len(stats) * _BYTES[encoding]
    if total > wire.MAX_ANSWER_BYTES:
        raise too_large(
            "Bytes of the answer",
            found=total,
            allowed=wire.MAX_ANSWER_BYTES,
            narrow="Ask fewer tracks or bins.",
        )
    per_track = max(1, (stop - first) * len(stats) * _BYTES[encoding])
    step = max(1, (wire.MAX_PART_BYTES - 8 * len(tracks)) // per_track)
    parts = []
    for begin in range(0, len(tracks), step):
        some = list(tracks[begin : begin + step])
        levels = [pyramid.levels[level] for pyramid in data.pyramids(some, mode)]
        values = np.stack([item.stack(first, stop, stats) for item in levels])
        header = {
            "level": level,
            "bin": bin_bp,
            "start": geometry.origin + first * bin_bp,
            "first": first,
            "n": stop - first,
            "tracks": some,
            "mode": mode,
            "stats": stats,
            "encoding": encoding,
            "layout": "track,bin,stat",
        }
        parts.append(Part(header, quantise(values, encoding)))
    return parts


def overview_level(geometry: Geometry) -> int:
    """The finest level of at most 4,096 bins."""
    sizes = level_bins(geometry.n_bins)
    return next(k for k, size in enumerate(sizes) if size <= OVERVIEW_BINS)


def _hello(data: BrowserData, _: requests.Hello) -> list[Part]:
    header = {
        "kernel_version": __version__,
        "capabilities": capabilities(data),
        "revs": {"catalog": DATA_REV, "data": DATA_REV},
        "bounds": bounds_dict(data.bounds),
        "assembly": data.assembly,
    }
    return [Part(header)]


def _catalog(data: BrowserData, _: requests.Catalog) -> list[Part]:
    return [data.catalog.part(data.geometry_columns())]


def _overview(data: BrowserData, request: requests.Overview) -> list[Part]:
    parts: list[Part] = []
    for geometry, tracks in data.geometry_groups(request.tracks):
        level = overview_level(geometry)
        _, n_bins = level_geometry(geometry, level)
        parts += tile_parts(
            data, tracks, mode=request.mode, level=level, first=0, stop=n_bins, encoding="u8"
        )
    return parts


def _tiles(data: BrowserData, request: requests.Tiles) -> list[Part]:
    if request.count > wire.MAX_BINS:
        raise too_large(
            "Bins in one request",
            found=request.count,
            allowed=wire.MAX_BINS,
            narrow="Ask a coarser level or a narrower place.",
        )
    _one_geometry(data, request.tracks)
    return tile_parts(
        data,
        request.tracks,
        mode=request.mode,
        level=request.level,
        first=request.first,
        stop=request.first + request.count,
        encoding=request.encoding,
    )


def _values(data: BrowserData, request: requests.Values) -> list[Part]:
    geometry = _one_geometry(data, request.tracks)
    _check_place(data, request.start, request.end)
    first = max(0, (request.start - geometry.origin) // geometry.bin_bp)
    stop = min(geometry.n_bins, -(-(request.end - geometry.origin) // geometry.bin_bp))
    stop = max(first, stop)
    if stop - first > wire.MAX_BINS:
        raise too_large(
            "Bins in one request",
            found=stop - first,
            allowed=wire.MAX_BINS,
            narrow="Ask a narrower place.",
        )
    per_track = 4 * max(1, stop - first)
    step = max(1, wire.MAX_PART_BYTES // per_track)
    parts = []
    for begin in range(0, len(request.tracks), step):
        some = request.tracks[begin : begin + step]
        levels = [pyramid.levels[0] for pyramid in data.pyramids(some, request.mode)]
        values = np.stack([item.mean[first:stop] for item in levels])
        header = {
            "tracks": list(some),
            "bin": geometry.bin_bp,
            "start": geometry.origin + first * geometry.bin_bp,
            "n": stop - first,
        }
        parts.append(Part(header, (pack(values, "f32"),)))
    return parts


def _genes(data: BrowserData, _: requests.GenesRequest) -> list[Part]:
    if data.gene_lane is None:
        raise _absent("genes", "genes=")
    return [gene_part(data.gene_lane)]


def _variants(data: BrowserData, _: requests.VariantsRequest) -> list[Part]:
    if data.variants is None:
        raise _absent("variants", "variants=")
    return [variant_part(data.variants)]


def _sequence(data: BrowserData, request: requests.SequenceRequest) -> list[Part]:
    if data.bases is None:
        raise _absent("sequence", "sequence=")
    _check_place(data, request.start, request.end)
    if request.end - request.start > wire.MAX_SEQUENCE_BP:
        raise too_large(
            "Bases in one request",
            found=request.end - request.start,
            allowed=wire.MAX_SEQUENCE_BP,
            narrow="Zoom in.",
        )
    text = data.bases.fetch(request.start, request.end)
    return [Part({"start": request.start, "end": request.end}, (text.encode("ascii", "replace"),))]


def _ping(data: BrowserData, _: requests.Ping) -> list[Part]:
    return [Part({"revs": {"catalog": DATA_REV, "data": DATA_REV}, "n": data.n_tracks})]


def _one_geometry(data: BrowserData, tracks: Sequence[int]) -> Geometry:
    groups = data.geometry_groups(tracks)
    if len(groups) > 1:
        raise MessageError(
            f"Tracks {groups[0][1][0]} and {groups[1][1][0]} have different bins; ask for each "
            "geometry on its own.",
            wire_code="bad_request",
        )
    return groups[0][0]


def _check_place(data: BrowserData, start: int, end: int) -> None:
    """Start below end, some base inside the bounds, not wider than a page may ask."""
    if start >= end:
        raise MessageError(f"start {start:,} is not below end {end:,}.", wire_code="bad_request")
    if end - start > wire.MAX_WINDOW_BP:
        raise too_large(
            "Bases in one request",
            found=end - start,
            allowed=wire.MAX_WINDOW_BP,
            narrow="Ask a narrower place.",
        )
    if end <= data.bounds.start or start >= data.bounds.end:
        raise OutOfBoundsError(
            f"{start + 1:,}-{end:,} is outside the loaded region {data.bounds}.",
            interval=(start, end),
        )


def _absent(what: str, argument: str) -> MessageError:
    return MessageError(
        f"This browser holds no {what}.",
        hint=f"Give {argument} when it is made.",
        wire_code="not_found",
    )


_Handler = Callable[["BrowserData", Any], "list[Part]"]
_HANDLERS: Final[dict[type[requests.Request], _Handler]] = {
    requests.Hello: _hello,
    requests.Catalog: _catalog,
    requests.Overview: _overview,
    requests.Tiles: _tiles,
    requests.Values: _values,
    requests.GenesRequest: _genes,
    requests.VariantsRequest: _variants,
    requests.SequenceRequest: _sequence,
    requests.Ping: _ping,
}
