"""Broken track tables: a typed error that names row and column, or read as stated."""

from __future__ import annotations

import re

import pandas as pd
import polars as pl
import pytest
import torch

from locuscope.errors import (
    CatalogError,
    FormatError,
    NoTracksError,
    TrackMismatchError,
    TrackQueryWarning,
    UnknownTrackFieldError,
)
from locuscope.tracks import NamedOutputs, TrackMetadata, TrackMetadataCatalog
from locuscope.tracks.query import Query


def read(tmp_path, content, suffix="csv", **options):
    path = tmp_path / f"tracks.{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TrackMetadataCatalog.from_file(path, **options)


def repaired(tmp_path):
    assert len(read(tmp_path, "output_type,track_name\natac,a\n").table()) == 1


def names(catalog, output="atac"):
    return [track.track_name for track in catalog.get_tracks(output)]


@pytest.mark.fault("T1")
def test_a_table_without_outputs(tmp_path):
    with pytest.raises(
        CatalogError, match=r"missing output type.*tracks.csv: row 1 of 2"
    ) as caught:
        read(tmp_path, "track_name,strand\na,+\nb,-\n")
    assert caught.value.code == "catalog"
    assert (caught.value.row, caught.value.column) == (1, "output_type")
    assert len(read(tmp_path, "track_name\na\n", default_output_name="atac").table()) == 1


@pytest.mark.fault("T1")
def test_columns_that_are_missing_are_missing_on_every_track(tmp_path):
    """Only the output is needed; a name is made from the index, other fields match nothing."""
    built = read(tmp_path, "output_type,track_index\natac,4\natac,\n")
    assert names(built) == ["track_1", "track_4"]
    assert built.get_tracks("atac")[0].get("strand") is None
    with pytest.raises(NoTracksError):
        built.select(strand="+")


@pytest.mark.fault("T2")
def test_equal_indices_and_gaps_are_renumbered_in_file_order(tmp_path):
    built = read(tmp_path, "output_type,track_index,track_name\natac,7,c\natac,1,a\natac,1,b\n")
    assert names(built) == ["a", "b", "c"]
    assert [track.track_index for track in built.get_tracks("atac")] == [0, 1, 2]


@pytest.mark.fault("T2")
def test_an_index_that_is_no_number_is_the_running_count(tmp_path):
    rows = "atac,x,a\natac,0.5,b\natac,inf,c\natac,nan,d\natac,-1,e\ncage,x,f\n"
    built = read(tmp_path, f"output_type,track_index,track_name\n{rows}")
    assert names(built) == ["e", "a", "b", "c", "d"]
    assert names(built, "cage") == ["f"]


@pytest.mark.fault("T3")
@pytest.mark.parametrize("n_channels", [1, 3])
def test_a_catalogue_that_does_not_fit_the_channels(n_channels):
    catalog = TrackMetadataCatalog.from_rows([{"output_type": "atac"}] * 2)
    raw = {"atac": {128: torch.zeros(1, 1, n_channels)}}
    with pytest.raises(
        TrackMismatchError, match=f"has 2 tracks, but tensor has {n_channels}"
    ) as caught:
        NamedOutputs.from_raw(raw, catalog=catalog, strict_metadata=True)
    assert (caught.value.code, caught.value.left, caught.value.right) == (
        "track_mismatch",
        2,
        n_channels,
    )


@pytest.mark.fault("T3")
def test_too_many_and_too_few_rows_are_said_or_filled():
    catalog = TrackMetadataCatalog.from_rows([{"output_type": "atac"}] * 2)
    with pytest.warns(TrackQueryWarning, match="1 real track"):
        assert len(catalog.get_tracks("atac", num_tracks=1)) == 1
    filled = catalog.get_tracks("atac", num_tracks=3)
    assert [track.is_padding for track in filled] == [False, False, True]


