"""What a facet panel chooses from: the real tracks of any named object, and the way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.errors import InputError, WrongTypeError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.table_writing import table_to_pandas
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.lane_catalog import LaneCatalog
from locuscope.widgets.track_browser import TrackBrowser
from locuscope.widgets.trait_rules import MAX_LANES
from locuscope.widgets.wire import MAX_ANSWER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.tracks.named_outputs import NamedOutputs, SelectedTracks
    from locuscope.widgets.wire import Part

    Take = Callable[[NDArray[np.int64]], Any]

NOTE: Final = "Rows describe published tracks; the embedded models predict only their own."
"""Said wherever a built-in catalogue is shown."""


@dataclass(frozen=True, eq=False)
class PanelSource:
    """The tracks of one object as a table without padding, and how to cut the object to some.

    Args:
        given: the object itself.
        catalog: its real tracks; the row number is the track id of the panel.
        receiver: what the object is called in code that a person copies.
        take: panel rows -> the same kind of object with these tracks alone.
        note: what a reader must know about the rows.
    """

    given: Any
    catalog: LaneCatalog
    receiver: str
    take: Take
    note: str = ""

    @property
    def browser(self) -> TrackBrowser | None:
        """The browser that the panel is bound to."""
        return self.given if isinstance(self.given, TrackBrowser) else None

    @property
    def organisms(self) -> list[int]:
        """Organism indices of a catalogue; empty for what a model predicted."""
        return self.given.organisms if isinstance(self.given, TrackMetadataCatalog) else []

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields with at least one value, in the order of the panel."""
        return (*self.catalog.categories, *self.catalog.numbers)


def read_source(source: object) -> PanelSource:
    """The panel's view of a catalogue, of named outputs, or of a track browser.

    Raises:
        WrongTypeError: anything else.
    """
    if isinstance(source, TrackBrowser):
        return PanelSource(source, source.data.catalog, "out", lambda rows: _choose(source, rows))
    if isinstance(source, TrackMetadataCatalog):
        note = NOTE if source.source is not None else ""
        return _stripped(source, source.whole_table(), "catalog", source.take, note)
    return _read_outputs(source)


def _read_outputs(source: object) -> PanelSource:
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_head import NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs, SelectedTracks

    if isinstance(source, NamedTrackTensor):
        return _stripped(source, source.table, "tensor", source.take)
    if isinstance(source, NamedOutputHead):
        return _stripped(source, source.table, "head", source.take)
    if isinstance(source, NamedOutputs):
        outputs = source
        return _stripped(
            source, source.table, "out", lambda rows: _cut(outputs, rows).to_named_outputs()
        )
    if isinstance(source, SelectedTracks):
        whole = source.to_named_outputs()
        return _stripped(source, whole.table, "out", lambda rows: _cut(whole, rows))
    raise WrongTypeError(
        f"FacetPanel takes a TrackMetadataCatalog, NamedOutputs, SelectedTracks, NamedOutputHead, "
        f"NamedTrackTensor or TrackBrowser; got {repr(source)[:60]} ({type(source).__name__}).",
        hint="A frame becomes a catalogue with TrackMetadataCatalog.from_dataframe.",
        argument="source",
        found=type(source).__name__,
        expected="TrackMetadataCatalog",
    )


def packed(source: PanelSource) -> Part:
    """The table on the wire.

    Raises:
        InputError: more than one answer to the page may hold; every row takes at least one byte
            per field that has values, so that much larger tables are refused before packing.
    """
    n_tracks, n_fields = len(source.catalog), len(source.fields)
    least = n_tracks * n_fields
    part = None if least > MAX_ANSWER_BYTES else source.catalog.part({})
    if part is None or part.size_bytes > MAX_ANSWER_BYTES:
        found = least if part is None else part.size_bytes
        raise InputError(
            f"A facet panel holds at most {MAX_ANSWER_BYTES / 2**20:.0f} MB of track metadata; "
            f"{n_tracks:,} tracks with {n_fields} fields need {found / 2**20:.1f} MB or more.",
            hint="Select tracks first, for example catalog.select(assay_title=...).",
        )
    return part


def panel_frame(source: PanelSource, rows: NDArray[np.int64]) -> pd.DataFrame:
    """One row per track with all its fields; the index is its id in the panel."""
    table = source.catalog.table
    frame = table_to_pandas(table.take(rows))
    frame["track_index"] = table.track_index[rows]
    frame.index = rows.tolist()
    frame.index.name = "track"
    return frame


def _stripped(
    given: Any, whole: TrackTable, receiver: str, take: Take, note: str = ""
) -> PanelSource:
    """The rows that are no padding; their places among the tracks of the output are kept."""
    real = np.flatnonzero(~whole.is_padding)
    columns = {
        field: whole.column_store(field).take(real)
        for field in whole.fields
        if field != "track_index"
    }
    table = TrackTable(
        columns, source_index=whole.source_index[real], track_index=whole.track_index[real]
    )
    return PanelSource(given, LaneCatalog(table), receiver, lambda rows: take(real[rows]), note)


def _cut(outputs: NamedOutputs, rows: NDArray[np.int64]) -> SelectedTracks:
    """The tracks at some rows of `outputs.table`, at every resolution of their heads."""
    from locuscope.tracks.named_outputs import SelectedTracks

    chosen, first = {}, 0
    for name, head in outputs.named_items():
        mine = rows[(rows >= first) & (rows < first + head.num_tracks)] - first
        first += head.num_tracks
        if mine.size:
            for resolution, tensor in head.take(mine).items():
                chosen[name, resolution] = tensor
    return SelectedTracks(chosen, organism=outputs.organism, intervals=outputs.intervals)


def _choose(browser: TrackBrowser, rows: NDArray[np.int64]) -> TrackBrowser:
    """Make the rows the browser's selected tracks.

    Raises:
        InputError: more than a browser can hold as a selection.
    """
    if len(rows) > MAX_LANES:
        raise InputError(
            f"{len(rows):,} tracks match; a browser holds a selection of at most {MAX_LANES}.",
            hint="Filter further first.",
        )
    browser.selected_tracks = rows.tolist()
    return browser
