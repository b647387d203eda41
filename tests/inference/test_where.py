"""What `where` means: BED files, mappings of inputs, and sentences for everything else."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    InputError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.regions import read_bed
from locuscope.genome.sequence import one_hot
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.where import read_where, refuse_margin
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, InputSpec

PLACES = [Interval("1", 100, 120), Interval("1", 300, 320), Interval("2", 400, 420)]


@pytest.fixture
def bed(tmp_path):
    path = tmp_path / "places.bed"
    path.write_text("".join(f"{p.chrom}\t{p.start}\t{p.end}\n" for p in PLACES))
    return path


class TwoEnds(nn.Module):
    """Two pieces of sequence and numbers: what each contributes can be told apart."""

    def forward(self, left, right, level):
        share = left[:, :2].mean((1, 2)) + 10 * right[:, 2:].mean((1, 2))
        return torch.stack([share, level.sum(1)], 1)


@pytest.fixture
def ends():
    inputs = (
        InputSpec("left", length_bp=6),
        InputSpec("right", length_bp=4, anchor="end", offset_bp=-4),
        InputSpec("level", kind="array"),
    )
    head = HeadSpec("value", (), 2, kind="scalar")
    return wrap(TwoEnds(), heads=head, window_bp=20, inputs=inputs, output_axes="NT", name="ends")


class TestRegions:
    @pytest.mark.parametrize("kind", ["path", "text", "gzip", "table"])
    def test_a_bed_file_is_its_places(self, bases, genome, bed, kind):
        where = {"path": bed, "text": str(bed), "table": read_bed(bed)}.get(kind)
        if kind == "gzip":
            where = bed.with_suffix(".bed.gz")
            where.write_bytes(gzip.compress(bed.read_bytes()))
        found = predict(bases, where, genome)
        assert list(found.intervals) == PLACES
        assert torch.equal(found.signal[1].tensor, predict(bases, PLACES, genome).signal[1].tensor)

    def test_places_of_different_widths(self, bases, genome, bed):
        bed.write_text("1\t100\t120\n1\t200\t230\n")
        with pytest.raises(ShapeError, match=r"has 20 bases, .* has 30"):
            predict(bases, bed, genome)

    def test_faults_of_the_file(self, bases, genome, bed):
        bed.write_text("1\t100\n")
        with pytest.raises(FormatError):
            predict(bases, bed, genome)
        bed.write_text("1\t590\t610\n")
        with pytest.raises(OutOfBoundsError):
            predict(bases, bed, genome)
        bed.write_text("")
        with pytest.raises(EmptySelectionError):
            predict(bases, bed, genome)

    def test_no_genome(self, bases, bed):
        with pytest.raises(InputError, match=r"predicting .* needs a genome"):
            predict(bases, bed)

    @pytest.mark.parametrize("text", ["1:100-200", "ACGT", "no/such.bed", "a\0b", ""])
    def test_a_text_that_is_no_file(self, bases, genome, text):
        with pytest.raises(WrongTypeError, match=r"a BED file that is there"):
            predict(bases, text, genome)

    def test_long_places_of_a_file(self, bins, genome, bed):
        bed.write_text("1\t100\t180\n1\t300\t380\n")
        with pytest.warns(DataWarning, match="windows of 32 bases"):
            found = predict(bins, bed, genome, heads=["cov"])
        assert found.cov[1].shape == (2, 80, 2)


class TestInputs:
    def given(self, n=3):
        draw = np.random.default_rng(0)
        return {
            "left": one_hot(["".join(draw.choice(list("ACGT"), 6)) for _ in range(n)]),
            "right": one_hot(["".join(draw.choice(list("ACGT"), 4)) for _ in range(n)]),
            "level": draw.normal(size=(n, 2)).astype(np.float32),
        }

    @pytest.mark.parametrize("size", [1, 2, 64])
    def test_each_input_by_its_name(self, ends, size):
        given = self.given()
        found = predict(ends, given, batch_size=size).value[0].numpy()[:, 0]
        left, right = (np.asarray(given[k], float) for k in ("left", "right"))
        share = left[:, :2].mean((1, 2)) + 10 * right[:, 2:].mean((1, 2))
        expected = np.stack([share, given["level"].sum(1)], 1)
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_the_order_of_the_mapping_does_not_matter(self, ends):
        given = self.given()
        turned = dict(reversed(given.items()))
        given["level"] = torch.from_numpy(given["level"])
        one, other = (predict(ends, x).value[0].tensor for x in (given, turned))
        assert torch.equal(one, other)

    def test_one_input_has_a_name_too(self, bases):
        x = one_hot(["ACGTACGTACGTACG"])
        named = predict(bases, {"sequence": x}).signal[1].tensor
        assert torch.equal(named, predict(bases, x).signal[1].tensor)
        texts = predict(bases, {"sequence": ["ACGTACGTACGTACG"]}).signal[1].tensor
        assert torch.equal(named, texts)

    def test_faults(self, ends):
        given = self.given()
        with pytest.raises(UnknownNameError, match=r"no input 'lefft'.*left"):
            predict(ends, {**given, "lefft": given["left"]})
        with pytest.raises(UnknownNameError, match=r"lacks the input 'level' of ends"):
            predict(ends, {k: v for k, v in given.items() if k != "level"})
        with pytest.raises(ShapeError, match=r"where\['right'\] has 6 bases; ends reads 4"):
            predict(ends, {**given, "right": given["left"]})
        with pytest.raises(ShapeError, match="different numbers of examples"):
            predict(ends, {**given, "level": given["level"][:2]})
        with pytest.raises(ShapeError, match=r"looks transposed|expected"):
            predict(ends, {**given, "left": np.asarray(given["left"]).transpose(0, 2, 1)})

    def test_bare_sequences_lack_the_numbers(self, ends):
        with pytest.raises(OptionError, match="ends reads 3 inputs of a place"):
            predict(ends, one_hot(["ACGTACGTAC"]))


class TestForms:
    def test_places_hold_no_bases_yet(self, bases, genome):
        given = read_where(PLACES, bases, genome)
        assert given.places == PLACES
        assert given.bases.shape == (0, 4, 0)
        assert given.arrays is None

    def test_sequences_have_no_places(self, bases):
        given = read_where(["ACGTN", "TTTTT"], bases, None)
        assert given.places is None
        assert given.bases.shape == (2, 4, 5)
        assert not given.bases[0, :, 4].any()

    @pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.float64, torch.bfloat16])
    def test_tensors_of_any_type(self, bases, dtype):
        x = torch.from_numpy(one_hot(["ACGTACGTACGTACG"]))
        assert (read_where(x.to(dtype), bases, None).bases == x.numpy()).all()

    @pytest.mark.parametrize("where", [[], (), {}.keys()])
    def test_nothing(self, bases, genome, where):
        with pytest.raises(EmptySelectionError):
            predict(bases, where, genome)

    @pytest.mark.parametrize("where", [3, None, object(), ["ACGT", 3], [PLACES[0], "ACGT"]])
    def test_something_else(self, bases, genome, where):
        with pytest.raises((WrongTypeError, ShapeError)):
            predict(bases, where, genome)

    def test_a_margin_needs_a_genome(self, bases):
        refuse_margin("genome", 0)
        with pytest.raises(OptionError, match="bases beyond a window on a genome"):
            refuse_margin("genome", 3)
        with pytest.raises(OptionError, match="Use 'uniform' or 'zero'"):
            predict(bases, ["ACGT" * 5], ensemble=Ensemble(shifts=(0, 2), shift_fill="genome"))
