"""The forward pass over many examples: batches that fit the memory, finite or said so."""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from locuscope.errors import (
    DataWarning,
    DeviceMemoryError,
    MemoryBackoffWarning,
    NonFiniteError,
    OptionError,
)
from locuscope.inference.members import members_of
from locuscope.inference.views import Views, check_one_direction, check_views, view_counts
from locuscope.models.borrow import borrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.views import Cut, Values
    from locuscope.models.protocol import SequenceModel

ON_NONFINITE = ("warn", "raise")
_BYTES_PER_BASE = 4_096
_LARGEST_AUTO = {"cpu": 16}
_LARGEST_AUTO_ELSEWHERE = 64
_SAFE_SHARE = 0.5
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Examples:
    """What goes through the network: how many examples, how wide, and a way to get some of them.

    Args:
        count: number of examples.
        width_bp: bases of each.
        fetch: (first, stop) -> one-hot (stop - first, A, L) as an array of 0 and 1; a shift may put
            0.25 at an end. With `Ensemble(shift_fill="genome")` L is `width_bp` and the margin on
            both sides.
        label: index -> what a message calls an example.
        is_joined: the examples hold all inputs of the model end to end; without it a model of
            several inputs is refused, because a window around a base means nothing to it.
        arrays: (first, stop) -> the inputs that are no bases, by name, examples first.
    """

    count: int
    width_bp: int
    fetch: Callable[[int, int], NDArray[np.uint8] | NDArray[np.float32]]
    label: Callable[[int], str] = field(default=lambda index: f"example {index}")
    is_joined: bool = False
    arrays: Callable[[int, int], Mapping[str, NDArray[Any]]] | None = None


def run_batches(
    model: SequenceModel,
    examples: Examples,
    choices: Sequence[HeadChoice],
    *,
    organism: int = 0,
    ensemble: Ensemble,
    run: Run,
    on_nonfinite: str = "warn",
    cut: Cut | None = None,
) -> dict[str, dict[int, Tensor]]:
    """Run examples through a model, in batches.

    Args:
        model: any `SequenceModel`.
        examples: what goes in.
        choices: heads, resolutions and tracks that are kept.
        organism: index of the organism.
        ensemble: views of each example that are averaged.
        run: device and batch size.
        on_nonfinite: "warn" or "raise".
        cut: (head, resolution) -> the bins to keep; None = all.

    Returns:
        head -> resolution -> float32 tensor (N, L', T) on the CPU, chosen tracks only: the mean of
        the views. A position that a shift leaves without a value in some views is the mean of the
        others, NaN where there are none. The batch size never changes a value beyond rounding.

    Raises:
        DeviceMemoryError: out of memory with a batch of one.
        ModelError: the network gave another shape than its heads promise.
        NonFiniteError: NaN or Inf under `on_nonfinite="raise"`.
    """
    models = members_of(model, ensemble, choices, organism=organism)
    for member in models:
        _check_call(member, examples, choices, ensemble, on_nonfinite)
    device = run.torch_device()
    started = size = min(examples.count, batch_size_for(run, examples.width_bp, device))
    sums = _Sums(examples, tuple(choices), ensemble, cut)
    tally = _Tally(examples, on_nonfinite)
    for member in models:
        views = Views(member, tuple(choices), organism, ensemble, cut)
        first = 0
        with torch.inference_mode(), held(member, device):
            while first < examples.count:
                stop = min(first + size, examples.count)
                values = _unless_out_of_memory(views, examples, first, stop, device)
                if values is None:
                    if size == 1:
                        raise _device_memory_error(member, examples, choices, device)
                    size //= 2
                    continue
                tally.count(values, first)
                sums.add(values, first)
                first = stop
    if size < started:
        warnings.warn(
            f"memory ran out on {device}: the batch of {started} was halved to {size}.",
            MemoryBackoffWarning,
            stacklevel=3,
        )
    tally.report(stacklevel=4)
    return sums.means(stacklevel=4)


def _check_call(
    model: SequenceModel,
    examples: Examples,
    choices: Sequence[HeadChoice],
    ensemble: Ensemble,
    on_nonfinite: str,
) -> None:
    """Raise before anything runs when the call cannot work."""
    if on_nonfinite not in ON_NONFINITE:
        raise OptionError(
            f"on_nonfinite is {on_nonfinite!r}; expected one of {', '.join(ON_NONFINITE)}.",
            option="on_nonfinite",
            value=on_nonfinite,
            allowed=ON_NONFINITE,
        )
    if len(model.inputs) != 1:
        _check_inputs(model, examples, ensemble)
    model.check_length(examples.width_bp)
    check_views(choices, examples.width_bp, ensemble)


def _check_inputs(model: SequenceModel, examples: Examples, ensemble: Ensemble) -> None:
    if not examples.is_joined:
        own = ", ".join(repr(name) for name in model.scores)
        said = f" It has its own scores: {own}." if own else ""
        raise OptionError(
            f"{model.name} reads {len(model.inputs)} inputs of a place; a window around a base "
            f"means nothing to it. predict() reads its inputs.{said}",
            option="model",
            value=model.name,
        )
    others = [spec.name for spec in model.inputs if spec.kind != "dna"]
    if others and examples.arrays is None:
        raise OptionError(
            f"{model.name} reads {', '.join(map(repr, others))} beside the bases; batches of a "
            "data loader bring them: score_variants(..., placement=Placement(mode='overlap', "
            "regions=loader)).",
            option="model",
            value=model.name,
        )
    check_one_direction(model, ensemble)


