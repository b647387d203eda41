"""Windows of the insulator network: merged peaks, eight labels, and what is shipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import train_insulators as ti
from locuscope.demo.build_dm3 import Peak
from locuscope.demo.train_windows import distance_to
from locuscope.models.chromatin import DESIGNS
from tests.demo.chromatin_toy import BLOCKS, LENGTH_BP, toy_bases, toy_insulators


def test_the_tracks_are_those_of_the_network():
    assert tuple(row["track_name"] for row in DESIGNS["insulators"].rows) == ti.TRACKS


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=30))
def test_merging_equals_a_loop(middles):
    middles = sorted(middles)
    groups = [[middles[0]]]
    for middle in middles[1:]:
        if middle - groups[-1][-1] <= 150:
            groups[-1].append(middle)
        else:
            groups.append([middle])
    wanted = [sum(group) // len(group) for group in groups]
    assert ti.merged(np.array(middles, np.int64), 150).tolist() == wanted


def test_a_label_needs_a_peak_of_that_track_within_250_bases():
    peaks = [Peak(1_000, 1_100, "suHw_Kc"), Peak(1_290, 1_310, "CTCF_Mbn2")]
    labels = ti.peak_labels(np.array([1_050, 1_301, 800]), peaks)
    assert labels[:, ti.TRACKS.index("suHw:Kc")].tolist() == [1, 0, 1]
    assert labels[:, ti.TRACKS.index("CTCF:Mbn2")].tolist() == [1, 1, 0]
    assert labels.sum() == 4


def test_positives_and_backgrounds_of_a_small_chromosome():
    peaks = [
        Peak(at, at + 100, f"{protein}_{cell}")
        for at in range(3_000, 490_000, 8_000)
        for protein, cell in (("suHw", "Kc"), ("CTCF", "Mbn2"))
    ]
    windows = ti.label_peaks(toy_bases(), np.zeros(LENGTH_BP, bool), peaks, BLOCKS)
    positives = windows.take(windows.positive)
    assert len(positives) >= 50
    assert positives.labels.sum(axis=0).tolist() == [
        len(positives) if name in ("suHw:Kc", "CTCF:Mbn2") else 0 for name in ti.TRACKS
    ]
    background = windows.take(~windows.positive)
    assert len(background) == 3 * len(positives)
    middles = np.array(sorted(peak.center for peak in peaks))
    assert distance_to(background.centers, middles).min() >= 1_000


def test_the_shipped_windows_are_a_quarter_positive_and_do_not_depend_on_labels(monkeypatch):
    monkeypatch.setattr(ti, "N_EMBEDDED", 40)
    windows = toy_insulators(600)
    rows = ti.embedded_rows(windows)
    assert len(set(rows.tolist())) == 40
    assert (np.diff(rows) > 0).all()
    assert windows.positive[rows].sum() == 10
    assert (windows.part[rows] == 2).all()
    other = replace(windows, labels=1 - windows.labels)
    assert np.array_equal(ti.embedded_rows(other), rows)
