"""The page "Named Outputs" of the published PyTorch port, every call in the order of the page.

The network is a stand-in that answers with random tensors of the published shapes; the catalogue is
the published one.
"""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from locuscope.errors import NoTracksError, TrackQueryWarning
from locuscope.tracks import (
    NamedOutputHead,
    NamedOutputs,
    NamedTrackTensor,
    TrackMetadata,
    TrackMetadataCatalog,
)
from locuscope.tracks.catalogs import RAW_CHANNELS
from locuscope.tracks.track_metadata import KNOWN_FIELDS
from tests.tracks.stand_in import (
    MOUSE_TRACKS,
    AlphaGenome,
    random_dna,
    write_mouse_like,
)

HUMAN = {
    "atac": 167,
    "dnase": 305,
    "procap": 12,
    "cage": 546,
    "rna_seq": 667,
    "chip_tf": 1617,
    "chip_histone": 1116,
    "contact_maps": 28,
    "splice_sites": 4,
    "splice_site_usage": 734,
    "splice_junctions": 734,
}
RAW = {
    "atac": 256,
    "dnase": 384,
    "cage": 640,
    "procap": 128,
    "rna_seq": 768,
    "chip_tf": 1664,
    "chip_histone": 1152,
    "contact_maps": 28,
}


def in_step(named, raw):
    """Whether every column holds the raw channel that its track names."""
    channels = [track.source_index for track in named.tracks]
    return torch.equal(named.tensor, raw[..., channels])


@pytest.fixture(scope="module")
def model():
    model = AlphaGenome.from_pretrained("weights.pth", device="cpu")
    model.set_track_metadata_catalog(TrackMetadataCatalog.load_builtin("human"))
    return model


@pytest.fixture(scope="module")
def dna_onehot():
    return random_dna(2048)


@pytest.fixture(scope="module")
def out(model, dna_onehot):
    return model.predict(dna_onehot, organism_index=0, named_outputs=True)


@pytest.fixture(scope="module")
def raw(model, dna_onehot):
    return model.predict(dna_onehot, organism_index=0)


@pytest.fixture(scope="module")
def full(model, dna_onehot):
    return model.predict(dna_onehot, 0, named_outputs=True, include_padding=True)


class TestQuickStart:
    def test_heads_tensors_and_tracks(self, out, raw):
        assert isinstance(out, NamedOutputs)
        assert isinstance(out.atac, NamedOutputHead)
        assert isinstance(out.atac[128], NamedTrackTensor)
        assert isinstance(out.atac[128].tensor, torch.Tensor)
        assert isinstance(out.atac[128].tracks, tuple)
        assert in_step(out.atac[128], raw["atac"][128])

    def test_one_track(self, out):
        track = out.atac[128].tracks[0]
        assert track.ontology_curie == "CL:0000084"
        assert track.get("biosample_type") == "primary_cell"
        assert track.get("x", "default") == "default"
        assert track.has("genetically_modified")
        assert track.to_dict()["output_name"] == "atac"

    def test_the_tracks_of_every_output(self, out, raw):
        assert out.heads() == list(HUMAN)
        assert {name: head.num_tracks for name, head in out.named_items()} == HUMAN
        assert set(out.keys()) == set(raw) == {*HUMAN, "embeddings_128bp"}
        assert isinstance(out.embeddings_128bp, torch.Tensor)


