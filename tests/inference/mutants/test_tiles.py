"""Which mutants go through together, and in which order they come back."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.inference.mutants import plan_mutants
from locuscope.inference.mutants.tiles import (
    AMONG_THREADS,
    alternatives,
    found_tiles,
    grouped,
    places_per_tile,
)
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


def one_hot(text: str) -> torch.Tensor:
    table = torch.zeros(4, len(text))
    for at, letter in enumerate(text):
        if letter != "N":
            table["ACGT".index(letter), at] = 1
    return table


def test_alternatives_leave_out_the_base_itself_and_n() -> None:
    found = alternatives(one_hot("ACN"), [1, 2, 0], [0, 1, 2, 3])
    assert found == [[((1, 0),), ((1, 2),), ((1, 3),)], [], [((0, 1),), ((0, 2),), ((0, 3),)]]
    assert alternatives(one_hot("AC"), [0, 1], [1]) == [[((0, 1),)], []]


def test_a_position_that_is_no_base_has_none() -> None:
    assert alternatives(torch.full((4, 2), 0.25), [0, 1], [0, 1]) == [[], []]


def table_of(positions, n: int = 3) -> dict:
    return {row: [((at, base),) for base in range(n)] for row, at in enumerate(positions)}


@pytest.mark.parametrize(
    ("positions", "size", "want"),
    [
        ([0, 1, 2, 3, 4], 2, [[0, 1], [2, 3], [4]]),
        ([0, 1, 9, 10], 4, [[0, 1], [2, 3]]),
        ([5, 4, 3], 4, [[0], [1], [2]]),
        ([5, 5], 4, [[0], [1]]),
        ([0, 2, 4, 6], 2, [[0, 1], [2, 3]]),
        ([], 4, []),
    ],
)
def test_neighbours_go_together(positions, size, want) -> None:
    assert grouped(table_of(positions), size) == want


def test_rows_without_mutants_and_of_other_numbers_stay_apart() -> None:
    table = {**table_of([0, 1, 2]), 1: []}
    assert grouped(table, 4) == [[0, 2]]
    table[2] = table[2][:1]
    assert grouped(table, 4) == [[0], [2]]
    assert grouped({0: [((0, 1), (1, 1))], 1: [((1, 1), (2, 1))]}, 4) == [[0], [1]]


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("naive", [False, True])
def test_tiles_come_in_order(workers, naive) -> None:
    torch.manual_seed(0)
    net = nn.Conv1d(4, 1, 3, padding=1).eval()
    model = wrap(net, heads=HeadSpec("o", (1,), 1), window_bp=12, output_axes="NTL")
    engine = plan_mutants(model, device="cpu", measure=False).engine
    sequence = one_hot("ACGTACGTNCGT")
    table = dict(enumerate(alternatives(sequence, range(12), range(4))))
    with torch.no_grad():
        found = list(
            found_tiles(
                engine,
                sequence,
                grouped(table, 2),
                table,
                reference=None if naive else engine.reference(sequence),
                batch=5,
                workers=workers,
            )
        )
        rows = [row for group, _ in found for row in group]
        assert rows == [at for at in range(12) if at != 8]
        values = torch.cat([part for _, (part,) in found])
        edits = [edit for row in rows for edit in table[row]]
        (want,) = engine.naive(sequence, edits, 64)
    torch.testing.assert_close(values, want, rtol=0, atol=2e-6)


def test_threads_get_tiles_that_are_worth_their_while() -> None:
    assert places_per_tile(2, 1) == 2
    assert places_per_tile(2, 2) == AMONG_THREADS
    assert places_per_tile(32, 2) == 32
