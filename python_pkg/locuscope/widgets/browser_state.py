"""The shared state of a track browser: its traits, who may write them, and what they may hold.

State is small (no array, at most 32 kB): data travels by message. Every trait that the page may
write goes through `trait_rules.py`; a write to any other one, `_esm` included, is refused and the
old value is sent again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import anywidget
import traitlets as t

from locuscope.errors import InputError, MessageError
from locuscope.widgets.trait_rules import RULES, Facts, check
from locuscope.widgets.wire import error_content

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


class BrowserState(anywidget.AnyWidget):
    """Traits of the browser. Those in `RULES` are open to the page, the others are read-only there.

    `facts` must be set before the traits are: the rules need bounds and the number of tracks.
    """

    facts: Facts
    page_traits: ClassVar = frozenset(RULES)

    spec_version = t.Int(1).tag(sync=True)
    scope = t.Unicode().tag(sync=True)
    region = t.Any().tag(sync=True)
    bounds = t.Dict().tag(sync=True)
    catalog_rev = t.Int(1).tag(sync=True)
    data_rev = t.Int(1).tag(sync=True)
    filters = t.Any({}).tag(sync=True)
    query = t.Any("").tag(sync=True)
    group_by = t.Any([]).tag(sync=True)
    sort_by = t.Any([]).tag(sync=True)
    visible = t.Any([]).tag(sync=True)
    pinned = t.Any([]).tag(sync=True)
    selected_tracks = t.Any([]).tag(sync=True)
    selection = t.Any(None).tag(sync=True)
    mode = t.Any("ref").tag(sync=True)
    scale = t.Any({}).tag(sync=True)
    lane_style = t.Any({}).tag(sync=True)
    theme = t.Any("auto").tag(sync=True)
    palette = t.Any("lsc").tag(sync=True)
    status = t.Dict().tag(sync=True)
    capabilities = t.Dict().tag(sync=True)
    info = t.Dict().tag(sync=True)
    focus = t.Any(None).tag(sync=True)

    @t.validate(*RULES)
    def _check_trait(self, proposal: Mapping[str, Any]) -> Any:
        return check(proposal["trait"].name, proposal["value"], self.facts)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take a state update of the page, trait by trait; refuse what is not the page's to write.

        A refused trait is sent again with its old value, followed by an error message without
        request id: `read_only_trait`, or `bad_request` for a value outside its rule.
        """
        for name, value in sync_data.items():
            try:
                if name not in self.page_traits:
                    self._refuse_foreign(name, value)
                else:
                    self.traits()[name]._validate(self, value)  # noqa: SLF001 - check before echo
                    super().set_state({name: value})
            except InputError as error:
                self.send_state(name)
                self.send(error_content(error))
            except MessageError as error:
                if name in self.keys:
                    self.send_state(name)
                self.send(error_content(error))

    def state_traits(self) -> dict[str, Any]:
        """The shared state without the program: what a saved view keeps."""
        state: dict[str, Any] = self.get_state(STATE_TRAITS)
        return state

    def _refuse_foreign(self, name: str, value: object) -> None:
        """Raise unless the page only repeats what the kernel holds (some hosts send all state)."""
        if name in self.keys and self.get_state(name).get(name) == value:
            return
        raise MessageError(
            f"The page may not write {name!r:.80}; the kernel's value was sent again.",
            wire_code="read_only_trait",
        )
