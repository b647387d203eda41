"""What a panel answers, and what it leaves for readers without a kernel or without widgets."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert import HTMLExporter

from locuscope.errors import InputError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.widgets.panel_state import PANEL_TRAITS
from locuscope.widgets.panel_view import choice_text, static_table, view_json
from locuscope.widgets.requests import REQUESTS
from locuscope.widgets.view import PERSIST_VARIABLE, VIEW_MIME, WIDGET_MIME
from locuscope.widgets.wire import CODES


@pytest.fixture(scope="module")
def human():
    return TrackMetadataCatalog.load_builtin("human")


class Cells(HTMLParser):
    """Caption and rows of a table; every other element is kept by name."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.caption, self.tags, self._open = [], "", [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self._open == "caption":
            self.caption += data
        elif self._open in {"td", "th"}:
            self.rows[-1][-1] += data


class TestMessages:
    def test_hello_says_who_answers(self, facet, open_page, human):
        ((header, _),) = open_page(facet(human)).ask("hello", client_version="0", host="test")
        assert header["ok"]
        assert header["capabilities"] == {"show": False}
        assert header["revs"] == {"catalog": 1, "data": 1}

    def test_the_catalogue_travels_once_and_whole(self, facet, open_page, human):
        panel = facet(human)
        ((header, buffers),) = open_page(panel).ask("catalog")
        assert (header["n"], header["geometry"]) == (5_563, [])
        assert sum(map(len, buffers)) == panel.part.size_bytes < 1_000_000

    @pytest.mark.fault("X4")
    @pytest.mark.parametrize("kind", sorted(set(REQUESTS) - {"hello", "catalog", "ping", "cancel"}))
    def test_questions_about_lanes_are_answered_with_a_sentence(self, facet, open_page, toy, kind):
        fields = {
            "overview": {"rev": 1, "mode": "ref", "tracks": [0]},
            "tiles": {
                "rev": 1, "mode": "ref", "level": 0, "first": 0, "count": 9, "tracks": [0],
                "encoding": "u8",
            },
            "values": {"rev": 1, "mode": "ref", "tracks": [0], "start": 0, "end": 9},
            "genes": {"rev": 1},
            "variants": {"rev": 1},
            "sequence": {"rev": 1, "start": 0, "end": 9},
        }[kind]  # fmt: skip
        ((answer, _),) = open_page(facet(toy)).ask(kind, **fields)
        assert (answer["ok"], answer["code"]) == (False, "not_found")
        assert kind in answer["message"]

    @pytest.mark.fault("X4")
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (None, "bad_request"),
            ({}, "version_mismatch"),
            ({"v": 1, "type": "show", "id": 3}, "unknown_type"),
            ({"v": 2, "type": "show"}, "version_mismatch"),
            ({"v": 1, "id": 1, "type": "quit"}, "unknown_type"),
            ({"v": 1, "id": 1, "type": "catalog", "x": [0] * 10_001}, "too_large"),
        ],
    )
    def test_malformed_messages_are_answered_and_the_kernel_lives(
        self, facet, open_page, toy, content, code
    ):
        page = open_page(facet(toy))
        ((answer, buffers),) = page.send(content)
        assert (answer["ok"], answer["code"], buffers) == (False, code, [])
        assert answer["code"] in CODES
        assert page.ask("ping")[0][0]["n"] == 12

    @pytest.mark.fault("X4")
    def test_a_duplicate_id_is_refused(self, facet, open_page, toy):
        page = open_page(facet(toy))
        page.send({"v": 1, "id": 5, "type": "ping"})
        ((answer, _),) = page.send({"v": 1, "id": 5, "type": "ping"})
        assert answer["code"] == "bad_request"


class TestBundle:
    def test_live_view_stub_table_and_text(self, facet, human):
        panel = facet(human, query="liver")
        data, metadata = panel._repr_mimebundle_()
        assert list(data) == ["text/plain", WIDGET_MIME, VIEW_MIME, "text/html"]
        assert metadata == {}
        assert data["text/plain"] == f"FacetPanel({panel.result_count:,} of 5,563 tracks: 'liver')"
        assert data[VIEW_MIME] == {
            "format": "locuscope.view",
            "version": 1,
            "kind": "facet_panel",
            "counts": {"tracks": 5_563, "shown": panel.result_count},
        }
        assert len(json.dumps(data)) < 6_000

    def test_no_table_when_none_is_wanted(self, facet, human):
        assert "text/html" not in facet(human, fallback="none")._repr_mimebundle_()[0]

    @pytest.mark.parametrize("how", ["option", "kernel"])
    def test_saving_is_chosen_by_the_widget_or_for_the_kernel(self, facet, toy, monkeypatch, how):
        if how == "kernel":
            monkeypatch.setenv(PERSIST_VARIABLE, "view")
        panel = facet(toy, persist="view" if how == "option" else "none")
        view = panel._repr_mimebundle_()[0][VIEW_MIME]
        assert set(view["traits"]) == set(PANEL_TRAITS)
        assert view["traits"]["info"]["saved"] is True
        assert [a["request"]["type"] for a in view["answers"]] == ["hello", "catalog"]

    def test_a_saved_answer_is_that_of_a_live_page(self, facet, open_page, human):
        panel = facet(human)
        (live,) = open_page(panel).ask("catalog")
        (saved,) = view_json(panel, is_saved=True)["answers"][1]["parts"]
        assert saved["header"] == {**live[0], "id": 0}
        assert [base64.b64decode(b) for b in saved["buffers"]] == live[1]

    @pytest.mark.fault("X15")
    def test_nothing_of_this_machine_is_saved(self, facet, toy, monkeypatch):
        monkeypatch.setenv("LOCUSCOPE_SECRET_TOKEN", "hunter2")
        text = json.dumps(facet(toy, persist="view")._repr_mimebundle_()[0])
        assert "hunter2" not in text
        assert "_esm" not in text

    def test_nbconvert_shows_the_table(self, facet, human):
        data, _ = facet(human, title="Published tracks")._repr_mimebundle_()
        output = nbformat.v4.new_output("display_data", data)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("p", outputs=[output])])
        page, _ = HTMLExporter(template_name="lab").from_notebook_node(book)
        assert "Published tracks. FacetPanel(5,563 of 5,563 tracks)" in page
        assert "Tissue / cell" in page


