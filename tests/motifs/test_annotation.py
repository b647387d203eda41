"""Labels by likeness: shifts, strands, weights, and tables of labels."""

from __future__ import annotations

import numpy as np
import pytest

import locuscope as lsc
from locuscope.errors import OptionError, UnknownNameError
from locuscope.motifs.annotation import LEAST_OVERLAP, labels_by_place, similarity
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from tests.motifs.test_motif import spelled


def soft(letters: str) -> np.ndarray:
    return 0.94 * spelled(letters) + 0.015


def motif(name: str, letters: str) -> Motif:
    return Motif(name, ppm=soft(letters))


def heights(one: Motif) -> np.ndarray:
    start, end = one.core
    columns = []
    for column in one.ppm[:, start:end].T:
        bits = 2 + sum(p * np.log2(p) for p in column if p > 0)
        columns.append([p * bits for p in column])
    return np.array(columns).T


def slow_similarity(one: Motif, other: Motif) -> float:
    """Lay one over the other at every place, on a strip of zeros, and correlate the strips."""
    best = -2.0
    a = heights(one)
    for b in (heights(other), heights(other)[::-1, ::-1]):
        n, m = a.shape[1], b.shape[1]
        for shift in range(-m, n + 1):
            if min(n, m + shift) - max(0, shift) < LEAST_OVERLAP:
                continue
            left, right = min(0, shift), max(n, m + shift)
            strips = np.zeros((2, 4, right - left))
            strips[0, :, -left : -left + n] = a
            strips[1, :, shift - left : shift - left + m] = b
            best = max(best, np.corrcoef(strips[0].ravel(), strips[1].ravel())[0, 1])
    return best


def test_likeness_is_that_of_the_slow_way():
    fly, human = lsc.demo.motifs("fly"), lsc.demo.motifs()
    for one in fly[:4]:
        for other in human[:6]:
            assert similarity(one, other) == pytest.approx(slow_similarity(one, other), abs=1e-9)


def test_likeness_does_not_depend_on_order_strand_or_place():
    one, other = motif("x", "GGATTACAGG"), motif("y", "ATTACA")
    found = similarity(one, other)
    assert 0.5 < found < 1
    assert similarity(other, one) == pytest.approx(found)
    assert similarity(one, other.reverse_complement()) == pytest.approx(found)
    flanked = np.concatenate([np.full((4, 3), 0.25), soft("ATTACA")], axis=1)
    assert similarity(one, Motif("z", ppm=flanked)) == pytest.approx(found)


def test_a_part_of_a_motif_is_not_the_whole():
    assert similarity(motif("x", "TGACTCA"), motif("y", "TGACTCA")) == pytest.approx(1)
    long = motif("z", "TGACTCAGGCCAATTGGCAC")
    assert similarity(motif("x", "TGAC"), long) < 0.6


def test_contributions_take_part_where_there_are_no_frequencies():
    up, down = Motif("u", spelled("GATTACA")), Motif("d", -spelled("GATTACA"))
    assert similarity(up, motif("x", "GATTACA")) > 0.99
    assert similarity(up, down) == pytest.approx(1)


def test_what_is_too_short_or_says_nothing_is_like_nothing():
    assert np.isnan(similarity(motif("x", "GAT"), motif("y", "GATTACA")))
    flat = Motif("f", ppm=np.full((4, 6), 0.25))
    assert np.isnan(similarity(flat, motif("y", "GATTACA")))
    assert labels_by_place([flat], [motif("y", "GATTACA")]) == {0: ()}


def test_motifs_are_labelled_best_first_and_both_strands_alike():
    reference = MotifSet(
        (motif("far", "CCCCGGGG"), motif("near", "GATTTCA"), motif("it", "GATTACA"))
    )
    motifs = MotifSet((motif("q", "GATTACA"), motif("r", "ACGTACGTAA"))).with_reverse_complements()
    named = motifs.annotate(reference, min_similarity=0.6)
    assert [one.annotation for one in named] == [("it", "near"), ("it", "near"), (), ()]
    assert [one.annotation for one in motifs.annotate(reference, top=1)][:2] == [("it",), ("it",)]
    assert motifs.annotate(reference, min_similarity=1 - 1e-9)[0].annotation == ("it",)
    assert motifs[0].annotation == ()


def test_the_human_set_finds_itself():
    human = lsc.demo.motifs()
    for one in human.annotate(human):
        assert one.annotation[0] == one.name
    assert (
        "CTCF"
        in human.select("CTCF").annotate(lsc.demo.motifs("fly"), min_similarity=0.6)[0].annotation
    )


def test_of_equal_motifs_the_first_of_the_reference_leads():
    reference = [motif(name, "GATTACA") for name in ("b", "a", "c", "d")]
    assert labels_by_place([motif("q", "GATTACA")], reference) == {0: ("b", "a", "c")}


def test_a_table_of_labels_is_taken_as_it_is():
    motifs = MotifSet((motif("q", "GATTACA"), motif("r", "CCGG"))).rename({"q": "new"})
    named = motifs.annotate({"q": ["SP1", "KLF4", "x", "y"], "r": "one"})
    assert [one.annotation for one in named] == [("SP1", "KLF4", "x"), ("one",)]
    again = named.annotate({"new": "other"})
    assert [one.annotation for one in again] == [("other",), ("one",)]
    with pytest.raises(UnknownNameError, match="'zz'"):
        motifs.annotate({"zz": "label"})


@pytest.mark.parametrize(
    ("options", "words"),
    [({"top": 0}, "top=0"), ({"min_similarity": 2}, "min_similarity=2"),
     ({"min_similarity": float("nan")}, "min_similarity=nan")],
)  # fmt: skip
def test_wrong_options_are_refused(options, words):
    motifs = MotifSet((motif("q", "GATTACA"),))
    with pytest.raises(OptionError, match=words):
        motifs.annotate(motifs, **options)
