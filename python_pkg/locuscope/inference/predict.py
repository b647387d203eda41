"""The verb `predict`: named tracks of sequences or of places in a genome."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

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
from locuscope.genome.sequence import check_one_hot, one_hot
from locuscope.inference.batches import Examples, run_batches
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.joined_inputs import fetch_joined, is_joined
from locuscope.inference.run import Run, run_here
from locuscope.inference.selection import HeadChoice, TrackChoice, choose
from locuscope.inference.windows import (
    bins_over,
    check_available,
    fetch_windows,
    input_window,
    warn_unknown,
    widened,
)
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.models.protocol import SequenceModel

    Places: TypeAlias = Interval | Sequence[Interval] | Iterable[Interval]
    Sequences: TypeAlias = Sequence[str] | NDArray[np.generic] | Tensor


def predict(
    model: SequenceModel,
    where: Places | Sequences,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    on_nonfinite: Literal["warn", "raise"] = "warn",
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> NamedOutputs:
    """Predict the tracks of sequences or places.

    A place is predicted with real bases around it: a model with a fixed window reads the window
    centred on it, a model of any length the place and its crops. The output is cut to the bins that
    overlap the place. Tracks run along the forward strand, whatever the strand of the place is; the
    strand of a track stands in its metadata. A model with several inputs reads each at its own end
    of the place, in the direction of the place's strand (`mtsplice`: the place is an exon). A
    window that leaves the contig is padded with N, and a DataWarning says so.

    Args:
        model: any `SequenceModel`: `load_model(name)`, or `wrap(module)` for your own.
        where: an Interval or several of one width (they need `genome`; a model with several inputs
            takes any widths), a list of ACGTN texts of one length, or one-hot sequence (N, A, L)
            with bases in the order ACGT. Bare sequences give every bin of the model; several inputs
            stand end to end.
        genome: where the bases of intervals come from.
        organism: index or name; None = the genome's organism where it states one, else 0.
        heads: heads to compute; None = all. Others are not run.
        tracks: criteria as a mapping, track names, or for one head places or a bool mask; None =
            all.
        resolutions_bp: only these bin widths; None = all.
        on_nonfinite: "warn" keeps NaN and Inf and says how many, "raise" stops.
        ensemble: views of a sequence that are averaged. A shift is undone on bins that divide it,
            where positions that it moves in from outside do not count; wider bins are left as they
            are.
        run: device and batch size.
        rc: short for `Ensemble(rc=...)`.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        NamedOutputs with tensors (N, L', T), float32, on the CPU, without padding channels. The
        batch size does not change a value beyond rounding.

    Raises:
        ShapeError: a length that the model cannot read, places of different widths, swapped axes.
        OutOfBoundsError: a place beyond its contig, or a window beyond an embedded slice.
        EmptySelectionError: nothing to predict.
        DeviceMemoryError: one example does not fit.

    >>> from locuscope import Genome, Interval, demo, load_model
    >>> place = Interval("20", 2_577_700, 2_577_900)
    >>> predict(load_model("cispliceai"), place, demo.genome()).splice_sites[1]
    NamedTrackTensor('splice_sites', 1bp, shape (1, 200, 4), 4 tracks, 20:2,577,701-2,577,900)
    """
    if genome is not None:
        check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    index = organism_index(organism, default=_organism_of(genome), known=None)
    choices = choose(
        model, heads=heads, tracks=tracks, resolutions_bp=resolutions_bp, organism=index
    )
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("predict")
    forward = partial(
        run_batches,
        model,
        choices=choices,
        organism=index,
        ensemble=views,
        run=run_here("predict", run, device=device, batch_size=batch_size),
        on_nonfinite=on_nonfinite,
    )
    joined = is_joined(model)
    places = _places(where, any_width=joined)
    if places is None:
        _refuse_margin(views)
        bases = _one_hot(where)
        examples = Examples(len(bases), bases.shape[-1], lambda i, j: bases[i:j], is_joined=joined)
        return named(choices, forward(examples=examples), organism=index)
    if genome is None:
        raise InputError(
            f"predicting {places[0]!r} needs a genome; give predict(model, where, genome)."
        )
    if joined:
        _refuse_margin(views)
        windows, bases = fetch_joined(model, places, genome)
        width_bp = bases.shape[-1]
        warn_unknown(windows, bases, genome)
    else:
        windows = [input_window(model, place, choices) for place in places]
        read = [widened(window, views.margin_bp) for window in windows]
        for place, window in zip(places, read, strict=True):
            check_available(model, place, window, genome)
        bases = fetch_windows(read, genome)
        width_bp = windows[0].width
        warn_unknown(read, bases, genome)
    examples = Examples(
        len(bases), width_bp, lambda i, j: bases[i:j], lambda i: places[i].text(), joined
    )
    values = forward(examples=examples, cut=partial(_bins, places[0], windows[0]))
    return named(choices, values, organism=index, places=places, windows=windows)


def named(
    choices: Sequence[HeadChoice],
    values: dict[str, dict[int, Tensor]],
    *,
    organism: int,
    places: Sequence[Interval] | None = None,
    windows: Sequence[Interval] | None = None,
) -> NamedOutputs:
    """Put the metadata of the chosen tracks to their values.

    Args:
        choices: heads and tracks, in order.
        values: head -> resolution -> (N, L', T), bins cut to the places.
        organism: index of the organism.
        places: what was asked for; None for bare sequences.
        windows: what the model read for each place.
    """
    heads = {}
    for choice in choices:
        spec = choice.spec
        tensors = {}
        for key in choice.keys:
            covered = None
            if places is not None and windows is not None:
                pairs = zip(places, windows, strict=True)
                covered = [bins_over(place, window, spec, key).covered for place, window in pairs]
            tensors[key] = NamedTrackTensor(
                values[spec.name][key], choice.table, spec.name, key, intervals=covered
            )
        heads[spec.name] = NamedOutputHead(spec.name, tensors, intervals=places)
    return NamedOutputs(heads, organism=organism, intervals=places)


def _refuse_margin(views: Ensemble) -> None:
    """Refuse shifts that are filled from a genome where there is no window on one."""
    if views.margin_bp:
        raise OptionError(
            "shift_fill='genome' reads the bases beyond a window on a genome; these sequences have "
            "none. Use 'uniform' or 'zero'.",
            option="shift_fill",
            value=views.shift_fill,
            allowed=("uniform", "zero"),
        )


def _bins(place: Interval, window: Interval, choice: HeadChoice, key: int) -> slice:
    # All places have one width and lie at one offset in their windows, so one slice serves all.
    bins = bins_over(place, window, choice.spec, key)
    return slice(bins.first, bins.stop)


def _organism_of(genome: Genome | None) -> int:
    stated = None if genome is None else genome.organism
    return 0 if stated is None else stated


def _places(where: object, *, any_width: bool) -> list[Interval] | None:
    """The places that `where` lists, or None when it holds sequences.

    Args:
        where: what the caller gave.
        any_width: places may differ in width, because what is read of them does not.

    Raises:
        EmptySelectionError, ShapeError, WrongTypeError: nothing, different widths, something else.
    """
    if isinstance(where, Interval):
        return [where]
    if isinstance(where, str | bytes):
        raise WrongTypeError(
            f"where is the text {where[:40]!r}; a place is Interval.parse(text), sequences are a "
            "list of texts.",
            argument="where",
            found=type(where).__name__,
            expected="Interval or list",
        )
    if hasattr(where, "shape") or not isinstance(where, Iterable):
        return None
    listed = list(where)
    if not listed:
        raise EmptySelectionError(
            "where is empty; give at least one place or sequence.", available=0
        )
    if not all(isinstance(item, Interval) for item in listed):
        return None
    places: list[Interval] = listed
    odd = next((place for place in places if place.width != places[0].width), None)
    if odd is not None and not any_width:
        raise ShapeError(
            f"the places differ in width: {places[0].text()} has {places[0].width:,} bases, "
            f"{odd.text()} has "
            f"{odd.width:,}. Predict each width in its own call.",
            found=odd.width,
            expected=places[0].width,
        )
    return places


def _one_hot(where: object) -> NDArray[np.uint8]:
    """One-hot (N, A, L) of texts, an array or a tensor."""
    if isinstance(where, list | tuple):
        odd = [item for item in where if not isinstance(item, str | bytes)]
        if odd:
            raise WrongTypeError(
                f"where holds a {type(odd[0]).__name__}; expected Intervals, or texts of ACGTN.",
                argument="where",
                found=type(odd[0]).__name__,
                expected="Interval or str",
            )
        return np.asarray(one_hot(list(where)), np.uint8)
    detach = getattr(where, "detach", None)
    array = np.asarray(where if detach is None else detach().cpu().float().numpy())
    if array.dtype == object:
        raise WrongTypeError(
            f"where is a {type(where).__name__}; expected an Interval, a list of them, texts, or "
            "one-hot (N, 4, L).",
            argument="where",
            found=type(where).__name__,
            expected="Interval, list or array",
        )
    if array.ndim != 3:
        raise ShapeError(
            f"one-hot sequence has shape {array.shape}; expected (N, 4, L), one example being (1, "
            "4, L).",
            found=array.shape,
            expected=("N", 4, "L"),
        )
    if not len(array):
        raise EmptySelectionError("where holds no example.", available=0)
    check_one_hot(array, where="where")
    return array.astype(np.uint8)
