"""The check of the embedded networks: they do what their cards say, and what does not is found."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from locuscope import cli
from locuscope.demo import network_check as nc
from locuscope.demo.bundle import manifest
from locuscope.demo.train_gates import DNASE_FACTORS, logits
from locuscope.demo.train_metrics import auroc
from locuscope.errors import WeightsError
from locuscope.models.chromatin import DESIGNS, ChromatinModel, load_chromatin

SHIPPED = [name for name, design in DESIGNS.items() if design.file in manifest()["files"]]


@pytest.mark.parametrize("name", SHIPPED)
def test_embedded_metrics_are_those_of_the_card(name):
    model = load_chromatin(name)
    sample = nc.sample_of(model)
    scores = logits(model, sample.codes)
    assert sample.codes.shape == (len(sample.centers), 512)
    for track, track_name in enumerate(model.track_names):
        row = model.card["embedded"]["metrics"]["tracks"][track_name]
        truth = sample.labels[:, track] == 1
        assert int(truth.sum()) == row["positives"]
        assert auroc(scores[:, track], truth) == pytest.approx(row["auroc"], abs=0.005)


@pytest.mark.timeout(400)
def test_the_command_finds_the_networks_as_their_cards_say(capsys):
    assert cli.main(["check", "--models"]) == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    for name in SHIPPED:
        assert f"network {name}: motif gates" in out
    assert "0 failed." in out


@pytest.fixture
def fake(monkeypatch):
    """The insulator network with a card of which one part is changed; gates take no time."""

    def install(change) -> dict[str, tuple[bool, str, str]]:
        real = load_chromatin("insulators")
        card = copy.deepcopy(dict(real.card))
        change(card["embedded"])
        model = ChromatinModel(real.network, "insulators", card)
        monkeypatch.setattr(nc, "load_chromatin", lambda _: model)
        monkeypatch.setattr(nc, "DESIGNS", {"insulators": DESIGNS["insulators"]})
        monkeypatch.setattr(nc, "run_gates", lambda *_: [])
        rows = nc.check_networks()
        return {row.check: (row.ok, row.found, row.expected) for row in rows.itertuples()}

    return install


def test_a_card_that_promises_more_is_found(fake):
    def change(part):
        part["metrics"]["tracks"]["suHw:Kc"]["auroc"] += 0.006
        part["metrics"]["windows"] += 1

    rows = fake(change)
    assert not rows["network insulators: AUROC suHw:Kc"][0]
    assert not rows["network insulators: windows"][0]
    assert rows["network insulators: AUROC CTCF:Kc"][0]
    ok, found, wanted = rows["network insulators: motif gates"]
    assert not ok
    assert found.startswith("0 of 0")
    assert wanted == "3 of 3 (su(Hw), BEAF-32, CTCF)"


def test_a_network_that_cannot_be_read_is_a_row(monkeypatch):
    def broken(name):
        raise WeightsError(f"{name}: cut short", path=name)

    monkeypatch.setattr(nc, "load_chromatin", broken)
    rows = nc.check_networks()
    assert len(rows) == len(SHIPPED)
    assert not rows["ok"].any()
    assert rows["found"][0].endswith("cut short")


def test_a_network_that_is_not_shipped_is_not_checked(monkeypatch):
    monkeypatch.setattr(nc, "manifest", lambda: {"files": {}})
    assert len(nc.check_networks()) == 0
    assert cli.main(["check", "--models"]) == 0


def test_labels_of_the_fly_windows_need_a_peak_within_250_bases():
    (first, *_) = nc.insulators("suHw", "Kc").centers()
    labels = nc.insulator_labels(np.array([first, first - 250, first - 5_000_000]))
    assert labels[:, 0].tolist() == [1, 1, 0]
    assert labels.shape == (3, 8)


def test_the_gates_of_a_card_are_those_of_the_network():
    for name in SHIPPED:
        factors = load_chromatin(name).card["embedded"]["gates"]["factors"]
        assert list(factors) == (
            list(DNASE_FACTORS) if name == "dnase" else ["su(Hw)", "BEAF-32", "CTCF"]
        )


def test_a_slow_network_is_found(fake, monkeypatch):
    monkeypatch.setattr(nc, "LIMIT_MS", 0.0)
    assert not fake(lambda _: None)["network insulators: ms per window"][0]