class TestSelecting:
    def test_by_assay(self, out, raw):
        total_rna = out.rna_seq[1].select(assay_title="total RNA-seq")
        assert tuple(total_rna.tensor.shape) == (1, 2048, 394)
        assert len(total_rna.tracks) == 394
        assert {track.assay_title for track in total_rna.tracks} == {"total RNA-seq"}
        assert in_step(total_rna, raw["rna_seq"][1])

    def test_by_mark_tissue_and_ontology(self, out, raw):
        assert out.chip_histone[128].select(histone_mark="H3K27ac").num_tracks == 159
        aorta = out.splice_junctions[1].select(gtex_tissue="Artery_Aorta")
        assert [track.strand for track in aorta.tracks] == ["+", "-"]
        assert in_step(aorta, raw["splice_junctions"]["pred_counts"])
        for term in ("EFO:0001187", "UBERON:0002107"):
            chosen = out.rna_seq[1].select(ontology_curie=term)
            assert (chosen.num_tracks, {t.ontology_curie for t in chosen.tracks}) == (5, {term})

    def test_two_criteria_must_both_hold(self, out):
        with pytest.warns(TrackQueryWarning) as caught:
            ctcf = out.chip_tf[128].select(transcription_factor="CTCF", genetically_modified=None)
        assert str(caught[0].message) == (
            "genetically_modified is recorded for all 1617 tracks (False 883, True 734); None was "
            "read as False. Write genetically_modified=False."
        )
        assert caught[0].filename == __file__
        assert ctcf.num_tracks == 143
        plain = out.chip_tf[128].select(transcription_factor="CTCF", genetically_modified=False)
        assert ctcf.equal(plain)
        assert out.chip_tf[128].select(transcription_factor="CTCF").num_tracks == 153

    def test_a_list_means_any_of(self, out):
        chosen = out.chip_tf[128].select(transcription_factor=["CTCF", "FOXA1"])
        assert chosen.num_tracks == 157

    def test_a_predicate(self, out):
        chosen = out.rna_seq[128].select(
            predicate=lambda t: "liver" in (t.get("biosample_name") or "").lower()
        )
        assert chosen.num_tracks == 10

    def test_six_choices_of_strand(self, out):
        counts = []
        for strand in ("+", "-", ".", ["+", "-"], ["-", "."], ["+", "."]):
            counts.append(out.rna_seq[1].select(strand=strand).num_tracks)
        assert counts == [271, 271, 125, 542, 396, 396]


class TestMasksAndIndices:
    def test_a_mask_in_a_loss(self, out):
        preds = out.rna_seq[128].tensor.clone().requires_grad_()
        targets = torch.zeros_like(preds)
        mask = out.rna_seq[128].mask(ontology_curie="UBERON:0002107")
        loss = ((preds - targets) ** 2 * mask).mean()
        loss.backward()
        reached = preds.grad.abs().sum(dim=(0, 1)) > 0
        assert torch.equal(reached, mask)
        assert (int(mask.sum()), mask.dtype, len(mask)) == (5, torch.bool, 667)

    def test_indices_of_columns(self, out, raw):
        preds_tf = out.chip_tf[128].tensor
        indices = out.chip_tf[128].indices(transcription_factor="CTCF")
        selected = preds_tf[..., indices]
        assert torch.equal(selected, out.chip_tf[128].select(transcription_factor="CTCF").tensor)

    def test_gradients_reach_the_selected_channels_only(self, model, dna_onehot):
        raw = model.predict(dna_onehot)
        leaf = raw["cage"][128].requires_grad_()
        chosen = model.named_outputs(raw, organism=0).cage.select(strand="-")[128]
        chosen.tensor.sum().backward()
        reached = leaf.grad.abs().sum(dim=(0, 1)).nonzero().flatten().tolist()
        assert reached == [track.source_index for track in chosen.tracks]
        assert len(reached) == 273


