"""The target of changed sequences by whole passes, and values of examples over their views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from locuscope.attribution.averages import Averaged
from locuscope.errors import OptionError
from locuscope.inference.batches import batch_size_for
from locuscope.inference.moments import RunningMoments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from locuscope.attribution.target_views import TargetViews, View
    from locuscope.inference.run import Run

    Make: TypeAlias = Callable[[NDArray[np.int64]], NDArray[Any]]


def changed_numbers(
    views: TargetViews, view: View, row: int, *, count: int, make: Make, run: Run
) -> NDArray[Any]:
    """The target of sequences made from one example, in one view; memory holds one batch.

    Args:
        views: model, target and views.
        view: the view.
        row: number of the example; its samples of dropout are those of all of them.
        count: number of sequences, M.
        make: numbers of sequences -> one-hot (m, A, L), with the margin of the ensemble at both
            ends.
        run: device and batch size.

    Returns:
        float64 (M,), or (M, T) for one number per track.
    """
    device = run.torch_device()
    size = batch_size_for(run, views.width_bp, device)
    parts = []
    with views.held(device), torch.no_grad():
        for first in range(0, count, size):
            made = make(np.arange(first, min(count, first + size)))
            x = views.moved(torch.from_numpy(made).to(device), view)
            parts.append(views.value(x, view, torch.full((len(x),), row)).cpu())
    numbers: NDArray[Any] = torch.cat(parts).double().numpy()
    return numbers


def averaged_rows(
    views: TargetViews,
    rows: Iterable[int],
    of: Callable[[int, View], NDArray[Any]],
    *,
    return_var: bool = False,
    return_all: bool = False,
) -> Averaged:
    """Values of examples, averaged over the views.

    Args:
        views: model, target and views.
        rows: numbers of examples, at least one.
        of: example, view -> (..., A, L).
        return_var: also the variance over the views.
        return_all: also the values of every view.

    Raises:
        OptionError: a variance of a single view.
    """
    if return_var and len(views.views) < 2:
        raise OptionError(
            f"return_var=True: a variance needs at least two views; got {views.ensemble!r}.",
            option="return_var",
            value=True,
        )
    means, variances, members = [], [], []
    for row in rows:
        moments, seen = RunningMoments(), []
        for view in views.views:
            found = of(row, view)
            moments.add(found)
            if return_all:
                seen.append(found)
        means.append(moments.mean)
        if return_var:
            variances.append(moments.variance())
        if return_all:
            members.append(np.stack(seen))
    return Averaged(
        mean=_stacked(means),
        var=_stacked(variances) if return_var else None,
        members=_stacked(members) if return_all else None,
    )


def _stacked(rows: list[NDArray[Any]]) -> NDArray[np.float32]:
    """(..., A, L) of each example to (..., N, A, L)."""
    return np.stack(rows, axis=-3).astype(np.float32)
