"""Track tables in: one typed reader for rows, frames and files of every kind."""

from __future__ import annotations

import math
import string

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import CatalogError, DataWarning, InputError
from locuscope.tracks.metadata import TrackMetadataCatalog

ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "biosample_type": "tissue"},
    {"output_type": "atac", "track_name": "b", "strand": "-", "biosample_type": "cell_line"},
    {"output_type": "atac", "track_name": "c", "strand": "+"},
]


def catalog():
    return TrackMetadataCatalog.from_rows(ROWS)


def names(tracks):
    return [track.track_name for track in tracks]


class TestRows:
    def test_words_that_mean_missing_are_dropped_and_text_is_stripped(self):
        row = {
            "output_type": "atac",
            "track_name": "a",
            "x": "",
            "y": "NaN",
            "z": " None ",
            "w": "null",
        }
        row |= {"v": math.nan, "u": " keep ", "t": 0, "s": False}
        rows = TrackMetadataCatalog.from_rows([row]).to_rows()
        assert rows == [
            {
                "track_index": 0,
                "output_name": "atac",
                "organism": 0,
                "track_name": "a",
                "u": "keep",
                "t": 0,
                "s": False,
            }
        ]
        assert rows[0]["s"] is False

    def test_equal_numbers_and_truths_keep_their_own_type(self):
        rows = [
            {"output_type": "a", "x": x} for x in (True, 1, 1.0, [1], np.int64(1), np.array([1]))
        ]
        cells = TrackMetadataCatalog.from_rows(rows).table("a").cells("x")
        assert [type(cell) for cell in cells] == [bool, int, float, list, int, list]

    def test_organism_names(self):
        given_names = ("human", "Homo_sapiens", "mouse", "MUS_MUSCULUS", "1", 0, " Human ", None)
        rows = [{"organism": o, "output_type": "atac"} for o in given_names]
        built = TrackMetadataCatalog.from_rows(rows)
        assert [len(built.get_tracks("atac", organism=o)) for o in ("human", 1)] == [5, 3]

    def test_a_catalogue_may_know_other_organisms(self):
        built = TrackMetadataCatalog.from_rows([{"organism": 7, "output_type": "atac"}])
        assert (built.organisms, built.outputs(7)) == ([7], ["atac"])
        with pytest.raises(
            InputError, match=r"Unknown organism 7. Known: human \(0\), mouse \(1\)"
        ):
            catalog().outputs(7)
        with pytest.raises(InputError, match="Unknown organism 'zebrafish'"):
            catalog().outputs("zebrafish")

    def test_an_array_names_its_first_organism(self):
        assert catalog().outputs(torch.tensor([0, 1])) == ["atac"]
        assert catalog().outputs(np.array(1)) == []

    def test_the_index_orders_and_falls_back_to_the_count(self):
        rows = [{"output_type": "atac", "track_name": "b", "track_index": 5}]
        rows += [{"output_type": "atac", "track_name": "a", "index": 2.0}]
        rows += [{"output_type": "atac", "track_index": "x"}]
        built = TrackMetadataCatalog.from_rows(rows)
        assert names(built.get_tracks("atac")) == ["a", "track_2", "b"]
        assert [track.track_index for track in built.get_tracks("atac")] == [0, 1, 2]

    def test_equal_indices_keep_the_file_order(self):
        rows = [{"output_type": "atac", "track_name": n, "track_index": 1} for n in "ba"]
        assert names(TrackMetadataCatalog.from_rows(rows).get_tracks("atac")) == ["b", "a"]

    def test_outputs_are_lower_case_without_prefix(self):
        rows = [{"output_type": "OutputType.RNA_SEQ"}, {"output_name": " Atac "}]
        assert TrackMetadataCatalog.from_rows(rows).outputs() == ["atac", "rna_seq"]

    def test_the_default_output_is_used_where_none_is_named(self):
        built = TrackMetadataCatalog.from_rows([{"track_name": "z"}], default_output_name="ATAC")
        assert built.outputs() == ["atac"]

    def test_names_that_look_missing_stay_names(self):
        rows = [
            {"output_type": "atac", "track_name": n}
            for n in ("NA", "None", "null", "nan", "", None)
        ]
        built = names(TrackMetadataCatalog.from_rows(rows).get_tracks("atac"))
        assert built == ["NA", "None", "null", "nan", "track_4", "track_5"]

    def test_known_text_fields_become_text(self):
        built = TrackMetadataCatalog.from_rows([{"output_type": "a", "gtex_tissue": 5}])
        assert built.table("a").cells("gtex_tissue") == ["5"]


