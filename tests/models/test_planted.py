"""The planted-motif network: a closed form, exact in every order, and a model like any other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import locuscope as lsc
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    NonFiniteError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.position_matrix import log_odds
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.models.planted import HEAD, PlantedMotifNet
from locuscope.models.protocol import SequenceModel

GAT = np.eye(4)[:, [2, 0, 3]]
HIT = 3 * float(log_odds(np.eye(4)).max())


@pytest.fixture(scope="module")
def net() -> PlantedMotifNet:
    ppms = lsc.demo.motifs().select(["CTCF", "SPI1", "GATA1", "MAX"]).ppms
    return PlantedMotifNet(ppms, (1.0, -0.5, 2.0, 0.3), (6.0, 5.5, 4.0, 3.0), bias=-1.0)


def sequences(n: int, length: int, seed: int, unknown: float = 0.0) -> torch.Tensor:
    draw = np.random.default_rng(seed)
    letters = np.array(list("ACGTN"))
    rows = draw.choice(letters, p=[*[(1 - unknown) / 4] * 4, unknown], size=(n, length))
    return torch.from_numpy(one_hot(["".join(row) for row in rows], dtype="float32"))


def by_hand(ppms, weights, thresholds, bias, text):
    """The formula of the docstring, one site at a time."""
    shares = []
    for (_, ppm), weight, threshold in zip(ppms.items(), weights, thresholds, strict=True):
        bits, total = log_odds(ppm), 0.0
        for strand in (text, reverse_complement(text)):
            for start in range(len(text) - ppm.shape[1] + 1):
                site = strand[start : start + ppm.shape[1]]
                score = sum(bits["ACGT".index(b), i] for i, b in enumerate(site) if b != "N")
                total += max(0.0, score - threshold)
        shares.append(weight * total)
    return [*shares, bias + sum(shares)]


@pytest.mark.parametrize("text", ["TTGATCATT", "TTTTTTT", "GAT", "NNGANTCNATC", "GATGATATC"])
def test_logits_by_hand_on_small_sequences(text):
    ppms = {"GAT": GAT, "A": np.array([[0.7], [0.1], [0.1], [0.1]])}
    net = PlantedMotifNet(ppms, [2.0, 0.5], {"A": 1.0, "GAT": 3.5}, bias=0.25)
    wanted = by_hand(ppms, [2.0, 0.5], [3.5, 1.0], 0.25, text)
    found = net(torch.from_numpy(one_hot([text], dtype="float32")))[0].tolist()
    assert found == pytest.approx(wanted, abs=1e-6)


def test_logits_by_hand_on_real_motifs(net):
    ppms = lsc.demo.motifs().select(net.motif_names).ppms
    x = sequences(2, 90, 1, unknown=0.02)
    for row, text in zip(net(x).tolist(), decode(x), strict=True):
        wanted = by_hand(ppms, (1.0, -0.5, 2.0, 0.3), (6.0, 5.5, 4.0, 3.0), -1.0, text)
        assert row == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("track", ["CTCF", "SPI1", "GATA1", "MAX", "total"])
def test_exact_contributions_are_gradient_times_input(net, track):
    x = sequences(6, 300, 2, unknown=0.01).requires_grad_()
    place = net.tracks.index(track)
    (gradient,) = torch.autograd.grad(net.logits(x)[:, place].sum(), x)
    closed = net.exact_contributions(x.detach(), track=track)
    assert closed.abs().max() > 1
    assert (closed - gradient * x).abs().max() <= 1e-6
    free = net.exact_contributions(x.detach(), track=track, hypothetical=True)
    assert (free - gradient).abs().max() <= 1e-6


def test_a_site_holds_its_weight_times_the_column():
    net = PlantedMotifNet({"GAA": np.eye(4)[:, [2, 0, 0]]}, 2.0, 4.0)
    x = torch.from_numpy(one_hot(["CCGAACCC"], dtype="float32"))
    values = net.exact_contributions(x)[0].sum(dim=0)
    assert values.tolist() == [0, 0, *[2 * HIT / 3] * 3, 0, 0, 0]
    x = torch.from_numpy(one_hot(["CCCTTCCC"], dtype="float32"))
    values = net.exact_contributions(x, hypothetical=True)[0]
    column = torch.tensor(2 * log_odds(np.eye(4)[:, [3, 3, 1]]), dtype=torch.float32)
    assert torch.equal(values[:, 3:6], column)


def test_contributions_add_up_to_the_scores_above_threshold(net):
    x = sequences(3, 200, 5)
    scores, is_start = net.site_scores(x)
    above = (scores > torch.tensor([6, 5.5, 4, 3] * 2)[:, None]) & is_start
    shares = (scores * above).sum(dim=2) * torch.tensor([1.0, -0.5, 2.0, 0.3] * 2)
    sums = net.exact_contributions(x).sum(dim=(1, 2))
    assert torch.allclose(sums, shares.sum(dim=1), atol=1e-4)


def test_the_other_strand_gives_the_same_answer_to_the_bit(net):
    x = sequences(4, 512, 3, unknown=0.01)
    assert torch.equal(net(x), net(x.flip(-1, -2)))
    contributions = net.exact_contributions(x)
    turned = net.exact_contributions(x.flip(-1, -2)).flip(-1, -2)
    assert (contributions - turned).abs().max() <= 1e-6


def test_batch_size_changes_no_bit(net):
    x = sequences(16, 512, 4)
    whole = net(x)
    assert torch.equal(torch.cat([net(row[None]) for row in x]), whole)
    outputs = [lsc.predict(net, x, batch_size=size)[HEAD][0].tensor for size in (1, 16)]
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0][:, 0], whole)


def test_gradients_match_finite_differences():
    net = PlantedMotifNet({"GAT": GAT, "A": np.full((4, 2), 0.25)}, [1.5, 1], [2.0, -1.0]).double()
    draw = torch.Generator().manual_seed(0)
    for _ in range(20):
        x = torch.rand(1, 4, 9, generator=draw, dtype=torch.float64).requires_grad_()
        assert torch.autograd.gradcheck(net.logits, (x,), eps=1e-7, atol=1e-5, rtol=1e-3)


def test_unknown_bases_alone_give_the_bias(net):
    assert net(torch.zeros(2, 4, 60))[:, -1].tolist() == [-1.0, -1.0]


def test_it_is_a_model_like_any_other(net):
    assert isinstance(net, SequenceModel)
    assert net.heads[HEAD].keys == (0,)
    assert net.tracks == ("CTCF", "SPI1", "GATA1", "MAX", "total")
    assert len(net.catalog.get_tracks(HEAD)) == 5
    assert net.scores == {}
    assert "synthetic" in repr(net)
    assert [spec.name for spec in net.inputs] == ["sequence"]


def test_predict_gives_named_tracks_of_texts_and_of_places(net):
    texts = ["ACGTTAGATAAGCCACCAGGGGGCGC" * 3] * 2
    out = lsc.predict(net, texts)
    assert out[HEAD][0].tensor.shape == (2, 1, 5)
    assert [track.track_name for track in out[HEAD][0].tracks] == list(net.tracks)
    place = lsc.Interval("20", 2_577_700, 2_577_900)
    by_place = lsc.predict(net, place, lsc.demo.genome(), rc=True)[HEAD][0]
    assert torch.equal(
        by_place.tensor, lsc.predict(net, [lsc.demo.genome().fetch(place)])[HEAD][0].tensor
    )


def test_showing_one_value_per_sequence_says_that_there_is_nothing_to_browse(net):
    out = lsc.predict(net, ["ACGTTAGATAAGCCACCAGGGGGCGC"])
    with pytest.raises(InputError, match="one value per window"):
        lsc.TrackBrowser(out)


def test_alleles_are_scored(net):
    variants = lsc.demo.variants(region=lsc.Interval("20", 2_570_000, 2_572_000))
    scores = lsc.score_variants(
        net, variants, lsc.demo.genome(), placement=lsc.Placement(width_bp=64)
    )
    assert set(scores.status) == {"ok"}


def test_running_leaves_no_trace(net):
    net.train()
    before = net.digest
    net.run(sequences(1, 64, 0), heads=[HEAD], resolutions_bp=[0])
    assert net.training
    assert net.digest == before
    net.eval()


def test_the_digest_knows_weights_names_and_window():
    digests = {
        PlantedMotifNet({"GAT": GAT}, 1.0, 4.0).digest,
        PlantedMotifNet({"GAT": GAT}, 2.0, 4.0).digest,
        PlantedMotifNet({"GAT": GAT}, 1.0, 4.5).digest,
        PlantedMotifNet({"TAG": GAT}, 1.0, 4.0).digest,
        PlantedMotifNet({"GAT": GAT}, 1.0, 4.0, window_bp=64).digest,
    }
    assert len(digests) == 5


def test_a_fixed_window_is_kept():
    net = PlantedMotifNet({"GAT": GAT}, 1.0, 4.0, window_bp=64)
    assert net.inputs[0].length_bp == 64
    with pytest.raises(ShapeError, match="64"):
        lsc.predict(net, ["ACGT"])
    with pytest.raises(ShapeError, match="at least 3"):
        PlantedMotifNet({"GAT": GAT}, 1.0, 4.0, window_bp=2)


def test_thresholds_are_rounded_to_the_step_of_the_scores():
    net = PlantedMotifNet({"GAT": GAT}, 1.0, 4.0001)
    assert net(torch.from_numpy(one_hot(["GAT"], dtype="float32")))[0, 0] == HIT - 4.0


@pytest.mark.parametrize(
    ("weights", "thresholds", "error", "words"),
    [
        ([1.0, 2.0], 4.0, ShapeError, "weights holds 2 numbers; there are 1 motifs"),
        (1.0, [], ShapeError, "thresholds holds 0"),
        (1.0, [[4.0]], ShapeError, "thresholds"),
        (np.nan, 4.0, NonFiniteError, "weights holds NaN"),
        (1.0, np.inf, NonFiniteError, "thresholds holds NaN or Inf"),
        ("many", 4.0, WrongTypeError, "weights takes numbers"),
        ({"GTA": 1.0}, 4.0, UnknownNameError, "did you mean 'GAT'"),
        ({}, 4.0, InputError, "no value for motif 'GAT'"),
    ],
)
def test_weights_and_thresholds_are_one_per_motif(weights, thresholds, error, words):
    with pytest.raises(error, match=words):
        PlantedMotifNet({"GAT": GAT}, weights, thresholds)


@pytest.mark.parametrize(
    ("pwms", "error", "words"),
    [
        ({}, EmptySelectionError, "at least one"),
        ({"total": GAT}, InputError, "'total'"),
        ({"GAT": GAT.T}, ShapeError, "transposed"),
        ({"GAT": GAT * 2}, InputError, "sum 2"),
        (GAT, WrongTypeError, "pwms"),
    ],
)
def test_what_holds_no_motifs_is_refused(pwms, error, words):
    with pytest.raises(error, match=words):
        PlantedMotifNet(pwms, 1.0, 4.0)


@pytest.mark.fault("N5")
@pytest.mark.parametrize(
    ("shape", "words"),
    [((1, 8, 4), "transposed"), ((4, 8), "got shape"), ((1, 4, 2), "at least 3")],
)
def test_what_is_no_sequence_is_refused(shape, words):
    with pytest.raises(ShapeError, match=words):
        PlantedMotifNet({"GAT": GAT}, 1.0, 4.0)(torch.zeros(shape))


def test_unknown_tracks_organisms_and_heads_are_refused(net):
    x = sequences(1, 64, 0)
    with pytest.raises(UnknownNameError, match="did you mean 'GATA1'"):
        net.exact_contributions(x, track="GATA")
    with pytest.raises(OptionError, match="one organism"):
        net.run(x, organism=1)
    with pytest.raises(UnknownNameError, match="no head"):
        net.run(x, heads=["atac"])
