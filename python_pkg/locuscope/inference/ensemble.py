"""Averaging over equivalent views of a sequence: `Ensemble`, and how each view is brought back.

A prediction of the reverse complement is reversed along the positions and its channels are swapped
by the head's `strand_pair`, so that it lies on the forward strand again and may be averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_class

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.models.protocol import HeadSpec


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Which views of a sequence are averaged.

    Args:
        rc: also the reverse complement.

    Raises:
        WrongTypeError: `rc` is not True or False.

    >>> Ensemble(rc=True).order()
    [False, True]
    """

    rc: bool = False

    def __post_init__(self) -> None:
        """Refuse anything but a yes or no."""
        if not isinstance(self.rc, bool):
            raise WrongTypeError(
                f"rc is {self.rc!r}; expected True or False.",
                argument="rc",
                found=type(self.rc).__name__,
                expected="bool",
            )

    def order(self) -> list[bool]:
        """The views in order: whether each is the reverse complement."""
        return [False, True] if self.rc else [False]


def ensemble_of(ensemble: Ensemble | None = None, *, rc: bool | None = None) -> Ensemble:
    """The Ensemble that a verb's noun and shortcut mean together.

    Raises:
        OptionError: the shortcut differs from the noun given beside it.
        WrongTypeError: `ensemble` is no Ensemble.

    >>> ensemble_of(rc=True)
    Ensemble(rc=True)
    """
    if ensemble is None:
        return Ensemble(rc=bool(rc) if rc is None else rc)
    check_class("ensemble", ensemble, Ensemble, hint="Ensemble(rc=True) averages both strands.")
    if rc is not None and rc != ensemble.rc:
        raise OptionError(
            f"rc={rc!r} and ensemble.rc={ensemble.rc!r} differ; give one of them.",
            option="rc",
            value=rc,
        )
    return ensemble


def check_reversible(head: HeadSpec, length_bp: int) -> None:
    """Raise unless a prediction of the reverse complement can be brought back exactly.

    Raises:
        OptionError: a head of junctions, or a window that does not end with a whole bin.
    """
    if head.kind == "junction" and head.undo_rc is None:
        raise OptionError(
            f"head {head.name!r} lists pairs of junctions, which have no reversed order; use "
            "rc=False or "
            "leave the head out with heads=.",
            option="rc",
            value=True,
        )
    for resolution in head.resolutions_bp:
        rest = (length_bp - 2 * head.crop_bp) % resolution
        if rest:
            raise OptionError(
                f"rc needs whole bins: {length_bp:,} bases leave {rest} of {resolution} in the "
                "last bin of "
                f"{head.name!r}.",
                option="rc",
                value=True,
            )


def undo_reverse(values: Tensor, head: HeadSpec, resolution_bp: int) -> Tensor:
    """Bring a prediction of the reverse complement back to the forward strand.

    Args:
        values: (N, L', T), or (N, L', L', T) for contact maps.
        head: what the values mean.
        resolution_bp: bases per bin; 0 for one value per window.

    Returns:
        Same shape; positions reversed and channels swapped by `strand_pair`.
    """
    if head.undo_rc is not None:
        return head.undo_rc(values, resolution_bp)
    axes = (1, 2) if head.kind == "contact" else (1,)
    forward = values.flip(*axes) if resolution_bp else values
    if head.strand_pair is None:
        return forward
    return forward[..., list(head.strand_pair)]
