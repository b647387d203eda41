"""Which lanes a browser shows, in which order, in which groups, under which names.

The same rules as the page's (`src/ui/lane_layout.ts`, `src/ui/track_names.ts`), so that Python,
the fallback picture and the eye agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.widgets.lane_catalog import LaneCatalog

OUTPUT_NAMES: Final = {
    "atac": "ATAC",
    "cage": "CAGE",
    "chip_histone": "ChIP, histones",
    "chip_tf": "ChIP, factors",
    "contact_maps": "Contact maps",
    "dnase": "DNase",
    "exon_inclusion": "Exon inclusion",
    "file": "Files",
    "procap": "PRO-cap",
    "rna_seq": "RNA-seq",
    "splice_junctions": "Splice junctions",
    "splice_site_usage": "Splice site usage",
    "splice_sites": "Splice sites",
}
STRAND_NAMES: Final = {"-": "\N{MINUS SIGN}", ".": "unstranded"}
NAMING: Final = (
    "gtex_tissue",
    "biosample_name",
    "transcription_factor",
    "histone_mark",
    "track_name",
)
"""Fields that may name a lane, the most telling first."""


@dataclass(frozen=True)
class LaneGroup:
    """Lanes under one heading: `label` for people, `key` the stored values."""

    key: tuple[str, ...]
    label: str
    tracks: tuple[int, ...]


def lane_order(
    catalog: LaneCatalog,
    matching: Sequence[int],
    *,
    visible: Sequence[int],
    pinned: Sequence[int],
    sort_by: Sequence[str],
    max_lanes: int,
) -> list[int]:
    """Pinned tracks first, whatever the filters say; then the listed ones that match.

    An empty `visible` lists every matching track. `sort_by` orders by stored values, missing last.
    """
    found = set(matching)
    listed = [track for track in visible if track in found] if visible else list(matching)
    top = list(dict.fromkeys(pinned))
    others = [track for track in listed if track not in set(top)]
    if sort_by:
        others.sort(key=lambda track: (*(_rank(catalog, f, track) for f in sort_by), track))
    return [*top, *others][: max(len(top), max_lanes)]


def lane_groups(
    catalog: LaneCatalog, tracks: Sequence[int], group_by: Sequence[str]
) -> list[LaneGroup]:
    """Tracks under headings, groups in the order in which their first track comes."""
    members: dict[tuple[str, ...], list[int]] = {}
    for track in tracks:
        key = tuple(catalog.value(field, track) or "" for field in group_by)
        members.setdefault(key, []).append(track)
    return [
        LaneGroup(key, _group_label(key, group_by), tuple(group)) for key, group in members.items()
    ]


def lane_titles(catalog: LaneCatalog, group: Sequence[int]) -> list[tuple[str, str]]:
    """Title and subtitle of every lane of a group; the title field varies inside it if one does."""
    fields = [field for field in NAMING if field in catalog.categories]
    telling = [f for f in fields if len({catalog.value(f, track) for track in group}) > 1]
    titles = []
    for track in group:
        names = (catalog.value(field, track) for field in (*telling, *fields))
        title = next((name for name in names if name), f"track {track + 1}")
        strand = catalog.value("strand", track)
        words = [f"{STRAND_NAMES.get(strand, strand)} strand" if strand in {"+", "-"} else None]
        words.append(catalog.value("assay_title", track))
        titles.append((title, ", ".join(word for word in words if word)))
    return titles


def _rank(catalog: LaneCatalog, field: str, track: int) -> tuple[bool, str]:
    value = catalog.value(field, track)
    return value is None, value or ""


def _group_label(key: tuple[str, ...], group_by: Sequence[str]) -> str:
    if not group_by:
        return "Tracks"
    words = []
    for field, value in zip(group_by, key, strict=True):
        names = OUTPUT_NAMES if field == "output_name" else {}
        names = STRAND_NAMES if field == "strand" else names
        words.append(names.get(value, value) if value else "(missing)")
    return " \N{MIDDLE DOT} ".join(words)