class TestStaticTable:
    def test_fields_with_their_most_frequent_values(self, facet, human):
        found = Cells(static_table(facet(human, title="All of them")))
        assert found.caption == (
            "All of them. FacetPanel(5,563 of 5,563 tracks). Rows describe published tracks; "
            "the embedded models predict only their own."
        )
        table = {row[0]: row[1:] for row in found.rows[1:]}
        assert table["Output"][0] == "11"
        assert table["Output"][1].startswith("chip_tf (1,617), chip_histone (1,116), ")
        assert "Track" not in table
        assert "Organism" not in table

    def test_counts_are_those_of_the_matching_tracks(self, facet, human):
        panel = facet(human, filters={"transcription_factor": "CTCF"}, fields=["strand"])
        ((_, n_values, counts),) = Cells(static_table(panel)).rows[1:]
        assert (n_values, counts) == ("1", f". ({panel.result_count:,})")

    def test_numbers_and_missing_values(self, facet, human):
        panel = facet(
            human,
            filters={"output_name": "splice_sites"},
            fields=["nonzero_mean", "biosample_name"],
        )
        rows = Cells(static_table(panel)).rows[1:]
        assert rows == [
            ["Mean of non-zero values", "0", "none"],
            ["Tissue / cell", "0", "(missing) (4)"],
        ]
        panel.filters = {"output_name": "atac"}
        _, n_values, text = Cells(static_table(panel)).rows[1]
        assert re.fullmatch(r"[\d.e-]+ to [\d.e-]+", text)
        assert int(n_values) > 1

    @pytest.mark.fault("X1")
    def test_hostile_names_stay_text(self, facet, toys):
        rows = [
            {"output_type": "atac", "track_name": toys.hostile, "biosample_name": text}
            for text in (toys.hostile, "<script>", "x" * 10_000, "\u202e a")
        ]
        catalog = TrackMetadataCatalog.from_rows(rows)
        found = Cells(static_table(facet(catalog, title="<b>", fields=["biosample_name"])))
        assert set(found.tags) <= {"table", "caption", "tr", "th", "td"}
        assert len(found.rows[1][2]) <= 200 + 1


class TestWords:
    @pytest.mark.parametrize(
        ("filters", "query", "text"),
        [
            ({}, "", ""),
            ({"strand": {"in": []}}, "", "strand in nothing"),
            ({"strand": {"not": ["+", None]}}, "", "strand not in '+', missing"),
            (
                {"a": {"in": [str(i) for i in range(9)]}},
                "",
                "a in '0', '1', '2', '3', '4', '5', 3 more",
            ),
            ({"n": {"min": 0.5, "max": 2}}, "x y", "n >= 0.5; n <= 2; 'x y'"),
        ],
    )
    def test_a_choice_in_words(self, filters, query, text):
        assert choice_text(filters, query) == text


class TestSaveHtml:
    @pytest.fixture(autouse=True)
    def _program(self, tmp_path, monkeypatch):
        from locuscope.widgets import page

        folder = tmp_path / "static"
        folder.mkdir()
        for name in ("facet_panel.js", "facet_panel.css", "standalone.js"):
            (folder / name).write_text(f"/* {name} */")
        monkeypatch.setattr(page, "STATIC", folder)

    def test_one_page_with_the_program_of_the_panel_alone(self, facet, human, tmp_path):
        out = facet(human, title="A & <b>").save_html(tmp_path / "panel.html")
        text = out.read_text(encoding="utf-8")
        assert "<h1>A &amp; &lt;b&gt;</h1>" in text
        assert text.count('data-lsc-esm="facet_panel"') == 1
        assert 'data-lsc-esm="track_browser"' not in text
        (view,) = re.findall(r'data-lsc-view="view-1">(.*?)</script>', text)
        assert json.loads(view)["kind"] == "facet_panel"
        assert not re.search(r"https?://", text)

    def test_a_bound_panel_alone_on_its_page_offers_no_browser(self, facet, browse, toy, tmp_path):
        panel = facet(browse(toy))
        text = panel.save_html(tmp_path / "panel.html").read_text(encoding="utf-8")
        (view,) = re.findall(r'data-lsc-view="view-1">(.*?)</script>', text)
        assert json.loads(view)["traits"]["capabilities"] == {"show": False}
        assert panel.capabilities == {"show": True}

    def test_a_page_that_is_too_small_is_said(self, facet, human, tmp_path):
        with pytest.raises(InputError, match=r"5,563 tracks alone is larger than 0\.1 MB"):
            facet(human).save_html(tmp_path / "small.html", max_mb=0.1)
        assert not (tmp_path / "small.html").exists()
