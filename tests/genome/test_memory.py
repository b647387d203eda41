"""Sequences held in memory serve what a FASTA file would."""

from __future__ import annotations

import pickle

import pytest

from locuscope.errors import FormatError, InputError, WrongTypeError
from locuscope.genome.memory import MemoryRecords
from locuscope.genome.reference import Genome


def test_memory_genomes():
    genome = Genome.from_sequences({"1": "acgtN"}, assembly="toy", organism=7)
    assert genome.fetch("1", 0, 5) == "ACGTN"
    assert (genome.path, genome.organism, genome.name) == (None, 7, "memory")
    twin = pickle.loads(pickle.dumps(genome))  # noqa: S301
    assert twin.fetch("1", 0, 4, keep_case=True) == "acgt"
    assert twin.digest == genome.digest
    assert genome.digest != Genome.from_sequences({"1": "acgtC"}).digest
    for bad in ({}, {"a b": "A"}, {"1": b"AC"}):
        with pytest.raises(InputError):
            Genome.from_sequences(bad)
    with pytest.raises(FormatError, match="no base letter"):
        Genome.from_sequences({"1": "AéA"}).fetch("1", 0, 3)


def test_records_are_read_as_given():
    records = MemoryRecords({"b": "acgtN", "a": ""})
    assert list(records.lengths().items()) == [("b", 5), ("a", 0)]
    assert records.read("b", 1, 3) == b"cg"
    assert records.read("a", 0, 0) == b""
    assert records.path is None
    records.close()
    assert records.read("b", 0, 5) == b"acgtN"


@pytest.mark.parametrize(
    "other",
    [{"1": "ACGA"}, {"2": "ACGT"}, {"1": "ACGT", "2": ""}, {"1": "acgt"}, {"1": "ACG", "2": "T"}],
)
def test_the_fingerprint_knows_names_bases_and_where_they_part(other):
    prints = [MemoryRecords(given).fingerprint() for given in ({"1": "ACGT"}, {"1": "ACGT"}, other)]
    assert prints[0] == prints[1] != prints[2]


def test_what_is_no_text_is_named():
    with pytest.raises(WrongTypeError, match="bases of '1' are text, not bytes") as caught:
        MemoryRecords({"1": b"ACGT"})
    assert (caught.value.found, caught.value.expected) == ("bytes", "str")
    with pytest.raises(InputError, match="at least one sequence"):
        MemoryRecords({})
