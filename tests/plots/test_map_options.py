from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from locuscope.errors import OptionError
from locuscope.plots.map_options import figure_size
from tests.effects.made_maps import example


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_a_figure_has_the_size_asked_for():
    assert example().plot(track=0).figure.get_size_inches().tolist() == [20, 4]
    assert example().plot(track=0, figsize=[12, 3]).figure.get_size_inches().tolist() == [12, 3]


@pytest.mark.parametrize("size", [3, "12 x 3", (12,), (12, 3, 1), (0, 3), (12, float("nan")), 1e9])
def test_a_size_is_two_numbers_of_inches(size):
    with pytest.raises(OptionError, match=r"width and height in inches, .* such as \(12, 3\)"):
        figure_size(size)


def test_axes_have_a_size_already():
    _, ax = plt.subplots()
    with pytest.raises(OptionError, match="has no effect on the axes of ax="):
        example().plot(track=0, figsize=(12, 3), ax=ax)
