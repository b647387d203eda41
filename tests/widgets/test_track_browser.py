"""The widget without a kernel: options, messages over a comm, who may write what, and readings."""

from __future__ import annotations

import gc
import json
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from locuscope.errors import (
    InputError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.widgets.browser_state import STATE_TRAITS
from locuscope.widgets.track_browser import TrackBrowser
from locuscope.widgets.wire import CODES
from locuscope.widgets.workspace import Region

VARIANTS = [Variant("20", 2_571_001, "G", "A", id="rs1"), Variant("20", 2_573_000, "GT", "G")]


class TestConstruction:
    def test_what_is_shown_at_first(self, browse, toy, toys):
        browser = browse(toy)
        assert browser.interval == toys.where
        assert browser.visible == []
        assert browser.shown == list(range(12))
        assert browser.mode == "ref"
        assert browser.status == {"state": "ready", "notes": []}
        assert browser.bounds == {"chrom": "20", "start": 2_570_000, "end": 2_574_000}
        assert repr(browser) == "TrackBrowser(20:2,570,001-2,574,000, 12 of 12 tracks)"

    def test_many_tracks_begin_with_a_sample_that_filtering_replaces(self, browse, toys):
        rows = [{"track_name": f"t{i}", "strand": "+-"[i % 2]} for i in range(40)]
        browser = browse(toys.named(np.zeros((1, 4_000, 40)), "atac", 1, rows))
        assert browser.shown == list(range(12))
        browser.filters = {"strand": "-"}
        assert browser.visible == []
        assert browser.shown == list(range(1, 40, 2))

    def test_a_list_of_ones_own_is_kept_when_filtering(self, browse, toy):
        browser = browse(toy)
        browser.visible = [5, 4, 1]
        browser.filters = {"strand": "+"}
        assert browser.shown == [5, 4, 1]
        browser.query = "whole"
        assert browser.shown == [5]

    def test_variant_outputs_bring_alleles_variants_and_overlay(
        self, browse, reference, alternative, toys
    ):
        both = SimpleNamespace(
            reference=toys.outputs(reference),
            alternative=toys.outputs(alternative),
            valid={1: torch.ones(1, 4_000, dtype=torch.bool)},
            variants=(VARIANTS[0],),
        )
        browser = browse(both)
        assert (browser.mode, browser.capabilities["alt"]) == ("overlay", True)
        assert browser.data.variants.ids == ("rs1",)
        assert browser.focus == {
            "chrom": "20",
            "start": 2_571_000,
            "end": 2_571_001,
            "label": "rs1",
        }

    def test_options_reach_the_page(self, browse, toy):
        browser = browse(
            toy,
            filters={"strand": ["-"]},
            query="psi",
            group_by=["strand", "output_name"],
            sort_by=["track_name"],
            scale={"kind": "log1p", "range": "track"},
            max_lanes=3,
            height=480,
            theme="dark",
            palette="mono",
            title="Two <tissues>",
        )
        assert browser.filters == {"strand": {"in": ["-"]}}
        assert browser.scale == {"kind": "log1p", "range": "track"}
        assert browser.info["max_lanes"] == 3
        assert browser.info["height"] == 480
        assert browser.info["title"] == "Two <tissues>"
        assert len(browser.shown) == 3
        names = list(browser.visible_tracks["track_name"])
        assert names == sorted(names)

    @pytest.mark.parametrize(
        ("options", "word"),
        [
            ({"mode": "diff"}, "alt="),
            ({"mode": "both"}, "overlay"),
            ({"max_lanes": 0}, "max_lanes"),
            ({"max_lanes": 501}, "500"),
            ({"height": 3}, "height"),
            ({"fallback": "svg"}, "png"),
            ({"persist": "always"}, "view"),
            ({"theme": "night"}, "dark"),
            ({"filters": {"strnd": "+"}}, "strand"),
            ({"group_by": ["zzz"]}, "zzz"),
            ({"example": 2}, "examples"),
        ],
    )
    def test_options_outside_their_range_are_refused(self, toy, options, word):
        with pytest.raises(OptionError, match=word):
            TrackBrowser(toy, **options)

    @pytest.mark.parametrize("argument", ["region", "selection"])
    def test_a_place_where_a_shared_object_belongs_is_refused(self, toy, toys, argument):
        with pytest.raises(
            WrongTypeError, match=f"^{argument} takes a {argument.title()}"
        ) as caught:
            TrackBrowser(toy, **{argument: toys.where})
        assert "interval=" in str(caught.value)
        assert caught.value.argument == argument

    def test_unknown_arguments_are_refused(self, toy):
        with pytest.raises(TypeError, match="hits"):
            TrackBrowser(toy, hits=None)

    def test_nothing_at_all_is_the_empty_state(self, browse):
        browser = browse(interval=Interval("20", 100, 200))
        assert browser.status["state"] == "empty"
        assert browser.shown == []
        assert len(browser.visible_tracks) == len(browser.to_dataframe()) == 0
        with pytest.raises(InputError, match="needs interval="):
            TrackBrowser()

    def test_an_unbuilt_page_side_is_said_when_a_widget_is_made(self, toy, monkeypatch):
        monkeypatch.setattr(TrackBrowser, "_esm", "")
        with pytest.raises(MissingFileError, match="npm run build:widgets"):
            TrackBrowser(toy)

    def test_state_is_small_with_500_lanes(self, browse, toys):
        rows = [{"track_name": f"a rather long name of a track {i}"} for i in range(600)]
        browser = browse(
            toys.named(np.zeros((1, 32, 600)), "atac", 128, rows, where=Interval("20", 0, 4_096))
        )
        browser.visible = list(range(500))
        browser.pinned = list(range(500))
        browser.selected_tracks = list(range(500))
        state = browser.state_traits()
        assert set(state) == set(STATE_TRAITS)
        assert len(json.dumps(state)) <= 32_000

    def test_no_array_and_no_path_lives_in_a_trait(self, browse, toy, tmp_path):
        browser = browse(toy, files={"x": tmp_path / "gone.bw"}, sequence="A" * 4_000)
        text = json.dumps(browser.get_state(STATE_TRAITS))
        assert browser.status["notes"]
        assert "Users" not in text
        assert len(text) < 4_000


def overview_of(tracks):
    return {"v": 1, "id": 1, "type": "overview", "rev": 1, "mode": "ref", "tracks": tracks}


def values_of(start, end):
    place = {"mode": "ref", "tracks": [0], "start": start, "end": end}
    return {"v": 1, "id": 1, "type": "values", "rev": 1, **place}


class TestMessages:
    @pytest.mark.parametrize(
        "kind",
        [
            "hello",
            "catalog",
            "ping",
            "overview",
            "tiles",
            "values",
            "genes",
            "variants",
            "sequence",
        ],
    )
    def test_every_type_answers_over_the_comm(self, browse, open_page, toy, one_gene, kind):
        page = open_page(browse(toy, variants=VARIANTS, sequence="ACGT" * 1_000, genes=one_gene))
        fields = {
            "hello": {"client_version": "0", "host": "test"},
            "overview": {"rev": 1, "mode": "ref", "tracks": [0, 4]},
            "tiles": {
                "rev": 1,
                "mode": "ref",
                "level": 1,
                "first": 0,
                "count": 9,
                "tracks": [0],
                "encoding": "u8",
            },
            "values": {
                "rev": 1,
                "mode": "ref",
                "tracks": [0],
                "start": 2_570_000,
                "end": 2_570_009,
            },
            "genes": {"rev": 1},
            "variants": {"rev": 1},
            "sequence": {"rev": 1, "start": 2_570_000, "end": 2_570_009},
        }.get(kind, {})
        answers = page.ask(kind, **fields)
        assert answers
        for number, (header, buffers) in enumerate(answers):
            assert (header["ok"], header["type"], header["id"]) == (True, kind, 1_001)
            assert (header["part"], header["parts"]) == (number, len(answers))
            assert all(isinstance(buffer, bytes) for buffer in buffers)

    @pytest.mark.fault("X4")
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (None, "bad_request"),
            ("tiles", "bad_request"),
            ({}, "version_mismatch"),
            ({"v": 1, "id": 1, "type": "quit"}, "unknown_type"),
            ({"v": 1, "id": 1, "type": "genes", "rev": 1, "extra": 1}, "bad_request"),
            ({"v": 1, "id": 1, "type": "genes", "rev": 9}, "stale_rev"),
            (overview_of([10**6]), "not_found"),
            (overview_of([0] * 10**6), "too_large"),
            (values_of(0, 10**12), "too_large"),
            (values_of(-5, 5), "bad_request"),
        ],
    )
    def test_malformed_messages_are_answered_and_the_kernel_lives(
        self, browse, open_page, toy, content, code
    ):
        page = open_page(browse(toy))
        ((answer, buffers),) = page.send(content)
        assert (answer["ok"], answer["code"], buffers) == (False, code, [])
        assert answer["code"] in CODES
        assert page.ask("ping")[0][0]["ok"]

    @pytest.mark.fault("X4")
    def test_a_duplicate_id_is_refused(self, browse, open_page, toy):
        page = open_page(browse(toy))
        first = page.send({"v": 1, "id": 5, "type": "ping"})
        second = page.send({"v": 1, "id": 5, "type": "ping"})
        assert first[0][0]["ok"]
        assert second[0][0]["code"] == "bad_request"
        assert page.send({"v": 1, "id": 6, "type": "ping"})[0][0]["ok"]

    @pytest.mark.fault("X4")
    def test_a_flood_of_bad_messages_leaves_no_memory_behind(self, browse, open_page, toy):
        page = open_page(browse(toy))
        bad = {"v": 1, "id": 1, "type": "overview", "rev": 1, "mode": "ref", "tracks": [0] * 10_000}
        page.send(bad)
        gc.collect()
        tracemalloc.start()
        for _ in range(60):
            page.heard.clear()
            page.send(bad)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert grown < 2_000_000

    def test_buffers_from_the_page_are_refused(self, browse, open_page, toy):
        page = open_page(browse(toy))
        ((answer, _),) = page.send({"v": 1, "id": 1, "type": "ping"}, [b"x"])
        assert answer["code"] == "bad_request"

    def test_cancel_is_silent(self, browse, open_page, toy):
        assert open_page(browse(toy)).ask("cancel") == []


