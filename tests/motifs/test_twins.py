"""Twins: pairs against the slow cosine, groups, and what merging keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.motif_set import MotifSet
from locuscope.motifs.solvers import Solved
from locuscope.motifs.twins import CENTRE_BP, SIMILARITY, merged, twin_groups
from tests.motifs import hit_cases
from tests.oracles import hit_rules_oracle


def solved(places, coefficient=None, similarity=None) -> Solved:
    """Atoms (region, motif, start), in order."""
    rows = np.array(places, np.int64).reshape(-1, 3)
    count = len(rows)
    return replace(
        Solved.empty(),
        region=rows[:, 0],
        motif_id=rows[:, 1],
        hit_start=rows[:, 2],
        coefficient=np.ones(count) if coefficient is None else np.array(coefficient, float),
        similarity=np.ones(count) if similarity is None else np.array(similarity, float),
    )


def keep_all(found: Solved) -> np.ndarray:
    return np.ones(len(found.region), bool)


def random_case(seed: int):
    """Near copies of three motifs laid over one another."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(3, 4, 6))
    atoms = np.concatenate([base, base + rng.normal(0, 0.2, base.shape)])
    cores = np.tile([0, 6], (6, 1))
    letters = np.eye(4)[rng.integers(0, 4, (2, 30))].transpose(0, 2, 1)
    places = sorted(
        {
            (int(r), int(m), int(s))
            for r, m, s in zip(
                rng.integers(0, 2, 25),
                rng.integers(0, 6, 25),
                rng.integers(-2, 28, 25),
                strict=True,
            )
        },
        key=lambda row: (row[0], row[2], row[1]),
    )
    return atoms, cores, letters, solved(places)


@pytest.mark.parametrize("seed", range(6))
def test_groups_are_the_components_of_the_slow_rule(seed):
    atoms, cores, letters, found = random_case(seed)
    groups = twin_groups(found, keep_all(found), atoms, cores, letters)
    count = len(groups)
    same = np.eye(count, dtype=bool)
    for i in range(count):
        for j in range(count):
            if found.region[i] != found.region[j]:
                continue
            centres = [found.hit_start[k] + cores[found.motif_id[k]].sum() / 2 for k in (i, j)]
            similarity = hit_rules_oracle.cosine(
                atoms[found.motif_id[i]],
                found.hit_start[i],
                atoms[found.motif_id[j]],
                found.hit_start[j],
                letters[found.region[i]],
            )
            same[i, j] |= abs(centres[0] - centres[1]) <= CENTRE_BP and similarity > SIMILARITY
    reach = np.linalg.matrix_power(same.astype(float), count) > 0
    for i in range(count):
        assert (groups[i] >= 0) == (reach[i].sum() > 1)
        for j in range(count):
            if found.region[i] == found.region[j] and i != j:
                in_one = groups[i] == groups[j] and groups[i] >= 0
                assert in_one == reach[i, j]


def test_groups_are_numbered_within_each_region_by_their_first_member():
    atom = np.zeros((1, 4, 4))
    atom[0, 0] = 1
    atoms = np.concatenate([atom, atom])
    cores = np.tile([0, 4], (2, 1))
    letters = np.zeros((2, 4, 30))
    letters[:, 0] = 1
    found = solved([(0, 0, 2), (0, 1, 2), (0, 0, 12), (0, 0, 20), (0, 1, 20), (1, 0, 5), (1, 1, 5)])
    groups = twin_groups(found, keep_all(found), atoms, cores, letters)
    assert groups.tolist() == [0, 0, -1, 1, 1, 0, 0]


def test_atoms_that_are_no_hits_have_no_twin():
    atoms, cores = np.ones((2, 4, 4)), np.tile([0, 4], (2, 1))
    letters = np.zeros((1, 4, 20))
    letters[:, 1] = 1
    found = solved([(0, 0, 2), (0, 1, 2)])
    keep = np.array([True, False])
    assert twin_groups(found, keep, atoms, cores, letters).tolist() == [-1, -1]
    assert not len(twin_groups(solved([]), np.zeros(0, bool), atoms, cores, letters))


def test_bases_that_are_not_there_do_not_count():
    left, right = np.zeros((4, 4)), np.zeros((4, 4))
    left[0] = right[0] = 1
    right[2] = 5
    atoms, cores = np.stack([left, right]), np.tile([0, 4], (2, 1))
    letters = np.zeros((1, 4, 10))
    letters[0, 0] = 1
    found = solved([(0, 0, 3), (0, 1, 3)])
    assert twin_groups(found, keep_all(found), atoms, cores, letters).tolist() == [0, 0]


