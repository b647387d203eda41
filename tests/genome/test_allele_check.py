"""Verdicts that need a genome: contigs, ends, REF, and the stop when most do not fit."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import AssemblyMismatchError, DataWarning
from locuscope.genome import allele_check
from locuscope.genome.allele_check import find_faults, stop_on_mass_failure
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf
from tests.genome.vcf_text import write


@pytest.fixture
def genome():
    return Genome.from_sequences({"20": "ACGTACGTAC", "HLA-A*01:01": "GGGG"}, name="toy")


def test_check_gives_the_verdicts_that_need_a_genome(tmp_path, genome):
    path = write(
        tmp_path,
        ("20", 1, ".", "A", "T"),
        ("20", 2, ".", "T", "C"),
        ("20", 3, ".", "TA", "T"),
        ("20", 9, ".", "AC", "A"),
        ("20", 10, ".", "CA", "C"),
        ("20", 11, ".", "A", "C"),
        ("21", 1, ".", "A", "C"),
        ("20", 4, ".", "T", "<DEL>"),
        ("HLA-A*01:01", 2, ".", "g", "c"),
        ("HLA-B*01:01", 2, ".", "G", "C"),
    )
    expected = ["ok", "ref_mismatch", "ref_mismatch", "ok", "off_edge", "off_edge"]
    expected += ["contig_missing", "symbolic", "ok", "malformed"]
    table = VariantTable.read(path, genome=genome)
    assert table.table["status"].to_list() == expected
    assert table.notes[1] == ("alt_matches_genome",)
    reason = "line 4, column 4: REF is 'T' but toy (unknown assembly) has 'C' at 20:2"
    assert table.table["reason"][1] == reason
    assert "'20'" in table.table["reason"][6]
    later = VariantTable.read(path).check(genome)
    assert later.table.equals(table.table)
    assert later.notes == table.notes


def test_alias_is_noted_and_said_once(tmp_path, genome):
    path = write(tmp_path, *[("chr20", 1, ".", "A", "T")] * 5)
    with pytest.warns(DataWarning, match="'chr20' is read as '20' of toy") as caught:
        tables = list(read_vcf(path, genome=genome, chunk_rows=2))
    assert len(caught) == 1
    table = VariantTable.concat(tables)
    assert table.notes == [("contig_alias",)] * 5
    assert table.table["chrom"].unique().to_list() == ["chr20"]


@given(
    st.lists(st.tuples(st.integers(1, 12), st.text("ACGT", min_size=1, max_size=3)), max_size=20)
)
def test_check_equals_variant_check_on_each_row(alleles):
    genome = Genome.from_sequences({"20": "ACGTACGTAC"}, name="toy")
    variants = [Variant("20", pos, ref, ref + "A") for pos, ref in alleles]
    table = VariantTable.from_variants(variants).check(genome)
    for variant, status in zip(variants, table.table["status"], strict=True):
        if variant.interval.end > 10:
            assert status == "off_edge"
        else:
            assert (status == "ok") == (variant.check(genome) is None)


def test_alleles_outside_an_embedded_slice_are_off_edge():
    genome = Genome.from_sequences(
        {"piece": "ACGTACGTAC"}, slices={"20": [("piece", 100)]}, lengths={"20": 1_000}
    )
    variants = [
        Variant("20", 101, "A", "T"),
        Variant("20", 50, "A", "T"),
        Variant("20", 110, "CA", "C"),
    ]
    table = VariantTable.from_variants(variants).check(genome)
    assert table.table["status"].to_list() == ["ok", "off_edge", "off_edge"]


def test_mass_failure_stops_early(genome):
    wrong = VariantTable.from_variants([Variant("20", 1, "C", "T")] * 30)
    right = VariantTable.from_variants([Variant("20", 1, "A", "T")] * 70)
    bad = VariantTable.concat([right, wrong]).check(genome)
    with pytest.raises(
        AssemblyMismatchError, match="30 of the first 100 alleles are ref_mismatch"
    ) as e:
        bad.check_assembly(genome)
    assert (e.value.checked, e.value.mismatched, e.value.missing) == (100, 30, 0)
    assert "check_assembly=False" in str(e.value)
    VariantTable.concat([right, wrong[:17]]).check(genome).check_assembly(genome)
    VariantTable.concat([wrong, wrong[:19]]).check(genome).check_assembly(genome)
    elsewhere = VariantTable.from_variants([Variant("7", 1, "A", "T")] * 60).check(genome)
    with pytest.raises(
        AssemblyMismatchError, match="60 of the first 60 alleles are contig_missing"
    ):
        elsewhere.check_assembly(genome)


# --- the findings alone ---


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["20", "chr20", "21", "HLA-A*01:01"]),
            st.integers(1, 14),
            st.sampled_from(["A", "C", "G", "T", "AC", "GTA", "ACGT"]),
            st.sampled_from(["A", "CT", "<DEL>", "G"]),
        ),
        max_size=20,
    ),
    st.integers(1, 12),
)
def test_blocks_of_any_size_give_the_verdicts_of_plain_loops(rows, block):
    contigs = {"20": "ACGTACGTAC", "HLA-A*01:01": "GGGG"}
    genome = Genome.from_sequences(contigs, name="toy")
    schema = {"chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String}
    frame = VariantTable.from_frame(pl.DataFrame(rows, schema, orient="row")).table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allele_check, "_BLOCK_BP", block)
        found = find_faults(frame, genome)
    for row, (chrom, pos, ref, alt) in enumerate(rows):
        bases = contigs.get(chrom.removeprefix("chr"))
        if frame["status"][row] != "ok":
            expected = None
        elif bases is None:
            expected = "contig_missing"
        elif pos - 1 + len(ref) > len(bases):
            expected = "off_edge"
        else:
            here = bases[pos - 1 : pos - 1 + len(ref)]
            expected = None if here == ref else "ref_mismatch"
            assert (row in found.swapped) == (here != ref and here == alt)
        assert found.status.get(row) == expected
        assert (row in found.reason) == (expected is not None)
        is_aliased = chrom == "chr20" and frame["status"][row] == "ok"
        assert (row in found.aliased) == is_aliased
    assert found.aliases == ({"chr20": "20"} if found.aliased else {})


def test_a_name_with_signs_is_judged_again_by_the_genome_that_has_it(tmp_path, genome):
    """The file names no contig, so the name was malformed; its other faults come to light."""
    rows = [
        ("HLA-A*01:01", 2, ".", "G", "C"),
        ("HLA-A*01:01", 2, ".", "G", "<DEL>"),
        ("HLA-A*01:01", 3, ".", "T", "C"),
        ("HLA-A*01:02", 2, ".", "G", "C"),
        ("HLA-A*01:01", "x", ".", "G", "C"),
    ]
    table = VariantTable.read(write(tmp_path, *rows))
    assert set(table.table["status"]) == {"malformed"}
    checked = table.check(genome)
    expected = ["ok", "symbolic", "ref_mismatch", "malformed", "malformed"]
    assert checked.table["status"].to_list() == expected
    assert checked.table["reason"][0] is None
    assert checked.table["reason"][1].startswith("line 4, column 5: ")


def test_long_alleles_are_shortened_in_reasons():
    genome = Genome.from_sequences({"1": "A" * 5_000}, name="toy")
    table = VariantTable.from_variants([Variant("1", 1, "C" * 3_000, "C")]).check(genome)
    (reason,) = table.table["reason"]
    assert "'CCCCCCCCCCCCCCCCCCCC'... (3,000 bases)" in reason
    assert len(reason) < 200


@pytest.mark.parametrize(
    ("n_ok", "n_wrong", "n_missing", "is_stopped"),
    [
        (40, 10, 0, False),  # exactly a fifth
        (39, 11, 0, True),
        (38, 11, 0, False),  # 49 rows can be compared
        (5, 0, 45, False),  # exactly nine tenths
        (4, 0, 46, True),
        (0, 0, 49, False),
        (39, 11, 600, True),
        (0, 60, 0, True),
    ],
)
def test_where_the_run_is_stopped(genome, n_ok, n_wrong, n_missing, is_stopped):
    variants = [Variant("20", 1, "A", "T")] * n_ok + [Variant("20", 1, "C", "T")] * n_wrong
    variants += [Variant("7", 1, "A", "T")] * n_missing
    frame = VariantTable.from_variants(variants).check(genome).table
    if not is_stopped:
        assert stop_on_mass_failure(frame, genome) is None
        return
    with pytest.raises(AssemblyMismatchError, match="unknown assembly"):
        stop_on_mass_failure(frame, genome)
