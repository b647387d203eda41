"""How a verb runs: `Run`, the device and the batch size. Nothing in it changes a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from locuscope.errors import OptionError
from locuscope.genome.choices import check_class

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a verb runs.

    Args:
        device: "auto" (cuda, then mps, then cpu), or a name such as "cpu" or "cuda:0".
        batch_size: examples per forward pass; "auto" takes what should fit. When memory runs out
            the batch is halved.

    Raises:
        OptionError: an empty device name, or a batch size below 1.

    >>> Run(batch_size=4)
    Run(device='auto', batch_size=4)
    """

    device: str = "auto"
    batch_size: int | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        """Refuse values outside their range."""
        if not isinstance(self.device, str) or not self.device:
            raise OptionError(
                f"device is {self.device!r}; expected 'auto' or a name such as 'cpu' or 'cuda:0'.",
                option="device",
                value=self.device,
            )
        size = self.batch_size
        is_count = isinstance(size, int) and not isinstance(size, bool) and size >= 1
        if size != "auto" and not is_count:
            raise OptionError(
                f"batch_size is {size!r}; expected 'auto' or a whole number of at least 1.",
                option="batch_size",
                value=size,
                allowed=("auto", ">= 1"),
            )

    def torch_device(self) -> torch.device:
        """The device that `device` means on this machine.

        Raises:
            OptionError: a device that is not here; the present ones are listed.
        """
        import torch

        present = present_devices()
        if self.device == "auto":
            return torch.device(present[0])
        try:
            wanted = torch.device(self.device)
        except RuntimeError as error:
            raise OptionError(
                f"{self.device!r} is no device; present: {', '.join(present)}.",
                option="device",
                value=self.device,
                allowed=tuple(present),
            ) from error
        n_same = torch.cuda.device_count() if wanted.type == "cuda" else 1
        if wanted.type not in present or (wanted.index or 0) >= n_same:
            raise OptionError(
                f"device {self.device!r} is not present; present: {', '.join(present)}.",
                option="device",
                value=self.device,
                allowed=tuple(present),
            )
        return wanted


def present_devices() -> list[str]:
    """Kinds of device on this machine, the preferred one first."""
    import torch

    found = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def run_of(
    run: Run | None = None,
    *,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Run:
    """The Run that a verb's noun and shortcuts mean together.

    Raises:
        OptionError: a shortcut that differs from the noun given beside it.
        WrongTypeError: `run` is no Run.

    >>> run_of(device="cpu")
    Run(device='cpu', batch_size='auto')
    """
    if run is None:
        return Run(
            device="auto" if device is None else device,
            batch_size="auto" if batch_size is None else batch_size,
        )
    check_class("run", run, Run, hint="Run(device='cpu', batch_size=8) says how a verb runs.")
    for option, value, noun in (
        ("device", device, run.device),
        ("batch_size", batch_size, run.batch_size),
    ):
        if value is not None and value != noun:
            raise OptionError(
                f"{option}={value!r} and run.{option}={noun!r} differ; give one of them.",
                option=option,
                value=value,
            )
    return run
