"""`Accuracy`: targets and predictions of a test set with the published names of its metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import OptionError, ShapeError
from locuscope.inference.accuracy import Losses, accuracy

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from locuscope.models.protocol import HeadSpec

Loss: TypeAlias = Callable[[Any, Any], Any]
_TINY = 1e-7


@dataclass(frozen=True, eq=False, repr=False)
class Accuracy:
    """How well predictions fit targets.

    Args:
        targets: (S, P, T); NaN is masked.
        preds: the same shape.
        targets_na: (S, P), True = masked.
        loss: mean loss.
        target_losses: (T,) mean loss of each track.
        sample: share of the positions of each sequence that count; None = all.
        seed: of their draw.

    Raises:
        ShapeError: two shapes.

    >>> found = Accuracy([[[0.0], [1.0], [2.0]]], [[[0.0], [2.0], [4.0]]])
    >>> found.r2().tolist(), found.spearmanr().round(6).tolist()
    ([-1.5], [1.0])
    """

    targets: Any
    preds: Any
    targets_na: Any = None
    loss: float | None = None
    target_losses: Any = None
    sample: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse arrays that do not lie over each other."""
        for name in ("targets", "preds"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        if self.targets.shape != self.preds.shape or self.targets.ndim != 3:
            raise ShapeError(
                f"targets have shape {self.targets.shape}, preds {self.preds.shape}; both are "
                "(S, P, T).",
                found=self.preds.shape,
                expected=self.targets.shape,
            )

    def pearsonr(
        self,
        log: bool = False,  # noqa: FBT001, FBT002 (published)
        pseudocount: float = 1,
        clip: float | None = None,
    ) -> NDArray[np.float64]:
        """Give Pearson's correlation of each track, (T,); NaN where one side is constant.

        Args:
            log: of log2(x + pseudocount).
            pseudocount: added before the logarithm.
            clip: both sides are clipped to [0, clip] first.
        """
        return self._metric("pearsonr", log=log, pseudocount=pseudocount, clip=clip)

    def r2(
        self,
        log: bool = False,  # noqa: FBT001, FBT002 (published)
        pseudocount: float = 1,
        clip: float | None = None,
    ) -> NDArray[np.float64]:
        """Give 1 - squared error / variance of each track, (T,); options as `pearsonr`."""
        return self._metric("r2", log=log, pseudocount=pseudocount, clip=clip)

    def spearmanr(self) -> NDArray[np.float64]:
        """Give the rank correlation of each track, (T,)."""
        return self._metric("spearmanr")

    def __repr__(self) -> str:
        n_sequences, n_bins, n_tracks = self.targets.shape
        told = "" if self.loss is None else f", loss {self.loss:.5f}"
        return f"Accuracy({n_sequences:,} sequences, {n_bins:,} bins, {n_tracks:,} tracks{told})"

    def _metric(self, name: str, **options: Any) -> NDArray[np.float64]:
        found = accuracy(
            self.targets,
            self.preds,
            self.targets_na,
            metrics=(name,),
            sample=self.sample,
            seed=self.seed,
            **options,
        )
        return found.metrics[name]


def losses_of(
    targets: NDArray[Any], preds: NDArray[Any], na: ArrayLike | None, loss: Loss
) -> tuple[float, NDArray[np.float64]]:
    """Mean of a loss over positions that count in every track, and over those of each track.

    Args:
        targets: (S, P, T).
        preds: the same shape.
        na: (S, P), True = masked.
        loss: (predictions, targets) -> number or array, of float32 tensors (n, T).
    """
    keep = ~np.isnan(targets)
    if na is not None:
        keep &= ~np.asarray(na, np.bool_)[:, :, None]
    total = Losses(loss)
    total.add(targets, preds, keep)
    per_track = []
    for k in range(targets.shape[2]):
        one = Losses(loss)
        column = slice(k, k + 1)
        one.add(targets[..., column], preds[..., column], keep[..., column])
        per_track.append(one.mean)
    mean = total.mean
    return float("nan") if mean is None else mean, np.array(per_track, np.float64)


def default_loss(head: HeadSpec) -> Loss:
    """Give the loss that fits what a head predicts.

    Poisson's (y - t ln y) for non-negative values, cross-entropy for probabilities, the squared
    error for all else.
    """
    return {"nonnegative": _poisson, "probability": _cross_entropy}.get(head.value_range, _squared)


def require_targets(targets: NDArray[Any] | None, call: str) -> NDArray[Any]:
    """Refuse a batcher of sequences alone.

    Raises:
        OptionError: no targets.
    """
    if targets is None:
        raise OptionError(
            f"{call} compares with measured tracks; the batcher gives sequences alone. Give "
            "(x, y) or (x, y, na).",
            option="batcher",
            value=None,
        )
    return targets


def _poisson(preds: Any, targets: Any) -> Any:
    return preds - targets * (preds + _TINY).log()


def _cross_entropy(preds: Any, targets: Any) -> Any:
    inner = preds.clamp(_TINY, 1 - _TINY)
    return -(targets * inner.log() + (1 - targets) * (1 - inner).log())


def _squared(preds: Any, targets: Any) -> Any:
    return (preds - targets).square()
