"""Motifs in the layout of the kernels."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.motifs.solvers import Problem
from locuscope.motifs.solvers.tables import TILE
from tests.motifs.hit_sets import small_inputs


def tables_of(masks: np.ndarray, cwms: np.ndarray | None = None, **options):
    count, width = masks.shape
    motifs = np.ones((count, 4, width)) if cwms is None else cwms
    letters = np.zeros((1, 4, 30), np.int8)
    return Problem.prepare(np.zeros((1, 4, 30)), letters, motifs, masks, 0.7, **options).tables


def test_runs_of_masks_with_holes():
    masks = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
    tables = tables_of(masks)
    assert tables.offset.tolist() == [1, 0, 0, 0]
    assert tables.span.tolist() == [4, 5, 5, 0]
    assert tables.run_first.tolist() == [0, 2, 4, 5, 6]
    assert tables.run_start.tolist() == [0, 3, 0, 4, 0, 0]
    assert tables.run_end.tolist() == [2, 4, 1, 5, 5, 0]
    # Only columns before the first hole are surely inside a core.
    assert tables.tile_run.tolist() == [1]
    assert tables.tile_motif[0, :4].tolist() == [1, 2, 0, -1]


@pytest.mark.parametrize("name", ["projected", "hypothetical", "compact", "redundant"])
def test_every_motif_stands_once_and_as_it_is(name):
    problem = Problem.prepare(**small_inputs(name))
    tables = problem.tables
    placed = tables.tile_motif[tables.tile_motif >= 0]
    assert sorted(placed) == list(range(len(problem.atoms)))
    spans = tables.span[placed]
    assert (np.diff(spans) <= 0).all()
    for tile, motifs in enumerate(tables.tile_motif):
        table = tables.tile_table[tile].reshape(-1, 4, TILE)
        assert len(table) % 4 == 0
        for lane, motif in enumerate(motifs):
            if motif < 0:
                assert (table[:, :, lane] == 0).all()
                continue
            core = problem.atoms[motif][:, problem.core_starts[motif] : problem.core_ends[motif]]
            np.testing.assert_array_equal(
                table[: core.shape[1], :, lane], core.T.astype(np.float32)
            )
            assert (table[core.shape[1] :, :, lane] == 0).all()
        used = motifs[motifs >= 0]
        assert tables.tile_span[tile] == tables.span[used].max()
        assert tables.tile_lambda[tile] == problem.lambdas[used].min()
        assert tables.tile_norm[tile] == problem.norms[used].max()


def test_windows_inside_and_cores_inside():
    masks = np.array([[0, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    drop, core = tables_of(masks), tables_of(masks, edge="core")
    assert (drop.low.tolist(), drop.high.tolist()) == ([1, 0], [27, 26])
    assert (core.low.tolist(), core.high.tolist()) == ([0, 0], [28, 26])


def test_slack_grows_with_the_norm_and_has_a_limit():
    masks = np.ones((3, 5))
    scale = np.array([1.0, 1e3, 1e9])[:, None, None]
    tables = tables_of(masks, np.ones((3, 4, 5)) * scale)
    assert tables.slack[0] == 2e-5
    assert 1e-3 < tables.slack[1] < 0.5
    assert tables.slack[2] == 0.5


def test_no_motif_with_values_gives_no_tile():
    tables = tables_of(np.zeros((2, 5)))
    assert tables.tile_motif.shape == (0, TILE)
    assert len(tables.tile_span) == 0
