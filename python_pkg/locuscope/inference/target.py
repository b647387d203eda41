"""`Target`: which one number of a model's outputs a gradient or a mutant is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from locuscope.errors import OptionError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval, whole_number
from locuscope.inference.selection import choose
from locuscope.inference.target_fields import (
    RATIOS,
    check_pseudocount,
    plain_value,
    track_choice,
)
from locuscope.inference.target_positions import check_positions, place_bins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.target_values import BoundTarget, CalledTarget
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.named_outputs import NamedOutputs

REDUCTIONS = ("sum", "mean", "max", "log_mean")
TRACK_REDUCTIONS = ("sum", "mean", "ratio", "log_ratio", "each")
TRANSFORMS = ("log", "undo")


@dataclass(frozen=True, eq=False, repr=False)
class Target:
    """Which one number of the outputs of each example is meant.

    The training scale is undone first, value by value; positions are reduced next, track by track;
    then the tracks; a logarithm comes last.

    Args:
        head: name of the output; None = the only one.
        resolution_bp: bases per bin; None = the finest.
        tracks: criteria as a mapping, track names, places or a bool mask; None = all. For a ratio
            a pair of such choices, (above the line, below it).
        positions: None = all bins; a slice or list of bins; Intervals of the genome (the bins that
            overlap them); "center" = the middle bin, or the two middle ones of an even number;
            "center_published" = bins P//2 and P//2 + 1.
        reduce: over positions: "sum", "mean", "max", or "log_mean" = ln(mean + pseudocount + 1e-6).
        track_reduce: "sum", "mean", "ratio" or "log_ratio" of the sums of the two sets of tracks
            (`pseudocount` is added to both), or "each" = one number for every track.
        transform: "log" = ln(x + pseudocount) of the number; "undo" = the inverse of the training
            transform.
        scale: what "undo" inverts: a number, or a mapping of scale (y / scale), soft_clip c
            (c - 1 + (y - c + 1)^2 above c) and square_root ((y + 1)^2 - 1), undone in that order.
        pseudocount: in the units of the outputs.

    Raises:
        OptionError: an unknown word, or options that contradict each other.

    >>> Target("atac", positions="center", reduce="mean")
    Target(head='atac', positions='center', reduce='mean')
    """

    head: str | None = None
    resolution_bp: int | None = None
    tracks: Any = None
    positions: Any = None
    reduce: str = "sum"
    track_reduce: str = "sum"
    transform: str | None = None
    scale: Any = None
    pseudocount: float = 0.0

    def __post_init__(self) -> None:
        """Refuse contradictions, and copy what the caller could change later."""
        if self.head is not None and not isinstance(self.head, str):
            raise WrongTypeError(
                f"head is {self.head!r}; expected the name of one head.",
                argument="head",
                found=type(self.head).__name__,
                expected="str",
            )
        if self.resolution_bp is not None:
            own = whole_number(self.resolution_bp, "resolution_bp")
            object.__setattr__(self, "resolution_bp", own)
        object.__setattr__(self, "positions", check_positions(self.positions))
        check_choice("reduce", self.reduce, REDUCTIONS)
        check_choice("track_reduce", self.track_reduce, TRACK_REDUCTIONS)
        if self.transform is not None:
            check_choice("transform", self.transform, TRANSFORMS)
        object.__setattr__(self, "tracks", track_choice(self.tracks, self.track_reduce))
        object.__setattr__(self, "pseudocount", check_pseudocount(self.pseudocount))
        if isinstance(self.scale, Mapping):
            object.__setattr__(self, "scale", dict(self.scale))
        self._check_scale()

    def _check_scale(self) -> None:
        if (self.scale is None) == (self.transform == "undo"):
            raise OptionError(
                f"transform={self.transform!r} with scale={self.scale!r}: 'undo' inverts the scale "
                "that is given, and nothing else uses one.",
                option="scale",
                value=self.scale,
            )
        if self.transform == "log" and self.track_reduce in RATIOS:
            raise OptionError(
                f"transform='log' with track_reduce={self.track_reduce!r}: the logarithm of a "
                "ratio is track_reduce='log_ratio'.",
                option="transform",
                value=self.transform,
            )
        is_used = "log" in f"{self.reduce} {self.transform}" or self.track_reduce in RATIOS
        if self.pseudocount and not is_used:
            raise OptionError(
                f"pseudocount={self.pseudocount} has no effect without a logarithm or a ratio.",
                option="pseudocount",
                value=self.pseudocount,
            )
        if self.scale is not None:
            from locuscope.inference.target_values import training_scale

            training_scale(self.scale)

    def facts(self) -> dict[str, Any]:
        """Give everything that differs from the defaults, as plain values for files."""
        plain = {name: plain_value(getattr(self, name)) for name in self.__dataclass_fields__}
        default = type(self).__dataclass_fields__
        return {name: value for name, value in plain.items() if value != default[name].default}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Target:
        """Make the target that `facts` describes.

        Raises:
            OptionError: a field that a target does not have.

        >>> wanted = Target(tracks=[1], positions=slice(2, 4))
        >>> Target.from_facts(wanted.facts()) == wanted
        True
        """
        unknown = [name for name in facts if name not in cls.__dataclass_fields__]
        if unknown:
            raise OptionError(
                f"a target has no field {unknown[0]!r}; it has "
                f"{', '.join(cls.__dataclass_fields__)}.",
                option=unknown[0],
                value=facts[unknown[0]],
            )
        given = dict(facts)
        positions = given.get("positions")
        if isinstance(positions, Mapping):
            given["positions"] = (
                slice(*positions["slice"])
                if "slice" in positions
                else [Interval(*place) for place in positions["places"]]
            )
        return cls(**given)

    def __eq__(self, other: object) -> bool:
        """Equal when every field means the same."""
        return isinstance(other, Target) and self._text() == other._text()

    def __hash__(self) -> int:
        return hash(self._text())

    def __repr__(self) -> str:
        default = type(self).__dataclass_fields__
        told = [
            f"{name}={getattr(self, name)!r}"
            for name in self.facts()
            if getattr(self, name) is not default[name].default
        ]
        return f"Target({', '.join(told)})"

    def _text(self) -> str:
        return json.dumps(self.facts(), sort_keys=True)

    def bind(
        self,
        model: SequenceModel,
        *,
        organism: int = 0,
        windows: Sequence[Interval] | None = None,
    ) -> BoundTarget:
        """Find the head, channels and bins of a model that are meant.

        Args:
            model: any `SequenceModel`.
            organism: index of the organism, for the rows of the catalogue.
            windows: what the model reads of each example; needed for positions on a genome.

        Returns:
            A function of `run`'s tensors that gives (N,), with `heads` and `resolutions_bp` to ask
            `run` for.

        Raises:
            OptionError: several heads and none named; contact maps; places without windows.
            UnknownNameError, EmptySelectionError: as `predict`.
            OutOfBoundsError: a window without a bin over the places.
        """
        above, below = self.tracks if self.track_reduce in RATIOS else (self.tracks, None)
        choice = self._choice(model, above, organism)
        under = None if below is None else self._choice(model, below, organism)
        return self._bound(choice, under, windows)

    def values(self, outputs: NamedOutputs) -> Tensor:
        """Give the number of each example of a prediction, (N,); (N, T) for "each".

        Raises:
            OptionError, UnknownNameError, OutOfBoundsError: as `bind`.
            ShapeError: values that are not (N, P, T).
        """
        from locuscope.inference.target_outputs import predicted_choice, predicted_tensor

        named = predicted_tensor(outputs, self.head, self.resolution_bp)
        above, below = self.tracks if self.track_reduce in RATIOS else (self.tracks, None)
        choice = predicted_choice(named, above)
        under = None if below is None else predicted_choice(named, below)
        bound = self._bound(choice, under, named.intervals)
        return bound({named.output_name: {named.resolution: named.tensor}})

    def _choice(self, model: SequenceModel, tracks: Any, organism: int) -> HeadChoice:
        keys = None if self.resolution_bp is None else (self.resolution_bp,)
        heads = None if self.head is None else (self.head,)
        if heads is None and len(model.heads) > 1:
            raise OptionError(
                f"{model.name} has the heads {', '.join(model.heads)}; name the one that is meant: "
                "Target(head=...).",
                option="head",
                value=None,
                allowed=tuple(model.heads),
            )
        choice = choose(model, heads=heads, tracks=tracks, resolutions_bp=keys, organism=organism)
        kind = choice[0].spec.kind
        if kind not in ("track", "scalar"):
            raise OptionError(
                f"head {choice[0].spec.name!r} is of kind {kind!r}; a Target reduces tracks along "
                "positions. A function (outputs -> one number per example) reduces anything.",
                option="head",
                value=choice[0].spec.name,
            )
        return choice[0]

    def _bound(
        self, choice: HeadChoice, under: HeadChoice | None, windows: Sequence[Interval] | None
    ) -> BoundTarget:
        import torch

        from locuscope.inference.target_values import BoundTarget, training_scale

        key = choice.keys[0]
        counted = None
        if isinstance(self.positions, tuple) and isinstance(self.positions[0], Interval):
            _require_windows(windows, key)
            found = place_bins(self.positions, list(windows or ()), choice.spec, key)
            counted = torch.from_numpy(found)
        return BoundTarget(
            heads=(choice.spec.name,),
            resolutions_bp=(key,),
            rows=tuple(choice.rows.tolist()),
            rows_below=() if under is None else tuple(under.rows.tolist()),
            positions=None if counted is not None else self.positions,
            counted=counted,
            reduce=self.reduce,
            track_reduce=self.track_reduce,
            is_log=self.transform == "log",
            scale=None if self.scale is None else training_scale(self.scale),
            pseudocount=self.pseudocount,
        )


if TYPE_CHECKING:
    TargetLike: TypeAlias = Target | int | str | Callable[..., Tensor] | None


def bind_target(
    target: TargetLike,
    model: SequenceModel,
    *,
    organism: int = 0,
    windows: Sequence[Interval] | None = None,
) -> BoundTarget | CalledTarget:
    """Bind what a verb was given as `target`.

    Args:
        target: a Target; an int, the channel of the only head; "each", one number per track; a
            function of `run`'s tensors that gives (N,); None, everything summed.
        model: any `SequenceModel`.
        organism: index of the organism.
        windows: what the model reads of each example.

    Raises:
        WrongTypeError: something else.
        OptionError: as `Target.bind`.
    """
    if isinstance(target, Target):
        return target.bind(model, organism=organism, windows=windows)
    if callable(target):
        from locuscope.inference.target_values import CalledTarget

        return CalledTarget(target)
    return target_of(target).bind(model, organism=organism, windows=windows)


def target_of(target: Target | int | str | None) -> Target:
    """Give the Target that an int, "each" or None stands for.

    >>> target_of(3)
    Target(tracks=(3,))
    """
    if target is None:
        return Target()
    if isinstance(target, Target):
        return target
    if isinstance(target, str):
        check_choice("target", target, ("each",))
        return Target(track_reduce="each")
    return Target(tracks=[whole_number(target, "target")])


def _require_windows(windows: Sequence[Interval] | None, key: int) -> None:
    if not windows or not key:
        raise OptionError(
            "positions lists places of a genome; they need windows on one, and an output with "
            "bins. For bare sequences list bins.",
            option="positions",
            value=None,
        )
    odd = next((window for window in windows if window.width != windows[0].width), None)
    if odd is not None:
        raise ShapeError(
            f"the windows differ in width: {windows[0].width:,} and {odd.width:,} bases.",
            found=odd.width,
            expected=windows[0].width,
        )
