from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.results.score_card import ScoreCard, tracks_of_names
from locuscope.effects.results.vcf_keys import (
    KEY_GRAMMAR,
    columns_of,
    info_keys,
    percent,
    require_narrow,
    require_vcf,
)
from locuscope.errors import OptionError

# VCF 4.3, 1.4.2 and 1.6.1, written out once more
KEY = re.compile(r"^([A-Za-z_][0-9A-Za-z_.]*|1000G)$")
INFO_LINE = re.compile(
    r"^##INFO=<ID=([^,]+),Number=(\d+|[AGR.]),Type=(Integer|Float|Flag|Character|String),"
    r'Description="((?:[^"\\]|\\["\\])*)">$'
)
names = st.text(min_size=0, max_size=12)


def card(labels, model="m", spread=()):
    first = next(iter(labels.values()), ())
    return ScoreCard(
        labels={name: tuple(some) for name, some in labels.items()},
        own=(),
        spread=tuple(spread),
        parts={},
        tracks=tracks_of_names(first),
        provenance={"model": model},
    )


@given(
    model=names,
    scores=st.lists(names, min_size=1, max_size=4, unique=True),
    labels=st.lists(names, min_size=1, max_size=5, unique=True),
    form=st.sampled_from(["default", "alleles"]),
)
def test_every_key_is_legal_and_stands_once(model, scores, labels, form):
    chosen = card(dict.fromkeys(scores, labels), model, spread=scores[:1])
    keys = info_keys(chosen, form)
    found = keys.names()
    assert all(KEY.fullmatch(key) for key in found)
    assert all(KEY_GRAMMAR.fullmatch(key) for key in found)
    assert len(set(found)) == len(found)
    lines = [line.decode() for line in keys.header(chosen)]
    for line in lines[:-1]:
        match = INFO_LINE.fullmatch(line)
        assert match, line
        assert "\n" not in line
    assert re.fullmatch(r"##locuscope=\{.*\}", lines[-1])


@given(labels=st.lists(names, min_size=1, max_size=5, unique=True))
def test_labels_come_back_from_the_description(labels):
    chosen = card({"diff": labels})
    for form in ("default", "kipoi"):
        keys = info_keys(chosen, form)
        about = INFO_LINE.fullmatch(keys.header(chosen)[1].decode())[4]
        assert columns_of(about, form, is_ours=True) == labels


def test_forms():
    chosen = card({"diff": ["a", "b c"], "log-x": ["a", "b c"]}, "toy net/1", spread=["diff"])
    assert info_keys(chosen, "default").names() == [
        *("LSC_STATUS", "LSC_toy_net_1_diff", "LSC_toy_net_1_log_x", "LSC_toy_net_1_diff_SPREAD")
    ]
    assert info_keys(chosen, "alleles").names()[1:3] == [
        "LSC_toy_net_1_diff_a",
        "LSC_toy_net_1_diff_b_c",
    ]
    kipoi = info_keys(chosen, "kipoi", "my source")
    assert kipoi.names() == [
        *("LSC_STATUS", "KV:my_source:toy_net/1:DIFF", "KV:my_source:toy_net/1:LOG_X"),
        "KV:my_source:toy_net/1:rID",
    ]
    assert kipoi.header(chosen)[1] == (
        b'##INFO=<ID=KV:my_source:toy_net/1:DIFF,Number=.,Type=String,Description="DIFF SNV effect '
        b'prediction. Prediction from model outputs: a|b c">'
    )
    clash = info_keys(card({"a-b": ["x"], "a_b": ["x"]}), "default").names()
    assert clash == ["LSC_STATUS", "LSC_m_a_b", "LSC_m_a_b_2"]


@pytest.mark.parametrize("model", [".", "./", "", "../", "_"])
def test_kipoi_keys_need_a_model_with_a_name(model):
    with pytest.raises(OptionError, match="give it a name"):
        info_keys(card({"diff": ["a"]}, model), "kipoi")
    assert info_keys(card({"diff": ["a"]}, model), "default").keys


def test_64_columns_are_the_most():
    require_narrow(64, "diff")
    for form in ("default", "alleles", "kipoi"):
        with pytest.raises(OptionError, match=r"65 columns.*tracks=, or write parquet"):
            require_vcf({"diff": 65}, form)


@given(st.text(alphabet="a%;=,| \t\r\n:é", max_size=12))
def test_a_word_ends_no_value(text):
    from urllib.parse import unquote

    coded = percent(text, ["|"])
    assert not set(coded) & set(";=,| \t\r\n")
    assert unquote(coded) == text
