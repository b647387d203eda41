"""Variants of the bundle: whole, of a region, of people, beside splice sites."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from locuscope import demo
from locuscope.errors import MissingContigError, OptionError, UnknownNameError
from locuscope.genome.interval import Interval


def lines() -> list[list[str]]:
    text = gzip.decompress(demo.path("chr20_variants.vcf.gz").read_bytes()).decode()
    return [line.split("\t") for line in text.splitlines() if not line.startswith("##")]


def test_the_whole_table_is_the_file_in_order():
    table = demo.variants().table
    rows = lines()[1:]
    assert table["id"].to_list() == [row[2] for row in rows]
    assert table["pos"].to_list() == [int(row[1]) for row in rows]


def test_the_path_is_the_file():
    assert demo.variants(as_="path") == demo.path("chr20_variants.vcf.gz")


@pytest.mark.parametrize("region", [Interval("20", 2_569_999, 2_590_000), "20:2,570,000-2,590,000"])
def test_a_region_keeps_alleles_whose_ref_overlaps(region):
    found = demo.variants(region).table["id"].to_list()
    wanted = [
        row[2]
        for row in lines()[1:]
        if int(row[1]) - 1 < 2_590_000 and int(row[1]) - 1 + len(row[3]) > 2_569_999
    ]
    assert found == wanted
    assert len(found) > 50


def test_a_long_ref_that_reaches_into_the_region_is_kept():
    row = max(lines()[1:], key=lambda row: len(row[3]))
    last = int(row[1]) - 1 + len(row[3]) - 1
    assert row[2] in demo.variants(Interval("20", last, last + 1)).table["id"].to_list()
    assert row[2] not in demo.variants(Interval("20", last + 1, last + 2)).table["id"].to_list()


def test_a_region_without_alleles_is_empty():
    assert len(demo.variants(Interval("20", 995_000, 996_000))) == 0


def test_another_contig_is_unknown():
    with pytest.raises(MissingContigError, match="21"):
        demo.variants(Interval("21", 0, 10))


def test_alleles_beside_splice_sites():
    table = demo.variants(near_sites_bp=3)
    sites = demo.genes(collapsed=True).splice_sites()["position"].to_numpy()
    assert len(table) == 39
    for row in table.table.iter_rows(named=True):
        start, end = row["pos"] - 1, row["pos"] - 1 + len(row["ref"])
        gap = np.maximum(np.maximum(start - sites, sites - (end - 1)), 0)
        assert gap.min() <= 3
    counts = [len(demo.variants(near_sites_bp=distance)) for distance in range(4)]
    assert counts == sorted(counts)


def test_alleles_of_people_with_their_genotypes():
    header, *rows = lines()
    people = ["HG00236", "HG01617"]
    columns = [header.index(name) for name in people]
    table = demo.variants(samples=people).table
    wanted = {
        row[2]: [row[column] for column in columns]
        for row in rows
        if any("1" in row[column] for column in columns)
    }
    assert len(table) == len([1 for row in rows if any("1" in row[c] for c in columns)])
    assert table.columns[-2:] == people
    for row in table.select("id", *people).head(500).iter_rows():
        assert list(row[1:]) == wanted[row[0]]


def test_conditions_are_joined_by_and():
    table = demo.variants("20:2,570,000-2,590,000", samples="HG01617", near_sites_bp=3).table
    assert table["id"].to_list() == ["rs572140578"]
    assert table["HG01617"].to_list() == ["0|1"]


def test_unknown_people_give_the_closest():
    with pytest.raises(UnknownNameError, match="HG01617"):
        demo.variants(samples="HG1617")


@pytest.mark.parametrize(
    "options",
    [{"as_": "frame"}, {"as_": "path", "near_sites_bp": 3}, {"near_sites_bp": -1}],
)
def test_options_outside_their_range(options):
    with pytest.raises(OptionError):
        demo.variants(**options)


def test_the_showcase_names_alleles_of_the_file():
    table = demo.showcase()
    known = {f"20:{row[1]}:{row[3]}:{row[4]}": row for row in lines()[1:]}
    header = lines()[0]
    assert table["id"].nunique() == 6
    for row in table.itertuples():
        line = known[row.variant]
        assert line[2] == row.id
        assert demo.genes().span(row.gene).strand == row.strand
        name, _, genotype = row.carriers.partition(" ")
        if name in header:
            assert line[header.index(name)] == genotype
