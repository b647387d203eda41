from __future__ import annotations

import math

import pytest

from locuscope.plots.texts import allele, number, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.12345, "0.123"),
        (-1.5, "\u22121.5"),
        (999.4, "999"),
        (999.7, "1000"),
        (1_234.4, "1234"),
        (12_345.6, "12,346"),
        (1.23456e-5, "1.23e\u22125"),
        (-2e-12, "\u22122e\u221212"),
        (math.nan, "\u2013"),
        (math.inf, "infinite"),
        (-math.inf, "\u2212infinite"),
    ],
)
def test_numbers_as_people_read_them(value, text):
    assert number(value) == text


def test_differences_say_their_sign():
    assert number(0.25, is_signed=True) == "+0.25"
    assert number(-0.25, is_signed=True) == "\u22120.25"
    assert number(0.0, is_signed=True) == "0"


def test_control_characters_show_as_a_symbol():
    assert plain("a\x00b\u202ec\u2067d\x7f") == "a\ufffdb\ufffdc\ufffdd\ufffd"


@pytest.mark.parametrize("limit", [5, 8, 60])
def test_long_text_loses_its_middle(limit):
    text = "".join(chr(65 + k % 26) for k in range(100))
    shown = plain(text, limit)
    assert len(shown) == limit
    assert shown[0] == text[0]
    assert shown[-1] == text[-1]
    assert plain(text[:limit], limit) == text[:limit]


def test_a_long_allele_says_its_length():
    assert allele("A" * 12) == "A" * 12
    assert allele("A" * 2_000).endswith("(2,000 bp)")
    assert len(allele("A" * 2_000)) < 30
