"""The shared state of a track browser: its traits, who may write them, and what they may hold.

State is small (no array, at most 32 kB): data travels by message. Every trait that the page may
write goes through `trait_rules.py`; a write to any other one, `_esm` included, is refused and the
old value is sent again (`shared_state.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets as t

from locuscope.widgets.shared_state import Checked, SharedState
from locuscope.widgets.trait_rules import RULES, Facts, check

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_TRAITS: Final = (
    "spec_version",
    "scope",
    "region",
    "bounds",
    "catalog_rev",
    "data_rev",
    "filters",
    "query",
    "group_by",
    "sort_by",
    "visible",
    "pinned",
    "selected_tracks",
    "selection",
    "mode",
    "scale",
    "lane_style",
    "theme",
    "palette",
    "status",
    "capabilities",
    "info",
    "focus",
)
"""All traits of the browser, in the order of their documentation."""


class BrowserState(SharedState):
    """Traits of the browser. Those in `RULES` are open to the page, the others are read-only there.

    `facts` must be set before the traits are: the rules need bounds and the number of tracks.
    """

    facts: Facts
    page_traits: ClassVar = frozenset(RULES)
    kept_traits: ClassVar = STATE_TRAITS

    spec_version = t.Int(1).tag(sync=True)
    scope = t.Unicode().tag(sync=True)
    region = Checked().tag(sync=True)
    bounds = t.Dict().tag(sync=True)
    catalog_rev = t.Int(1).tag(sync=True)
    data_rev = t.Int(1).tag(sync=True)
    filters = Checked({}).tag(sync=True)
    query = Checked("").tag(sync=True)
    group_by = Checked([]).tag(sync=True)
    sort_by = Checked([]).tag(sync=True)
    visible = Checked([]).tag(sync=True)
    pinned = Checked([]).tag(sync=True)
    selected_tracks = Checked([]).tag(sync=True)
    selection = Checked(None).tag(sync=True)
    mode = Checked("ref").tag(sync=True)
    scale = Checked({}).tag(sync=True)
    lane_style = Checked({}).tag(sync=True)
    theme = Checked("auto").tag(sync=True)
    palette = Checked("lsc").tag(sync=True)
    status = t.Dict().tag(sync=True)
    capabilities = t.Dict().tag(sync=True)
    info = t.Dict().tag(sync=True)
    focus = Checked(None).tag(sync=True)

    @t.validate(*RULES)
    def _check_trait(self, proposal: Mapping[str, Any]) -> Any:
        return check(proposal["trait"].name, proposal["value"], self.facts)
