"""Options from a closed list."""

from __future__ import annotations

import pytest

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice

ALLOWED = ("mean", "max", "anchor")


@pytest.mark.parametrize("value", ALLOWED)
def test_listed_values_pass(value):
    assert check_choice("insertion", value, ALLOWED) is None


@pytest.mark.parametrize("value", ["Mean", "", "median", None, 3, ["mean"], ("mean",), b"mean"])
def test_other_values_are_named_with_the_list(value):
    with pytest.raises(OptionError) as caught:
        check_choice("insertion", value, ALLOWED)
    error = caught.value
    assert (error.option, error.value, error.allowed) == ("insertion", value, ALLOWED)
    assert f"insertion is {value!r}; expected one of 'mean', 'max', 'anchor'" in str(error)


def test_a_slip_is_corrected():
    with pytest.raises(OptionError, match="did you mean 'anchor'"):
        check_choice("insertion", "ancor", ALLOWED)
