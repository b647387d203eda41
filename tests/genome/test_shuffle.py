"""Shuffles keep what they promise, draw evenly, and depend on seed, number and bases only."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from locuscope.errors import InputError, OptionError, ShapeError, WrongTypeError
from locuscope.genome.sequence import decode, one_hot
from locuscope.genome.shuffle import dinucleotide_shuffle
from tests.oracles import shuffle_oracle

DNA = st.text("ACGT", max_size=60)


def runs(text: str) -> list[str]:
    return [run for run in "".join(b if b in "ACGT" else " " for b in text).split(" ") if run]


def assert_kept(text: str, shuffled: str) -> None:
    assert len(shuffled) == len(text)
    assert [b in "ACGT" for b in shuffled] == [b in "ACGT" for b in text]
    for before, after in zip(runs(text), runs(shuffled), strict=True):
        assert shuffle_oracle.dinucleotides(after) == shuffle_oracle.dinucleotides(before)
        assert (after[0], after[-1]) == (before[0], before[-1])


def test_a_thousand_random_sequences_keep_counts_mask_and_run_ends():
    draw = random.Random(0)
    for number in range(1000):
        letters = draw.choice(["ACGT", "ACGTN", "AC", "AAAAAAAAC", "ACGTRYN"])
        text = "".join(draw.choice(letters) for _ in range(draw.randrange(0, 120)))
        for shuffled in dinucleotide_shuffle(text, 2, seed=number):
            assert_kept(text, shuffled)
            assert [b for b in shuffled if b not in "ACGT"] == [b for b in text if b not in "ACGT"]


@given(st.text("ACGTNacgtnRy", max_size=80), st.integers(0, 2**64 - 1))
def test_any_sequence_and_seed_keep_what_is_promised(text, seed):
    (shuffled,) = dinucleotide_shuffle(text, 1, seed)
    assert_kept(text.upper(), shuffled)


@given(st.text("ACGT", min_size=1, max_size=11))
def test_every_shuffle_is_one_of_the_arrangements(text):
    found = set(dinucleotide_shuffle(text, 30, seed=5))
    assert found <= shuffle_oracle.arrangements(text)


@pytest.mark.parametrize("text", ["ACACGCACGATA", "AACCAACACA", "ACGTACGTCA", "GATTACAGATTACA"])
def test_all_arrangements_are_equally_likely(text):
    n = 12_000
    counts = Counter(dinucleotide_shuffle(text, n, seed=17))
    every = shuffle_oracle.arrangements(text)
    assert counts.keys() == every
    assert len(every) >= 4
    expected = n / len(every)
    statistic = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi2.sf(statistic, len(every) - 1) > 1e-3


def test_the_published_procedure_draws_the_same_distribution():
    text, n = "ACACGCACGATA", 6000
    draw = random.Random(3)
    theirs = Counter(shuffle_oracle.shuffle(text, draw) for _ in range(n))
    ours = Counter(dinucleotide_shuffle(text, n, seed=3))
    assert theirs.keys() == ours.keys()
    statistic = sum((ours[k] - theirs[k]) ** 2 / (ours[k] + theirs[k]) for k in ours)
    assert chi2.sf(statistic, len(ours) - 1) > 1e-3


def test_a_base_that_is_left_once_in_a_long_run_costs_no_retries():
    text = "A" * 200_000 + "CA"
    (shuffled,) = dinucleotide_shuffle(text, 1, seed=0)
    assert shuffled.count("C") == 1
    assert shuffled[-1] == "A"
    assert shuffled != text


@pytest.mark.parametrize("text", ["", "A", "NN", "AC", "ACG", "AAAA", "ACGT"])
def test_a_single_arrangement_comes_back(text):
    assert dinucleotide_shuffle(text, 2, seed=9) == [text, text]


@given(DNA)
def test_shuffle_k_does_not_depend_on_n(text):
    assert dinucleotide_shuffle(text, 7, seed=2)[:3] == dinucleotide_shuffle(text, 3, seed=2)


def test_company_and_order_do_not_matter():
    texts = ["ACGATCGATCAGCTACG", "GGGATCNATTACGGATCAAT", "ACGATCGATCAGCTACG"]
    together = dinucleotide_shuffle(texts, 4, seed=1)
    assert together == [dinucleotide_shuffle(text, 4, seed=1) for text in texts]
    assert dinucleotide_shuffle(texts[::-1], 4, seed=1) == together[::-1]


def test_batches_of_edges_do_not_matter(monkeypatch):
    whole = dinucleotide_shuffle("ACGATCGATCAGCTACG", 20, seed=1)
    monkeypatch.setattr("locuscope.genome.shuffle._BATCH_EDGES", 40)
    assert dinucleotide_shuffle("ACGATCGATCAGCTACG", 20, seed=1) == whole


def test_seeds_and_shuffles_differ():
    text = "ACGATCGATCAGCTACGGATCAGGCATCGAC"
    shuffles = dinucleotide_shuffle(text, 5, seed=1) + dinucleotide_shuffle(text, 5, seed=2)
    assert len(set(shuffles)) == 10


def test_bytes_of_a_seed_never_change():
    text = "ACGTTGCAACGATCGGATNNACGATTAGGCATTAAC" * 8
    shuffled = "".join(dinucleotide_shuffle(text, 3, seed=11))
    assert hashlib.sha256(shuffled.encode()).hexdigest()[:16] == "2e54edf225fe4661"
    assert shuffled[:18] == "AATTCGGCATGACGACGT"


def test_text_bytes_and_one_hot_agree():
    text = "acgATCRNATTACGgatcaat"
    shuffled = dinucleotide_shuffle(text, 3, seed=4)
    assert dinucleotide_shuffle(text.encode(), 3, seed=4) == [s.encode() for s in shuffled]
    assert all(s[6] == "R" for s in shuffled)
    array = dinucleotide_shuffle(one_hot(text), 3, seed=4)
    assert array.shape == (3, 4, len(text))
    assert array.dtype == np.uint8
    assert decode(array) == [s.replace("R", "N") for s in shuffled]


def test_batches_of_one_hot_keep_their_number_type():
    batch = one_hot(["ACGATCGATCAG", "GGATNCAGGATC"], dtype="float32")
    shuffled = dinucleotide_shuffle(batch, 5, seed=4)
    assert shuffled.shape == (2, 5, 4, 12)
    assert shuffled.dtype == np.float32
    assert np.array_equal(shuffled[1], dinucleotide_shuffle(batch[1], 5, seed=4))


def test_a_tensor_comes_back_as_a_tensor():
    torch = pytest.importorskip("torch")
    batch = torch.from_numpy(one_hot(["ACGATCGATCAG"], dtype="float32")).to(torch.float64)
    shuffled = dinucleotide_shuffle(batch, 2, seed=4)
    assert shuffled.dtype == torch.float64
    assert decode(shuffled[0]) == dinucleotide_shuffle("ACGATCGATCAG", 2, seed=4)


def test_nothing_known_or_empty_arrays_are_legal():
    assert dinucleotide_shuffle(np.zeros((4, 0), np.uint8), 2, seed=0).shape == (2, 4, 0)
    assert not dinucleotide_shuffle(np.zeros((4, 6), np.uint8), 2, seed=0).any()


@pytest.mark.fault("N5")
@pytest.mark.parametrize(
    ("sequence", "error", "words"),
    [
        ("AC-T", InputError, "position 2"),
        (np.zeros((6, 4), np.uint8), ShapeError, "transposed"),
        (np.full((4, 6), 2, np.uint8), InputError, "not one-hot"),
        (5, ShapeError, "shape"),
        ([1], WrongTypeError, "sequence"),
    ],
)
def test_what_is_no_sequence_is_refused(sequence, error, words):
    with pytest.raises(error, match=words):
        dinucleotide_shuffle(sequence, 1, seed=0)


def test_numbers_of_shuffles_and_seeds_are_checked():
    with pytest.raises(OptionError, match="n is 0"):
        dinucleotide_shuffle("ACGT", 0)
    with pytest.raises(OptionError, match="seed is -1"):
        dinucleotide_shuffle("ACGT", 1, -1)
    with pytest.raises(WrongTypeError, match="n "):
        dinucleotide_shuffle("ACGT", 1.5)
