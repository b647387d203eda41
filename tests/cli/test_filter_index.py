"""Indices from text: the grammar, what it refuses, and that nothing is evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.cli.filter_index import parse_filter_index
from locuscope.errors import OptionError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3", 3),
        (" -1 ", -1),
        ("0:10", slice(0, 10)),
        (":", slice(None)),
        ("::2", slice(None, None, 2)),
        ("-3:", slice(-3, None)),
        ("0:10,3", (slice(0, 10), 3)),
        ("(0:10, 3)", (slice(0, 10), 3)),
        ("[:,4]", (slice(None), 4)),
        ("[7]", 7),
        ("(3,)", 3),
        ("[1:3,...]", slice(1, 3)),
        ("[...]", slice(None)),
        ("2,1:4,...", (2, slice(1, 4))),
    ],
)
def test_what_is_meant(text, meant):
    assert parse_filter_index(text) == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is neither a whole number nor a slice"),
        ("a", "'a' is neither"),
        ("1.5", "'1.5' is neither"),
        ("1,,2", "'' is neither"),
        ("1,", "'' is neither"),
        ("1:2:3:4", "'1:2:3:4' is neither"),
        ("[1:3", "'[' is not closed"),
        ("(1]", "'(' is not closed"),
        ("[:,3,...]", "leave open which axis"),
        ("...,3", "'...' is neither"),
        ("__import__('os')", "is neither"),
        ("9" * 40, "is neither"),
    ],
)
def test_what_is_refused_in_words(text, why):
    with pytest.raises(OptionError) as caught:
        parse_filter_index(text)
    assert why in str(caught.value)
    assert "--filter-idx takes whole numbers and slices such as '3'" in str(caught.value)
    assert caught.value.option == "filter_idx"


def test_the_option_is_named_as_it_is_typed():
    with pytest.raises(OptionError, match="--positions takes"):
        parse_filter_index("x", "--positions")


numbers = st.integers(-99, 99)
maybe = st.none() | numbers
entries = numbers | st.builds(slice, maybe, maybe, st.none() | st.integers(1, 9))


def spelled(entry: int | slice) -> str:
    if isinstance(entry, int):
        return str(entry)
    parts = [entry.start, entry.stop, *([] if entry.step is None else [entry.step])]
    return ":".join("" if part is None else str(part) for part in parts)


@given(st.lists(entries, min_size=1, max_size=4), st.sampled_from(["{}", "({})", "[{}]"]))
def test_what_is_spelled_is_read_back(wanted, brackets):
    text = brackets.format(", ".join(map(spelled, wanted)))
    assert parse_filter_index(text) == (wanted[0] if len(wanted) == 1 else tuple(wanted))


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        found = parse_filter_index(text)
    except OptionError:
        return
    entries = found if isinstance(found, tuple) else (found,)
    assert all(isinstance(entry, int | slice) for entry in entries)
