from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope import demo
from locuscope.errors import OptionError, WeightsError, WeightsMismatchError
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.mtsplice import MTSplice
from locuscope.models.mtsplice_weights import FILES, from_keras_h5, load_mtsplice, mtsplice_layout
from locuscope.models.splice_keras import splice_layout
from locuscope.models.weights import save_safetensors
from locuscope.models.zoo import load_model
from tests.models import keras_writer as writer
from tests.models.test_mtsplice import random_net, windows


def layers(seed: int = 0):
    return writer.of_layout(mtsplice_layout(), length=400, seed=seed, gain=0.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four files of the published layout, random weights, as the package lays them down."""
    place = tmp_path_factory.mktemp("mmsplice")
    (place / "models").mkdir()
    for k, name in enumerate(FILES):
        flat = writer.renamed(layers(k))
        writer.write(
            place / "models" / name,
            flat,
            order=writer.shuffled(flat, k),
            inputs=["inputlayer_0", "inputlayer_1"],
        )
    return place


def test_a_keras_file_gives_the_numbers_of_its_own_graph(folder):
    path = folder / "models" / FILES[1]
    graph, net = KerasGraph.read(path), from_keras_h5([path])
    x = windows(3, n_run=(10, 60))
    with torch.inference_mode():
        found = net(x)
        wanted = graph(x[..., :400].transpose(1, 2), x[..., 400:].transpose(1, 2))
    assert (found - wanted).abs().max() <= 1e-5
    assert wanted.std() > 1e-2


def test_members_of_a_folder(folder):
    x = windows(2)
    everyone = load_mtsplice(folder, (0, 1, 2, 3))
    alone = [load_mtsplice(folder / "models" / name, None) for name in FILES]
    with torch.inference_mode():
        mean = torch.stack([model.network(x) for model in alone]).mean(0)
        assert (everyone.network(x) - mean).abs().max() <= 1e-6
    # as for the embedded weights, member 0 is meant unless told
    assert load_mtsplice(folder, None).digest == alone[0].digest
    assert load_model("mtsplice", weights=folder, members="all").digest == everyone.digest


@pytest.mark.fault("M4")
def test_another_network_is_refused(tmp_path):
    path = writer.write(tmp_path / "net.h5", writer.of_layout(splice_layout(), gain=0.5))
    with pytest.raises(WeightsMismatchError, match="first Conv1D 'stem'"):
        load_mtsplice(path, None)
    changed = layers()
    changed[3]["config"]["epsilon"] = 1e-5
    with pytest.raises(WeightsMismatchError, match=r"epsilon 1e-05, expected 0\.001"):
        load_mtsplice(writer.write(tmp_path / "other.h5", changed), None)


@pytest.mark.fault("M4")
def test_splines_of_another_kind_are_refused(tmp_path):
    """Their weights have the same shapes or fewer, so the layout alone would let them in."""
    shorter = writer.of_layout(mtsplice_layout(), length=300, gain=0.5)
    with pytest.raises(WeightsMismatchError, match=r"shape \(300, 4\), expected \(400, 4\)"):
        load_mtsplice(writer.write(tmp_path / "short.h5", shorter), None)
    for option, weights in (
        ("use_bias", {"bias": np.ones(64, np.float32)}),
        ("share_splines", {"kernel": np.ones((10, 1), np.float32)}),
    ):
        changed = layers()
        spline = next(layer for layer in changed if layer["class_name"] == "SplineWeight1D")
        spline["config"][option] = True
        spline["weights"] |= weights
        with pytest.raises(WeightsMismatchError, match=f"{option} True, expected None"):
            load_mtsplice(writer.write(tmp_path / "other.h5", changed), None)


@pytest.mark.fault("M3")
def test_a_file_that_ends_early_is_a_sentence(folder, tmp_path):
    content = (folder / "models" / FILES[0]).read_bytes()
    (tmp_path / FILES[0]).write_bytes(content[: len(content) // 2])
    with pytest.raises(WeightsError, match="damaged or truncated HDF5"):
        load_mtsplice(tmp_path, None)


def test_safetensors_go_through_float16_and_come_back(tmp_path):
    net = random_net(2)
    place = save_safetensors(
        net, tmp_path / "mine.safetensors", metadata={"card": '{"a": 1}'}, half="kernels"
    )
    model = load_mtsplice(place, None)
    assert model.card == {"a": 1}
    assert {tensor.dtype for tensor in model.network.state_dict().values()} == {torch.float32}
    x = windows(2)
    assert (model.network(x) - net(x)).abs().max() < 5e-3
    with pytest.raises(OptionError, match="is read whole"):
        load_mtsplice(place, (0,))


@pytest.mark.fault("M4")
def test_safetensors_of_another_network_are_refused():
    with pytest.raises(WeightsMismatchError, match="does not fit MTSplice"):
        load_mtsplice(demo.path("cispliceai_member0.safetensors"), None)


def test_the_embedded_card_says_what_the_network_is_not():
    model = load_model("mtsplice")
    assert model.card["licence"] == "MIT"
    assert any("splice sites" in text for text in model.card["known_failures"])
    assert model.card["metrics"] is None
    assert isinstance(model.network, MTSplice)
    assert not model.network.training
    assert "MIT" in repr(model)
