"""Regions on a device: which device, and smaller chunks where its memory runs out."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, TypeVar

import torch

from locuscope.errors import DeviceMemoryError, MemoryBackoffWarning, OptionError
from locuscope.genome.caller import warn_caller
from locuscope.genome.interval import whole_number
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
# What torch says on a CPU, where it raises a plain RuntimeError.
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def device_of(device: torch.device | str) -> torch.device:
    """The device, shown to be present.

    Raises:
        OptionError: a device that is not here, or one without float64; never another one in its
            place.
    """
    found = Run(device=str(device)).torch_device()
    if found.type not in ("cpu", "cuda"):
        raise OptionError(
            f"device {str(device)!r} has no float64, in which hits are certified; "
            "expected 'cpu' or 'cuda'.",
            option="device",
            value=device,
            allowed=("cpu", "cuda"),
        )
    return found


def rows_of(regions: slice | None, n_regions: int) -> range:
    """Rows of the input that a slice means.

    Raises:
        OptionError: a step other than 1.
    """
    start, stop, step = (regions or slice(None)).indices(n_regions)
    if step != 1:
        raise OptionError(
            f"regions has the step {step}; neighbouring regions are needed.",
            option="regions",
            value=regions,
        )
    return range(start, max(start, stop))


class Backoff:
    """A number of regions that is halved each time memory runs out.

    `attempt(work)` is None where it ran out; `report()` warns once, if ever.
    """

    def __init__(self, size: int, device: torch.device, option: str) -> None:
        self.size = self._started = whole_number(size, option)
        self._device, self._option = device, option
        if self.size < 1:
            raise OptionError(
                f"{option} is {size!r}; at least 1 region is needed.", option=option, value=size
            )

    def attempt(self, work: Callable[[], T]) -> T | None:
        """What `work()` gives; None with half the size for the next attempt.

        Raises:
            DeviceMemoryError: memory ran out with one region.
        """
        try:
            return work()
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            if self.size == 1:
                raise DeviceMemoryError(
                    f"memory ran out on {self._device} with a single region; "
                    "fewer motifs, shorter regions or device='cpu' need less.",
                    batch_size=1,
                ) from error
        # The error is gone here, and with it the frames that held the tensors.
        self.size //= 2
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def report(self) -> None:
        """Say that the size was halved, if it was."""
        if self.size < self._started:
            warn_caller(
                f"memory ran out on {self._device}: {self._option}={self._started} was halved "
                f"to {self.size}.",
                MemoryBackoffWarning,
            )


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return not isinstance(error, DeviceMemoryError)
    text = str(error).lower()
    return any(words in text for words in _OUT_OF_MEMORY)