@pytest.mark.fault("T4")
@pytest.mark.parametrize("strand", ["plus", "1", "++", "forward", "_", "−"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_strand_that_is_none(tmp_path, strand, suffix):
    frame = pl.DataFrame({"output_type": ["atac", "atac"], "strand": ["+", strand]})
    path = tmp_path / f"tracks.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    with pytest.raises(
        CatalogError, match=rf"row 2: strand is '{re.escape(strand)}'; expected \+, - or \."
    ) as caught:
        TrackMetadataCatalog.from_file(path)
    assert (caught.value.row, caught.value.column) == (2, "strand")
    repaired(tmp_path)


LOOK_MISSING = ["NA", "None", "null", "nan", "N/A", "NULL", "NaN", "none"]


@pytest.mark.fault("T5")
@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_names_that_look_missing_are_names_and_only_the_empty_cell_is_not(tmp_path, suffix):
    frame = pl.DataFrame({"track_name": [*LOOK_MISSING, "", "  ", None]})
    frame = frame.with_columns(output_type=pl.lit("atac"))
    path = tmp_path / f"tracks.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="," if suffix == "csv" else "\t")
    built = TrackMetadataCatalog.from_file(path)
    expected = [*LOOK_MISSING, "track_8", "track_9", "track_10"]
    assert names(built) == expected
    again = built.write(tmp_path / f"again.{suffix}")
    assert names(TrackMetadataCatalog.from_file(again)) == expected
    pandas = pd.DataFrame({"track_name": LOOK_MISSING, "output_type": "atac"})
    assert names(TrackMetadataCatalog.from_dataframe(pandas)) == LOOK_MISSING


@pytest.mark.fault("T5")
def test_in_other_fields_the_words_of_other_programs_mean_missing(tmp_path):
    """`NA` is kept there too: it is the usual short name of sodium, North America, a gene."""
    built = read(
        tmp_path,
        "output_type,gtex_tissue,note\n"
        + "".join(f"atac,{word},{word}\n" for word in ("nan", "None", "NULL", "NA", "")),
    )
    cells = [None, None, None, "NA", None]
    assert built.table("atac").cells("gtex_tissue") == cells
    assert built.table("atac").cells("note") == cells


HOSTILE = [
    '=HYPERLINK("http://x")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "{{7*7}}",
]


@pytest.mark.fault("T7")
def test_formulas_are_shielded_and_markup_is_text(tmp_path):
    rows = [{"output_type": "atac", "track_name": text, "biosample_name": text} for text in HOSTILE]
    built = TrackMetadataCatalog.from_rows(rows)
    text = built.write(tmp_path / "tracks.tsv").read_text("utf-8")
    assert "\t'+1+1" in text
    assert "\t=" not in text
    again = TrackMetadataCatalog.from_file(tmp_path / "tracks.tsv")
    assert names(again) == HOSTILE
    raw = {"atac": {1: torch.zeros(1, 1, len(HOSTILE))}}
    out = NamedOutputs.from_raw(raw, catalog=again)
    for html in (out._repr_html_(), out.atac._repr_html_(), out.atac[1]._repr_html_()):
        assert "<script>" not in html
    assert "&lt;script&gt;" in out.atac._repr_html_()


@pytest.mark.fault("T7")
@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
@pytest.mark.parametrize("text", [*HOSTILE, "'=1+1", "''", "'quoted'", "-", "+", "=", "\t=1", "-1"])
def test_formulas_survive_every_format_as_they_were(tmp_path, suffix, text):
    track = TrackMetadata(0, "atac", 0, text, {"biosample_name": text, "note": text})
    built = TrackMetadataCatalog({0: {"atac": (track,)}})
    again = TrackMetadataCatalog.from_file(built.write(tmp_path / f"t.{suffix}"))
    assert again.to_rows() == [
        {key: cell.strip() if isinstance(cell, str) else cell for key, cell in row.items()}
        for row in built.to_rows()
    ]


@pytest.mark.fault("T8")
@pytest.mark.parametrize(
    ("content", "words", "row", "column"),
    [
        ("output_type,a,a\natac,1,2\n", "column 'a' stands twice", 0, "a"),
        (
            "output_type,a, a \natac,1,2\n",
            r"column 'a' stands twice in the header \(place 3\)",
            0,
            "a",
        ),
        ("output_type,a\natac\n", "row 1 has 1 cells; the header has 2", 1, 1),
        ("output_type,a\natac,1\natac,1,2\n", "row 2 has 3 cells; the header has 2", 2, 2),
        ("output_type,a\n\natac,1\n\natac\n", "row 2 has 1 cells; the header has 2", 2, 1),
        ('output_type,a\natac,"open\n', "line 2", 2, None),
        ('output_type,a\natac,"a"b\n', "line 2", 2, None),
    ],
)
def test_ragged_tables(tmp_path, content, words, row, column):
    with pytest.raises(CatalogError, match=words) as caught:
        read(tmp_path, content)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert caught.value.code == "catalog"
    assert "tracks.csv" in str(caught.value)
    repaired(tmp_path)


@pytest.mark.fault("T8")
def test_a_frame_with_a_column_twice():
    frame = pd.DataFrame([["atac", 1, 2]], columns=["output_type", "a", "a"])
    with pytest.raises(CatalogError, match="column 'a' stands twice"):
        TrackMetadataCatalog.from_dataframe(frame)


@pytest.mark.fault("T9")
def test_byte_order_mark_and_other_encodings(tmp_path):
    assert names(read(tmp_path, b"\xef\xbb\xbfoutput_type,track_name\natac,a\n")) == ["a"]
    with pytest.raises(FormatError, match=r"not UTF-8: byte 0xfc at offset 28") as caught:
        read(tmp_path, "output_type,track_name\natac,ü\n".encode("latin-1"))
    assert (caught.value.code, caught.value.column) == ("format", 28)
    with pytest.raises(FormatError, match="empty file"):
        read(tmp_path, b"")
    with pytest.raises(FormatError, match="not UTF-8: byte 0xff at offset 0"):
        read(tmp_path, "output_type,track_name\natac,a\n".encode("utf-16"))
    repaired(tmp_path)


@pytest.mark.fault("T9")
def test_a_letter_of_another_encoding_far_into_a_large_table(tmp_path):
    head = b"output_type,track_name\n" + b"atac,track\n" * 100_000
    with pytest.raises(FormatError, match=f"byte 0xe9 at offset {len(head) + 5:,}"):
        read(tmp_path, head + b"atac,\xe9\n")
    marked = b"\xef\xbb\xbf" + head
    assert len(read(tmp_path, marked).table()) == 100_000


@pytest.mark.fault("T10")
def test_numbers_and_truths_in_other_spellings(tmp_path):
    head = "output_type,track_index,genetically_modified,nonzero_mean\n"
    built = read(tmp_path, head + "atac,1.0,TRUE,1e3\natac,0.0,0,2\n")
    assert [t.genetically_modified for t in built.get_tracks("atac")] == [False, True]
    assert [t.nonzero_mean for t in built.get_tracks("atac")] == [2.0, 1000.0]
    with pytest.raises(
        CatalogError, match="row 1: genetically_modified is 'maybe'; expected true, false"
    ):
        read(tmp_path, head + "atac,0,maybe,1\n")
    with pytest.raises(CatalogError, match="row 1: nonzero_mean is 'much'; expected a number"):
        read(tmp_path, head + "atac,0,true,much\n")
    repaired(tmp_path)


@pytest.mark.fault("T11")
def test_unknown_columns_are_kept_with_one_type(tmp_path):
    built = read(
        tmp_path, "output_type,depth,note,share,seen\natac,3,x,0.5,True\natac,,3,1,False\n"
    )
    first, second = built.get_tracks("atac")
    assert dict(first.extras) == {"depth": 3, "note": "x", "share": 0.5, "seen": True}
    assert dict(second.extras) == {"note": "3", "share": 1.0, "seen": False}


@pytest.mark.fault("T12")
def test_an_empty_catalogue_works_everywhere(tmp_path):
    empty = read(tmp_path, "output_type,track_name\n")
    assert empty.is_empty()
    assert (empty.outputs(), empty.organisms, empty.to_rows()) == ([], [], [])
    assert not empty.facets(Query(), ["output_name"])["output_name"].values  # noqa: PD011
    for suffix in ("csv", "tsv", "parquet"):
        path = empty.write(tmp_path / f"again.{suffix}")
        assert TrackMetadataCatalog.from_file(path).is_empty()


@pytest.mark.fault("T12")
@pytest.mark.parametrize("content", ["output_type\n", "a,b\n", "output_type,track_name\n\n\n"])
def test_a_table_of_a_header_alone_is_an_empty_catalogue(tmp_path, content):
    empty = read(tmp_path, content)
    assert empty.is_empty()
    assert empty.select(strand="+", allow_empty=True).is_empty()
    with pytest.raises(NoTracksError):
        empty.select(strand="+")


@pytest.mark.fault("T13")
def test_a_misspelt_field_and_an_empty_selection():
    catalog = TrackMetadataCatalog.from_rows([{"output_type": "atac", "biosample_name": "liver"}])
    with pytest.raises(UnknownTrackFieldError, match="Did you mean 'biosample_name'") as unknown:
        catalog.select(biosample_nam="liver")
    assert unknown.value.code == "unknown_name"
    with pytest.raises(NoTracksError, match=r"values that occur: 'liver' \(1\)") as empty:
        catalog.select(biosample_name="livre")
    assert (empty.value.code, empty.value.available) == ("empty_selection", {"liver": 1})
    assert catalog.select(biosample_name="livre", allow_empty=True).is_empty()


@pytest.mark.fault("T13")
def test_a_misspelt_field_in_every_call():
    catalog = TrackMetadataCatalog.from_rows([{"output_type": "atac", "biosample_name": "liver"}])
    for use in (
        lambda: catalog.select(biosample_nam="liver", allow_empty=True),
        lambda: catalog.indices(biosample_nam="liver"),
        lambda: catalog.mask(biosample_nam="liver"),
        lambda: catalog.facets(Query({"biosample_nam": ("liver",)})),
        lambda: catalog.facets(Query(), ["biosample_nam"]),
        lambda: catalog.facets(Query(text="biosample_nam:liver")),
    ):
        with pytest.raises(UnknownTrackFieldError, match="biosample_name") as caught:
            use()
        assert caught.value.code == "unknown_name"
        assert isinstance(caught.value, ValueError)
    assert len(catalog.select(biosample_name="liver").table()) == 1


@pytest.mark.fault("H1")
@pytest.mark.parametrize(
    "content", [b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1", b"not parquet at all", b""]
)
def test_a_file_that_is_no_parquet(tmp_path, content):
    with pytest.raises(FormatError, match="not a parquet file") as caught:
        read(tmp_path, content, "parquet")
    assert caught.value.path.name == "tracks.parquet"


@pytest.mark.fault("H1")
def test_a_parquet_file_that_ends_early(tmp_path):
    built = TrackMetadataCatalog.from_rows([{"output_type": "atac"}])
    whole = built.write(tmp_path / "whole.parquet").read_bytes()
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(FormatError, match="not a parquet file"):
            read(tmp_path, whole[: int(len(whole) * share)], "parquet")
