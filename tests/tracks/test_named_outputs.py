"""Named outputs: heads by name, selections across heads, one table of all tracks."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    TrackMismatchError,
    TrackQueryWarning,
    UnknownAttributeError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.tracks import NamedOutputs, TrackMetadataCatalog
from tests.tracks.named_toy import catalog, outputs


class TestOutputs:
    def test_heads_are_attributes_and_the_raw_answer_is_untouched(self):
        out = outputs()
        assert out.heads() == ["atac", "cage"]
        assert list(out) == list(out.keys()) == ["atac", "cage", "other"]
        assert (len(out), "other" in out, "zzz" in out) == (3, True, False)
        assert out["other"] == out.other == "kept"
        assert out["atac"] is out.atac is out.head(" ATAC ")
        assert isinstance(next(iter(out.values())), dict)
        assert [name for name, _ in out.named_items()] == ["atac", "cage"]
        assert (
            repr(out) == "NamedOutputs(heads=['atac', 'cage'], raw_keys=['atac', 'cage', 'other'])"
        )

    def test_missing_heads_list_what_there_is(self):
        with pytest.raises(
            UnknownAttributeError, match=r"has no attribute 'atak'. Available heads: \['atac'"
        ):
            outputs().atak
        with pytest.raises(AttributeError):
            outputs()._hidden
        with pytest.raises(KeyError, match="No head 'zzz'; heads: atac, cage"):
            outputs()["zzz"]

    def test_selection_across_heads(self):
        chosen = outputs().select(biosample_type="tissue")
        assert list(chosen) == [("atac", 1), ("atac", 2), ("cage", 2)]
        assert chosen.num_tracks == 2
        again = chosen.to_named_outputs()
        assert again.heads() == ["atac", "cage"]
        assert again.atac[2].equal(chosen["atac", 2])
        assert chosen.to_dataframe()["track_name"].tolist() == ["a", "d"]
        assert list(outputs().select(biosample_type="cell_line")) == [("atac", 1), ("atac", 2)]
        assert "SelectedTracks" in repr(chosen)
        assert "<td>atac</td>" in chosen._repr_html_()

    def test_nothing_across_all_heads(self):
        with pytest.raises(
            EmptySelectionError, match="No tracks matched filters across any outputs"
        ):
            outputs().select(strand=".")
        empty = outputs().select(strand=".", allow_empty=True)
        assert (len(empty), empty.num_tracks) == (3, 0)

    def test_a_catalogue_is_needed_to_tell_padding(self):
        raw = {"atac": {128: torch.zeros(1, 1, 3)}}
        with pytest.raises(InputError, match="requires a metadata catalog"):
            NamedOutputs.from_raw(raw, organism=0)
        bare = NamedOutputs.from_raw(raw, organism=0, include_padding=True)
        assert bare.atac[128].padding_mask().tolist() == [False] * 3

    @pytest.mark.parametrize(
        ("raw", "by"), [([1], catalog()), (torch.ones(2), catalog()), ({}, "human"), ({}, {"a": 1})]
    )
    def test_other_things_than_outputs_and_a_catalogue(self, raw, by):
        with pytest.raises(WrongTypeError, match=r"from_raw takes a mapping .*load_builtin"):
            NamedOutputs.from_raw(raw, catalog=by)

    def test_strict_metadata_compares_the_widths(self):
        raw = {"atac": {128: torch.zeros(1, 1, 5)}}
        with pytest.raises(TrackMismatchError, match="has 3 tracks, but tensor has 5"):
            NamedOutputs.from_raw(raw, catalog=catalog(), strict_metadata=True)

    def test_one_named_output_holds_one_organism(self):
        raw = {"atac": {128: torch.zeros(2, 1, 3)}}
        with pytest.raises(InputError, match=r"holds one organism; the batch has \[0, 1\]"):
            NamedOutputs.from_raw(raw, organism=torch.tensor([0, 1]), catalog=catalog())
        assert (
            NamedOutputs.from_raw(raw, organism=torch.tensor([0, 0]), catalog=catalog()).organism
            == 0
        )

    def test_channels_first(self):
        raw = {"ATAC": {128: torch.arange(6.0).reshape(1, 3, 2)}}
        out = NamedOutputs.from_raw(raw, catalog=catalog(), channels_last=False)
        assert out.atac[128].select(strand="+").tensor.tolist() == [[[0.0, 1.0], [4.0, 5.0]]]

    def test_the_place_is_kept(self):
        place = Interval("1", 0, 4)
        out = outputs(intervals=[place])
        assert out.interval == place
        assert out.select(strand="+").to_named_outputs().interval == place
        assert out.to("cpu").interval == place
        assert outputs().interval is None
        assert "1:1-4" in out._repr_html_()

    def test_all_tracks_in_one_table(self):
        frame = outputs().to_dataframe()
        assert frame["output_name"].tolist() == ["atac"] * 3 + ["cage"]
        assert outputs().to_polars().height == len(outputs().to_rows()) == 4


class TestAcrossHeads:
    def test_indices_and_mask_count_through_all_heads(self):
        out = outputs()
        frame = out.to_dataframe()
        assert out.indices(biosample_type="tissue") == [0, 3]
        assert frame["track_name"].iloc[out.indices(strand="+")].tolist() == ["a", "c", "d"]
        assert out.mask(biosample_type=None).tolist() == [False, False, True, False]
        assert out.mask().dtype == torch.bool
        assert out.indices(output_name="cage", predicate=lambda t: t.strand == "+") == [3]

    def test_a_field_of_one_head_is_missing_in_the_others(self):
        rows = [
            {"output_type": "tf", "track_name": "x", "genetically_modified": False},
            {"output_type": "cage", "track_name": "y"},
        ]
        raw = {"tf": {1: torch.zeros(1, 1, 1)}, "cage": {1: torch.zeros(1, 1, 1)}}
        out = NamedOutputs.from_raw(raw, catalog=TrackMetadataCatalog.from_rows(rows))
        assert list(out.select(genetically_modified=None)) == [("cage", 1)]
        with pytest.warns(TrackQueryWarning, match="None was read as False"):
            assert out.tf.select(genetically_modified=None).num_tracks == 1

    def test_the_error_says_what_occurs_in_any_head(self):
        with pytest.raises(EmptySelectionError, match=r"'tissue' \(2\)") as caught:
            outputs().select(biosample_type="tisue")
        assert caught.value.available == {"tissue": 2, "cell_line": 1, "(missing)": 1}


class TestNames:
    def test_case_and_blanks_of_the_raw_keys_do_not_hide_a_head(self):
        out = NamedOutputs.from_raw({" ATAC": {1: torch.zeros(1, 1, 3)}}, catalog=catalog())
        assert out["ATAC"] is out[" ATAC"] is out["atac"] is out.atac
        with pytest.raises(InputError, match="Two outputs are called 'atac'"):
            NamedOutputs.from_raw(
                {"ATAC": {1: torch.zeros(1, 1, 3)}, "atac": {1: torch.zeros(1, 1, 3)}},
                catalog=catalog(),
            )

    def test_heads_are_completed(self):
        assert {"atac", "cage", "select"} <= set(dir(outputs()))

    def test_organisms_without_a_catalogue_are_human_and_mouse(self):
        raw = {"atac": {1: torch.zeros(1, 1, 3)}}
        with pytest.raises(InputError, match="Unknown organism 7"):
            NamedOutputs.from_raw(raw, organism=7, include_padding=True)
        with pytest.raises(InputError, match="Unknown organism 7"):
            NamedOutputs.from_raw(raw, organism=7, catalog=catalog())
        seventh = TrackMetadataCatalog.from_rows([{"output_type": "atac", "organism": 7}])
        assert NamedOutputs.from_raw(raw, organism=7, catalog=seventh).atac.num_tracks == 1

    def test_every_head_is_listed(self):
        raw = {f"head_{i}": {1: torch.zeros(1, 1, 1)} for i in range(14)}
        out = NamedOutputs.from_raw(raw, include_padding=True)
        for text in (out._repr_html_(), out.select(allow_empty=True)._repr_html_()):
            assert "head_13" in text
