"""What every single change of a base does to a target, in every view of every example."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from locuscope.attribution.changed_sequences import averaged_rows, changed_numbers
from locuscope.attribution.target_views import TargetViews, unaugment_gradient
from locuscope.errors import ModelError, OptionError
from locuscope.inference.mutants.door import refuse_training
from locuscope.inference.mutants.plan import plan_mutants
from locuscope.inference.target_values import BoundTarget, CalledTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.attribution.averages import Averaged
    from locuscope.attribution.target_views import View
    from locuscope.inference.mutants.plan import MutantPlan
    from locuscope.inference.run import Run

METHODS = ("auto", "incremental", "naive")
FEW = 256
"""Mutants of a call that "auto" runs whole: making and measuring a plan costs as much."""
Finish: TypeAlias = "Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]"
"""(effects (..., A, L), one-hot (A, L)) -> what is averaged over the views."""


@dataclass(frozen=True, eq=False)
class ViewTarget:
    """The target of one view as a function of the outputs of its network.

    Args:
        views: model, target and views; the target has the same bins in every example.
        view: the view.
        key: tells it from others, so that a later call finds its plan again.
    """

    views: TargetViews
    view: View
    key: tuple[Any, ...]

    @property
    def heads(self) -> tuple[str, ...] | None:
        """The heads that it reads; None = all."""
        return self.views.bound.heads

    @property
    def resolutions_bp(self) -> tuple[int, ...] | None:
        """Their keys; None = all."""
        return self.views.bound.resolutions_bp

    def __call__(self, outputs: Mapping[str, Mapping[int, Tensor]]) -> Tensor:
        """(N,), or (N, T) for one number per track."""
        return self.views.of_outputs(outputs, self.view, torch.zeros(0, dtype=torch.int64))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ViewTarget) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(eq=False)
class MutantEffects:
    """Every single change of the bases of some examples, and what it does.

    Args:
        views: model, target and views.
        bases: one-hot (N, A, L), with the margin of the ensemble at both ends.
        asked: bool (N, L), the positions that are changed.
        target: as the caller gave it.
        run: device and batch size.
        method: "incremental" carries the differences, "naive" runs every mutant, "auto" what is
            faster. Samples of dropout and hidden layers are always whole passes.
    """

    views: TargetViews
    bases: NDArray[Any]
    asked: NDArray[np.bool_]
    target: Any
    run: Run
    method: str = "auto"
    plans: dict[Any, MutantPlan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a method that cannot be had.

        Raises:
            OptionError: "incremental" for samples of dropout, or a hidden layer.
            ModelError: a network in training mode.
        """
        for model in self.views.models:
            refuse_training(model)
        if self.method == "incremental" and not self.can_carry:
            raise OptionError(
                "method='incremental' carries the differences of one fixed network to its outputs; "
                "samples of dropout and hidden layers need method='naive'.",
                option="method",
                value=self.method,
                allowed=("auto", "naive"),
            )

    @property
    def can_carry(self) -> bool:
        """Whether there is one fixed network from the bases to the outputs."""
        return type(self.views) is TargetViews and not self.views.ensemble.mc_samples

    @property
    def is_carried(self) -> bool:
        """Whether plans of mutants are used; a few mutants are done before a plan is made."""
        is_few = 3 * int(self.asked.sum()) * len(self.views.views) <= FEW
        return self.can_carry and self.method != "naive" and (self.method != "auto" or not is_few)

    def averaged(
        self,
        finish: Finish,
        *,
        part: tuple[int, int] | None = None,
        return_var: bool = False,
        return_all: bool = False,
    ) -> Averaged:
        """The effects of all examples, or of some, averaged over the views.

        Args:
            finish: what is made of the effects of each view before they are averaged.
            part: first example and the one after the last; None = all.
            return_var: also the variance over the views.
            return_all: also the values of every view.

        Raises:
            OptionError: a variance of a single view; "incremental" where the plan cannot.
        """
        return averaged_rows(
            self.views,
            range(*(part or (0, len(self.bases)))),
            lambda row, view: finish(self.of(row, view), self._inner(row)),
            return_var=return_var,
            return_all=return_all,
        )

    def of(self, row: int, view: View) -> NDArray[Any]:
        """Effects in one view, brought back to the sequence as it was given.

        Returns:
            (A, L), or (T, A, L) for one number per track: mutant minus reference, 0 at the base
            that is there and where the view does not see the position; NaN at positions that were
            not asked for or have no base.
        """
        array = self._carried(row, view) if self.is_carried else self._passed(row, view)
        array[..., ~self._changed(row)] = np.nan
        return array

    def _inner(self, row: int) -> NDArray[Any]:
        margin = self.views.ensemble.margin_bp
        inner: NDArray[Any] = self.bases[row][:, margin : self.bases.shape[-1] - margin]
        return inner

    def _changed(self, row: int) -> NDArray[np.bool_]:
        known: NDArray[np.bool_] = self._inner(row).any(axis=0) & self.asked[row]
        return known

    def _empty(self) -> NDArray[np.float64]:
        bound = self.views.bound
        is_each = getattr(bound, "track_reduce", None) == "each"
        lead = (len(bound.rows),) if is_each and isinstance(bound, BoundTarget) else ()
        return np.zeros((*lead, 4, self.views.width_bp))

    def _carried(self, row: int, view: View) -> NDArray[Any]:
        """By a plan, in the coordinates of the view."""
        seen = self.views.moved(torch.from_numpy(self.bases[row : row + 1]), view)[0]
        places = np.flatnonzero(self._changed(row)) + view.shift
        length = self.views.width_bp
        places = places[(places >= 0) & (places < length)]
        if view.is_reverse:
            places = length - 1 - places[::-1]
        array = self._empty()
        for edits, (values,) in self._plan(row, view).iter(seen, places.tolist()):
            at, base = np.array([edit[0] for edit in edits]).T
            array[..., base, at] = _numbers(values, len(edits))
        back = unaugment_gradient(
            torch.from_numpy(array), shift=view.shift, is_reverse=view.is_reverse
        )
        return back.numpy().copy()

    def _plan(self, row: int, view: View) -> MutantPlan:
        bound, bins = self.views.bound, None
        if isinstance(bound, BoundTarget) and bound.counted is not None:
            bins = tuple(torch.nonzero(bound.counted[row]).flatten().tolist())
            bound = replace(bound, counted=None, positions=bins)
        elif isinstance(bound, CalledTarget):
            bound = bound.function  # type: ignore[assignment]
        ensemble, width = self.views.ensemble, self.views.width_bp
        key = (self.target, view, ensemble, self.views.organism, width, bins)
        plan = self.plans.get(key)
        if plan is None:
            function = ViewTarget(replace(self.views, bound=bound), view, key)
            device = None if self.run.device == "auto" else self.run.device
            plan = plan_mutants(
                self.views.models[view.member],
                window_bp=width,
                target=function,
                organism=self.views.organism,
                device=device,
                measure=self.method == "auto",
            )
            plan = self._chosen(plan)
            if bins is None:
                self.plans[key] = plan
        return plan

    def _chosen(self, plan: MutantPlan) -> MutantPlan:
        """A plan that does what the method says."""
        if self.method == "incremental":
            if not plan.is_incremental:
                raise OptionError(
                    f"method='incremental' is not possible for {plan.model.name}: {plan.reason}. "
                    "method='naive' runs whole passes.",
                    option="method",
                    value=self.method,
                    allowed=("auto", "naive"),
                )
            return replace(plan, seconds=None)
        return plan

    def _passed(self, row: int, view: View) -> NDArray[Any]:
        """By whole passes of changed sequences."""
        one, margin = self.bases[row], self.views.ensemble.margin_bp
        own = self._inner(row).argmax(axis=0)
        at, base = (
            np.array(
                [
                    (place, letter)
                    for place in np.flatnonzero(self._changed(row))
                    for letter in range(4)
                    if letter != own[place]
                ],
                dtype=np.int64,
            )
            .reshape(-1, 2)
            .T
        )

        def make(which: NDArray[np.int64]) -> NDArray[Any]:
            """The sequence itself is number 0."""
            copies = np.repeat(one[None], len(which), axis=0)
            (rows,) = np.nonzero(which)
            place, letter = at[which[rows] - 1], base[which[rows] - 1]
            copies[rows, :, place + margin] = 0
            copies[rows, letter, place + margin] = 1
            return copies

        numbers = changed_numbers(self.views, view, row, count=len(at) + 1, make=make, run=self.run)
        array = self._empty()
        array[..., base, at] = (numbers[1:] - numbers[0]).T
        return array


def _numbers(values: Tensor, count: int) -> NDArray[Any]:
    """(M,) or (T, M) of the differences of a tile.

    Raises:
        ModelError: a target that gave something else than one number per sequence.
    """
    if values.ndim not in (1, 2) or len(values) != count:
        raise ModelError(
            f"the target gave {tuple(values.shape)} for {count} mutants; it must give one number "
            "per sequence.",
            batch=count,
        )
    return np.asarray(values.cpu().double().numpy().T)
