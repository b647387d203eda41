"""A method in every view of every example, brought back and averaged, in batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from locuscope.attribution.gradient_methods import Explained, Function
from locuscope.attribution.target_views import unaugment_gradient
from locuscope.errors import DataWarning, OptionError
from locuscope.inference.batches import batch_size_for
from locuscope.inference.moments import RunningMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.attribution.target_views import TargetViews, View
    from locuscope.inference.run import Run

Method: TypeAlias = Callable[[Function, "Tensor", "Tensor | None", int], Explained]
"""(function, x (n, A, L), company (n, K, A, L), number of the first example) -> values."""
Company: TypeAlias = Callable[["NDArray[Any]", int], "NDArray[Any]"]
"""(one-hot (n, A, L), number of the first) -> (n, K, A, L): references, or changed sequences."""


@dataclass
class Averaged:
    """Values of all examples.

    Args:
        mean: (N, A, L), or (T, N, A, L) for one number per track.
        var: same, over the views, ddof 1; None unless asked for.
        members: (views, ...) in the order of the ensemble; None unless asked for.
        delta: (N, R), or (T, N, R); None without references.
        change: same.
        notes: what was strange.
    """

    mean: NDArray[Any]
    var: NDArray[Any] | None = None
    members: NDArray[Any] | None = None
    delta: NDArray[Any] | None = None
    change: NDArray[Any] | None = None
    notes: list[str] = field(default_factory=list)


def average_over_views(
    views: TargetViews,
    bases: NDArray[Any],
    method: Method,
    *,
    run: Run,
    part: tuple[int, int] | None = None,
    company: Company | None = None,
    cost: int = 1,
    is_centred: bool = False,
    return_var: bool = False,
    return_all: bool = False,
) -> Averaged:
    """Explain examples in every view, bring the values back and average them.

    Args:
        views: model, target and views.
        bases: one-hot (N, A, L), with the margin of the ensemble at both ends.
        method: gives the values of one batch in one view.
        run: device and batch size.
        part: the first of the examples that are explained, and the one after the last; None = all.
        company: sequences that go with each example.
        cost: sequences that go through the network at once for each example.
        is_centred: subtract the mean over the bases at each position of every view.
        return_var: also the variance over the views.
        return_all: also the values of every view.

    Raises:
        OptionError: a variance of a single view.
    """
    if return_var and len(views.views) < 2:
        raise OptionError(
            f"return_var=True: a variance needs at least two members; got {views.ensemble!r}.",
            option="return_var",
            value=True,
        )
    device = run.torch_device()
    size = batch_size_for(run, views.width_bp * cost, device)
    start, stop = part or (0, len(bases))
    batches = []
    with views.held(device):
        for first in range(start, stop, size):
            batch = bases[first : min(first + size, stop)]
            batches.append(
                _batch(
                    views,
                    batch,
                    method,
                    company,
                    first=first,
                    device=device,
                    is_centred=is_centred,
                    keeps_all=return_all,
                )
            )
    averaged = joined_batches(batches)
    if not return_var:
        averaged.var = None
    return averaged


def _batch(
    views: TargetViews,
    batch: NDArray[Any],
    method: Method,
    company: Company | None,
    *,
    first: int,
    device: torch.device,
    is_centred: bool,
    keeps_all: bool,
) -> Averaged:
    margin = views.ensemble.margin_bp
    inner = batch[..., margin : batch.shape[-1] - margin]
    beside = None if company is None else torch.tensor(company(inner, first)).to(device)
    x = torch.from_numpy(batch).to(device)
    moments, deltas, changes = RunningMoments(), RunningMoments(), RunningMoments()
    members = []
    dtype = np.dtype(np.float32)
    for view in views.views:
        seen = views.moved(x, view)
        along = None if beside is None else _moved(views, beside, view)

        def function(sequences: Tensor, view: View = view) -> Tensor:
            return views.value(sequences, view, first + _examples_of(len(sequences), len(x)))

        found = method(function, seen, along, first)
        back = unaugment_gradient(
            found.hypothetical, shift=view.shift, is_reverse=view.is_reverse
        ).cpu()
        if is_centred:
            back = back - back.mean(-2, keepdim=True)
        dtype = back.numpy().dtype
        moments.add(back)
        if found.delta is not None and found.change is not None:
            deltas.add(found.delta.cpu())
            changes.add(found.change.cpu())
        if keeps_all:
            members.append(back.numpy())
    has_var, has_delta = moments.count > 1, deltas.count > 0
    return Averaged(
        mean=moments.mean.numpy().astype(dtype),
        var=moments.variance().numpy().astype(dtype) if has_var else None,
        members=np.stack(members) if keeps_all else None,
        delta=deltas.mean.numpy() if has_delta else None,
        change=changes.mean.numpy() if has_delta else None,
    )


def _moved(views: TargetViews, beside: Tensor, view: View) -> Tensor:
    """Sequences beside the examples, as a view reads them."""
    if views.ensemble.margin_bp:
        raise OptionError(
            "shift_fill='genome' has no bases of a genome for references; use 'uniform' or 'zero'.",
            option="shift_fill",
            value=views.ensemble.shift_fill,
            allowed=("uniform", "zero"),
        )
    return views.moved(beside.flatten(0, 1), view).reshape(beside.shape)


def _examples_of(n_rows: int, n_examples: int) -> Tensor:
    """Which example each row belongs to: all examples, then the sequences beside each of them."""
    examples = torch.arange(n_examples)
    beside = n_rows // n_examples - 1
    return torch.cat([examples, examples.repeat_interleave(beside)]) if beside else examples


def joined_batches(parts: list[Averaged]) -> Averaged:
    """Batches end to end.

    Args:
        parts: of the batches, in order.
    """

    def end_to_end(name: str, axis: int) -> Any:
        found = [getattr(part, name) for part in parts]
        return None if found[0] is None else np.concatenate(found, axis=axis)

    return Averaged(
        mean=end_to_end("mean", -3),
        var=end_to_end("var", -3),
        members=end_to_end("members", -3),
        delta=end_to_end("delta", -2),
        change=end_to_end("change", -2),
    )


def warn_incomplete(
    averaged: Averaged,
    tolerance: float,
    method: str,
    *,
    suspected: Sequence[str] = (),
    stacklevel: int,
) -> None:
    """Say once how many examples miss completeness by more than a tolerance.

    Args:
        averaged: values with deltas.
        tolerance: largest abs(delta) / max(1, abs(change)).
        method: name, for the message.
        suspected: calls that lose a part of a difference.
        stacklevel: frames up to the caller of the verb.
    """
    if averaged.delta is None or averaged.change is None:
        return
    ratio = np.abs(averaged.delta) / np.maximum(1, np.abs(averaged.change))
    worst = ratio.max(axis=-1)
    worst = worst.max(axis=0) if worst.ndim > 1 else worst
    n_bad = int((~(worst <= tolerance)).sum())
    if n_bad:
        place = int(np.nan_to_num(worst, nan=np.inf).argmax())
        note = (
            f"{method}: the contributions of {n_bad} of {len(worst)} examples miss "
            f"f(x) - f(reference) by more than {tolerance:g} of it; the worst is example {place} "
            f"with {worst[place]:.3g}."
        )
        if suspected:
            note += f" The first function that loses a part of it is {', '.join(suspected)}."
        averaged.notes.append(note)
        warnings.warn(note, DataWarning, stacklevel=stacklevel)
