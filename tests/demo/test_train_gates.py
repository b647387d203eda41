"""Motif gates: shuffles that are none of the motif, and networks that know a motif or do not."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch

from locuscope.demo import train_gates as tg
from locuscope.demo.motif_sets import motifs
from locuscope.demo.train_loop import Recipe, start_network
from locuscope.models.chromatin import ChromatinModel
from locuscope.models.chromatin_net import ChromatinNet
from tests.demo.chromatin_toy import MOTIF, motif_pwm

NAMES = [("human", name) for name in tg.DNASE_FACTORS] + [
    ("fly", name) for name in tg.INSULATOR_FACTORS
]


def pairs(text: str) -> Counter[str]:
    return Counter(a + b for a, b in itertools.pairwise(text))


@pytest.mark.parametrize(("species", "name"), NAMES)
def test_the_shuffles_of_every_factor_keep_what_they_say(species, name):
    consensus = motifs(species)[name].consensus
    texts, how = tg.shuffled(consensus)
    assert len(set(texts)) == len(texts)
    assert consensus not in texts
    assert all(sorted(text) == sorted(consensus) for text in texts)
    if how == "dinucleotide":
        assert all(pairs(text) == pairs(consensus) for text in texts)
    assert all(text.count("CG") == consensus.count("CG") for text in texts)
    if name == "SP1":
        assert (len(texts), how) == (7, "same CpG count, near")
    else:
        assert len(texts) == 10
    assert tg.shuffled(consensus) == (texts, how)


def backgrounds(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (n, 512)).astype(np.uint8)


def knowing(name: str = "dnase", sign: float = 1.0) -> ChromatinModel:
    """A network whose first filter is the motif and whose first track listens to it alone."""
    n_tracks = 3 if name == "dnase" else 8
    torch.manual_seed(0)
    network = start_network(n_tracks, [motif_pwm()], Recipe(filter_bias=-2.0))
    with torch.no_grad():
        for step in network.steps:
            step.conv.weight.zero_()
            step.conv.bias.zero_()
        network.head.weight.zero_()
        network.head.weight[0, 64] = sign
    return ChromatinModel(network.eval(), name)


def test_writing_leaves_the_windows_as_they_are():
    codes = backgrounds(2)
    before = codes.copy()
    changed = tg.written(codes, "ACGT")
    assert np.array_equal(codes, before)
    assert changed[:, 254:258].tolist() == [[0, 1, 2, 3]] * 2
    changed[:, 254:258] = codes[:, 254:258]
    assert np.array_equal(changed, codes)


def test_a_network_that_knows_the_motif_passes():
    gate = tg.run_gate(knowing(), backgrounds(), "CTCF", MOTIF, track="any_site")
    assert gate.passed
    assert gate.effect > 2 * gate.best_shuffle
    assert gate.row()["passed"] is True
    assert gate.row()["consensus"] == MOTIF


def test_a_network_with_the_wrong_sign_or_none_fails():
    assert not tg.run_gate(knowing(sign=-1), backgrounds(), "a", MOTIF, track="any_site").passed
    blank = ChromatinModel(ChromatinNet(3).eval(), "dnase")
    with torch.no_grad():
        blank.network.head.weight.zero_()
    gate = tg.run_gate(blank, backgrounds(), "a", MOTIF, track="any_site")
    assert (gate.effect, gate.passed) == (0, False)


def test_a_motif_that_raises_other_tracks_as_much_fails():
    model = knowing("insulators")
    with torch.no_grad():
        model.network.head.weight[4, 64] = 0.9
        model.network.head.weight[2, 64] = 0.4
    own = {"track": "suHw:Kc", "others": ["BEAF:Kc"]}
    assert tg.run_gate(model, backgrounds(), "su(Hw)", MOTIF, **own).passed
    spilling = {"track": "suHw:Kc", "others": ["BEAF:Kc", "CTCF:Kc"]}
    gate = tg.run_gate(model, backgrounds(), "su(Hw)", MOTIF, **spilling)
    assert not gate.passed
    assert gate.others["CTCF:Kc"] == pytest.approx(0.9 * gate.effect, rel=1e-4)


@pytest.mark.parametrize(("name", "count"), [("dnase", 10), ("insulators", 3)])
def test_every_factor_of_a_network_has_its_gate(name, count):
    letters = dict.fromkeys([*tg.DNASE_FACTORS, *tg.INSULATOR_FACTORS], MOTIF)
    gates = tg.run_gates(knowing(name), backgrounds(4), letters)
    assert len(gates) == count
    assert {gate.track for gate in gates} == (
        {"any_site"} if name == "dnase" else {"suHw:Kc", "BEAF:Kc", "CTCF:Kc"}
    )


def gate(passed: bool) -> tg.Gate:
    return tg.Gate("a", "ACGT", "any_site", 1.0, 0.5 if passed else 1.5, "dinucleotide", {})


@pytest.mark.parametrize(
    ("name", "passed", "total", "words"),
    [
        ("dnase", 8, 10, "passed: 8 of 10 factors"),
        ("dnase", 7, 10, "failed: 7 of 10 factors"),
        ("insulators", 3, 3, "passed: 3 of 3 factors"),
        ("insulators", 2, 3, "failed: 2 of 3 factors"),
    ],
)
def test_the_verdict_counts(name, passed, total, words):
    gates = [gate(True)] * passed + [gate(False)] * (total - passed)
    assert tg.verdict(name, gates) == words


def test_logits_do_not_depend_on_the_batch():
    model, codes = knowing(), backgrounds(10)
    assert np.allclose(tg.logits(model, codes, batch=3), tg.logits(model, codes), atol=1e-6)
