"""Windows of the DNase network: labels from sites and peaks, backgrounds away from both."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo.train_dnase import BLOCKS, EMBEDDED, label_sites, near_spans
from locuscope.demo.train_windows import distance_to
from tests.demo.chromatin_toy import BLOCKS as TOY_BLOCKS
from tests.demo.chromatin_toy import toy_bases


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), min_size=1, max_size=8),
    st.lists(st.integers(0, 120), max_size=20),
    st.integers(0, 10),
)
def test_near_spans_equals_a_loop(spans, places, reach):
    spans = sorted((start, start + width) for start, width in spans)
    found = near_spans(np.array(places, np.int64), spans, reach)
    wanted = [any(start - reach <= place < end + reach for start, end in spans) for place in places]
    assert found.tolist() == wanted


def sites() -> np.ndarray:
    rows = [(at, 1 + at // 1_500 % 40) for at in range(2_000, 498_000, 1_500)]
    return np.array(rows, dtype=np.int64)


def test_labels_are_those_of_sites_and_peaks():
    given_sites = sites()
    peaks = [(int(given_sites[i, 0]) + 40, int(given_sites[i, 0]) + 200) for i in (3, 7, 50)]
    windows = label_sites(toy_bases(), given_sites[::-1], peaks, TOY_BLOCKS)
    positives = windows.take(windows.positive)
    by_center = dict(given_sites.tolist())
    peaked = {int(given_sites[i, 0]) for i in (3, 7, 50)}
    assert len(positives) > 100
    for center, labels in zip(positives.centers.tolist(), positives.labels.tolist(), strict=True):
        assert labels == [1, int(by_center[center] >= 20), int(center in peaked)]


def test_backgrounds_stand_away_from_every_site_one_for_each():
    windows = label_sites(toy_bases(), sites(), [(0, 10)], TOY_BLOCKS)
    background = windows.take(~windows.positive)
    assert len(background) == int(windows.positive.sum())
    assert not background.labels.any()
    assert distance_to(background.centers, sites()[:, 0]).min() >= 400
    assert sum(windows.left_out) + int(windows.positive.sum()) <= len(sites())


def test_the_blocks_cover_the_chromosome_and_the_embedded_part_is_of_the_test_block():
    ends = [end for _, end, _ in BLOCKS]
    assert [start for start, _, _ in BLOCKS] == [0, *ends[:-1]]
    assert ends[-1] == 63_025_520
    (test,) = [(start, end) for start, end, part in BLOCKS if part == "test"]
    assert test[0] <= EMBEDDED[0] < EMBEDDED[1] <= test[1]
