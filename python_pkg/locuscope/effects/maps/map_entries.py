"""Which maps a call of `mutation_map` makes: one entry per place, and the places without one."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from locuscope.effects.maps.map_windows import interval_entry, window_entry
from locuscope.effects.maps.mutation_maps import overlaps
from locuscope.effects.maps.stored_maps import Refusal
from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.errors import OptionError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval, match_contig
from locuscope.genome.placement import tile
from locuscope.genome.reference import Genome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locuscope.effects.maps.map_places import Places
    from locuscope.effects.maps.map_plan import MapPlan
    from locuscope.effects.maps.map_windows import MapEntry
    from locuscope.genome.variant import Variant
    from locuscope.genome.variant_table import VariantTable

_UNREAD = ("malformed", "symbolic", "star", "breakend", "missing_alt", "non_acgtn")


def list_entries(
    plan: MapPlan, places: Places, genome: Genome | None, drawn: VariantTable | None
) -> tuple[list[MapEntry], list[Refusal]]:
    """List the entries of a call in input order.

    Args:
        plan: what will be done.
        places: where.
        genome: the reference.
        drawn: variants to annotate.

    Raises:
        OptionError: a placement that means nothing for intervals.
        OutOfBoundsError: an interval whose window needs bases that an embedded slice lacks.
    """
    known = {} if drawn is None else _alleles(drawn)
    refused: list[Refusal] = []
    if places.variants is None:
        entries = list(_of_intervals(plan, places, genome))
    else:
        entries = list(_of_variants(plan, places.variants, genome, refused))
    return [_annotated(entry, known) for entry in entries], refused


def _of_intervals(plan: MapPlan, places: Places, genome: Genome | None) -> Iterator[MapEntry]:
    if plan.placement.mode != "centered":
        raise OptionError(
            f"placement.mode={plan.placement.mode!r} places windows round variants; intervals take "
            "their windows from tiling=.",
            option="placement",
            value=plan.placement.mode,
        )
    for option, default in (("center", "left"), ("share_bp", 0)):
        value = getattr(plan.placement, option)
        if value != default:
            raise OptionError(
                f"placement.{option}={value!r} places windows round variants; the window of an "
                "interval has it in its middle.",
                option="placement",
                value=value,
            )
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    for row, place in enumerate(places.intervals):
        if plan.tiling == "core":
            yield interval_entry(plan.model, place, row, plan.width_bp, plan.core_bp)
            continue
        for window in tile(place, plan.width_bp):
            yield window_entry(plan.model, window, row, window)


def _of_variants(
    plan: MapPlan, table: VariantTable, genome: Genome | None, refused: list[Refusal]
) -> Iterator[MapEntry]:
    if genome is not None:
        table.check_assembly(genome)
    is_ok = table.is_ok.tolist()
    opener = WindowOpener(genome, plan.placement, plan.width_bp, inputs=plan.model.inputs)
    alleles = [(row, table[row]) for row in range(len(table)) if is_ok[row]]
    opened = opener.open(alleles)
    by_row = dict(alleles)
    pending = next(opened, None)
    for row in range(len(table)):
        if not is_ok[row]:
            refused.append(_refusal(table, row))
            continue
        while pending is not None and pending.row == row:
            if pending.window is None:
                status, reason = pending.refusal or ("outside_regions", "no window holds it")
                refused.append(Refusal(row, by_row[row].key, status, reason))
            else:
                variant, window = by_row[row], pending.window.window
                spelt = replace(window, chrom=variant.chrom, strand=".", name=variant.id)
                place = spelt if plan.core_bp is None else _core(plan, variant, spelt)
                held = pending.window if plan.placement.has_loader else None
                entry = window_entry(
                    plan.model, replace(spelt, strand=window.strand), row, place, held
                )
                yield replace(entry, annotations=(variant,))
            pending = next(opened, None)


def _core(plan: MapPlan, variant: Variant, window: Interval) -> Interval:
    """The `core_bp` bases of a window round a variant."""
    start = int(plan.placement.starts(variant.pos, plan.core_bp))
    start = min(max(start, window.start), window.end - (plan.core_bp or 0))
    return replace(window, start=start, end=start + (plan.core_bp or 0))


def _refusal(table: VariantTable, row: int) -> Refusal:
    cells = table.table.row(row, named=True)
    place = ":".join(str(cells[name]) for name in ("chrom", "pos", "ref", "alt"))
    return Refusal(row, place[:200], str(cells["status"]), str(cells["reason"] or ""))


def _alleles(drawn: VariantTable) -> dict[str, list[Variant]]:
    """The rows that can be drawn, by contig: changes of known bases, whatever else is wrong."""
    keep = (~drawn.table["status"].cast(pl.String).is_in(_UNREAD)).to_list()
    found: dict[str, list[Variant]] = {}
    for row in range(len(drawn)):
        if keep[row]:
            found.setdefault(drawn[row].chrom, []).append(drawn[row])
    return {name: sorted(listed, key=_first) for name, listed in found.items()}


def _annotated(entry: MapEntry, drawn: dict[str, list[Variant]]) -> MapEntry:
    """Add the variants that lie on a map of the entry, under the contig name of the map."""
    have = {variant.key for variant in entry.annotations}
    found = list(entry.annotations)
    for place in entry.targets.values():
        contig = match_contig(place.chrom, drawn)
        listed = [] if contig is None else drawn[contig]
        longest = max((len(variant.ref) for variant in listed), default=0)
        low = bisect_left(listed, place.start - longest, key=_first)
        high = bisect_left(listed, place.end, key=_first)
        for variant in listed[low:high]:
            spelt = replace(variant, chrom=place.chrom)
            if overlaps(variant, place) and spelt.key not in have:
                have.add(spelt.key)
                found.append(spelt)
    return replace(entry, annotations=tuple(found))


def _first(variant: Variant) -> int:
    return variant.pos - 1
