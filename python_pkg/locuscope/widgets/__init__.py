"""What people touch: the track browser, the shared place and choice, and offline pages.

Widgets never predict and never score. They show results of other verbs, answer the page from
immutable snapshots, and hand choices back to Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.widgets.export import export_notebook as export_notebook
    from locuscope.widgets.facet_panel import FacetPanel as FacetPanel
    from locuscope.widgets.track_browser import TrackBrowser as TrackBrowser
    from locuscope.widgets.workspace import Region as Region
    from locuscope.widgets.workspace import Selection as Selection

__all__ = ["FacetPanel", "Region", "Selection", "TrackBrowser", "export_notebook"]

_HOMES = {
    "FacetPanel": ".facet_panel",
    "Region": ".workspace",
    "Selection": ".workspace",
    "TrackBrowser": ".track_browser",
    "export_notebook": ".export",
}
__getattr__, __dir__ = attach(__name__, _HOMES)
