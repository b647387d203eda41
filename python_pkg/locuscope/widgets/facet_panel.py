"""The facet panel: choose among thousands of tracks by what they mean, and read the choice back.

The page counts with a copy of the track table; Python evaluates the same filters on its own table,
so that what the eye sees is what `result` and `apply` give.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from locuscope.errors import MessageError, NoTracksError
from locuscope.widgets import panel_view
from locuscope.widgets.browser_options import built, check_arguments, check_built, choice
from locuscope.widgets.panel_source import packed, panel_frame, read_source
from locuscope.widgets.panel_state import PanelFacts, PanelState
from locuscope.widgets.trait_rules import MAX_LANES
from locuscope.widgets.wire import VERSION, error_content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.widgets.requests import Request
    from locuscope.widgets.wire import Part
    from locuscope.widgets.workspace import Selection

_SHOW: Mapping[str, object] = {"v": VERSION, "type": "show"}
_CHOICE = ("filters", "query")


class FacetPanel(PanelState):
    """Headings with a live count behind every value, for any object that holds tracks.

    Args:
        source: `TrackMetadataCatalog`, `NamedOutputs`, `SelectedTracks`, `NamedOutputHead`,
            `NamedTrackTensor`, or a `TrackBrowser`. With a browser the panel is bound: both hold
            the same filters and query, whoever changes them. Padding is left out.
        selection: a `Selection` whose `tracks` become the matching ids, as long as something is
            chosen and at most 500 tracks match; `status` says when there are more.
        filters: field -> value, values, or {in, not, min, max}; None stands for missing.
        query: words that tracks must contain.
        fields: headings to show, in this order; None: the default order.
        presets: name -> {filters, query}, offered at the top.
        theme: `auto`, `light` or `dark`.
        fallback: `html` puts a table beside the widget for readers without a kernel; `none`.
        persist: `view` saves the table with the notebook; `none`.
        title: caption of the widget.

    Raises:
        WrongTypeError: `source` or another argument is of a wrong class.
        OptionError: an option outside its range, or a field that no track has.
        InputError: more tracks than a page can hold.
        MissingFileError: the page side has not been built.

    >>> from locuscope.tracks import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "strand": strand} for strand in "+-."]
    >>> panel = FacetPanel(TrackMetadataCatalog.from_rows(rows), filters={"strand": ["+", "."]})
    >>> panel.result.tolist(), panel.result_count, panel.apply()
    ([0, 2], 2, TrackMetadataCatalog(1 output, 2 tracks))
    """

    _esm = built("facet_panel.js")
    _css = built("facet_panel.css")
    fallbacks: ClassVar = ("html", "none")
    persistence: ClassVar = ("none", "view")

    def __init__(
        self,
        source: Any,
        *,
        selection: Selection | None = None,
        filters: Mapping[str, Any] | None = None,
        query: str = "",
        fields: Sequence[str] | None = None,
        presets: Mapping[str, Mapping[str, Any]] | None = None,
        theme: str = "auto",
        fallback: str = "html",
        persist: str = "none",
        title: str = "",
    ) -> None:
        check_built(self._esm, "facet_panel.js")
        self.fallback = choice("fallback", fallback, self.fallbacks)
        self.persist = choice("persist", persist, self.persistence)
        check_arguments(None, None, filters, None, selection)
        self.source = read_source(source)
        self.part = packed(self.source)
        self._selection = selection
        browser = self.source.browser
        facts = PanelFacts(self.source.catalog.table, self.source.fields)
        self.facts = facts
        if browser is not None and filters is None and not query:
            filters, query = browser.filters, browser.query
            # What somebody types into a browser right now may name no field yet.
            self.facts = replace(facts, is_strict=False)
        super().__init__(
            scope="" if browser is None else browser.scope,
            filters=dict(filters or {}),
            query=query,
            presets={} if presets is None else presets,
            fields=[] if fields is None else fields,
            theme=theme,
            capabilities={"show": browser is not None and browser.comm is not None},
            info=panel_view.about(self.source, title),
            status={"state": "ready" if len(self.source.catalog) else "empty", "notes": []},
        )
        self.facts = facts
        self._link()

    # -- the choice, in Python's words --------------------------------------------------------

    @property
    def result(self) -> NDArray[np.int64]:
        """Ids of the tracks that fulfil filters and query, ascending: rows of the panel's table."""
        return self.source.catalog.rows(self.filters, self.query)

    def to_dataframe(self) -> pd.DataFrame:
        """One row per matching track with all its fields; the index is its id."""
        return panel_frame(self.source, self.result)

    def apply(self, *, allow_empty: bool = False) -> Any:
        """The matching tracks as the same kind of object that the panel was made from.

        A catalogue gives a catalogue, `NamedOutputs` give `NamedOutputs`, a tensor a tensor. A
        `TrackBrowser` is returned itself, with the tracks selected, so that its `selected_data()`
        gives their values.

        Args:
            allow_empty: give an object without tracks instead of raising.

        Raises:
            NoTracksError: nothing matches and not `allow_empty`.
            InputError: a browser cannot hold a selection of more than 500 tracks.
        """
        rows = self.result
        if not len(rows) and not allow_empty:
            raise NoTracksError(
                f"None of the {len(self.source.catalog):,} tracks fulfils "
                f"{panel_view.choice_text(self.filters, self.query) or 'an empty choice'}.",
                criteria=self.filters,
                available=list(self.source.fields),
            )
        return self.source.take(rows)

    def save_html(self, path: str | Path, *, max_mb: float = 20.0) -> Path:
        """Write one offline page with this panel: filters and counts work without a kernel.

        Raises:
            InputError: the page would be larger than `max_mb`.
        """
        from locuscope.widgets.export import MB, save_view

        view = panel_view.view_json(self, is_saved=True, max_bytes=int(max_mb * MB))
        view["traits"]["capabilities"] = {"show": False}  # the page holds no browser
        title = self.info["title"] or f"{len(self.source.catalog):,} tracks"
        return save_view(view, title, Path(path), max_mb=max_mb)

    def close(self) -> None:
        """End the widget and its links; a bound browser goes on."""
        if "source" in self.__dict__ and self.comm is not None:
            self._unbind()
        super().close()

    def __repr__(self) -> str:
        return panel_view.summary(self)

    def _repr_mimebundle_(
        self,
        **kwargs: Any,  # noqa: ARG002 - the protocol passes include and exclude
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return panel_view.mimebundle(self)

    # -- links --------------------------------------------------------------------------------

    def _link(self) -> None:
        self.on_msg(self._on_message)
        self.observe(self._follow_choice, _CHOICE)
        browser = self.source.browser
        if browser is not None and self.capabilities["show"]:
            browser.observe(self._follow_browser, _CHOICE)
            browser.observe(self._follow_closing, "comm")
        self._follow_choice(None)

    def _unbind(self) -> None:
        browser = self.source.browser
        if browser is not None and self.capabilities["show"]:
            browser.unobserve(self._follow_browser, _CHOICE)
            browser.unobserve(self._follow_closing, "comm")
            self.capabilities = {"show": False}

    def _follow_choice(self, _: Any) -> None:
        """Somebody chose: the count, the shared selection and the browser follow."""
        rows = self.result
        self.result_count = len(rows)
        self._lead_selection(rows)
        browser = self.source.browser
        if browser is not None and self.capabilities["show"]:
            # Both before anybody hears of one: the other half would come back as it was.
            with browser.hold_trait_notifications():
                browser.filters, browser.query = self.filters, self.query

    def _follow_browser(self, _: Any) -> None:
        browser = self.source.browser
        if browser is not None:
            with self._typed_by_hand(), self.hold_trait_notifications():
                self.filters, self.query = browser.filters, browser.query

    def _follow_closing(self, change: Any) -> None:
        """The browser was closed: the panel goes on alone."""
        if change["new"] is None:
            self._unbind()

    def _lead_selection(self, rows: NDArray[np.int64]) -> None:
        if self._selection is None:
            return
        is_chosen = bool(self.filters or self.query)
        is_few = len(rows) <= MAX_LANES
        self._selection.tracks = tuple(rows.tolist()) if is_chosen and is_few else ()
        note = f"{len(rows):,} tracks match; a selection holds at most {MAX_LANES}: none selected."
        self.status = {**self.status, "notes": [] if is_few or not is_chosen else [note]}

    # -- messages -----------------------------------------------------------------------------

    def _on_message(self, widget: object, content: object, buffers: Sequence[object]) -> None:
        if content == _SHOW:
            self._show()
        else:
            super()._on_message(widget, content, buffers)

    def _show(self) -> None:
        """The page's "Show in browser": the lanes follow the choice, whatever was listed before."""
        browser = self.source.browser
        if browser is None or not self.capabilities["show"]:
            refusal = MessageError("This panel has no open browser.", wire_code="not_found")
            self.send(error_content(refusal))
            return
        browser.visible = []

    def _handle(self, request: Request) -> Sequence[Part]:
        return panel_view.handle(self, request)
