"""Exact lengths of chromosomes tell the assembly."""

from __future__ import annotations

import pytest

from locuscope.genome.assemblies import file_of, organism_of, recognise
from locuscope.genome.reference import Genome


@pytest.mark.parametrize(
    ("lengths", "assembly", "organism"),
    [
        ({"chr1": 249_250_621}, "GRCh37", 0),
        ({"1": 248_956_422, "MT": 16_569}, "GRCh38", 0),
        ({"chr20": 63_025_520}, "GRCh37", 0),
        ({"chr1": 248_387_328}, "T2T-CHM13", 0),
        ({"chr1": 195_471_971}, "mm10", 1),
        ({"chr1": 195_154_279}, "mm39", 1),
        ({"chr2R": 21_146_708}, "dm3", None),
        ({"2R": 25_286_936}, "dm6", None),
        ({"chr1": 249_250_621, "chr20": 64_444_167}, None, None),
        ({"chr1": 1000}, None, None),
    ],
)
def test_assemblies(lengths, assembly, organism):
    slices = {name: [(name, 0)] for name in lengths}
    genome = Genome.from_sequences(dict.fromkeys(lengths, "A"), slices=slices, lengths=lengths)
    assert (genome.assembly, genome.organism) == (assembly, organism)


@pytest.mark.parametrize(
    ("lengths", "assembly"),
    [
        ({}, None),
        ({"x": 5}, None),
        ({"20": 63_025_520, "decoy": 9}, "GRCh37"),
        ({"CHR20": 63_025_520}, None),
        # one chromosome of another length speaks against an assembly, however many agree
        ({"chr1": 248_956_422, "chr2": 242_193_529, "chrX": 155_270_560}, None),
        ({"chr1": 248_956_422, "chrM": 16_571}, "GRCh38"),
    ],
)
def test_lengths_tell_and_names_do_not(lengths, assembly):
    assert recognise(lengths) == assembly


@pytest.mark.parametrize(
    ("assembly", "organism", "file"),
    [
        ("GRCh37", 0, "hg19.fa"),
        ("GRCh38", 0, "hg38.fa"),
        ("hg19", 0, "hg19.fa"),
        ("T2T-CHM13", 0, "hs1.fa"),
        ("mm39", 1, "mm39.fa"),
        ("dm6", None, "dm6.fa"),
        (None, None, "genome.fa"),
    ],
)
def test_organism_and_usual_file_of_an_assembly(assembly, organism, file):
    assert organism_of(assembly) == organism
    assert file_of(assembly) == file
