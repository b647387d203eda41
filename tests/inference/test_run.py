"""Run: which device, how many at a time, and the meaning of shortcuts beside the noun."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import OptionError
from locuscope.inference.run import Run, present_devices, run_of


def test_defaults_and_repr():
    assert Run() == Run(device="auto", batch_size="auto")
    assert repr(Run(batch_size=8)) == "Run(device='auto', batch_size=8)"


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, "many", True, None])
def test_batch_sizes_that_are_none(batch_size):
    with pytest.raises(OptionError, match="batch_size is") as caught:
        Run(batch_size=batch_size)
    assert caught.value.option == "batch_size"


@pytest.mark.parametrize("device", ["", None, 3])
def test_devices_that_are_none(device):
    with pytest.raises(OptionError, match="device is"):
        Run(device=device)


def test_the_preferred_device_comes_first_and_the_cpu_last():
    present = present_devices()
    assert present[-1] == "cpu"
    assert Run().torch_device().type == present[0]
    assert Run(device="cpu").torch_device() == torch.device("cpu")


@pytest.mark.parametrize("device", ["cuda:99", "toaster", "xla"])
def test_a_device_that_is_not_here_is_refused_by_name(device):
    with pytest.raises(OptionError, match=rf"{device}.*present: .*cpu") as caught:
        Run(device=device).torch_device()
    assert "cpu" in caught.value.allowed


def test_shortcuts_make_a_run_or_agree_with_it():
    assert run_of() == Run()
    assert run_of(device="cpu", batch_size=3) == Run(device="cpu", batch_size=3)
    noun = Run(device="cpu", batch_size=3)
    assert run_of(noun) is noun
    assert run_of(noun, device="cpu", batch_size=3) is noun


@pytest.mark.parametrize(
    "shortcut", [{"device": "auto"}, {"batch_size": "auto"}, {"batch_size": 2}]
)
def test_a_shortcut_that_differs_names_both(shortcut):
    noun = Run(device="cpu", batch_size=3)
    ((option, value),) = shortcut.items()
    with pytest.raises(OptionError, match=rf"{option}={value!r} and run\.{option}=") as caught:
        run_of(noun, **shortcut)
    assert (caught.value.option, caught.value.value) == (option, value)
