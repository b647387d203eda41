from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.plots.grad_picture import grad_picture, sequence_axis

BASES = np.eye(4)[[0, 1, 2, 3, 3, 2, 1]].T
PLACE = Interval("7", 100, 107)


def picture(x=BASES, g=None, place=PLACE, *, transform_fn=None, seq_dim=None):
    g = np.arange(x.size, dtype=float).reshape(x.shape) if g is None else g
    return grad_picture(x, g, place, name="seq", transform_fn=transform_fn, seq_dim=seq_dim)


def test_dna_of_both_orders_gives_the_same_letters():
    gradient = np.arange(28.0).reshape(4, 7)
    found = picture(g=gradient)
    turned = picture(BASES.T, gradient.T)
    assert found.is_logo
    assert turned.is_logo
    np.testing.assert_array_equal(found.values, BASES * gradient)
    np.testing.assert_array_equal(found.values, turned.values)
    assert found.positions.tolist() == list(range(100, 107))


def test_any_function_of_both_may_be_drawn():
    found = picture(transform_fn=lambda x, g: g)
    np.testing.assert_array_equal(found.values, np.arange(28.0).reshape(4, 7))
    with pytest.raises(ShapeError, match="must keep it"):
        picture(transform_fn=lambda x, g: (x * g).sum())


def test_other_inputs_are_heatmaps():
    numbers = np.random.default_rng(0).normal(size=(7, 3))
    found = picture(numbers, np.ones((7, 3)))
    assert not found.is_logo
    np.testing.assert_array_equal(found.values, numbers.T)
    line = picture(np.arange(7.0), np.ones(7))
    assert line.values.shape == (1, 7)
    assert line.place == PLACE
    loose = picture(np.ones((5, 3)), np.ones((5, 3)))
    assert loose.place is None
    assert loose.values.shape == (5, 3)


def test_the_axis_along_the_sequence():
    assert sequence_axis(BASES, None, None) == 1
    assert sequence_axis(BASES.T, None, None) == 0
    assert sequence_axis(np.ones((7, 9)), PLACE, None) == 0
    assert sequence_axis(np.ones((7, 7)), PLACE, None) is None
    assert sequence_axis(np.ones((7, 7)), PLACE, -1) == 1
    assert sequence_axis(np.ones((5, 9)), PLACE, None) is None
    # four positions of four bases: nobody can tell
    assert sequence_axis(np.eye(4), None, None) is None
    assert sequence_axis(np.eye(4), None, 1) == 1
    with pytest.raises(OptionError, match="seq_dim=2"):
        sequence_axis(BASES, None, 2)


def test_more_axes_are_refused():
    with pytest.raises(InputError, match="one or two axes"):
        picture(np.ones((2, 3, 4)), np.ones((2, 3, 4)))
    with pytest.raises(InputError, match="one or two axes"):
        picture(np.ones(()), np.ones(()))


@given(st.booleans(), st.sampled_from(["+", "-", "."]))
def test_the_other_strand_twice_is_the_same(is_logo, strand):
    x = BASES if is_logo else np.arange(14.0).reshape(2, 7)
    found = picture(x, place=Interval("7", 100, 107, strand))
    turned = found.other_strand()
    np.testing.assert_array_equal(turned.positions, found.positions[::-1])
    rows = found.values[::-1, ::-1] if is_logo else found.values[:, ::-1]
    np.testing.assert_array_equal(turned.values, rows)
    again = turned.other_strand()
    np.testing.assert_array_equal(again.values, found.values)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_columns_and_places_choose_alike(strand):
    found = picture(place=Interval("7", 100, 107, strand))
    by_place = found.part(None, (102, 105))
    assert sorted(by_place.positions.tolist()) == [102, 103, 104]
    columns = [found.positions.tolist().index(at) for at in by_place.positions]
    by_column = found.part((columns[0], columns[-1] + 1), None)
    np.testing.assert_array_equal(by_place.values, by_column.values)
    assert found.part(None, None) is found


@pytest.mark.parametrize(
    ("columns", "genomic", "error"),
    [
        ((0, 8), None, OutOfBoundsError),
        ((-1, 3), None, OutOfBoundsError),
        ((3, 3), None, OutOfBoundsError),
        (None, (99, 103), OutOfBoundsError),
        (None, (100, 108), OutOfBoundsError),
        ((0, 3), (100, 103), OptionError),
        ((0, 3, 4), None, WrongTypeError),
        ("03", None, WrongTypeError),
        (None, 100, WrongTypeError),
    ],
)
def test_limits_outside_are_refused(columns, genomic, error):
    with pytest.raises(error, match="limit_region"):
        picture().part(columns, genomic)


def test_limits_on_the_genome_need_a_place_and_an_axis():
    with pytest.raises(OptionError, match="seq_dim"):
        picture(place=None).part(None, (100, 103))
    square = picture(np.ones((7, 7)), np.ones((7, 7)))
    with pytest.raises(OptionError, match="seq_dim"):
        square.part(None, (100, 103))
    told = picture(np.ones((7, 7)), np.ones((7, 7)), seq_dim=0)
    assert told.part(None, (100, 103)).values.shape == (7, 3)
