"""What each shared trait of the browser may hold: one pure check per trait.

A rule takes the wanted value and returns its canonical form, or raises `OptionError` with what was
found and what is allowed. Python and the page are held to the same rules.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from locuscope.errors import OptionError, did_you_mean
from locuscope.genome.interval import Interval, match_contig
from locuscope.tracks import filters
from locuscope.tracks.query_text import MAX_TEXT
from locuscope.widgets.workspace import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MODES: Final = ("ref", "alt", "diff", "overlay", "log2FC")
THEMES: Final = ("auto", "light", "dark")
PALETTES: Final = ("lsc", "classic", "mono")
SCALE_KINDS: Final = ("linear", "log1p", "symlog")
SCALE_RANGES: Final = ("group", "track", "all")
MARKS: Final = ("signal", "line", "heat", "stems")
MAX_LANES: Final = 500
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of one browser."""

    bounds: Interval
    n_tracks: int
    fields: Collection[str]
    has_alt: bool


class HasFields(Protocol):
    """Facts about any widget whose tracks can be filtered."""

    @property
    def fields(self) -> Collection[str]:
        """The fields that some track has a value of."""


def check(name: str, value: object, facts: Facts) -> Any:
    """The canonical form of a trait's value.

    Raises:
        OptionError: the value may not stand there.
    """
    return RULES[name](value, facts)


def canonical_filters(value: object, facts: HasFields) -> dict[str, dict[str, Any]]:
    """Filters in canonical form, on the fields of one widget (`tracks/filters.py`).

    >>> facts = Facts(Interval("1", 0, 9), 1, ("strand",), has_alt=False)
    >>> canonical_filters({"strand": ["-", "+", "+"]}, facts)
    {'strand': {'in': ['+', '-']}}
    """
    return filters.canonical_filters(value, facts.fields)


def _region(value: object, facts: Facts) -> dict[str, Any]:
    wanted = "a mapping with chrom, start < end and seq"
    if not isinstance(value, dict) or not {"chrom", "start", "end"} <= set(value):
        raise _refusal("region", value, wanted)
    start, end = _base("region", value["start"]), _base("region", value["end"])
    seq = _base("region", value.get("seq", 0))
    if start >= end or set(value) - {"chrom", "start", "end", "seq"}:
        raise _refusal("region", value, wanted)
    chrom = match_contig(str(value["chrom"]), [facts.bounds.chrom])
    where = fit(Interval(chrom or str(value["chrom"]), start, end), facts.bounds)
    return {"chrom": where.chrom, "start": where.start, "end": where.end, "seq": seq}


def _focus(value: object, facts: Facts) -> dict[str, Any] | None:
    wanted = "None or a mapping with chrom, start < end and label"
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"chrom", "start", "end", "label"}:
        raise _refusal("focus", value, wanted)
    start, end = _base("focus", value["start"]), _base("focus", value["end"])
    if start >= end or match_contig(str(value["chrom"]), [facts.bounds.chrom]) is None:
        raise _refusal("focus", value, wanted)
    label = _text("focus", value["label"], 200)
    return {"chrom": facts.bounds.chrom, "start": start, "end": end, "label": label}


def _selection(value: object, facts: Facts) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"chrom", *_SELECTED}:
        raise _refusal("selection", value, f"None or a mapping of {', '.join(_SELECTED)}")
    start, end = value.get("start"), value.get("end")
    if (start is None) != (end is None):
        raise _refusal("selection", value, "both ends or none")
    if start is not None:
        start, end = _base("selection", start), _base("selection", end)
        if start >= end:
            raise _refusal("selection", value, "start < end")
    return {
        "start": start,
        "end": end,
        "tracks": _ids(value.get("tracks", []), facts),
        "positions": [
            _base("selection", x) for x in _list("positions", value.get("positions", []))
        ],
    }


_SELECTED: Final = ("start", "end", "tracks", "positions")


def _scale(value: object, facts: Facts) -> dict[str, Any]:  # noqa: ARG001 - one shape for all rules
    if not isinstance(value, dict) or set(value) - {"kind", "range"}:
        raise _refusal("scale", value, "a mapping with kind and range")
    return {
        "kind": _one_of("scale kind", value.get("kind", "linear"), SCALE_KINDS),
        "range": _one_of("scale range", value.get("range", "group"), SCALE_RANGES),
    }


