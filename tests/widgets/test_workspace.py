"""Region and Selection: shared, clamped, and honest about places they do not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, OutOfBoundsError, UnknownNameError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.widgets.workspace import MIN_WIDTH_BP, Region, Selection, around, fit

BOUNDS = Interval("20", 1_000, 3_000)


class NamedPlaces:
    """Two genes, with the calls that a region needs of `Genes`."""

    places = {"TMC2": Interval("20", 1_400, 1_600), "SIRPA": Interval("20", 2_000, 2_100)}

    def span(self, name):
        return self.places[name]

    def search(self, prefix, limit=8):
        return [name for name in self.places if name.startswith(prefix)][:limit]


def attached(start=1_500, end=1_600, genes=None):
    region = Region("20", start, end)
    region.attach(BOUNDS, genes)
    return region


class TestFit:
    @given(st.integers(0, 4_000), st.integers(1, 5_000))
    def test_stays_inside_keeps_its_width_and_has_at_least_8_bp(self, start, width):
        where = Interval("20", start, start + width)
        if not where.overlaps(BOUNDS):
            with pytest.raises(OutOfBoundsError):
                fit(where, BOUNDS)
            return
        found = fit(where, BOUNDS)
        assert BOUNDS.contains(found)
        assert found.width == min(max(width, MIN_WIDTH_BP), BOUNDS.width)
        if BOUNDS.contains(where) and width >= MIN_WIDTH_BP:
            assert found == where

    def test_small_bounds_are_shown_whole(self):
        assert fit(Interval("1", 2, 3), Interval("1", 0, 5)) == Interval("1", 0, 5)

    def test_another_contig_is_out_of_bounds(self):
        with pytest.raises(OutOfBoundsError, match=r"21:.*20:1,001-3,000"):
            fit(Interval("21", 1_500, 1_600), BOUNDS)


def test_around_never_starts_before_the_contig():
    assert around(Interval("1", 3, 4), 100) == Interval("1", 0, 100)
    assert around(Interval("1", 100, 300), 50).width == 200


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 3), (-1, 4)])
def test_a_region_needs_an_ordered_range(start, end):
    with pytest.raises(InputError, match=f"start={start}"):
        Region("20", start, end)


class TestGoto:
    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            (Interval("20", 1_100, 1_200), Interval("20", 1_100, 1_200)),
            ("20:1,101-1,200", Interval("20", 1_100, 1_200)),
            ("chr20:1101-1200", Interval("20", 1_100, 1_200)),
            (" 20:2,001 ", Interval("20", 1_950, 2_050)),
            (Variant("20", 2_001, "G", "A"), Interval("20", 1_950, 2_050)),
            ("TMC2", Interval("20", 1_390, 1_610)),
        ],
    )
    def test_takes_intervals_variants_loci_and_genes(self, place, expected):
        region = attached(genes=NamedPlaces())
        region.goto(place)
        assert region.interval == expected

    def test_an_unknown_name_lists_the_close_ones(self):
        with pytest.raises(UnknownNameError, match="TMC2") as caught:
            attached(genes=NamedPlaces()).goto("TMC3")
        assert "TMC2" in caught.value.closest

    def test_a_name_without_genes_says_so(self):
        with pytest.raises(UnknownNameError, match="0 known names"):
            attached().goto("TMC2")

    @pytest.mark.parametrize("place", [3, None, ["20:1-2"]])
    def test_other_objects_are_refused(self, place):
        with pytest.raises(WrongTypeError, match="goto takes"):
            attached().goto(place)

    def test_a_place_that_is_not_loaded_leaves_the_region_alone(self):
        region = attached()
        with pytest.raises(OutOfBoundsError):
            region.goto("20:900,001-900,100")
        assert region.interval == Interval("20", 1_500, 1_600)

    def test_without_bounds_every_place_is_fine(self):
        region = Region("20", 5, 50)
        region.goto("7:1,001-1,100")
        assert region.interval == Interval("7", 1_000, 1_100)


class TestSequenceNumbers:
    def test_every_change_counts_and_the_page_number_is_never_undercut(self):
        region = attached()
        assert region.seq == 0
        region.move(Interval("20", 1_000, 1_100))
        assert region.seq == 1
        region.move(Interval("20", 1_000, 1_200), seq=9)
        assert region.seq == 9
        region.move(Interval("20", 1_000, 1_300), seq=4)
        assert region.seq == 9
        region.end = 1_400
        assert region.seq == 10

    def test_observers_see_a_move_once_and_whole(self):
        region = attached()
        seen = []
        region.observe(lambda _: seen.append(region.interval), ["start", "end"])
        region.move(Interval("20", 2_000, 2_900))
        assert set(seen) == {Interval("20", 2_000, 2_900)}


class TestSharing:
    def test_bounds_of_all_widgets_count_until_they_leave(self):
        region = attached()
        wide = Interval("20", 2_500, 9_000)
        region.attach(wide, None)
        region.goto("20:8,001-8,100")
        region.detach(wide)
        with pytest.raises(OutOfBoundsError):
            region.goto("20:8,001-8,100")

    def test_one_region_is_on_one_contig(self):
        with pytest.raises(InputError, match="21"):
            attached().attach(Interval("21", 0, 10), None)

    def test_scopes_differ(self):
        assert Region("1", 0, 10).scope != Region("1", 0, 10).scope


class TestSelection:
    def test_parts_are_set_together_and_absent_ones_are_empty(self):
        selection = Selection(start=3, end=9, tracks=[1, 2])
        assert (selection.width_bp, selection.tracks) == (6, (1, 2))
        selection.choose(positions=[5])
        assert (selection.start, selection.end, selection.tracks) == (None, None, ())
        assert selection.positions == (5,)
        assert selection.width_bp == 0

    def test_unknown_parts_are_named(self):
        with pytest.raises(UnknownNameError, match="colour"):
            Selection().choose(colour=3)

    @pytest.mark.parametrize("ends", [{"start": 3}, {"end": 3}, {"start": 5, "end": 5}])
    def test_half_a_range_is_refused(self, ends):
        with pytest.raises(InputError):
            Selection(**ends)

    def test_repr_speaks_one_based(self):
        assert repr(Selection(start=999, end=2_000, tracks=[1])) == (
            "Selection(1,000-2,000, 1 track, 0 positions)"
        )
