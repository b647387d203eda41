"""The verb `predict_variant`: tracks of the reference and of a changed haplotype."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from locuscope.errors import EmptySelectionError, OptionError, OutOfBoundsError, VariantError
from locuscope.genome.alignment import Alignment
from locuscope.genome.choices import check_class
from locuscope.genome.edits import Edits
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.batches import Examples, run_batches
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.named_answers import covered_by, named
from locuscope.inference.run import Run, run_here
from locuscope.inference.selection import HeadChoice, TrackChoice, choose
from locuscope.inference.windows import (
    Bins,
    bins_over,
    check_available,
    default_place,
    fetch_windows,
    input_window,
    warn_unknown,
    widened,
)
from locuscope.tracks.html_table import html_table
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.models.protocol import HeadSpec, SequenceModel

ALLELES = ("reference", "alternative")


@dataclass(frozen=True, eq=False, repr=False)
class VariantOutputs:
    """Reference and alternative tracks of one haplotype, both in reference coordinates.

    Args:
        reference: tracks of the reference sequence.
        alternative: tracks of the changed sequence, moved to reference positions; NaN where it has
            none.
        valid: resolution -> bool (1, L'), False where the alternative has no value.
        variants: the changes, applied together.
        notes: `unaligned_bins` when the length changed by less than half a bin and bins were left
            in place.
    """

    reference: NamedOutputs
    alternative: NamedOutputs
    valid: Mapping[int, Tensor]
    variants: tuple[Variant, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def interval(self) -> Interval | None:
        """The place that both cover."""
        return self.reference.interval

    def difference(self) -> NamedOutputs:
        """Alternative minus reference, NaN where the alternative has no value."""
        heads = {}
        for name, head in self.alternative.named_items():
            reference = self.reference.head(name)
            heads[name] = NamedOutputHead(
                name,
                {key: values - reference[key] for key, values in head.items()},
                intervals=head.intervals,
            )
        return NamedOutputs(
            heads, organism=self.reference.organism, intervals=self.reference.intervals
        )

    def show(self) -> object:
        """Open the track browser with reference, alternative and difference lanes."""
        from locuscope.widgets.track_browser import TrackBrowser

        return TrackBrowser(self)

    def __repr__(self) -> str:
        changes = ", ".join(str(variant) for variant in self.variants[:3])
        more = f" and {len(self.variants) - 3} more" if len(self.variants) > 3 else ""
        return f"VariantOutputs({changes}{more}; heads {self.reference.heads()}, {self.interval})"

    def _repr_html_(self) -> str:
        rows = [
            (name, key, tensor.num_tracks, int((~self.valid[key]).sum()))
            for name, head in self.reference.named_items()
            for key, tensor in head.items()
        ]
        header = ("head", "bp per bin", "tracks", "bins without alternative")
        return html_table(repr(self), header, rows)


def predict_variant(
    model: SequenceModel,
    variants: Variant | Sequence[Variant],
    genome: Genome,
    *,
    where: Interval | None = None,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    indels: IndelRule | None = None,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> VariantOutputs:
    """Predict the reference and the alternative sequence around a variant.

    Both go through the network in one batch. Both windows begin at the same base, or end there with
    `IndelRule(anchor="right")`; where the alternative is longer or shorter, fresh bases of the
    genome follow at its other end, and its tracks are brought back to reference positions.

    Args:
        model: any `SequenceModel`.
        variants: one change, or several of one contig that are applied together on one haplotype.
        genome: the reference; REF of every variant is compared with it.
        where: the place to predict; None = one window of the model's own width, centred on the
            bases from the first REF to the last; an SNV stands at index `width // 2`. The centred
            placement of `score_variants` has POS at index `width // 2 - 1`: for an SNV, this window
            begins one base to the left of that one, for a REF of n bases `n // 2 - 1` to the right.
        organism: index or name; None = the genome's organism where it states one, else 0.
        heads: heads to compute; None = all.
        tracks: criteria as a mapping, track names, or for one head places or a bool mask.
        resolutions_bp: only these bin widths; None = all.
        indels: how an allele of another length meets the reference.
        ensemble: views of a sequence that are averaged.
        run: device and batch size.
        rc: short for `Ensemble(rc=...)`.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        VariantOutputs; `reference` and `alternative` have the same tracks and place.

    Raises:
        RefMismatchError: REF differs from the genome.
        VariantError: variants on several contigs, or that change the same bases.
        OutOfBoundsError: a variant outside the window, or a window beyond an embedded slice.
        OptionError: a model of any length without a default width, and no `where`.

    >>> from locuscope import Variant, demo, load_model
    >>> lost = Variant.parse("20:2577796:G:A")
    >>> outputs = predict_variant(load_model("cispliceai"), lost, demo.genome())
    >>> float(outputs.difference().splice_sites[1].tensor.min()) < -0.95
    True
    """
    check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    rule = indels or IndelRule()
    check_class("indels", rule, IndelRule)
    rule.require_one_pass("predict_variant")
    if where is not None:
        check_class("where", where, Interval, hint="Interval.parse(text) reads a place.")
    listed = _listed(variants, genome)
    index = organism_index(organism, default=genome.organism or 0, known=None)
    choices = choose(
        model, heads=heads, tracks=tracks, resolutions_bp=resolutions_bp, organism=index
    )
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("predict_variant")
    views.refuse_samples("predict_variant")
    site = _site(
        model, listed, genome, where, choices, margin_bp=views.margin_bp, anchor=rule.anchor
    )
    bases = _both_alleles(site, genome, views.margin_bp)
    values = run_batches(
        model,
        Examples(2, site.window.width, lambda i, j: bases[i:j], ALLELES.__getitem__),
        choices,
        organism=index,
        ensemble=views,
        run=run_here("predict_variant", run, device=device, batch_size=batch_size),
    )
    return _aligned(site, choices, values, rule, index)


@dataclass(frozen=True)
class _Site:
    """Where the variants are, what is predicted and read, and how both alleles align."""

    variants: tuple[Variant, ...]
    place: Interval
    window: Interval
    alignment: Alignment


def _site(
    model: SequenceModel,
    variants: tuple[Variant, ...],
    genome: Genome,
    where: Interval | None,
    choices: Sequence[HeadChoice],
    *,
    margin_bp: int,
    anchor: str,
) -> _Site:
    """The place and the window of some variants, checked against the genome.

    Shifts may read `margin_bp` bases beyond both ends of the window; they must be here as well.
    """
    if where is None:
        span = Interval(
            variants[0].chrom,
            min(variant.interval.start for variant in variants),
            max(variant.interval.end for variant in variants),
        )
        where = default_place(model, span, genome, choices)
    window = input_window(model, where, choices)
    # One spelling of the contig for all: `where` and the variants may use different ones.
    same = genome.resolve(variants[0].chrom) == genome.resolve(window.chrom)
    spelt = [replace(variant, chrom=window.chrom) for variant in variants] if same else variants
    _check_inside(spelt, window)
    edits = Edits.from_variants(spelt)
    alignment = Alignment.from_edits(
        edits, window.start, window.end, hap_len=window.width, anchor=anchor
    )
    read = widened(window, margin_bp)
    check_available(model, where, read, genome)
    # A shorter allele reads on: the bases it needs beyond the window must be here as well.
    n_lost = -int(edits.length_changes().clip(max=0).sum())
    left = -min(alignment.lead_bp, 0)
    check_available(model, where, _clipped(read, left, n_lost - left, genome), genome)
    return _Site(variants, where, window, alignment)


def _both_alleles(site: _Site, genome: Genome, margin_bp: int) -> NDArray[np.uint8]:
    """One-hot (2, A, L): the reference window, and the changed one that begins at the same base.

    Both with `margin_bp` more bases on each side.
    """
    read = widened(site.window, margin_bp)
    reference = fetch_windows([read], genome)
    warn_unknown([read], reference, genome)
    # The genome's own spelling: an alias was told when the reference was fetched.
    chrom = genome.resolve(site.window.chrom)
    alignment = replace(
        site.alignment,
        ref_start=read.start,
        ref_end=read.end,
        hap_len=site.alignment.hap_len + 2 * margin_bp,
    )
    alternative = one_hot([alignment.haplotype(genome, chrom)])
    return np.concatenate([reference, np.asarray(alternative, np.uint8)])


def _aligned(
    site: _Site,
    choices: Sequence[HeadChoice],
    values: Mapping[str, Mapping[int, Tensor]],
    rule: IndelRule,
    organism: int,
) -> VariantOutputs:
    """Move the alternative to reference positions and cut both to the place."""
    both: tuple[dict[str, dict[int, Tensor]], ...] = ({}, {})
    valid: dict[int, Tensor] = {}
    notes: dict[str, None] = {}
    for choice in choices:
        for key in choice.keys:
            tensor = values[choice.spec.name][key]
            moved, is_valid, said = _to_reference(
                tensor[1:], choice.spec, key, site.alignment, rule
            )
            notes |= dict.fromkeys(said)
            bins = bins_over(site.place, site.window, choice.spec, key)
            for side, part in zip(both, (tensor[:1], moved), strict=True):
                side.setdefault(choice.spec.name, {})[key] = _cut(part, choice.spec, key, bins)
            here = is_valid[None, bins.first : bins.stop]
            valid[key] = valid[key] & here if key in valid else here
    covered = covered_by(choices, [site.place], [site.window])
    reference, alternative = (
        named(choices, side, organism=organism, places=[site.place], covered=covered)
        for side in both
    )
    return VariantOutputs(
        reference, alternative, MappingProxyType(valid), site.variants, tuple(notes)
    )


def _to_reference(
    values: Tensor, head: HeadSpec, key: int, alignment: Alignment, rule: IndelRule
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """One head of the alternative at reference positions, which of them have a value, and notes."""
    keeps_length = not alignment.edits.length_changes().any()
    if not key or (head.kind != "track" and keeps_length):
        return values, torch.ones(values.shape[1], dtype=torch.bool), ()
    if head.kind not in ("track", "contact"):
        raise OptionError(
            f"head {head.name!r} ({head.kind}) cannot be aligned over an insertion or deletion; "
            "leave it out with heads=.",
            option="heads",
            value=head.name,
        )
    bins: Literal["mean", "sum"] = "sum" if head.bin_reduction == "sum" else "mean"
    if head.kind == "contact":
        moved, is_valid, notes = rule.map_to_reference(
            values, alignment, resolution_bp=key, bins=bins, crop_bp=head.crop_bp
        )
    else:
        moved, is_valid, notes = rule.to_reference(
            values, alignment, resolution_bp=key, bins=bins, axis=1, crop_bp=head.crop_bp
        )
    return moved, torch.from_numpy(is_valid), notes


def _cut(values: Tensor, head: HeadSpec, key: int, bins: Bins) -> Tensor:
    if not key:
        return values
    kept = slice(bins.first, bins.stop)
    return values[:, kept, kept] if head.kind == "contact" else values[:, kept]


def _listed(variants: Variant | Sequence[Variant], genome: Genome) -> tuple[Variant, ...]:
    """The variants as a tuple, on one contig and with the REF that the genome has."""
    given = variants if isinstance(variants, Iterable) else (variants,)
    listed = (given,) if isinstance(given, str) else tuple(given)
    for variant in listed:
        check_class("variants", variant, Variant, hint="Variant.parse(text) reads one.")
    if not listed:
        raise EmptySelectionError("no variant was given; predict_variant needs at least one.")
    contigs = {genome.resolve(variant.chrom) for variant in listed}
    if len(contigs) > 1:
        raise VariantError(
            f"the variants lie on {len(contigs)} contigs ({', '.join(sorted(contigs)[:5])}); one "
            "haplotype has one."
        )
    for variant in listed:
        fault = variant.check(genome)
        if fault is not None:
            raise fault
    return listed


def _check_inside(variants: Sequence[Variant], window: Interval) -> None:
    for variant in variants:
        if not window.contains(variant):
            raise OutOfBoundsError(
                f"{variant} lies outside the window {window.text()} that the model reads; choose "
                "where= around it.",
                interval=window,
            )


def _clipped(window: Interval, left_bp: int, right_bp: int, genome: Genome) -> Interval:
    """The window with fresh bases on both sides, as far as the contig goes."""
    length = genome.lengths[genome.resolve(window.chrom)]
    start = min(window.start, max(window.start - left_bp, 0))
    end = max(window.end, min(window.end + right_bp, length))
    return Interval(window.chrom, start, end)
