"""The eleven outputs of AlphaGenome, as its network answers, become heads with their rows."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import torch

from locuscope.errors import (
    CatalogNotFoundError,
    InputError,
    ShapeError,
    TrackMismatchError,
    TrackQueryWarning,
)
from locuscope.tracks import NamedOutputs, TrackMetadataCatalog
from locuscope.tracks.raw_outputs import head_table, named_head, one_organism, tensors_of


class TestPublishedOutputs:
    """The eleven outputs of AlphaGenome, as its network answers."""

    @pytest.fixture
    def human(self):
        return TrackMetadataCatalog.load_builtin("human")

    def test_forms_other_than_resolutions_become_heads(self, human):
        raw = {
            "contact_maps": torch.zeros(1, 2, 2, 28),
            "splice_sites": {"probs": torch.zeros(1, 4, 5), "logits": torch.zeros(1, 4, 5)},
            "splice_site_usage": {"predictions": torch.zeros(1, 4, 734)},
            "splice_junctions": {"pred_counts": torch.arange(734.0).expand(1, 2, 2, 734)},
            "odd": {"128": torch.zeros(1)},
        }
        out = NamedOutputs.from_raw(raw, organism=0, catalog=human)
        assert out.heads() == [
            "contact_maps",
            "splice_sites",
            "splice_site_usage",
            "splice_junctions",
        ]
        assert list(out.contact_maps) == [2048]
        assert 128 in out.contact_maps
        assert out.contact_maps[128] is out.contact_maps[2048]
        assert out.splice_sites.num_tracks == 4
        junctions = out.splice_junctions[1]
        assert junctions.num_tracks == 734
        aorta = junctions.select(gtex_tissue="Artery_Aorta")
        assert [t.strand for t in aorta.tracks] == ["+", "-"]
        plus, minus = (int(value) for value in aorta.tensor[0, 0, 0])
        assert minus - plus == 367

    def test_published_counts(self, human):
        width = {"atac": 256, "rna_seq": 768, "chip_tf": 1664, "chip_histone": 1152}
        raw = {name: {128: torch.arange(float(n)).expand(1, 2, n)} for name, n in width.items()}
        out = NamedOutputs.from_raw(raw, organism="human", catalog=human)
        assert [out.head(name).num_tracks for name in width] == [167, 667, 1617, 1116]
        assert out.chip_histone[128].select(histone_mark="H3K27ac").num_tracks == 159
        with pytest.warns(TrackQueryWarning):
            ctcf = out.chip_tf[128].select(transcription_factor="CTCF", genetically_modified=None)
        assert ctcf.num_tracks == 143
        channels = [track.source_index for track in ctcf.tracks]
        assert ctcf.tensor[0, 0].tolist() == channels
        stranded = out.rna_seq.select(strand=["+", "-"])
        assert reduce(lambda n, t: n + t.num_tracks, [stranded[128]], 0) == 542

    def test_an_organism_without_a_table_says_how_to_get_one(self, human, monkeypatch, tmp_path):
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(tmp_path))
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        raw = {"atac": {128: torch.zeros(1, 1, 256)}}
        with pytest.raises(CatalogNotFoundError, match="mouse track table is not installed"):
            NamedOutputs.from_raw(raw, organism=1, catalog=human)


# --- the functions alone ---

ZEROS = torch.zeros(1, 4, 3)


@pytest.mark.parametrize(
    ("name", "entry", "resolutions"),
    [
        ("atac", {1: ZEROS, 128: ZEROS}, [1, 128]),
        ("atac", {}, []),
        ("atac", {"128": ZEROS}, []),
        ("atac", {1: ZEROS, "more": ZEROS}, []),
        ("atac", {1: [0.0]}, []),
        ("atac", ZEROS, []),
        ("atac", None, []),
        ("contact_maps", ZEROS, [2048]),
        ("contact_maps", {2048: ZEROS}, [2048]),
        ("contact_maps", {"pred": ZEROS}, []),
        ("splice_sites", {"probs": ZEROS, "logits": ZEROS}, [1]),
        ("splice_sites", {1: ZEROS}, [1]),
        ("splice_sites", {"logits": ZEROS}, []),
        ("splice_sites", ZEROS, []),
        ("splice_junctions", {"pred_counts": None}, []),
    ],
)
def test_which_entries_are_heads(name, entry, resolutions):
    assert list(tensors_of(name, entry)) == resolutions


@pytest.mark.parametrize(
    ("organism", "index"),
    [
        (0, 0),
        ("mouse", 1),
        (torch.tensor([1, 1, 1]), 1),
        (torch.tensor(0), 0),
        (np.array([[0], [0]]), 0),
        (None, 0),
    ],
)
def test_a_batch_of_one_organism(organism, index):
    assert one_organism(organism) == index


def test_a_batch_of_two_organisms_is_refused():
    for organism in (torch.tensor([0, 1, 0]), np.array([1, 0])):
        with pytest.raises(InputError, match=r"holds one organism; the batch has \[0, 1\]"):
            one_organism(organism)


class TestHeadTable:
    @pytest.fixture
    def catalog(self):
        rows = [
            {"output_type": "splice_junctions", "track_name": name, "strand": "."} for name in "ab"
        ]
        rows += [{"output_type": "atac", "track_name": "x"}]
        return TrackMetadataCatalog.from_rows(rows)

    def test_without_a_catalogue_every_channel_has_a_place(self):
        table = head_table(None, "atac", 1, 3, strict=True)
        assert table.source_index.tolist() == [0, 1, 2]
        assert set(table.cells("organism")) == {1}

    def test_junctions_are_the_plus_then_the_minus_strand_of_all(self, catalog):
        table = head_table(catalog, "splice_junctions", 0, 4, strict=True)
        assert table.cells("track_name") == ["a", "b", "a", "b"]
        assert table.cells("strand") == ["+", "+", "-", "-"]
        assert table.source_index.tolist() == [0, 1, 2, 3]

    def test_junctions_of_single_width_keep_their_rows(self, catalog):
        table = head_table(catalog, "splice_junctions", 0, 2, strict=True)
        assert table.cells("strand") == [".", "."]

    def test_widths_are_filled_up_or_refused(self, catalog):
        assert head_table(catalog, "atac", 0, 3, strict=False).is_padding.tolist() == [
            False,
            True,
            True,
        ]
        for name, width in (("atac", 3), ("splice_junctions", 5)):
            with pytest.raises(TrackMismatchError, match=f"but tensor has {width}"):
                head_table(catalog, name, 0, width, strict=True)


class TestNamedHead:
    def name(self, entry, **more):
        options = {
            "organism": 0,
            "catalog": None,
            "strict": False,
            "channels_last": True,
            "intervals": None,
        }
        return named_head("atac", entry, **(options | more))

    def test_what_is_no_head_stays_raw(self):
        assert self.name(ZEROS) is None
        assert self.name({}) is None
        assert self.name("text") is None

    def test_all_resolutions_share_one_table_and_the_entry_is_kept(self):
        entry = {1: ZEROS, 128: ZEROS[:, :1]}
        head = self.name(entry)
        assert head[1].table is head[128].table
        assert head.raw is entry
        assert head[128].tensor is entry[128]

    def test_the_axis_of_the_channels(self):
        assert self.name({1: ZEROS}, channels_last=False).num_tracks == 4
        assert self.name({0: torch.zeros(5)}, channels_last=False).num_tracks == 5
        with pytest.raises(ShapeError, match="has 0 tracks"):
            self.name({1: torch.tensor(1.0)})

    def test_resolutions_of_different_widths_are_refused(self):
        with pytest.raises(ShapeError, match="'atac' at 128bp has 2 tracks"):
            self.name({1: ZEROS, 128: ZEROS[..., :2]})


def test_only_known_organisms_where_the_caller_says_which():
    assert one_organism("mouse", known=(0, 1)) == 1
    assert one_organism(7) == 7
    with pytest.raises(InputError, match="Unknown organism 7"):
        one_organism(7, known=(0, 1))
