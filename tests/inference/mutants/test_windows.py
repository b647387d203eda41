"""Windows over an axis: placed, joined and cut as their definition says."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.inference.mutants.windows import (
    MARGIN,
    Delta,
    Reference,
    add_into,
    placed,
    settled,
    split_places,
    union,
)

starts_of = st.lists(st.integers(-12, 40), min_size=1, max_size=4)


def table(starts, width: int, n_each: int = 2) -> Delta:
    n = len(starts) * n_each
    values = torch.arange(1.0, n * width * 3 + 1).view(n, width, 3)
    return Delta(values, 2, tuple(starts), 30)


def by_hand(delta: Delta, first: int, stop: int) -> torch.Tensor:
    """(M, stop - first, 3) of the positions [first, stop), one value at a time."""
    n_each = len(delta.values) // len(delta.starts)
    found = torch.zeros(len(delta.values), stop - first, 3)
    for m in range(len(delta.values)):
        for place in range(delta.width):
            at = delta.starts[m // n_each] + place
            if first <= at < stop:
                found[m, at - first] = delta.values[m, place]
    return found


@given(starts_of, st.integers(1, 9))
def test_settled_keeps_what_lies_on_the_axis(starts, width) -> None:
    delta = table(starts, width)
    want = by_hand(delta, 0, 30)
    kept = delta.values.clone()
    found = settled(Delta(delta.values, 2, delta.starts, 30, is_owned=False), len(starts))
    assert torch.equal(delta.values, kept), "values that are not owned are never written"
    if found is None:
        assert not want.any()
        return
    assert torch.equal(by_hand(found, 0, 30), want)
    assert torch.equal(by_hand(found, -60, 90)[:, 60:90], want)
    assert not by_hand(found, -60, 0).any()
    assert torch.equal(found.whole(len(starts)), want.movedim(1, 2))


@given(starts_of, st.integers(1, 9), st.integers(-20, 20), st.integers(1, 60))
def test_placed_on_other_windows(starts, width, shift, room) -> None:
    delta = table(starts, width)
    others = [start + shift * (1 + place % 2) for place, start in enumerate(starts)]
    found = placed(delta, others, room, len(starts))
    for place, first in enumerate(others):
        want = by_hand(delta, first, first + room)
        rows = slice(2 * place, 2 * place + 2)
        assert torch.equal(found[rows], want[rows])


@given(starts_of, st.integers(1, 6), st.integers(1, 6), st.integers(-5, 5))
def test_union_holds_both(starts, a, b, shift) -> None:
    one = table(starts, a)
    two = table([s + shift * place for place, s in enumerate(starts)], b)
    first, width = union([one, two])
    target = torch.zeros(len(one.values), width, 3)
    for delta in (one, two):
        add_into(target, first, delta, len(starts))
    assert target.sum() == one.values.sum() + two.values.sum()


@given(starts_of, st.integers(1, 30), st.sampled_from([0.0, -1.5]))
def test_reference_windows(starts, width, fill) -> None:
    rows = torch.arange(60.0).view(20, 3)
    reference = Reference({})
    shifts = [starts, [s * 5 - 90 for s in starts], list(range(starts[0], starts[0] + 4))]
    for some in shifts:
        found = reference.window("key", some, width, lambda: rows, fill)
        assert found.shape == (len(some), width, 3)
        for window, start in zip(found, some, strict=True):
            for place, row in enumerate(window):
                at = start + place
                want = rows[at] if 0 <= at < 20 else torch.full((3,), fill)
                assert torch.equal(row, want)


def test_even_windows_are_views() -> None:
    reference = Reference({})
    rows = torch.arange(60.0).view(20, 3)
    a = reference.window("key", (0, 2, 4), 5, lambda: rows)
    b = reference.window("key", (-MARGIN, -MARGIN + 1), 5, lambda: rows)
    assert a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def test_whole_values_and_places() -> None:
    values = torch.arange(12.0).view(6, 2)
    assert torch.equal(Delta(values).whole(3), values)
    assert split_places(values, 3).shape == (3, 2, 2)
    flat = Delta(torch.ones(1, 1, 2), 2, (1,), 3, flat=True)
    assert flat.whole(1).tolist() == [[0, 1, 0, 0, 1, 0]]
