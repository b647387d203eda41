from __future__ import annotations

import json
import random
import time

import h5py
import numpy as np
import pytest

from locuscope.errors import MissingFileError, WeightsError
from locuscope.models import keras_file
from locuscope.models.keras_file import read_keras
from tests.models import keras_writer as writer

KERNEL = np.arange(24, dtype=np.float32).reshape(3, 4, 2)


def small(**conv):
    settings = {"filters": 2, "kernel_size": [3], "padding": "same", **conv}
    weights = {"kernel": KERNEL, "bias": np.ones(2, np.float32)}
    return [
        writer.layer("in", "InputLayer", batch_input_shape=[None, None, 4]),
        writer.layer("conv", "Conv1D", ("in",), weights, **settings),
        writer.layer("act", "Activation", ("conv",), activation="relu"),
    ]


def changed(tmp_path, change):
    """A small file after `change(file)`, opened for writing."""
    path = writer.write(tmp_path / "net.h5", small())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def test_layers_settings_and_weights_are_read(tmp_path):
    path = writer.write(tmp_path / "net.h5", small())
    found = read_keras(path)
    assert list(found.layers) == ["in", "conv", "act"]
    assert found.inputs == ("in",)
    assert found.outputs == ("act",)
    conv = found.layers["conv"]
    assert (conv.kind, conv.inputs, conv.settings["filters"]) == ("Conv1D", ("in",), 2)
    assert np.array_equal(conv.weights["kernel"], KERNEL)
    assert "3 layers" in repr(found)
    assert len(found.sha256) == 64


def test_the_order_in_the_file_does_not_matter(tmp_path):
    layers = small()
    path = writer.write(tmp_path / "net.h5", layers, order=layers[::-1])
    assert list(read_keras(path).layers) == ["in", "conv", "act"]


def test_a_layer_without_bias_has_none(tmp_path):
    layers = small(use_bias=False)
    del layers[1]["weights"]["bias"]
    assert list(read_keras(writer.write(tmp_path / "net.h5", layers)).layers["conv"].weights) == [
        "kernel"
    ]


def test_a_missing_file_a_folder_an_empty_and_another_file(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_keras(tmp_path / "absent.h5")
    with pytest.raises(WeightsError, match="is a folder"):
        read_keras(tmp_path)
    for content, words in [
        (b"", "is empty"),
        (b"PK\x03\x04", "not an HDF5 file"),
        (b"<!DOCTYPE html>", "web page"),
    ]:
        path = tmp_path / "other.h5"
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=words):
            read_keras(path)


def config(file, text):
    file.attrs["model_config"] = text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.attrs.__delitem__("model_config"), "no Keras network"),
        (lambda f: config(f, 3.0), "no Keras network"),
        (lambda f: config(f, "{"), "is no JSON"),
        (lambda f: config(f, "[" * 30_000), "is no JSON"),
        (lambda f: config(f, "[]"), "holds a Keras None"),
        (lambda f: config(f, '{"class_name": "Sequential", "config": []}'), "'Sequential'"),
        (lambda f: config(f, '{"class_name": "Model", "config": {"layers": []}}'), "layers is 0"),
        (lambda f: config(f, '{"class_name": "Model", "config": {"layers": 3}}'), "layers is int"),
        (lambda f: f.__delitem__("model_weights"), "no 'model_weights'"),
        (lambda f: f["model_weights"].__delitem__("conv"), "no 'conv'"),
        (lambda f: f["model_weights/conv/conv"].__delitem__("kernel:0"), "kernel:0"),
        (
            lambda f: f["model_weights/conv"].attrs.__setitem__("weight_names", [b"conv/bias:0"]),
            "layer 'conv' holds 'bias'; expected kernel, bias",
        ),
        (
            lambda f: f["model_weights/conv"].attrs.__setitem__("weight_names", []),
            "no weights",
        ),
    ],
)
def test_a_file_that_lacks_a_part_is_a_sentence(tmp_path, change, words):
    with pytest.raises(WeightsError, match=words) as caught:
        read_keras(changed(tmp_path, change))
    assert "net.h5" in str(caught.value)


def replaced(file, make):
    home = file["model_weights/conv/conv"]
    del home["kernel:0"]
    make(home)


@pytest.mark.fault("M3")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda home: home.create_dataset("kernel:0", data=[b"text"]), "real numbers"),
        (lambda home: home.create_dataset("kernel:0", data=[1, 2]), "real numbers"),
        (lambda home: home.create_dataset("kernel:0", data=np.zeros((1, 1, 1, 1))), "real numbers"),
        (lambda home: home.create_dataset("kernel:0", data=np.zeros((0, 4))), "real numbers"),
        (lambda home: home.create_dataset("kernel:0", shape=None, dtype="f4"), "is no array"),
        (lambda home: home.create_group("kernel:0"), "is no array"),
        (
            lambda home: home.create_dataset(
                "kernel:0", (100_000, 1_000, 10), "f4", chunks=(10, 10, 10)
            ),
            "real numbers",
        ),
        (lambda home: home.create_dataset("kernel:0", data=KERNEL * np.nan), "24 NaN or Inf of 24"),
        (lambda home: home.__setitem__("kernel:0", h5py.SoftLink("/x")), "link to another place"),
        (
            lambda home: home.__setitem__("kernel:0", h5py.ExternalLink("other.h5", "/x")),
            "link to another place",
        ),
        (
            lambda home: home.create_dataset(
                "kernel:0", KERNEL.shape, "f4", external=[("/etc/hostname", 0, KERNEL.nbytes)]
            ),
            "another file",
        ),
    ],
)
def test_weights_that_are_no_plain_numbers_are_refused(tmp_path, make, words):
    with pytest.raises(WeightsError, match=words):
        read_keras(changed(tmp_path, lambda file: replaced(file, make)))


