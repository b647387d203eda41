"""Batches as the published loaders give them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.motifs.solvers import (
    BatchLoaderBase,
    BatchLoaderCompactFmt,
    BatchLoaderHyp,
    BatchLoaderProj,
)

N, L = 5, 7
RNG = np.random.default_rng(0)
LETTERS = np.eye(4, dtype=np.int8)[RNG.integers(0, 4, (N, L))].transpose(0, 2, 1).copy()
LETTERS[2, :, 3] = 0
DENSE = RNG.normal(size=(N, 4, L)).astype(np.float16)
COMPACT = RNG.normal(size=(N, L)).astype(np.float16)
BATCHES = [(0, 3), (3, 5), (3, 9), (5, 8), (0, 0), (7, 9), (0, 5)]


def make(kind, wrap=np.asarray, letters=LETTERS):
    scores = COMPACT if kind is BatchLoaderCompactFmt else DENSE
    return kind(wrap(scores), wrap(letters), L, torch.device("cpu"))


def expected(kind, row):
    if kind is BatchLoaderHyp:
        return DENSE[row].astype(np.float32)
    scores = COMPACT[row][None] if kind is BatchLoaderCompactFmt else DENSE[row]
    return scores.astype(np.float32) * LETTERS[row]


KINDS = [BatchLoaderCompactFmt, BatchLoaderProj, BatchLoaderHyp]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "end"), BATCHES)
@pytest.mark.parametrize("wrap", [np.asarray, torch.from_numpy])
def test_a_batch_holds_its_regions_and_then_zeros(kind, start, end, wrap):
    contribs, sequences, rows = make(kind, wrap).load_batch(start, end)
    assert contribs.shape == (end - start, 4, L)
    assert contribs.dtype == torch.float32
    assert rows.dtype == torch.int32
    assert rows.tolist() == [row if row < N else -1 for row in range(start, end)]
    for at, row in enumerate(range(start, end)):
        wanted = expected(kind, row) if row < N else np.zeros((4, L), np.float32)
        np.testing.assert_array_equal(contribs[at], wanted)
    if kind is BatchLoaderHyp:
        assert sequences == 1
        assert isinstance(sequences, int)
    else:
        assert sequences.dtype == torch.int8
        assert sequences.shape == (end - start, 4, L)
        for at, row in enumerate(range(start, end)):
            wanted = LETTERS[row] if row < N else np.zeros((4, L))
            np.testing.assert_array_equal(sequences[at], wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_batches_one_after_the_other_are_the_whole(kind):
    loader = make(kind)
    whole, _, _ = loader.load_batch(0, N)
    parts = [loader.load_batch(low, low + 2)[0] for low in range(0, N, 2)]
    assert torch.equal(torch.cat(parts)[:N], whole)
    assert not torch.cat(parts)[N:].any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_any_number_type_becomes_float32(dtype):
    loader = BatchLoaderHyp(DENSE.astype(dtype), LETTERS, L, "cpu")
    contribs, _, _ = loader.load_batch(0, 2)
    np.testing.assert_array_equal(contribs, DENSE[:2].astype(dtype).astype(np.float32))


def test_plain_lists_and_whole_floats_are_taken():
    loader = BatchLoaderCompactFmt(COMPACT.tolist(), LETTERS.tolist(), float(L), "cpu")
    contribs, _, rows = loader.load_batch(np.int64(0), 2.0)
    assert rows.tolist() == [0, 1]
    np.testing.assert_allclose(contribs[0], expected(BatchLoaderCompactFmt, 0), rtol=1e-6)


def test_the_published_fields_are_there():
    loader = make(BatchLoaderProj)
    assert loader.L == L
    assert loader.device == torch.device("cpu")
    assert tuple(loader.contribs.shape) == tuple(loader.sequences.shape) == (N, 4, L)


def test_the_base_is_abstract():
    assert all(issubclass(kind, BatchLoaderBase) for kind in KINDS)
    with pytest.raises(TypeError, match="abstract"):
        BatchLoaderBase(DENSE, LETTERS, L, "cpu")


def test_no_region_at_all():
    loader = BatchLoaderProj(DENSE[:0], LETTERS[:0], L, "cpu")
    contribs, _, rows = loader.load_batch(0, 3)
    assert not contribs.any()
    assert rows.tolist() == [-1, -1, -1]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_bounds_that_are_no_batch(kind, start, end):
    with pytest.raises(OutOfBoundsError, match=f"regions {start} to {end}"):
        make(kind).load_batch(start, end)


def test_a_bound_that_is_no_whole_number():
    with pytest.raises(WrongTypeError, match=r"end is 1\.5"):
        make(BatchLoaderProj).load_batch(0, 1.5)


@pytest.mark.parametrize(
    ("kind", "scores", "letters", "length"),
    [
        (BatchLoaderProj, COMPACT, LETTERS, L),
        (BatchLoaderHyp, DENSE[:, :, 1:], LETTERS, L),
        (BatchLoaderHyp, DENSE[1:], LETTERS, L),
        (BatchLoaderCompactFmt, DENSE, LETTERS, L),
        (BatchLoaderCompactFmt, COMPACT[:2], LETTERS, L),
        (BatchLoaderProj, DENSE, LETTERS, L + 1),
        (BatchLoaderProj, DENSE, LETTERS[0], L),
    ],
)
def test_arrays_that_do_not_belong_together(kind, scores, letters, length):
    with pytest.raises(ShapeError, match=kind.__name__) as caught:
        kind(scores, letters, length, "cpu")
    assert caught.value.found == scores.shape


def test_the_input_is_not_changed():
    before = DENSE.copy()
    contribs, _, _ = make(BatchLoaderHyp, torch.from_numpy).load_batch(0, N)
    contribs += 1
    np.testing.assert_array_equal(DENSE, before)
