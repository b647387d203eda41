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
)
from locuscope.models import zoo
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


@pytest.mark.parametrize("name", ["cisplice", "mtsplice", "alphagenome", ""])
def test_unknown_names_list_what_is_there(name):
    with pytest.raises(UnknownNameError, match="cispliceai") as caught:
        load_model(name)
    assert caught.value.known == ("cispliceai",)
    assert "wrap()" in str(caught.value)


def test_members_that_are_not_embedded_say_where_they_come_from(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(zoo, "distribution", absent)
    with pytest.raises(MissingExtraError, match=r"cispliceai==1\.2\.2") as caught:
        load_model("cispliceai", members="all")
    assert caught.value.extra == "cispliceai"


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
    save_safetensors(random_net(), folder / zoo.CISPLICEAI_FILE)
    monkeypatch.setattr(zoo, "files", lambda _: tmp_path)
    fresh = zoo._embedded_cispliceai.__wrapped__
    with pytest.raises(CorruptStoreError, match="does not list"):
        fresh()
    manifest = {"files": {zoo.CISPLICEAI_FILE: {"sha256": "0" * 64}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(WeightsError, match="expected 000000000000"):
        fresh()


def test_the_room_and_the_zoo_load_no_torch_before_a_model_is_asked_for():
    code = "import sys, locuscope.models.zoo; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
