"""Starts and exons in windows: the reference bins, places at both ends, doors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import EmptySelectionError, OutOfBoundsError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.inference.gene_sites import (
    GeneSeq,
    exon_bins,
    exon_sites,
    tss_bins,
    tss_sites,
)

CASES = json.loads((Path(__file__).parent / "data" / "places.json").read_text())["tss"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_reference_bins(case):
    first, stop, is_inside = tss_bins(
        case["tss"],
        case["seq_start"],
        crop_bp=case["crop_bp"],
        resolution_bp=case["bin"],
        radius=case["radius"],
        n_bins=case["bins"],
    )
    assert [first, stop] == case["window"]
    assert first + case["radius"] == case["bin_index"]
    assert is_inside == case["inside"]


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(0, 10), st.sampled_from([1, 3, 8]))
def test_exon_bins_are_those_that_share_a_base(start, width, crop, resolution):
    window = Interval("1", 0, 64)
    n_bins = (64 - 2 * crop) // resolution
    places = [Interval("1", start, start + width), Interval("1", start + 2, start + 4)]
    expected = sorted(
        {(base - crop) // resolution for p in places for base in range(p.start, p.end)}
    )
    bins, is_inside = exon_bins(
        places, window, crop_bp=crop, resolution_bp=resolution, n_bins=n_bins
    )
    assert bins.tolist() == expected
    assert is_inside == (expected[0] >= 0 and expected[-1] < n_bins)


class TestWindows:
    def test_a_start_is_read_in_the_nearest_window(self, genome, annotation):
        windows = [Interval("1", 0, 64), Interval("1", 90, 154), Interval("1", 80, 144)]
        sites = tss_sites(annotation, genome, 0, windows)
        found = {site.name: site.window for site in sites}
        assert found["t1"] == windows[2]
        assert found["t3"] is None

    def test_a_window_is_centred_on_its_start(self, genome, annotation):
        sites = tss_sites(annotation, genome, 64, None)
        assert [(s.name, s.gene, s.position, s.strand) for s in sites] == [
            ("t1", "g1", 110, "+"),
            ("t2", "g1", 130, "+"),
            ("t3", "g2", 399, "-"),
        ]
        assert [s.window.start for s in sites] == [78, 98, 367]

    def test_exons_lie_in_the_middle_of_their_window(self, genome):
        exons = {"g": [Interval("1", 100, 110, "-"), Interval("1", 140, 160, "-")]}
        (site,) = exon_sites(exons, genome, 64)
        assert (site.window, site.strand) == (Interval("1", 98, 162), "-")


class TestDoors:
    def test_a_start_is_four_words(self):
        for wrong in (("t", "g", 3), ("t", "g", 3, "x"), ("t", "g", "a", "+"), "tg3+"):
            with pytest.raises(WrongTypeError):
                GeneSeq(Interval("1", 0, 64), [wrong])
        with pytest.raises(WrongTypeError, match="expected an Interval"):
            GeneSeq("1:1-64", [])
        assert GeneSeq(Interval("1", 0, 64), [["t", "g", np.int64(3), "+"]]).tss[0][2] == 3

    @pytest.mark.fault("F1")
    def test_a_start_beyond_its_contig(self, annotation, contig):
        from locuscope.genome.reference import Genome

        short = Genome.from_sequences({"1": contig[:390]}, name="short")
        with pytest.raises(OutOfBoundsError, match="1:400-400 is outside its contig of 390"):
            tss_sites(annotation, short, 64, None)

    def test_nothing_and_something_else(self, genome):
        with pytest.raises(EmptySelectionError, match="no transcription start"):
            tss_sites([], genome, 64, None)
        for wrong in (3, "genes.gtf", [Interval("1", 0, 4)]):
            with pytest.raises(WrongTypeError, match="expected Genes, or GeneSeq"):
                tss_sites(wrong, genome, 64, None)
        with pytest.raises(WrongTypeError, match="mapping gene"):
            exon_sites([Interval("1", 0, 4)], genome, 64)
        with pytest.raises(EmptySelectionError, match="holds no gene"):
            exon_sites({}, genome, 64)
        with pytest.raises(EmptySelectionError, match="'g' has no exon"):
            exon_sites({"g": []}, genome, 64)
        with pytest.raises(WrongTypeError, match="the exons of 'g'"):
            exon_sites({"g": [(3, 4)]}, genome, 64)
        with pytest.raises(OutOfBoundsError, match="one window is on one contig"):
            exon_sites({"g": [Interval("1", 0, 4), Interval("2", 0, 4)]}, genome, 64)
        with pytest.raises(OutOfBoundsError, match="outside its contig of 600"):
            exon_sites({"g": [Interval("1", 590, 604)]}, genome, 64)
