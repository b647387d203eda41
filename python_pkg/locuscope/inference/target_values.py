"""From the tensors of a model to one number per example: the arithmetic of a bound target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from locuscope.errors import ModelError, OptionError, ShapeError
from locuscope.inference.target_positions import chosen_bins

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from locuscope.inference.target_positions import Positions

LOG_MEAN_FLOOR = 1e-6


@dataclass(frozen=True)
class TrainingScale:
    """How targets were squeezed for training: times `scale`, square root, soft clip."""

    scale: float = 1.0
    soft_clip: float | None = None
    square_root: bool = False

    def undo(self, values: Tensor) -> Tensor:
        """Bring values back: y / scale, then the soft clip, then the square root."""
        values = values / self.scale
        if self.soft_clip is not None:
            above = self.soft_clip - 1 + (values - self.soft_clip + 1) ** 2
            values = torch.where(values > self.soft_clip, above, values)
        return (values + 1) ** 2 - 1 if self.square_root else values


@dataclass(frozen=True, eq=False)
class BoundTarget:
    """A target that knows its model: which tensors it needs, and what it makes of them.

    Args:
        heads: the heads that it reads; None = all.
        resolutions_bp: their keys; None = all.
        rows: channels; of a ratio those above the line.
        rows_below: channels below the line.
        positions: bins, where they are the same in every example.
        counted: bool (N, P) where they are not.
        reduce: over positions.
        track_reduce: over tracks.
        is_log: the natural logarithm comes last.
        scale: undone first.
        pseudocount: added before a logarithm.
    """

    heads: tuple[str, ...]
    resolutions_bp: tuple[int, ...]
    rows: tuple[int, ...]
    rows_below: tuple[int, ...]
    positions: Positions
    counted: Tensor | None
    reduce: str
    track_reduce: str
    is_log: bool
    scale: TrainingScale | None
    pseudocount: float

    def __call__(self, outputs: Mapping[str, Mapping[int, Tensor]], first: int = 0) -> Tensor:
        """Give (N,), or (N, T) for `track_reduce="each"`; differentiable.

        Args:
            outputs: head -> resolution -> (N, P, T), as `SequenceModel.run` gives them.
            first: number of the first of these examples among the windows that were bound.

        Raises:
            ShapeError: tensors of another shape.
        """
        values = outputs[self.heads[0]][self.resolutions_bp[0]]
        if values.dim() != 3:
            raise ShapeError(
                f"head {self.heads[0]!r} has shape {tuple(values.shape)}; a target reads (N, P, "
                "T).",
                found=tuple(values.shape),
                expected=("N", "P", "T"),
            )
        above = self._over_positions(values, self.rows, first)
        if self.rows_below:
            below = self._over_positions(values, self.rows_below, first)
            value = (above.sum(1) + self.pseudocount) / (below.sum(1) + self.pseudocount)
            return value.log() if self.track_reduce == "log_ratio" else value
        if self.track_reduce != "each":
            above = above.mean(1) if self.track_reduce == "mean" else above.sum(1)
        return (above + self.pseudocount).log() if self.is_log else above

    def _over_positions(self, values: Tensor, rows: tuple[int, ...], first: int) -> Tensor:
        """Chosen channels, (N, T), every one reduced over its positions."""
        index = torch.tensor(rows, dtype=torch.int64, device=values.device)
        values = values.index_select(2, index)
        if self.scale is not None:
            values = self.scale.undo(values)
        if self.counted is None:
            bins = torch.from_numpy(chosen_bins(self.positions, values.shape[1]))
            return self._reduced(values.index_select(1, bins.to(values.device)), None)
        counted = self.counted[first : first + len(values)].to(values.device)
        if counted.shape != values.shape[:2]:
            raise ShapeError(
                f"the target was bound to {tuple(self.counted.shape)} windows and bins; the output "
                f"from window {first} on has {tuple(values.shape[:2])}.",
                found=tuple(values.shape[:2]),
                expected=tuple(self.counted.shape),
            )
        return self._reduced(values, counted[:, :, None])

    def _reduced(self, values: Tensor, counted: Tensor | None) -> Tensor:
        if self.reduce == "max":
            if counted is not None:
                values = values.masked_fill(~counted, -torch.inf)
            return values.max(dim=1).values
        if counted is None:
            total, n_bins = values.sum(1), torch.tensor(values.shape[1])
        else:
            total, n_bins = values.masked_fill(~counted, 0).sum(1), counted.sum(1)
        if self.reduce == "sum":
            return total
        mean = total / n_bins.to(total.device)
        if self.reduce == "mean":
            return mean
        return (mean + self.pseudocount + LOG_MEAN_FLOOR).log()


@dataclass(frozen=True, eq=False)
class CalledTarget:
    """A function of the caller as a target: all heads are computed for it."""

    function: Callable[[Mapping[str, Mapping[int, Tensor]]], Tensor]
    heads: None = None
    resolutions_bp: None = None

    def __call__(self, outputs: Mapping[str, Mapping[int, Tensor]], first: int = 0) -> Tensor:
        """Give what the function makes of the outputs, (N,).

        Raises:
            ModelError: no tensor with one number per example.
        """
        value = self.function(outputs)
        n_examples = next(len(tensor) for keys in outputs.values() for tensor in keys.values())
        if not isinstance(value, torch.Tensor) or tuple(value.shape) != (n_examples,):
            found = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            raise ModelError(
                f"the target gave {found} for {n_examples} examples from number {first} on; it "
                f"must give a tensor of shape ({n_examples},).",
                batch=n_examples,
            )
        return value


def training_scale(given: object) -> TrainingScale:
    """Read what a caller gave as `scale`: a number, or a mapping of the fields.

    Raises:
        OptionError: no positive number, or an unknown field.
    """
    fields: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {"scale": given}
    unknown = [name for name in fields if name not in TrainingScale.__dataclass_fields__]
    scale, clip = fields.get("scale", 1.0), fields.get("soft_clip")
    root = fields.get("square_root", False)
    is_number = isinstance(scale, int | float) and not isinstance(scale, bool) and scale > 0
    is_clip = clip is None or (isinstance(clip, int | float) and not isinstance(clip, bool))
    if unknown or not is_number or not is_clip or not isinstance(root, bool):
        raise OptionError(
            f"scale is {given!r}; expected a positive number, or a mapping with scale (a positive "
            "number), soft_clip (a number or None) and square_root (True or False).",
            option="scale",
            value=given,
            allowed=tuple(TrainingScale.__dataclass_fields__),
        )
    return TrainingScale(float(scale), None if clip is None else float(clip), root)
