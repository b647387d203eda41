"""Modules with several inputs: what was stated of them, and how one call gets them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import ModelError, OptionError
from locuscope.genome.choices import check_class
from locuscope.models.protocol import InputSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from locuscope.models.protocol import HeadSpec


def check_inputs(
    inputs: Sequence[InputSpec] | None,
    axes: str,
    heads: Mapping[str, HeadSpec],
    window_bp: int | None,
) -> tuple[InputSpec, ...]:
    """Refuse inputs that contradict each other or the heads; () where none were stated.

    Raises:
        OptionError: no piece of sequence, a name twice, several pieces without a length or without
            `window_bp`, a head along several pieces, or `axes` beside inputs that state their own.
    """
    if inputs is None:
        return ()
    given = (inputs,) if isinstance(inputs, InputSpec) else tuple(inputs)
    for spec in given:
        check_class("inputs", spec, InputSpec)
    names = [spec.name for spec in given]
    dna = [spec for spec in given if spec.kind == "dna"]
    fault = None
    if axes != "NAL":
        fault = f"each InputSpec states its own axes; leave axes={axes!r} out"
    elif not dna or len(set(names)) != len(names):
        fault = f"{names} need different names and at least one of kind 'dna'"
    elif len(dna) == 1 and (dna[0].offset_bp or dna[0].length_bp not in (None, window_bp)):
        fault = f"{dna[0].name!r}, the one piece of sequence, is the window; leave its place out"
    elif len(dna) > 1:
        open_ended = [spec.name for spec in dna if spec.length_bp is None]
        along = [name for name, head in heads.items() if head.keys != (0,)]
        if window_bp is None:
            fault = "several pieces of sequence need window_bp, the width of the place they are of"
        elif open_ended:
            fault = f"of several pieces of sequence each needs length_bp; {open_ended} have none"
        elif along:
            fault = (
                f"heads {along} have values along the sequence, but there are {len(dna)} pieces of "
                "it; state resolutions_bp=() for one value per window"
            )
    if fault is not None:
        raise OptionError(f"inputs: {fault}.", option="inputs", value=names)
    return given


def joined_bp(inputs: Sequence[InputSpec], window_bp: int | None) -> int | None:
    """Bases of all pieces of sequence end to end; None for a piece of any length.

    >>> joined_bp((InputSpec("left", length_bp=40), InputSpec("right", length_bp=60)), None)
    100
    """
    total = 0
    for spec in inputs:
        if spec.kind == "dna":
            length = spec.length_bp or window_bp
            if length is None:
                return None
            total += length
    return total


def named_inputs(
    inputs: Sequence[InputSpec],
    one_hot: Tensor,
    arrays: Mapping[str, Tensor] | None,
    name: str,
) -> dict[str, Tensor]:
    """Cut the pieces of sequence apart and give everything its name.

    Args:
        inputs: what the module takes.
        one_hot: (N, A, L), the pieces end to end.
        arrays: the other inputs by name, (N, ...); whole numbers stay whole.
        name: of the model, for messages.

    Raises:
        ModelError: an array is missing.
    """
    pieces = sum(spec.kind == "dna" for spec in inputs)
    found: dict[str, Tensor] = {}
    first = 0
    for spec in inputs:
        if spec.kind == "dna":
            length = one_hot.shape[-1] if pieces == 1 else int(spec.length_bp or 0)
            piece = one_hot[..., first : first + length]
            found[spec.name] = piece if spec.axes == "NAL" else piece.transpose(1, 2)
            first += length
        elif arrays is None or spec.name not in arrays:
            raise ModelError(
                f"{name} reads {spec.name!r} beside the bases, and there is none: batches of a "
                "data loader bring it.",
                batch=tuple(one_hot.shape),
            )
        else:
            given = arrays[spec.name].to(one_hot.device)
            found[spec.name] = given.to(one_hot.dtype) if given.is_floating_point() else given
    return found
