"""What a browser gives back to Python: tables of tracks and values, and outputs cut to a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope._closest import counted
from locuscope.errors import InputError, NoTracksError
from locuscope.genome.interval import Interval
from locuscope.tracks.table_writing import table_to_pandas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_outputs import NamedOutputs
    from locuscope.widgets.browser_data import BrowserData
    from locuscope.widgets.signals import Geometry, SignalBlock
    from locuscope.widgets.track_browser import TrackBrowser


def track_frame(data: BrowserData, tracks: Sequence[int]) -> pd.DataFrame:
    """One row per track with all its fields; the index is the track's number in the browser."""
    frame = table_to_pandas(data.catalog.table.take(np.asarray(tracks, dtype=np.int64)))
    frame.index = list(tracks)
    frame.index.name = "track"
    return frame


def value_frame(data: BrowserData, tracks: Sequence[int], where: Interval) -> pd.DataFrame:
    """Exact native bins that overlap `where`, one row per track and bin, tracks in order.

    Columns: track, track_name, output_name, chrom, start, end, ref, and `alt` when any of the
    tracks has one (NaN for tracks without). Missing values are NaN.
    """
    import pandas as pd

    names, outputs = data.catalog.table.cells("track_name"), data.catalog.table.cells("output_name")
    has_alt = any(data.blocks[data.block_of[track]].alt is not None for track in tracks)
    columns = ["track", "track_name", "output_name", "chrom", "start", "end", "ref"]
    pieces = []
    for track in tracks:
        block = data.blocks[data.block_of[track]]
        first, stop = bin_span(block.geometry, where)
        starts = block.geometry.origin + np.arange(first, stop) * block.geometry.bin_bp
        piece = {
            "track": track,
            "track_name": names[track],
            "output_name": outputs[track],
            "chrom": block.geometry.chrom,
            "start": starts,
            "end": np.minimum(starts + block.geometry.bin_bp, block.covers.end),
            "ref": data.read([track], "ref")[0, first:stop],
        }
        if has_alt:
            missing = np.full(stop - first, np.nan, dtype=np.float32)
            values = missing if block.alt is None else data.read([track], "alt")[0, first:stop]
            piece["alt"] = values
        pieces.append(pd.DataFrame(piece))
    if not pieces:
        return pd.DataFrame(columns=columns)
    return pd.concat(pieces, ignore_index=True)


def cut_outputs(data: BrowserData, tracks: Sequence[int], where: Interval) -> NamedOutputs:
    """Some tracks over some bins as named outputs, values and metadata as they were given.

    The tensors are (1, bins, tracks): the example that the browser shows, the reference values.

    Raises:
        NoTracksError: none of the tracks comes from named outputs.
        InputError: two sources carry the same output and resolution.
    """
    from locuscope.tracks.named_outputs import SelectedTracks

    cut = {}
    numbers = np.asarray(data.check_tracks(tracks), dtype=np.int64)
    for place in dict.fromkeys(data.block_of[numbers].tolist()):
        block = data.blocks[place]
        if block.source is None:
            continue
        key = (block.source.output_name, block.source.resolution)
        if key in cut:
            raise InputError(
                f"Two of the sources carry {key[0]} at {key[1]} bp; select tracks of one of them."
            )
        rows = numbers[data.block_of[numbers] == place] - data.first_of[place]
        cut[key] = _cut_block(block, block.source, rows, where)
    if not cut:
        raise NoTracksError(
            f"None of the {len(tracks)} selected tracks comes from named outputs; tracks of files "
            "are read with BigWig.values.",
            criteria=list(tracks),
        )
    return SelectedTracks(cut, intervals=(where,)).to_named_outputs()


def bin_span(geometry: Geometry, where: Interval) -> tuple[int, int]:
    """Native bins [first, stop) that overlap a place, cut to those there are."""
    first = min(geometry.n_bins, max(0, (where.start - geometry.origin) // geometry.bin_bp))
    stop = min(geometry.n_bins, -(-(where.end - geometry.origin) // geometry.bin_bp))
    return first, max(first, stop)


def summary(widget: TrackBrowser) -> str:
    """One line for people: where, how many tracks, what else there is."""
    data = widget.data
    words = [f"{widget.interval}", f"{len(widget.shown):,} of {counted(data.n_tracks, 'track')}"]
    if data.gene_lane is not None:
        words.append(counted(len(data.gene_lane.name), "gene"))
    if data.variants is not None:
        words.append(counted(len(data.variants), "variant"))
    return f"TrackBrowser({', '.join(words)})"


def _cut_block(
    block: SignalBlock, source: NamedTrackTensor, rows: NDArray[np.int64], where: Interval
) -> NamedTrackTensor:
    from locuscope.tracks.named import NamedTrackTensor

    first, stop = bin_span(block.geometry, where)
    taken = source.take(rows)
    one = taken.tensor[block.example : block.example + 1]
    bins = one[:, :, first:stop] if taken.track_axis == 1 else one[:, first:stop]
    start = block.geometry.origin + first * block.geometry.bin_bp
    end = min(block.geometry.origin + stop * block.geometry.bin_bp, block.covers.end)
    return NamedTrackTensor(
        bins,
        taken.table,
        taken.output_name,
        taken.resolution,
        taken.track_axis,
        intervals=(Interval(block.geometry.chrom, start, end),),
    )
