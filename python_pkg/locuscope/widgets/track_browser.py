"""The track browser: look at predicted and measured tracks of one region, in a notebook.

The widget holds a snapshot of the data, answers the page's questions from it, and keeps what the
user does (place, filters, selection) readable from Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from locuscope.errors import NoTracksError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.tracks.criteria import plan_criteria
from locuscope.widgets import readout
from locuscope.widgets.answers import bounds_dict, handle
from locuscope.widgets.browser_data import BrowserData, first_tracks
from locuscope.widgets.browser_options import (
    about,
    built,
    check_arguments,
    check_built,
    choice,
    facts,
    first_focus,
    first_region,
    fixed_traits,
    numbers,
    variant_outputs,
    whole,
)
from locuscope.widgets.browser_state import BrowserState
from locuscope.widgets.lane_order import LaneGroup, lane_groups, lane_order
from locuscope.widgets.signals import Sources
from locuscope.widgets.trait_rules import MAX_LANES
from locuscope.widgets.workspace import Region, Selection, around

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from locuscope.tracks.named_outputs import NamedOutputs
    from locuscope.widgets.requests import Request
    from locuscope.widgets.wire import Part


class TrackBrowser(BrowserState):
    """Lanes of tracks over one region, with filters, a gene lane and a variant lane.

    Args:
        tracks: `NamedOutputs`, `SelectedTracks`, `NamedOutputHead`, `NamedTrackTensor` (N, L, T),
            `VariantOutputs` (then the alternative comes from it and the mode is `overlay`), or a
            list of these; None shows genes, variants and files alone.
        alt: alternative values with the same tracks; switches on `alt`, `diff` and `log2FC`.
        interval: where the bins lie, for tracks that do not say; otherwise the first view.
        region: a `Region` shared with other widgets.
        selection: a `Selection` shared with other widgets.
        genes: `Genes` for the gene lane.
        variants: `VariantTable`, `VariantScores`, `Variant`, a list of them or a VCF path.
        sequence: `Genome`, or the bases of the region as text.
        files: name -> bigWig (path or `BigWig`); a file that cannot be read is named in `status`.
        filters: field -> value, values, or {in, not, min, max}; what the facet panel starts with.
        query: words that tracks must contain.
        group_by, sort_by: up to two fields each.
        mode: `ref`, `alt`, `diff`, `overlay` or `log2FC`.
        scale: {"kind": linear | log1p | symlog, "range": group | track | all}.
        max_lanes: most lanes shown at once, 1 to 500.
        height: height of the lanes in px; None: as the page likes.
        example: which of the N examples.
        theme: `auto`, `light` or `dark`.
        palette: `lsc`, `classic` or `mono`.
        fallback: `png` puts a picture beside the widget for readers without a kernel; `none`.
        persist: `view` saves the data of the first view with the notebook; `none`.
        title: caption of the widget.

    Raises:
        InputError: no interval is known, contigs differ, or an argument is of a wrong class.
        ShapeError: bins and interval do not fit.
        TrackMismatchError: `alt` has other tracks.
        OptionError: an option outside its range.
        MissingFileError: the page side has not been built.
    """

    _esm = built("track_browser.js")
    _css = built("track_browser.css")
    fallbacks: ClassVar = ("png", "none")
    persistence: ClassVar = ("none", "view")

    def __init__(
        self,
        tracks: Any = None,
        *,
        alt: Any = None,
        interval: Interval | None = None,
        region: Region | None = None,
        selection: Selection | None = None,
        genes: Any = None,
        variants: Any = None,
        sequence: Any = None,
        files: Mapping[str, Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        query: str = "",
        group_by: Sequence[str] = ("output_name",),
        sort_by: Sequence[str] = (),
        mode: str | None = None,
        scale: Mapping[str, str] | None = None,
        max_lanes: int = 100,
        height: int | None = None,
        example: int = 0,
        theme: str = "auto",
        palette: str = "lsc",
        fallback: str = "png",
        persist: str = "none",
        title: str = "",
    ) -> None:
        check_built(self._esm)
        self.fallback = choice("fallback", fallback, self.fallbacks)
        self.persist = choice("persist", persist, self.persistence)
        self.max_lanes = whole("max_lanes", max_lanes, 1, MAX_LANES)
        height = None if height is None else whole("height", height, 100, 10_000)
        check_arguments(interval, genes, filters, region, selection)
        where = interval if interval is not None or region is None else region.interval
        own = variant_outputs(tracks)
        variants = own[0].variants if variants is None and own else variants
        self.data = BrowserData.collect(
            Sources(tracks, alt, where, example, files),
            genes=genes,
            variants=variants,
            sequence=sequence,
        )
        self.facts = facts(self.data)
        self._is_following = False
        self._region = region or first_region(where, self.data)
        self._region.attach(self.data.bounds, genes)
        self._selection = selection or Selection()
        self._first = [] if filters or query else first_tracks(self.data)
        super().__init__(
            scope=self._region.scope,
            region=self._region_value(),
            filters=dict(filters or {}),
            query=query,
            group_by=list(group_by) if self.data.n_tracks else [],
            sort_by=list(sort_by),
            visible=self._first,
            mode=mode or ("overlay" if own else "ref"),
            scale=dict(scale or {}),
            theme=theme,
            palette=palette,
            focus=first_focus(variants, self.data),
            info=about(self.data, self._region, title, self.max_lanes, height),
            **fixed_traits(self.data),
        )
        self._link()

    # -- what the user sees, in Python's words ------------------------------------------------

    @property
    def interval(self) -> Interval:
        """The place shown now."""
        return Interval(self.region["chrom"], self.region["start"], self.region["end"])

    @property
    def shared_region(self) -> Region:
        """The `Region` behind this view; give it to another widget to link the two."""
        return self._region

    @property
    def shared_selection(self) -> Selection:
        """The `Selection` behind this view."""
        return self._selection

    @property
    def shown(self) -> list[int]:
        """Track numbers in lane order: pinned ones first, group by group, at most `max_lanes`.

        An empty `visible` stands for every track that fulfils filters and query.
        """
        return [track for group in self.lane_groups for track in group.tracks]

    @property
    def lane_groups(self) -> list[LaneGroup]:
        """The shown tracks under their headings."""
        catalog = self.data.catalog
        tracks = lane_order(
            catalog,
            catalog.rows(self.filters, self.query).tolist(),
            visible=self.visible,
            pinned=self.pinned,
            sort_by=self.sort_by,
            max_lanes=self.max_lanes,
        )
        return lane_groups(catalog, tracks, self.group_by)

    @property
    def visible_tracks(self) -> pd.DataFrame:
        """One row per shown track in lane order, with all its fields; the index is its number."""
        return readout.track_frame(self.data, self.shown)

    def selected_data(self) -> NamedOutputs:
        """The selected tracks cut to the selected range, as the outputs they came from.

        Without selected tracks all shown ones are taken, without a range the view.

        Raises:
            NoTracksError: only tracks of files are selected; those are no model outputs.
        """
        chosen = self.selection or {}
        tracks = chosen.get("tracks") or self.selected_tracks or self.shown
        where = self.interval
        if chosen.get("start") is not None:
            where = Interval(where.chrom, chosen["start"], chosen["end"])
        return readout.cut_outputs(self.data, tracks, where)

    def to_dataframe(self) -> pd.DataFrame:
        """Exact values in view, one row per bin and shown track; never the page's rounded ones.

        Columns: track, track_name, output_name, chrom, start, end, ref, and with alternatives alt.
        """
        return readout.value_frame(self.data, self.shown, self.interval)

    # -- what Python can make the view do -----------------------------------------------------

    def goto(self, place: Interval | Variant | str) -> None:
        """Show an Interval, a Variant, a locus, a gene of `genes` or a variant id of `variants`.

        A variant is centred and highlighted.

        Raises:
            UnknownNameError: no such name; the closest ones are listed.
            OutOfBoundsError: the place is not loaded.
        """
        lane = self.data.variants
        if isinstance(place, str) and lane is not None:
            found = lane.place(place.strip(), self.data.bounds.chrom)
            if found is not None:
                self._show_band(found, place.strip())
                return
        if isinstance(place, Variant):
            self._show_band(place.interval, place.id or place.text())
            return
        self._region.goto(place)

    def show_tracks(self, **criteria: Any) -> None:
        """Show the tracks that fulfil the criteria of `select`, and no others.

        Raises:
            UnknownTrackFieldError: no track has such a field.
            NoTracksError: no track fulfils them.
        """
        table = self.data.catalog.table
        plan = plan_criteria([table], criteria)
        rows = plan.rows(table).tolist()
        if not rows:
            raise plan.refusal([table], "in this browser")
        with self.hold_sync():
            self.filters, self.query = {}, ""
            self.visible = rows[:MAX_LANES]

    def pin(self, tracks: int | Sequence[int]) -> None:
        """Keep tracks on top, whatever the filters say.

        Raises:
            OptionError: no such track number.
        """
        self.pinned = [*self.pinned, *numbers(tracks)]

    def hide(self, tracks: int | Sequence[int]) -> None:
        """Take tracks out of the view.

        Raises:
            NoTracksError: nothing would be left.
        """
        gone = set(self.data.check_tracks(numbers(tracks)))
        left = [track for track in self.shown if track not in gone]
        if not left:
            raise NoTracksError(
                f"Hiding {sorted(gone)} would leave no lane.", criteria=gone, available=self.shown
            )
        with self.hold_sync():
            self.pinned = [track for track in self.pinned if track not in gone]
            self.visible = left

    def to_png(self, path: str | Path | None = None, *, scale: int = 1) -> bytes:
        """The picture of the view, light theme, 960 px wide times `scale` (1 to 4).

        Args:
            path: where to write it; the bytes are returned in any case.
            scale: pixels of the file per pixel of the layout.
        """
        from locuscope.store import publish
        from locuscope.widgets.snapshot import picture

        png = picture(self, scale=whole("scale", scale, 1, 4))
        if path is not None:
            publish(path, lambda target: target.write_bytes(png))
        return png

    def save_html(self, path: str | Path, *, max_mb: float = 20.0) -> Path:
        """Write one offline page with this view: pan, zoom and filters work without a kernel.

        Raises:
            InputError: the page would be larger than `max_mb`.
        """
        from locuscope.widgets.export import MB, save_view
        from locuscope.widgets.view import view_json

        view = view_json(self, is_saved=True, max_bytes=int(max_mb * MB))
        title = self.info["title"] or f"Tracks at {self.interval}"
        return save_view(view, title, Path(path), max_mb=max_mb)

    def close(self) -> None:
        """End the widget: page, caches and links."""
        if "_region" in self.__dict__ and self.comm is not None:
            self._region.unobserve(self._follow_region, ["chrom", "start", "end"])
            self._selection.unobserve(self._follow_selection, list(Selection.parts))
            self._region.detach(self.data.bounds)
            self.data.close()
        super().close()

    def __repr__(self) -> str:
        return readout.summary(self)

    def _repr_mimebundle_(
        self,
        **kwargs: Any,  # noqa: ARG002 - the protocol passes include and exclude
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        from locuscope.widgets.view import mimebundle

        return mimebundle(self)

    # -- links --------------------------------------------------------------------------------

    def _link(self) -> None:
        self.on_msg(self._on_message)
        self._region.observe(self._follow_region, ["chrom", "start", "end"])
        self._selection.observe(self._follow_selection, list(Selection.parts))
        self.observe(self._lead_region, "region")
        self.observe(self._lead_selection, "selection")
        self.observe(self._drop_first_tracks, ["filters", "query"])

    def _handle(self, request: Request) -> Sequence[Part]:
        return handle(self.data, request)

    def _region_value(self) -> dict[str, Any]:
        return {**bounds_dict(self._region.interval), "seq": self._region.seq}

    def _lead_region(self, change: Any) -> None:
        """The view moved: the shared region follows, and with it the other widgets."""
        if not self._is_following and self._region.interval != self.interval:
            self._region.move(self.interval, seq=change["new"]["seq"])

    def _follow_region(self, _: Any) -> None:
        """The shared region moved; a place that is not loaded here leaves this view alone."""
        place = self._region
        if not place.start < place.end or not place.interval.overlaps(self.data.bounds):
            return
        if place.interval != self.interval:
            self._is_following = True
            try:
                self.region = self._region_value()
            finally:
                self._is_following = False

    def _drop_first_tracks(self, _: Any) -> None:
        """The sample shown at first gives way as soon as somebody filters."""
        if self._first and self.visible == self._first:
            self.visible = []

    def _lead_selection(self, change: Any) -> None:
        self._selection.choose(**(change["new"] or {}))

    def _follow_selection(self, _: Any) -> None:
        chosen = self._selection
        value = {
            "start": chosen.start,
            "end": chosen.end,
            "tracks": list(chosen.tracks),
            "positions": list(chosen.positions),
        }
        if value != (self.selection or {"start": None, "end": None, "tracks": [], "positions": []}):
            self.selection = value

    def _show_band(self, where: Interval, label: str) -> None:
        self._region.move(around(where, self._region.interval.width))
        self.focus = {**bounds_dict(where), "label": label[:200]}
