"""What the verbs of this room explain: places of a genome, texts, or one-hot bases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.variant_examples import alternative_windows, is_variants
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.regions import read_bed
from locuscope.genome.sequence import check_one_hot, one_hot
from locuscope.inference.joined_inputs import fetch_joined, is_joined
from locuscope.inference.selection import choose
from locuscope.inference.windows import (
    check_available,
    fetch_windows,
    input_window,
    warn_unknown,
    widened,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.models.protocol import SequenceModel


_BED = (".bed", ".bed.gz", ".narrowpeak", ".narrowpeak.gz", ".broadpeak", ".broadpeak.gz")


@dataclass(frozen=True, eq=False)
class Sequences:
    """Bases of the examples of a call.

    Args:
        bases: one-hot uint8 (N, A, L), with the margin at both ends.
        windows: the place of each, without the margin; None for bare sequences.
        margin_bp: bases beyond each end.
    """

    bases: NDArray[np.uint8]
    windows: tuple[Interval, ...] | None
    margin_bp: int = 0

    @property
    def placed(self) -> tuple[Interval, ...] | None:
        """The windows where every base has its place; None where pieces stand end to end."""
        width_bp = self.inner.shape[-1]
        if self.windows is None or any(window.width != width_bp for window in self.windows):
            return None
        return self.windows

    @property
    def inner(self) -> NDArray[np.uint8]:
        """Without the margin."""
        stop = self.bases.shape[-1] - self.margin_bp
        return self.bases[..., self.margin_bp : stop]


def read_sequences(
    model: SequenceModel, where: Any, genome: Genome | None = None, *, margin_bp: int = 0
) -> Sequences:
    """Read what a verb was given as `where`.

    Args:
        model: says how wide a window is.
        where: Interval or several, a RegionTable or the name of a BED file, one or several
            variants or the name of a VCF file (an example is the alternative sequence of one
            allele), texts of one length, or one-hot (N, A, L) or (A, L).
        genome: where the bases of intervals come from.
        margin_bp: bases beyond both ends that shifts read from a genome.

    Raises:
        InputError: places or variants without a genome.
        VariantError: alleles that do not fit the genome.
        FormatError, MissingFileError: a file that cannot be read.
        ShapeError: a length that the model cannot read, texts of different lengths.
        OutOfBoundsError: a place beyond its contig.
        EmptySelectionError: nothing given.
        OptionError: a margin around bare sequences.
    """
    if genome is not None:
        check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    if is_variants(where):
        choices = choose(model)
        windows, bases = alternative_windows(model, where, genome, choices, margin_bp)
        return Sequences(bases, tuple(windows), margin_bp)
    if isinstance(where, PathLike) or (isinstance(where, str) and where.lower().endswith(_BED)):
        where = read_bed(where)
    listed = [where] if isinstance(where, Interval) else where
    is_listed = isinstance(listed, Iterable) and not hasattr(listed, "shape")
    if is_listed and not isinstance(listed, str | bytes):
        listed = list(listed)
        if not listed:
            raise EmptySelectionError(
                "where is empty; give at least one place or sequence.", available=0
            )
        if all(isinstance(item, Interval) for item in listed):
            return _of_places(model, listed, genome, margin_bp)
    if margin_bp:
        raise OptionError(
            "shift_fill='genome' reads the bases beyond a window on a genome; these sequences have "
            "none. Use 'uniform' or 'zero'.",
            option="shift_fill",
            value="genome",
            allowed=("uniform", "zero"),
        )
    return Sequences(_of_bases(listed), None)


def _of_places(
    model: SequenceModel, places: list[Interval], genome: Genome | None, margin_bp: int
) -> Sequences:
    if genome is None:
        raise InputError(f"explaining {places[0]!r} needs a genome; give it after the place.")
    if is_joined(model):
        windows, bases = fetch_joined(model, places, genome)
        warn_unknown(windows, bases, genome)
        return Sequences(bases, tuple(windows))
    choices = choose(model)
    windows = [replace(input_window(model, place, choices), name=place.name) for place in places]
    odd = next((window for window in windows if window.width != windows[0].width), None)
    if odd is not None:
        raise ShapeError(
            f"the windows differ in width: {windows[0].width:,} and {odd.width:,} bases. Explain "
            "each width in its own call.",
            found=odd.width,
            expected=windows[0].width,
        )
    read = [widened(window, margin_bp) for window in windows]
    for place, window in zip(places, read, strict=True):
        check_available(model, place, window, genome)
    bases = fetch_windows(read, genome)
    warn_unknown(read, bases, genome)
    return Sequences(bases, tuple(windows), margin_bp)


def _of_bases(where: Any) -> NDArray[np.uint8]:
    if isinstance(where, str | bytes):
        where = [where]
    if isinstance(where, list) and all(isinstance(item, str | bytes) for item in where):
        return np.asarray(one_hot(where), np.uint8)
    detach = getattr(where, "detach", None)
    try:
        array = np.asarray(where if detach is None else detach().cpu().float().numpy())
    except ValueError as error:  # what numpy says of rows of different lengths
        raise ShapeError(
            "the arrays of where differ in shape; one-hot (N, 4, L) of one length is needed.",
            found="several shapes",
            expected=("N", 4, "L"),
        ) from error
    if array.dtype.kind not in "fiub":
        raise WrongTypeError(
            f"where is a {type(where).__name__}; expected an Interval, a list of them, texts of "
            "ACGTN, or one-hot (N, 4, L).",
            argument="where",
            found=type(where).__name__,
            expected="Interval, list or array",
        )
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3:
        raise ShapeError(
            f"one-hot sequence has shape {array.shape}; expected (N, 4, L).",
            found=array.shape,
            expected=("N", 4, "L"),
        )
    if not len(array):
        raise EmptySelectionError("where holds no example.", available=0)
    check_one_hot(array, where="where")
    return array.astype(np.uint8)
