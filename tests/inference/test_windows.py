"""Windows and bins: what a model reads for a place, and which of its bins cover the place."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import demo
from locuscope.errors import (
    DataWarning,
    MissingContigError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.selection import choose
from locuscope.inference.windows import (
    Bins,
    bins_over,
    check_available,
    default_place,
    fetch_windows,
    input_window,
    warn_unknown,
    widest_bin,
    widest_crop,
)
from locuscope.models.protocol import HeadSpec


class Model:
    """The statements of a model; nothing is run here."""

    name, catalog, inputs, default_width_bp = "model", None, (1,), None

    def __init__(self, heads, window_bp=None, valid=lambda length: True):
        self.heads = {head.name: head for head in heads}
        self.window_bp = window_bp
        self.valid = valid

    def check_length(self, length_bp):
        if not self.valid(length_bp):
            message = f"{length_bp} is no valid length"
            raise ShapeError(message, found=length_bp)


places = st.tuples(st.integers(-50, 5_000), st.integers(1, 300)).map(
    lambda pair: Interval("1", pair[0], pair[0] + pair[1])
)


@given(places, st.sampled_from([1, 4, 32]), st.integers(0, 40), st.sampled_from([1, 16, 96]))
def test_bins_cover_the_place_and_no_more(place, resolution, crop, step):
    """Any length that is a multiple of `step` plus the crops is valid."""
    head = HeadSpec("a", (resolution,), 1, crop_bp=crop)
    model = Model([head], valid=lambda length: (length - 2 * crop) % step == 0)
    window = input_window(model, place, choose(model))
    model.check_length(window.width)
    assert window.start + crop <= place.start < place.end <= window.end - crop
    bins = bins_over(place, window, head, resolution)
    assert bins.covered.start == window.start + crop + bins.first * resolution
    assert bins.covered.width == (bins.stop - bins.first) * resolution
    assert bins.covered.start <= place.start < place.end <= bins.covered.end
    assert place.start - bins.covered.start < resolution
    assert bins.covered.end - place.end < resolution


@given(places)
def test_places_of_one_width_use_the_same_bins_of_their_windows(place):
    """One slice cuts a whole batch, wherever its places lie."""
    head = HeadSpec("a", (4,), 1, crop_bp=10)
    for model in (Model([head], window_bp=400), Model([head])):
        first = bins_over(place, input_window(model, place, choose(model)), head, 4)
        moved = place.shift(17)
        second = bins_over(moved, input_window(model, moved, choose(model)), head, 4)
        assert (first.first, first.stop) == (second.first, second.stop)


def test_the_strand_is_a_label_of_the_place_alone():
    head = HeadSpec("a", (1,), 1)
    place = Interval("1", 10, 20, "-", "gene")
    window = input_window(Model([head]), place, choose(Model([head])))
    assert (window.strand, window.name) == (".", None)
    assert bins_over(place, window, head, 1).covered == place


def test_the_widest_crop_and_bin_decide():
    heads = [HeadSpec("a", (1,), 1, crop_bp=5), HeadSpec("b", (8,), 1, crop_bp=2)]
    model = Model(heads)
    window = input_window(model, Interval("1", 100, 110), choose(model))
    assert (window.start, window.width) == (95, 16 + 10)
    only = input_window(model, Interval("1", 100, 110), choose(model, heads=["b"]))
    assert (only.start, only.width) == (98, 16 + 4)


def test_a_model_that_accepts_no_length_says_so_itself():
    model = Model([HeadSpec("a", (1,), 1)], valid=lambda length: False)
    with pytest.raises(ShapeError, match="10 is no valid length"):
        input_window(model, Interval("1", 0, 10), choose(model))


def test_the_default_place_follows_the_models_width(genome):
    heads = [HeadSpec("a", (1,), 1, crop_bp=10)]
    model = Model(heads, window_bp=100)
    center = Interval("1", 300, 301)
    assert default_place(model, center, genome, choose(model)) == Interval("1", 260, 340)
    model = Model(heads)
    model.default_width_bp = 60
    assert default_place(model, center, genome, choose(model)).width == 40
    assert default_place(model, Interval("1", 595, 596), genome, choose(model)).end == 600
    model.default_width_bp = None
    with pytest.raises(OptionError, match="no default width"):
        default_place(model, center, genome, choose(model))
    model.default_width_bp = 20
    with pytest.raises(OptionError, match="leaves no base inside its crops"):
        default_place(model, center, genome, choose(model))


def test_a_place_longer_than_a_fixed_window_predicts():
    model = Model([HeadSpec("a", (1,), 1, crop_bp=10)], window_bp=100)
    window = input_window(model, Interval("1", 200, 280), choose(model))
    assert (window.start, window.end) == (190, 290)
    with pytest.raises(ShapeError, match="model predicts 80 bases in its window of 100") as caught:
        input_window(model, Interval("1", 200, 281), choose(model))
    assert (caught.value.found, caught.value.expected) == (81, 80)


def test_a_value_per_window_has_one_bin():
    head = HeadSpec("a", (), 1)
    place = Interval("1", 10, 20)
    assert bins_over(place, Interval("1", 0, 100), head, 0) == Bins(0, 1, place)


def test_crop_and_bin_over_all_heads():
    heads = [HeadSpec("a", (1, 128), 1, crop_bp=5), HeadSpec("b", (), 1, crop_bp=9)]
    model = Model(heads)
    assert (widest_crop(choose(model)), widest_bin(choose(model))) == (9, 128)
    only = choose(model, heads=["b"])
    assert (widest_crop(only), widest_bin(only)) == (9, 1)


class TestAgainstAGenome:
    @pytest.fixture
    def part(self, contig):
        return Genome.from_sequences(
            {"part": contig[100:300]}, lengths={"1": 600}, slices={"1": [("part", 100)]}, name="cut"
        )

    def check(self, place, margin, genome):
        window = Interval(place.chrom, place.start - margin, place.end + margin)
        check_available(Model([HeadSpec("a", (1,), 1)]), place, window, genome)

    @pytest.mark.parametrize(
        ("start", "end", "margin", "words"),
        [
            (102, 150, 5, "missing are 3 bases on the left"),
            (250, 298, 5, "missing are 3 bases on the right"),
            (102, 298, 5, "missing are 3 bases on the left and 3 bases on the right"),
            (90, 310, 0, "missing are 20 bases inside it"),
            (90, 120, 5, "missing are 5 bases on the left and 10 bases inside it"),
            (
                400,
                410,
                5,
                "missing are 5 bases on the left and 10 bases inside it and 5 bases on the right",
            ),
        ],
    )
    def test_what_a_slice_lacks_is_counted_on_each_side(self, part, start, end, margin, words):
        with pytest.raises(OutOfBoundsError) as caught:
            self.check(Interval("1", start, end), margin, part)
        assert f"cut holds 1:101-300: {words}" in str(caught.value)
        assert caught.value.contig_length == 600

    def test_a_window_may_leave_the_contig_but_a_place_may_not(self, genome):
        self.check(Interval("1", 0, 600), 50, genome)
        for place in (Interval("1", -1, 5), Interval("1", 595, 601), Interval("9", 0, 5)):
            with pytest.raises((OutOfBoundsError, MissingContigError)):
                self.check(place, 50, genome)

    def test_windows_beyond_the_contig_are_filled_with_n(self, genome, contig):
        windows = [Interval("1", -3, 7), Interval("1", 595, 605)]
        found = fetch_windows(windows, genome)
        assert (found.shape, found.dtype) == ((2, 4, 10), np.uint8)
        assert found[0].sum(axis=0).tolist() == [0] * 3 + [1] * 7
        assert found[1].sum(axis=0).tolist() == [1] * 5 + [0] * 5
        with pytest.warns(DataWarning, match="2 of 2 windows leave .* padded with 8 N") as told:
            warn_unknown(windows, found, genome)
        assert len(told) == 1

    @pytest.mark.parametrize(("start", "is_said"), [(285, False), (280, True), (294, False)])
    def test_more_than_half_of_n_is_said(self, genome, start, is_said):
        """Contig 2 is N up to base 300; 10 of 20 bases are not more than half."""
        windows = [Interval("2", start + 5, start + 25), Interval("2", 400, 420)]
        found = fetch_windows(windows, genome)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            warn_unknown(windows, found, genome)
        assert [str(entry.message).split(" in toy")[0] for entry in told] == (
            ["1 of 2 windows are more than half N"] if is_said else []
        )


def test_of_many_embedded_parts_the_nearest_is_named():
    """The embedded fly genome has a thousand windows: their list is no message."""
    fly, place = demo.genome("fly"), Interval("chr2R", 18_021_900, 18_022_100)
    with pytest.raises(OutOfBoundsError) as caught:
        check_available(Model([HeadSpec("a", (), 1)]), place, place, fly)
    said = str(caught.value)
    assert "1,024 parts of it, the nearest chr2R:18,021,331-18,021,842: missing" in said
    assert len(said) < 300
