"""predict_genes: sums over the bins of starts equal a loop; missing bins are NaN and said."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from locuscope.errors import DataWarning, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.genes import GeneSeq, predict_exons, predict_genes
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from tests.oracles import predict_oracle as oracle


def raw(model, contig, window):
    """Every bin of a window, straight from the network."""
    model.module.eval()
    x = torch.from_numpy(oracle.one_hot(oracle.window_text(contig, window.start, window.end)))
    with torch.inference_mode():
        return model.module(x[None])


class TestStarts:
    @pytest.mark.parametrize("radius", [0, 1, 2])
    def test_sums_over_bins_around_a_start(self, published, genome, contig, radius):
        model, _ = published["softplus"]
        window = Interval("1", 200, 264)
        starts = [(f"t{p}", "g", p, "+") for p in range(190, 275)]
        found = predict_genes(model, [GeneSeq(window, starts)], genome, tss_radius=radius)
        values = raw(model, contig, window)[0].numpy()
        for row, (_, _, position, _) in enumerate(starts):
            middle = (position - 200) // 8
            wanted = range(middle - radius, middle + radius + 1)
            if all(0 <= k < 8 for k in wanted):
                expected = sum(values[k].astype(float) for k in wanted)
                np.testing.assert_allclose(found.values[row], expected, rtol=2e-6)
                assert found.status[row] == "ok"
            else:
                assert np.isnan(found.values[row]).all()
                assert found.status[row] == "outside_regions"

    def test_the_crop_of_a_head_counts(self, bases, genome, contig):
        window = Interval("1", 100, 150)
        starts = [(str(p), "g", p, ".") for p in (104, 105, 120, 144, 145)]
        found = predict_genes(bases, [GeneSeq(window, starts)], genome)
        values = raw(bases, contig, window)[0].numpy()
        assert found.status == ("outside_regions", "ok", "ok", "ok", "outside_regions")
        np.testing.assert_allclose(found.values[1:4], values[[0, 15, 39]], rtol=2e-6)

    def test_annotation_with_a_window_on_every_start(self, published, genome, contig, annotation):
        model, _ = published["softplus"]
        found = predict_genes(model, annotation, genome, aggregate="sum")
        for row, position in enumerate((110, 130, 399)):
            window = Interval("1", position - 32, position + 32)
            expected = raw(model, contig, window)[0, 4].numpy()
            np.testing.assert_allclose(found.values[row], expected, rtol=2e-6)
        assert found.genes == ("g1", "g2")
        assert found.n_valid.tolist() == [2, 1]
        genes = found.gene_values()
        np.testing.assert_allclose(genes[0], found.values[:2].sum(0), rtol=1e-6)
        np.testing.assert_allclose(genes[1], found.values[2], rtol=1e-6)

    def test_several_starts_share_one_window(self, bases, genome):
        starts = [("a", "g", 120, "+"), ("b", "g", 125, "+"), ("c", "h", 130, "-")]
        window = Interval("1", 100, 150)
        bases.module.calls.clear()
        found = predict_genes(bases, [GeneSeq(window, starts), GeneSeq(window, starts)], genome)
        assert sum(bases.module.calls) == 1
        np.testing.assert_array_equal(found.values[:3], found.values[3:])

    def test_windows_of_two_widths_keep_the_order(self, bases, genome):
        seqs = [
            GeneSeq(Interval("1", start, start + width), [(str(start), "g", start + 20, "+")])
            for start, width in ((100, 50), (200, 60), (300, 50))
        ]
        together = predict_genes(bases, seqs, genome, run=Run(batch_size=1))
        alone = [predict_genes(bases, [seq], genome).values[0] for seq in seqs]
        np.testing.assert_allclose(together.values, alone, rtol=1e-6)

    def test_given_windows(self, bases, genome, annotation):
        windows = [Interval("1", 90, 150), Interval("1", 300, 380)]
        found = predict_genes(bases, annotation, genome, windows=windows)
        assert found.status == ("ok", "ok", "outside_regions")
        place = predict(bases, Interval("1", 110, 111), genome).signal[1].tensor[0, 0].numpy()
        np.testing.assert_allclose(found.values[0], place, rtol=2e-6)

    def test_both_strands_and_shifts(self, published, genome):
        model, _ = published["sigmoid"]
        views = Ensemble(rc=True, shifts=(0, 1))
        window = Interval("1", 200, 264)
        found = predict_genes(model, [GeneSeq(window, [("t", "g", 230, "+")])], genome,
                              ensemble=views)  # fmt: skip
        whole = predict(model, window, genome, ensemble=views).signal[8].tensor[0, 3].numpy()
        np.testing.assert_allclose(found.values[0], whole, rtol=2e-6)


class TestTracks:
    def test_tracks_of_the_other_strand_are_nan(self, bases, genome):
        starts = [("a", "g", 120, "+"), ("b", "h", 125, "-"), ("c", "i", 130, ".")]
        seqs = [GeneSeq(Interval("1", 100, 150), starts)]
        found = predict_genes(bases, seqs, genome, match_strand=True, aggregate="max")
        assert np.isnan(found.values).tolist() == [
            [False, True, False],
            [True, False, False],
            [False, False, False],
        ]
        assert found.status == ("ok",) * 3
        np.testing.assert_array_equal(found.gene_values(), found.values)

    def test_heads_and_resolutions_stand_side_by_side(self, bins, genome):
        seqs = [GeneSeq(Interval("1", 200, 232), [("a", "g", 217, "+")])]
        fine = predict_genes(bins, seqs, genome, heads=["cov"])
        coarse = predict_genes(bins, seqs, genome, heads=["cov"], resolution_bp=4, tracks=[1])
        place = predict(bins, Interval("1", 200, 232), genome)
        np.testing.assert_allclose(fine.values[0], place.cov[1].tensor[0, 17], rtol=2e-6)
        np.testing.assert_allclose(coarse.values[0], place.cov[4].tensor[0, 4, 1:], rtol=2e-6)
        with pytest.raises(OptionError, match="'total' of bins has no bins"):
            predict_genes(bins, seqs, genome)


class TestNoun:
    def test_the_table(self, bases, genome):
        starts = [("a", "g", 120, "+"), ("b", "g", 90, "+"), ("c", "h", 700, "-")]
        seqs = [GeneSeq(Interval("1", 100, 150), starts)]
        found = predict_genes(bases, seqs, genome, aggregate="mean")
        table = found.to_dataframe()
        assert table["kind"].tolist() == ["tss"] * 3 + ["gene"] * 2
        assert table["n_tss"].tolist() == [1, 0, 0, 1, 0]
        assert table["status"].tolist() == ["ok"] + ["outside_regions"] * 2 + [
            "ok",
            "outside_regions",
        ]
        assert table["one"].tolist()[0] == table["one"].tolist()[3] == found.values[0, 0]
        assert np.isnan(table["one"].tolist()[4])
        assert repr(found) == (
            "GenePredictions(3 starts of 2 genes, 3 tracks, 2 outside their window)"
        )
        plain = predict_genes(bases, seqs, genome)
        assert len(plain.to_dataframe()) == len(plain) == 3
        with pytest.raises(OptionError, match="aggregate='none' keeps"):
            plain.gene_values()


class TestExons:
    def test_the_mean_over_bins_of_exons(self, bins, genome):
        exons = {
            "g": [Interval("1", 203, 205), Interval("1", 204, 209)],
            "h": [Interval("1", 300, 340)],
        }
        found = predict_exons(bins, exons, genome, heads=["cov"], resolution_bp=4)
        window = Interval("1", 203, 209).center(32)
        values = predict(bins, window, genome).cov[4].tensor[0].double().numpy()
        wanted = sorted({(base - window.start) // 4 for base in range(203, 209)})
        np.testing.assert_allclose(found.values[0], values[wanted].mean(0), rtol=2e-6)
        assert found.status == ("ok", "outside_regions")
        assert np.isnan(found.values[1]).all()


class TestDoors:
    def test_a_window_beyond_its_contig_is_padded_and_said(self, published, genome, contig):
        model, _ = published["softplus"]
        seqs = [GeneSeq(Interval("1", -20, 44), [("t", "g", 3, "+")])]
        with pytest.warns(DataWarning, match="1 of 1 windows leave their contig"):
            found = predict_genes(model, seqs, genome)
        expected = raw(model, contig, seqs[0].interval)[0, 23 // 8].numpy()
        np.testing.assert_allclose(found.values[0], expected, rtol=2e-6)

    @pytest.mark.fault("F1")
    def test_bases_that_a_slice_lacks(self, bases, contig):
        part = Genome.from_sequences(
            {"part": contig[100:300]}, lengths={"1": 600}, slices={"1": [("part", 100)]}, name="cut"
        )
        with pytest.raises(OutOfBoundsError, match="cut holds 1:101-300: missing are 10 bases"):
            predict_genes(bases, [GeneSeq(Interval("1", 90, 140), [("t", "g", 120, "+")])], part)

    @pytest.mark.fault("N6")
    def test_a_window_that_the_model_cannot_read(self, published, genome):
        model, _ = published["softplus"]
        with pytest.raises(ShapeError, match="64 bases; got 60"):
            predict_genes(model, [GeneSeq(Interval("1", 0, 60), [("t", "g", 9, "+")])], genome)

    def test_options(self, published, bases, genome, annotation):
        model, _ = published["softplus"]
        seqs = [GeneSeq(Interval("1", 100, 164), [("t", "g", 120, "+")])]
        for given, words in (
            ({"tss_radius": -1}, "0 or more"),
            ({"aggregate": "median"}, "mean"),
            ({"width_bp": 64}, "no effect"),
            ({"windows": [Interval("1", 0, 64)]}, "no effect"),
            ({"run": Run(workers=2)}, "predict_genes cannot honour workers"),
            ({"ensemble": Ensemble(rc=True, rc_merging="max")}, "scores only"),
        ):
            with pytest.raises(OptionError, match=words):
                predict_genes(model, seqs, genome, **given)
        with pytest.raises(OptionError, match="no default width"):
            predict_genes(bases, annotation, genome)
        with pytest.raises(WrongTypeError, match="windows holds 3"):
            predict_genes(bases, annotation, genome, windows=[3])
        with pytest.raises(WrongTypeError, match="genome"):
            predict_genes(model, seqs, "hg38.fa")

    def test_a_width_for_models_of_any_length(self, bases, genome, annotation):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = predict_genes(bases, annotation, genome, width_bp=40)
        wider = predict_genes(bases, annotation, genome, width_bp=80)
        np.testing.assert_allclose(found.values, wider.values, rtol=2e-6)
