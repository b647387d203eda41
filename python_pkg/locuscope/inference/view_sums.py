"""What a call keeps of its views: their mean, and where asked for their variance and each of them.

The mean and the variance need the memory of one answer, however many views there are. A position
that a shift moved in from outside is counted in no sum; which positions these are depends on the
shift alone, so one count serves all examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import torch

from locuscope.genome.caller import warn_caller
from locuscope.inference.views import known_in_view, view_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.views import Cut, Values

Tensors: TypeAlias = "dict[str, dict[int, Tensor]]"


@dataclass(frozen=True)
class ViewValues:
    """Head -> resolution -> float32 (N, L', T) on the CPU.

    Args:
        mean: the mean of the views; NaN where no view knows a position.
        var: their variance, ddof 1; NaN where fewer than two know it. None unless asked for.
        members: each view, in the order of the ensemble; NaN where it does not know a position.
    """

    mean: Tensors
    var: Tensors | None = None
    members: list[Tensors] | None = None


class ViewSums:
    """Collects the batches of a call; made once for all its networks.

    Args:
        count: number of examples.
        width_bp: bases of each.
        choices: heads, resolutions and tracks.
        ensemble: the views.
        cut: the bins to keep; None = all.
        keeps_var: also the variance.
        keeps_members: also every view.
    """

    def __init__(
        self,
        count: int,
        width_bp: int,
        choices: Sequence[HeadChoice],
        ensemble: Ensemble,
        cut: Cut | None,
        *,
        keeps_var: bool = False,
        keeps_members: bool = False,
    ) -> None:
        self.count, self.width_bp, self.cut = count, width_bp, cut
        self.choices = {choice.spec.name: choice for choice in choices}
        self.ensemble = ensemble
        self.keeps_var, self.keeps_members = keeps_var, keeps_members
        self.totals: Values = {}
        self.means: Values = {}
        self.squares: Values = {}
        self.members: list[Values] = [{} for _ in ensemble.order()] if keeps_members else []
        self._known: dict[tuple[str, int, int], Tensor] = {}

    @property
    def keeps_views(self) -> bool:
        """Whether the views are needed one by one."""
        return self.keeps_var or self.keeps_members

    def known(self, place: tuple[str, int], shift: int) -> Tensor:
        """Which positions have a value of their own in a view, bool (1, P, 1)."""
        key = (*place, shift)
        if key not in self._known:
            choice = self.choices[place[0]]
            self._known[key] = known_in_view(choice, place[1], self.width_bp, shift, self.cut)
        return self._known[key]

    def batch(self, member: int, first: int) -> BatchViews:
        """Begin a batch: the views of one network of the examples from `first` on."""
        return BatchViews(self, member, first)

    def add(self, values: Values, batch: BatchViews) -> None:
        """Count a batch that went well.

        Args:
            values: the sum of its views.
            batch: its views one by one, where they are needed.
        """
        for place, part in values.items():
            rows = _rows(self.totals, place, part, self.count, batch.first)
            rows += part
        if self.keeps_var:
            self._merge(batch)

    def _merge(self, batch: BatchViews) -> None:
        """Bring two means and sums of squares together (pairwise formula, Chan et al. 1979)."""
        for place, mean in batch.means.items():
            here = batch.counts[place]
            before = here * batch.member  # every network has the same views
            both = (here + before).clamp(min=1)
            means = _rows(self.means, place, mean, self.count, batch.first)
            squares = _rows(self.squares, place, mean, self.count, batch.first)
            apart = mean - means
            squares += batch.squares[place] + apart * apart * (here * before / both)
            means += apart * (here / both)

    def result(self) -> ViewValues:
        """Divide by the number of views that know each position."""
        n_unknown = 0
        mean: Tensors = {name: {} for name in self.choices}
        var: Tensors = {name: {} for name in self.choices}
        with torch.inference_mode():
            for (name, key), total in self.totals.items():
                counts = view_counts(
                    self.choices[name], key, self.width_bp, self.ensemble, self.cut
                )
                n_unknown += int((counts == 0).sum())
                mean[name][key] = total.div_(counts)  # 0 / 0 is the NaN that is meant
                if self.keeps_var:
                    few = counts < 2
                    squares = self.squares.pop((name, key)) / (counts - 1).clamp(min=1)
                    var[name][key] = squares.float().masked_fill_(few, torch.nan)
        if n_unknown:
            warn_caller(
                f"shifts={self.ensemble.shifts} leave {n_unknown:,} positions at the ends of each "
                "window without a prediction; they hold NaN. A shift of 0 among them gives all."
            )
        return ViewValues(
            mean,
            var if self.keeps_var else None,
            [_nested(view, self.choices) for view in self.members] if self.keeps_members else None,
        )


class BatchViews:
    """The views of one network of one batch; thrown away when its memory runs out."""

    def __init__(self, sums: ViewSums, member: int, first: int) -> None:
        self.sums, self.member, self.first = sums, member, first
        self.counts: Values = {}
        self.means: Values = {}
        self.squares: Values = {}
        self._n_seen = 0

    def see(self, values: Values, shift: int) -> None:
        """Take the next view, on the CPU."""
        number = self.member * len(self.sums.ensemble.one_member()) + self._n_seen
        self._n_seen += 1
        for place, part in values.items():
            known = self.sums.known(place, shift)
            if self.sums.keeps_members:
                view = self.sums.members[number]
                rows = _rows(view, place, part, self.sums.count, self.first)
                rows.copy_(part.masked_fill(~known, torch.nan))
            if self.sums.keeps_var:
                self._welford(place, part.double(), known.double())

    def _welford(self, place: tuple[str, int], part: Tensor, known: Tensor) -> None:
        """One step of Welford (1962), at the positions that this view knows."""
        if place not in self.means:
            self.counts[place] = torch.zeros_like(known)
            self.means[place] = torch.zeros_like(part)
            self.squares[place] = torch.zeros_like(part)
        self.counts[place] += known
        before = part - self.means[place]
        self.means[place] += before * (known / self.counts[place].clamp(min=1))
        self.squares[place] += before * (part - self.means[place]) * known


def _rows(values: Values, place: tuple[str, int], like: Tensor, count: int, first: int) -> Tensor:
    """The rows of a batch in the values of all examples; zeros where nothing was written."""
    if place not in values:
        values[place] = torch.zeros((count, *like.shape[1:]), dtype=like.dtype)
    return values[place][first : first + len(like)]


def _nested(values: Values, heads: dict[str, HeadChoice]) -> Tensors:
    nested: Tensors = {name: {} for name in heads}
    for (name, key), tensor in values.items():
        nested[name][key] = tensor
    return nested
