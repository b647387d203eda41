"""From any object to one table of real tracks, and from chosen rows back to the object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.widgets import panel_source
from locuscope.widgets.panel_source import NOTE, packed, panel_frame, read_source

NAMES = st.sampled_from(["a", "b", "Padding", "padding", "c"])


def catalog_of(plan):
    """A catalogue from (organism, output, track name) triples."""
    rows = [
        {"organism": organism, "output_type": output, "track_name": name}
        for organism, output, name in plan
    ]
    return TrackMetadataCatalog.from_rows(rows)


@given(
    plan=st.lists(
        st.tuples(st.sampled_from([0, 1]), st.sampled_from(["atac", "cage"]), NAMES), min_size=1
    ),
    seed=st.integers(0, 10**6),
)
def test_rows_of_a_catalogue_come_back_as_the_same_tracks(plan, seed):
    catalog = catalog_of(plan)
    source = read_source(catalog)
    real = [row for row in catalog.to_rows() if row["track_name"].lower() != "padding"]
    assert source.catalog.table.rows() == real
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(real)) < 0.5)
    taken = source.take(rows)
    kept = [(real[i]["organism"], real[i]["output_name"], real[i]["track_name"]) for i in rows]
    found = [(r["organism"], r["output_name"], r["track_name"]) for r in taken.to_rows()]
    assert found == kept
    sources = [t.source_index for t in taken.whole_table().tracks]
    assert sources == [source.catalog.table.track(i).source_index for i in rows.tolist()]


def test_taking_is_what_selecting_is():
    catalog = TrackMetadataCatalog.load_builtin("human")
    whole = catalog.whole_table()
    names = np.array(whole.cells("biosample_type"), dtype=object)
    assert catalog.take(np.flatnonzero(names == "tissue")) == catalog.select(
        biosample_type="tissue"
    )
    everything = catalog.take(np.arange(len(whole)))
    assert everything == catalog
    assert everything.source == catalog.source
    assert catalog.take(np.empty(0, dtype=np.int64)).is_empty()


def test_the_note_stands_at_catalogues_of_published_models_alone():
    assert read_source(TrackMetadataCatalog.load_builtin("borzoi")).note == NOTE
    assert read_source(catalog_of([(0, "atac", "a")])).note == ""


def test_what_code_calls_each_source(toy, measured, browse):
    head = toy.head("exon_inclusion")
    receivers = [
        read_source(source).receiver
        for source in (toy, toy.select(strand="+"), head, measured, browse(toy))
    ]
    assert receivers == ["out", "out", "head", "tensor", "out"]


def test_a_browser_keeps_its_own_numbers(browse, toy):
    browser = browse(toy)
    source = read_source(browser)
    assert source.browser is browser
    assert source.catalog is browser.data.catalog
    assert read_source(toy).browser is None


def test_the_table_on_the_wire_has_no_geometry(toy):
    part = packed(read_source(toy))
    assert part.header["n"] == 12
    assert part.header["geometry"] == []
    kinds = [(c["kind"], c.get("search", False)) for c in part.header["columns"]]
    wanted = sum(3 if search else (2 if kind == "category" else 1) for kind, search in kinds)
    assert len(part.buffers) == wanted


def test_a_table_that_fills_an_answer_passes_and_one_more_does_not(monkeypatch):
    source = read_source(catalog_of([(0, "atac", f"track {i}") for i in range(50)]))
    size = packed(source).size_bytes
    monkeypatch.setattr(panel_source, "MAX_ANSWER_BYTES", size)
    assert packed(source).size_bytes == size
    monkeypatch.setattr(panel_source, "MAX_ANSWER_BYTES", size - 1)
    with pytest.raises(InputError, match="50 tracks with 3 fields") as caught:
        packed(source)
    assert "select" in caught.value.hint


def test_the_frame_has_every_field_and_the_ids(toy):
    frame = panel_frame(read_source(toy), np.array([3, 4, 11]))
    assert frame.index.tolist() == [3, 4, 11]
    assert frame.index.name == "track"
    assert list(frame["output_name"]) == ["splice_sites", "exon_inclusion", "exon_inclusion"]
    assert list(frame["track_index"]) == [3, 0, 7]
    assert len(panel_frame(read_source(toy), np.empty(0, dtype=np.int64))) == 0
