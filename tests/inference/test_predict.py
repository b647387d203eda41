"""predict: places equal the plain loop, sequences of every form, doors refuse with a sentence."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    InputError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles import predict_oracle as oracle


def plain(model, contig, start, end):
    """The network on one window, evaluation mode, as numbers."""
    model.module.eval()
    x = torch.from_numpy(oracle.one_hot(oracle.window_text(contig, start, end)))
    with torch.inference_mode():
        return model.module(x[None])


class TestPlaces:
    def test_a_place_is_the_middle_of_its_window(self, bases, genome, contig):
        place = Interval("1", 100, 160)
        values = predict(bases, place, genome).signal[1]
        assert tuple(values.shape) == (1, 60, 3)
        assert values.interval == place
        assert torch.allclose(values.tensor, plain(bases, contig, 95, 165), atol=1e-6)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    @given(st.integers(0, 560), st.integers(1, 40))
    def test_any_place_equals_the_plain_loop(self, bases, genome, contig, start, width):
        place = Interval("1", start, start + width)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            values = predict(bases, place, genome).signal[1]
        expected = plain(bases, contig, start - 5, start + width + 5)
        assert torch.allclose(values.tensor, expected, atol=1e-6)

    def test_several_places_keep_their_order(self, bases, genome):
        places = [Interval("1", start, start + 20) for start in (300, 40, 170)]
        out = predict(bases, places, genome)
        assert out.intervals == tuple(places)
        assert out.interval is None
        for row, place in enumerate(places):
            alone = predict(bases, place, genome).signal[1].tensor
            assert torch.allclose(out.signal[1].tensor[row : row + 1], alone, atol=1e-6)

    def test_bins_that_overlap_a_place_in_a_fixed_window(self, bins, genome, contig):
        place = Interval("1", 206, 213)
        out = predict(bins, place, genome)
        start = place.midpoint - 16
        raw = plain(bins, contig, start, start + 32)
        first = place.start - start
        assert torch.allclose(out.cov[1].tensor, raw["cov"][1][:, first : first + 7], atol=1e-6)
        low, high = first // 4, -(-(first + 7) // 4)
        assert torch.allclose(out.cov[4].tensor, raw["cov"][4][:, low:high], atol=1e-6)
        covered = out.cov[4].interval
        assert (covered.start, covered.end) == (start + low * 4, start + high * 4)
        assert covered.start <= place.start < place.end <= covered.end
        assert (out.interval, out.cov[1].interval) == (place, place)
        assert torch.allclose(out.total[0].tensor, raw["total"], atol=1e-6)

    def test_a_place_too_long_for_the_window(self, bins, genome):
        assert predict(bins, Interval("1", 100, 132), genome).cov[1].shape[1] == 32
        with pytest.raises(OptionError, match=r"has 33 bases, more than .* head 'total'") as caught:
            predict(bins, Interval("1", 100, 133), genome)
        assert (caught.value.option, caught.value.value) == ("heads", "total")
        with pytest.warns(DataWarning, match=r"in 2 windows of 32 bases, 4 at each end"):
            out = predict(bins, Interval("1", 100, 133), genome, heads=["cov"], resolutions_bp=[1])
        assert (out.interval.width, out.cov[1].shape[1]) == (33, 33)

    def test_any_length_is_widened_to_whole_bins(self, genome, contig):
        network = nn.AvgPool1d(4)
        head = HeadSpec("gc", (4,), 4, crop_bp=0)
        model = wrap(network, heads=head, window_bp=None, output_axes="NTL", name="pool")
        out = predict(model, Interval("1", 50, 61), genome).gc[4]
        assert (out.interval.start, out.interval.end) == (50, 62)
        assert torch.allclose(out.tensor, plain(model, contig, 50, 62).transpose(1, 2))

    def test_the_ends_of_a_contig_are_padded_and_said(self, bases, genome, contig):
        with pytest.warns(DataWarning, match=r"1 of 1 windows leave their contig .* with 5 N"):
            first = predict(bases, Interval("1", 0, 10), genome).signal[1]
        assert torch.allclose(first.tensor, plain(bases, contig, -5, 15), atol=1e-6)
        with pytest.warns(DataWarning, match="padded with 3 N"):
            predict(bases, Interval("1", 590, 598), genome)

    def test_windows_of_unknown_bases_are_said(self, bases, genome):
        with pytest.warns(DataWarning, match=r"1 of 2 windows are more than half N in toy"):
            predict(bases, [Interval("2", 100, 120), Interval("2", 400, 420)], genome)

    def test_a_place_beyond_its_contig(self, bases, genome):
        for place in (Interval("1", 590, 601), Interval("1", -3, 10)):
            with pytest.raises(OutOfBoundsError, match="600"):
                predict(bases, place, genome)

    def test_a_slice_says_what_is_missing_on_each_side(self, bases, contig):
        part = Genome.from_sequences(
            {"part": contig[100:300]}, lengths={"1": 600}, slices={"1": [("part", 100)]}, name="cut"
        )
        inside = predict(bases, Interval("1", 105, 295), part).signal[1]
        assert torch.allclose(inside.tensor, plain(bases, contig, 100, 300), atol=1e-6)
        with pytest.raises(
            OutOfBoundsError, match=r"needs 1:98-118 .* cut holds 1:101-300: missing are 3 bases"
        ):
            predict(bases, Interval("1", 102, 113), part)
        words = "4 bases on the left and 5 bases on the right"
        with pytest.raises(OutOfBoundsError, match=words) as caught:
            predict(bases, Interval("1", 101, 300), part)
        assert caught.value.interval == Interval("1", 96, 305)


class TestSequences:
    def test_texts_arrays_and_tensors_are_the_same(self, bins, contig):
        texts = [contig[:32], contig[32:64], "N" * 32]
        array = np.stack([oracle.one_hot(text) for text in texts])
        expected = predict(bins, texts).cov[1].tensor
        assert predict(bins, texts).intervals is None
        for dtype in (np.uint8, bool, np.float64):
            assert torch.equal(predict(bins, array.astype(dtype)).cov[1].tensor, expected)
        assert torch.equal(predict(bins, torch.from_numpy(array)).cov[1].tensor, expected)
        assert torch.equal(predict(bins, [t.lower() for t in texts]).cov[1].tensor, expected)

    @pytest.mark.parametrize(
        ("where", "error", "words"),
        [
            (np.zeros((1, 32, 4)), ShapeError, "looks transposed"),
            (np.zeros((4, 32)), ShapeError, r"expected \(N, 4, L\)"),
            (np.zeros((1, 4, 31)), ShapeError, "31"),
            (np.full((1, 4, 32), 0.5), InputError, "where"),
            (np.zeros((0, 4, 32)), EmptySelectionError, "no example"),
            ([], EmptySelectionError, "where is empty"),
            ("ACGT", WrongTypeError, "Interval.parse"),
            ([3], WrongTypeError, "holds a int"),
            (object(), WrongTypeError, "where is a object"),
            (["ACGT", "ACG"], ShapeError, "3"),
            (["AC-T" * 8], InputError, "-"),
            ([Interval("1", 0, 10)], InputError, "needs a genome"),
            ([Interval("1", 0, 10), Interval("1", 0, 11)], ShapeError, "differ in width"),
        ],
    )
    def test_what_is_no_input(self, bins, where, error, words):
        with pytest.raises(error, match=words):
            predict(bins, where)
