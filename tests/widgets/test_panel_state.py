"""Who may write which trait of a panel, in what form, and how large its state may grow."""

from __future__ import annotations

import json

import pytest

from locuscope.errors import OptionError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.widgets.panel_state import PANEL_RULES, PANEL_TRAITS, PanelState


@pytest.fixture
def panel(facet):
    rows = [
        {"output_type": "atac", "strand": s, "biosample_name": "Liver", "nonzero_mean": 0.5}
        for s in "+-."
    ]
    return facet(TrackMetadataCatalog.from_rows(rows))


class TestWhoMayWrite:
    def test_every_trait_of_the_page_has_a_rule(self):
        assert PanelState.page_traits <= set(PANEL_RULES)
        assert set(PANEL_RULES) <= set(PANEL_TRAITS)

    @pytest.mark.fault("X5")
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("_esm", "alert(1)"),
            ("_css", "body{}"),
            ("_view_module", "evil"),
            ("spec_version", 9),
            ("scope", "other"),
            ("fields", ["strand"]),
            ("catalog_rev", 5),
            ("status", {"state": "x"}),
            ("capabilities", {"show": True}),
            ("info", {}),
            ("no_such_trait", 1),
        ],
    )
    def test_the_page_cannot_write_what_is_not_its_own(self, panel, open_page, name, value):
        page = open_page(panel)
        before = panel.get_state()
        ((answer, _),) = page.write(**{name: value})
        assert answer["code"] == "read_only_trait"
        assert panel.get_state() == before
        assert page.ask("ping")[0][0]["ok"]

    @pytest.mark.fault("X5")
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("filters", {"zzz": {"in": []}}),
            ("filters", {"strand": {"in": [{}]}}),
            ("filters", {"nonzero_mean": {"min": "1"}}),
            ("filters", {"strand": {"in": ["x" * 20_000]}}),
            ("filters", None),
            ("query", 5),
            ("query", None),
            ("query", "x" * 501),
            ("presets", {"": {}}),
            ("presets", {"a": {"code": "1"}}),
            ("presets", {"a": 3}),
            ("presets", {"a": {"query": 5}}),
            ("presets", {f"p{i}": {"query": "x" * 400} for i in range(40)}),
            ("theme", "<b>"),
        ],
    )
    def test_a_value_outside_its_rule_is_refused_and_sent_again(
        self, panel, open_page, name, value
    ):
        page = open_page(panel)
        old = panel.get_state(name)
        ((answer, _),) = page.write(**{name: value})
        assert answer["code"] == "bad_request"
        assert panel.get_state(name) == old
        assert page.updates()[-1] == old

    def test_one_bad_trait_does_not_stop_the_others(self, panel, open_page):
        open_page(panel).write(theme="x", query="liver", _esm="y", filters={"strand": "+"})
        assert (panel.theme, panel.query) == ("auto", "liver")
        assert panel.filters == {"strand": {"in": ["+"]}}


class TestCount:
    def test_a_count_that_python_shares_is_taken_in_silence(self, panel, open_page):
        page = open_page(panel)
        assert page.write(result_count=2, filters={"strand": {"in": ["+", "-"]}}) == []
        assert panel.result_count == 2
        assert all(state.get("result_count", 2) == 2 for state in page.updates())

    def test_a_count_that_differs_is_answered_with_the_right_one(self, panel, open_page):
        page = open_page(panel)
        assert page.write(result_count=99) == []
        assert panel.result_count == 3
        assert page.updates()[-1] == {"result_count": 3}

    def test_python_hears_of_every_new_count(self, panel, open_page):
        heard = []
        panel.observe(lambda change: heard.append(change["new"]), "result_count")
        open_page(panel).write(filters={"strand": {"not": ["+"]}})
        panel.query = "nowhere"
        assert heard == [2, 0]


class TestUnknownFieldsInTheQuery:
    def test_python_hears_of_them_with_the_closest_name(self, panel):
        panel.query = "biosample_name:liver"
        with pytest.raises(OptionError, match="biosample_name"):
            panel.query = "biosample_nam:liver"
        with pytest.raises(OptionError, match="biosample_nam:liver"):
            panel.presets = {"a": {"query": "biosample_nam:liver"}}
        assert panel.query == "biosample_name:liver"

    def test_what_a_person_is_typing_is_kept_and_the_term_left_out(self, panel, open_page):
        page = open_page(panel)
        assert page.write(query="strand:+ biosample_nam:liver") == []
        assert panel.query == "strand:+ biosample_nam:liver"
        assert panel.result.tolist() == [0]
        assert panel.result_count == 1

    def test_so_it_is_when_it_was_typed_into_a_bound_browser(self, facet, browse, open_page, toy):
        browser = browse(toy)
        panel = facet(browser)
        open_page(browser).write(query="strnd:+")
        assert panel.query == "strnd:+"
        assert panel.result_count == 12
        assert facet(browser).query == "strnd:+"


class TestSize:
    def test_the_largest_state_is_small(self, panel):
        many = [f"{i:05d}" for i in range(1_750)]
        panel.filters = {"strand": {"not": many}}
        panel.query = "x" * 500
        panel.presets = {f"preset {i}": {"query": "y" * 350} for i in range(28)}
        state = panel.state_traits()
        assert set(state) == set(PANEL_TRAITS)
        assert 25_000 < len(json.dumps(state)) <= 32_000

    def test_no_array_lives_in_a_trait(self, panel):
        json.dumps(panel.get_state(PANEL_TRAITS), allow_nan=False)
        assert len(json.dumps(panel.state_traits())) < 1_000
