from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys

import pytest
import torch

from locuscope.errors import (
    CorruptStoreError,
    MissingExtraError,
    OptionError,
    UnknownNameError,
    WeightsError,
    WrongTypeError,
)
from locuscope.models import embedded, members, zoo
from locuscope.models.weights import save_safetensors
from locuscope.models.zoo import load_model
from tests.models import graphdef_writer as writer
from tests.models.test_spliceai import published, random_net


def test_the_embedded_model_is_loaded_once():
    assert load_model("cispliceai") is load_model("cispliceai")
    assert load_model("cispliceai", members=1) is load_model("cispliceai")
    assert load_model("cispliceai", members=[0]) is load_model("cispliceai")


def test_a_device_gives_a_model_of_its_own():
    model = load_model("cispliceai", device="cpu")
    assert model is not load_model("cispliceai")
    assert model.digest == load_model("cispliceai").digest


@pytest.mark.parametrize("name", ["cisplice", "mtsplic", "alphagenome", "", "planted"])
def test_unknown_names_list_what_is_there(name):
    with pytest.raises(UnknownNameError, match="no model is called") as caught:
        load_model(name)
    assert caught.value.known == zoo.known_models()
    assert "cispliceai" in caught.value.known
    assert "wrap()" in str(caught.value)


def test_a_network_that_the_manifest_does_not_list_is_unknown(monkeypatch):
    monkeypatch.setattr(embedded, "listed_files", lambda: frozenset({"mtsplice_deep0.safetensors"}))
    assert zoo.known_models() == ("spliceai", "mtsplice")
    with pytest.raises(UnknownNameError, match="did you mean 'spliceai'"):
        load_model("cispliceai")


@pytest.mark.parametrize("name", zoo.known_models())
def test_every_embedded_network_runs(name):
    if zoo.EMBEDDED[name] is None:
        pytest.skip(f"the weights of {name} are the user's own")
    model = load_model(name)
    width = model.window_bp or 10_001
    outputs = model.run(torch.zeros(2, 4, width))
    for head in model.heads.values():
        for key in head.keys:
            values = outputs[head.name][key]
            assert values.shape[0] == 2
            assert values.shape[-1] == head.num_tracks == len(model.catalog.get_tracks(head.name))
            assert torch.isfinite(values).all()
    assert load_model(name) is model
    assert load_model(name, device="cpu").digest == model.digest


@pytest.fixture
def bare(monkeypatch):
    """An installation in which none of the published packages is there."""

    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(members, "distribution", absent)


@pytest.mark.parametrize(
    ("name", "chosen", "install"),
    [
        ("cispliceai", "all", r"cispliceai==1\.2\.2"),
        ("mtsplice", [3], r"mmsplice==2\.4\.0"),
        ("spliceai", None, r"spliceai==1\.3\.1"),
    ],
)
def test_weights_that_are_not_embedded_say_where_they_come_from(bare, name, chosen, install):
    with pytest.raises(MissingExtraError, match=f"pip install --no-deps {install}") as caught:
        load_model(name, members=chosen)
    assert caught.value.extra in install
    assert "weights=" in str(caught.value)


def test_nothing_but_a_path_is_a_weight_file():
    with pytest.raises(WrongTypeError, match="weights takes the path"):
        load_model("mtsplice", weights=3)


@pytest.mark.parametrize("members", [0, 6, [5], [0, 0], [], "five", True, -1])
def test_members_outside_the_ensemble_are_refused(members):
    with pytest.raises(OptionError, match="members must be"):
        load_model("cispliceai", members=members)


def test_members_come_from_a_graph_of_the_user(tmp_path):
    net = random_net(members=2)
    path = tmp_path / "CI-SpliceAI.pb"
    path.write_bytes(writer.graph(published(net, {0: 0, 1: 2})))
    assert len(load_model("cispliceai", weights=path).network.members) == 1
    model = load_model("cispliceai", weights=path, members=[2, 0])
    assert torch.equal(model.network.members[0].stem.weight, net.members[1].stem.weight)


def test_weights_in_safetensors_are_read_whole(tmp_path):
    path = save_safetensors(
        random_net(2), tmp_path / "mine.safetensors", metadata={"card": '{"licence": "CC0"}'}
    )
    model = load_model("cispliceai", weights=path)
    assert len(model.network.members) == 2
    assert model.card == {"licence": "CC0"}
    with pytest.raises(OptionError, match="read whole"):
        load_model("cispliceai", weights=path, members=[0])


def test_a_card_that_is_no_json_is_no_card(tmp_path):
    path = save_safetensors(random_net(), tmp_path / "mine.safetensors", metadata={"card": "{"})
    assert load_model("cispliceai", weights=path).card == {}


def test_a_damaged_embedded_file_is_found_by_its_digest(tmp_path, monkeypatch):
    folder = tmp_path / "demo" / "data"
    folder.mkdir(parents=True)
    file = zoo.EMBEDDED["cispliceai"]
    save_safetensors(random_net(), folder / file)
    monkeypatch.setattr(embedded, "files", lambda _: tmp_path)
    with pytest.raises(CorruptStoreError, match="manifest of the embedded data"):
        zoo.known_models()
    manifest = {"files": {file: {"sha256": "0" * 64}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(WeightsError, match="expected 000000000000"):
        load_model("cispliceai", device="cpu")


def test_the_room_and_the_zoo_load_no_torch_before_a_model_is_asked_for():
    code = "import sys, locuscope.models.zoo; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