class TestHeads:
    def test_without_a_resolution(self, out):
        head = out.rna_seq
        assert head.num_tracks == 667
        assert len(head.to_dataframe()) == 667
        assert len(head.indices(strand="+")) == int(head.mask(strand="+").sum()) == 271
        plus = out.rna_seq.select(strand="+")
        assert plus[1].tensor.shape[-1] == plus[128].tensor.shape[-1] == 271
        assert plus[1].tracks is plus[128].tracks
        assert torch.equal(
            out.rna_seq.select(strand="+")[128].tensor, out.rna_seq[128].select(strand="+").tensor
        )

    def test_contact_maps_have_one_resolution_and_an_alias(self, out, raw):
        assert list(out.contact_maps) == [2048]
        assert 128 in out.contact_maps
        assert out.contact_maps[128] is out.contact_maps[2048]
        assert torch.equal(out.contact_maps[2048].tensor, raw["contact_maps"])

    def test_splice_heads(self, out, raw):
        assert out.splice_sites[1].column("track_name") == ["donor", "acceptor"] * 2
        assert out.splice_sites[1].column("strand") == ["+", "+", "-", "-"]
        assert in_step(out.splice_sites[1], raw["splice_sites"]["probs"])
        assert out.splice_site_usage[1].column("strand") == ["+"] * 367 + ["-"] * 367
        assert out.splice_junctions[1].column("strand") == ["+"] * 367 + ["-"] * 367
        assert out.splice_junctions.raw is out.as_dict()["splice_junctions"]

    def test_across_heads(self, out):
        tissue = out.select(biosample_type="tissue")
        lines = []
        for (output_name, resolution), ntt in tissue.items():
            lines.append(f"{output_name}@{resolution}bp: {ntt.num_tracks} tracks")
        assert lines[:2] == ["atac@1bp: 47 tracks", "atac@128bp: 47 tracks"]
        assert len(lines) == len(tissue) == len(set(lines))
        again = tissue.to_named_outputs()
        for (output_name, resolution), ntt in tissue.items():
            assert torch.equal(again[output_name][resolution].tensor, ntt.tensor)


class TestVariantEffect:
    def test_alternative_minus_reference(self, model):
        ref_onehot, alt_onehot = random_dna(seed=1), random_dna(seed=2)
        ref = model.predict(ref_onehot, organism_index=0, named_outputs=True)
        alt = model.predict(alt_onehot, organism_index=0, named_outputs=True)
        diff = alt.chip_histone[128].select(strand=["-", "."]) - ref.chip_histone[128].select(
            strand=["-", "."]
        )
        expected = alt.chip_histone[128].tensor - ref.chip_histone[128].tensor
        assert torch.equal(diff.tensor, expected)
        assert float(diff.tensor.abs().sum()) > 0
        assert len(diff.tracks) == 1116


class TestPadding:
    def test_stripped_unless_asked_for(self, out, full):
        assert out.atac[128].num_tracks == 167
        assert full.atac[128].num_tracks == 256
        assert {name: full.head(name).num_tracks for name in RAW} == RAW
        assert full.splice_sites.num_tracks == 5

    def test_padding_in_a_loss(self, full):
        preds_atac = full.atac[128].tensor.clone().requires_grad_()
        targets_atac = torch.zeros_like(preds_atac)
        mask = full.atac[128].padding_mask()
        loss = ((preds_atac - targets_atac) ** 2 * mask).mean()
        loss.backward()
        assert torch.equal(preds_atac.grad.abs().sum(dim=(0, 1)) > 0, mask)
        assert torch.equal(full.atac.padding_mask(), mask)
        assert int(mask.sum()) == 167

    def test_stripping_by_hand(self, out, full):
        assert {n: h.num_tracks for n, h in full.strip_padding().named_items()} == HUMAN
        assert full.atac.strip_padding().num_tracks == 167
        assert full.atac[128].strip_padding().equal(out.atac[128])
        assert out.atac[128].strip_padding() is out.atac[128]

    def test_names_of_padding(self, full):
        printed = [(track.track_name, track.is_padding) for track in full.atac[128].tracks]
        assert printed[167:] == [("Padding", True)] * 89
        assert not any(is_padding for _, is_padding in printed[:167])