class TestRegion:
    def test_two_widgets_move_together(self, browse, open_page, toy, reference):
        region = Region("20", 2_571_000, 2_572_000)
        first, second = browse(toy, region=region), browse(reference, region=region)
        assert first.scope == second.scope == region.scope
        assert first.interval == second.interval == region.interval
        page, other = open_page(first), open_page(second)
        page.write(region={"chrom": "20", "start": 2_570_500, "end": 2_570_900, "seq": 7})
        assert second.interval == region.interval == Interval("20", 2_570_500, 2_570_900)
        assert other.updates()[-1]["region"]["seq"] == 7
        assert not any(
            "region" in data["state"] for data, _ in page.heard if data["method"] == "update"
        )

    def test_python_moves_all_with_a_newer_number(self, browse, open_page, toy):
        browser = browse(toy)
        page = open_page(browser)
        page.write(region={"chrom": "20", "start": 2_570_500, "end": 2_570_900, "seq": 7})
        page.updates()
        browser.shared_region.goto("20:2,571,001-2,571,500")
        (update,) = page.updates()
        assert update["region"] == {"chrom": "20", "start": 2_571_000, "end": 2_571_500, "seq": 8}

    def test_setting_the_trait_moves_the_shared_region(self, browse, toy):
        browser = browse(toy)
        browser.region = {"chrom": "chr20", "start": 2_571_000, "end": 2_571_100}
        assert browser.shared_region.interval == Interval("20", 2_571_000, 2_571_100)

    def test_a_place_that_only_the_other_has_leaves_this_one_alone(self, browse, toy, toys):
        far = toys.named(
            np.zeros((1, 4, 1)), "a", 1, [{"track_name": "a"}], where=Interval("20", 10, 14)
        )
        region = Region("20", 2_571_000, 2_572_000)
        here = browse(toy, region=region)
        there = browse(far, region=Region("20", 10, 14))
        region.attach(there.data.bounds, None)
        region.goto("20:11-14")
        assert here.interval == Interval("20", 2_571_000, 2_572_000)

    @pytest.mark.parametrize(
        "place",
        ["20:2,573,001-2,573,100", "chr20:2573001-2573100", Interval("20", 2_573_000, 2_573_100)],
    )
    def test_goto_places(self, browse, toy, place):
        browser = browse(toy)
        browser.goto(place)
        assert browser.interval == Interval("20", 2_573_000, 2_573_100)
        assert browser.focus is None

    @pytest.mark.parametrize(
        "place", ["rs1", VARIANTS[0], Variant("chr20", 2_571_001, "G", "A", id="rs1")]
    )
    def test_goto_a_variant_centres_and_highlights_it(self, browse, toy, place):
        browser = browse(toy, variants=VARIANTS, interval=Interval("20", 2_570_000, 2_570_400))
        browser.goto(place)
        assert browser.interval == Interval("20", 2_570_800, 2_571_200)
        assert browser.focus["label"] == "rs1"
        assert browser.focus["start"] == 2_571_000

    def test_goto_a_gene(self, browse, toy, one_gene):
        browser = browse(toy, genes=one_gene)
        browser.goto("TMC2")
        assert browser.interval == Interval("20", 2_571_480, 2_571_920)

    def test_goto_elsewhere(self, browse, toy):
        browser = browse(toy, variants=VARIANTS)
        with pytest.raises(OutOfBoundsError, match="outside the loaded region"):
            browser.goto("20:1-100")
        with pytest.raises(UnknownNameError, match="rs77"):
            browser.goto("rs77")
        with pytest.raises(OutOfBoundsError):
            browser.goto(Variant("7", 5, "A", "C"))
        assert browser.focus is None


class TestClosing:
    def test_close_ends_links_and_pyramids(self, browse, toy):
        region = Region("20", 2_571_000, 2_572_000)
        browser = browse(toy, region=region)
        browser.data.pyramids(range(4), "ref")
        browser.close()
        region.goto("7:1-100")
        assert browser.interval == Interval("20", 2_571_000, 2_572_000)
        browser.close()

    def test_a_failed_construction_leaves_no_error_behind(self, toy):
        with pytest.raises(OptionError):
            TrackBrowser(toy, theme="night")
        gc.collect()


def test_show_opens_a_browser(toy):
    browser = toy.show()
    assert isinstance(browser, TrackBrowser)
    browser.close()
