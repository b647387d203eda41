"""The panel without a page: what it chooses, what it gives back, and what it is bound to."""

from __future__ import annotations

import gc
import json
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    InputError,
    MissingFileError,
    NoTracksError,
    OptionError,
    WrongTypeError,
)
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs, SelectedTracks
from locuscope.widgets.facet_panel import FacetPanel
from tests.oracles.choice_oracle import keeps

TISSUES = ["Liver", "Straße", "Brain - Cortex", '<img src=x onerror="x">', "K562", None]
STRANDS = ["+", "-", ".", None]
NUMBERS = [None, 0.25, 1.0, 3.5, 40.0]


@pytest.fixture(scope="module")
def human():
    return TrackMetadataCatalog.load_builtin("human")


def catalog_of(rows, **options):
    return TrackMetadataCatalog.from_rows(
        [{"output_type": "atac", **row} for row in rows], **options
    )


def real_rows(catalog):
    """The rows of a catalogue that are no padding, as mappings."""
    return [row for row in catalog.to_rows() if str(row["track_name"]).lower() != "padding"]


class TestConstruction:
    def test_what_is_shown_at_first(self, facet, human):
        panel = facet(human)
        assert panel.result_count == len(panel.result) == 5_563
        assert (panel.filters, panel.query, panel.fields, panel.presets) == ({}, "", [], {})
        assert panel.scope == ""
        assert panel.capabilities == {"show": False}
        assert panel.status == {"state": "ready", "notes": []}
        assert panel.info["receiver"] == "catalog"
        assert panel.info["note"].startswith("Rows describe published tracks")
        assert repr(panel) == "FacetPanel(5,563 of 5,563 tracks)"

    def test_padding_never_appears(self, facet, human):
        panel = facet(human)
        names = panel.to_dataframe()["track_name"].str.lower()
        assert not (names == "padding").any()
        assert len(human.to_rows()) == 6_126

    def test_options_reach_the_page(self, facet, human):
        panel = facet(
            human,
            filters={"strand": ["-", "+"], "genetically_modified": False},
            query="CTCF",
            fields=["strand", "assay_title", "strand"],
            presets={"liver": {"query": "liver"}},
            theme="dark",
            title="All <tracks>",
        )
        assert panel.filters == {
            "genetically_modified": {"in": ["false"]},
            "strand": {"in": ["+", "-"]},
        }
        assert panel.fields == ["strand", "assay_title"]
        assert panel.presets == {"liver": {"filters": {}, "query": "liver"}}
        assert (panel.theme, panel.info["title"]) == ("dark", "All <tracks>")

    @pytest.mark.parametrize(
        ("options", "word"),
        [
            ({"filters": {"strnd": "+"}}, "strand"),
            ({"filters": {"strand": object()}}, "filters"),
            ({"fields": ["asay_title"]}, "assay_title"),
            ({"fields": "strand"}, "list of field names"),
            ({"query": "x" * 501}, "500"),
            ({"query": 5}, "text"),
            ({"query": "strnd:+"}, "strand"),
            ({"presets": {"a": {"filters": {"strnd": "+"}}}}, "strand"),
            ({"presets": ["liver"]}, "mapping"),
            ({"theme": "night"}, "dark"),
            ({"fallback": "png"}, "html"),
            ({"persist": "always"}, "view"),
        ],
    )
    def test_options_outside_their_range_are_refused(self, human, options, word):
        with pytest.raises(OptionError, match=word):
            FacetPanel(human, **options)

    @pytest.mark.parametrize(
        ("options", "word"),
        [({"selection": [1]}, "selection"), ({"filters": ["strand"]}, "filters")],
    )
    def test_arguments_of_another_class_are_refused(self, human, options, word):
        with pytest.raises(WrongTypeError, match=f"^{word} takes a"):
            FacetPanel(human, **options)

    @pytest.mark.parametrize("source", [None, 5, "human", [1], np.zeros(3)])
    def test_what_holds_no_tracks_is_refused(self, source):
        with pytest.raises(WrongTypeError, match="TrackMetadataCatalog") as caught:
            FacetPanel(source)
        assert caught.value.argument == "source"

    def test_an_unbuilt_page_side_is_said_when_a_widget_is_made(self, human, monkeypatch):
        monkeypatch.setattr(FacetPanel, "_esm", "")
        with pytest.raises(MissingFileError, match=r"facet_panel\.js .* npm run build:widgets"):
            FacetPanel(human)

    def test_nothing_at_all_is_the_empty_state(self, facet):
        panel = facet(TrackMetadataCatalog())
        assert panel.status["state"] == "empty"
        assert panel.result_count == len(panel.to_dataframe()) == 0
        assert panel.apply(allow_empty=True).is_empty()
        with pytest.raises(NoTracksError, match="None of the 0 tracks"):
            panel.apply()

    def test_a_catalogue_of_padding_alone_is_empty(self, facet):
        panel = facet(catalog_of([{"track_name": "Padding"}] * 3))
        assert (panel.status["state"], panel.result_count) == ("empty", 0)

    @pytest.mark.fault("X6")
    def test_a_million_rows_are_refused_with_a_sentence(self):
        n = 1_000_000
        tracks = catalog_of([{"track_name": "a", "strand": "+"}]).table()
        many = TrackMetadataCatalog()
        many._tables = {0: {"atac": tracks.take(np.zeros(n, dtype=np.int64))}}
        panel = FacetPanel(many)  # four fields of one value: one byte each per row
        assert panel.result_count == n
        panel.close()
        wide = {f"field_{i}": "x" for i in range(6)}
        many._tables = {0: {"atac": catalog_of([wide]).table().take(np.zeros(n, dtype=np.int64))}}
        with pytest.raises(InputError, match=r"at most 8 MB .* 1,000,000 tracks with 9 fields"):
            FacetPanel(many)

    def test_show_of_a_catalogue_opens_a_panel(self, human):
        panel = human.show(query="liver", title="x")
        assert isinstance(panel, FacetPanel)
        assert (panel.query, panel.info["title"]) == ("liver", "x")
        panel.close()


