"""The table shown in a notebook: escaped, short, well formed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.tracks.html_table import html_table, tracks_html
from locuscope.tracks.metadata import TrackMetadataCatalog


class Texts(HTMLParser):
    """What a browser shows, by tag; refuses tags that the table does not use."""

    def __init__(self):
        super().__init__()
        self.stack, self.cells = [], []

    def handle_starttag(self, tag, attrs):
        assert tag in {"table", "caption", "tr", "th", "td"}
        assert {name for name, _ in attrs} <= {"colspan"}
        self.stack.append(tag)
        if tag in {"caption", "th", "td"}:
            self.cells.append((tag, ""))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        tag, text = self.cells[-1]
        self.cells[-1] = (tag, text + data)


def shown(html):
    parser = Texts()
    parser.feed(html)
    parser.close()
    assert parser.stack == []
    return parser.cells


HOSTILE = st.text("<>&\"'/ab=\n", max_size=12)


@given(HOSTILE, st.lists(HOSTILE, min_size=1, max_size=3), st.data())
def test_any_text_is_shown_as_it_is(caption, names, data):
    row = st.lists(HOSTILE, min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(row, max_size=10))
    expected = [("caption", caption), *(("th", name) for name in names)]
    expected += [("td", cell) for cells in rows for cell in cells]
    assert shown(html_table(caption, names, rows)) == expected


@pytest.mark.parametrize(
    ("n_rows", "last"), [(10, "9"), (11, "and 1 more"), (5_010, "and 5,000 more")]
)
def test_ten_rows_and_a_count_of_the_others(n_rows, last):
    cells = shown(html_table("t", ["x"], [[k] for k in range(n_rows)]))
    assert cells[-1] == ("td", last)
    assert len(cells) == 2 + min(n_rows, 11)


def test_missing_cells_are_empty_and_long_ones_cut():
    cells = shown(html_table("t", ["x"], [[None], ["y" * 10_000], [0], [False]]))
    assert [text for _, text in cells[2:]] == ["", "y" * 200 + "…", "0", "False"]


def test_tracks_show_the_fields_they_have():
    rows = [{"output_type": "atac", "track_name": f"t{k}", "strand": "+"} for k in range(12)]
    cells = shown(tracks_html("12 tracks", TrackMetadataCatalog.from_rows(rows).table()))
    assert cells[:3] == [("caption", "12 tracks"), ("th", "track_name"), ("th", "strand")]
    assert ("td", "t9") in cells
    assert ("td", "t10") not in cells
