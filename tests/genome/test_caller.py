"""Warnings about data name the line of whoever called the package, whatever the way in."""

from __future__ import annotations

import inspect

import pytest

from locuscope.effects.variants import score_variants
from locuscope.errors import DataWarning, RunWarning
from locuscope.genome.caller import warn_caller
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.genome.vcf import read_vcf
from tests.effects import toy

VCF = "##fileformat=VCFv3.3\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\t.\tA\tC\n"


@pytest.fixture
def genome():
    return Genome.from_sequences({"1": "ACGTACGTAC"}, name="toy")


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "x.vcf"
    place.write_text(VCF)
    return place


def test_the_line_is_the_one_outside_the_package():
    line = inspect.currentframe().f_lineno + 2
    with pytest.warns(DataWarning, match="^said$") as told:
        warn_caller("said")
    assert [(one.filename, one.lineno) for one in told] == [(__file__, line)]


def piece_by_piece(path, genome):
    return [len(table) for table in read_vcf(path, genome=genome)]


@pytest.mark.parametrize("read", [VariantTable.read, piece_by_piece])
def test_every_way_into_a_vcf(path, genome, read):
    with pytest.warns(DataWarning) as told:
        assert len(read(path, genome=genome)) == 1
    assert [str(one.message)[:12] for one in told][1:] == ["contig 'chr1"]
    assert "is not a VCFv4 version" in str(told[0].message)
    assert {one.filename for one in told} == {__file__}


def test_a_table_that_is_checked_later_and_one_that_is_scored(genome):
    with pytest.warns(DataWarning, match="is read as '1'") as told:
        VariantTable.from_variants([Variant("chr1", 5, "A", "C")]).check(genome)
    assert {one.filename for one in told} == {__file__}
    base = toy.sequence()[99]
    allele = Variant("chr1", 100, base, "A" if base != "A" else "C")
    with pytest.warns(DataWarning, match="is read as '1'") as told:
        score_variants(toy.model(), [allele], toy.genome(), device="cpu")
    assert {one.filename for one in told} == {__file__}


def test_other_kinds_of_warning():
    with pytest.warns(RunWarning, match="slow") as told:
        warn_caller("slow", RunWarning)
    assert {one.filename for one in told} == {__file__}
