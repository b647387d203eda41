"""Contributions of a network that knows a motif stand on the motif; those of another do not."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.demo import train_recovery as tr
from locuscope.genome.position_matrix import log_odds
from tests.demo.chromatin_toy import MOTIF, motif_pwm, toy_insulators
from tests.demo.test_train_gates import knowing
from tests.oracles.chromatin_oracle import plain_best_match


def test_a_network_that_listens_to_the_motif_points_at_it():
    windows = toy_insulators(120)
    found = tr.measure_recovery(knowing("insulators"), windows, motif_pwm(), "suHw:Kc")
    assert found.windows == 120
    assert 60 <= found.with_match <= 70
    assert found.recovered >= 60
    assert found.row()["share"] == round(found.recovered / found.with_match, 4)


def test_a_track_that_listens_to_nothing_points_nowhere():
    windows = toy_insulators(120)
    found = tr.measure_recovery(knowing("insulators"), windows, motif_pwm(), "CTCF:Kc")
    assert found.recovered < 0.1 * found.with_match


def test_match_scores_find_the_planted_place_on_either_strand():
    windows = toy_insulators(20).take(np.arange(0, 20, 2))
    codes = windows.codes()
    turned = 3 - codes[:, ::-1]
    assert (tr.match_scores(codes, motif_pwm()).argmax(axis=1) == 249).all()
    assert (tr.match_scores(turned, motif_pwm()).argmax(axis=1) == 512 - 249 - len(MOTIF)).all()
    text = "".join("ACGT"[code] for code in codes[0])
    wanted = plain_best_match(text, log_odds(motif_pwm()).tolist())
    assert tr.match_scores(codes[:1], motif_pwm()).max() == pytest.approx(wanted, abs=1e-3)


def test_contributions_are_gradient_times_input():
    model = knowing("insulators")
    codes = toy_insulators(20).codes()[:2]
    found = tr.contributions(model, codes, 0)
    assert found.shape == (2, 512)
    assert np.abs(found[0, 249:264]).sum() > 0.9 * np.abs(found[0]).sum()


def test_without_a_match_there_is_no_share():
    assert tr.Recovery(200, 0, 0).row()["share"] is None
