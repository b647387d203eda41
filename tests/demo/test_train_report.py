"""The report: floors, gates and the lines that people read."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.demo import train_report as tr
from locuscope.demo.motif_sets import motifs
from locuscope.demo.train_baselines import Baselines
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from tests.demo.chromatin_toy import MOTIF, motif_pwm, toy_windows
from tests.demo.test_train_gates import knowing


def planted() -> MotifSet:
    """The human set, its CTCF replaced by the planted motif."""
    own = Motif("CTCF", ppm=motif_pwm() / motif_pwm().sum(axis=0))
    return MotifSet((own, *(motif for motif in motifs() if motif.name != "CTCF")))


def test_a_network_that_knows_the_motif_is_measured_and_printed():
    windows = toy_windows(240)
    metrics = tr.measure(knowing(), windows, planted(), "test")
    assert (metrics["windows"], metrics["positives"]) == (80, 40)
    row = metrics["tracks"]["any_site"]
    assert row["auroc"] > 0.95
    assert row["auroc_interval"][0] <= row["auroc"] <= row["auroc_interval"][1]
    assert row["best_motif"] == "CTCF"
    assert row["best_baseline"] == max(row["baselines"].values())
    assert metrics["matching_met"] == (max(metrics["matching"].values()) <= 0.56)
    gates = tr.gate_rows("dnase", tr.measure_gates(knowing(), windows.of("test"), planted()))
    assert gates["factors"]["CTCF"]["passed"]
    assert gates["factors"]["CTCF"]["consensus"] == MOTIF
    lines = tr.report_lines(metrics, gates)
    assert any(line.startswith("any_site") and "(CTCF)" in line for line in lines)
    assert f"motif gates {gates['verdict']}" in lines
    assert sum("best shuffle" in line for line in lines) == 10


def test_gates_run_on_unbound_windows_only(monkeypatch):
    seen = []
    monkeypatch.setattr(tr, "run_gates", lambda _, codes, __: seen.append(codes) or [])
    windows = toy_windows(60)
    tr.measure_gates(knowing(), windows, planted())
    assert len(seen[0]) == 30
    held = {row.tobytes() for row in windows.take(windows.positive).codes()}
    assert not held & {row.tobytes() for row in seen[0]}


def test_metrics_without_baselines_print_too():
    scores = np.array([[0.1], [0.9], [0.2], [0.8]])
    labels = np.array([[0], [1], [0], [1]], np.uint8)
    tracks = tr.measure_tracks(scores, labels, np.arange(4) * 200_000, ("a",))
    assert tracks["a"]["auroc"] == tracks["a"]["auprc"] == 1.0
    lines = tr.report_lines(
        {"windows": 4, "positives": 2, "tracks": tracks}, {"verdict": "none", "factors": {}}
    )
    assert "PWM" not in "".join(lines)


def baselines(gc: float, pwm: float) -> Baselines:
    return Baselines({"t": {"gc": gc, "gc_cpg": gc - 0.01, "pwm_max": pwm}}, {"t": "x"}, {})


@pytest.mark.parametrize(
    ("model", "value", "gc", "pwm", "met"),
    [
        ("dnase", 0.70, 0.55, 0.64, True),
        ("dnase", 0.70, 0.55, 0.66, False),
        ("dnase", 0.60, 0.56, 0.50, False),
        ("insulators", 0.70, 0.55, 0.90, True),
        ("insulators", 0.60, 0.56, 0.50, False),
    ],
)
def test_floors_of_plain_tracks(model, value, gc, pwm, met):
    assert tr.floor_met(model, "t", value, baselines(gc, pwm)) is met


@pytest.mark.parametrize(
    ("value", "pwm", "met"), [(0.90, 0.91, True), (0.90, 0.93, False), (0.84, 0.80, False)]
)
def test_su_hw_must_come_near_its_motif(value, pwm, met):
    rows = {"suHw:Kc": {"gc": 0.5, "gc_cpg": 0.5, "pwm_max": pwm}}
    assert tr.floor_met("insulators", "suHw:Kc", value, Baselines(rows, {}, {})) is met
