"""Dictionaries typed at a prompt."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.cli.loose_json import MAX_DEPTH, read_mapping
from locuscope.errors import OptionError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
WORDS = st.text(string.ascii_letters + "_", min_size=1, max_size=6)


def read(text):
    return read_mapping(text, "--score-kwargs")


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_json_is_read_as_json(value, indent):
    assert read(json.dumps(value, indent=indent)) == value


@given(st.dictionaries(WORDS, SCALARS, max_size=4))
def test_keys_may_stand_without_quotes(value):
    text = ", ".join(f"{key}: {json.dumps(item)}" for key, item in value.items())
    assert read(f"{{{text}}}") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{rc_merging:"max"}', {"rc_merging": "max"}),
        ("{my_arg:2}", {"my_arg": 2}),
        ("{}", {}),
        ("  { 'a' : True , b.c-d : None }\n", {"a": True, "b.c-d": None}),
        ("{a: [], b: [1, {c: -2.5e-3}]}", {"a": [], "b": [1, {"c": -2.5e-3}]}),
        (r'{a: "\u00e9\n\""}', {"a": 'é\n"'}),
    ],
)
def test_published_dictionaries(text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{a: max}", "the value max needs quotes"),
        ("{a: 1, a: 2}", "the key 'a' is there twice"),
        ("{a: 1", "ends where ',' or '}' should follow"),
        ("{a 1}", "'1' stands where ':' should be"),
        ("{1: 2}", "'1' stands where a key should be"),
        ("{a: }", "'}' stands where a value should be"),
        ("{a: 1,}", "stands where a key should be"),
        ("{a: 1} {b: 2}", "'{' follows where it should end"),
        ("[1]", "it is a list"),
        ("2", "it is a int"),
        ("", "ends where a value should follow"),
        ("{a: 01}", "cannot be read"),
        ("{a: 1x}", "cannot be read"),
        ("{a: __import__('os')}", "cannot be read"),
        ("{a: 1; b: 2}", "cannot be read"),
        ('{a: "x}', "cannot be read"),
        (r'{a: "\q"}', "escape"),
        ("[" * 500, "nested deeper"),
        ("{a: " * 500, "nested deeper"),
    ],
)
def test_anything_else_is_a_sentence(text, said):
    with pytest.raises(OptionError) as caught:
        read(text)
    assert said in str(caught.value)
    assert "--score-kwargs takes JSON objects" in str(caught.value)
    assert caught.value.option == "score_kwargs"


def test_the_deepest_that_is_read():
    text = "{a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    assert list(read(text)) == ["a"]


def test_a_file_holds_one(tmp_path):
    place = tmp_path / "options.json"
    place.write_text('{"rc_merging": "max"}', encoding="utf-8")
    assert read(str(place)) == {"rc_merging": "max"}
    with pytest.raises(OptionError, match="cannot be read"):
        read(str(tmp_path / "none.json"))


def test_long_texts_are_shown_in_part():
    with pytest.raises(OptionError) as caught:
        read("{" + "a" * 1000)
    assert len(str(caught.value)) < 300