def _lane_style(value: object, facts: Facts) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or len(value) > MAX_LANES:
        raise _refusal("lane_style", value, f"a mapping of at most {MAX_LANES} tracks")
    styles: dict[str, dict[str, Any]] = {}
    for track, style in value.items():
        if not str(track).isdecimal() or int(track) >= facts.n_tracks:
            raise _refusal("lane_style", track, f"track numbers below {facts.n_tracks}")
        if not isinstance(style, dict) or set(style) - {"height", "color", "mark"}:
            raise _refusal("lane_style", style, "height, color, mark")
        if "color" in style and not _COLOUR.fullmatch(str(style["color"])):
            raise _refusal("lane_style color", style["color"], "#rrggbb in lower case")
        if "mark" in style:
            _one_of("lane_style mark", style["mark"], MARKS)
        if "height" in style and not 10 <= _base("lane_style height", style["height"]) <= 400:
            raise _refusal("lane_style height", style["height"], "10 to 400 px")
        styles[str(int(track))] = dict(style)
    return styles


def _mode(value: object, facts: Facts) -> str:
    mode = _one_of("mode", value, MODES)
    if mode != "ref" and not facts.has_alt:
        raise OptionError(
            f"mode is {mode!r}, but this browser holds no alternative tracks; give alt= or the "
            "result of predict_variant.",
            option="mode",
            value=mode,
            allowed=("ref",),
        )
    return mode


def _fields(value: object, facts: Facts) -> list[str]:
    names = _list("group_by and sort_by", value)
    for name in names:
        if name not in facts.fields:
            raise OptionError(
                f"No track has a field {name!r}; {did_you_mean(str(name), facts.fields)}",
                option="group_by",
                value=name,
                allowed=tuple(facts.fields),
            )
    if len(names) > 2:
        raise _refusal("group_by and sort_by", names, "at most two fields")
    return list(dict.fromkeys(names))


def _ids(value: object, facts: Facts) -> list[int]:
    items = [_base("track numbers", item) for item in _list("track numbers", value)]
    wrong = [item for item in items if item >= facts.n_tracks]
    if wrong or len(items) > MAX_LANES:
        raise _refusal(
            "track numbers",
            wrong or len(items),
            f"at most {MAX_LANES}, each below {facts.n_tracks}",
        )
    return list(dict.fromkeys(items))


def _list(name: str, value: object) -> list[Any]:
    if not isinstance(value, (list, tuple)) or len(value) > 10_000:
        raise _refusal(name, value, "a list of at most 10,000 items")
    return list(value)


def _base(name: str, value: object) -> int:
    """A whole number >= 0; 3.0 counts as 3, as pages know one kind of number."""
    number = _number(name, value)
    if number != int(number) or not 0 <= number <= 2**53:
        raise _refusal(name, value, "whole numbers from 0 to 2^53")
    return int(number)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _refusal(name, value, "a finite number")
    return value


def _text(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise _refusal(name, value, f"a text of at most {longest} characters")
    return value


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise _refusal(name, value, " | ".join(allowed))
    return value


def _refusal(name: str, value: object, allowed: str) -> OptionError:
    return OptionError(
        f"{name} takes {allowed}; found {value!r:.200}.", option=name, value=value, allowed=allowed
    )


RULES: Final[Mapping[str, Callable[[object, Facts], Any]]] = {
    "region": _region,
    "filters": canonical_filters,
    "query": lambda value, _: _text("query", value, MAX_TEXT),
    "group_by": _fields,
    "sort_by": _fields,
    "visible": _ids,
    "pinned": _ids,
    "selected_tracks": _ids,
    "selection": _selection,
    "mode": _mode,
    "scale": _scale,
    "lane_style": _lane_style,
    "theme": lambda value, _: _one_of("theme", value, THEMES),
    "palette": lambda value, _: _one_of("palette", value, PALETTES),
    "focus": _focus,
}
"""Traits that the page may write, each with its rule; every other trait is the kernel's own."""
