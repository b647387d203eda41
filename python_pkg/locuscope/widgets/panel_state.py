"""The shared state of a facet panel: its traits, who may write them, and what they may hold.

Counts are never synced: the page counts with the table that it was sent, Python with its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets as t

from locuscope.errors import OptionError, did_you_mean
from locuscope.tracks.filters import canonical_filters
from locuscope.tracks.query_text import MAX_TEXT, query_problems
from locuscope.widgets.shared_state import Checked, SharedState
from locuscope.widgets.trait_rules import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from locuscope.tracks.track_table import TrackTable

PANEL_TRAITS: Final = (
    "spec_version",
    "scope",
    "filters",
    "query",
    "presets",
    "fields",
    "catalog_rev",
    "result_count",
    "theme",
    "capabilities",
    "info",
    "status",
)
"""All traits of the panel, in the order of their documentation."""

_MAX_PRESETS_BYTES: Final = 12_000  # with 16 kB of filters the whole state stays under 32 kB
_MAX_PRESET_NAME: Final = 100


@dataclass(frozen=True)
class PanelFacts:
    """What the rules need to know of one panel.

    Args:
        table: its tracks.
        fields: fields with at least one value.
        is_strict: refuse a search text that asks for a field that does not exist.
    """

    table: TrackTable
    fields: Collection[str]
    is_strict: bool = True


class PanelState(SharedState):
    """Traits of the panel. Those in `page_traits` are open to the page, the others are not.

    `facts` must be set before the traits are.
    """

    facts: PanelFacts
    page_traits: ClassVar = frozenset({"filters", "query", "presets", "theme"})
    kept_traits: ClassVar = PANEL_TRAITS

    spec_version = t.Int(1).tag(sync=True)
    scope = t.Unicode().tag(sync=True)
    filters = Checked({}).tag(sync=True)
    query = Checked("").tag(sync=True)
    presets = Checked({}).tag(sync=True)
    fields = Checked([]).tag(sync=True)
    catalog_rev = t.Int(1).tag(sync=True)
    result_count = t.Int(0).tag(sync=True)
    theme = Checked("auto").tag(sync=True)
    capabilities = t.Dict().tag(sync=True)
    info = t.Dict().tag(sync=True)
    status = t.Dict().tag(sync=True)

    @t.validate("filters", "query", "presets", "fields", "theme")
    def _check_trait(self, proposal: Mapping[str, Any]) -> Any:
        return PANEL_RULES[proposal["trait"].name](proposal["value"], self.facts)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take a state update of the page, trait by trait.

        The page's own count is never taken: one that differs from Python's is answered with it.
        """
        with self._typed_by_hand():
            super().set_state({key: v for key, v in sync_data.items() if key != "result_count"})
        if sync_data.get("result_count", self.result_count) != self.result_count:
            self.send_state("result_count")

    @contextmanager
    def _typed_by_hand(self) -> Iterator[None]:
        """What a person is typing may name no field yet: the page says so and leaves it out."""
        before = self.facts
        self.facts = replace(before, is_strict=False)
        try:
            yield
        finally:
            self.facts = before


def check_query(value: object, facts: PanelFacts) -> str:
    """A search text; from Python every field in it must exist.

    Raises:
        OptionError: too long, no text, or an unknown field, with the closest ones.
    """
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _refusal("query", value, f"a text of at most {MAX_TEXT} characters")
    problems = query_problems(facts.table, value) if facts.is_strict else ()
    for problem in problems:
        raise OptionError(
            f"query asks {problem.token!r}, but no track has a field {problem.field!r}; "
            f"{did_you_mean(problem.field, facts.fields)}",
            hint=f'"{problem.token}" in quotes is looked for as it is.',
            option="query",
            value=value,
            allowed=tuple(facts.fields),
        )
    return value


def check_fields(value: object, facts: PanelFacts) -> list[str]:
    """Headings to show, in their order; empty means the default ones.

    Raises:
        OptionError: no list, or a field without any value; names the closest one.
    """
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise _refusal("fields", value, "a list of field names")
    for field in value:
        if field not in facts.fields:
            raise OptionError(
                f"No track has a value in a field {field!r}; "
                f"{did_you_mean(str(field), facts.fields)}",
                option="fields",
                value=field,
                allowed=tuple(facts.fields),
            )
    return list(dict.fromkeys(value))


def check_presets(value: object, facts: PanelFacts) -> dict[str, dict[str, Any]]:
    """Named pairs of filters and query, each in canonical form.

    Raises:
        OptionError: another form, an unknown field, or more than 12,000 bytes.
    """
    if not isinstance(value, Mapping):
        raise _refusal("presets", value, "a mapping name -> {filters, query}")
    presets = {}
    for name, preset in value.items():
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_PRESET_NAME:
            raise _refusal("presets", name, f"names of 1 to {_MAX_PRESET_NAME} characters")
        if not isinstance(preset, Mapping) or set(preset) - {"filters", "query"}:
            raise _refusal(f"presets[{name!r}]", preset, "a mapping with filters and query")
        presets[name] = {
            "filters": canonical_filters(preset.get("filters", {}), facts.fields),
            "query": check_query(preset.get("query", ""), facts),
        }
    size = len(json.dumps(presets))
    if size > _MAX_PRESETS_BYTES:
        raise _refusal("presets", f"{size:,} bytes", f"at most {_MAX_PRESETS_BYTES:,} bytes")
    return presets


def _refusal(name: str, value: object, allowed: str) -> OptionError:
    return OptionError(
        f"{name} takes {allowed}; found {value!r:.200}.", option=name, value=value, allowed=allowed
    )


def _check_theme(value: object, _: PanelFacts) -> str:
    if not isinstance(value, str) or value not in THEMES:
        raise _refusal("theme", value, " | ".join(THEMES))
    return value


PANEL_RULES: Final[Mapping[str, Callable[[Any, PanelFacts], Any]]] = {
    "filters": lambda value, facts: canonical_filters(value, facts.fields),
    "query": check_query,
    "presets": check_presets,
    "fields": check_fields,
    "theme": _check_theme,
}
"""One check per trait that somebody else may set."""
