"""What a browser starts with: its options, checked, and the traits that follow from its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locuscope._version import __version__
from locuscope.errors import MissingFileError, OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.widgets.answers import bounds_dict, capabilities
from locuscope.widgets.trait_rules import Facts
from locuscope.widgets.workspace import Region, Selection, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.widgets.browser_data import BrowserData

STATIC: Final = Path(__file__).parents[1] / "static"


def built(name: str) -> Path | str:
    """A file of the built page side, or an empty text while it has not been built."""
    path = STATIC / name
    return path if path.is_file() else ""


def check_built(esm: object, name: str = "track_browser.js") -> None:
    """A widget without its page side would be an empty box: say what to run instead."""
    if not str(esm):
        raise MissingFileError(
            f"The page side of the widgets has not been built: {STATIC.name}/{name} is missing.",
            hint="Run `npm ci && npm run build:widgets` in the checkout, then restart Python.",
            path=STATIC.name,
        )


def check_arguments(
    interval: object, genes: object, filters: object, region: object, selection: object
) -> None:
    """Refuse arguments of another class than the signature says.

    Raises:
        WrongTypeError: naming the argument and what was given.
    """
    if interval is not None:
        check_class("interval", interval, Interval, hint="Interval.parse(text) reads a place.")
    if genes is not None:
        check_class("genes", genes, Genes, hint="Genes.read(path) reads a GTF or a table.")
    if filters is not None:
        check_class("filters", filters, Mapping, hint="Such as filters={'strand': ['+']}.")
    if region is not None:
        check_class(
            "region",
            region,
            Region,
            hint="Give a place as interval=; region= takes what widgets share, such as "
            "another browser's shared_region.",
        )
    if selection is not None:
        check_class(
            "selection",
            selection,
            Selection,
            hint="Such as another browser's shared_selection; a place is given as interval=.",
        )


def first_region(where: Interval | None, data: BrowserData) -> Region:
    """The place shown at first: what was asked for, else everything."""
    place = data.bounds if where is None else fit(where, data.bounds)
    return Region(place.chrom, place.start, place.end, assembly=data.assembly or None)


def first_focus(variants: Any, data: BrowserData) -> dict[str, Any] | None:
    """The band over the only variant, when there is exactly one."""
    items = list(variants) if isinstance(variants, (list, tuple)) else [variants]
    only = items[0] if len(items) == 1 else None
    if not isinstance(only, Variant) or data.variants is None or not len(data.variants):
        return None
    where = only.interval
    place = Interval(data.bounds.chrom, where.start, where.end)
    return {**bounds_dict(place), "label": (only.id or only.text())[:200]}


def facts(data: BrowserData) -> Facts:
    """What the rules of the traits need to know."""
    fields = (*data.catalog.categories, *data.catalog.numbers)
    return Facts(data.bounds, data.n_tracks, fields, data.has_alt)


def fixed_traits(data: BrowserData) -> dict[str, Any]:
    """Traits that only the kernel writes and that never change."""
    is_empty = not data.n_tracks and data.gene_lane is None and data.variants is None
    return {
        "bounds": bounds_dict(data.bounds),
        "status": {"state": "empty" if is_empty else "ready", "notes": list(data.notes)},
        "capabilities": capabilities(data),
    }


def about(
    data: BrowserData, region: Region, title: str, max_lanes: int, height: int | None
) -> dict[str, Any]:
    """Captions and sizes for the page."""
    return {
        "assembly": data.assembly or region.assembly or "",
        "kernel_version": __version__,
        "title": title,
        "max_lanes": max_lanes,
        "height": height,
    }


def variant_outputs(tracks: Any) -> list[Any]:
    """The `VariantOutputs` among what was given."""
    items = tracks if isinstance(tracks, (list, tuple)) else [tracks]
    return [item for item in items if hasattr(item, "reference") and hasattr(item, "alternative")]


def numbers(tracks: int | Sequence[int]) -> list[int]:
    """One track number or several, as a list."""
    return [tracks] if isinstance(tracks, int) else list(tracks)


def choice(option: str, value: str, allowed: tuple[str, ...]) -> str:
    """The value, if it is one of the allowed words."""
    if value not in allowed:
        raise OptionError(
            f"{option} is {value!r}; allowed are {', '.join(allowed)}.",
            option=option,
            value=value,
            allowed=allowed,
        )
    return value


def whole(option: str, value: int, lowest: int, highest: int) -> int:
    """The value, if it is a whole number inside the range."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise OptionError(
            f"{option} is {value!r}; allowed are whole numbers from {lowest:,} to {highest:,}.",
            option=option,
            value=value,
            allowed=range(lowest, highest + 1),
        )
    return value
