from __future__ import annotations

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    NoTracksError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownTrackFieldError,
)
from tests.attribution.files.made import assert_same, full, made


def test_parts_join_to_the_whole():
    given = full()
    assert_same(Contributions.concat([given[:1], given[1:]]), given)
    tracks = made(tracks=("a", "b"), delta=np.ones((2, 3, 1)))
    assert_same(Contributions.concat([tracks[:2], tracks[2:]]), tracks)
    with pytest.raises(EmptySelectionError):
        Contributions.concat([])
    with pytest.raises(ShapeError, match="no parts of one result"):
        Contributions.concat([given, given.crop(4)])
    with pytest.raises(ShapeError, match="1 of 2 parts have no intervals"):
        Contributions.concat([made(), made(None)])


def test_views_are_averaged_again():
    given = full()
    both = given.mean_over()
    np.testing.assert_allclose(both.values, given.members.mean(0), rtol=1e-6)
    np.testing.assert_allclose(both.var, given.members.var(0, ddof=1), rtol=1e-5)
    assert both.delta is given.delta and both.provenance["views"] == [0, 1]
    one = given.mean_over([1.0])
    np.testing.assert_array_equal(one.values, given.members[1])
    assert one.var is None and one.delta is None and len(one.members) == 1
    with pytest.raises(InputError, match="return_all=True"):
        made().mean_over([0])
    with pytest.raises(OutOfBoundsError, match="2 views, from 0 on; got 2"):
        given.mean_over([2])
    for wrong in ([], [1, 1]):
        with pytest.raises(OptionError, match="each once"):
            given.mean_over(wrong)


def test_tracks_are_selected_by_name():
    given = made(tracks=("a", "b", "c"), delta=np.arange(9).reshape(3, 3, 1))
    found = given.select(track_name=["a", "c"])
    assert found.tracks == ("a", "c")
    np.testing.assert_array_equal(found.values, given.values[[0, 2]])
    np.testing.assert_array_equal(found.delta, given.delta[[0, 2]])
    np.testing.assert_array_equal(found.track("c").delta, given.delta[2])
    np.testing.assert_array_equal(found[1].values, given[1].select(track_name=["a", "c"]).values)
    with pytest.raises(NoTracksError):
        given.select(track_name="d")
    with pytest.raises(UnknownTrackFieldError):
        given.select(tissue="lung")
    with pytest.raises(OptionError, match="holds one track"):
        made().select(track_name="a")


def test_an_example_is_drawn():
    figure = made().plot(1, delta_badge=False)
    assert "</svg>" in figure.to_svg()
