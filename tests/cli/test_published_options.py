"""Options under their published names."""

from __future__ import annotations

import argparse
import json

import pytest

from locuscope.cli.published_options import add_spelling, read_loader_args
from locuscope.errors import OptionError, UnknownNameError


def test_a_spelling_is_taken_and_stays_out_of_the_help():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scores", nargs="+")
    add_spelling(parser, "--scoring", dest="scores", nargs="+")
    assert parser.parse_args(["--scoring", "a", "b"]).scores == ["a", "b"]
    assert parser.parse_args([]).scores is None
    assert "--scoring" not in parser.format_help()


def test_a_spelling_that_appends():
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", dest="out", action="append")
    add_spelling(parser, "--output_vcf", dest="out", action="append")
    assert parser.parse_args(["-o", "a", "--output_vcf", "b"]).out == ["a", "b"]


@pytest.mark.parametrize(
    "words",
    [
        ['{"fasta_file": "hg38.fa", "intervals_file": "a.bed"}'],
        ['{fasta_file: "hg38.fa", intervals_file: "a.bed"}'],
        ["fasta_file=hg38.fa", "intervals_file=a.bed"],
    ],
)
def test_the_forms_of_loader_arguments(words):
    assert read_loader_args(words) == {"fasta_file": "hg38.fa", "intervals_file": "a.bed"}


def test_loader_arguments_from_a_file(tmp_path):
    place = tmp_path / "args.json"
    place.write_text(json.dumps({"fasta_file": "hg38.fa"}), encoding="utf-8")
    assert read_loader_args([str(place)]) == {"fasta_file": "hg38.fa"}


@pytest.mark.parametrize("words", [None, []])
def test_no_loader_arguments(words):
    assert read_loader_args(words) == {}


def test_an_unknown_key_names_the_closest():
    with pytest.raises(UnknownNameError, match="did you mean 'fasta_file'") as caught:
        read_loader_args(['{"fasta_fil": "hg38.fa"}'])
    assert caught.value.closest == ("fasta_file",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (['{"fasta_file": 3}'], "is the path of a file; got 3"),
        (["fasta_file=a.fa", "b.bed"], "KEY=VALUE words; got 'b.bed'"),
        (["hg38.fa"], "--dataloader_args takes JSON objects"),
    ],
)
def test_other_words_are_refused(words, said):
    with pytest.raises(OptionError, match=said):
        read_loader_args(words)