class TestChoice:
    def test_choosing_from_python(self, facet, human):
        panel = facet(human)
        panel.filters = {"transcription_factor": "CTCF", "genetically_modified": False}
        expected = human.select(transcription_factor="CTCF", genetically_modified=False)
        assert panel.result_count == len(expected.to_rows()) == 143
        assert panel.apply() == expected
        panel.filters = {}
        panel.query = "ctcf"
        assert panel.result_count > 143

    @pytest.mark.parametrize(
        ("name", "value", "word"),
        [
            ("filters", {"tisue": "Liver"}, "gtex_tissue|biosample"),
            ("filters", 5, "mapping"),
            ("filters", {"strand": {"is": "+"}}, "in, not, min, max"),
            ("query", None, "text"),
            ("presets", [], "mapping"),
            ("theme", "blue", "light"),
        ],
    )
    def test_a_wrong_value_from_python_is_refused_and_nothing_changes(
        self, facet, human, name, value, word
    ):
        panel = facet(human, filters={"strand": "+"}, query="liver")
        before = panel.state_traits()
        with pytest.raises(OptionError, match=word):
            setattr(panel, name, value)
        assert panel.state_traits() == before

    def test_an_empty_list_matches_nothing(self, facet, human):
        panel = facet(human, filters={"strand": []})
        assert panel.result_count == 0
        with pytest.raises(NoTracksError, match="strand in nothing"):
            panel.apply()
        assert panel.apply(allow_empty=True).is_empty()

    def test_ids_are_rows_of_the_table(self, facet, human):
        panel = facet(human, filters={"output_name": "cage", "strand": "-"}, query="liver")
        frame = panel.to_dataframe()
        assert frame.index.tolist() == panel.result.tolist()
        everything = facet(human).to_dataframe()
        for row, track in frame.iterrows():
            assert everything.loc[row].equals(track)
        # A row keeps its place among the tracks of its output.
        cage = human.table("cage")
        assert [cage.track(i).track_name for i in frame["track_index"]] == list(frame["track_name"])

    @given(data=st.data())
    def test_the_result_is_that_of_a_loop_over_rows(self, data):
        row = st.fixed_dictionaries(
            {"track_name": st.sampled_from(["a liver", "b", "Padding"])},
            optional={
                "biosample_name": st.sampled_from(TISSUES[:-1]),
                "strand": st.sampled_from(STRANDS[:-1]),
                "genetically_modified": st.booleans(),
                "nonzero_mean": st.sampled_from(NUMBERS[1:]),
            },
        )
        rows = data.draw(st.lists(row, min_size=1, max_size=12))
        catalog = catalog_of(rows)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            panel = FacetPanel(catalog)
        real = real_rows(catalog)
        known = [f for f in ("biosample_name", "strand") if any(f in r for r in real)]
        rules = {}
        for field in known:
            values = st.lists(
                st.sampled_from(TISSUES if field == "biosample_name" else STRANDS), max_size=3
            )
            kind = data.draw(st.sampled_from(["in", "not", "off"]))
            if kind != "off":
                rules[field] = {kind: data.draw(values)}
        if any("nonzero_mean" in row for row in real):
            bounds = {"min": st.sampled_from(NUMBERS[1:]), "max": st.sampled_from(NUMBERS[1:])}
            rules["nonzero_mean"] = data.draw(st.fixed_dictionaries({}, optional=bounds))
        words = data.draw(st.lists(st.sampled_from(["LIVER", "strasse", "k56", "b"]), max_size=2))
        panel.filters, panel.query = rules, " ".join(words)
        wanted = [i for i, row in enumerate(real) if keeps(row, panel.filters, words)]
        assert panel.result.tolist() == wanted
        assert panel.result_count == len(wanted)
        assert real_rows(panel.apply(allow_empty=True)) == [
            {**real[i], "track_index": place} for place, i in enumerate(wanted)
        ]
        panel.close()


