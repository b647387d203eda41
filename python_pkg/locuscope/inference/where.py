"""What `where` means to a verb: places of a genome, or sequences as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
)
from locuscope.genome.interval import Interval
from locuscope.genome.regions import RegionTable, read_bed
from locuscope.genome.sequence import check_one_hot, one_hot
from locuscope.inference.joined_inputs import is_joined

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.genome.reference import Genome
    from locuscope.models.protocol import SequenceModel

    Places: TypeAlias = Interval | Sequence[Interval] | Iterable[Interval] | PathLike[str] | str
    Sequences: TypeAlias = Sequence[str] | NDArray[np.generic] | Tensor
    Inputs: TypeAlias = Mapping[str, NDArray[Any] | Tensor]


@dataclass(frozen=True)
class Given:
    """What a caller gave: places, or bases.

    Args:
        bases: one-hot (N, A, L), several inputs end to end; (0, A, 0) for places.
        places: of a genome; None for sequences.
        arrays: inputs that are no bases, by name, (N, ...).
    """

    bases: NDArray[np.uint8]
    places: list[Interval] | None = None
    arrays: Mapping[str, NDArray[Any]] | None = None


def read_where(where: object, model: SequenceModel, genome: Genome | None) -> Given:
    """Read `where`.

    Args:
        where: an Interval or several, a BED path, texts, one-hot sequence, or a mapping input name
            -> array.
        model: whose inputs a mapping names.
        genome: checks the regions of a BED file.

    Raises:
        EmptySelectionError: nothing in it.
        ShapeError: places of different widths, swapped axes.
        WrongTypeError: something else.
        InputError: places without a genome.
        UnknownNameError: a mapping with a name that is no input of the model, or without one.
    """
    if isinstance(where, Mapping):
        return _inputs(where, model)
    places = _places(where, genome, any_width=is_joined(model))
    if places is None:
        return Given(_one_hot(where))
    if genome is None:
        raise InputError(
            f"predicting {places[0]!r} needs a genome; give predict(model, where, genome)."
        )
    return Given(np.zeros((0, 4, 0), np.uint8), places)


def _places(where: object, genome: Genome | None, *, any_width: bool) -> list[Interval] | None:
    """The places that `where` lists, or None when it holds sequences.

    Args:
        where: what the caller gave.
        genome: where it has one.
        any_width: places may differ in width, because what is read of them does not.

    Raises:
        EmptySelectionError, ShapeError, WrongTypeError: nothing, different widths, something else.
    """
    if isinstance(where, Interval):
        return [where]
    if isinstance(where, str | bytes) and not _is_file(where):
        raise WrongTypeError(
            f"where is the text {where[:40]!r}; a place is Interval.parse(text), regions are a BED "
            "file that is there, sequences are a list of texts.",
            argument="where",
            found=type(where).__name__,
            expected="Interval or list",
        )
    if isinstance(where, str | PathLike | RegionTable):
        where = list(read_bed(where, genome=genome))
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


def _is_file(where: str | bytes) -> bool:
    return isinstance(where, str) and "\0" not in where and Path(where).is_file()


def _one_hot(where: object, name: str = "where") -> NDArray[np.uint8]:
    """One-hot (N, A, L) of texts, an array or a tensor."""
    if isinstance(where, list | tuple):
        odd = [item for item in where if not isinstance(item, str | bytes)]
        if odd:
            raise WrongTypeError(
                f"{name} holds a {type(odd[0]).__name__}; expected Intervals, or texts of ACGTN.",
                argument=name,
                found=type(odd[0]).__name__,
                expected="Interval or str",
            )
        return np.asarray(one_hot(list(where)), np.uint8)
    array = _host(where)
    if array.dtype == object:
        raise WrongTypeError(
            f"{name} is a {type(where).__name__}; expected an Interval, a list of them, texts, or "
            "one-hot (N, 4, L).",
            argument=name,
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
        raise EmptySelectionError(f"{name} holds no example.", available=0)
    check_one_hot(array, where=name)
    return array.astype(np.uint8)


def _host(values: Any) -> NDArray[Any]:
    detach = getattr(values, "detach", None)
    if detach is None:
        return np.asarray(values)
    here = detach().cpu()
    return np.asarray((here.float() if here.is_floating_point() else here).numpy())


def _inputs(where: Mapping[Any, Any], model: SequenceModel) -> Given:
    """Arrays by the names of a model's inputs: the bases end to end, the others as they are."""
    known = {spec.name: spec for spec in model.inputs}
    for name in where:
        if name not in known:
            raise UnknownNameError(
                f"{model.name} has no input {name!r}; {did_you_mean(str(name), known)}",
                name=str(name),
                known=list(known),
            )
    missing = [name for name in known if name not in where]
    if missing:
        raise UnknownNameError(
            f"where lacks the input {missing[0]!r} of {model.name}, which reads "
            f"{', '.join(known)}.",
            name=missing[0],
            known=list(known),
        )
    pieces, arrays = [], {}
    for name, spec in known.items():
        if spec.kind != "dna":
            arrays[name] = _host(where[name])
            continue
        piece = _one_hot(where[name], f"where[{name!r}]")
        if len(known) > 1 and spec.length_bp not in (None, piece.shape[-1]):
            raise ShapeError(
                f"where[{name!r}] has {piece.shape[-1]:,} bases; {model.name} reads "
                f"{spec.length_bp:,} there.",
                found=piece.shape[-1],
                expected=spec.length_bp,
            )
        pieces.append((name, piece))
    counts = {name: len(array) for name, array in (*pieces, *arrays.items())}
    if len(set(counts.values())) > 1:
        raise ShapeError(
            f"the inputs of {model.name} hold different numbers of examples: {counts}.",
            found=tuple(counts.values()),
        )
    bases = np.concatenate([piece for _, piece in pieces], axis=2)
    return Given(bases, arrays=arrays or None)


def refuse_margin(fill: str, margin_bp: int) -> None:
    """Refuse shifts that are filled from a genome where there is no window on one.

    Raises:
        OptionError: there are bases to read beyond the window.
    """
    if margin_bp:
        raise OptionError(
            "shift_fill='genome' reads the bases beyond a window on a genome; these sequences have "
            "none. Use 'uniform' or 'zero'.",
            option="shift_fill",
            value=fill,
            allowed=("uniform", "zero"),
        )
