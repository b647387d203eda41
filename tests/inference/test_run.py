"""Run: which device, how many at a time, and the meaning of shortcuts beside the noun."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from locuscope import Interval, Variant, demo, load_model, predict, predict_variant
from locuscope.errors import OptionError, WrongTypeError
from locuscope.inference.run import Run, present_devices, refuse_unused, run_of


def test_defaults_and_repr():
    assert Run() == Run(device="auto", batch_size="auto")
    assert repr(Run(batch_size=8)) == "Run(device='auto', batch_size=8)"


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "many", True, None])
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


def test_the_other_fields_and_their_repr():
    run = Run(workers=2, progress=False, out="a.tsv", restart=True)
    expected = (
        "Run(device='auto', batch_size='auto', workers=2, progress=False, out='a.tsv', "
        "restart=True)"
    )
    assert repr(run) == expected
    assert repr(Run(out=["a.tsv"])).endswith("out=['a.tsv'])")


@pytest.mark.parametrize("value", [2, 2.0, np.int64(2), np.float32(2)])
def test_counts_may_be_written_as_floats(value):
    run = Run(workers=value, batch_size=value)
    assert (run.workers, run.batch_size) == (2, 2)
    assert type(run.workers) is type(run.batch_size) is int


@pytest.mark.parametrize(
    ("field", "value"),
    [("workers", 0), ("workers", 1.5), ("workers", "auto"), ("workers", None), ("progress", "yes")],
)
def test_values_outside_their_range(field, value):
    with pytest.raises(OptionError, match=f"{field} is {value!r}") as caught:
        Run(**{field: value})
    assert caught.value.option == field


def test_restart_needs_something_to_start_anew():
    with pytest.raises(OptionError, match="restart=True with out=None") as caught:
        Run(restart=True)
    assert caught.value.option == "restart"
    with pytest.raises(OptionError, match=r"out=\[\]"):
        Run(out=[])
    with pytest.raises(WrongTypeError, match="restart takes a bool"):
        Run(out="a", restart=1)


def test_out_is_a_path_or_several():
    assert Run().targets() == []
    assert Run(out="a.tsv").targets() == [Path("a.tsv")]
    assert Run(out=[Path("a.vcf"), "b"]).targets() == [Path("a.vcf"), Path("b")]
    for odd in (3, [3], [None], b"a"):
        with pytest.raises(WrongTypeError, match="out takes a path"):
            Run(out=odd)


def test_out_is_a_shortcut():
    assert run_of(out="a.tsv") == Run(out="a.tsv")
    noun = Run(out="a.tsv")
    assert run_of(noun, out="a.tsv") is noun
    with pytest.raises(OptionError, match=r"out='b' and run\.out='a\.tsv'"):
        run_of(noun, out="b")


def test_fields_that_a_verb_cannot_honour_are_refused():
    unused = ("workers", "progress", "out", "restart")
    refuse_unused(Run(device="cpu", batch_size=3), "predict", unused)
    refuse_unused(Run(progress=False), "predict", unused)
    for fields in ({"workers": 2}, {"progress": True}, {"progress": print}, {"out": "a"}):
        ((name, value),) = fields.items()
        with pytest.raises(OptionError, match=f"predict cannot honour {name}=") as caught:
            refuse_unused(Run(**fields), "predict", unused)
        assert (caught.value.option, caught.value.value) == (name, value)
    refuse_unused(Run(workers=2), "score_variants", ("out",))


@pytest.mark.parametrize(
    "fields",
    [
        {"workers": 2, "out": "a.h5"},
        {"progress": True},
        {"out": "a.tsv"},
        {"out": "a.tsv", "restart": True},
    ],
    ids=str,
)
def test_predicting_verbs_refuse_what_they_cannot_honour(fields):
    model, place = load_model("cispliceai"), Interval("20", 2_577_700, 2_577_720)
    if "progress" not in fields:
        with pytest.raises(
            OptionError, match=r"predict\(out=\.\.\.\) cannot honour|written as one \.h5"
        ):
            predict(model, place, demo.genome(), run=Run(**fields))
    allele = Variant("20", 2_577_796, "G", "A")
    with pytest.raises(OptionError, match="predict_variant cannot honour"):
        predict_variant(model, allele, demo.genome(), run=Run(**fields))
