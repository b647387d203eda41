"""The forward pass over many examples: batches that fit the memory, finite or said so."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from locuscope.errors import (
    DeviceMemoryError,
    MemoryBackoffWarning,
    OptionError,
)
from locuscope.genome.caller import warn_caller
from locuscope.inference.batch_threads import SmallNetwork, side_by_side
from locuscope.inference.dropout import DropoutSampler
from locuscope.inference.members import members_of
from locuscope.inference.nonfinite import NonFinite
from locuscope.inference.view_sums import ViewSums
from locuscope.inference.views import Views, check_one_direction, check_views
from locuscope.models.borrow import borrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.view_sums import BatchViews, Tensors, ViewValues
    from locuscope.inference.views import Cut, Values
    from locuscope.models.protocol import SequenceModel

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
        number: number of the first example among those of the call, to which dropout is keyed.
    """

    count: int
    width_bp: int
    fetch: Callable[[int, int], NDArray[np.uint8] | NDArray[np.float32]]
    label: Callable[[int], str] = field(default=lambda index: f"example {index}")
    is_joined: bool = False
    arrays: Callable[[int, int], Mapping[str, NDArray[Any]]] | None = None
    number: int = 0


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
    seed: int = 0,
) -> Tensors:
    """Run examples through a model, in batches, and average their views; see `run_views`.

    Returns:
        head -> resolution -> float32 tensor (N, L', T) on the CPU, chosen tracks only: the mean of
        the views. A position that a shift leaves without a value in some views is the mean of the
        others, NaN where there are none. The batch size never changes a value beyond rounding.
    """
    return run_views(
        model,
        examples,
        choices,
        organism=organism,
        ensemble=ensemble,
        run=run,
        on_nonfinite=on_nonfinite,
        cut=cut,
        seed=seed,
    ).mean


def run_views(
    model: SequenceModel,
    examples: Examples,
    choices: Sequence[HeadChoice],
    *,
    organism: int = 0,
    ensemble: Ensemble,
    run: Run,
    on_nonfinite: str = "warn",
    cut: Cut | None = None,
    seed: int = 0,
    dtype: str = "float32",
    keeps_var: bool = False,
    keeps_members: bool = False,
    on_done: Callable[[int], None] | None = None,
) -> ViewValues:
    """Run examples through a model, in batches, in every view.

    Args:
        model: any `SequenceModel`.
        examples: what goes in.
        choices: heads, resolutions and tracks that are kept.
        organism: index of the organism.
        ensemble: views of each example that are averaged.
        run: device and batch size.
        on_nonfinite: "warn" or "raise".
        cut: (head, resolution) -> the bins to keep; None = all.
        seed: of the samples of dropout.
        dtype: "float32", or the type of the network's products of matrices.
        keeps_var: also the variance over the views.
        keeps_members: also every view.
        on_done: is told after each batch how many examples went through, every network counted.

    Raises:
        DeviceMemoryError: out of memory with a batch of one.
        ModelError: the network gave another shape than its heads promise; dropout that no mask can
            be given.
        OptionError: a head that cannot be brought back; samples of a network without dropout.
        NonFiniteError: NaN or Inf under `on_nonfinite="raise"`.
    """
    models = members_of(model, ensemble, choices, organism=organism)
    for member in models:
        _check_call(member, examples, choices, ensemble)
    device = run.torch_device()
    started = size = min(examples.count, batch_size_for(run, examples.width_bp, device))
    sums = ViewSums(
        examples.count,
        examples.width_bp,
        choices,
        ensemble,
        cut,
        keeps_var=keeps_var,
        keeps_members=keeps_members,
    )
    tally = NonFinite(examples.label, on_nonfinite)
    for number, member in enumerate(models):
        dropout = _dropout(member, ensemble, seed, number)
        views = Views(member, tuple(choices), organism, ensemble, cut, dropout, dtype)
        first = 0
        with torch.inference_mode(), held(member, device):
            while first < examples.count:
                batches = (sums.batch(number, k) for k in range(first, examples.count, size))
                with closing(_passes(views, examples, batches, size, device)) as passes:
                    for batch, values in passes:
                        if values is None:
                            break
                        if dropout is not None:
                            dropout.require_drawn()
                        tally.count(values, batch.first)
                        sums.add(values, batch)
                        first = min(batch.first + size, examples.count)
                        if on_done is not None:
                            on_done(number * examples.count + first)
                    else:
                        break
                if size == 1:
                    raise _device_memory_error(member, examples, choices, device)
                size //= 2
    if size < started:
        warn_caller(
            f"memory ran out on {device}: the batch of {started} was halved to {size}.",
            MemoryBackoffWarning,
        )
    tally.report()
    return sums.result()


def _dropout(
    model: SequenceModel, ensemble: Ensemble, seed: int, number: int
) -> DropoutSampler | None:
    if not ensemble.mc_samples:
        return None
    return DropoutSampler(model, seed=seed, member=number, is_keyed=ensemble.mc_keyed)


def _check_call(
    model: SequenceModel,
    examples: Examples,
    choices: Sequence[HeadChoice],
    ensemble: Ensemble,
) -> None:
    """Raise before anything runs when the call cannot work."""
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
            f"{model.name} reads {', '.join(map(repr, others))} beside the bases; predict(model, "
            "{input name: array}) takes them, and batches of a data loader bring them: "
            "score_variants(..., placement=Placement(mode='overlap', regions=loader)).",
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


def _passes(
    views: Views,
    examples: Examples,
    batches: Iterator[BatchViews],
    size: int,
    device: torch.device,
) -> Generator[tuple[BatchViews, Values | None]]:
    """Give the batches with the sums of their views, None where memory ran out, in order.

    On a CPU with several threads, batches of a small network run side by side after the first.
    """

    def one(batch: BatchViews, some: Examples = examples) -> tuple[BatchViews, Values | None]:
        stop = min(batch.first + size, examples.count)
        return batch, _unless_out_of_memory(views, some, batch, stop, device)

    n_threads = torch.get_num_threads() if device.type == "cpu" and views.dropout is None else 1
    if n_threads > 1 and examples.count > 2 * size:
        watch = SmallNetwork(views.model)
        with watch.watched():
            found = one(next(batches))
        yield found
        if watch.is_small and found[1] is not None:
            # Files of a genome are read here, since they have one reader.
            read = ((batch, _read(examples, batch.first, size)) for batch in batches)
            yield from side_by_side(lambda item: one(*item), read, n_threads)
            return
    yield from map(one, batches)


def _read(examples: Examples, first: int, size: int) -> Examples:
    """Examples of which those of one batch are already here."""
    stop = min(first + size, examples.count)
    bases = examples.fetch(first, stop)
    arrays = None if examples.arrays is None else examples.arrays(first, stop)
    return replace(
        examples,
        fetch=lambda *_: bases,
        arrays=None if arrays is None else lambda *_: arrays,
    )


def _unless_out_of_memory(
    views: Views, examples: Examples, kept: BatchViews, stop: int, device: torch.device
) -> Values | None:
    """One forward pass; None when memory ran out, with everything of it released."""
    first = kept.first
    try:
        batch = torch.from_numpy(examples.fetch(first, stop)).to(device)
        arrays = None
        if examples.arrays is not None:
            given = examples.arrays(first, stop)
            arrays = {name: torch.from_numpy(array).to(device) for name, array in given.items()}
        see = kept.see if kept.sums.keeps_views else None
        return views.total(batch, arrays, first=examples.number + first, see=see)
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
    # The error is gone here, and with it the frames that held the tensors of the failed pass.
    _empty_cache(device)
    return None


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