class TestCatalogues:
    def test_built_in(self):
        catalog = TrackMetadataCatalog.load_builtin("human")
        assert catalog.outputs(organism=0) == sorted(RAW_CHANNELS)
        assert catalog.organisms == [0]

    def test_from_a_file(self, tmp_path, monkeypatch, model):
        monkeypatch.chdir(tmp_path)
        TrackMetadataCatalog.load_builtin("human").select(output_name="procap").write(
            "my_metadata.parquet"
        )
        mine = TrackMetadataCatalog.from_file("my_metadata.parquet")
        assert len(mine.get_tracks("procap")) == 12
        other = AlphaGenome()
        other.load_track_metadata("my_metadata.parquet")
        assert other.catalog == mine

    def test_from_a_data_frame(self):
        df = pd.DataFrame(
            {
                "track_name": ["sample_A", "sample_B"],
                "output_type": ["atac", "atac"],
                "organism": [0, 0],
                "biosample_type": ["tissue", "cell_line"],
            }
        )
        tracks = TrackMetadataCatalog.from_dataframe(df).get_tracks("atac")
        assert [t.biosample_type for t in tracks] == ["tissue", "cell_line"]

    def test_by_hand(self):
        catalog = TrackMetadataCatalog()
        catalog.add_tracks(
            "rna_seq",
            [
                TrackMetadata(
                    i,
                    "rna_seq",
                    0,
                    "UBERON:0000948 total RNA-seq",
                    extras={"strand": s, "assay_title": "total RNA-seq"},
                )
                for i, s in enumerate("+-")
            ],
            organism=0,
        )
        assert [t.strand for t in catalog.get_tracks("rna_seq")] == ["+", "-"]

    def test_data_frames_have_fixed_columns(self, out):
        for frame in (out.rna_seq[128].to_dataframe(), out.rna_seq.to_dataframe()):
            assert list(frame.columns) == list(KNOWN_FIELDS)
            assert len(frame) == 667

    def test_nothing_matches(self, out):
        empty = out.atac[128].select(biosample_name="nonexistent", allow_empty=True)
        assert empty.num_tracks == 0
        with pytest.raises(ValueError, match="No tracks matched filters for output 'atac'"):
            out.atac[128].select(biosample_name="nonexistent")
        with pytest.raises(NoTracksError, match="biosample_name is never 'nonexistent' here"):
            out.atac[128].select(biosample_name="nonexistent")


def counts_of(out):
    """Tracks per output; a junction table row stands for two channels."""
    return {
        name: head.num_tracks // 2 if name == "splice_junctions" else head.num_tracks
        for name, head in out.named_items()
    }


class TestMouse:
    def test_the_installed_table(self, both_organisms, dna_onehot):
        model = AlphaGenome()
        model.set_track_metadata_catalog(both_organisms)
        out = model.predict(dna_onehot, organism_index=1, named_outputs=True)
        assert counts_of(out) == MOUSE_TRACKS
        full = model.predict(dna_onehot, 1, named_outputs=True, include_padding=True)
        assert {name: full.head(name).num_tracks for name in RAW} == RAW
        assert out.organism == 1

    def test_a_table_of_that_size(self, tmp_path, monkeypatch, dna_onehot):
        write_mouse_like(tmp_path / "track_metadata_mouse.csv")
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(tmp_path))
        model = AlphaGenome()
        model.set_track_metadata_catalog(TrackMetadataCatalog.load_builtin())
        out = model.predict(dna_onehot, torch.tensor([1]), named_outputs=True)
        assert counts_of(out) == MOUSE_TRACKS
        assert out.cage[1].select(strand="+").num_tracks == 94


def test_wider_windows_and_several_examples(model):
    out = model.predict(torch.cat([random_dna(4096, seed) for seed in (1, 2)]), named_outputs=True)
    assert tuple(out.contact_maps[128].shape) == (2, 2, 2, 28)
    assert tuple(out.rna_seq[128].shape) == (2, 32, 667)
    assert {name: head.num_tracks for name, head in out.named_items()} == HUMAN
