from __future__ import annotations

import pytest
import torch

from locuscope.errors import OptionError, ShapeError, UnknownNameError
from locuscope.models.protocol import SequenceModel
from locuscope.models.splice_model import SpliceModel
from locuscope.models.spliceai import SpliceNet
from locuscope.models.zoo import load_model
from tests.models.test_spliceai import windows

TRACKS = ["acceptor:+", "donor:+", "acceptor:-", "donor:-"]


@pytest.fixture(scope="module")
def model() -> SpliceModel:
    return load_model("cispliceai")


def test_it_is_a_complete_sequence_model(model):
    assert isinstance(model, SequenceModel)
    assert (model.name, model.window_bp, model.default_width_bp) == ("cispliceai", None, 15_000)
    assert len(model.digest) == 64
    assert [spec.name for spec in model.inputs] == ["sequence"]
    head = model.heads["splice_sites"]
    assert head.resolutions_bp == (1,)
    assert (head.num_tracks, head.crop_bp, head.value_range) == (4, 5_000, "probability")
    assert head.strand_pair == (2, 3, 0, 1)
    assert list(model.scores) == ["splice_delta"]


def test_catalog_names_every_channel(model):
    tracks = model.catalog.get_tracks("splice_sites", num_tracks=4, strict=True)
    assert [track.track_name for track in tracks] == TRACKS
    assert [track.strand for track in tracks] == ["+", "+", "-", "-"]
    assert {track.assay_title for track in tracks} == {"splice site probability"}
    assert {track.data_source for track in tracks} == {"CI-SpliceAI"}
    assert not any(track.has("biosample_name") for track in tracks)


@pytest.mark.parametrize(("count", "length"), [(1, 10_001), (3, 10_030)])
def test_run_gives_both_strands_in_genomic_order(model, count, length):
    x = windows(count, length, seed=count)
    with torch.inference_mode():
        found = model.run(x)["splice_sites"][1]
        plus = model.network(x)[:, 1:].transpose(1, 2)
        minus = model.network(x.flip(-1, -2))[:, 1:].transpose(1, 2).flip(1)
    assert found.shape == (count, length - 10_000, 4)
    assert torch.allclose(found, torch.cat([plus, minus], 2), atol=1e-6)


def test_reverse_complement_law(model):
    x = windows(2, 10_040, seed=5)
    pair = list(model.heads["splice_sites"].strand_pair)
    with torch.inference_mode():
        forward = model.run(x)["splice_sites"][1]
        reverse = model.run(x.flip(-1, -2))["splice_sites"][1]
    assert float((reverse - forward.flip(1)[..., pair]).abs().max()) < 1e-6


def test_one_strand_is_half_of_both(model):
    x = windows(1, 10_020, seed=6)
    with torch.inference_mode():
        both = model.probabilities(x)
        for strand, columns in (("+", slice(0, 2)), ("-", slice(2, 4))):
            found = model.probabilities(x, strands=strand)
            assert float((found - both[..., columns]).abs().max()) < 1e-6
    with pytest.raises(OptionError, match="must be one of"):
        model.probabilities(x, strands=".")


def test_input_types_give_the_same_numbers(model):
    x = windows(1, 10_005, seed=7)
    with torch.inference_mode():
        expected = model.probabilities(x)
        for dtype in (torch.uint8, torch.bool, torch.float64):
            assert torch.equal(model.probabilities(x.to(dtype)), expected)


def test_mode_and_gradient_flags_come_back(model):
    model.network.train()
    x = windows(1, 10_001).requires_grad_(True)
    model.run(x)["splice_sites"][1].sum().backward()
    assert model.network.training
    assert x.grad is not None
    assert not any(parameter.requires_grad for parameter in model.network.parameters())
    model.network.eval()


def test_doors(model):
    x = windows(1, 10_001)
    with pytest.raises(ShapeError, match="cispliceai needs at least 10,001 bases: 5,000 context"):
        model.run(x[..., :2_000])
    with pytest.raises(ShapeError, match="looks transposed"):
        model.run(x.transpose(1, 2))
    with pytest.raises(OptionError, match="one organism"):
        model.run(x, organism=1)
    with pytest.raises(OptionError, match="regions"):
        model.run(x, regions=[(0, 1)])
    with pytest.raises(UnknownNameError, match="splice_sites"):
        model.run(x, heads=["splice_site"])
    with pytest.raises(UnknownNameError, match="128"):
        model.run(x, resolutions_bp=[128])


def test_digest_and_repr_tell_models_apart(model):
    other = SpliceModel(SpliceNet(2), name="mine", card={"licence": "CC0"})
    assert other.digest != model.digest
    assert repr(other) == "SpliceModel('mine', 2 members, CC0)"
    assert repr(model) == "SpliceModel('cispliceai', 1 member, CC BY 4.0)"
    assert model.card["intended_use"]
