"""predict_variant: the alternative lies on reference positions, as a plain loop puts it there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    OptionError,
    OutOfBoundsError,
    RefMismatchError,
    VariantError,
)
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.inference.predict import predict
from locuscope.inference.predict_variant import predict_variant
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles import predict_oracle as oracle


def plain(model, text):
    model.module.eval()
    with torch.inference_mode():
        return model.module(torch.from_numpy(oracle.one_hot(text))[None])


def snv(contig, pos):
    ref = contig[pos - 1]
    return Variant("1", pos, ref, "ACGT"[("ACGT".index(ref) + 1) % 4])


class TestSubstitutions:
    def test_both_alleles_equal_the_plain_network(self, bases, genome, contig):
        variant = snv(contig, 200)
        where = Interval("1", 180, 220)
        outputs = predict_variant(bases, variant, genome, where=where)
        changed = contig[:199] + variant.alt + contig[200:]
        assert torch.allclose(
            outputs.reference.signal[1].tensor, plain(bases, contig[175:225]), atol=1e-6
        )
        assert torch.allclose(
            outputs.alternative.signal[1].tensor, plain(bases, changed[175:225]), atol=1e-6
        )
        assert outputs.valid[1].shape == (1, 40)
        assert outputs.valid[1].all()
        difference = outputs.difference().signal[1].tensor
        reached = (difference.abs().sum(2)[0] > 1e-6).nonzero().flatten()
        assert (int(reached.min()), int(reached.max())) == (199 - 180 - 5, 199 - 180 + 5)
        assert (outputs.interval, outputs.difference().interval) == (where, where)
        assert outputs.variants == (variant,)

    def test_reference_is_what_predict_gives(self, bases, genome, contig):
        where = Interval("1", 180, 220)
        outputs = predict_variant(bases, snv(contig, 200), genome, where=where, rc=True)
        assert (
            outputs.reference.signal[1] - predict(bases, where, genome, rc=True).signal[1]
        ).tensor.abs().max() < 1e-6

    @pytest.mark.parametrize("batch_size", [1, 2])
    def test_both_go_through_in_one_batch(self, bases, genome, contig, batch_size):
        bases.module.calls.clear()
        predict_variant(
            bases, snv(contig, 200), genome, where=Interval("1", 180, 220), batch_size=batch_size
        )
        assert bases.module.calls == ([2] if batch_size == 2 else [1, 1])

    def test_several_variants_are_one_haplotype(self, bases, genome, contig):
        pair = [snv(contig, 210), snv(contig, 190)]
        where = Interval("1", 180, 220)
        outputs = predict_variant(bases, pair, genome, where=where)
        changed = list(contig)
        for variant in pair:
            changed[variant.pos - 1] = variant.alt
        expected = plain(bases, "".join(changed[175:225]))
        assert torch.allclose(outputs.alternative.signal[1].tensor, expected, atol=1e-6)
        assert outputs.variants == tuple(pair)

    def test_tracks_are_chosen_alike_on_both_sides(self, bases, genome, contig):
        outputs = predict_variant(
            bases, snv(contig, 200), genome, where=Interval("1", 180, 220), tracks={"strand": "-"}
        )
        assert [t.track_name for t in outputs.difference().signal.tracks] == ["two"]


class TestLengthChanges:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    @given(
        change=st.tuples(st.integers(0, 6), st.text(alphabet="ACGT", max_size=6)),
        pos=st.integers(150, 250),
    )
    def test_equal_to_the_plain_loop(self, bases, contig, change, pos):
        """A deletion or an insertion behind one anchor base, at 1 bp."""
        n_lost, gained = change if not change[0] else (change[0], "")
        start, genome = 110 + pos % 30, Genome.from_sequences({"1": contig})
        ref = contig[pos - 1 : pos + n_lost]
        # Alleles that share their last base can be cut in two ways; the plain loop knows one.
        assume(not n_lost or ref[-1] != ref[0])
        assume(not gained or gained[-1] != ref[0])
        variant = Variant("1", pos, ref, ref[0] + gained)
        where = Interval("1", start, 280)
        outputs = predict_variant(bases, variant, genome, where=where)
        text = oracle.alternative_text(contig, (start - 5, 285), pos, ref, ref[0] + gained)
        values = plain(bases, text)[0].double().numpy()
        expected = oracle.to_reference(values, start, pos, ref, ref[0] + gained)
        found = outputs.alternative.signal[1].tensor[0].numpy()
        assert np.allclose(found, expected, atol=1e-6, equal_nan=True)
        assert outputs.valid[1][0].tolist() == (~np.isnan(expected[:, 0])).tolist()

    def test_the_end_has_no_alternative_after_an_insertion(self, bases, genome, contig):
        variant = Variant("1", 200, contig[199], contig[199] + "ACGTA")
        outputs = predict_variant(bases, variant, genome, where=Interval("1", 180, 220))
        assert (~outputs.valid[1]).nonzero()[:, 1].tolist() == [35, 36, 37, 38, 39]
        assert outputs.alternative.signal[1].tensor[0, -5:].isnan().all()
        assert outputs.difference().signal[1].tensor[0, -5:].isnan().all()
        assert not outputs.reference.signal[1].tensor.isnan().any()

    def test_a_deletion_reads_fresh_bases_on_the_right(self, bases, genome, contig):
        variant = Variant("1", 200, contig[199:210], contig[199])
        outputs = predict_variant(bases, variant, genome, where=Interval("1", 180, 230))
        assert outputs.valid[1].all()
        after = outputs.difference().signal[1].tensor[0, 36:]
        assert after.abs().max() < 1e-6

    def test_the_rule_decides(self, bases, genome, contig):
        variant = Variant("1", 200, contig[199], contig[199] + "ACGTA")
        where = Interval("1", 180, 220)
        zero = predict_variant(
            bases, variant, genome, where=where, indels=IndelRule(align="alphagenome")
        )
        assert (zero.alternative.signal[1].tensor[0, -5:] == 0).all()
        kept = predict_variant(bases, variant, genome, where=where, indels=IndelRule(align="none"))
        assert kept.notes == ("unaligned_bins",)
        assert kept.valid[1].all()

    def test_short_changes_leave_wide_bins_in_place(self, bins, genome, contig):
        variant = Variant("1", 200, contig[199], contig[199] + "A")
        outputs = predict_variant(bins, variant, genome)
        assert outputs.notes == ("unaligned_bins",)
        assert outputs.valid[4].all()
        assert not outputs.valid[1].all()
        assert outputs.reference.heads() == ["cov", "total"]

    def test_contact_maps_take_changes_shorter_than_a_bin(self, genome, contig):
        network = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(128, 16), torch.nn.Unflatten(1, (4, 4, 1))
        )
        head = HeadSpec("map", (8,), 1, kind="contact")

        class Map:
            name, digest, window_bp, default_width_bp = "map", "0" * 64, 32, None
            inputs, heads, catalog, scores = (1,), {"map": head}, None, {}

            def check_length(self, length_bp):
                assert length_bp == 32

            def run(self, x, **options):
                return {"map": {8: network(x.float())}}

        same = predict_variant(Map(), snv(contig, 200), genome)
        assert tuple(same.reference.map[8].shape) == (1, 4, 4, 1)
        for n_bases, notes in ((1, ("unaligned_bins",)), (5, ())):
            allele = Variant("1", 200, contig[199], contig[199] + "ACGTACGTA"[:n_bases])
            outputs = predict_variant(Map(), allele, genome)
            assert outputs.notes == notes
            known = torch.isfinite(outputs.alternative.map[8].tensor[0, :, :, 0])
            assert torch.equal(known, outputs.valid[8][0][:, None] & outputs.valid[8][0][None])
        with pytest.raises(OptionError, match="8 bases spans a bin of 8 of a contact map"):
            predict_variant(Map(), Variant("1", 200, contig[199], contig[199] + "A" * 8), genome)


class TestAnchors:
    @pytest.mark.parametrize("anchor", ["right", "center"])
    def test_alt_is_read_from_the_anchor(self, bins, genome, contig, anchor):
        allele = Variant("1", 200, contig[199:204], contig[199])
        left, moved = (
            predict_variant(bins, allele, genome, indels=IndelRule(anchor=word, align="resample"))
            for word in ("left", anchor)
        )
        for name, head in left.reference.named_items():
            for key, values in head.items():
                assert torch.equal(values.tensor, moved.reference.head(name)[key].tensor)
        assert moved.interval == left.interval
        same = [
            torch.equal(left.alternative.head(name)[key].tensor, tensor.tensor)
            for name, head in moved.alternative.named_items()
            for key, tensor in head.items()
        ]
        assert not all(same)

    def test_two_passes_over_alt_are_refused(self, bins, genome, contig):
        for rule in (IndelRule(compensate="average"), IndelRule(align="stitch")):
            with pytest.raises(OptionError, match="predict_variant shows one prediction"):
                predict_variant(bins, snv(contig, 200), genome, indels=rule)


class TestPlaces:
    def test_without_a_place_the_window_is_centred_on_the_variants(self, bins, genome, contig):
        outputs = predict_variant(bins, snv(contig, 200), genome)
        assert outputs.interval == Interval("1", 199 - 16, 199 + 16)
        pair = predict_variant(bins, [snv(contig, 190), snv(contig, 211)], genome)
        assert pair.interval == Interval("1", 200 - 16, 200 + 16)

    def test_at_the_start_of_a_contig_the_place_is_cut(self, bins, genome, contig):
        with pytest.warns(UserWarning, match="padded"):
            outputs = predict_variant(bins, snv(contig, 3), genome)
        assert outputs.interval == Interval("1", 0, 18)

    def test_a_model_of_any_length_needs_a_place(self, bases, genome, contig):
        with pytest.raises(OptionError, match=r"give where=Interval"):
            predict_variant(bases, snv(contig, 200), genome)

    def test_a_variant_outside_the_window(self, bases, genome, contig):
        with pytest.raises(OutOfBoundsError, match=r"lies outside the window 1:176-225"):
            predict_variant(bases, snv(contig, 300), genome, where=Interval("1", 180, 220))

    def test_a_slice_that_ends_too_early(self, bases, contig):
        part = Genome.from_sequences(
            {"part": contig[100:300]}, lengths={"1": 600}, slices={"1": [("part", 100)]}, name="cut"
        )
        where = Interval("1", 250, 294)
        assert predict_variant(bases, snv(contig, 280), part, where=where).valid[1].all()
        longer = Variant("1", 280, contig[279:290], contig[279])
        with pytest.raises(OutOfBoundsError, match="9 bases on the right"):
            predict_variant(bases, longer, part, where=where)


class TestDoors:
    def test_an_alias_of_the_contig_is_told_once(self, bins, genome, contig):
        plain = snv(contig, 200)
        alias = Variant("chr1", 200, plain.ref, plain.alt)
        with pytest.warns(DataWarning, match="chr1 -> 1") as caught:
            outputs = predict_variant(bins, alias, genome)
        assert len(caught) == 1
        assert outputs.interval.chrom == "chr1"
        same = predict_variant(bins, alias, genome, where=Interval("1", 190, 210))
        other = predict_variant(bins, plain, genome, where=Interval("1", 190, 210))
        assert same.alternative.cov[1].equal(other.alternative.cov[1])

    def test_a_ref_that_differs(self, bins, genome, contig):
        wrong = Variant("1", 200, "ACGT"[("ACGT".index(contig[199]) + 1) % 4], "A")
        with pytest.raises(RefMismatchError, match="1"):
            predict_variant(bins, wrong, genome)

    def test_two_contigs_are_no_haplotype(self, bins, genome, contig):
        other = Variant("2", 400, contig[99], "ACGT"[("ACGT".index(contig[99]) + 1) % 4])
        with pytest.raises(VariantError, match=r"2 contigs \(1, 2\)"):
            predict_variant(bins, [snv(contig, 200), other], genome)

    def test_two_changes_of_one_base(self, bins, genome, contig):
        ref = contig[199]
        alts = [base for base in "ACGT" if base != ref][:2]
        with pytest.raises(VariantError):
            predict_variant(bins, [Variant("1", 200, ref, alt) for alt in alts], genome)

    def test_no_variant(self, bins, genome):
        with pytest.raises(EmptySelectionError, match="at least one"):
            predict_variant(bins, [], genome)

    def test_what_is_shown(self, bins, genome, contig):
        outputs = predict_variant(bins, snv(contig, 200), genome)
        assert "heads ['cov', 'total']" in repr(outputs)
        assert "<td>cov</td>" in outputs._repr_html_()


def test_heads_that_share_a_resolution_share_their_mask(genome, contig):
    network = torch.nn.Conv1d(4, 2, 3, padding="same")

    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = network

        def forward(self, x):
            y = self.conv(x)
            return y, y * 2

    heads = [HeadSpec("a", (1,), 2), HeadSpec("b", (1,), 2)]
    model = wrap(Two(), heads=heads, window_bp=64, output_axes="NTL", name="two")
    variant = Variant("1", 200, contig[199], contig[199] + "AC")
    outputs = predict_variant(model, variant, genome)
    assert (~outputs.valid[1]).sum() == 2
    for name in ("a", "b"):
        assert outputs.alternative.head(name)[1].tensor[0, -2:].isnan().all()
