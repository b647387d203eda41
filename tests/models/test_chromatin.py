"""The chromatin models: protocol, catalog, card, files, and a network by the wrong name."""

from __future__ import annotations

import json

import pytest
import torch

import locuscope as lsc
from locuscope.errors import (
    MissingFileError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WeightsError,
    WeightsMismatchError,
)
from locuscope.models import chromatin
from locuscope.models.chromatin import ChromatinModel, card_lines, load_chromatin
from locuscope.models.protocol import SequenceModel
from locuscope.models.weights import save_safetensors
from tests.models.test_chromatin_net import random_net, windows

TRACKS = {"dnase": 3, "insulators": 8}
INSULATOR_TRACKS = [
    f"{protein}:{cell}" for protein in ("suHw", "BEAF", "CTCF", "CP190") for cell in ("Kc", "Mbn2")
]


def toy(name: str = "dnase") -> ChromatinModel:
    return ChromatinModel(random_net(TRACKS[name]), name)


@pytest.fixture(params=["dnase", "insulators"])
def model(request) -> ChromatinModel:
    return toy(request.param)


def test_it_is_a_complete_sequence_model(model):
    assert isinstance(model, SequenceModel)
    assert (model.window_bp, model.default_width_bp) == (512, 512)
    assert [(spec.name, spec.length_bp) for spec in model.inputs] == [("sequence", 512)]
    (head,) = model.heads.values()
    assert (head.resolutions_bp, head.keys, head.kind) == ((), (0,), "scalar")
    assert (head.num_tracks, head.value_range, head.crop_bp) == (TRACKS[model.name], "real", 0)
    assert head.strand_pair is None
    assert dict(model.scores) == {}


def test_the_catalog_names_every_channel():
    tracks = toy("insulators").catalog.get_tracks("insulators", num_tracks=8, strict=True)
    assert [track.track_name for track in tracks] == INSULATOR_TRACKS
    assert {track.transcription_factor for track in tracks} == {
        "su(Hw)",
        "BEAF-32",
        "CTCF",
        "CP190",
    }
    tracks = toy().catalog.get_tracks("accessibility", num_tracks=3, strict=True)
    assert [track.track_name for track in tracks] == ["any_site", "broad_site", "fetal_brain"]
    assert {track.strand for track in tracks} == {"."}


@pytest.mark.parametrize("count", [1, 3])
def test_run_gives_one_row_per_window(model, count):
    x = windows(count)
    with torch.inference_mode():
        ((key, value),) = model.run(x)[next(iter(model.heads))].items()
    assert key == 0
    assert value.shape == (count, 1, TRACKS[model.name])
    assert torch.equal(value[:, 0], model.network(x))


def test_the_reverse_complement_law(model):
    x = windows(4)
    with torch.inference_mode():
        assert torch.equal(model.logits(x), model.logits(x.flip(-1, -2)))


def test_the_answer_is_differentiable_and_leaves_no_trace():
    model = toy()
    model.network.train()
    x = windows(2).requires_grad_(True)
    model.run(x)["accessibility"][0].sum().backward()
    assert x.grad is not None
    assert model.network.training


def test_probabilities_are_those_of_the_logits(model):
    x = windows(2)
    assert torch.equal(model.probabilities(x), torch.sigmoid(model.logits(x)))


@pytest.mark.parametrize("length", [0, 1, 511, 513, 10_001])
def test_another_length_is_refused(model, length):
    with pytest.raises(ShapeError, match=f"reads windows of 512 bases; got {length:,}"):
        model.check_length(length)
    with pytest.raises(ShapeError, match="512"):
        model.run(torch.zeros(1, 4, length))


@pytest.mark.parametrize("extra", [{"organism": 1}, {"regions": [(0, 1)]}])
def test_what_it_does_not_have_is_refused(model, extra):
    with pytest.raises(OptionError, match=model.name):
        model.run(windows(1), **extra)


def test_an_unknown_head_is_refused(model):
    with pytest.raises(UnknownNameError, match="atac"):
        model.run(windows(1), heads=["atac"])


