"""Averaging over equivalent views of a sequence: `Ensemble`, and how each view is brought back.

A view is one network, one shift of the sequence and one strand. The sequence is shifted first, then
turned; its prediction is turned back first, then shifted back, so that it lies on the positions of
the sequence as it was given and may be averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.interval import whole_number
from locuscope.models.protocol import require_model

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.models.protocol import HeadSpec, SequenceModel

RC_MERGINGS = ("min", "max", "mean", "median", "absmax")
SHIFT_FILLS = ("uniform", "zero", "genome")


@dataclass(frozen=True, kw_only=True, repr=False)
class Ensemble:
    """Which views of a sequence are averaged.

    Args:
        rc: also the reverse complement.
        rc_merging: how the scores of the two strands become one: "min", "max", "mean", "median",
            "absmax" (the larger magnitude with its sign, the forward one on ties), or a function
            `(forward, reverse) -> merged` of arrays. It acts on scores; tracks are always averaged.
        shifts: by how many bases the sequence is moved, one view each; positive to the right.
        mc_samples: how often each view is drawn with dropout active (Monte Carlo dropout), every
            other layer in evaluation mode; 0 = once, without dropout.
        members: further models, each averaged with the model of the call as its equal. They have
            the same heads and tracks, and run one after another.
        shift_fill: what fills the bases that a shift leaves open: "uniform" (0.25 of each base),
            "zero" (N), or "genome" (the bases that are there; needs places on a genome).
        mc_keyed: each mask is drawn from the seed of the call, the number of the example, the
            member, the sample and the place in the network, so that neither the batch size nor the
            order of the examples changes a number. False also allows dropout inside attention and
            recurrent layers, where a mask cannot be given; numbers then depend on the batches.

    Raises:
        WrongTypeError: `rc` is not True or False, a shift that is no whole number, a member that is
            no model.
        OptionError: an unknown rule or fill, no shift or one twice, or a rule that is not the
            default without `rc=True`; `mc_keyed=False` without samples.

    >>> Ensemble(rc=True, shifts=(0, 1)).order()
    [(0, 0, False, 0), (0, 0, True, 0), (0, 1, False, 0), (0, 1, True, 0)]
    """

    rc: bool = False
    rc_merging: str | Callable[[Any, Any], Any] = "mean"
    shifts: tuple[int, ...] = (0,)
    mc_samples: int = 0
    members: tuple[SequenceModel, ...] = ()
    shift_fill: str = "uniform"
    mc_keyed: bool = True

    def __post_init__(self) -> None:
        """Refuse values outside their range, and a rule that nothing would use."""
        if not isinstance(self.rc, bool):
            raise WrongTypeError(
                f"rc is {self.rc!r}; expected True or False.",
                argument="rc",
                found=type(self.rc).__name__,
                expected="bool",
            )
        if not callable(self.rc_merging):
            check_choice("rc_merging", self.rc_merging, RC_MERGINGS)
        if not self.rc and self.rc_merging != "mean":
            raise OptionError(
                f"rc_merging has no effect without rc=True; got {self.rc_merging!r}.",
                option="rc_merging",
                value=self.rc_merging,
            )
        object.__setattr__(self, "shifts", _shifts(self.shifts))
        object.__setattr__(self, "members", _members(self.members))
        check_choice("shift_fill", self.shift_fill, SHIFT_FILLS)
        if self.shift_fill != "uniform" and not any(self.shifts):
            raise OptionError(
                f"shift_fill={self.shift_fill!r} has no effect without a shift; got shifts="
                f"{self.shifts}.",
                option="shift_fill",
                value=self.shift_fill,
            )
        object.__setattr__(self, "mc_samples", _samples(self.mc_samples))
        check_class("mc_keyed", self.mc_keyed, bool)
        if not self.mc_keyed and not self.mc_samples:
            raise OptionError(
                "mc_keyed=False has no effect without mc_samples; got mc_samples=0.",
                option="mc_keyed",
                value=False,
            )

    @property
    def margin_bp(self) -> int:
        """Bases beyond each end of the window that the shifts read from a genome."""
        is_read = self.shift_fill == "genome"
        return max(abs(shift) for shift in self.shifts) if is_read else 0

    @property
    def n_views(self) -> int:
        """Number of views."""
        strands = 2 if self.rc else 1
        return len(self.pairs()) * strands * max(self.mc_samples, 1)

    def order(self) -> list[tuple[int, int, bool, int]]:
        """Give the views as (member, shift, is reverse complement, sample).

        Member 0 is the model of the call, member i the i-th of `members`. The sample is 0 without
        `mc_samples`.
        """
        return [(m, *view) for m in range(1 + len(self.members)) for view in self.one_member()]

    def one_member(self) -> list[tuple[int, bool, int]]:
        """Give the views of one network as (shift, is reverse complement, sample), in order."""
        strands = (False, True) if self.rc else (False,)
        samples = range(max(self.mc_samples, 1))
        return [(shift, rc, k) for shift in self.shifts for rc in strands for k in samples]

    def pairs(self) -> list[tuple[int, int]]:
        """Give the views as (member, shift), both strands together."""
        members = range(1 + len(self.members))
        return [(member, shift) for member in members for shift in self.shifts]

    def models(self, model: SequenceModel) -> tuple[SequenceModel, ...]:
        """Give the networks in order: the model of the call, then `members`.

        Raises:
            OptionError: the model of the call stands among `members` as well.
        """
        if any(member is model for member in self.members):
            raise OptionError(
                f"{model.name} is the model of the call and one of ensemble.members; it would "
                "count twice. List only the further models.",
                option="members",
                value=[member.name for member in self.members],
            )
        return (model, *self.members)

    def require_mean(self, verb: str) -> None:
        """Refuse a merge rule where tracks are averaged and nothing is scored.

        Raises:
            OptionError: a rule other than the mean.
        """
        if self.rc_merging != "mean":
            raise OptionError(
                f"{verb} averages the tracks of both strands; rc_merging={self.rc_merging!r} acts "
                "on scores only. Leave it out.",
                option="rc_merging",
                value=self.rc_merging,
            )

    def refuse_samples(self, verb: str) -> None:
        """Refuse Monte Carlo dropout where a verb compares sequences and noise would hide them.

        Raises:
            OptionError: `mc_samples` above 0.
        """
        if self.mc_samples:
            raise OptionError(
                f"{verb} draws no dropout; mc_samples={self.mc_samples} has no effect there. Leave "
                "it out, or use predict(..., return_var=True).",
                option="mc_samples",
                value=self.mc_samples,
            )

    def facts(self) -> dict[str, object]:
        """Give everything that changes a number, as plain values."""
        rule = self.rc_merging
        drawn = {"mc_samples": self.mc_samples, "mc_keyed": self.mc_keyed}
        return {
            "rc": self.rc,
            "rc_merging": rule if isinstance(rule, str) else name_of(rule),
            "shifts": list(self.shifts),
            "shift_fill": self.shift_fill,
            "members": [{"model": m.name, "model_digest": m.digest} for m in self.members],
            **(drawn if self.mc_samples else {}),
        }

    def __repr__(self) -> str:
        told = (
            f"{field.name}={[m.name for m in value] if field.name == 'members' else value!r}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"Ensemble({', '.join(told)})"


def name_of(function: object) -> str:
    """Give the name of a callable, else that of its class."""
    return str(getattr(function, "__name__", type(function).__name__))


def _shifts(given: object) -> tuple[int, ...]:
    many = isinstance(given, Iterable) and not isinstance(given, str)
    listed: list[Any] = list(given) if many else [given]  # type: ignore[call-overload]
    shifts = tuple(whole_number(shift, "shifts") for shift in listed)
    if not shifts or len(set(shifts)) != len(shifts):
        raise OptionError(
            f"shifts needs at least one number of bases, each once; got {given!r}.",
            option="shifts",
            value=given,
        )
    return shifts


def _samples(given: object) -> int:
    """A number of samples; one drawn view has no spread, so it is refused by `return_var` only."""
    number = whole_number(given, "mc_samples")
    if number < 0:
        raise OptionError(
            f"mc_samples is {given!r}; expected 0 (no dropout) or a number of samples.",
            option="mc_samples",
            value=given,
            allowed=(">= 0",),
        )
    return number


def _members(given: object) -> tuple[SequenceModel, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable) or hasattr(given, "run"):
        raise WrongTypeError(
            f"members takes a list of models; got {repr(given)[:60]}.",
            argument="members",
            found=type(given).__name__,
            expected="list of SequenceModel",
        )
    members = tuple(given)
    for member in members:
        require_model(member)
    if len({id(member) for member in members}) != len(members):
        raise OptionError(
            "a model stands twice among members; list each once.",
            option="members",
            value=[member.name for member in members],
        )
    return members


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
