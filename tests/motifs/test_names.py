"""Names: which motif is meant, and what is said where none is."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import DataWarning, InputError, UnknownNameError, WrongTypeError
from locuscope.motifs.motif import Motif
from locuscope.motifs.names import (
    check_names,
    places_of,
    refuse_duplicates,
    refuse_unknown,
    resolve,
)


def named(name: str, original: str | None = None, strand: str = "+") -> Motif:
    return Motif(name, np.eye(4), original_name=original, strand=strand)


BOTH = (named("A", "M1"), named("A", "M1", "-"), named("B"))


def test_places_are_those_of_all_strands_under_either_name():
    assert places_of(BOTH) == {"A": (0, 1), "M1": (0, 1), "B": (2,)}
    assert places_of(()) == {}


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_strand_occurs_once(strand):
    check_names(BOTH)
    with pytest.raises(InputError, match="called 'A'"):
        check_names((*BOTH, named("A", "M1", strand)))


def test_strands_of_different_origin_are_different_motifs():
    with pytest.raises(InputError, match="motifs 0 and 1 are both called 'A'"):
        check_names((named("A", "M1"), named("A", "M2", "-")))


def test_a_name_may_not_be_the_original_name_of_another():
    with pytest.raises(InputError, match="motifs 0 and 1 are both called 'M1'"):
        check_names((named("A", "M1"), named("M1", "M2", "-")))


def test_values_spread_over_strands():
    assert resolve(BOTH, {"M1": 3, "B": 4}, "x") == {0: 3, 1: 3, 2: 4}
    assert resolve(BOTH, {}, "x") == {}
    assert resolve(BOTH, {"A": 3, "M1": 3}, "x") == {0: 3, 1: 3}


def test_contradictions_are_refused():
    with pytest.raises(InputError, match="x gives 'A' 3 and 'M1' 4, but both names"):
        resolve(BOTH, {"A": 3, "M1": 4}, "x")


def test_a_mapping_is_needed():
    with pytest.raises(WrongTypeError, match="lambdas"):
        resolve(BOTH, [1, 2, 3], "lambdas")


def test_unknown_names_are_counted_and_five_are_shown():
    keys = {f"Z{k}": 1 for k in range(9)}
    with pytest.raises(UnknownNameError, match="x names 9 motifs that are not there") as caught:
        resolve(BOTH, keys, "x")
    assert caught.value.name == "Z0"
    assert set(caught.value.known) == {"A", "M1", "B"}
    assert "Z4" in str(caught.value)
    assert "Z5" not in str(caught.value)


def test_without_strictness_one_warning_says_what_is_ignored():
    with pytest.warns(DataWarning, match="x names 2 motifs that are not there: 'Y', 'Z'") as caught:
        assert resolve(BOTH, {"Y": 1, "B": 2, "Z": 3}, "x", strict=False) == {2: 2}
    assert len(caught) == 1


def test_known_names_pass():
    refuse_unknown(["a", "b"], {"a": 1, "b": 2}, "x")
    refuse_unknown([], {}, "x")


def test_duplicates_are_listed_once():
    refuse_duplicates(["a", "b"], "rename")
    with pytest.raises(InputError, match="several motifs: 'a', 'b';"):
        refuse_duplicates(["a", "b", "a", "c", "b", "a"], "rename")
