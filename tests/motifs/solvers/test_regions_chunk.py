"""Reading regions: masks, normalisation, statuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import NonFiniteError
from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.regions_chunk import base_rows

LETTERS = np.eye(4, dtype=np.int8)[[0, 1, 2, 3, 3, 2, 1, 0]].T[None].repeat(3, axis=0).copy()
LETTERS[:, :, 4] = 0


def problem_of(scores, letters=LETTERS, **options) -> Problem:
    return Problem.prepare(scores, letters, np.ones((1, 4, 3)), np.ones((1, 3)), 0.7, **options)


def scores_of(shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 2, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_projected_scores_are_those_of_the_base_that_stands_there(dtype):
    scores = scores_of((3, 4, 8), dtype)
    chunk = problem_of(scores).load(slice(0, 3))
    masked = (scores.astype(np.float32) * LETTERS).sum(1)
    scale = np.sqrt((masked.astype(float) ** 2).sum(1) / 8).astype(np.float32)
    np.testing.assert_array_equal(chunk.scale, scale)
    np.testing.assert_array_equal(chunk.values, masked / scale[:, None])
    assert chunk.values.dtype == np.float32
    assert chunk.bases[0].tolist() == [0, 1, 2, 3, -1, 2, 1, 0]
    assert chunk.status.tolist() == ["ok"] * 3
    np.testing.assert_allclose((chunk.values.astype(float) ** 2).mean(1), 1.0, rtol=1e-6)


def test_compact_scores_are_zero_where_no_base_stands():
    chunk = problem_of(np.ones((3, 8))).load(slice(0, 3))
    assert chunk.values[0, 4] == 0.0
    np.testing.assert_allclose(chunk.scale, np.sqrt(7 / 8), rtol=1e-6)


def test_hypothetical_scores_are_not_masked():
    scores = scores_of((3, 4, 8))
    chunk = problem_of(scores, use_hypothetical=True).load(slice(1, 3))
    assert chunk.values.shape == (2, 8, 4)
    np.testing.assert_allclose(chunk.dense() * chunk.scale[:, None, None], scores[1:], rtol=1e-6)
    assert chunk.mask().min() == 1.0
    assert chunk.bases.max() == 0
    assert chunk.first == 1


def test_dense_scores_and_masks_of_masked_modes():
    scores = scores_of((3, 4, 8))
    chunk = problem_of(scores).load(slice(0, 3))
    np.testing.assert_array_equal(chunk.mask(), LETTERS)
    np.testing.assert_allclose(
        chunk.dense() * chunk.scale[:, None, None], scores * LETTERS, rtol=1e-6
    )


def test_the_root_is_taken_before_the_scale():
    scores = scores_of((3, 8))
    chunk = problem_of(scores, sqrt_transform=True).load(slice(0, 3))
    roots = np.sign(scores) * np.sqrt(np.abs(scores)) * (chunk.bases >= 0)
    np.testing.assert_allclose(chunk.scale, np.sqrt((roots.astype(float) ** 2).mean(1)), rtol=1e-6)


def test_statuses_of_empty_and_invalid_regions():
    scores = scores_of((3, 8))
    scores[0], scores[1, 2] = 0, np.nan
    chunk = problem_of(scores).load(slice(0, 3))
    assert chunk.status.tolist() == ["empty", "invalid_input", "ok"]
    assert chunk.scale[0] == 0.0
    assert np.isnan(chunk.scale[1])
    assert (chunk.values[:2] == 0).all()
    assert chunk.replaced.tolist() == [0, 0, 0]


def test_a_value_too_large_for_float32_is_invalid():
    scores = scores_of((3, 8), np.float64)
    scores[1, 2] = 1e300
    chunk = problem_of(scores).load(slice(0, 3))
    assert chunk.status.tolist() == ["ok", "invalid_input", "ok"]


def test_replaced_values_are_counted():
    scores = scores_of((3, 4, 8))
    scores[1, 2, 2:4], scores[2, 0, 0] = np.inf, -np.inf
    chunk = problem_of(scores, on_nonfinite="zero").load(slice(0, 3))
    assert chunk.replaced.tolist() == [0, 2, 1]
    assert chunk.values[1, 2] == 0.0
    assert chunk.status.tolist() == ["ok"] * 3


def test_a_refused_region_is_named_by_its_row():
    scores = scores_of((3, 8))
    scores[2, 1] = np.nan
    with pytest.raises(NonFiniteError, match="region 2 holds NaN or Inf") as caught:
        problem_of(scores, on_nonfinite="raise").load(slice(1, 3))
    assert (caught.value.where, caught.value.count) == (2, 1)


def test_neither_input_is_changed():
    scores, letters = scores_of((3, 8)), LETTERS.copy()
    kept = scores.copy()
    problem_of(scores, letters, on_nonfinite="zero").load(slice(0, 3))
    np.testing.assert_array_equal(scores, kept)
    np.testing.assert_array_equal(letters, LETTERS)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.bool_, np.float32, np.int64])
def test_bases_of_letters_of_any_type(kind):
    assert base_rows(LETTERS[:1].astype(kind))[0].tolist() == [0, 1, 2, 3, -1, 2, 1, 0]


def test_tensors_and_memory_maps_are_read_as_they_are(tmp_path):
    scores = scores_of((3, 4, 8))
    wanted = problem_of(scores).load(slice(1, 2)).values
    np.save(tmp_path / "scores.npy", scores)
    mapped = np.load(tmp_path / "scores.npy", mmap_mode="r")
    for held in (torch.from_numpy(scores), mapped):
        np.testing.assert_array_equal(problem_of(held).load(slice(1, 2)).values, wanted)


def test_no_region_is_read_as_none():
    chunk = problem_of(scores_of((3, 8))).load(slice(2, 1))
    assert len(chunk) == 0
    assert chunk.values.shape == (0, 8)
