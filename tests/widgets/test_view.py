"""What a browser leaves in a notebook: bundle, stub, saved answers within their budget."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.widgets.answers import handle
from locuscope.widgets.browser_state import STATE_TRAITS
from locuscope.widgets.view import (
    MAX_VIEW_BYTES,
    PERSIST_VARIABLE,
    VIEW_MIME,
    WIDGET_MIME,
    record,
    view_json,
)
from locuscope.widgets.wire import parse_request


def asked(answers):
    return [
        (a["request"]["type"], a["request"].get("mode"), a["request"].get("level")) for a in answers
    ]


@pytest.fixture
def wide(browse, toys):
    """30 tracks of 200,000 bases: more than a saved view holds base by base."""
    rows = [{"track_name": f"t{i}"} for i in range(30)]
    values = np.random.default_rng(0).random((1, 200_000, 30)).astype(np.float32)
    where = Interval("20", 0, 200_000)
    return browse(
        toys.named(values, "atac", 1, rows, where=where), interval=Interval("20", 90_000, 110_000)
    )


class TestBundle:
    def test_live_view_stub_picture_and_text(self, browse, toy):
        browser = browse(toy)
        data, metadata = browser._repr_mimebundle_()
        assert list(data) == ["text/plain", WIDGET_MIME, VIEW_MIME, "image/png"]
        assert metadata == {}
        assert data[WIDGET_MIME]["model_id"] == browser.model_id
        assert data["text/plain"] == repr(browser)
        png = base64.b64decode(data["image/png"])
        with Image.open(io.BytesIO(png)) as image:
            assert image.width == 960
        assert len(png) <= 60_000

    def test_the_stub_is_small_and_holds_no_data(self, browse, toy):
        stub = browse(toy)._repr_mimebundle_()[0][VIEW_MIME]
        assert len(json.dumps(stub)) <= 2_000
        assert stub == {
            "format": "locuscope.view",
            "version": 1,
            "kind": "track_browser",
            "region": {"chrom": "20", "start": 2_570_000, "end": 2_574_000},
            "counts": {"tracks": 12, "shown": 12, "genes": 0, "variants": 0},
        }

    def test_no_picture_when_none_is_wanted(self, browse, toy):
        assert "image/png" not in browse(toy, fallback="none")._repr_mimebundle_()[0]

    @pytest.mark.parametrize("how", ["option", "kernel"])
    def test_saving_is_chosen_by_the_widget_or_for_the_kernel(self, browse, toy, monkeypatch, how):
        if how == "kernel":
            monkeypatch.setenv(PERSIST_VARIABLE, "view")
        browser = browse(toy, persist="view" if how == "option" else "none")
        view = browser._repr_mimebundle_()[0][VIEW_MIME]
        assert view["answers"]
        assert set(view["traits"]) == set(STATE_TRAITS)
        assert view["traits"]["info"]["saved"] is True

    @pytest.mark.fault("X15")
    def test_nothing_of_this_machine_is_saved(self, browse, toy, tmp_path, monkeypatch):
        monkeypatch.setenv("LOCUSCOPE_SECRET_TOKEN", "hunter2")
        browser = browse(toy, persist="view", files={"x": tmp_path / "gone.bw"})
        text = json.dumps(browser._repr_mimebundle_()[0])
        assert "hunter2" not in text
        assert "_esm" not in text

    def test_display_in_plain_python_needs_no_front_end(self, browse, toy):
        from IPython.core.formatters import DisplayFormatter

        data, _ = DisplayFormatter().format(browse(toy))
        assert data["text/plain"].startswith("TrackBrowser(20:")


class TestRecord:
    def test_answers_are_those_of_a_live_page(self, browse, toy, alternative):
        browser = browse(toy, alt=alternative)
        for answer in view_json(browser, is_saved=True)["answers"]:
            request = parse_request({"v": 1, "id": 0, **answer["request"]})
            parts = handle(browser.data, request)
            assert len(parts) == len(answer["parts"])
            for live, saved in zip(parts, answer["parts"], strict=True):
                assert saved["header"] == {**saved["header"], **live.header}
                assert [base64.b64decode(b) for b in saved["buffers"]] == list(live.buffers)

    def test_what_a_page_asks_first_comes_first(self, browse, toy, alternative):
        answers = record(browse(toy, alt=alternative, mode="overlay"), max_bytes=10**7)
        assert asked(answers)[:8] == [
            ("hello", None, None),
            ("catalog", None, None),
            ("overview", "ref", None),
            ("overview", "alt", None),
            ("overview", "diff", None),
            ("overview", "log2FC", None),
            ("tiles", "ref", 0),
            ("tiles", "ref", 0),
        ]
        shown_first = record(browse(toy, alt=alternative, mode="diff"), max_bytes=10**7)
        assert asked(shown_first)[2] == ("overview", "diff", None)
        assert {mode for kind, mode, _ in asked(record(browse(toy), max_bytes=10**7)) if mode} == {
            "ref"
        }

    @pytest.mark.parametrize("width", [80, 20_000, 20_001])
    def test_bases_around_a_narrow_view_are_kept(self, browse, width):
        genome = Genome.from_sequences({"20": "ACGTTGCANN" * 10_000})
        browser = browse(interval=Interval("20", 10_000, 90_000), sequence=genome)
        browser.goto(Interval("20", 40_000, 40_000 + width))
        found = [a for a in record(browser, max_bytes=10**7) if a["request"]["type"] == "sequence"]
        assert len(found) == (width <= 20_000)
        for answer in found:
            start, end = answer["request"]["start"], answer["request"]["end"]
            assert 10_000 <= start <= 40_000
            assert 40_000 + width <= end <= min(90_000, start + 20_000)
            (part,) = answer["parts"]
            assert (part["header"]["start"], part["header"]["end"]) == (start, end)
            text = base64.b64decode(part["buffers"][0]).decode()
            assert text == genome.fetch("20", start, end)

    def test_bases_of_the_view_are_kept_where_the_genome_ends_in_the_margin(self, browse):
        genome = Genome.from_sequences(
            {"part": "ACGT" * 100}, lengths={"20": 5_000}, slices={"20": [("part", 1_000)]}
        )
        browser = browse(interval=Interval("20", 0, 5_000), sequence=genome)
        browser.goto("20:1,101-1,200")
        (kept,) = [
            a for a in record(browser, max_bytes=10**7) if a["request"]["type"] == "sequence"
        ]
        assert (kept["request"]["start"], kept["request"]["end"]) == (1_100, 1_200)
        browser.goto("20:2,101-2,200")
        assert "sequence" not in {kind for kind, _, _ in asked(record(browser, max_bytes=10**7))}

    def test_alternative_modes_hold_only_tracks_that_have_one(self, browse, toy, alternative):
        for answer in record(browse(toy, alt=alternative), max_bytes=10**7):
            if answer["request"].get("mode") in {"alt", "diff", "log2FC"}:
                assert set(answer["request"]["tracks"]) <= {0, 1, 2, 3}

    def test_the_budget_holds_and_the_centre_stays_exact(self, wide):
        view = view_json(wide, is_saved=True)
        assert len(json.dumps(view)) <= MAX_VIEW_BYTES
        finest = [a["request"] for a in view["answers"] if a["request"].get("level") == 0]
        assert finest
        for request in finest:
            assert request["first"] % 512 == 0
            assert request["first"] <= 90_000
            assert request["first"] + request["count"] >= 110_000

    def test_every_track_is_in_the_overview_even_when_little_fits(self, wide):
        answers = record(wide, max_bytes=600_000)
        (overview,) = [a for a in answers if a["request"]["type"] == "overview"]
        assert overview["request"]["tracks"] == list(range(30))
        assert sum(len(json.dumps(a)) for a in answers) <= 600_000

    def test_a_tiny_budget_keeps_what_fits(self, wide):
        assert asked(record(wide, max_bytes=1_000)) == [("hello", None, None)]

    def test_a_saved_view_is_legal_json_for_values_of_every_kind(self, browse, toys):
        values = np.full((1, 4_000, 2), np.nan)
        values[0, 5:9, 0] = [np.inf, -np.inf, 1e30, -1e30]
        browser = browse(toys.named(values, "atac", 1, [{"track_name": "a"}, {"track_name": "b"}]))
        json.dumps(view_json(browser, is_saved=True), allow_nan=False)
