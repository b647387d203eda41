"""The number of a target in every view of a sequence, and a gradient brought back from a view.

A view is one network, one shift and one strand. Its prediction is brought back before the target
reads it, so the cotangent is turned and its strands are swapped; its gradient is brought back to
the bases as they were given. The mean over the views is then the gradient of the mean prediction
for every target that is linear in the outputs.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import torch

from locuscope.attribution.network import network_of
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.dropout import DropoutSampler
from locuscope.inference.ensemble import undo_reverse
from locuscope.inference.members import members_of
from locuscope.inference.selection import choose
from locuscope.inference.shifts import shift_bases, undo_shift
from locuscope.inference.target import bind_target
from locuscope.inference.target_values import BoundTarget
from locuscope.inference.views import check_one_direction, check_views, view_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.target import TargetLike
    from locuscope.inference.target_values import CalledTarget
    from locuscope.models.protocol import SequenceModel


class View(NamedTuple):
    """One network, one shift to the right in bases, one strand, one sample of dropout."""

    member: int
    shift: int
    is_reverse: bool
    sample: int = 0


@dataclass(frozen=True, eq=False)
class TargetViews:
    """A model, its target and the views that are averaged; made by `target_views`."""

    models: tuple[SequenceModel, ...]
    bound: BoundTarget | CalledTarget
    choices: tuple[HeadChoice, ...]
    ensemble: Ensemble
    organism: int
    width_bp: int
    seed: int = 0

    @cached_property
    def _dropout(self) -> tuple[DropoutSampler, ...]:
        is_keyed = self.ensemble.mc_keyed
        return tuple(
            DropoutSampler(model, seed=self.seed, member=number, is_keyed=is_keyed)
            for number, model in enumerate(self.models)
        )

    @contextmanager
    def drawn(self, view: View, rows: Tensor) -> Iterator[None]:
        """Let dropout be active in a pass of a view that is a sample of it.

        Args:
            view: the view.
            rows: which example of the call each sequence belongs to: those of one example, and what
                it is compared with, are given the same masks.

        Raises:
            OptionError: the network has no dropout.
            ModelError: dropout that no mask can be given.
        """
        if not self.ensemble.mc_samples:
            yield
            return
        sampler = self._dropout[view.member]
        with sampler.drawn(view.sample, rows.tolist()):
            yield
        sampler.require_drawn()

    @property
    def views(self) -> list[View]:
        """In the order of `Ensemble.order`."""
        return [View(*view) for view in self.ensemble.order()]

    def view_facts(self) -> dict[str, object]:
        """Give everything about the views that changes a number, as plain values."""
        facts = self.ensemble.facts()
        return {**facts, "seed": self.seed} if self.ensemble.mc_samples else facts

    @contextmanager
    def held(self, device: torch.device) -> Iterator[None]:
        """Keep every network on a device, gradients possible; afterwards all is as before."""
        with ExitStack() as stack:
            for model in self.models:
                stack.enter_context(network_of(model).held(device))
            yield

    def moved(self, batch: Tensor, view: View) -> Tensor:
        """What the network of a view reads: (N, A, L) in its number type.

        Args:
            batch: (N, A, L), with `ensemble.margin_bp` more bases at both ends.
            view: the view.
        """
        fill, margin = self.ensemble.shift_fill, self.ensemble.margin_bp
        dtype = network_of(self.models[view.member]).dtype
        moved = shift_bases(batch.to(dtype), view.shift, fill, margin_bp=margin)
        return (reverse_complement(moved) if view.is_reverse else moved).to(dtype)

    def value(self, x: Tensor, view: View, rows: Tensor) -> Tensor:
        """The target of each example in a view, differentiable with respect to `x`.

        Args:
            x: (N, A, L) as `moved` gives it.
            view: the view.
            rows: which example of the call each of them belongs to, int64 (N,).

        Returns:
            (N,), or (N, T) for one number per track.
        """
        with self.drawn(view, rows):
            answer = self.models[view.member].run(
                x,
                organism=self.organism,
                heads=self.bound.heads,
                resolutions_bp=self.bound.resolutions_bp,
            )
        return self.of_outputs(answer, view, rows)

    def of_outputs(
        self, answer: Mapping[str, Mapping[int, Tensor]], view: View, rows: Tensor
    ) -> Tensor:
        """The target of what a model gave in a view, brought back to the sequence as it was given.

        Args:
            answer: head -> resolution -> (N, P, T), as `SequenceModel.run` gives them.
            view: the view.
            rows: which example of the call each of them belongs to, int64 (N,).

        Returns:
            (N,), or (N, T) for one number per track.
        """
        undone: dict[str, dict[int, Tensor]] = {}
        for choice in self.choices:
            undone[choice.spec.name] = {}
            for key in choice.keys:
                values = answer[choice.spec.name][key]
                if view.is_reverse:
                    values = undo_reverse(values, choice.spec, key)
                values = undo_shift(values, choice.spec, key, view.shift)
                undone[choice.spec.name][key] = values * self._weights(choice, key, values)
        bound = self.bound
        if isinstance(bound, BoundTarget) and bound.counted is not None:
            bound = replace(bound, counted=bound.counted[rows])
        return bound(undone)

    def _weights(self, choice: HeadChoice, key: int, like: Tensor) -> Tensor | float:
        """Positions that fewer views know count more in those, as in the mean prediction."""
        if not any(self.ensemble.shifts):
            return 1.0
        counts = view_counts(choice, key, self.width_bp, self.ensemble, None)
        return (len(self.views) / counts.clamp(min=1)).to(device=like.device, dtype=like.dtype)


def target_views(
    model: SequenceModel,
    target: TargetLike,
    *,
    ensemble: Ensemble,
    width_bp: int,
    organism: int = 0,
    windows: Sequence[Interval] | None = None,
    seed: int = 0,
) -> TargetViews:
    """Bind a target to a model and check that every view can be brought back.

    Args:
        model: the model of the call.
        target: as `bind_target` takes it.
        ensemble: the views.
        width_bp: bases of each example.
        organism: index of the organism.
        windows: places of the examples, where they have some.
        seed: of the samples of dropout.

    Raises:
        OptionError: as `bind_target`; a head that has no reversed order, a window that does not end
            with a whole bin, shifts of a model that reads its inputs end to end.
        TrackMismatchError: a member with other tracks.
    """
    bound = bind_target(target, model, organism=organism, windows=windows)
    choices = choose(
        model, heads=bound.heads, resolutions_bp=bound.resolutions_bp, organism=organism
    )
    models = members_of(model, ensemble, choices, organism=organism)
    model.check_length(width_bp)
    check_views(choices, width_bp, ensemble)
    if len(model.inputs) > 1:
        check_one_direction(model, ensemble)
    return TargetViews(models, bound, choices, ensemble, organism, width_bp, seed)


def unaugment_gradient(gradient: Tensor, *, shift: int, is_reverse: bool) -> Tensor:
    """Bring a gradient with respect to a shifted, turned sequence back to the sequence itself.

    Args:
        gradient: (..., A, L) with respect to what the network read.
        shift: by how many bases the sequence was moved to the right, before it was turned.
        is_reverse: whether it was turned: then bases and positions are both flipped.

    Returns:
        Same shape; 0 at bases that had left the window.

    >>> unaugment_gradient(torch.eye(4), shift=1, is_reverse=False)[0].tolist()
    [0.0, 0.0, 0.0, 0.0]
    >>> unaugment_gradient(torch.eye(4), shift=1, is_reverse=False)[1].tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    return moved_back(gradient.flip(-1, -2) if is_reverse else gradient, shift)


def moved_back(values: Tensor, shift: int) -> Tensor:
    """Move positions back by as many as the sequence was moved to the right.

    Args:
        values: (..., P).
        shift: number of positions.

    Returns:
        Same shape; 0 at positions that had left the window.

    >>> moved_back(torch.arange(4), -1).tolist()
    [0, 0, 1, 2]
    """
    if shift == 0:
        return values
    edge = torch.zeros_like(values[..., : abs(shift)])
    parts = (values[..., shift:], edge) if shift > 0 else (edge, values[..., :shift])
    return torch.cat(parts, dim=-1)
