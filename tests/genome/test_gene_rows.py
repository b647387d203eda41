"""Rows and faults of gene readers: raised at once or counted, and the grammar of a place."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import DataWarning, FormatError
from locuscope.genome.gene_rows import Faults, GeneRows, place


def fields(chrom="1", start="5", end="9", strand="+"):
    return [chrom, "toy", "exon", start, end, ".", strand, ".", ""]


def test_a_fault_raises_with_its_line():
    with pytest.raises(FormatError, match=r"toy\.gtf:7: no Parent") as caught:
        Faults("toy.gtf", "raise").report(7, "no Parent", ("t", "1"))
    assert (caught.value.path, caught.value.line) == ("toy.gtf", 7)
    assert "on_bad='skip'" in str(caught.value)
    with pytest.raises(FormatError, match=r"^the tables: no Parent"):
        Faults("the tables", "raise").report(None, "no Parent")


def test_faults_are_counted_by_transcript_and_by_line():
    faults = Faults("toy.gtf", "skip")
    for line in (1, 2):
        faults.report(line, "bad", ("t", "1"))
    faults.report(3, "bad", ("t", "2"))
    faults.report(4, "bad")
    assert faults.transcripts == {("t", "1"), ("t", "2")}
    with pytest.warns(DataWarning, match=r"toy\.gtf: 2 transcripts and 1 single lines") as told:
        faults.say()
    assert len(told) == 1


def test_nothing_is_said_of_a_good_file():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Faults("toy.gtf", "skip").say()


def test_what_is_known_of_a_gene_stays():
    rows = GeneRows()
    rows.name("g", None, None)
    rows.name("g", "N", None)
    rows.name("g", "M", "lncRNA")
    rows.name("g", "O", "other")
    assert rows.names == {"g": ("N", "lncRNA")}


@given(st.integers(1, 2**31 - 1), st.integers(0, 10**6), st.sampled_from("+-.?"))
def test_places_become_half_open(start, extra, strand):
    end = min(start + extra, 2**31 - 1)
    found = place(fields(start=str(start), end=str(end), strand=strand))
    assert found == ("1", start - 1, end, "." if strand == "?" else strand)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"chrom": ""}, "the contig is empty"),
        ({"start": "0"}, "'0' is no 1-based position"),
        ({"start": "-5"}, "'-5' is no 1-based position"),
        ({"end": "9.0"}, "'9.0' is no 1-based position"),
        ({"end": ""}, "'' is no 1-based position"),
        ({"end": str(2**31)}, "is no 1-based position"),
        ({"end": "9" * 5_000}, "is no 1-based position"),
        ({"start": "٣"}, "is no 1-based position"),
        ({"start": "10"}, "start 10 is right of end 9"),
        ({"strand": "*"}, "strand '*' is none of '+', '-', '.', '?'"),
        ({"strand": ""}, "strand '' is none of"),
    ],
)
def test_places_that_are_none_are_explained(changed, words):
    found = place(fields(**changed))
    assert isinstance(found, str)
    assert words in found
    assert len(found) < 120
