from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.references import (
    KINDS,
    changed_bases,
    random_points,
    references_of,
)
from locuscope.errors import NonFiniteError, OptionError, ShapeError
from locuscope.genome.sequence import decode, one_hot

TEXTS = ["ACGTTGCAAN" * 3, "TTTACGNNACGTACAGGATTACAGATTACA"]
X = one_hot(TEXTS)


def made(kind, count=6, seed=3, x=X):
    return references_of(kind, count=count, seed=seed, shape=x.shape).of(x, 0)


@pytest.mark.parametrize("kind", ["shuffle", "mononucleotide"])
def test_shuffles_keep_what_they_promise(kind):
    found = made(kind)
    assert found.shape == (2, 6, 4, 30)
    for text, rows in zip(TEXTS, found, strict=True):
        shuffled = decode(rows)
        assert len(set(shuffled)) > 1
        for other in shuffled:
            assert [i for i, b in enumerate(other) if b == "N"] == [
                i for i, b in enumerate(text) if b == "N"
            ]
            assert Counter(other) == Counter(text)
            if kind == "shuffle":
                pairs = Counter(pairwise(text))
                assert Counter(pairwise(other)) == pairs


@given(st.sampled_from(KINDS), st.integers(0, 3))
def test_the_company_changes_no_reference(kind, seed):
    together = made(kind, seed=seed)
    for row in range(2):
        alone = made(kind, seed=seed, x=X[[row]])
        np.testing.assert_array_equal(alone[0], together[row])
    fewer = made(kind, count=2, seed=seed)
    np.testing.assert_array_equal(fewer, together[:, : fewer.shape[1]])


def test_even_references_leave_unknown_bases():
    even = made("uniform")
    assert even.shape == (2, 1, 4, 30)
    assert set(np.unique(even[:, 0].sum(1))) == {0.0, 1.0}
    np.testing.assert_array_equal(even[:, 0].any(1), X.any(1))
    assert not made("zero").any()


@given(st.floats(0, 1), st.integers(0, 5))
def test_random_changes(rate, seed):
    found = changed_bases(X, 40, rate, seed)
    assert found.shape == (2, 40, 4, 30)
    np.testing.assert_array_equal(found.any(2), np.repeat(X[:, None].any(2), 40, 1))
    known = X.any(1)
    is_changed = (found != X[:, None]).any(2)[np.repeat(known[:, None], 40, 1)]
    assert abs(is_changed.mean() - rate) < 0.06
    np.testing.assert_array_equal(changed_bases(X[::-1], 40, rate, seed)[::-1], found)


def test_changes_go_to_every_other_base():
    x = one_hot(["A" * 200])
    counts = changed_bases(x, 10, 1.0, 1).sum((0, 1, 3))
    assert counts[0] == 0 and (np.abs(counts[1:] - 2000 / 3) < 100).all()


def test_points_lie_between_0_and_1():
    points = random_points(X, 5, 200, 1)
    assert points.shape == (2, 5, 200) and points.min() >= 0 and points.max() < 1
    assert abs(points.mean() - 0.5) < 0.03
    np.testing.assert_array_equal(random_points(X[[1]], 3, 10, 1)[0], points[1, :3, :10])


@pytest.mark.fault("V4")
def test_arrays_that_do_not_fit():
    options = {"count": 1, "seed": 0, "shape": X.shape}
    with pytest.raises(ShapeError, match=r"\(R, A, L\)"):
        references_of(np.zeros((1, 2, 30, 4)), **options)
    with pytest.raises(ShapeError):
        references_of(np.zeros((3, 2, 4, 30)), **options)
    with pytest.raises(NonFiniteError, match="NaN"):
        references_of(np.full((2, 4, 30), np.nan), **options)
    with pytest.raises(OptionError, match="did you mean"):
        references_of("zeros", **options)
    assert references_of(np.zeros((2, 4, 30)), **options).facts()["references"] == "array"


def test_rows_of_different_lengths_and_short_numbers():
    with pytest.raises(ShapeError, match="differ in shape"):
        references_of([[1], [1, 2]], count=1, seed=0, shape=X.shape)
    half = torch.full((2, *X.shape[1:]), 0.25, dtype=torch.bfloat16)
    found = references_of(half, count=1, seed=0, shape=X.shape)
    assert found.count == 2 and (found.of(X, 0) == 0.25).all()