TEXT = st.text(
    alphabet=string.ascii_letters + string.digits + " '\"=+-@,;\t\n|<>&éß🧬", max_size=12
).map(str.strip)


EXTRAS = {
    "strand": st.sampled_from(["+", "-", ".", None]),
    "biosample_name": TEXT,
    "gtex_tissue": TEXT,
    "genetically_modified": st.sampled_from([True, False, None]),
    "nonzero_mean": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "free_text": TEXT,
    "free_int": st.none() | st.integers(-(10**12), 10**12),
}


def typed_rows():
    row = st.fixed_dictionaries(
        {"output_type": st.sampled_from(["atac", "cage"]), "track_name": TEXT, **EXTRAS}
    )
    return st.lists(row, min_size=1, max_size=8)


class TestRoundTrips:
    @given(typed_rows())
    def test_frames_and_rows(self, rows):
        built = TrackMetadataCatalog.from_rows(rows)
        assert TrackMetadataCatalog.from_rows(built.to_rows()) == built
        assert TrackMetadataCatalog.from_dataframe(built.to_dataframe()) == built
        assert TrackMetadataCatalog.from_dataframe(built.to_polars()) == built

    @pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".TXT"])
    @given(rows=typed_rows())
    def test_files(self, tmp_path_factory, suffix, rows):
        built = TrackMetadataCatalog.from_rows(rows)
        path = built.write(tmp_path_factory.mktemp("catalog") / f"tracks{suffix}")
        assert TrackMetadataCatalog.from_file(path) == built

    def test_long_and_hostile_names(self, tmp_path):
        hostile = [
            "x" * 10_000,
            "<script>alert(1)</script>",
            "a\tb\nc\rd",
            '"quoted"',
            "🧬 é",
            "'=1",
        ]
        rows = [
            {"output_type": "atac", "track_name": name, "biosample_name": name} for name in hostile
        ]
        built = TrackMetadataCatalog.from_rows(rows)
        for suffix in (".parquet", ".csv", ".tsv"):
            again = TrackMetadataCatalog.from_file(built.write(tmp_path / f"t{suffix}"))
            assert names(again.get_tracks("atac")) == hostile
            assert again == built

    def test_one_table_in_every_form(self, tmp_path):
        frame = pl.DataFrame(
            {
                "output_type": ["atac", "atac", "cage"],
                "organism": [0, 0, 1],
                "track_name": ["a", "b", "c"],
                "track_index": [1, 0, 0],
                "genetically_modified": [True, None, False],
                "nonzero_mean": [1.5, None, -2.0],
                "gtex_tissue": ["Liver", None, None],
                "depth": [3, None, 4],
            }
        )
        frame.write_csv(tmp_path / "t.csv")
        frame.write_csv(tmp_path / "t.tsv", separator="\t")
        frame.write_parquet(tmp_path / "t.parquet")
        built = TrackMetadataCatalog.from_dataframe(frame)
        pandas = pd.DataFrame(frame.to_dicts())
        pandas["depth"] = pandas["depth"].astype("Int64")
        forms = [
            TrackMetadataCatalog.from_file(tmp_path / f"t.{s}") for s in ("csv", "tsv", "parquet")
        ]
        forms += [TrackMetadataCatalog.from_dataframe(pandas)]
        forms += [TrackMetadataCatalog.from_rows(frame.to_dicts())]
        assert all(form == built for form in forms)
        assert built.get_tracks("atac")[1].genetically_modified is True


def test_a_row_without_output_is_named():
    with pytest.raises(CatalogError, match=r"missing output type.*\(row 2 of 2\)") as caught:
        TrackMetadataCatalog.from_rows([{"output_type": "atac"}, {"track_name": "z"}])
    assert caught.value.row == 2


