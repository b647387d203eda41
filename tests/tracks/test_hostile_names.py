"""Names that break careless code survive every export, and are shown as text only."""

from __future__ import annotations

import copy
import json
import pickle
from html.parser import HTMLParser

import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import NoTracksError, TrackMismatchError, UnknownNameError
from locuscope.tracks import NamedOutputs, TrackMetadataCatalog

HOSTILE = {
    "script": '<script>alert("x")</script>',
    "image": "<img src=x onerror='window.__pwned=1'></td></table>",
    "quotes": "a \"double\" and 'single' `tick`",
    "newline": "one\ntwo\r\nthree\tfour",
    "carriage return": "one\rtwo",
    "emoji": "\U0001f9ec liver \u202e\u00e9e\u0301",
    "long": "x" * 10_000,
    "formula": '=HYPERLINK("http://x")',
    "word": "NA",
    "none": "None",
    "number": "007",
    "comma": "a,b;c|d",
    "backslash": "\\x00 C:\\new",
}
NAMES = list(HOSTILE.values())


def hostile_outputs(names=NAMES):
    rows = [
        {"output_type": "atac", "track_name": name, "strand": "+", "note": f"about {name}"}
        for name in names
    ]
    raw = {"atac": {1: torch.arange(float(len(names))).expand(1, 2, -1).clone()}}
    return NamedOutputs.from_raw(raw, catalog=TrackMetadataCatalog.from_rows(rows))


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data):
        self.words.append(data)


class TestExports:
    def test_rows_and_frames(self):
        out = hostile_outputs()
        for thing in (out.atac[1], out.atac, out, out.select(strand="+").to_named_outputs()):
            assert [row["track_name"] for row in thing.to_rows()] == NAMES
            assert thing.to_dataframe()["track_name"].tolist() == NAMES
            assert thing.to_polars()["track_name"].to_list() == NAMES
            assert json.loads(json.dumps(thing.to_rows()))[5]["track_name"] == HOSTILE["emoji"]
        assert out.atac[1].column("track_name") == NAMES
        assert out.select(strand="+").to_dataframe()["track_name"].tolist() == NAMES

    @pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv", "txt"])
    def test_files(self, tmp_path, suffix):
        catalog = TrackMetadataCatalog.from_rows(hostile_outputs().to_rows())
        path = catalog.write(tmp_path / f"names.{suffix}")
        again = TrackMetadataCatalog.from_file(path)
        assert again.table("atac").cells("track_name") == NAMES
        assert again == catalog

    def test_frames_come_back(self):
        catalog = TrackMetadataCatalog.from_rows(hostile_outputs().to_rows())
        frames = (catalog.to_dataframe(), catalog.to_polars())
        assert isinstance(frames[0], pd.DataFrame)
        assert isinstance(frames[1], pl.DataFrame)
        for frame in frames:
            assert TrackMetadataCatalog.from_dataframe(frame) == catalog

    def test_copies(self):
        out = hostile_outputs()
        for thing in (out, out.atac, out.atac[1], out.select(strand="+")):
            again = pickle.loads(pickle.dumps(thing))  # noqa: S301
            assert repr(again) == repr(thing)
            assert repr(copy.deepcopy(thing)) == repr(thing)
        again = pickle.loads(pickle.dumps(out))  # noqa: S301
        assert again.atac[1].equal(out.atac[1])

    def test_they_are_names_like_any_other(self):
        out = hostile_outputs()
        for place, name in enumerate(NAMES):
            assert out.atac[1][name].tensor[0, 0].tolist() == [place]
            assert out.atac[1].indices(track_name=name) == [place]


class TestShowing:
    def html_of(self):
        out = hostile_outputs()
        catalog = TrackMetadataCatalog.from_rows(out.to_rows())
        evil = HOSTILE["image"]
        named = NamedOutputs.from_raw(
            {evil: {1: torch.zeros(1, 1, 1)}},
            catalog=TrackMetadataCatalog.from_rows([{"output_type": evil, "track_name": evil}]),
        )
        things = (out.atac[1], out.atac, out, out.select(strand="+"), catalog, named)
        return [
            thing._repr_html_()
            for thing in (*things, named.select(organism=0), next(iter(named.select().values())))
        ]

    def test_only_table_elements_and_no_attribute_but_colspan(self):
        for text in self.html_of():
            found = Elements(text)
            assert {tag for tag, _ in found.tags} <= {"table", "caption", "tr", "th", "td"}
            attributes = {name for _, attrs in found.tags for name, _ in attrs}
            assert attributes <= {"colspan"}
            assert "<script" not in text
            assert "<img" not in text

    def test_the_text_reads_as_it_was_written(self):
        words = "".join(Elements(hostile_outputs().atac[1]._repr_html_()).words)
        assert HOSTILE["script"] in words
        assert HOSTILE["image"] in words

    def test_long_names_are_cut_where_people_read(self):
        out = hostile_outputs([HOSTILE["long"], HOSTILE["long"] + "y"])
        assert len(out.atac[1]._repr_html_()) < 2_000
        other = hostile_outputs([HOSTILE["long"] + "z", "b"])
        with pytest.raises(TrackMismatchError) as mismatch:
            out.atac[1] - other.atac[1]
        with pytest.raises(NoTracksError) as nothing:
            out.atac[1].select(track_name="nothing")
        with pytest.raises(TrackMismatchError) as missing:
            other.atac[1].align(out.atac[1])
        for caught in (mismatch, nothing, missing):
            assert len(str(caught.value)) < 1_000

    def test_a_long_name_that_is_asked_for_is_cut_too(self):
        with pytest.raises(UnknownNameError) as caught:
            hostile_outputs(["a", "b"]).atac[1][HOSTILE["long"]]
        assert len(str(caught.value)) < 1_000


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\0"),
    min_size=1,
    max_size=30,
).filter(lambda text: text == text.strip())


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_comes_back_from_every_form(names):
    catalog = TrackMetadataCatalog.from_rows(hostile_outputs(names).to_rows())
    assert catalog.table("atac").cells("track_name") == names
    for again in (
        TrackMetadataCatalog.from_rows(catalog.to_rows()),
        TrackMetadataCatalog.from_dataframe(catalog.to_dataframe()),
        TrackMetadataCatalog.from_dataframe(catalog.to_polars()),
    ):
        assert again == catalog
    found = Elements(hostile_outputs(names).atac[1]._repr_html_())
    assert {tag for tag, _ in found.tags} <= {"table", "caption", "tr", "th", "td"}
