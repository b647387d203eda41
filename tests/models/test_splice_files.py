from __future__ import annotations

import pytest
import torch

from locuscope.errors import OptionError, WeightsMismatchError
from locuscope.models import splice_files
from locuscope.models.embedded import embedded_file
from locuscope.models.splice_files import load_cispliceai, load_spliceai
from locuscope.models.splice_keras import splice_layout
from locuscope.models.weights import save_safetensors
from tests.models import graphdef_writer
from tests.models import keras_writer as writer
from tests.models.test_spliceai import published, random_net


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files of the published layout, random weights, as the package lays them down."""
    place = tmp_path_factory.mktemp("spliceai") / "models"
    place.mkdir()
    for k in (1, 2):
        layers = writer.of_layout(splice_layout(), seed=k, gain=0.5)
        writer.write(place / f"spliceai{k}.h5", writer.renamed(layers))
    return place.parent


def test_the_users_own_files_become_a_model(folder, capsys):
    splice_files._say_licence.cache_clear()
    model = load_spliceai(folder, (1, 0))
    assert model.name == "spliceai"
    assert model.card["licence"] == "CC BY-NC 4.0"
    assert {row["data_source"] for row in model.catalog.to_rows()} == {"SpliceAI"}
    first = load_spliceai(folder / "models" / "spliceai1.h5", None)
    assert torch.equal(first.network.members[0].stem.weight, model.network.members[1].stem.weight)
    # the licence is said once in a process, not once per load
    assert capsys.readouterr().err.count("CC BY-NC 4.0") == 1


def test_members_of_safetensors_cannot_be_chosen(tmp_path):
    place = save_safetensors(random_net(2), tmp_path / "mine.safetensors")
    assert len(load_spliceai(place, None).network.members) == 2
    assert load_spliceai(place, None).name == "spliceai"
    for load in (load_spliceai, load_cispliceai):
        with pytest.raises(OptionError, match="is read whole"):
            load(place, (0,))


def test_cispliceai_members_come_from_a_graph(tmp_path):
    place = tmp_path / "CI-SpliceAI.pb"
    net = random_net(members=2)
    place.write_bytes(graphdef_writer.graph(published(net, {0: 0, 1: 2})))
    model = load_cispliceai(place, (2,))
    assert torch.equal(model.network.members[0].stem.weight, net.members[1].stem.weight)


def test_the_embedded_member_has_its_card():
    assert load_cispliceai(None, None).card["licence"] == "CC BY 4.0"


def test_the_other_network_of_the_same_layout_is_refused(tmp_path):
    place, _ = embedded_file(splice_files.CISPLICEAI_FILE)
    with pytest.raises(WeightsMismatchError, match="weights of 'cispliceai', not of 'spliceai'"):
        load_spliceai(place, None)
    metadata = {"card": '{"name": "spliceai"}'}
    other = save_safetensors(random_net(), tmp_path / "mine.safetensors", metadata=metadata)
    with pytest.raises(WeightsMismatchError, match="weights of 'spliceai', not of 'cispliceai'"):
        load_cispliceai(other, None)
    assert load_spliceai(other, None).card["name"] == "spliceai"