class TestCells:
    @pytest.mark.parametrize(
        ("text", "flag"),
        [("true", True), ("FALSE", False), ("1", True), ("0.0", False), (1, True), (0.0, False)],
    )
    def test_yes_and_no_in_every_spelling(self, text, flag):
        rows = [{"output_type": "a", "genetically_modified": text}]
        assert TrackMetadataCatalog.from_rows(rows).table().cells("genetically_modified") == [flag]

    @pytest.mark.parametrize(
        ("field", "cell", "words"),
        [
            ("genetically_modified", "yes", "expected true, false, 0 or 1"),
            ("genetically_modified", 2, "genetically_modified is '2'"),
            ("nonzero_mean", "1,5", "nonzero_mean is '1,5'; expected a number"),
            ("strand", "forward", r"strand is 'forward'; expected \+, - or \."),
            ("strand", "x" * 500, "strand is 'x{80}';"),
            ("organism", "yeast", r"Unknown organism 'yeast'.*\(row 2\)"),
        ],
    )
    def test_a_cell_that_does_not_fit_names_row_and_column(self, field, cell, words):
        rows = [{"output_type": "a"}, {"output_type": "a", field: cell}]
        with pytest.raises(CatalogError, match=words) as caught:
            TrackMetadataCatalog.from_rows(rows)
        assert (caught.value.row, caught.value.column) == (2, field)

    def test_infinite_numbers_and_big_integers_are_kept(self):
        rows = [{"output_type": "a", "nonzero_mean": "-inf", "n": 10**15}]
        table = TrackMetadataCatalog.from_rows(rows).table()
        assert (table.cells("nonzero_mean"), table.cells("n")) == ([-math.inf], [10**15])


class TestColumns:
    def test_the_published_name_of_the_assay_column_is_known(self):
        rows = [{"output_type": "a", "Assay title": "DNase-seq"}]
        assert TrackMetadataCatalog.from_rows(rows).table().cells("assay_title") == ["DNase-seq"]

    def test_the_first_of_two_naming_columns_wins_row_by_row(self):
        rows = [
            {"output_type": "a", "output_name": "b", "track_name": "x", "name": "y"},
            {"output_type": "nan", "output_name": "b", "track_name": " ", "name": "z"},
        ]
        built = TrackMetadataCatalog.from_rows(rows)
        assert {name: names(built.get_tracks(name)) for name in "ab"} == {"a": ["x"], "b": ["z"]}

    @given(st.permutations(range(6)))
    def test_the_index_and_not_the_file_orders_the_tracks(self, order):
        rows = [{"output_type": "a", "track_name": f"t{k}", "track_index": k} for k in order]
        built = TrackMetadataCatalog.from_rows(rows)
        assert names(built.get_tracks("a")) == [f"t{k}" for k in range(6)]

    def test_a_field_without_any_value_is_not_carried(self):
        rows = [{"output_type": "a", "x": None, "strand": ""}, {"output_type": "b", "x": 1}]
        built = TrackMetadataCatalog.from_rows(rows)
        assert not built.table("a").has_field("x")
        assert not built.table("a").has_field("strand")
        assert built.table("b").has_field("x")

    def test_the_file_is_named_with_the_row(self, tmp_path):
        path = tmp_path / "tracks.tsv"
        path.write_text("output_type\tstrand\na\t+\na\tx\n")
        with pytest.raises(CatalogError, match=r"tracks\.tsv: row 2: strand is 'x'") as caught:
            TrackMetadataCatalog.from_file(path)
        assert caught.value.path == path


def test_a_table_without_outputs_names_its_columns():
    with pytest.raises(
        CatalogError, match=r"missing output type.*Its columns: 'track_name', 'a'\."
    ):
        TrackMetadataCatalog.from_rows([{"track_name": "x", "a": 1}])


@pytest.mark.parametrize("name", ["Track_Name", "track name", "TRACK_NAME"])
def test_a_known_name_in_other_letters_is_pointed_out(name):
    rows = [{name: "x", "output_type": "atac"}]
    with pytest.warns(DataWarning, match=f"column '{name}' becomes a field .* 'track_name'"):
        catalog = TrackMetadataCatalog.from_rows(rows)
    assert catalog.get_tracks("atac")[0].track_name == "track_0"
    # With the right name beside it there is nothing to point out.
    beside = TrackMetadataCatalog.from_rows([rows[0] | {"track_name": "y"}])
    assert beside.get_tracks("atac")[0].to_dict()[name] == "x"
