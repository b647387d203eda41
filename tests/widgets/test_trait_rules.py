"""Rules of the shared traits: canonical forms, and every kind of nonsense refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OptionError, OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.widgets.trait_rules import RULES, Facts, check

FACTS = Facts(Interval("20", 1_000, 9_000), 20, ("strand", "biosample_name", "size"), has_alt=True)
NO_ALT = Facts(FACTS.bounds, 20, FACTS.fields, has_alt=False)


def region(**changes):
    return {"chrom": "20", "start": 2_000, "end": 3_000, "seq": 4, **changes}


@pytest.mark.parametrize(
    ("name", "value", "canonical"),
    [
        ("region", region(), region()),
        ("region", region(chrom="chr20"), region()),
        ("region", region(start=2000.0), region()),
        ("region", {"chrom": "20", "start": 2_000, "end": 3_000}, region(seq=0)),
        ("region", region(start=0, end=10**9), region(start=1_000, end=9_000)),
        ("region", region(start=8_999, end=9_400), region(start=8_599, end=9_000)),
        ("filters", {}, {}),
        ("filters", {"strand": "+"}, {"strand": {"in": ["+"]}}),
        ("filters", {"strand": ["-", None, "+", "-"]}, {"strand": {"in": ["+", "-", None]}}),
        ("filters", {"strand": {"in": ["+"], "not": []}}, {"strand": {"in": ["+"]}}),
        ("filters", {"strand": {"in": []}}, {"strand": {"in": []}}),
        ("filters", {"strand": {}}, {}),
        ("filters", {"size": {"min": 1, "max": 2.5}}, {"size": {"min": 1, "max": 2.5}}),
        ("filters", {"size": [True, 3.0]}, {"size": {"in": ["3", "true"]}}),
        ("query", "liver", "liver"),
        ("group_by", ("strand", "strand"), ["strand"]),
        ("sort_by", [], []),
        ("visible", [3, 1, 3], [3, 1]),
        ("pinned", (0,), [0]),
        ("selected_tracks", [2.0], [2]),
        ("selection", None, None),
        (
            "selection",
            {"start": 5, "end": 9},
            {"start": 5, "end": 9, "tracks": [], "positions": []},
        ),
        ("mode", "diff", "diff"),
        ("scale", {}, {"kind": "linear", "range": "group"}),
        ("scale", {"kind": "log1p", "range": "all"}, {"kind": "log1p", "range": "all"}),
        (
            "lane_style",
            {"3": {"height": 60, "color": "#0067a5"}},
            {"3": {"height": 60, "color": "#0067a5"}},
        ),
        ("theme", "dark", "dark"),
        ("palette", "mono", "mono"),
        ("focus", None, None),
        (
            "focus",
            {"chrom": "chr20", "start": 5, "end": 6, "label": "rs1"},
            {"chrom": "20", "start": 5, "end": 6, "label": "rs1"},
        ),
    ],
)
def test_canonical_forms(name, value, canonical):
    assert check(name, value, FACTS) == canonical
    assert check(name, canonical, FACTS) == canonical


@pytest.mark.fault("X5")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", None),
        ("region", {}),
        ("region", region(start=float("nan"))),
        ("region", region(start=-5)),
        ("region", region(start=3_000, end=2_000)),
        ("region", region(end=float("inf"))),
        ("region", region(start="2000")),
        ("region", region(extra=1)),
        ("region", region(start=True)),
        ("region", region(seq=-1)),
        ("region", region(start=2000.5)),
        ("filters", []),
        ("filters", {"zzz": ["a"]}),
        ("filters", {"strand": {"or": []}}),
        ("filters", {"strand": {"in": "+"}}),
        ("filters", {"strand": [["+"]]}),
        ("filters", {"size": {"min": "a"}}),
        ("filters", {"size": {"max": float("nan")}}),
        ("filters", {"strand": ["x" * 20_000]}),
        ("filters", {"strand": {"in": {"a": 1}}}),
        ("query", 3),
        ("query", "x" * 501),
        ("query", None),
        ("group_by", "strand"),
        ("group_by", ["zzz"]),
        ("group_by", ["strand", "size", "biosample_name"]),
        ("visible", [20]),
        ("visible", [-1]),
        ("visible", "3"),
        ("visible", [None]),
        ("visible", [0.5]),
        ("pinned", {"0": 1}),
        ("selected_tracks", list(range(20)) * 1_000),
        ("selection", []),
        ("selection", {"start": 3}),
        ("selection", {"start": 9, "end": 3}),
        ("selection", {"tracks": [99]}),
        ("selection", {"path": "/etc"}),
        ("selection", {"positions": ["a"]}),
        ("mode", "sum"),
        ("mode", None),
        ("mode", ["ref"]),
        ("scale", "log"),
        ("scale", {"kind": "sqrt"}),
        ("scale", {"range": "window"}),
        ("scale", {"lo": 3}),
        ("lane_style", []),
        ("lane_style", {"99": {}}),
        ("lane_style", {"a": {}}),
        ("lane_style", {"1": {"color": "red"}}),
        ("lane_style", {"1": {"color": "#0067A5"}}),
        ("lane_style", {"1": {"color": "url(javascript:1)"}}),
        ("lane_style", {"1": {"height": 5}}),
        ("lane_style", {"1": {"mark": "pie"}}),
        ("lane_style", {"1": {"font": "x"}}),
        ("lane_style", {str(i): {} for i in range(501)}),
        ("theme", "blue"),
        ("palette", 3),
        ("focus", {}),
        ("focus", {"chrom": "21", "start": 1, "end": 2, "label": ""}),
        ("focus", {"chrom": "20", "start": 2, "end": 2, "label": ""}),
        ("focus", {"chrom": "20", "start": 1, "end": 2, "label": "x" * 201}),
    ],
)
def test_nonsense_is_refused(name, value):
    with pytest.raises(InputError) as caught:
        check(name, value, FACTS)
    assert len(str(caught.value)) < 1_000


def test_a_region_elsewhere_is_out_of_bounds():
    for wrong in (region(chrom="21"), region(start=0, end=900)):
        with pytest.raises(OutOfBoundsError):
            check("region", wrong, FACTS)


def test_modes_need_an_alternative():
    assert check("mode", "ref", NO_ALT) == "ref"
    with pytest.raises(OptionError, match="alt="):
        check("mode", "overlay", NO_ALT)


def test_unknown_fields_get_the_close_one():
    with pytest.raises(OptionError, match="strand"):
        check("filters", {"strnd": ["+"]}, FACTS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(RULES)), JSON)
def test_any_value_is_taken_or_refused_and_what_is_taken_is_json(name, value):
    try:
        taken = check(name, value, FACTS)
    except InputError:
        return
    json.dumps(taken, allow_nan=False)
    assert check(name, taken, FACTS) == taken
