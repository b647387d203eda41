"""Moving a sequence by some bases, and moving its prediction back.

A shift of k > 0 moves the bases to the right: the first k columns are filled, the last k bases fall
off. Where k is a multiple of the bin width the prediction is moved back exactly, and positions that
came in from outside are unknown; on other bins it is left as it is, since k is small beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from locuscope.errors import OptionError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.models.protocol import HeadSpec

UNIFORM = 0.25


def shift_bases(batch: Tensor, shift: int, fill: str, *, margin_bp: int = 0) -> Tensor:
    """Move sequences to the right by `shift` bases, to the left when it is negative.

    Args:
        batch: (N, A, L), or (N, A, L + 2 * margin_bp) with the bases beyond both ends.
        shift: number of bases.
        fill: "uniform" (0.25; the result is float32), "zero", or "genome" (needs the margin).
        margin_bp: bases beyond each end.

    Returns:
        (N, A, L).

    Raises:
        ShapeError: a shift by the whole sequence or more.

    >>> shift_bases(torch.eye(4)[None], 1, "zero")[0, :, 1].tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    length = batch.shape[-1] - 2 * margin_bp
    if abs(shift) >= length:
        raise ShapeError(
            f"a shift of {shift} bases leaves nothing of a window of {length:,}.",
            found=shift,
            expected=f"less than {length}",
        )
    if fill == "genome":
        first = margin_bp - shift
        return batch[..., first : first + length]
    inner = batch[..., margin_bp : margin_bp + length]
    if shift == 0:
        return inner
    moved = inner.float() if fill == "uniform" else inner
    edge = moved.new_full((*moved.shape[:-1], abs(shift)), UNIFORM if fill == "uniform" else 0)
    parts = (edge, moved[..., :-shift]) if shift > 0 else (moved[..., -shift:], edge)
    return torch.cat(parts, dim=-1)


def is_undone(resolution_bp: int, shift: int) -> bool:
    """Whether a prediction at this bin width is moved back after a shift."""
    return resolution_bp > 0 and shift != 0 and shift % resolution_bp == 0


def known_positions(length: int, resolution_bp: int, shift: int) -> slice:
    """Positions that have a value of their own once the shift is undone."""
    if not is_undone(resolution_bp, shift):
        return slice(0, length)
    bins = shift // resolution_bp
    return slice(max(0, -bins), max(0, length - max(0, bins)))


def undo_shift(values: Tensor, head: HeadSpec, resolution_bp: int, shift: int) -> Tensor:
    """Bring a prediction of a shifted sequence back to the positions of the sequence itself.

    Args:
        values: (N, L', T), or (N, L', L', T) for contact maps.
        head: what the values mean.
        resolution_bp: bases per bin; 0 for one value per window.
        shift: by how many bases the sequence was moved.

    Returns:
        Same shape; 0 at the positions that `known_positions` leaves out.
    """
    if not is_undone(resolution_bp, shift):
        return values
    bins = shift // resolution_bp
    moved = values
    for axis in (1, 2) if head.kind == "contact" else (1,):
        known = known_positions(values.shape[axis], resolution_bp, shift)
        n_known = max(0, known.stop - known.start)
        placed = torch.zeros_like(moved)
        if n_known:
            there = moved.narrow(axis, known.start + bins, n_known)
            placed.narrow(axis, known.start, n_known).copy_(there)
        moved = placed
    return moved


def check_shiftable(head: HeadSpec, shifts: tuple[int, ...]) -> None:
    """Raise for a head whose positions are not those of the window.

    Raises:
        OptionError: a head of junctions together with a shift.
    """
    if head.kind == "junction" and any(shifts):
        raise OptionError(
            f"head {head.name!r} lists pairs of junctions, which a shift of the window would "
            f"rename; use shifts=(0,) or leave the head out with heads=. Got shifts={shifts}.",
            option="shifts",
            value=shifts,
        )