def test_lower_case_and_runs_of_n_are_read_by_predict():
    model = toy()
    text = "".join("ACGT"[i * 7 % 4 ^ i % 3 & 1] for i in range(512))
    text = text[:200] + "N" * 30 + text[230:]
    genome = lsc.Genome.from_sequences({"20": text, "x": text.lower()})
    upper = lsc.predict(model, lsc.Interval("20", 0, 512), genome)
    lower = lsc.predict(model, lsc.Interval("x", 0, 512), genome)
    assert torch.equal(upper.head("accessibility")[0].tensor, lower.head("accessibility")[0].tensor)


def test_digests_tell_weights_and_names_apart():
    other = ChromatinModel(random_net(3, seed=1), "dnase")
    assert toy().digest == toy().digest
    assert len({toy().digest, other.digest, toy("insulators").digest}) == 3


def test_a_network_of_another_width_is_refused():
    with pytest.raises(ShapeError, match="dnase has 3 tracks"):
        ChromatinModel(random_net(8), "dnase")


@pytest.mark.parametrize("name", ["dnas", "insulator", ""])
def test_unknown_names_list_the_known(name):
    with pytest.raises(UnknownNameError, match=r"dnase|insulators") as caught:
        load_chromatin(name)
    assert caught.value.known == ("dnase", "insulators")


def test_a_file_is_read_back(tmp_path, model):
    card = {"name": model.name, "licence": "CC0", "known_failures": ["one", "two"]}
    path = save_safetensors(
        model.network, tmp_path / "net.safetensors", metadata={"card": json.dumps(card)}
    )
    read = load_chromatin(model.name, path)
    assert read.digest == model.digest
    assert dict(read.card) == card
    assert not read.network.training
    assert "licence: CC0" in repr(read)
    assert "known failures: one; two" in repr(read)


def test_half_precision_kernels_are_widened(tmp_path):
    path = save_safetensors(toy().network, tmp_path / "net.safetensors", half="kernels")
    assert path.stat().st_size <= 350_000
    assert load_chromatin("dnase", path).network.stem.weight.dtype == torch.float32


def test_weights_of_another_network_are_refused(tmp_path):
    card = {"card": json.dumps({"name": "insulators"})}
    path = save_safetensors(toy("insulators").network, tmp_path / "a.safetensors", metadata=card)
    with pytest.raises(WeightsMismatchError, match="weights of 'insulators', not of 'dnase'"):
        load_chromatin("dnase", path)
    path = save_safetensors(toy("insulators").network, tmp_path / "b.safetensors")
    with pytest.raises(WeightsMismatchError, match=r"head\.weight"):
        load_chromatin("dnase", path)
    path = save_safetensors({"x": torch.ones(2)}, tmp_path / "c.safetensors")
    with pytest.raises(WeightsMismatchError, match="missing"):
        load_chromatin("dnase", path)


def test_damaged_and_missing_files_are_sentences(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        load_chromatin("dnase", tmp_path / "none.safetensors")
    path = save_safetensors(toy().network, tmp_path / "net.safetensors")
    content = path.read_bytes()
    for cut in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:cut])
        with pytest.raises(WeightsError):
            load_chromatin("dnase", path)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        load_chromatin("dnase", path, sha256="0" * 64)


@pytest.mark.parametrize("card", ["{", "[]", '"text"'])
def test_a_card_that_is_none_is_no_card(tmp_path, card):
    path = save_safetensors(toy().network, tmp_path / "net.safetensors", metadata={"card": card})
    assert load_chromatin("dnase", path).card == {}


def test_a_card_is_laid_out_for_people():
    row = {
        "auroc": 0.8123,
        "auroc_interval": [0.79, 0.83],
        "auprc": 0.7,
        "best_baseline": 0.61,
    }
    card = {"metrics": {"tracks": {"any_site": row}}, "motif_gate": "passed: 9 of 10"}
    lines = card_lines(card, ("broad_site", "any_site"))
    assert lines == [
        "  any_site     AUROC 0.812 [0.790, 0.830]  AUPRC 0.700  best baseline 0.610",
        "  motif gate: passed: 9 of 10",
    ]
    assert card_lines({}, ()) == []


def test_every_design_has_a_row_per_track():
    for design in chromatin.DESIGNS.values():
        assert len(design.rows) == design.head.num_tracks
        assert len({row["track_name"] for row in design.rows}) == design.head.num_tracks
