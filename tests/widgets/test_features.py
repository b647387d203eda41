"""Genes and variants as columns, and the bases under them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from locuscope.errors import MessageError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.widgets import features
from locuscope.widgets.codes import unpack_texts
from locuscope.widgets.features import (
    KINDS,
    Bases,
    gene_lane,
    gene_part,
    variant_lane,
    variant_part,
)

BOUNDS = Interval("20", 1_000, 2_000)
VARIANTS = [
    Variant("20", 1_001, "G", "A", id="rs1"),
    Variant("20", 1_100, "GT", "CA"),
    Variant("20", 1_200, "G", "GTT", id="rs3;other"),
    Variant("20", 1_300, "GTT", "G", id="."),
    Variant("20", 1_400, "GTT", "CA"),
    Variant("20", 2_001, "G", "A", id="outside"),
    Variant("21", 1_001, "G", "A", id="elsewhere"),
]


def test_variants_of_the_region_become_columns():
    lane = variant_lane(VARIANTS, BOUNDS)
    assert lane.start.tolist() == [1_000, 1_099, 1_199, 1_299, 1_399]
    assert lane.end.tolist() == [1_001, 1_101, 1_200, 1_302, 1_402]
    assert [KINDS[kind] for kind in lane.kind] == ["snv", "mnv", "insertion", "deletion", "delins"]
    assert lane.ids == ("rs1", "", "rs3;other", "", "")
    assert lane.changes == ("G>A", "GT>CA", "G>GTT", "GTT>G", "GTT>CA")
    assert np.isnan(lane.score).all()
    assert lane.score_name == ""


def test_a_deletion_that_reaches_in_is_shown():
    lane = variant_lane([Variant("20", 999, "GTTA", "G")], BOUNDS)
    assert lane.start.tolist() == [998]


@pytest.mark.parametrize("form", ["table", "one", "path", "alias"])
def test_every_form_of_variants(form, tmp_path):
    source = {"table": VariantTable.from_variants(VARIANTS[:1]), "one": VARIANTS[0]}.get(form)
    if form == "path":
        source = tmp_path / "v.vcf"
        source.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n20\t1001\trs1\tG\tA\n")
    if form == "alias":
        source = Variant("chr20", 1_001, "G", "A", id="rs1")
    lane = variant_lane(source, BOUNDS)
    assert (lane.ids, lane.changes) == (("rs1",), ("G>A",))


def test_bad_rows_are_left_out_and_counted(tmp_path):
    path = tmp_path / "v.vcf"
    path.write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n"
        "20\t1001\trs1\tG\tA\n20\tx\tbad\tG\tA\n20\t1003\tsv\tG\t<DEL>\n"
    )
    lane = variant_lane(path, BOUNDS)
    assert lane.ids == ("rs1",)
    assert lane.n_left_out == 2


def test_scores_bring_the_value_of_largest_magnitude():
    table = VariantTable.from_variants(VARIANTS[:3])
    scores = {"diff": np.array([[0.1, -0.9], [np.nan, 0.2], [np.nan, np.nan]]), "other": None}
    lane = variant_lane(SimpleNamespace(variants=table, scores=scores), BOUNDS)
    assert lane.score_name == "diff"
    np.testing.assert_array_equal(lane.score, np.float32([-0.9, 0.2, np.nan]))
    header = variant_part(lane).header
    assert (header["has_score"], header["score_name"]) == (True, "diff")


@pytest.mark.parametrize("wrong", [3, [Variant("20", 5, "A", "C"), "20:5:A:C"], {"a": 1}])
def test_other_things_are_refused_by_name(wrong):
    with pytest.raises(WrongTypeError, match="variants= takes"):
        variant_lane(wrong, BOUNDS)


def test_long_alleles_are_shortened_but_say_their_length():
    lane = variant_lane(Variant("20", 1_001, "A", "A" + "C" * 99), BOUNDS)
    assert lane.changes[0].endswith("(100 bp)")
    assert len(lane.changes[0]) < 30


def test_a_variant_is_found_by_any_of_its_ids():
    lane = variant_lane(VARIANTS, BOUNDS)
    assert lane.place("other", "20").text() == "20:1,200-1,200"
    assert lane.place("rs1", "20").start == 1_000
    assert lane.place("rs", "20") is None


def test_the_wire_form_of_variants():
    part = variant_part(variant_lane(VARIANTS, BOUNDS))
    assert part.header == {"n": 5, "has_score": False, "score_name": ""}
    starts, ends, kinds, scores, ids, changes = part.buffers
    assert np.frombuffer(starts, "<u4").tolist() == [1_000, 1_099, 1_199, 1_299, 1_399]
    assert np.frombuffer(ends, "<u4")[0] == 1_001
    assert np.frombuffer(kinds, "u1").tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(np.frombuffer(scores, "<f4")).all()
    assert unpack_texts(ids, 5) == ["rs1", "", "rs3;other", "", ""]
    assert unpack_texts(changes, 5)[1] == "GT>CA"


def test_more_variants_than_a_page_can_hold_are_refused(monkeypatch):
    monkeypatch.setattr(features, "MAX_VARIANTS", 4)
    with pytest.raises(MessageError, match="5 asked, 4 allowed") as caught:
        variant_part(variant_lane(VARIANTS, BOUNDS))
    assert caught.value.wire_code == "too_large"


@pytest.fixture
def genes(tmp_path):
    path = tmp_path / "exons.tsv"
    path.write_text(
        "chrom\tstart\tend\tstrand\tgene_id\tgene_name\ttranscript_id\texon_number\n"
        "20\t1100\t1200\t+\tG1\tAlpha\tT1\t1\n"
        "20\t1500\t1600\t+\tG1\tAlpha\tT1\t2\n"
        "20\t1700\t1800\t-\tG2\t<b>Beta</b>\tT2\t1\n"
        "20\t9000\t9100\t-\tG3\tFar\tT3\t1\n"
    )
    return Genes.read(path)


def test_the_wire_form_of_genes(genes):
    assert gene_lane(None, BOUNDS) is None
    part = gene_part(gene_lane(genes, BOUNDS))
    assert part.header == {"n": 2, "n_exons": 3}
    decoded = [
        np.frombuffer(b, t)
        for b, t in zip(
            part.buffers[:-1],
            ["<u4", "<u4", "i1", "u1", "<u4", "<u4", "<u4", "<u4", "<u4"],
            strict=True,
        )
    ]
    start, end, strand, is_coding, offsets, exon_start, exon_end, cds_start, cds_end = decoded
    assert start.tolist() == [1_100, 1_700]
    assert end.tolist() == [1_600, 1_800]
    assert strand.tolist() == [1, -1]
    assert is_coding.tolist() == [2, 2]
    assert offsets.tolist() == [0, 2, 3]
    assert exon_start.tolist() == [1_100, 1_500, 1_700]
    assert exon_end.tolist() == [1_200, 1_600, 1_800]
    assert cds_start.tolist() == cds_end.tolist()
    assert unpack_texts(part.buffers[-1], 2) == ["Alpha", "<b>Beta</b>"]


class TestBases:
    def test_text_of_the_region(self):
        bases = Bases("acgt" * 250, BOUNDS)
        assert bases.fetch(1_000, 1_005) == "ACGTA"
        assert bases.fetch(998, 1_002) == "NNAC"
        assert bases.fetch(1_998, 2_003) == "GTNNN"

    def test_a_genome(self):
        genome = Genome.from_sequences({"20": "ACGT" * 500})
        bases = Bases(genome, BOUNDS)
        assert bases.fetch(1_000, 1_004) == "ACGT"
        assert bases.fetch(1_998, 2_004) == "GTNNNN"

    def test_an_alias_of_the_contig(self):
        with pytest.warns(UserWarning, match="20"):
            assert (
                Bases(Genome.from_sequences({"chr20": "ACGT" * 500}), BOUNDS).fetch(1_000, 1_004)
                == "ACGT"
            )

    def test_a_text_of_another_length_is_refused(self):
        with pytest.raises(ShapeError, match=r"3 letters.*1,000 bases"):
            Bases("ACG", BOUNDS)

    def test_other_things_are_refused(self):
        with pytest.raises(WrongTypeError, match="bytes"):
            Bases(b"ACG", BOUNDS)

    def test_bases_outside_a_slice_are_an_error_not_n(self):
        genome = Genome.from_sequences(
            {"part": "ACGT" * 100}, lengths={"20": 5_000}, slices={"20": [("part", 1_000)]}
        )
        with pytest.raises(OutOfBoundsError):
            Bases(genome, BOUNDS).fetch(1_390, 1_410)
