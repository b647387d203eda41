"""Who may write which trait: the page what is its own, and both sides only what the rules allow."""

from __future__ import annotations

import pytest

from locuscope.errors import LocuscopeError
from locuscope.widgets.trait_rules import RULES


class TestWhoMayWrite:
    @pytest.mark.fault("X5")
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("_esm", "alert(1)"),
            ("_css", "body{}"),
            ("_anywidget_id", "x"),
            ("_model_module", "evil"),
            ("_view_module_version", "0"),
            ("spec_version", 9),
            ("scope", "other"),
            ("bounds", {"chrom": "1", "start": 0, "end": 9}),
            ("catalog_rev", 5),
            ("data_rev", 5),
            ("status", {"state": "x"}),
            ("capabilities", {"predict": True}),
            ("info", {}),
            ("comm", None),
            ("no_such_trait", 1),
            ("keys", []),
            ("layout", "IPY_MODEL_x"),
        ],
    )
    def test_the_page_cannot_write_what_is_not_its_own(self, browse, open_page, toy, name, value):
        browser = browse(toy)
        page = open_page(browser)
        before = browser.get_state()
        ((answer, _),) = page.write(**{name: value})
        assert answer["code"] == "read_only_trait"
        assert browser.get_state() == before
        if name in browser.keys:
            resent = page.updates()
            assert resent
            assert resent[-1][name] != value
        assert page.ask("ping")[0][0]["ok"]

    @pytest.mark.fault("X5")
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("region", {"chrom": "20", "start": 9, "end": 3}),
            ("region", "20:1-2"),
            ("region", {"chrom": "20", "start": None, "end": 3}),
            ("filters", {"zzz": {"in": []}}),
            ("query", 5),
            ("query", None),
            ("filters", None),
            ("visible", None),
            ("visible", [10**6]),
            ("mode", "diff"),
            ("theme", "<b>"),
            ("lane_style", {"1": {"color": "url(x)"}}),
            ("selection", {"tracks": ["a"]}),
            ("focus", 3),
        ],
    )
    def test_a_value_outside_its_rule_is_refused_and_sent_again(
        self, browse, open_page, toy, name, value
    ):
        browser = browse(toy)
        page = open_page(browser)
        old = browser.get_state(name)
        ((answer, _),) = page.write(**{name: value})
        assert answer["code"] in {"bad_request", "out_of_bounds"}
        assert browser.get_state(name) == old
        assert page.updates()[-1] == old

    def test_one_bad_trait_does_not_stop_the_others(self, browse, open_page, toy):
        browser = browse(toy)
        open_page(browser).write(mode="x", query="psi", _esm="y", theme="dark")
        assert (browser.mode, browser.query, browser.theme) == ("ref", "psi", "dark")

    def test_every_open_trait_can_be_written_and_is_heard(
        self, browse, open_page, toy, alternative
    ):
        browser = browse(toy, alt=alternative)
        page = open_page(browser)
        heard = []
        browser.observe(lambda change: heard.append(change["name"]))
        state = {
            "region": {"chrom": "20", "start": 2_571_000, "end": 2_572_000, "seq": 1},
            "filters": {"strand": {"in": ["+"]}},
            "query": "a",
            "group_by": ["strand"],
            "sort_by": ["track_name"],
            "visible": [2, 1],
            "pinned": [3],
            "selected_tracks": [1],
            "selection": {"start": 2_571_000, "end": 2_571_500, "tracks": [1], "positions": []},
            "mode": "diff",
            "scale": {"kind": "symlog", "range": "all"},
            "lane_style": {"1": {"height": 80}},
            "theme": "light",
            "palette": "mono",
            "focus": {"chrom": "20", "start": 2_571_000, "end": 2_571_001, "label": "x"},
        }
        assert set(state) == set(RULES)
        assert page.write(**state) == []
        assert browser.get_state(list(state)) == state
        assert set(state) <= set(heard)

    def test_what_the_page_repeats_is_no_offence(self, browse, open_page, toy):
        browser = browse(toy)
        page = open_page(browser)
        assert page.write(_esm=browser._esm, bounds=browser.bounds, data_rev=1) == []

    def test_a_canonical_value_goes_back_when_it_differs(self, browse, open_page, toy):
        browser = browse(toy)
        page = open_page(browser)
        page.write(filters={"strand": {"in": ["-", "+", "-"]}})
        assert page.updates()[-1] == {"filters": {"strand": {"in": ["+", "-"]}}}

    @pytest.mark.parametrize("name", sorted(RULES))
    def test_python_is_held_to_the_same_rules(self, browse, toy, name):
        browser = browse(toy)
        old = getattr(browser, name)
        with pytest.raises(LocuscopeError):
            setattr(browser, name, object())
        assert getattr(browser, name) == old
