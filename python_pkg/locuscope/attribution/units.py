"""One number per example out of the output of a layer: an index, then a sum or an extreme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from locuscope.errors import InputError, OptionError, ShapeError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from torch import Tensor

AVG_FUNCS = ("sum", "mean", "max", "min", "absmax")


def one_unit(source: Tensor, filter_idx: object, avg_func: str | None, name: str) -> Tensor:
    """Reduce a layer to one number per example, first by index, then by a rule.

    Args:
        source: (N, ...).
        filter_idx: a whole number or slice of the first axis after the examples, or a tuple with
            one for each of the first axes after the examples. A tuple with one entry per axis of
            the layer begins with `:` for the examples.
        avg_func: "sum", "mean", or the extreme number of each example, "max", "min", "absmax"
            (the first on ties), with its own sign.
        name: of the layer, for messages.

    Returns:
        (N,).

    Raises:
        OptionError: neither of the two, an index of another kind, anything but `:` for the
            examples, an unknown rule.
        ShapeError: an index outside the layer, or several numbers left per example.

    >>> one_unit(torch.tensor([[1.0, -3.0]]), None, "absmax", "head")
    tensor([-3.])
    """
    if avg_func is not None:
        check_choice("avg_func", avg_func, AVG_FUNCS)
    if filter_idx is None and avg_func is None:
        raise OptionError(
            f"filter_idx and avg_func are both None; layer {name!r} has shape "
            f"{_shown(source)}, and one of the two must say which number is meant.",
            option="filter_idx",
            value=None,
        )
    picked = source if filter_idx is None else _picked(source, filter_idx, name)
    flat = picked.reshape(len(picked), -1)
    if flat.shape[1] == 0 or (avg_func is None and flat.shape[1] != 1):
        raise ShapeError(
            f"filter_idx={filter_idx!r} leaves {flat.shape[1]:,} numbers per example of layer "
            f"{name!r}, which has shape {_shown(source)}; one is needed, or avg_func to make it "
            "one.",
            found=tuple(picked.shape),
            expected=("N",),
        )
    if avg_func in ("sum", "mean"):
        return flat.sum(1) if avg_func == "sum" else flat.mean(1)
    if avg_func is None:
        return flat[:, 0]
    order = {"max": flat, "min": -flat, "absmax": flat.abs()}[avg_func].detach()
    return flat.gather(1, order.argmax(1, keepdim=True))[:, 0]


def _picked(source: Tensor, filter_idx: object, name: str) -> Tensor:
    entries = filter_idx if isinstance(filter_idx, tuple) else (filter_idx,)
    index = [_entry(entry, filter_idx) for entry in entries]
    if len(index) == source.ndim and isinstance(filter_idx, tuple):
        if index[0] != slice(None):
            raise OptionError(
                f"filter_idx={filter_idx!r} picks examples; its first entry must be ':' for a "
                f"layer of shape {_shown(source)}, or be left out.",
                option="filter_idx",
                value=filter_idx,
            )
        index = index[1:]
    sizes = source.shape[1:]
    too_many = len(index) > len(sizes)
    if too_many or any(
        isinstance(entry, int) and not -size <= entry < size
        for entry, size in zip(index, sizes, strict=False)
    ):
        raise ShapeError(
            f"filter_idx={filter_idx!r} does not fit layer {name!r} of shape {_shown(source)}.",
            found=tuple(source.shape),
            expected=filter_idx,
        )
    return source[(slice(None), *index)]


def _entry(entry: object, filter_idx: object) -> Any:
    if isinstance(entry, slice):
        if all(part is None or isinstance(part, int) for part in (entry.start, entry.stop)) and (
            entry.step is None or (isinstance(entry.step, int) and entry.step > 0)
        ):
            return entry
    elif not isinstance(entry, bool):
        try:
            return whole_number(entry, "filter_idx")
        except InputError:
            pass
    raise OptionError(
        f"filter_idx={filter_idx!r} holds {entry!r}; expected whole numbers and slices that go "
        "forward, such as (3, slice(0, 10)).",
        option="filter_idx",
        value=filter_idx,
    )


def _shown(source: Tensor) -> str:
    return "(" + ", ".join(["N", *map(str, source.shape[1:])]) + ")"


def first_axis(source: Tensor, count: int, name: str) -> Tensor:
    """Refuse a layer whose first axis is not the examples.

    Raises:
        ShapeError: another size.
    """
    if source.ndim < 1 or source.shape[0] != count:
        raise ShapeError(
            f"layer {name!r} has shape {tuple(source.shape)} for {count} examples; the examples "
            "must stand along its first axis.",
            found=tuple(source.shape),
            expected=(count, "..."),
        )
    return source if torch.is_floating_point(source) else source.float()
