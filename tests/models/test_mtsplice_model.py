from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from locuscope.errors import OptionError, ShapeError, UnknownNameError
from locuscope.models.mtsplice_model import HEAD, MTSpliceModel
from locuscope.models.mtsplice_tissues import TISSUES, tissue_rows
from locuscope.models.protocol import SequenceModel
from locuscope.models.zoo import load_model
from tests.models.test_mtsplice import random_net, windows

GOLDEN = json.loads(
    (Path(__file__).parent / "data" / "mtsplice_exons.json").read_text(encoding="utf-8")
)


def test_it_is_a_sequence_model_of_56_tissues():
    model = load_model("mtsplice")
    assert isinstance(model, SequenceModel)
    assert model.window_bp == 800
    assert model.default_width_bp is None
    assert model.heads[HEAD.name].keys == (0,)
    assert model.heads[HEAD.name].num_tracks == 56
    assert [spec.name for spec in model.inputs] == ["acceptor", "donor"]
    assert [(spec.anchor, spec.offset_bp, spec.length_bp) for spec in model.inputs] == [
        ("start", -300, 400),
        ("end", -100, 400),
    ]


def test_tissues_stand_in_the_published_order():
    assert list(TISSUES) == GOLDEN["tissues"]


def test_tracks_are_tissues_with_metadata():
    model = load_model("mtsplice")
    tracks = model.catalog.get_tracks(HEAD.name)
    assert len({track.track_name for track in tracks}) == 56
    cortex = tracks[TISSUES.index("Cortex - Brain")]
    assert cortex.track_name == "tissue:Cortex - Brain"
    assert (cortex.tissue, cortex.detail, cortex.group) == ("Brain", "Cortex", "brain")
    assert cortex.gtex_tissue == "Brain_Cortex"
    liver = tracks[TISSUES.index("Liver")]
    assert (liver.tissue, liver.get("detail"), liver.group) == ("Liver", None, "other")
    assert sum(track.group == "brain" for track in tracks) == 13
    assert {track.strand for track in tracks} == {"."}


def test_gtex_names_are_those_of_the_measured_tracks():
    from locuscope.demo.measurements import _tracks

    measured = {row["gtex_tissue"] for row in _tracks() if row.get("gtex_tissue")}
    own = [row["gtex_tissue"] for row in tissue_rows("x")]
    assert own.count(None) == 2
    assert {name for name in own if name} == measured


def test_run_gives_one_value_per_exon_and_tissue():
    model = MTSpliceModel(random_net())
    x = windows(3)
    found = model.run(x.to(torch.uint8))
    assert found[HEAD.name][0].shape == (3, 1, 56)
    assert torch.equal(found[HEAD.name][0][:, 0], model.network(x))
    with pytest.raises(UnknownNameError, match="tissue_splicing"):
        model.run(x, heads=["splicing"])
    with pytest.raises(OptionError, match="knows one organism"):
        model.run(x, organism=1)


@pytest.mark.parametrize("length", [0, 400, 799, 801, 15_000])
def test_a_wrong_length_says_what_the_800_bases_are(length):
    model = load_model("mtsplice")
    for call in (model.check_length, lambda n: model.run(torch.zeros(1, 4, n))):
        with pytest.raises(ShapeError, match="400 around the acceptor"):
            call(length)
    model.check_length(800)


def test_the_network_is_left_as_it_was():
    net = random_net().train()
    MTSpliceModel(net).run(windows(1))
    assert net.training


def test_the_digest_follows_the_weights():
    assert MTSpliceModel(random_net(1, 0)).digest == MTSpliceModel(random_net(1, 0)).digest
    assert MTSpliceModel(random_net(1, 0)).digest != MTSpliceModel(random_net(1, 1)).digest
