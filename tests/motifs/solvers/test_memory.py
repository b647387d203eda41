"""Devices, rows and halving where memory runs out."""

from __future__ import annotations

import warnings

import pytest
import torch

from locuscope.errors import (
    DeviceMemoryError,
    MemoryBackoffWarning,
    OptionError,
    WrongTypeError,
)
from locuscope.motifs.solvers.memory import Backoff, device_of, rows_of

CPU = torch.device("cpu")


def runs_out(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize("given", ["cpu", CPU])
def test_the_processor_is_always_there(given):
    assert device_of(given) == CPU


@pytest.mark.parametrize("given", ["gpu", "", "cuda:99"])
def test_a_device_that_is_not_there(given):
    with pytest.raises(OptionError, match=r"cpu|device") as caught:
        device_of(given)
    assert caught.value.option == "device"


def test_a_device_without_float64_is_refused(monkeypatch):
    monkeypatch.setattr(
        "locuscope.motifs.solvers.memory.Run.torch_device", lambda _: torch.device("mps")
    )
    with pytest.raises(OptionError, match="no float64"):
        device_of("mps")


@pytest.mark.parametrize(
    ("regions", "rows"),
    [
        (None, range(7)),
        (slice(2, 4), range(2, 4)),
        (slice(-2, None), range(5, 7)),
        (slice(5, 100), range(5, 7)),
        (slice(6, 2), range(6, 6)),
        (slice(9, 12), range(7, 7)),
    ],
)
def test_rows_of_a_slice(regions, rows):
    found = rows_of(regions, 7)
    assert list(found) == list(rows)
    assert 0 <= found.start <= found.stop <= 7


@pytest.mark.parametrize("step", [2, -1])
def test_rows_with_a_step(step):
    with pytest.raises(OptionError, match=f"step {step}"):
        rows_of(slice(None, None, step), 7)


def test_what_the_work_gives_is_passed_on_in_silence():
    backoff = Backoff(4, CPU, "chunk_size")
    assert backoff.attempt(lambda: "done") == "done"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backoff.report()
    assert backoff.size == 4


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_each_shortage_halves_the_size(error):
    backoff = Backoff(9, CPU, "chunk_size")
    assert backoff.attempt(runs_out(error)) is None
    assert backoff.size == 4
    assert backoff.attempt(runs_out(error)) is None
    assert backoff.size == 2
    with pytest.warns(MemoryBackoffWarning, match="chunk_size=9 was halved to 2") as caught:
        backoff.report()
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_shortage_with_one_region_is_an_error_with_its_cause():
    backoff = Backoff(1, CPU, "batch_size")
    shortage = MemoryError("so big")
    with pytest.raises(DeviceMemoryError, match="single region") as caught:
        backoff.attempt(runs_out(shortage))
    assert caught.value.__cause__ is shortage
    assert isinstance(caught.value, MemoryError)


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), ValueError("x"), KeyboardInterrupt()]
)
def test_other_errors_pass(error):
    backoff = Backoff(4, CPU, "chunk_size")
    with pytest.raises(type(error)):
        backoff.attempt(runs_out(error))
    assert backoff.size == 4


def test_an_error_of_an_inner_backoff_passes():
    backoff = Backoff(4, CPU, "chunk_size")
    with pytest.raises(DeviceMemoryError, match="inner"):
        backoff.attempt(runs_out(DeviceMemoryError("inner")))


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one(size):
    with pytest.raises(OptionError, match=f"chunk_size is {size}") as caught:
        Backoff(size, CPU, "chunk_size")
    assert caught.value.option == "chunk_size"


def test_sizes_are_whole_numbers():
    assert Backoff(8.0, CPU, "chunk_size").size == 8
    with pytest.raises(WrongTypeError, match="chunk_size"):
        Backoff(2.5, CPU, "chunk_size")
