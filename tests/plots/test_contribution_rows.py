from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import InputError, OptionError, OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.plots.contribution_rows import TITLES, logo_rows
from tests.plots.made_contributions import START, made, unknown


def test_heights_are_those_of_the_bases_that_are_there():
    found = made()
    shown = logo_rows(found, 1, None)
    (row,) = shown.rows
    np.testing.assert_allclose(row.heights, found.project().values[1])
    assert (np.count_nonzero(row.heights, axis=0) <= 1).all()
    assert shown.place == Interval("7", START + 100, START + 160)
    assert shown.positions.tolist() == list(range(START + 100, START + 160))


def test_an_example_may_be_counted_from_the_end():
    found = made(3)
    last, third = logo_rows(found, -1, None), logo_rows(found, 2, None)
    assert last.place == third.place
    assert last.example == "example 2"
    np.testing.assert_array_equal(last.rows[0].heights, third.rows[0].heights)


@pytest.mark.parametrize("strand", [".", "+", "-"])
@pytest.mark.parametrize("window", [(7, 31), 24, None])
def test_positions_follow_the_strand(strand, window):
    found = made(strand=strand)
    shown = logo_rows(found, 0, window)
    first, stop = {None: (0, 60), 24: (18, 42)}.get(window, window)
    expected = np.arange(START, START + 60)
    expected = expected[::-1] if strand == "-" else expected
    assert shown.positions.tolist() == expected[first:stop].tolist()
    part = expected[first:stop]
    assert shown.place == Interval("7", int(part.min()), int(part.max()) + 1, strand)
    heights = found.project().values[0, :, first:stop]
    np.testing.assert_allclose(shown.rows[0].heights, heights)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_place_chooses_the_columns_that_crop_chooses(strand):
    found = made(1, strand=strand)
    where = Interval("7", START + 5, START + 25)
    shown = logo_rows(found, 0, where)
    expected = found.crop(where).project().values[0]
    np.testing.assert_allclose(shown.rows[0].heights, expected)
    assert (shown.place.start, shown.place.end) == (where.start, where.end)


def test_titles_are_methods_tracks_or_what_was_given():
    assert [row.title for row in logo_rows(made(method="ism"), 0, None).rows] == [TITLES["ism"]]
    tracks = logo_rows(made(tracks=("a", "b")), 0, None)
    assert [row.title for row in tracks.rows] == ["a", "b"]
    mixed = logo_rows([made(tracks=("a", "b")), made(method="own")], 0, None)
    assert [row.title for row in mixed.rows] == ["DeepLIFT, a", "DeepLIFT, b", "own"]
    named = logo_rows({"x": made(), "y": made(tracks=("a",))}, 0, None)
    assert [row.title for row in named.rows] == ["x", "y, a"]
    by_method = logo_rows({"deeplift": made(), "ism": made()}, 0, None)
    assert [row.title for row in by_method.rows] == ["DeepLIFT", "ism"]
    twice = logo_rows([made(target="liver"), made(target="brain")], 0, None)
    assert [row.title for row in twice.rows] == ["DeepLIFT, liver", "DeepLIFT, brain"]


def test_names_are_text_and_short():
    shown = logo_rows({"rs1\u202e42" + "x" * 200: made()}, 0, None)
    assert "\u202e" not in shown.rows[0].title
    assert len(shown.rows[0].title) == 72


@pytest.mark.parametrize(
    ("delta", "change", "text", "is_far"),
    [
        (None, None, "", False),
        ([1e-5, 0.0], [1.0, 1.0], "delta < 0.1 % of the change", False),
        ([0.0, -0.02], [1.0, 0.5], "delta 4.0 % of the change", True),
        ([0.5, 0.0], [1.0, 1.0], "delta 50 % of the change", True),
        ([1.5, 0.0], [2_000.0, 1.0], "delta < 0.1 % of the change", False),
        ([0.0005, 0.0], [0.0, 1.0], "delta 0.0005", False),
        ([0.25, 0.0], None, "delta 0.25", True),
    ],
)
def test_how_far_the_sum_is_off(delta, change, text, is_far):
    more = {
        name: None if value is None else np.array([[9.0, 9.0], value])
        for name, value in (("delta", delta), ("change", change))
    }
    (row,) = logo_rows(made(**more), 1, None).rows
    assert row.delta == text
    assert row.is_far is is_far


def test_what_was_explained():
    assert logo_rows(made(target="3"), 0, None).target == "channel 3"
    assert logo_rows(made(target=""), 0, None).target == "the prediction"
    kept = "Target(tracks={'track_name': 'CTCF:Kc'})"
    assert logo_rows(made(target=kept), 0, None).target == "CTCF:Kc"
    two = logo_rows([made(target="a"), made(target="b")], 0, None)
    assert two.target == "the target of its row"
    assert two.facts == ("tiny",)


def test_unknown_and_broken_numbers_are_told():
    found = unknown(made(), [4, 5])
    found.values[0, :, 9] = np.nan
    shown = logo_rows(found, 0, (2, 12))
    assert np.flatnonzero(shown.is_unknown).tolist() == [2, 3]
    assert shown.rows[0].caption == "1 base not finite, not drawn"


def test_places_and_bases_must_agree():
    here, there = made(), made()
    moved = there[1]
    with pytest.raises(InputError, match="other bases"):
        logo_rows([here[0], moved], 0, None)
    same_bases = made(1)
    elsewhere = type(same_bases)(
        same_bases.values, same_bases.sequences, intervals=[Interval("8", 0, 60)]
    )
    with pytest.raises(InputError, match="the place 8:1-60"):
        logo_rows([same_bases, elsewhere], 0, None)
    bare = type(same_bases)(same_bases.values, same_bases.sequences)
    assert len(logo_rows([same_bases, bare], 0, None).rows) == 2


@pytest.mark.parametrize(
    ("i", "window", "error"),
    [
        (2, None, OutOfBoundsError),
        (-3, None, OutOfBoundsError),
        (0.5, None, InputError),
        (0, 0, OutOfBoundsError),
        (0, (-1, 5), OutOfBoundsError),
        (0, (0, 61), OutOfBoundsError),
        (0, Interval("7", START - 1, START + 5), OutOfBoundsError),
        (0, (1, 2, 3), OptionError),
    ],
)
def test_what_is_not_there_is_refused(i, window, error):
    with pytest.raises(error):
        logo_rows(made(), i, window)


def test_too_many_rows_are_refused():
    with pytest.raises(OptionError, match="41 rows"):
        logo_rows(made(tracks=tuple(f"t{k}" for k in range(41))), 0, None)


def test_every_track_has_its_own_badge():
    delta = np.arange(12.0).reshape(2, 2, 3) / 100
    found = made(tracks=("a", "b"), delta=delta, change=np.ones((2, 2, 3)))
    badges = [row.delta for row in logo_rows(found, 1, None).rows]
    assert badges == ["delta 5.0 % of the change", "delta 11 % of the change"]


def test_a_result_opened_from_a_file_is_drawn_alike(tmp_path):
    found = made(delta=np.full((2, 1), 1e-6), change=np.ones((2, 1)))
    for name in ("one.npz", "one.h5"):
        opened = type(found).open(found.save(tmp_path / name))
        one, other = logo_rows(found, 1, 20), logo_rows(opened, 1, 20)
        np.testing.assert_array_equal(one.rows[0].heights, other.rows[0].heights)
        assert one.rows[0].delta == other.rows[0].delta == "delta < 0.1 % of the change"
        assert one.place == other.place
