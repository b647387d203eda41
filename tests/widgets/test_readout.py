"""What Python chooses and reads back: tracks, tables, cut outputs, the shared selection."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import NoTracksError, OptionError, UnknownNameError, UnknownTrackFieldError
from locuscope.genome.interval import Interval
from locuscope.widgets.workspace import Selection


class TestChoosing:
    def test_show_tracks_takes_the_criteria_of_select(self, browse, toy):
        browser = browse(toy, query="zzz")
        assert browser.shown == []
        browser.show_tracks(strand="+", output_name="exon_inclusion")
        assert browser.shown == [4, 5, 6, 7]
        assert browser.query == ""
        browser.show_tracks(biosample_name=["Testis", None])
        assert browser.shown == [0, 1, 2, 3, 4, 8]
        with pytest.raises(UnknownTrackFieldError, match="biosample_name"):
            browser.show_tracks(biosample_nam="Testis")
        with pytest.raises(NoTracksError, match="Testis"):
            browser.show_tracks(biosample_name="Testes")

    def test_pin_and_hide(self, browse, toy):
        browser = browse(toy)
        browser.pin(7)
        browser.pin([7, 2])
        assert browser.pinned == [7, 2]
        browser.filters = {"biosample_name": "Testis"}
        assert browser.shown == [7, 4, 8, 2]
        browser.hide([7, 4])
        assert browser.shown == [2, 8]
        with pytest.raises(UnknownNameError, match="99"):
            browser.hide(99)
        with pytest.raises(NoTracksError, match="leave no lane"):
            browser.hide([8, 2])
        with pytest.raises(OptionError):
            browser.pin(12)

    def test_visible_tracks_is_a_table_in_lane_order(self, browse, toy, toys):
        browser = browse(toy)
        browser.visible = [11, 0]
        table = browser.visible_tracks
        assert table.index.tolist() == [11, 0]
        assert table["track_name"].tolist() == [f"PSI {toys.hostile} -", "acceptor:+"]
        assert {"assay_title", "strand", "resolution"} <= set(table.columns)


class TestReading:
    def test_to_dataframe_gives_exact_values_of_the_view(self, browse, toy, alternative, reference):
        browser = browse(toy, alt=alternative, interval=Interval("20", 2_571_000, 2_571_050))
        browser.visible = [4, 0]
        table = browser.to_dataframe()
        splice = table[table["track"] == 0]
        assert splice["start"].tolist() == list(range(2_571_000, 2_571_050))
        np.testing.assert_array_equal(splice["ref"], reference.tensor[0, 1_000:1_050, 0])
        np.testing.assert_array_equal(splice["alt"], alternative.tensor[0, 1_000:1_050, 0])
        exons = table[table["track"] == 4]
        assert exons["start"].tolist() == [2_570_992, 2_571_024]
        assert exons["end"].tolist() == [2_571_024, 2_571_056]
        assert exons["alt"].isna().all()
        assert "alt" not in browse(toy).to_dataframe().columns

    def test_selected_data_cuts_tracks_and_range(self, browse, toy, reference, measured):
        browser = browse(toy)
        browser.selection = {"start": 2_571_000, "end": 2_571_100, "tracks": [3, 1, 11]}
        cut = browser.selected_data()
        splice, exons = cut.head("splice_sites")[1], cut.head("exon_inclusion")[32]
        assert splice.table.cells("track_name") == ["donor:-", "donor:+"]
        assert torch.equal(splice.tensor, reference.tensor[:, 1_000:1_100, [3, 1]])
        assert splice.interval == Interval("20", 2_571_000, 2_571_100)
        assert exons.interval == Interval("20", 2_570_992, 2_571_120)
        assert torch.equal(exons.tensor, measured.tensor[:, 31:35, [7]])
        assert cut.interval == Interval("20", 2_571_000, 2_571_100)

    def test_selected_data_without_a_selection_is_the_view(self, browse, toy):
        browser = browse(toy, interval=Interval("20", 2_571_000, 2_571_100))
        browser.visible = [2]
        assert browser.selected_data().head("splice_sites")[1].shape == (1, 100, 1)
        browser.selected_tracks = [0, 1]
        assert browser.selected_data().head("splice_sites")[1].shape == (1, 100, 2)

    def test_a_shared_selection_follows_the_page_and_leads_it(self, browse, open_page, toy):
        selection = Selection()
        browser = browse(toy, selection=selection)
        page = open_page(browser)
        page.write(selection={"start": 5, "end": 9, "tracks": [2], "positions": [7]})
        assert (selection.start, selection.end, selection.tracks, selection.positions) == (
            5,
            9,
            (2,),
            (7,),
        )
        selection.choose(tracks=[1])
        assert browser.selection == {"start": None, "end": None, "tracks": [1], "positions": []}
        browser.selection = None
        assert selection.tracks == ()
