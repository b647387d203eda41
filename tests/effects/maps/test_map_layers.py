from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.map_layers import ArraySource, Layers
from locuscope.errors import ShapeError, UnknownNameError

VALUES = np.random.default_rng(0).normal(size=(9, 4, 5)).astype(np.float32)


def layers() -> Layers:
    return Layers.of({"diff": VALUES, "ref": VALUES * 2})


@given(st.lists(st.sampled_from(["cut", "take", "flip"]), max_size=6), st.integers(0, 2**32 - 1))
def test_any_chain_of_cuts_choices_and_turns_equals_that_on_the_array(steps, seed):
    rng = np.random.default_rng(seed)
    found, known = layers(), VALUES
    for step in steps:
        if step == "flip":
            found, known = found.flip(), known[::-1, ::-1]
        elif step == "cut" and len(known) > 1:
            first, stop = sorted(rng.choice(len(known) + 1, 2, replace=False).tolist())
            found, known = found.cut(first, stop), known[first:stop]
        elif step == "take":
            rows = rng.integers(0, known.shape[2], rng.integers(1, 5))
            found, known = found.take(rows), known[:, :, rows]
    assert found.shape == known.shape
    np.testing.assert_array_equal(found["diff"], known)
    np.testing.assert_array_equal(found["ref"], known * 2)
    np.testing.assert_array_equal(found.track("ref", 0), known[:, :, 0] * 2)


def test_a_mapping_in_the_order_of_the_scores():
    assert list(layers()) == ["diff", "ref"]
    assert len(layers()) == 2
    assert "diff" in layers()
    assert Layers.of(layers()).sources.keys() == layers().sources.keys()
    with pytest.raises(UnknownNameError, match="'ref'"):
        _ = layers()["reff"]


def test_only_what_is_asked_for_is_read():
    class Counted(ArraySource):
        asked: list[tuple] = []

        def read(self, start, stop, rows):
            self.asked.append((start, stop, None if rows is None else rows.tolist()))
            return super().read(start, stop, rows)

    found = Layers.over({"diff": Counted(VALUES)}).cut(2, 6).take(np.array([3, 1])).flip()
    assert found.shape == (4, 4, 2)
    assert Counted.asked == []
    found.cut(0, 1).track("diff", 1)
    assert Counted.asked == [(5, 6, [1])]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "none"),
        ({"a": np.zeros((2, 4, 1)), "b": np.zeros((3, 4, 1))}, "one shape"),
        ({"a": np.zeros((2, 3, 1))}, r"\(2, 3, 1\)"),
        ({"a": np.zeros((4, 7, 1))}, "transposed"),
        ({"a": np.zeros((2, 4))}, r"\(2, 4\)"),
    ],
)
def test_other_shapes_are_refused(arrays, words):
    with pytest.raises(ShapeError, match=words):
        Layers.of(arrays)
