from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot

TEXTS = ["ACGTNACGTA", "TTTTGGGGCC", "NACGTTGCAN"]
PLACES = tuple(Interval("1", 100 * i, 100 * i + 10, name=f"p{i}") for i in range(3))


def made(*, tracks=None, places=PLACES, seed=0, **more):
    rng = np.random.default_rng(seed)
    shape = (3, 4, 10) if tracks is None else (len(tracks), 3, 4, 10)
    return Contributions(
        rng.normal(size=shape), one_hot(TEXTS), intervals=places, tracks=tracks, **more
    )


def test_projection_keeps_the_bases_that_are_there():
    found = made()
    flat = found.project()
    for n, text in enumerate(TEXTS):
        for position, base in enumerate(text):
            for channel, letter in enumerate("ACGT"):
                expected = found.values[n, channel, position] if base == letter else 0
                assert flat.values[n, channel, position] == expected
    np.testing.assert_array_equal(flat.project().values, flat.values)
    np.testing.assert_allclose(found.per_base(), flat.values.sum(1))
    assert found.hypothetical() is found
    with pytest.raises(InputError, match="hypothetical=True"):
        flat.hypothetical()


def test_values_that_are_not_there_do_not_spoil_the_projection():
    values = np.full((3, 4, 10), np.nan)
    values[one_hot(TEXTS) == 1] = 2
    found = Contributions(values, one_hot(TEXTS))
    assert found.n_nonfinite == 120 - 27 and "not finite" in repr(found)
    assert np.isfinite(found.per_base()).all()


@given(st.integers(0, 5), st.integers(1, 10))
def test_the_other_strand_twice_is_the_same(seed, width):
    found = made(seed=seed)
    other = found.reverse_complement()
    assert {place.strand for place in other.intervals} == {"-"}
    twice = other.reverse_complement()
    np.testing.assert_array_equal(twice.values, found.values)
    np.testing.assert_array_equal(twice.sequences, found.sequences)
    place = Interval("1", 102, 104)
    with pytest.raises(OutOfBoundsError):
        found.crop(place)
    inner = [Interval("1", p.start + 10 - width, p.end) for p in PLACES]
    np.testing.assert_array_equal(
        found.crop(inner).reverse_complement().values, other.crop(inner).values
    )
    assert other.crop(inner).intervals == found.crop(inner).reverse_complement().intervals


@given(st.integers(1, 10), st.integers(0, 2))
def test_cropping_and_choosing_commute(width, row):
    found = made(var=np.ones((3, 4, 10)), delta=np.ones((3, 2)), change=np.ones((3, 2)))
    a, b = found.crop(width)[row], found[row].crop(width)
    assert len(a) == 1 and a.intervals == b.intervals
    for name in ("values", "sequences", "var", "delta"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    first = (10 - width) // 2
    np.testing.assert_array_equal(a.values[0], found.values[row, :, first : first + width])
    assert a.intervals[0].start == PLACES[row].start + first


def test_choices_of_examples():
    found = made()
    np.testing.assert_array_equal(found[-1].values[0], found.values[2])
    np.testing.assert_array_equal(found[[2, 0]].values, found.values[[2, 0]])
    assert len(found[1:]) == 2 and found[1:].intervals == PLACES[1:]
    with pytest.raises(IndexError):
        found[3]
    with pytest.raises(WrongTypeError, match="no example"):
        found["p1"]


def test_tracks():
    found = made(tracks=("a", "b"))
    np.testing.assert_array_equal(found.track("b").values, found.values[1])
    assert found.per_base().shape == (2, 3, 10) and found[0].values.shape == (2, 1, 4, 10)
    np.testing.assert_array_equal(found.track(0).crop(4).values, found.crop(4).track("a").values)
    with pytest.raises(OptionError, match="no track 'c'"):
        found.track("c")
    with pytest.raises(OptionError, match="no one value per base"):
        found.to_dataframe()


def test_one_row_per_base():
    found = made()
    frame = found.to_dataframe()
    assert frame.base.str.cat() == "".join(TEXTS)
    assert frame.pos.tolist()[:2] == [1, 2] and frame.pos.tolist()[-1] == 210
    np.testing.assert_array_equal(frame.value, found.per_base().ravel())
    other = found.reverse_complement().to_dataframe()
    merged = frame.merge(other, on=["example", "chrom", "pos"])
    np.testing.assert_array_equal(merged.value_x, merged.value_y)
    assert made(places=None).to_dataframe().chrom.isna().all()


def test_how_far_the_sum_is_off():
    found = made(delta=np.array([[0.1], [0.2], [0.0]]), change=np.array([[1.0], [-2.0], [0.0]]))
    np.testing.assert_allclose(found.relative_delta, [[0.1], [0.1], [np.nan]])
    assert "delta 0.2" in repr(found)
    assert made().relative_delta is None


@pytest.mark.fault("V4")
def test_parts_that_do_not_belong_together():
    x = one_hot(TEXTS)
    with pytest.raises(ShapeError, match="must agree"):
        Contributions(np.zeros((3, 4, 9)), x)
    with pytest.raises(ShapeError, match="transposed"):
        Contributions(np.zeros((3, 10, 4)), x.transpose(0, 2, 1))
    with pytest.raises(InputError):
        Contributions(np.zeros((3, 4, 10)), x * 0.5)
    with pytest.raises(ShapeError, match="for the tracks"):
        Contributions(np.zeros((2, 3, 4, 10)), x)
    with pytest.raises(ShapeError, match="2 places"):
        Contributions(np.zeros((3, 4, 10)), x, intervals=PLACES[:2])
    with pytest.raises(OptionError, match="did you mean 'projected'"):
        Contributions(np.zeros((3, 4, 10)), x, kind="projectd")
    with pytest.raises(OutOfBoundsError):
        made().crop(11)
    with pytest.raises(InputError, match="no places"):
        made(places=None).crop(PLACES[0])
