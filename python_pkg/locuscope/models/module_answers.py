"""What a module of your own answers: one head out of it, with positions before channels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import torch

from locuscope.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.models.protocol import HeadSpec


def head_value(answer: object, place: int | str | None, head: HeadSpec, key: int) -> Tensor:
    """Take one head and resolution out of what the module gave.

    Args:
        answer: a tensor, tuple, list or mapping.
        place: where the head stands in it: None (the answer itself), an index or a key.
        head: the head.
        key: the resolution.

    Raises:
        ShapeError: no such place, or no tensor of real numbers there.
    """
    value = answer
    if isinstance(place, str):
        if not isinstance(answer, Mapping) or place not in answer:
            known = list(answer) if isinstance(answer, Mapping) else type(answer).__name__
            raise ShapeError(f"no output {place!r} in {known}.", found=known, expected=place)
        value = answer[place]
    elif isinstance(place, int):
        if not isinstance(answer, (tuple, list)) or place >= len(answer):
            size = len(answer) if isinstance(answer, (tuple, list)) else type(answer).__name__
            raise ShapeError(
                f"head {head.name!r} is output {place} of a tuple; the module gave {size}.",
                found=size,
                expected=place + 1,
            )
        value = answer[place]
    if isinstance(value, Mapping) and len(head.keys) > 1:
        value = value.get(key)
    if not torch.is_tensor(value) or value.is_complex():
        found = str(value.dtype) if torch.is_tensor(value) else type(value).__name__
        raise ShapeError(
            f"head {head.name!r} at {key} bp is a {found}, expected a tensor of real numbers.",
            found=found,
            expected="Tensor",
        )
    return value


def channels_last(
    value: Tensor, head: HeadSpec, key: int, axes: str, shape: tuple[int, ...]
) -> Tensor:
    """Bring one output to (N, L', T) and check each size.

    Args:
        value: what the module gave for the head.
        head: the head.
        key: the resolution.
        axes: the module's output order, "NLT", "NTL" or "NT".
        shape: of the input, (N, A, L).

    Raises:
        ShapeError: another shape; says when positions and tracks look swapped.
    """
    batch, length = shape[0], head.length_out(shape[-1], key)
    sizes = {"N": batch, "L": length, "T": head.num_tracks}
    expected = tuple(sizes[letter] for letter in axes)
    found = tuple(value.shape)
    if found != expected or (axes == "NT" and length != 1):
        swapped = len(found) == len(expected) == 3 and (found[0], found[2], found[1]) == expected
        hint = ""
        if swapped:
            other = "NTL" if axes == "NLT" else "NLT"
            hint = (
                " It looks transposed: positions and tracks are swapped; "
                f"output_axes={other!r} says so."
            )
        raise ShapeError(
            f"head {head.name!r} at {key} bp has shape {found}; {axes} with {length:,} "
            "positions and "
            f"{head.num_tracks} tracks is {expected}.{hint}",
            found=found,
            expected=expected,
        )
    if axes == "NT":
        return value.unsqueeze(1)
    return value if axes == "NLT" else value.transpose(1, 2)


def head_text(head: HeadSpec) -> str:
    """Describe a head in words that are the same in every process."""
    parts = [
        f"{item.name}={getattr(head, item.name)!r}"
        for item in fields(head)
        if item.name != "undo_rc"
    ]
    rule = getattr(head.undo_rc, "__qualname__", None)
    return hashlib.sha256(f"{parts} undo_rc={rule}".encode()).hexdigest()
