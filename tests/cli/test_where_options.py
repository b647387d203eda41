"""What a command works on: places, records, alleles; one of them, said once."""

from __future__ import annotations

import argparse
import json

import pytest

from locuscope.cli.published_options import add_loader_options
from locuscope.cli.where_options import (
    add_where,
    is_variants,
    read_asked,
    require_one,
    use_loader_regions,
)
from locuscope.errors import InputError, LocuscopeError, MissingFileError, OptionError
from locuscope.genome.interval import Interval
from tests.cli import toy_net


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return toy_net.write_files(tmp_path)


def parsed(*words: str):
    parser = argparse.ArgumentParser()
    add_where(parser, "places")
    add_loader_options(parser)
    return parser.parse_args([*words])


def test_regions_of_a_file_in_order(place):
    asked = read_asked(parsed("-r", "two.bed", "--genome", "toy.fa"))
    assert asked.places[0] == Interval("1", 200, 224, "-", "peak")
    assert asked.places[1].start == 50
    assert asked.where()[0] == asked.places
    assert asked.where()[1] is asked.genome


def test_a_place_as_people_write_it(place):
    asked = read_asked(parsed("--regions", "1:51-60", "--genome", "toy.fa"))
    assert asked.places == [Interval("1", 50, 60)]


def test_records_are_read_as_they_are_and_nothing_is_left_beside_them(place):
    asked = read_asked(parsed("--fasta", "same.fa"))
    assert [one.chrom for one in asked.places] == ["one", "two"]
    assert asked.where() == ([toy_net.letters(32, 2), toy_net.letters(32, 3)], None)
    assert not (place / "same.fa.fai").exists()


def test_alleles_where_a_command_takes_them(place):
    words = ("-r", "two.vcf", "--genome", "toy.fa")
    asked = read_asked(parsed(*words), takes_alleles=True)
    assert asked.places == []
    assert str(asked.where()[0]) == "two.vcf"
    assert is_variants("1:100:A:C")
    assert not is_variants("1:100-200")
    assert not is_variants("two.bed")
    assert not is_variants("HLA-A*01:01:01:01:1-200")
    assert not is_variants("1:100-200:+")


def test_the_published_loader_names_genome_and_regions(place):
    loader = json.dumps({"fasta_file": "toy.fa", "intervals_file": "two.bed"})
    args = parsed("--dataloader_args", loader)
    use_loader_regions(args)
    assert (args.genome, args.regions) == ("toy.fa", "two.bed")
    assert len(read_asked(args).places) == 2


def test_a_loader_that_says_something_else(place):
    args = parsed("--dataloader_args", "intervals_file=two.bed", "-r", "1:1-9")
    with pytest.raises(OptionError, match="--regions 1:1-9 and intervals_file two"):
        use_loader_regions(args)


def test_exactly_one_option():
    names = ("regions", "fasta")
    assert require_one(parsed("--fasta", "x"), names) == "fasta"
    with pytest.raises(InputError, match="with one of the options --regions, --fasta"):
        require_one(parsed(), names)
    with pytest.raises(InputError, match="--regions and --fasta exclude each other"):
        require_one(parsed("--fasta", "x", "-r", "y"), names)


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (("-r", "1:1-9"), InputError, "the option --genome FASTA is missing"),
        (("--fasta", "same.fa", "--genome", "toy.fa"), OptionError, "--genome toy.fa has no eff"),
        (("--fasta", "sane.fa"), MissingFileError, "Similar: same.fa"),
        (("-r", "tow.bed", "--genome", "toy.fa"), MissingFileError, "Similar: two.bed"),
        (("-r", "empty.bed", "--genome", "toy.fa"), LocuscopeError, "empty.bed"),
    ],
)
def test_what_is_refused(place, words, kind, said):
    (place / "empty.bed").write_text("")
    with pytest.raises(kind, match=said):
        read_asked(parsed(*words))
