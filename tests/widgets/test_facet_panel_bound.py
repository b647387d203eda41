"""A panel beside other views: bound to a browser, and with a shared selection."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import InputError, OptionError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.widgets.facet_panel import FacetPanel
from locuscope.widgets.workspace import Selection


@pytest.fixture(scope="module")
def human():
    return TrackMetadataCatalog.load_builtin("human")


class TestBoundToABrowser:
    def test_both_hold_the_same_choice_whoever_makes_it(self, facet, browse, toy):
        browser = browse(toy, filters={"strand": "-"}, query="psi")
        panel = facet(browser)
        assert (panel.filters, panel.query) == ({"strand": {"in": ["-"]}}, "psi")
        assert panel.scope == browser.scope
        assert panel.capabilities == {"show": True}
        panel.filters = {"strand": "+"}
        assert browser.filters == {"strand": {"in": ["+"]}}
        browser.query = "donor"
        assert panel.query == "donor"
        assert browser.shown == panel.result.tolist() == [1]
        assert panel.result_count == 1

    def test_a_choice_given_to_the_panel_moves_the_browser(self, facet, browse, toy):
        browser = browse(toy, query="psi")
        facet(browser, filters={"strand": ["+"]})
        assert (browser.filters, browser.query) == ({"strand": {"in": ["+"]}}, "")
        with pytest.raises(OptionError, match="strand"):
            FacetPanel(browser, query="strnd:+")

    def test_filters_and_query_set_together_arrive_together(self, facet, browse, toy):
        browser = browse(toy)
        panel = facet(browser)
        first, second = {"strand": {"in": ["+"]}}, {"strand": {"not": ["+"]}}
        for here, there, filters in ((panel, browser, first), (browser, panel, second)):
            query = "psi" if here is panel else "donor"
            with here.hold_trait_notifications():
                here.filters, here.query = filters, query
            assert (here.filters, here.query) == (filters, query)
            assert (there.filters, there.query) == (filters, query)
        assert panel.result.tolist() == [3]

    def test_a_browser_that_was_closed_before_is_not_followed(self, facet, browse, toy):
        browser = browse(toy)
        browser.close()
        panel = facet(browser, filters={"strand": "+"})
        assert panel.capabilities == {"show": False}
        assert browser.filters == {}
        assert panel.result_count == 6

    def test_the_page_of_one_moves_the_other_once(self, facet, browse, open_page, toy):
        browser = browse(toy)
        panel = facet(browser)
        ours, theirs = open_page(panel), open_page(browser)
        assert ours.write(filters={"strand": {"in": ["+"]}}) == []
        assert [state.get("filters") for state in theirs.updates()] == [{"strand": {"in": ["+"]}}]
        ours.updates()
        theirs.write(query="donor", filters={"strand": {"in": ["+"]}})
        assert panel.query == "donor"
        heard = ours.updates()
        assert [state["query"] for state in heard if "query" in state] == ["donor"]
        # Both pages of one view tell the kernel: the second message changes nothing.
        ours.write(query="donor")
        assert theirs.updates() == []

    def test_apply_selects_the_tracks_in_the_browser(self, facet, browse, toy):
        browser = browse(toy)
        panel = facet(browser, filters={"strand": "+"}, query="psi")
        assert panel.apply() is browser
        assert browser.selected_tracks == panel.result.tolist() == [4, 5, 6, 7]
        assert browser.selected_data().heads() == ["exon_inclusion"]

    def test_more_tracks_than_a_selection_holds_are_refused(self, facet, browse, toys):
        rows = [{"track_name": f"t{i}"} for i in range(501)]
        browser = browse(toys.named(np.zeros((1, 4_000, 501)), "atac", 1, rows))
        panel = facet(browser)
        with pytest.raises(InputError, match=r"501 tracks match; .* at most 500"):
            panel.apply()
        assert browser.selected_tracks == []

    def test_closing_one_leaves_the_other_working(self, facet, browse, toy):
        browser = browse(toy)
        first, second = facet(browser), facet(browser)
        first.close()
        browser.filters = {"strand": "+"}
        assert (first.filters, second.filters) == ({}, {"strand": {"in": ["+"]}})
        browser.close()
        assert second.capabilities == {"show": False}
        second.query = "psi"
        assert (browser.query, second.result_count) == ("", 4)
        second.close()
        second.close()

    def test_show_makes_the_lanes_follow_again(self, facet, browse, open_page, toy):
        browser = browse(toy)
        browser.visible = [3, 2]
        panel = facet(browser, filters={"strand": "-"})
        assert browser.shown == [3, 2]
        assert open_page(panel).send({"v": 1, "type": "show"}) == []
        assert browser.shown == panel.result.tolist()

    @pytest.mark.fault("X4")
    def test_show_without_a_browser_is_answered(self, facet, open_page, toy):
        ((answer, _),) = open_page(facet(toy)).send({"v": 1, "type": "show"})
        assert (answer["ok"], answer["code"]) == (False, "not_found")


class TestSelection:
    def test_matching_tracks_become_the_shared_tracks(self, facet, toy):
        selection = Selection(start=5, end=9)
        panel = facet(toy, selection=selection)
        assert selection.tracks == ()
        panel.query = "testis"
        assert selection.tracks == tuple(panel.result.tolist()) == (4, 8)
        assert (selection.start, selection.end) == (5, 9)
        panel.query = ""
        assert selection.tracks == ()

    def test_too_many_for_a_selection_is_said(self, facet, human):
        selection = Selection()
        panel = facet(human, selection=selection, filters={"output_name": "chip_tf"})
        assert selection.tracks == ()
        assert panel.status["notes"] == [
            "1,617 tracks match; a selection holds at most 500: none selected."
        ]
        panel.query = "ctcf"
        assert panel.result_count == len(selection.tracks)
        assert panel.status["notes"] == []

    def test_a_browser_with_the_same_selection_selects_them(self, facet, browse, toy):
        browser = browse(toy)
        panel = facet(browser, selection=browser.shared_selection)
        panel.query = "donor"
        assert browser.selection["tracks"] == [1, 3]
