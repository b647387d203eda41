"""Windows: what they hold, how they are measured, and backgrounds that match."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import train_windows as tw
from locuscope.genome.sequence import encode_indices
from tests.demo.chromatin_toy import BLOCKS, LENGTH_BP, toy_bases, toy_windows


def test_a_window_is_centred_and_one_hot_keeps_unknown_bases_empty():
    bases = np.zeros(2_000, dtype=np.uint8)
    bases[1_000], bases[744], bases[1_255] = 3, 1, 4
    codes = tw.window_codes(bases, np.array([1_000]))
    assert codes.shape == (1, 512)
    assert (codes[0, 256], codes[0, 0], codes[0, 511]) == (3, 1, 4)
    x = tw.to_one_hot(codes)
    assert x.shape == (1, 4, 512)
    assert x[0, :, 511].tolist() == [0, 0, 0, 0]
    assert x[0, 3, 256] == 1
    assert x.sum() == 511


@given(st.text("ACGT", min_size=2, max_size=60))
def test_composition_is_that_of_the_letters(text):
    gc, cpg = tw.gc_and_cpg(encode_indices(text)[None])
    expected = text.count("C") * text.count("G") / len(text)
    assert gc[0] == pytest.approx((text.count("G") + text.count("C")) / len(text))
    assert cpg[0] == pytest.approx(text.count("CG") / expected if expected else 0)


def test_unknown_bases_and_repeats_are_seen():
    bases = toy_bases()
    bases[5_000] = 4
    masked = np.zeros(LENGTH_BP, dtype=bool)
    masked[9_744:10_000] = True
    made = tw.composition(bases, np.array([5_000, 5_257, 10_000]), masked)
    assert made.unknown.tolist() == [True, False, False]
    assert made.masked.tolist() == [0, 0, 0.5]
    assert made.bins[2, 2] == 2


@given(st.lists(st.integers(0, 100), min_size=1), st.lists(st.integers(-20, 120)))
def test_distances_are_those_of_a_loop(sites, places):
    found = tw.distance_to(np.array(places, np.int64), np.array(sorted(sites), np.int64))
    assert found.tolist() == [min(abs(place - site) for site in sites) for place in places]


def test_windows_across_a_border_belong_to_no_part():
    centers = np.array([100, 256, 299_744, 299_745, 300_256, 450_000, 499_900])
    assert tw.part_of(centers, BLOCKS).tolist() == [-1, 0, 0, -1, 1, 2, -1]


def plain_splitmix64(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) % 2**64
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
    return value ^ value >> 31


def test_scattered_numbers_are_the_same_everywhere():
    places = [0, 1, 2, 1_000_000, 63_000_000]
    found = tw.scatter(np.array(places, dtype=np.int64))
    assert found.tolist() == [plain_splitmix64(place) for place in places]
    assert found[0] == 16294208416658607535
    assert not np.array_equal(found, tw.scatter(np.array(places), 1))


def test_a_match_has_the_same_bin_and_is_used_once():
    wanted = np.array([[10, 3, 0], [10, 3, 0], [10, 3, 0], [20, 3, 0]])
    offered = np.array([[10, 3, 0], [10, 3, 0], [30, 3, 0], [21, 4, 0], [20, 3, 1]])
    chosen, served = tw.match(wanted, offered, 1)
    assert chosen.tolist() == [0, 1, 3]
    assert served.tolist() == [True, True, False, True]


def test_who_cannot_have_all_matches_gets_none():
    wanted, offered = np.array([[1, 1, 0], [5, 5, 0]]), np.array([[1, 1, 0]] * 2 + [[5, 5, 0]] * 3)
    chosen, served = tw.match(wanted, offered, 3)
    assert served.tolist() == [False, True]
    assert chosen.tolist() == [2, 3, 4]


@given(st.integers(0, 30), st.integers(1, 3))
def test_matching_conserves(seed, per_wanted):
    rng = np.random.default_rng(seed)
    wanted, offered = rng.integers(0, 4, (20, 3)), rng.integers(0, 4, (60, 3))
    wanted[:, 2] = offered[:, 2] = 0
    chosen, served = tw.match(wanted, offered, per_wanted)
    assert len(chosen) == len(set(chosen.tolist())) == per_wanted * served.sum()
    rows = np.repeat(np.flatnonzero(served), per_wanted)
    assert (np.abs(wanted[rows] - offered[chosen]) <= 1).all()


def test_backgrounds_have_the_composition_of_the_positives_and_stay_in_their_part():
    bases = np.concatenate(
        [
            np.random.default_rng(i).choice(
                4, 50_000, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
            )
            for i, gc in enumerate((0.35, 0.5, 0.4, 0.6, 0.45, 0.5, 0.35, 0.5, 0.4, 0.6))
        ]
    ).astype(np.uint8)
    centers = np.arange(1_000, 490_000, 4_000, dtype=np.int64)
    part = tw.part_of(centers, BLOCKS)
    positives = tw.Windows(
        bases,
        centers,
        np.ones((len(centers), 1), np.uint8),
        np.ones(len(centers), bool),
        part,
        ("a",),
    ).take(part >= 0)
    grid = np.arange(600, 499_000, 64, dtype=np.int64)
    candidates = grid[tw.distance_to(grid, centers) >= 1_000]
    made = tw.with_background(positives, candidates, BLOCKS, per_positive=2)
    assert sum(made.left_out) + int(made.positive.sum()) == len(positives)
    assert int((~made.positive).sum()) == 2 * int(made.positive.sum()) > 100
    assert (np.diff(made.centers) > 0).all()
    assert np.array_equal(made.part, tw.part_of(made.centers, BLOCKS))
    assert not made.labels[~made.positive].any()
    assert tw.distance_to(made.centers[~made.positive], centers).min() >= 1_000
    for name in tw.PARTS:
        block = made.of(name)
        gc = tw.composition(bases, block.centers).gc
        assert gc[block.positive].mean() == pytest.approx(gc[~block.positive].mean(), abs=0.01)
    again = tw.with_background(positives, candidates, BLOCKS, per_positive=2)
    assert np.array_equal(again.centers, made.centers)


def test_take_and_of_keep_the_columns_together():
    windows = toy_windows(60)
    test = windows.of("test")
    assert len(test) == 20
    assert test.codes().shape == (20, 512)
    assert (test.part == 2).all()
    rows = windows.take(np.array([3, 1]))
    assert rows.centers.tolist() == windows.centers[[3, 1]].tolist()
    assert rows.positive.tolist() == [False, False]
