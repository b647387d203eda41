"""Where the windows of alleles lie: regions, several windows, shared ones, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.effects.windows.window_places import Refusal, WindowPlaces, window_width
from locuscope.errors import MissingContigError, OptionError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from locuscope.models.mtsplice import MTSplice
from locuscope.models.mtsplice_model import MTSpliceModel
from locuscope.models.protocol import InputSpec
from tests.effects import toy
from tests.oracles import window_oracle

TEXT = toy.sequence()
GENOME = toy.genome()
ONE = (InputSpec("sequence"),)
REGIONS = (
    Interval("1", 50, 90),
    Interval("1", 60, 160),
    Interval("2", 60, 160),
    Interval("1", 80, 119),
    Interval("1", 90, 130),
)


def snv(pos: int, chrom: str = "1") -> Variant:
    base = GENOME.fetch(chrom, pos - 1, pos)
    return Variant(chrom, pos, base, "A" if base != "A" else "C")


def places_of(variants, placement, width=toy.WIDTH, inputs=ONE):
    return WindowPlaces(GENOME, placement, width, inputs).of(variants)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=12), st.sampled_from(["nearest", "all"]))
def test_restricted_windows_equal_the_scan(positions, multi):
    place = Placement(mode="restricted", regions=REGIONS, multi=multi)
    regions = [(r.chrom, r.start, r.end) for r in REGIONS]
    found = places_of([snv(pos) for pos in positions], place)
    for one, pos in zip(found, positions, strict=True):
        expected = window_oracle.restricted(regions, "1", pos, toy.WIDTH)
        best = window_oracle.nearest(expected, pos, toy.WIDTH)
        if multi == "nearest":
            expected = [] if best is None else [best]
        if not expected:
            assert isinstance(one, Refusal)
            assert one.status == "outside_regions"
            assert "5 regions" in one.reason
            continue
        assert [item.window.start for item in one] == [start for _, start in expected]
        assert all(item.window.width == toy.WIDTH and item.example == -1 for item in one)


@pytest.mark.parametrize("multi", ["nearest", "all"])
@pytest.mark.parametrize("n_ref", [1, 6])
def test_overlapping_windows_equal_the_scan(multi, n_ref):
    windows = [Interval("1", start, start + 40) for start in (100, 80, 90, 80, 300)]
    regions = [(r.chrom, r.start, r.end) for r in windows]
    place = Placement(mode="overlap", regions=windows, multi=multi)
    for pos in range(70, 145):
        allele = Variant("1", pos, TEXT[pos - 1 : pos - 1 + n_ref], "A" if n_ref > 1 else "G")
        (one,) = places_of([allele], place)
        expected = window_oracle.overlapping(regions, "1", pos, n_ref)
        best = window_oracle.nearest(expected, pos, 40)
        if multi == "nearest":
            expected = [] if best is None else [best]
        starts = [] if isinstance(one, Refusal) else [item.window.start for item in one]
        assert starts == [start for _, start in expected]


def test_regions_come_from_a_bed_file_under_an_alias(tmp_path):
    path = tmp_path / "allowed.bed"
    path.write_text("1\t50\t150\nchr2\t10\t60\n", encoding="utf-8")
    place = Placement(mode="restricted", regions=path)
    with pytest.warns(UserWarning, match="'chr2'"):
        opener = WindowOpener(GENOME, place, 40)
    found = list(opener.open([(0, snv(100)), (1, snv(30, "2")), (2, snv(30))]))
    starts = [one.window.window.start if one.window else None for one in found]
    assert starts == [80, 10, None]
    assert found[2].refusal is not None
    assert found[2].refusal[0] == "outside_regions"
    path.write_text("7\t50\t150\n", encoding="utf-8")
    with pytest.raises(MissingContigError):
        WindowOpener(GENOME, place, 40)


def test_all_windows_of_an_allele_are_numbered_and_a_row_without_any_stays():
    place = Placement(mode="restricted", regions=REGIONS, multi="all")
    opener = WindowOpener(GENOME, place, toy.WIDTH)
    found = list(opener.open([(7, snv(100)), (8, snv(300)), (9, snv(70))]))
    assert [(one.row, one.window_index, one.window is None) for one in found] == [
        (7, 0, False),
        (7, 1, False),
        (8, 0, True),
        (9, 0, False),
        (9, 1, False),
    ]


@pytest.mark.parametrize("share_bp", [0, 5, 20])
def test_shared_windows_hold_every_variant_of_a_cluster(share_bp):
    positions = [100, 101, 106, 118, 200, 104]
    places = places_of([snv(pos) for pos in positions], Placement(share_bp=share_bp))
    starts = [one[0].window.start for one in places]
    for start, pos in zip(starts, positions, strict=True):
        assert start <= pos - 1 < start + toy.WIDTH
        assert abs(start - (pos - toy.WIDTH // 2)) <= share_bp
    expected = {0: 6, 5: 4, 20: 2}[share_bp]
    assert len(set(starts)) == expected


def test_shared_windows_depend_only_on_the_alleles_of_the_call():
    opener = WindowOpener(GENOME, Placement(share_bp=10), toy.WIDTH)
    alone = [one.window.window for one in opener.open([(0, snv(100))])]
    both = [one.window.window for one in opener.open([(0, snv(100)), (1, snv(108))])]
    assert alone[0].start == 80
    assert [window.start for window in both] == [84, 84]


def test_too_long_is_said_before_a_missing_region():
    place = Placement(mode="restricted", regions=REGIONS)
    allele = Variant("1", 400, TEXT[399], TEXT[399] + "A" * 30)
    (one,) = places_of([allele], place)
    assert isinstance(one, Refusal)
    assert one.status == "too_long"


def test_options_that_do_not_fit_together_are_refused():
    arrays = (*ONE, InputSpec("cells", kind="array"))
    with pytest.raises(OptionError, match="'cells' beside the bases"):
        WindowPlaces(GENOME, Placement(), 40, arrays)
    with pytest.raises(OptionError, match="reads its windows from a genome"):
        WindowPlaces(None, Placement(), 40, ONE)
    with pytest.raises(OptionError, match="half a window"):
        WindowPlaces(GENOME, Placement(share_bp=21), 40, ONE)
    wide = Placement(mode="overlap", regions=[REGIONS[0]] * 4 + [REGIONS[1]])
    with pytest.raises(ShapeError, match="1 of 5 regions"):
        WindowPlaces(GENOME, wide, 40, ONE)


def test_contigs_of_a_loader_are_matched_without_a_genome():
    batch = ModelBatch(np.zeros((1, 4, 40), np.uint8), [Interval("chr1", 80, 120)])
    found = WindowPlaces(None, Placement(mode="overlap", regions=[batch]), 40, ONE)
    named, other = found.of([snv(100), Variant("5", 100, "A", "C")])
    assert named == [(Interval("chr1", 80, 120), 0)]
    assert isinstance(other, Refusal)
    assert other.status == "outside_regions"


def test_the_width_of_a_window_comes_from_the_placement_or_the_model():
    assert window_width(toy.model(), Placement()) == toy.WIDTH
    assert window_width(toy.model(window_bp=None), Placement(width_bp=64)) == 64
    with pytest.raises(OptionError, match="width_bp"):
        window_width(toy.model(window_bp=None), Placement())
    with pytest.raises(ShapeError):
        window_width(toy.model(), Placement(width_bp=64))
    with pytest.raises(OptionError, match="'tissue_effect'"):
        window_width(MTSpliceModel(MTSplice(1)), Placement())
