"""Records of regions: the same through an index as by reading all, and as a loop finds them."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    InputChangedError,
    InputError,
    MissingFileError,
)
from locuscope.genome import vcf_regions
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.regions import RegionTable, read_bed
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf
from locuscope.genome.vcf_regions import RegionFilter, indexed_texts
from tests.genome.vcf_text import HEADER

pysam = pytest.importorskip("pysam")

WITHOUT_LINE = ("record", "alt_index", "n_alts", "chrom", "pos", "id", "ref", "alt", "status")


def indexed(path, records, suffix=".tbi"):
    """A bgzip file of sorted records with its index."""
    text = HEADER + "".join("\t".join(map(str, row)) + "\t.\t.\t.\n" for row in records)
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text.encode())
    pysam.tabix_index(str(path), preset="vcf", force=True, csi=suffix == ".csi")
    return path


def records_of(n):
    """Records of two contigs: SNVs, deletions, several alleles, and faults with a position."""
    kinds = [("A", "C"), ("ACGTACGT", "A"), ("G", "T,<DEL>"), ("R", "C"), ("T", "T")]
    places = [(chrom, 10 * k + 1) for chrom in ("20", "X") for k in range(n)]
    return [(chrom, pos, f"rs{k}", *kinds[k % len(kinds)]) for k, (chrom, pos) in enumerate(places)]


@pytest.fixture
def vcf(tmp_path):
    return indexed(tmp_path / "toy.vcf.gz", records_of(40))


def loop(path, places):
    """Which records a loop keeps: those of which a base of REF is in a place."""
    return [
        (chrom, pos)
        for chrom, pos, ref in VariantTable.read(path)
        .table.unique("record", maintain_order=True)
        .select("chrom", "pos", "ref")
        .rows()
        if any(
            chrom == place.chrom and pos - 1 < place.end and place.start < pos - 1 + len(ref)
            for place in places
        )
    ]


PLACE = st.builds(
    lambda chrom, start, width: Interval(chrom, start, start + width),
    st.sampled_from(["20", "X", "7"]),
    st.integers(0, 420),
    st.integers(1, 60),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(places=st.lists(PLACE, min_size=1, max_size=5), chunk_rows=st.sampled_from([1, 7, 65_536]))
def test_index_and_reading_all_keep_what_a_loop_keeps(vcf, places, chunk_rows):
    through = VariantTable.concat(list(read_vcf(vcf, regions=places, chunk_rows=chunk_rows)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vcf_regions, "_index_of", lambda _: None)
        every = VariantTable.concat(list(read_vcf(vcf, regions=places, chunk_rows=chunk_rows)))
    assert through.table.select(WITHOUT_LINE).equals(every.table.select(WITHOUT_LINE))
    assert through.table["line"].is_null().all()
    assert not every.table["line"].is_null().any()
    kept = every.table.unique("record", maintain_order=True)
    assert kept.select("chrom", "pos").rows() == loop(vcf, places)
    assert kept["record"].to_list() == list(range(len(kept)))


@pytest.mark.parametrize("suffix", [".tbi", ".csi"])
def test_both_kinds_of_index_are_used(tmp_path, suffix, monkeypatch):
    path = indexed(tmp_path / "toy.vcf.gz", records_of(40), suffix)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, path.name + suffix]
    monkeypatch.setattr(vcf_regions, "_TEXT_LINES", 3)
    table = VariantTable.read(path, regions="X:101-200")
    assert table.table["line"].is_null().all()
    assert table.table["pos"].unique(maintain_order=True).to_list() == [*range(101, 200, 10)]


def test_regions_in_all_their_forms(vcf, tmp_path):
    bed = tmp_path / "r.bed"
    bed.write_text("20\t100\t150\nX\t0\t20\n")
    listed = [Interval("20", 100, 150), Interval("X", 0, 20)]
    forms = [listed, ["20:101-150", "X:1-20"], bed, str(bed), read_bed(listed), tuple(listed)]
    tables = [VariantTable.read(vcf, regions=form).table for form in forms]
    assert len(tables[0]) == 8
    assert all(table.equals(tables[0]) for table in tables)
    assert isinstance(read_bed(listed), RegionTable)
    one = VariantTable.read(vcf, regions=Interval("X", 0, 20)).table
    assert one.equals(VariantTable.read(vcf, regions="X:1-20").table)


def test_a_file_whose_name_looks_like_a_place(vcf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "X:1-2").write_text("20\t100\t150\n")
    assert set(VariantTable.read(vcf, regions="X:1-2").table["chrom"]) == {"20"}


def test_the_other_spelling_of_a_contig(vcf):
    found = VariantTable.read(vcf, regions="chrX:1-20").table
    assert set(found["chrom"]) == {"X"}
    assert found.equals(VariantTable.read(vcf, regions="X:1-20").table)


def test_nothing_inside_gives_one_empty_table(vcf):
    (table,) = read_vcf(vcf, regions="7:1-100")
    assert len(table) == 0
    with pytest.raises(EmptySelectionError):
        list(read_vcf(vcf, regions=[]))
    for odd, error in (("nowhere.bed", MissingFileError), ("20:x-y", InputError), (5, TypeError)):
        with pytest.raises(error):
            list(read_vcf(vcf, regions=odd))


def test_rows_without_a_position_are_in_no_region(tmp_path):
    path = tmp_path / "toy.vcf"
    rows = ("20\t.\t.\tA\tC", "20\t0\t.\tA\tC", "20\t5", "20\t5\t.\t\tC", "20\t6\t.\tA\tC")
    path.write_text(HEADER + "".join(row + "\n" for row in rows))
    table = VariantTable.read(path, regions="20:1-100").table
    assert table.select("line", "record", "status").rows() == [
        (5, 0, "malformed"),
        (6, 1, "malformed"),
        (7, 2, "ok"),
    ]


def test_verdicts_of_a_genome_come_through_the_index(vcf):
    genome = Genome.from_sequences({"20": "A" * 500, "X": "C" * 500})
    table = VariantTable.read(vcf, genome=genome, regions=["20:1-1", "X:1-1"]).table
    assert table["status"].to_list() == ["ok", "ref_mismatch"]
    assert table["reason"][1].startswith("row 2: REF is 'A' but")


@pytest.mark.fault("V20")
def test_an_old_or_broken_index_is_said_and_not_used(vcf):
    index = vcf.with_name(vcf.name + ".tbi")
    expected = VariantTable.read(vcf, regions="20:101-150").table.select(WITHOUT_LINE)
    old = vcf.stat().st_mtime_ns - 10**9
    os.utime(index, ns=(old, old))
    with pytest.warns(DataWarning, match=r"toy\.vcf\.gz\.tbi is older than"):
        found = VariantTable.read(vcf, regions="20:101-150").table
    assert found.select(WITHOUT_LINE).equals(expected)
    assert not found["line"].is_null().any()
    index.write_bytes(b"no index")
    with pytest.warns(DataWarning, match="cannot be used"):
        found = VariantTable.read(vcf, regions="20:101-150").table
    assert found.select(WITHOUT_LINE).equals(expected)


def test_without_pysam_the_file_is_read_whole(vcf, monkeypatch):
    monkeypatch.setitem(sys.modules, "pysam", None)
    table = VariantTable.read(vcf, regions="20:101-150").table
    assert table["line"].to_list()[0] == 13
    assert indexed_texts(vcf, RegionFilter("20:1-2")) is None


@pytest.mark.fault("V16")
def test_a_cut_file_is_refused_even_where_the_index_avoids_the_cut(vcf):
    index = vcf.with_name(vcf.name + ".tbi")
    vcf.write_bytes(vcf.read_bytes()[:-28])
    later = vcf.stat().st_mtime_ns + 10**9
    os.utime(index, ns=(later, later))
    with pytest.raises(FormatError, match="ends early after line 82"):
        list(read_vcf(vcf, regions="20:1-1"))


@pytest.mark.fault("V19")
def test_a_file_that_changes_while_it_is_read_through_its_index(vcf, monkeypatch):
    monkeypatch.setattr(vcf_regions, "_TEXT_LINES", 1)
    tables = read_vcf(vcf, regions="20:1-200", chunk_rows=2)
    next(tables)
    os.utime(vcf, ns=(1, 1))
    with pytest.raises(InputChangedError, match="mtime_ns"):
        list(tables)


def test_places_are_joined_and_sorted():
    kept = RegionFilter([Interval("1", 5, 9), Interval("1", 1, 3), Interval("1", 3, 6)])
    start, end = kept.of_contig("1")
    assert (start.tolist(), end.tolist()) == ([1], [9])
    nested = RegionFilter([Interval("1", 0, 50), Interval("1", 5, 9), Interval("1", 60, 61)])
    assert [part.tolist() for part in nested.of_contig("chr1")] == [[0, 60], [50, 61]]
    assert nested.of_contig("2") is None