@contextmanager
def held(model: SequenceModel, device: torch.device) -> Iterator[None]:
    """Keep a model's networks on a device, in evaluation mode, over many calls of `run`.

    A model that holds its network in an attribute then moves no weights between the batches.
    """
    with ExitStack() as stack:
        for part in vars(model).values() if hasattr(model, "__dict__") else ():
            if isinstance(part, nn.Module):
                stack.enter_context(borrowed(part, device))
        yield


def _unless_out_of_memory(
    views: Views, examples: Examples, first: int, stop: int, device: torch.device
) -> Values | None:
    """One forward pass; None when memory ran out, with everything of it released."""
    try:
        batch = torch.from_numpy(examples.fetch(first, stop)).to(device)
        if examples.arrays is None:
            return views.total(batch)
        given = examples.arrays(first, stop)
        arrays = {name: torch.from_numpy(array).to(device) for name, array in given.items()}
        return views.total(batch, arrays)
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
    # The error is gone here, and with it the frames that held the tensors of the failed pass.
    _empty_cache(device)
    return None


class _Sums:
    """Sums over the networks of a call, and the means that they become."""

    def __init__(
        self,
        examples: Examples,
        choices: tuple[HeadChoice, ...],
        ensemble: Ensemble,
        cut: Cut | None,
    ) -> None:
        self.examples = examples
        self.choices = {choice.spec.name: choice for choice in choices}
        self.ensemble = ensemble
        self.cut = cut
        self.totals: dict[str, dict[int, Tensor]] = {name: {} for name in self.choices}

    def add(self, values: Values, first: int) -> None:
        for (name, key), part in values.items():
            if key not in self.totals[name]:
                shape = (self.examples.count, *part.shape[1:])
                self.totals[name][key] = torch.zeros(shape, dtype=torch.float32)
            self.totals[name][key][first : first + len(part)] += part

    def means(self, stacklevel: int) -> dict[str, dict[int, Tensor]]:
        """Divide in place by the number of views that know each position."""
        n_unknown = 0
        for name, by_key in self.totals.items():
            for key, total in by_key.items():
                counts = view_counts(
                    self.choices[name], key, self.examples.width_bp, self.ensemble, self.cut
                )
                n_unknown += int((counts == 0).sum())
                with torch.inference_mode():
                    total.div_(counts)  # 0 / 0 is the NaN that is meant
        if n_unknown:
            warnings.warn(
                f"shifts={self.ensemble.shifts} leave {n_unknown:,} positions at the ends of each "
                "window without a prediction; they hold NaN. A shift of 0 among them gives all.",
                DataWarning,
                stacklevel=stacklevel,
            )
        return self.totals


class _Tally:
    """Counts values that are not finite, over all batches of a call."""

    def __init__(self, examples: Examples, on_nonfinite: str) -> None:
        self.examples = examples
        self.on_nonfinite = on_nonfinite
        self.counts: dict[str, int] = {}
        self.first: int | None = None

    def count(self, values: Values, first: int) -> None:
        for (name, _), tensor in values.items():
            bad = ~torch.isfinite(tensor)
            if not bad.any():
                continue
            self.counts[name] = self.counts.get(name, 0) + int(bad.sum())
            if self.first is None:
                self.first = first + int(bad.flatten(1).any(1).nonzero()[0])
        if self.counts and self.on_nonfinite == "raise":
            raise NonFiniteError(
                self._sentence(),
                where=self._where(),
                count=sum(self.counts.values()),
                first=self.first,
            )

    def report(self, stacklevel: int) -> None:
        if self.counts:
            warnings.warn(self._sentence(), DataWarning, stacklevel=stacklevel)

    def _where(self) -> str:
        return self.examples.label(self.first or 0)

    def _sentence(self) -> str:
        heads = ", ".join(f"{count:,} in {name!r}" for name, count in self.counts.items())
        return f"The output holds NaN or Inf: {heads}; the first is in {self._where()}."


def batch_size_for(run: Run, width_bp: int, device: torch.device) -> int:
    """The asked batch size, or the largest power of two that should fit."""
    if run.batch_size != "auto":
        return run.batch_size
    fitting = _free_bytes(device) * _SAFE_SHARE / (width_bp * _BYTES_PER_BASE)
    largest = _LARGEST_AUTO.get(device.type, _LARGEST_AUTO_ELSEWHERE)
    return min(largest, 1 << max(0, int(fitting).bit_length() - 1))


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        # Systems that do not tell: two gigabytes are there nearly everywhere.
        return 2 << 30


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, DeviceMemoryError):
        return False
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return any(words in text for words in _OUT_OF_MEMORY)


def _empty_cache(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _device_memory_error(
    model: SequenceModel,
    examples: Examples,
    choices: Sequence[HeadChoice],
    device: torch.device,
) -> DeviceMemoryError:
    n_tracks = sum(len(choice.rows) for choice in choices)
    free = _free_bytes(device)
    return DeviceMemoryError(
        f"{model.name} does not fit into the memory of {device} even with one example of "
        f"{examples.width_bp:,} bases and {n_tracks:,} tracks ({free / 2**30:.1f} GB are free). "
        "Choose a shorter place, fewer heads, or another device.",
        window_bp=examples.width_bp,
        tracks=n_tracks,
        batch_size=1,
        needed_bytes=None,
    )
