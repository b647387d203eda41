"""The embedded Drosophila windows and peaks, counted and placed."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope import demo
from locuscope.demo.fly import windows
from locuscope.errors import OutOfBoundsError, UnknownNameError

COUNTS = {"suHw": (647, 609), "BEAF": (582, 560), "CTCF": (386, 465), "CP190": (957, 946)}


def test_the_genome_holds_1024_windows_of_512_bases():
    genome = demo.genome("fly")
    assert genome.lengths == {"chr2R": 21_146_708}
    assert genome.assembly == "dm3"
    places = windows()
    assert len(places) == 1_024
    assert {place.width for place in places} == {512}
    assert {place.chrom for place in places} == {"chr2R"}
    assert min(place.start for place in places) >= 16_000_000
    assert [place.start for place in places] == sorted(place.start for place in places)
    assert demo.genome("fly") is genome


def test_windows_hold_plain_bases_and_what_is_outside_is_an_error():
    genome = demo.genome("fly")
    for place in windows()[::50]:
        assert set(genome.fetch(place)) <= set("ACGT")
    first = windows()[0]
    with pytest.raises(OutOfBoundsError, match="dm3"):
        genome.fetch("chr2R", first.start - 1, first.end)
    with pytest.raises(OutOfBoundsError):
        genome.fetch("chr2R", 0, 10, pad=True)


@pytest.mark.parametrize("protein", COUNTS)
def test_peaks_are_counted(protein):
    found = [len(demo.insulators(protein, cell)) for cell in ("Kc", "Mbn2")]
    assert tuple(found) == COUNTS[protein]
    assert len(demo.insulators(protein)) == sum(found)
    assert set(demo.insulators(protein).table["name"]) == {f"{protein}_Kc", f"{protein}_Mbn2"}


def test_all_peaks_and_one_cell_line():
    assert len(demo.insulators()) == 5_152
    assert len(demo.insulators(cell="Kc")) == sum(kc for kc, _ in COUNTS.values())
    starts = demo.insulators().table["chromStart"].to_numpy()
    assert (np.diff(starts) >= 0).all()


@pytest.mark.parametrize("names", [{"protein": "su(Hw)"}, {"protein": ""}, {"cell": "S2"}])
def test_unknown_names_list_the_known(names):
    with pytest.raises(UnknownNameError, match="No insulator") as caught:
        demo.insulators(**names)
    assert caught.value.known in (["suHw", "BEAF", "CTCF", "CP190"], ["Kc", "Mbn2"])


def test_a_quarter_of_the_windows_stands_at_peaks():
    middles = np.sort(demo.insulators().centers())
    centers = np.array([place.start + 256 for place in windows()])
    nearest = np.abs(middles[:, None] - centers).min(axis=0)
    assert (nearest <= 250).sum() == 256
    assert (nearest >= 1_000).sum() == 768
