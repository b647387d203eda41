"""Baselines: the best single motif against a loop, composition where it tells and where not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo.train_baselines import best_matches, measure_baselines
from locuscope.genome.position_matrix import log_odds
from locuscope.genome.sequence import encode_indices
from tests.demo.chromatin_toy import motif_pwm, toy_windows
from tests.oracles.chromatin_oracle import plain_best_match


@given(st.text("ACGTN", min_size=12, max_size=40), st.integers(0, 20))
def test_the_best_match_is_that_of_a_loop(text, seed):
    rng = np.random.default_rng(seed)
    pwms = [rng.dirichlet([0.5] * 4, size=width).T for width in (3, 12, 7)]
    found = best_matches(encode_indices(text)[None], pwms)[0]
    wanted = [plain_best_match(text, log_odds(pwm).tolist()) for pwm in pwms]
    assert found == pytest.approx(wanted, abs=1e-4)


def test_the_motif_is_chosen_where_it_tells_and_measured_elsewhere():
    windows = toy_windows()
    other = np.random.default_rng(0).dirichlet([0.3] * 4, size=9).T
    found = measure_baselines(windows, {"other": other, "planted": motif_pwm()})
    assert set(found.motif.values()) == {"planted"}
    row = found.by_track["any_site"]
    assert row["pwm_max"] > 0.99
    assert 0.3 < row["gc"] < 0.75
    assert found.best("any_site") == row["pwm_max"]
    assert found.best_composition("any_site") == max(row["gc"], row["gc_cpg"])
    assert found.matching["gc"] == row["gc"]


def test_composition_that_tells_is_found():
    windows = toy_windows(300)
    rng = np.random.default_rng(3)
    for center, positive in zip(windows.centers, windows.positive, strict=True):
        gc = 0.6 if positive else 0.4
        window = rng.choice(4, 512, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
        windows.bases[center - 256 : center + 256] = window
    found = measure_baselines(windows, {"planted": motif_pwm()}, "validation")
    assert found.matching["gc"] > 0.95
    assert found.by_track["broad_site"]["gc_cpg"] > 0.95
