"""Regions out of tracks: contig ends, gaps, averages, contigs that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locuscope.errors import (
    DataWarning,
    InputError,
    MissingContigError,
    MissingFileError,
    OptionError,
)
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.motifs.bigwig_extraction import extract_bigwig
from locuscope.motifs.regions import Peaks

LENGTHS = {"c1": 40, "c2": 24}


@pytest.fixture
def genome() -> Genome:
    return Genome.from_sequences({"c1": "ACGTN" * 8, "c2": "TTGCAACG" * 3})


def track(path: Path, values: dict[str, np.ndarray], lengths: dict[str, int] = LENGTHS) -> Path:
    items = [(Interval(chrom, 0, len(one)), one, 1) for chrom, one in values.items()]
    write_bigwig(path, items, lengths)
    return path


def ramp(factor: float = 1.0) -> dict[str, np.ndarray]:
    return {
        chrom: (factor * (np.arange(length) + 1)).astype(np.float32)
        for chrom, length in LENGTHS.items()
    }


def peaks(*places: tuple[str, int], width_bp: int = 8) -> Peaks:
    chroms = tuple(chrom for chrom, _ in places)
    return Peaks(
        chroms,
        np.array([int(chrom[1:]) for chrom in chroms]),
        np.array([start for _, start in places]),
        tuple(f"p{k}" for k in range(len(places))),
        width_bp,
    )


def test_scores_and_bases_lie_where_the_peaks_say(tmp_path, genome):
    found = extract_bigwig(track(tmp_path / "a.bw", ramp()), peaks(("c2", 4), ("c1", 10)), genome)
    assert found.kind == "projected"
    assert found.per_base()[0].tolist() == list(range(5, 13))
    assert np.array_equal(found.sequences[0], genome.one_hot(Interval("c2", 4, 12)))
    # The base of every fifth position of c1 is not known.
    assert found.per_base()[1].tolist() == [11, 12, 13, 14, 0, 16, 17, 18]
    assert found.chrom_ids.tolist() == [2, 1]
    assert found.intervals[1].name == "p1"


def test_both_ends_of_a_contig_are_followed_by_nothing(tmp_path, genome):
    found = extract_bigwig(track(tmp_path / "a.bw", ramp()), peaks(("c2", -3), ("c2", 20)), genome)
    assert found.per_base()[0].tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
    assert found.per_base()[1].tolist() == [21, 22, 23, 24, 0, 0, 0, 0]
    assert found.sequences.any(axis=1).sum(axis=1).tolist() == [5, 4]
    assert [place.start for place in found.intervals] == [-3, 20]


def test_an_odd_width_leaves_the_last_base_out(tmp_path, genome):
    path = track(tmp_path / "a.bw", ramp())
    found = extract_bigwig(path, peaks(("c2", 4), width_bp=7), genome)
    assert found.per_base()[0].tolist() == [5, 6, 7, 8, 9, 10]


def test_tracks_are_averaged_and_gaps_are_zero(tmp_path, genome):
    one = track(tmp_path / "a.bw", ramp())
    short = track(tmp_path / "b.bw", {"c1": ramp()["c1"], "c2": ramp(3)["c2"][:6]})
    found = extract_bigwig([one, short], peaks(("c2", 4)), genome)
    assert found.per_base()[0].tolist() == [10, 12, 3.5, 4, 4.5, 5, 5.5, 6]


def test_contigs_that_are_not_there_are_refused_or_zero(tmp_path, genome):
    path = track(tmp_path / "a.bw", {"c2": ramp()["c2"]}, {"c2": 24})
    where = peaks(("c2", 4), ("c9", 0), ("c1", 3))
    with pytest.raises(MissingContigError, match="'c9', 'c1', where 2 regions lie"):
        extract_bigwig(path, where, genome)
    with pytest.warns(DataWarning, match="2 of 3 regions lie on contigs") as caught:
        found = extract_bigwig(path, where, genome, missing_contig="zero")
    assert len(caught) == 1
    assert found.per_base()[0].tolist() == list(range(5, 13))
    assert not found.values[1:].any()
    assert not found.sequences[1:].any()
    assert found.peak_ids.tolist() == [0, 1, 2]


def test_wrong_arguments_are_refused(tmp_path, genome):
    with pytest.raises(InputError, match="no file"):
        extract_bigwig([], peaks(("c1", 0)), genome)
    with pytest.raises(MissingFileError):
        extract_bigwig(tmp_path / "none.bw", peaks(("c1", 0)), genome)
    with pytest.raises(OptionError, match="missing_contig"):
        extract_bigwig(tmp_path / "none.bw", peaks(("c1", 0)), genome, missing_contig="skip")


def test_no_peak_is_no_region(tmp_path, genome):
    found = extract_bigwig(track(tmp_path / "a.bw", ramp()), peaks(), genome)
    assert found.shape == (0, 4, 8)


def test_other_spellings_of_a_contig_are_the_same_contig(tmp_path):
    path = track(tmp_path / "a.bw", {"chr1": ramp()["c2"]}, {"chr1": 24})
    where = Peaks(("chr1",), np.array([0]), np.array([4]), ("",), 4)
    with pytest.warns(DataWarning, match="chr1 -> 1"):
        found = extract_bigwig(path, where, Genome.from_sequences({"1": "TTGCAACG" * 3}))
    assert found.per_base()[0].tolist() == [5, 6, 7, 8]
    assert found.sequences.any(axis=1).all()
