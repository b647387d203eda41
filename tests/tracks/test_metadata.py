"""The catalogue of tracks: asked by output and criteria, changed, shown."""

from __future__ import annotations

import pytest

from locuscope.errors import (
    CatalogNotFoundError,
    InputError,
    NoTracksError,
    TrackMismatchError,
    TrackQueryWarning,
    UnknownNameError,
    UnknownTrackFieldError,
)
from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
from locuscope.tracks.query import Query
from locuscope.tracks.track_metadata import KNOWN_FIELDS

ROWS = [
    {"output_type": "atac", "track_name": "a", "strand": "+", "biosample_type": "tissue"},
    {"output_type": "atac", "track_name": "b", "strand": "-", "biosample_type": "cell_line"},
    {"output_type": "atac", "track_name": "c", "strand": "+"},
]


def catalog():
    return TrackMetadataCatalog.from_rows(ROWS)


def names(tracks):
    return [track.track_name for track in tracks]


class TestAsking:
    def test_get_tracks_cuts_and_fills(self):
        assert names(catalog().get_tracks(" ATAC ", num_tracks=5)) == [
            "a",
            "b",
            "c",
            "Padding",
            "Padding",
        ]
        with pytest.warns(TrackQueryWarning, match="1 real tracks of output 'atac' were cut"):
            assert names(catalog().get_tracks("atac", num_tracks=2)) == ["a", "b"]
        assert catalog().get_tracks("rna_seq") == ()
        assert names(catalog().get_tracks("rna_seq", num_tracks=2)) == ["Padding"] * 2

    def test_strict_tells_both_numbers(self):
        with pytest.raises(
            TrackMismatchError, match="'atac' has 3 tracks, but tensor has 5"
        ) as caught:
            catalog().get_tracks("atac", num_tracks=5, strict=True)
        assert (caught.value.left, caught.value.right) == (3, 5)
        with pytest.raises(
            UnknownNameError, match="No metadata found for output 'rna_seq' and organism 0"
        ):
            catalog().get_tracks("rna_seq", strict=True)

    def test_add_tracks_replaces_sorts_and_renames(self):
        built = catalog()
        built.add_tracks(
            "RNA_SEQ",
            [TrackMetadata(5, "x", 0, "b"), TrackMetadata(2, "y", 0, "a")],
            organism="mouse",
        )
        found = built.get_tracks("rna_seq", organism=1)
        assert [(t.track_index, t.organism, t.output_name, t.track_name) for t in found] == [
            (0, 1, "rna_seq", "a"),
            (1, 1, "rna_seq", "b"),
        ]
        built.add_tracks("atac", [TrackMetadata(0, "atac", 0, "only")])
        assert names(built.get_tracks("atac")) == ["only"]

    def test_the_constructor_takes_a_mapping(self):
        built = TrackMetadataCatalog({0: {"ATAC": (TrackMetadata(3, "q", 9, "n"),)}})
        assert built.to_rows() == [
            {"track_index": 0, "output_name": "atac", "organism": 0, "track_name": "n"}
        ]

    def test_emptiness(self):
        assert TrackMetadataCatalog().is_empty()
        assert TrackMetadataCatalog({0: {"atac": ()}}).is_empty()
        assert not catalog().is_empty()
        assert len(TrackMetadataCatalog().table()) == 0
        assert list(TrackMetadataCatalog().to_polars().columns) == list(KNOWN_FIELDS)

    def test_all_outputs_under_one_another_keep_their_own_numbers(self):
        rows = [*ROWS, {"output_type": "cage", "track_name": "d", "nonzero_mean": 2.0}]
        table = TrackMetadataCatalog.from_rows(rows).table()
        assert table.track_index.tolist() == [0, 1, 2, 0]
        assert table.cells("nonzero_mean") == [None, None, None, 2.0]
        assert table.cells("biosample_type") == ["tissue", "cell_line", None, None]

    def test_select_gives_a_catalogue_that_keeps_channels(self):
        chosen = catalog().select(strand="+")
        assert [t.source_index for t in chosen.get_tracks("atac")] == [0, 2]
        assert [t.track_index for t in chosen.get_tracks("atac")] == [0, 1]
        assert chosen.select(allow_empty=True, strand="-").is_empty()

    def test_indices_and_mask_are_rows_of_the_table(self):
        rows = [
            {"output_type": "atac", "track_name": "padding"},
            *ROWS,
            {"output_type": "cage", "track_name": "d", "strand": "+"},
        ]
        built = TrackMetadataCatalog.from_rows(rows)
        assert built.indices(strand="+") == [1, 3, 4]
        assert built.indices(strand="+", predicate=lambda t: t.track_name != "c") == [1, 4]
        assert built.mask(strand="-").tolist() == [False, False, True, False, False]
        assert built.mask(device="meta").device.type == "meta"
        assert built.indices(strand=None) == []
        # A place is that of the table, padding counted.
        assert built.indices(track_index=[0, 1]) == [1, 4]
        assert names(built.select(track_index=1).get_tracks("atac")) == ["a"]

    def test_indices_of_another_organism(self):
        rows = [{"output_type": "atac", "organism": organism} for organism in (0, "mouse", 7)]
        built = TrackMetadataCatalog.from_rows([*rows, rows[1]])
        assert built.indices(organism="mouse") == [0, 1]
        assert built.indices(organism=7, output_name="atac") == [0]
        with pytest.raises(InputError, match="Unknown organism 8"):
            built.indices(organism=8)

    def test_select_never_takes_padding(self):
        built = catalog()
        built.add_tracks("atac", built.get_tracks("atac", num_tracks=5))
        assert len(built.select(strand=["+", "-"]).table()) == 3
        assert len(built.select(biosample_type=None).table()) == 1

    def test_select_says_what_does_occur(self):
        with pytest.raises(
            NoTracksError, match=r"strand is never '\.' here; values that occur: '\+' \(2\)"
        ):
            catalog().select(strand=".")
        with pytest.raises(UnknownTrackFieldError, match="Did you mean 'strand'"):
            catalog().select(strnad="+", allow_empty=True)

    def test_facets_leave_padding_out(self):
        built = catalog()
        built.add_tracks("atac", built.get_tracks("atac", num_tracks=9))
        listed = built.facets(Query(), ["strand"])["strand"].values
        assert [(v.value, v.count) for v in listed] == [("+", 2), ("-", 1)]

    def test_repr_and_html(self):
        assert repr(catalog()) == "TrackMetadataCatalog(1 output, 3 tracks)"
        hostile = TrackMetadataCatalog.from_rows([{"output_type": "<script>x</script>"}])
        assert "<script>" not in hostile._repr_html_()
        assert "&lt;script&gt;" in hostile._repr_html_()


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c.get_tracks("atac", organism=1),
        lambda c: c.table(organism=1),
        lambda c: c.table("atac", organism="mouse"),
        lambda c: c.select(organism=1),
        lambda c: c.indices(organism=1),
        lambda c: c.mask(organism=1),
        lambda c: c.facets(organism=1),
    ],
)
def test_every_use_of_a_mouse_that_is_not_installed_says_how(use, monkeypatch, tmp_path):
    monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    built_in = TrackMetadataCatalog.load_builtin()
    with pytest.raises(CatalogNotFoundError, match="mouse track table is not installed"):
        use(built_in)
    assert built_in.outputs(organism=1) == []
    assert not built_in.has_tracks("atac", organism=1)


def test_a_built_in_catalogue_is_read_once_and_shared():
    first, second = (TrackMetadataCatalog.load_builtin("human") for _ in range(2))
    assert all(first.table(name) is second.table(name) for name in first.outputs())
    first.add_tracks("atac", [TrackMetadata(0, "atac", 0, "mine")])
    assert names(first.get_tracks("atac")) == ["mine"]
    assert len(second.get_tracks("atac")) == 256
    assert first.source == second.source