@pytest.mark.parametrize(("shift", "expected"), [(0, [0, 0]), (2, [0, 0]), (3, [-1, -1])])
def test_centres_further_apart_than_two_bases_are_no_twins(shift, expected):
    flat = np.zeros((1, 4, 60))
    flat[0, 0] = 1
    atoms, cores = np.repeat(flat[:, :, :60], 2, axis=0), np.tile([0, 60], (2, 1))
    letters = np.zeros((1, 4, 100))
    letters[0, 0] = 1
    found = solved([(0, 0, 10), (0, 1, 10 + shift)])
    assert twin_groups(found, keep_all(found), atoms, cores, letters).tolist() == expected


def test_merging_keeps_the_most_similar_with_all_coefficients():
    found = solved(
        [(0, 0, 2), (0, 1, 2), (0, 2, 2), (0, 0, 9)], [1.0, 2.0, 4.0, 8.0], [0.8, 0.9, 0.7, 0.5]
    )
    groups = np.array([0, 0, 0, -1], np.int32)
    keep, coefficient = merged(found, keep_all(found), groups, np.array([True, False, True]))
    assert keep.tolist() == [False, True, False, True]
    assert coefficient[keep].tolist() == [7.0, 8.0]
    assert found.coefficient.tolist() == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("forward", "best"), [([True, True], 0), ([False, True], 1), ([False, False], 0)]
)
def test_of_equal_ones_the_forward_strand_then_the_first_motif_stays(forward, best):
    found = solved([(0, 0, 2), (0, 1, 2)])
    keep, _ = merged(found, keep_all(found), np.array([0, 0], np.int32), np.array(forward))
    assert np.flatnonzero(keep).tolist() == [best]


def palindrome_case():
    """A palindrome, scores of all bases alike along both strands."""
    half = np.array([[0.1, 0.9, 0.0, 0.0], [0.8, 0, 0, 0], [0, 0, 1, 0.0], [0.0, 0, 0, 0.7]]).T
    cwm = np.concatenate([half, half[::-1, ::-1]], axis=1)
    motifs = MotifSet.from_arrays({"palindrome": cwm}).with_reverse_complements()
    scores = np.zeros((1, 4, 40))
    scores[0, :, 11:19] = cwm
    letters = np.full((1, 40), 1)
    letters[0, 11:19] = cwm.argmax(axis=0)
    return scores, motifs, np.eye(4, dtype=np.int8)[letters].transpose(0, 2, 1).copy()


def test_a_palindrome_in_hypothetical_mode_gives_one_forward_hit():
    scores, motifs, one_hot = palindrome_case()
    hits = call_hits(scores, motifs, sequences=one_hot, use_hypothetical=True)
    assert hits.table.select("motif_id", "hit_start", "strand").rows() == [(0, 11, "+")]


def test_merging_is_asked_for_and_keeps_the_sum():
    rng = np.random.default_rng(0)
    cwm = hit_cases.motifs()["AP1"].cwm
    near = cwm + rng.normal(0, 0.02, cwm.shape).astype(np.float32)
    motifs = MotifSet.from_arrays({"AP1": cwm, "copy": near})
    scores, one_hot = hit_cases.arrays()
    # The site is what both add up to, so the optimum needs both.
    scores = np.zeros_like(scores)
    scores[0, :, 20:30] = motifs.cwms.sum(axis=0)
    one_hot = one_hot.copy()
    one_hot[0, :, 20:30] = np.eye(4, dtype=np.int8)[cwm.argmax(axis=0)].T
    plain = call_hits(scores, motifs, sequences=one_hot, post_filter=False)
    joined = call_hits(scores, motifs, sequences=one_hot, post_filter=False, merge_twins=True)
    groups = plain.table["twin_group"].drop_nulls()
    assert len(joined) == len(plain) - (len(groups) - groups.n_unique())
    assert joined.table["hit_coefficient"].sum() == pytest.approx(
        plain.table["hit_coefficient"].sum(), rel=1e-6
    )


@pytest.mark.fault("N2")
def test_a_motif_that_is_there_twice_keeps_both_entries():
    cwm = hit_cases.motifs()["AP1"].cwm
    motifs = MotifSet.from_arrays({"one": cwm, "two": cwm})
    scores, one_hot = hit_cases.arrays()
    hits = call_hits(scores, motifs, sequences=one_hot)
    assert hits.counts().columns.tolist() == ["one", "two"]
    assert set(hits.table["motif_name"]) == {"one"}
