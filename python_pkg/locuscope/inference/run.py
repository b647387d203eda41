"""How a verb runs: `Run`, the device and the batch size. Nothing in it changes a number."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

    import torch

    from locuscope.inference.progress import ProgressCall

Out: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"
"""A path, or several."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Run:
    """How a verb runs. A verb that cannot honour a field refuses it.

    Args:
        device: "auto" (cuda, then mps, then cpu), or a name such as "cpu" or "cuda:0".
        batch_size: examples per forward pass; "auto" takes what should fit. When memory runs out
            the batch is halved.
        workers: 1 = this process; k > 1 = k processes over parts of the work.
        progress: None shows it once a call has lasted 2 s; True, False, or a function that is
            called with (done, total, counts by status), total None while it is unknown.
        out: a path or several: the work becomes a job that a killed process can take up again, and
            the result is opened lazily from the first path. None = the result in memory.
        restart: start a job anew and replace its old result at the end.

    Raises:
        OptionError: a value outside its range; `restart` without `out`.
        WrongTypeError: `out` is no path.

    >>> Run(batch_size=4)
    Run(device='auto', batch_size=4)
    >>> Run(out="people.scores", workers=2)
    Run(device='auto', batch_size='auto', workers=2, out='people.scores')
    """

    device: str = "auto"
    batch_size: int | Literal["auto"] = "auto"
    workers: int = 1
    progress: bool | ProgressCall | None = None
    out: Out | None = None
    restart: bool = False

    def __post_init__(self) -> None:
        """Refuse values outside their range."""
        if not isinstance(self.device, str) or not self.device:
            raise OptionError(
                f"device is {self.device!r}; expected 'auto' or a name such as 'cpu' or 'cuda:0'.",
                option="device",
                value=self.device,
            )
        if self.batch_size != "auto":
            _set_count(self, "batch_size", "'auto' or ")
        _set_count(self, "workers")
        if not (
            self.progress is None or isinstance(self.progress, bool) or callable(self.progress)
        ):
            raise OptionError(
                f"progress is {self.progress!r}; expected None, True, False, or a function that "
                "takes (done, total, counts).",
                option="progress",
                value=self.progress,
            )
        check_class("restart", self.restart, bool)
        if self.out is not None and not self.targets():
            raise OptionError(
                f"out={self.out!r} names no file or folder; leave it out to keep the result in "
                "memory.",
                option="out",
                value=self.out,
            )
        if self.out is None and self.restart:
            raise OptionError(
                "restart=True with out=None: nothing is written that could be started anew; name "
                "a file or folder in out.",
                option="restart",
                value=self.restart,
            )

    def __repr__(self) -> str:
        """Device and batch size, and what differs from the defaults."""
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if field.name in ("device", "batch_size") or getattr(self, field.name) != field.default
        ]
        return f"Run({', '.join(shown)})"

    def targets(self) -> list[Path]:
        """The paths of `out`, in order; empty without.

        Raises:
            WrongTypeError: something that is no path.
        """
        given: Sequence[object] = () if self.out is None else (self.out,)
        if isinstance(self.out, Sequence) and not isinstance(self.out, (str, bytes)):
            given = self.out
        for item in given:
            if not isinstance(item, (str, os.PathLike)):
                raise WrongTypeError(
                    f"out takes a path or a list of paths; got {item!r}.",
                    argument="out",
                    found=type(item).__name__,
                    expected="path",
                )
        return [Path(item) for item in given if isinstance(item, (str, os.PathLike))]

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
    out: Out | None = None,
) -> Run:
    """The Run that a verb's noun and shortcuts mean together.

    Raises:
        OptionError: a shortcut that differs from the noun given beside it.
        WrongTypeError: `run` is no Run.

    >>> run_of(device="cpu")
    Run(device='cpu', batch_size='auto')
    """
    given: dict[str, Any] = {"device": device, "batch_size": batch_size, "out": out}
    given = {option: value for option, value in given.items() if value is not None}
    if run is None:
        return Run(**given)
    check_class("run", run, Run, hint="Run(device='cpu', batch_size=8) says how a verb runs.")
    for option, value in given.items():
        noun = getattr(run, option)
        if value != noun:
            raise OptionError(
                f"{option}={value!r} and run.{option}={noun!r} differ; give one of them.",
                option=option,
                value=value,
            )
    return run


def refuse_unused(run: Run, verb: str, unused: Collection[str]) -> None:
    """Refuse fields that a verb cannot honour and that were set all the same.

    Args:
        run: how the verb is to run.
        verb: its name, for the message.
        unused: names of fields of `Run` that have no effect there. `progress=False` is always
            honoured.

    Raises:
        OptionError: one of them differs from its default.

    >>> refuse_unused(Run(device="cpu"), "predict", ["workers", "out", "restart"])
    """
    for field in fields(run):
        value = getattr(run, field.name)
        is_silence = field.name == "progress" and value is False
        if field.name in unused and value != field.default and not is_silence:
            raise OptionError(
                f"{verb} cannot honour {field.name}={value!r}; leave it out.",
                option=field.name,
                value=value,
                allowed=(field.default,),
            )


def run_here(
    verb: str,
    run: Run | None = None,
    *,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Run:
    """As `run_of`, for a verb that works in this process and gives its result from memory.

    Raises:
        OptionError: as `run_of`; workers, progress, out or restart, which have no effect there.
        WrongTypeError: `run` is no Run.
    """
    found = run_of(run, device=device, batch_size=batch_size)
    refuse_unused(found, verb, ("workers", "progress", "out", "restart"))
    return found


def _set_count(run: Run, option: str, also: str = "") -> None:
    """Take a whole number of at least 1, also one that is written as a float."""
    value = getattr(run, option)
    try:
        number = whole_number(value, option)
    except (WrongTypeError, OptionError):
        number = 0
    if number < 1:
        raise OptionError(
            f"{option} is {value!r}; expected {also}a whole number of at least 1.",
            option=option,
            value=value,
            allowed=("auto", ">= 1") if also else (">= 1",),
        )
    object.__setattr__(run, option, number)