def rewritten(tmp_path, change):
    """A small file whose configuration went through `change(config)`."""

    def both(file):
        model = json.loads(file.attrs["model_config"])
        change(model["config"])
        file.attrs["model_config"] = json.dumps(model)

    return changed(tmp_path, both)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["layers"][1].update(class_name="Lambda"), "'Lambda', which is not understood"),
        (lambda c: c["layers"][1].pop("config"), "without name, class or settings"),
        (lambda c: c["layers"].append(c["layers"][0]), "two layers are called 'in'"),
        (lambda c: c["layers"][1].update(inbound_nodes=[[], []]), "called 2 times"),
        (lambda c: c["layers"][1].update(inbound_nodes={"args": []}), "called 0 times"),
        (lambda c: c["layers"][1].update(inbound_nodes=[[["in", 1, 0, {}]]]), "expected"),
        (lambda c: c["layers"][1].update(inbound_nodes=[["in"]]), "expected"),
        (lambda c: c["layers"][1].update(inbound_nodes=[[["far", 0, 0, {}]]]), "no layer"),
        (lambda c: c["layers"][1].update(inbound_nodes=[[["act", 0, 0, {}]]]), "in a circle"),
        (lambda c: c.update(input_layers=[]), "input_layers"),
        (lambda c: c.update(output_layers=[["far", 0, 0]]), "output_layers"),
        (lambda c: c.update(output_layers="act"), "output_layers"),
    ],
)
def test_a_graph_that_makes_no_sense_is_a_sentence(tmp_path, change, words):
    with pytest.raises(WeightsError, match=words):
        read_keras(rewritten(tmp_path, change))


def test_more_weights_than_any_network_here_are_refused(tmp_path, monkeypatch):
    path = writer.write(tmp_path / "net.h5", small())
    monkeypatch.setattr(keras_file, "MAX_VALUES", 25)
    with pytest.raises(WeightsError, match="more than 25 weights"):
        read_keras(path)


@pytest.mark.fault("M3")
def test_damaged_bytes_end_in_a_sentence_or_a_clean_load(tmp_path):
    """300 truncations and byte flips, seed 0; the whole layer of HDF5 is hostile ground."""
    content = writer.write(tmp_path / "net.h5", small()).read_bytes()
    rng = random.Random(0)
    path = tmp_path / "damaged.h5"
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        if rng.random() < 0.3:
            del damaged[rng.randrange(1, len(damaged)) :]
        for _ in range(rng.choice([0, 1, 4, 30])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        started = time.perf_counter()
        try:
            read_keras(path)
        except WeightsError as error:
            refused += "damaged.h5" in str(error)
        assert time.perf_counter() - started < 2
    assert refused > 100


@pytest.mark.fault("M3")
def test_an_attribute_that_is_no_text_is_not_read(tmp_path):
    """The library crashes on a sequence of a kind that does not exist."""
    path = writer.write(tmp_path / "net.h5", small())
    content = bytearray(path.read_bytes())
    kind = content.index(b"model_config\0\0\0\0\x19\x01") + 17
    content[kind] = 76
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="'model_config' is missing, no text"):
        read_keras(path)


def test_names_of_weights_that_are_numbers_are_none(tmp_path):
    def change(file):
        file["model_weights/conv"].attrs["weight_names"] = np.zeros(2)

    with pytest.raises(WeightsError, match="layer 'conv' holds no weights"):
        read_keras(changed(tmp_path, change))


def test_more_names_than_a_network_can_have_are_not_read(tmp_path):
    def change(file):
        file["model_weights/conv"].attrs["weight_names"] = np.full(5_000, b"kernel:0")

    with pytest.raises(WeightsError, match="layer 'conv' holds no weights"):
        read_keras(changed(tmp_path, change))


@pytest.mark.fault("M3")
@pytest.mark.parametrize(
    ("place", "change"),
    [
        (8, (1 << 40).to_bytes(8, "little")),  # a heap longer than the file
        (8, (32).to_bytes(8, "little")),  # its first text reaches beyond it
        (16 + 8, b"\xff" * 8),  # so does this one, and the sum of its parts overflows
        (16, bytes(16)),  # free space of no length
    ],
)
def test_a_heap_that_does_not_add_up_is_a_sentence(tmp_path, place, change):
    """The library walks over some of these for ever."""
    path = writer.write(tmp_path / "net.h5", small())
    content = bytearray(path.read_bytes())
    place += content.index(keras_file.HEAP)
    content[place : place + len(change)] = change
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"net\.h5: a damaged HDF5 file .* does not add up"):
        read_keras(path)


@pytest.mark.fault("M3")
def test_heaps_within_heaps_end_in_a_sentence(tmp_path):
    path = writer.write(tmp_path / "net.h5", small())
    count = 20_000
    pieces = []
    for k in range(count):  # each heap holds all that follow, one text per heap
        whole = (32 * (count - k)).to_bytes(8, "little")
        pieces.append(keras_file.HEAP + whole + (1).to_bytes(16, "little"))
    path.write_bytes(path.read_bytes() + b"".join(pieces))
    started = time.perf_counter()
    with pytest.raises(WeightsError, match="does not add up"):
        read_keras(path)
    assert time.perf_counter() - started < 2
