from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import InputError, OptionError, TrackMismatchError
from tests.effects.made_scores import cut, made, same, tracks


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 25), st.integers(1, 9), st.booleans(), st.booleans())
def test_pieces_put_together_are_the_whole(n, size, has_parts, has_spread):
    scores = made(n, seed=n, has_parts=has_parts, has_spread=has_spread)
    found = VariantScores.concat(cut(scores, size))
    assert len(found) == n
    if n and (not has_parts or len(scores.parts["genes"])):
        assert same(found, replace(scores, variants=found.variants))
    bits = np.uint16(1)
    np.testing.assert_array_equal(found.variants.note_bits & ~bits, scores.variants.note_bits)


def test_rows_left_out_are_added_up():
    first, second = (
        replace(made(4), provenance={"model": "m", "skipped": counts})
        for counts in ({"star": 2}, {"star": 1, "symbolic": 5})
    )
    bare = replace(made(4), provenance={"model": "m"})
    found = VariantScores.concat([first, bare, second])
    assert found.provenance == {"model": "m", "skipped": {"star": 3, "symbolic": 5}}
    assert found.summary().endswith("5 symbolic left out, 3 star left out")
    assert VariantScores.concat([bare]).provenance == {"model": "m"}


def test_lists_and_tuples_of_one_option_are_equal():
    left = replace(made(3), provenance={"heads": ("a", "b")})
    right = replace(made(3), provenance={"heads": ["a", "b"]})
    assert len(VariantScores.concat([left, right])) == 6


def test_what_does_not_belong_together_is_refused():
    scores = made(4)
    with pytest.raises(InputError, match="at least one"):
        VariantScores.concat([])
    other = replace(scores, tracks=tracks(5).take(np.array([0, 1, 4])))
    with pytest.raises(TrackMismatchError, match="same tracks"):
        VariantScores.concat([scores, other])
    fewer = replace(scores, scores={k: v for k, v in scores.scores.items() if k != "SAX"})
    with pytest.raises(TrackMismatchError, match=r"same scores.*'SAX'"):
        VariantScores.concat([scores, fewer])
    with pytest.raises(TrackMismatchError, match="same spreads"):
        VariantScores.concat([scores, replace(scores, spread={})])
    with pytest.raises(OptionError, match="rc is False in one and True in another") as caught:
        VariantScores.concat([scores, replace(scores, provenance=scores.provenance | {"rc": True})])
    assert caught.value.option == "rc"
