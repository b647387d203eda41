from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from locuscope.effects.maps.map_places import is_vcf, read_alleles, read_places
from locuscope.errors import (
    DataWarning,
    MissingContigError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.regions import read_bed
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from tests.effects import toy

PLACE = Interval("1", 100, 120)
ALLELE = Variant("1", 101, toy.sequence()[100], "ACGT"["ACGT".index(toy.sequence()[100]) - 1])
VCF = f"##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n1\t101\t.\t{ALLELE.ref}\t{ALLELE.alt}\n"
BED = "1\t100\t120\tsite\n2\t5\t9\t.\n"


def read(where, *, may_overhang=False):
    return read_places(where, toy.genome(), may_overhang=may_overhang)


@pytest.mark.parametrize("where", [PLACE, "1:101-120", "1:101..120"])
def test_one_place_gives_one_map(where):
    found = read(where)
    assert found.is_one
    assert found.variants is None
    assert [(p.chrom, p.start, p.end) for p in found.intervals] == [("1", 100, 120)]


@pytest.mark.parametrize(
    "where",
    [
        [PLACE],
        ["1:101-120"],
        read_bed([PLACE]),
        pd.DataFrame({"chrom": ["1"], "start": [100.0], "end": [120.0]}),
        pl.DataFrame({"chrom": ["1"], "start": [100], "end": [120]}),
    ],
)
def test_many_places_give_a_set(where):
    found = read(where)
    assert not found.is_one
    assert [(p.start, p.end) for p in found.intervals] == [(100, 120)]


@pytest.mark.parametrize(
    "where",
    [
        ALLELE,
        [ALLELE],
        (ALLELE,),
        VariantTable.from_variants([ALLELE]),
        pd.DataFrame({"chrom": ["1"], "pos": [101.0], "ref": [ALLELE.ref], "alt": [ALLELE.alt]}),
    ],
)
def test_variants_in_any_form(where):
    found = read(where)
    assert not found.intervals
    assert not found.is_one
    assert [v.key for v in found.variants] == [ALLELE.key]
    assert found.variants.counts() == {"ok": 1}


@pytest.mark.parametrize("name", ["a.vcf", "a.txt", "a.vcf.gz", "b"])
def test_a_vcf_is_known_by_its_name_or_its_first_bytes(tmp_path, name):
    path = tmp_path / name
    content = VCF.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert is_vcf(path)
    for where in (path, str(path), [str(path)]):
        assert [v.key for v in read(where).variants] == [ALLELE.key]


@pytest.mark.parametrize("name", ["a.bed", "a.txt", "a.bed.old"])
def test_anything_else_is_read_as_a_bed(tmp_path, name):
    path = tmp_path / name
    path.write_text(BED)
    assert not is_vcf(path)
    found = read(path)
    assert [(p.chrom, p.start, p.name) for p in found.intervals] == [
        ("1", 100, "site"),
        ("2", 5, None),
    ]


def test_regions_and_variants_together_are_refused(tmp_path):
    bed, vcf = tmp_path / "a.bed", tmp_path / "a.vcf"
    bed.write_text(BED)
    vcf.write_text(VCF)
    for where in ([PLACE, ALLELE], [ALLELE, PLACE], [bed, vcf], [str(vcf), "1:5-9"], [vcf, PLACE]):
        with pytest.raises(OptionError, match="annotate"):
            read(where)
    with pytest.raises(OptionError, match="one file per call"):
        read([bed, bed])


def test_places_that_are_not_there():
    with pytest.raises(OutOfBoundsError, match="600"):
        read(Interval("1", 590, 601))
    assert read(Interval("1", 590, 601), may_overhang=True).intervals[0].end == 601
    with pytest.raises(MissingContigError, match="'3'"):
        read(Interval("3", 5, 9))
    with pytest.warns(DataWarning, match="'chr1' is read as '1'"):
        found = read(Interval("chr1", 5, 9))
    assert found.intervals[0].chrom == "chr1"
    with pytest.raises(MissingFileError, match=r"regions\.bed"):
        read(Path("regions.bed"))
    with pytest.raises(MissingFileError, match=r"people\.vcf"):
        read("people.vcf")


@pytest.mark.parametrize("where", [3, None, [], [3], {"a": 1}])
def test_other_things_are_refused(where):
    with pytest.raises(WrongTypeError, match="Interval or a place"):
        read(where)
    with pytest.raises(WrongTypeError):
        read_alleles(3, None)