class TestApply:
    """The same kind of object comes back, with the chosen tracks and their values."""

    def test_named_outputs_stay_named_outputs(self, facet, toy):
        panel = facet(toy, filters={"strand": "+", "biosample_name": ["Testis", None]})
        chosen = panel.apply()
        assert isinstance(chosen, NamedOutputs)
        expected = toy.select(strand="+", biosample_name=["Testis", None]).to_named_outputs()
        assert chosen.heads() == expected.heads() == ["splice_sites", "exon_inclusion"]
        for name, head in chosen.named_items():
            for resolution, tensor in head.items():
                assert tensor.equal(expected.head(name)[resolution]) or torch.allclose(
                    tensor.tensor, expected.head(name)[resolution].tensor, equal_nan=True
                )
        assert chosen.to_rows() == expected.to_rows()
        assert panel.info["receiver"] == "out"

    def test_a_head_without_a_chosen_track_is_left_out(self, facet, toy):
        chosen = facet(toy, query="PSI").apply()
        assert chosen.heads() == ["exon_inclusion"]
        assert facet(toy, query="nowhere").apply(allow_empty=True).heads() == []

    def test_every_resolution_follows_and_counts_once(self, facet, toys):
        rows = [{"track_name": f"t{i}", "strand": "+-"[i % 2]} for i in range(4)]
        fine = toys.named(np.random.default_rng(0).random((1, 64, 4)), "atac", 1, rows)
        coarse = toys.named(np.random.default_rng(1).random((1, 2, 4)), "atac", 32, rows)
        out = NamedOutputs({"atac": NamedOutputHead("atac", {1: fine, 32: coarse})})
        panel = facet(out, filters={"strand": "-"})
        assert panel.result.tolist() == [1, 3]
        chosen = panel.apply()
        assert torch.equal(chosen.atac[1].tensor, fine.tensor[..., [1, 3]])
        assert torch.equal(chosen.atac[32].tensor, coarse.tensor[..., [1, 3]])
        head = facet(out.atac, filters={"strand": "-"}).apply()
        assert isinstance(head, NamedOutputHead)
        assert torch.equal(head[32].tensor, chosen.atac[32].tensor)

    def test_a_tensor_stays_a_tensor_and_a_selection_a_selection(self, facet, toy, measured):
        tensor = facet(measured, query="testis").apply()
        assert isinstance(tensor, NamedTrackTensor)
        assert tensor.num_tracks == 2
        assert tensor.table.source_index.tolist() == [0, 4]
        some = facet(toy.select(strand="-"), query="donor").apply()
        assert isinstance(some, SelectedTracks)
        assert list(some) == [("splice_sites", 1)]
        assert [t.track_name for t in some["splice_sites", 1].tracks] == ["donor:-"]

    def test_channels_between_padding_keep_their_values(self, facet, toys):
        rows = [{"track_name": name} for name in ("Padding", "a", "padding", "b")]
        padded = toys.named(np.arange(8.0).reshape(1, 2, 4), "atac", 1, rows)
        panel = facet(padded)
        assert panel.result.tolist() == [0, 1]
        assert panel.apply().tensor.tolist() == [[[1.0, 3.0], [5.0, 7.0]]]
        panel.query = "b"
        assert panel.apply().tensor.tolist() == [[[3.0], [7.0]]]
        assert panel.apply().table.source_index.tolist() == [3]

    def test_several_organisms_stay_apart(self, facet):
        rows = [
            {"output_type": "atac", "organism": organism, "track_name": f"{organism} {i}"}
            for organism in ("human", "mouse")
            for i in range(3)
        ]
        catalog = TrackMetadataCatalog.from_rows(rows)
        panel = facet(catalog, filters={"organism": 1}, query="1")
        assert panel.info["organisms"] == [0, 1]
        assert panel.source.catalog.categories["organism"].values == ("0", "1")
        chosen = panel.apply()
        assert chosen.organisms == [1]
        assert chosen == catalog.select(organism=1, predicate=lambda t: "1" in t.track_name)
        panel.filters = {}
        assert panel.apply().organisms == [0, 1]

    def test_the_source_of_a_catalogue_is_kept(self, facet, human):
        assert facet(human, query="liver").apply().source == human.source


class TestClosing:
    def test_a_failed_construction_leaves_no_error_behind(self, human):
        with pytest.raises(OptionError):
            FacetPanel(human, theme="night")
        gc.collect()

    def test_a_closed_panel_still_answers_python(self, facet, human):
        panel = facet(human, query="liver")
        n = panel.result_count
        panel.close()
        assert len(panel.result) == len(panel.to_dataframe()) == n


class TestHostileNames:
    def test_names_are_text_everywhere(self, facet, toys):
        rows = [
            {"track_name": toys.hostile, "biosample_name": toys.hostile, "<b>": "\u202etext"},
            {"track_name": "x" * 10_000, "biosample_name": "a\nb\\n", "<b>": "</script>"},
        ]
        panel = facet(catalog_of(rows), filters={"<b>": "</script>"}, title=toys.hostile)
        assert panel.result.tolist() == [1]
        data, _ = panel._repr_mimebundle_()
        assert "<b>" not in data["text/html"]
        assert "<img" not in data["text/html"]
        assert "</script" not in data["text/html"]
        panel.filters = {}
        panel.query = "onerror="
        assert panel.result.tolist() == [0]
        json.dumps(panel.state_traits(), allow_nan=False)
