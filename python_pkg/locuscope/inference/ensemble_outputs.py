"""What an ensemble predicts beside its mean: `EnsembleOutputs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.inference.ensemble import Ensemble
    from locuscope.tracks.named_outputs import NamedOutputs


@dataclass(frozen=True, eq=False)
class EnsembleOutputs:
    """The views of an ensemble; given by `predict(..., return_var=True)` or `return_all=True`.

    Args:
        mean: the mean of the views.
        var: their variance, ddof 1; None unless asked for. A position that fewer than two views
            know holds NaN.
        members: the prediction of each view, in the order of `plan.order()`; None unless asked for.
            Positions that a shift moved in from outside hold NaN.
        plan: which views there are.
    """

    mean: NamedOutputs
    var: NamedOutputs | None
    members: tuple[NamedOutputs, ...] | None
    plan: Ensemble

    def stacked(self, head: str, resolution_bp: int | None = None) -> Tensor:
        """Give the views of one head with a leading axis over the views.

        Args:
            head: its name.
            resolution_bp: bases per bin; None = the finest.

        Returns:
            (views, N, L', T) float32.

        Raises:
            OptionError: the views were not kept.
        """
        import torch

        if self.members is None:
            raise OptionError(
                "the views were not kept; predict(..., return_all=True) keeps them.",
                option="return_all",
                value=False,
            )
        heads = [member.head(head) for member in self.members]
        tensors = [one.finest if resolution_bp is None else one[resolution_bp] for one in heads]
        return torch.stack([tensor.tensor for tensor in tensors])

    def __repr__(self) -> str:
        kept = [name for name in ("mean", "var", "members") if getattr(self, name) is not None]
        return f"EnsembleOutputs({', '.join(kept)}; {self.plan!r}, {self.plan.n_views} views)"
