"""Cards: what is written is what was measured, and reads back."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from locuscope.demo import train_cards as tc
from locuscope.demo.network_check import window_table
from locuscope.demo.train_gates import logits
from locuscope.demo.train_loop import Fit, Recipe
from locuscope.demo.train_recipes import Plan, Tried
from locuscope.models.chromatin import ChromatinModel, load_chromatin
from tests.demo.chromatin_toy import toy_windows
from tests.demo.test_train_gates import knowing
from tests.demo.test_train_report import planted
from tests.models.test_chromatin_net import random_net


def test_window_text_reads_back():
    windows = toy_windows(90)
    windows.labels[:, 1] = np.arange(90) % 3 == 0
    centers, labels = window_table(tc.window_text(windows), 3)
    assert np.array_equal(centers, windows.centers)
    assert np.array_equal(labels, windows.labels)


def test_what_is_measured_is_what_is_written(tmp_path):
    model = tc.as_shipped(ChromatinModel(random_net(3), "dnase"))
    place = tc.write_network(model, {"name": "dnase"}, tmp_path / "net.safetensors")
    assert place.stat().st_size <= 350_000
    read = load_chromatin("dnase", place)
    assert read.digest == model.digest
    codes = toy_windows(60).codes()
    assert np.array_equal(logits(read, codes), logits(model, codes))


def test_rounding_moves_the_logits_little():
    plain, rounded = random_net(3), tc.as_shipped(ChromatinModel(random_net(3), "dnase"))
    codes = toy_windows(60).codes()
    change = logits(ChromatinModel(plain, "dnase"), codes) - logits(rounded, codes)
    assert 0 < np.abs(change).max() < 0.01
    assert torch.equal(plain.stem.bias, rounded.network.stem.bias)


@pytest.fixture(scope="module")
def card():
    plan = Plan("human", 40, Recipe(), (Tried(Recipe(), 0, (0.5, 0.5, 0.5), "none", shipped=True),))
    model = knowing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tc.train_dnase, "EMBEDDED", (400_000, 500_000))
        patch.setattr(
            tc, "embedded_rows", lambda _, windows: np.flatnonzero(windows.part == 2)[:40]
        )
        return tc.make_card(
            model,
            toy_windows(240),
            planted(),
            plan,
            Fit(model.network, [{"loss": 1.0}], 1),
            seed=7,
            threads=2,
            wall_s=12.4,
            cpu_s=20.2,
        )


def test_the_card_says_all_that_is_known(card):
    assert (card["name"], card["assembly"], card["seed"]) == ("dnase", "GRCh37", 7)
    assert card["windows"]["test"] == {"total": 80, "at_sites": 40, "sites_without_match": 0}
    assert card["metrics"]["tracks"].keys() == {"any_site", "broad_site", "fetal_brain"}
    assert len(card["gates"]["factors"]) == 10
    assert card["motif_gate"] == card["gates"]["verdict"]
    assert (card["wall_seconds"], card["cpu_seconds"], card["threads"]) == (12, 20, 2)
    assert card["tried"][0]["shipped"] is True
    assert len(card["recipe_sha256"]) == 64
    assert {row["file"].split("-")[0].split("_")[0] for row in card["training_data"]} == {
        "polars",
        "bedops",
        "pyjaspar",
    }
    assert "20:1,000,001-6,000,000 test" in card["split"]
    assert "not for diagnosis" in card["intended_use"]


def test_what_was_not_measured_is_null(card):
    assert card["hit_recovery"] is None


def test_the_embedded_part_has_metrics_gates_and_windows(card):
    part = card["embedded"]
    assert part["metrics"]["windows"] == 40
    assert part["gates"]["factors"].keys() == card["gates"]["factors"].keys()
    centers, labels = window_table(part["windows"], 3)
    assert len(centers) == len(labels) == 40


def test_the_card_is_plain_json_without_nan(card):
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_embedded_rows_of_the_human_network_lie_inside_the_slice():
    windows = toy_windows(240)
    windows.centers[:] = windows.centers * 20
    rows = tc.embedded_rows("dnase", windows)
    assert (windows.part[rows] == 2).all()
    assert ((windows.centers[rows] >= 1_000_256) & (windows.centers[rows] <= 3_999_744)).all()
    assert len(rows) > 10
