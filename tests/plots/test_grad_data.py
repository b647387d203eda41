from __future__ import annotations

from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import torch

from locuscope.errors import (
    FormatError,
    InputError,
    MissingFileError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.plots.grad_data import data_in_hdf5, data_in_memory
from tests.plots.made_contributions import START, made

RANGES = {"chr": ["7", "8"], "start": [10, 20], "end": [15, 25], "strand": ["+", "*"]}


def batch(**more):
    arrays = {"seq": np.ones((2, 4, 5)), "other": {"x": np.arange(6.0).reshape(2, 3)}}
    grads = {"seq": np.full((2, 4, 5), 2.0), "other": {"x": np.ones((2, 3))}}
    return {"inputs": arrays, "grads": grads, "metadata": {"ranges": RANGES}} | more


def test_inputs_are_named_by_the_way_to_them():
    data = data_in_memory(batch())
    assert list(data.inputs) == ["seq", "other/x"]
    assert len(data) == 2
    assert data.name_of("other/x") == data.name_of(1) == data.name_of(-1) == "other/x"
    assert data.name_of(None) is None
    listed = data_in_memory(
        {"inputs": [np.ones((1, 2)), np.ones((1, 3))], "grads": (np.ones((1, 2)), np.ones((1, 3)))}
    )
    assert list(listed.inputs) == ["0", "1"]
    lone = data_in_memory({"inputs": np.ones((1, 2)), "grads": np.ones((1, 2))})
    assert lone.name_of(None) == "input"


def test_gradients_may_come_beside_or_under_another_name():
    bare = {"inputs": np.ones((2, 3))}
    grads = np.full((2, 3), 5.0)
    for data in (
        data_in_memory(bare, grads),
        data_in_memory(bare | {"contributions": grads}),
        data_in_memory(bare | {"grads": grads + 1}, grads),
        data_in_memory(bare | {"grads": torch.from_numpy(grads).requires_grad_()}),
    ):
        np.testing.assert_array_equal(data.grads["input"], grads)


@pytest.mark.parametrize(
    "ranges",
    [
        RANGES,
        SimpleNamespace(**RANGES),
        [Interval("7", 10, 15, "+"), Interval("8", 20, 25)],
        [
            {"chr": "7", "start": 10, "end": 15, "strand": "+"},
            {"chr": "8", "start": 20, "end": 25, "strand": "."},
        ],
        [
            SimpleNamespace(chr="7", start=10, end=15, strand="+"),
            SimpleNamespace(chr="8", start=20, end=25, strand="*"),
        ],
    ],
    ids=["columns", "object", "intervals", "mappings", "objects"],
)
def test_places_come_in_many_forms(ranges):
    data = data_in_memory(batch(metadata={"ranges": ranges}))
    assert data.place(0) == Interval("7", 10, 15, "+")
    assert data.place(1) == Interval("8", 20, 25)


def test_without_places():
    assert data_in_memory(batch(metadata={})).place(0) is None
    assert data_in_memory({k: v for k, v in batch().items() if k != "metadata"}).place(1) is None


def test_contributions_are_data():
    found = made()
    data = data_in_memory(found)
    assert list(data.inputs) == ["sequence"]
    np.testing.assert_array_equal(data.grads["sequence"], found.values)
    assert data.place(1) == Interval("7", START + 100, START + 160)
    assert data_in_memory(made(places=False)).place(0) is None


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / "grads.h5"
    content = batch()
    with h5py.File(path, "w") as file:
        for part in ("inputs", "grads"):
            file[f"{part}/seq"] = content[part]["seq"]
            file[f"{part}/other/x"] = content[part]["other"]["x"]
        for name, column in RANGES.items():
            file[f"metadata/ranges/{name}"] = column
    return path


def test_a_file_holds_the_same(stored):
    data, memory = data_in_hdf5(stored), data_in_memory(batch())
    assert set(data.inputs) == set(memory.inputs)
    for name in memory.inputs:
        for part in ("inputs", "grads"):
            array = getattr(data, part)[name]
            assert array.shape == getattr(memory, part)[name].shape
            np.testing.assert_array_equal(array[1], getattr(memory, part)[name][1])
    assert [data.place(k) for k in (0, 1)] == [memory.place(k) for k in (0, 1)]


def test_a_file_of_one_input_may_have_no_names(tmp_path):
    with h5py.File(tmp_path / "one.h5", "w") as file:
        file["inputs"], file["grads"] = np.ones((3, 4)), np.zeros((3, 4))
    data = data_in_hdf5(tmp_path / "one.h5")
    assert list(data.inputs) == ["input"]
    assert data.place(0) is None


@pytest.mark.parametrize("compat", [None, "kipoi", "chrombpnet", "bpnet"])
def test_files_of_contributions_are_read(tmp_path, compat):
    found = made()
    path = found.save(tmp_path / "one.h5", **({} if compat is None else {"compat": compat}))
    data = data_in_hdf5(path)
    (name,) = data.inputs
    np.testing.assert_array_equal(np.asarray(data.inputs[name][1]), found.sequences[1])
    np.testing.assert_allclose(np.asarray(data.grads[name][1]), found.values[1])
    assert data.place(1).start == START + 100


@pytest.mark.fault("H1")
def test_broken_files_are_refused(tmp_path, stored):
    with pytest.raises(MissingFileError):
        data_in_hdf5(tmp_path / "nowhere.h5")
    (tmp_path / "text.h5").write_text("no file of this kind", encoding="utf-8")
    with pytest.raises(FormatError, match=r"text\.h5"):
        data_in_hdf5(tmp_path / "text.h5")
    (tmp_path / "short.h5").write_bytes(stored.read_bytes()[:1_000])
    with pytest.raises(FormatError, match=r"short\.h5"):
        data_in_hdf5(tmp_path / "short.h5")
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["something"] = 1
    with pytest.raises(FormatError, match=r"empty\.h5"):
        data_in_hdf5(tmp_path / "empty.h5")


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ([1, 2], WrongTypeError, "mapping"),
        ({"inputs": np.ones((1, 2))}, InputError, "grads"),
        ({"grads": np.ones((1, 2))}, InputError, "inputs"),
        (batch(grads=np.ones((2, 4, 5))), InputError, "each input needs its gradient"),
        (
            batch(grads={"seq": np.ones((2, 4, 6)), "other": {"x": np.ones((2, 3))}}),
            ShapeError,
            "must agree",
        ),
        (
            batch(metadata={"ranges": {"chr": ["7"], "start": [1], "end": [2]}}),
            ShapeError,
            "as many",
        ),
        (
            {
                "inputs": {"a": np.ones((1, 2)), "b": np.ones((2, 2))},
                "grads": {"a": np.ones((1, 2)), "b": np.ones((2, 2))},
            },
            ShapeError,
            "as many",
        ),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(data, error, words):
    with pytest.raises(error, match=words):
        data_in_memory(data)


def test_other_inputs_are_not_there():
    data = data_in_memory(batch())
    for name in ("sequ", 2, -3):
        with pytest.raises(UnknownNameError):
            data.name_of(name)
    with pytest.raises(UnknownNameError, match="did you mean 'seq'"):
        data.name_of("sec")
