"""An allele and its window: the reference bases, the changed bases, and how the two align.

`WindowOpener` reads the windows of many alleles, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.windows.window_bases import Stretch
from locuscope.effects.windows.window_places import Refusal, WindowPlaces
from locuscope.errors import OptionError, OutOfBoundsError
from locuscope.genome.alignment import Alignment
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.placement import Placement
from locuscope.inference.joined_inputs import pieces
from locuscope.models.protocol import InputSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.windows.model_batches import Example
    from locuscope.effects.windows.window_places import Place
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant

ONE_INPUT = (InputSpec("sequence"),)
_KEPT_WINDOWS = 32


@dataclass(frozen=True, eq=False)
class AlleleView:
    """One way to read the changed sequence.

    Args:
        one_hot: (A, L) uint8; several inputs of a model stand end to end.
        alignment: of this sequence with the reference window.
    """

    one_hot: NDArray[np.uint8]
    alignment: Alignment


@dataclass(frozen=True, eq=False)
class AlleleWindow:
    """One allele in its window.

    Args:
        variant: the allele, normalised.
        window: on reference coordinates, with the genome's own contig name. Strand "-" only where a
            data loader gave the bases as the reverse complement; predictions then run from the end
            of the window to its start.
        reference: (A, L) uint8; several inputs of a model stand end to end.
        alternatives: the changed sequence: one view, or with `IndelRule(compensate=...)` and a
            change of length two, anchored on the left and on the right.
        n_padded: bases of the window, and of what a changed sequence reads beyond it, that are not
            there: beyond the contig, or beyond what a data loader gave.
        n_unknown: further bases of the window that are not ACGT.
        notes: notes of the row: "padded", "n_in_window", "ref_forced".
        arrays: input name -> numbers that a data loader gave beside the bases; None without any.
    """

    variant: Variant
    window: Interval
    reference: NDArray[np.uint8]
    alternatives: tuple[AlleleView, ...]
    n_padded: int = 0
    n_unknown: int = 0
    notes: frozenset[str] = frozenset()
    arrays: Mapping[str, NDArray[Any]] | None = None

    @property
    def alternative(self) -> NDArray[np.uint8]:
        """(A, L) uint8 of the first view."""
        return self.alternatives[0].one_hot

    @property
    def alignment(self) -> Alignment:
        """Alignment of the first view."""
        return self.alternatives[0].alignment


@dataclass(frozen=True, eq=False)
class Opened:
    """What became of one allele, or of one of its windows.

    Args:
        row: the caller's number of the allele.
        window_index: 0, and up to k - 1 where `Placement(multi="all")` finds k windows.
        window: the window, or None.
        refusal: status and reason when there is none.
    """

    row: int
    window_index: int
    window: AlleleWindow | None
    refusal: tuple[str, str] | None = None


class WindowOpener:
    """Reads the windows of alleles.

    Args:
        genome: the reference; None with a data loader that brings the bases itself.
        placement: where windows lie.
        width_bp: their width.
        indels: how an allele of another length meets the reference.
        ref_policy: "check" refuses an allele whose REF is not what stands there, "force" writes its
            REF into the window and notes `ref_forced`.
        inputs: what the model reads of a window; an allele changes every DNA input that holds its
            first base.

    Raises:
        OptionError: options that do not fit together; see `WindowPlaces`.
        ShapeError: regions for "overlap" that are not as wide as the window.

    >>> from locuscope import Genome, Placement, Variant
    >>> opener = WindowOpener(Genome.from_sequences({"1": "ACGTACGT" * 5}), Placement(), 8)
    >>> next(opener.open([(0, Variant("1", 9, "A", "C"))])).window.window
    Interval('1', 5, 13)
    """

    def __init__(
        self,
        genome: Genome | None,
        placement: Placement,
        width_bp: int,
        *,
        indels: IndelRule | None = None,
        ref_policy: str = "check",
        inputs: tuple[InputSpec, ...] = ONE_INPUT,
    ) -> None:
        check_choice("ref_policy", ref_policy, ("check", "force"))
        check_class("placement", placement, Placement)
        self.genome = genome
        self.placement = placement
        self.width_bp = whole_number(width_bp, "width_bp")
        self.indels = indels or IndelRule()
        self.ref_policy = ref_policy
        self.inputs = inputs
        self._places = WindowPlaces(genome, placement, self.width_bp, inputs)
        self._read: dict[Interval, tuple[Stretch, ...]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out the bases that were read: another process reads its own."""
        return {**self.__dict__, "_read": {}}

    @property
    def batch_size(self) -> int | None:
        """Examples per batch of the data loader; None without one."""
        return None if self._places.loader is None else self._places.loader.batch_size

    @property
    def facts(self) -> dict[str, object]:
        """Everything here that changes a number, as plain values."""
        index = self._places.index
        return {
            "window": self.placement.mode,
            "window_bp": self.width_bp,
            "center": self.placement.center,
            "multi": self.placement.multi,
            "share_bp": self.placement.share_bp,
            "regions": None if index is None else index.digest,
            "indels": {
                "anchor": self.indels.anchor,
                "align": self.indels.align,
                "compensate": self.indels.compensate,
            },
            "ref_policy": self.ref_policy,
        }

    def open(self, alleles: Sequence[tuple[int, Variant]]) -> Iterator[Opened]:
        """Open alleles, given with their row, lazily and in the order given.

        With `share_bp` only the alleles of one call share windows.

        Yields:
            One `Opened` per window; one with a refusal for an allele without any: `too_long`,
            `outside_regions`, `off_edge` (the window leaves an embedded slice), and `ref_mismatch`
            or `contig_missing` where no check came before.
        """
        found = self._places.of([variant for _, variant in alleles])
        reader = None
        if self._places.loader is not None:
            wanted = [p.example for some in found if isinstance(some, list) for p in some]
            reader = self._places.loader.reader(wanted)
        for (row, variant), places in zip(alleles, found, strict=True):
            if isinstance(places, Refusal):
                yield Opened(row, 0, None, (places.status, places.reason))
                continue
            count, refusal = 0, None
            for place in places:
                window = self._window(variant, place, reader)
                if isinstance(window, Refusal):
                    refusal = refusal or (window.status, window.reason)
                else:
                    yield Opened(row, count, window)
                    count += 1
            if not count:
                yield Opened(row, 0, None, refusal)

    def _window(
        self, variant: Variant, place: Place, reader: Callable[[int], Example] | None
    ) -> AlleleWindow | Refusal:
        try:
            arrays = None
            if reader is None:
                stretches = self._stretches(place.window)
            else:
                example = reader(place.example)
                stretches, arrays = self._loaded(place.window, example), example.arrays or None
            return self._changed(variant, place.window, stretches, arrays)
        except OutOfBoundsError as error:
            way = "" if self.placement.mode != "centered" else f" {_inside(variant.chrom)}"
            return Refusal("off_edge", f"{error}{way}")

    def _stretches(self, window: Interval) -> tuple[Stretch, ...]:
        """What the inputs read of a window of the genome; alleles of one site share it."""
        known = self._read.get(window)
        if known is None:
            known = tuple(self._stretch(piece) for piece in pieces(self.inputs, window))
            if len(self._read) >= _KEPT_WINDOWS:
                self._read.clear()
            self._read[window] = known
        return known

    def _stretch(self, piece: Interval) -> Stretch:
        bases = self._genome_bases(piece.chrom)
        return Stretch.of(piece, bases(piece.start, piece.end), self._contig_bp(piece), bases)

    def _loaded(self, window: Interval, example: Example) -> tuple[Stretch, ...]:
        beyond = None if self.genome is None else self._genome_bases(window.chrom)
        return tuple(
            Stretch.of(piece, bases, self._contig_bp(piece), beyond)
            for piece, bases in zip(pieces(self.inputs, window), example.bases, strict=True)
        )

    def _genome_bases(self, contig: str) -> Callable[[int, int], NDArray[np.uint8]]:
        genome = self.genome
        if genome is None:  # `WindowPlaces` refuses this where it matters
            raise OptionError("bases are read from a genome; give one.", option="genome")

        def read(first: int, last: int) -> NDArray[np.uint8]:
            bases: NDArray[np.uint8] = genome.one_hot(Interval(contig, first, last), pad=True)
            return bases

        return read

    def _contig_bp(self, piece: Interval) -> int | None:
        return None if self.genome is None else self.genome.lengths[piece.chrom]

    def _changed(
        self,
        variant: Variant,
        window: Interval,
        stretches: tuple[Stretch, ...],
        arrays: Mapping[str, NDArray[Any]] | None,
    ) -> AlleleWindow | Refusal:
        holding = [stretch for stretch in stretches if stretch.holds(variant)]
        if not holding:
            return Refusal("outside_regions", f"no input of the model reads {variant.text()}")
        odd = next((found for found in (s.differs(variant) for s in holding) if found), None)
        if odd is not None:
            if self.ref_policy == "check":
                reason = f"REF is {variant.ref[:20]} but {odd[:20]} stands there"
                return Refusal("ref_mismatch", reason)
            stretches = tuple(
                s.with_allele(variant, variant.ref) if s.holds(variant) else s for s in stretches
            )
        reference = _joined([stretch.read(stretch.bases) for stretch in stretches])
        anchors = self.indels.anchors if variant.length_change else ("left",)
        trim = self.indels.align != "alphagenome" and odd is None
        spelt = [self._view(variant, window, stretches, anchor, trim=trim) for anchor in anchors]
        views, n_missing = tuple(view for view, _ in spelt), max(missing for _, missing in spelt)
        n_padded = sum(stretch.n_padded for stretch in stretches) + n_missing
        n_unknown = sum(stretch.n_unknown for stretch in stretches)
        is_noted = {"padded": n_padded, "n_in_window": n_unknown, "ref_forced": odd is not None}
        notes = frozenset(note for note, is_so in is_noted.items() if is_so)
        return AlleleWindow(variant, window, reference, views, n_padded, n_unknown, notes, arrays)

    def _view(
        self,
        variant: Variant,
        window: Interval,
        stretches: tuple[Stretch, ...],
        anchor: str,
        *,
        trim: bool,
    ) -> tuple[AlleleView, int]:
        """The allele read from one end, and how many bases that it reads beyond are not there.

        A REF that was forced is replaced as it is spelt: what it shares with ALT is not what the
        genome has.
        """
        parts, n_missing = [], 0
        alignment = Alignment.from_variant(variant, window, trim=trim, anchor=anchor)
        for stretch in stretches:
            bases = stretch.bases
            if stretch.holds(variant) and not variant.length_change:
                bases = stretch.with_allele(variant, variant.alt).bases
            elif stretch.holds(variant):
                own = Alignment.from_variant(variant, stretch.place, trim=trim, anchor=anchor)
                bases, missing = stretch.spell(own)
                n_missing += missing
            parts.append(stretch.read(bases))
        return AlleleView(_joined(parts), alignment), n_missing


def normalized(genome: Genome, variant: Variant) -> Variant:
    """Give the leftmost, shortest spelling; as it stands where bases for that are missing.

    An allele whose REF the genome does not have stays as it is: its own anchor base counts.
    """
    if len(variant.ref) == len(variant.alt) == 1:
        return variant
    try:
        return variant if variant.check(genome) is not None else variant.normalize(genome)
    except OutOfBoundsError:
        return variant


def _joined(parts: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0])
    return np.concatenate(parts, axis=1)


def _inside(chrom: str) -> str:
    """Say which placement keeps windows inside the slices that are here."""
    return (
        f'Placement(mode="restricted", regions=genome.available("{chrom}")) keeps windows inside '
        "the slices."
    )
