from __future__ import annotations

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.files.base_tracks import base_values
from locuscope.errors import FormatError, InputError, NonFiniteError, OptionError
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from tests.attribution.files.made import PLACES, TEXTS, made

LENGTHS = {"chr1": 500, "chr2": 300, "chr3": 9}


def expected(given):
    """Value of every base that is there, one by one."""
    found = {}
    for place, text, row in zip(given.intervals, TEXTS, given.per_base(), strict=True):
        for i, base in enumerate(text):
            at = place.end - 1 - i if place.strand == "-" else place.start + i
            if base != "N":
                found[place.chrom, at] = row[i]
    return found


def test_both_tracks_equal_the_values(tmp_path):
    given = made()
    truth = expected(given)
    lines = given.save(tmp_path / "a.bedgraph").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    assert [(row[0], int(row[1])) for row in rows] == sorted(truth)
    for chrom, start, end, value in rows:
        assert int(end) == int(start) + 1
        assert np.float32(value) == truth[chrom, int(start)]
    path = given.save(tmp_path / "a.bw", lengths=LENGTHS)
    with BigWig(path) as track:
        assert track.lengths == {"chr1": 500, "chr2": 300}
        for place in PLACES:
            values = track.values(Interval(place.chrom, place.start, place.end))
            there = [truth.get((place.chrom, at), np.nan) for at in range(place.start, place.end)]
            np.testing.assert_array_equal(values, np.array(there, np.float32))
    genome = Genome.from_sequences({name: "A" * n for name, n in LENGTHS.items()})
    again = given.save(tmp_path / "b.bigwig", lengths=genome)
    assert again.read_bytes() == path.read_bytes()


def test_bases_of_several_examples():
    places = (Interval("1", 0, 3), Interval("1", 1, 4), Interval("1", 2, 5))
    values = np.array([1.0, 3.0, 8.0])[:, None, None] * np.ones((3, 4, 3))
    values[1, :, 1] = np.nan
    given = Contributions(values, one_hot(["AAA"] * 3), intervals=places)
    with pytest.raises(InputError, match="3 bases stand in several"):
        base_values(given, "error")
    for overlap, there in (("mean", [1, 2, 4.5, 5.5, 8]), ("first", [1, 1, 1, 3, 8])):
        (found,) = base_values(given, overlap)
        assert found.starts.tolist() == [0, 1, 2, 3, 4] and found.values.tolist() == there


@pytest.mark.fault("V4")
def test_tracks_that_cannot_be_written(tmp_path):
    given = made()
    with pytest.raises(OptionError, match="lengths=, a genome"):
        given.save(tmp_path / "a.bw")
    with pytest.raises(InputError, match="leaves the contig of 205 bases"):
        given.save(tmp_path / "a.bw", lengths={**LENGTHS, "chr1": 205})
    with pytest.raises(InputError, match="no places"):
        made(None).save(tmp_path / "a.bw", lengths=LENGTHS)
    with pytest.raises(OptionError, match=r"lengths=dict belongs to \.bigwig, \.bw; got npz"):
        given.save(tmp_path / "a.npz", lengths=LENGTHS)
    infinite = Contributions(given.values * np.inf, given.sequences, intervals=PLACES)
    with pytest.raises(NonFiniteError, match="27 bases have an infinite value"):
        infinite.save(tmp_path / "a.bedgraph")
    assert not list(tmp_path.iterdir())
    for name, words in (("a.bedgraph", "bedgraph"), ("a.bw", "bigwig"), ("a.bed", "bed")):
        more = {"lengths": LENGTHS} if name == "a.bw" else {}
        with pytest.raises(FormatError, match=f"looks like {words}, .* and no examples"):
            Contributions.open(given.save(tmp_path / name, **more))
