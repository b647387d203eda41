"""The grammar of the search text: tokens, terms, unknown fields, and the tracks that are found."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, UnknownTrackFieldError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import Query, facet_counts, match
from locuscope.tracks.query_text import (
    MAX_TEXT,
    fold,
    folded_text,
    query_problems,
    shown_text,
    text_mask,
    tokens_of,
    value_text,
)

_PATH = Path(__file__).parents[1] / "oracles" / "query_oracle.py"
_SPEC = importlib.util.spec_from_file_location("query_oracle", _PATH)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

ROWS = [
    {"output_type": "atac", "track_name": "t0", "biosample_name": "Brain cortex", "strand": "."},
    {"output_type": "atac", "track_name": "t1", "ontology_curie": "UBERON:0002107"},
    {"output_type": "cage", "track_name": "t2", "strand": "+", "nonzero_mean": 0.5, "zebra": 12},
    {"output_type": "cage", "track_name": "t3", "strand": "-", "nonzero_mean": 3},
]


def table():
    return TrackMetadataCatalog.from_rows(ROWS).table()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("BRAIN", [0]),
        ('"brain cortex"', [0]),
        ('"cortex brain"', []),
        ("cortex brain", [0]),
        ("-brain -t1", [2, 3]),
        ("strand:+", [2]),
        ("-strand:+", [0, 1, 3]),
        ('strand:="-"', [3]),
        ("strand:=", [0, 1, 2, 3]),
        ('-strand:"" ""', [0, 1, 2, 3]),
        ("uberon:0002107", [1]),
        ("-UBERON:", [0, 2, 3]),
        ("nonzero_mean:.", [2]),
        ("nonzero_mean:=3", [3]),
        ("-nonzero_mean:0", [0, 1, 3]),
        ("zebra:2", [2]),
        ("output_name:=CAGE -track_name:=t3", [2]),
        ("organism:0", [0, 1, 2, 3]),
        ("histone_mark:x", []),
        ("-histone_mark:x", [0, 1, 2, 3]),
        ("é:x", []),
    ],
)
def test_what_a_text_finds(text, rows):
    assert np.flatnonzero(text_mask(table(), text)).tolist() == rows
    assert np.flatnonzero(match(table(), Query(text=text))).tolist() == rows


def test_an_unknown_field_raises_with_the_closest_name_and_a_way_out():
    with pytest.raises(UnknownTrackFieldError, match=r"Did you mean 'strand'\?") as caught:
        match(table(), Query(text="-strnd:+"))
    assert caught.value.closest == ("strand",)
    assert '"strnd:+"' in str(caught.value)
    with pytest.raises(UnknownTrackFieldError, match="'zebr'"):
        facet_counts(table(), Query(text="zebr:1"))
    assert text_mask(table(), '"strnd:+"').tolist() == [False] * 4
    assert text_mask(table(), "-strnd:+ t1", strict=False).tolist() == [False, True, False, False]


def test_problems_keep_the_token_as_it_was_typed():
    found = query_problems(table(), 'x -zebr:="a b" EFO:1 strand:+ EFO:')
    assert [(p.token, p.field, p.closest) for p in found] == [
        ('-zebr:="a b"', "zebr", ("zebra",)),
        ("EFO:1", "EFO", ()),
    ]


def test_a_place_cannot_be_searched():
    assert query_problems(table(), "track_index:0")[0].field == "track_index"


def test_a_field_without_any_value_left_is_unknown():
    """As on the page, which never hears of it."""
    some = table().take(np.array([0, 1]))
    assert [p.field for p in query_problems(some, "zebra:1 nonzero_mean:1")] == ["zebra"]


def test_texts_have_at_most_500_characters():
    assert not text_mask(table(), "🧬" * MAX_TEXT).any()
    with pytest.raises(OptionError, match="501 characters"):
        text_mask(table(), "x" * (MAX_TEXT + 1))
    with pytest.raises(OptionError):
        match(table(), Query(text="x" * 501))


LETTERS = st.sampled_from(['"', ":", "-", "=", " ", "\t", "a", "t", "🧬", "\n", "_", "1", "\ufeff"])


@given(st.lists(LETTERS, max_size=40).map("".join) | st.text(max_size=30))
def test_tokens_equal_those_read_letter_by_letter(text):
    found = [(t.text, t.is_negated, t.field, t.is_exact, t.value) for t in tokens_of(text)]
    plain = [
        (typed, negated, field, exact, value)
        for typed, negated, field, exact, value in oracle.tokens(text)
    ]
    assert found == plain


@given(st.text(max_size=30))
def test_any_quoted_text_is_looked_for_as_it_is(word):
    quoted = '"' + word.replace('"', '""') + '"'
    assert [token.value for token in tokens_of(quoted)] == [word]
    rows = [{"output_type": "atac", "track_name": f"a{word}b"}, {"output_type": "atac"}]
    one = TrackMetadataCatalog.from_rows(rows).table()
    assert text_mask(one, quoted)[0]


def test_hostile_texts_are_read_at_once():
    start = time.perf_counter()
    for text in ('"' * MAX_TEXT, 'a:"' * 166, "-" * MAX_TEXT, ":" * MAX_TEXT, '""' * 250):
        text_mask(table(), text, strict=False)
    assert time.perf_counter() - start < 0.5


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_shortest_and_read_back(number):
    text = value_text(number)
    assert float(text) == number
    assert len(text) <= 26
    assert ("e" in text) == (number != 0 and not 1e-6 <= abs(number) < 1e21)


def test_values_as_text():
    numbers = (1.0, -0.0, 1e16, 1e21, 1.5e22, 1e-6, 1.25e-7, -120.5, 123456789012345680000.0)
    assert [value_text(number) for number in numbers] == [
        "1", "0", "10000000000000000", "1e+21", "1.5e+22", "0.000001", "1.25e-7", "-120.5",
        "123456789012345680000",
    ]  # fmt: skip
    assert [value_text(v) for v in (float("inf"), float("-inf"), float("nan"))] == [
        "Infinity",
        "-Infinity",
        "NaN",
    ]
    assert [shown_text(v) for v in (None, True, "x")] == [None, "true", "x"]
    assert [folded_text(v) for v in (None, True, "Stra\xdfe", 2.0)] == ["", "true", "strasse", "2"]


def test_folding_composes_and_removes_case():
    assert fold("Ame\u0301lie") == fold("AM\xc9LIE")
    assert fold("\u0130") == "i\u0307"


def test_a_text_query_over_the_human_catalogue_stays_fast():
    """Half the floor of the facet counts: 7,000 tracks in 5 ms; here with a text of three terms."""
    whole = TrackMetadataCatalog.load_builtin("human").table()
    query = Query({"strand": ("+", "-"), "data_source": ("encode",)}, '-k562 assay_title:rna "e"')
    facet_counts(whole, query)
    times = []
    for _ in range(9):
        start = time.perf_counter()
        facet_counts(whole, query)
        times.append(time.perf_counter() - start)
    assert sorted(times)[4] < 0.010


def test_letters_of_the_page_fold_as_here():
    path = Path(__file__).parents[1] / "wire" / "folding.json"
    assert all(fold(letter) == folded for letter, folded in json.loads(path.read_text("utf-8")))
