"""A model of two organisms: every verb computes the one that is asked for, with its tracks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.contributions import contributions
from locuscope.effects.mutation_map import mutation_map
from locuscope.effects.variants import score_variants
from locuscope.errors import DataWarning
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.inference.chromosomes import predict_chromosomes
from locuscope.inference.evaluate import evaluate
from locuscope.inference.genes import GeneSeq, predict_exons, predict_genes
from locuscope.inference.predict import predict
from locuscope.inference.predict_variant import predict_variant
from locuscope.inference.target import Target
from locuscope.inference.tiling import predict_region
from locuscope.models.protocol import HeadSpec, InputSpec, check_window, wanted_keys
from locuscope.tracks.metadata import TrackMetadataCatalog

PLACE = Interval("1", 100, 116)


class TwoOrganisms:
    """Bins of 4 bases: the share of each base, times 10 in the second organism."""

    name = "two"
    digest = "0" * 64
    window_bp = 16
    default_width_bp = None
    inputs = (InputSpec("sequence", length_bp=16),)
    heads = {"share": HeadSpec("share", (4,), 2)}
    scores = {}

    def __init__(self):
        rows = [
            {"output_type": "share", "track_name": f"{animal} {base}", "organism": organism}
            for organism, animal in enumerate(("human", "mouse"))
            for base in "AC"
        ]
        self.catalog = TrackMetadataCatalog.from_rows(rows)

    def check_length(self, length_bp):
        check_window(length_bp, window_bp=16, minimum_bp=1, name=self.name)

    def run(self, one_hot, *, organism=0, heads=None, resolutions_bp=None, regions=None):
        wanted_keys(self.heads, heads, resolutions_bp)
        shares = torch.nn.functional.avg_pool1d(one_hot[:, :2].float(), 4).transpose(1, 2)
        return {"share": {4: shares * (10 if organism else 1)}}


@pytest.fixture
def model():
    return TwoOrganisms()


@pytest.mark.parametrize("organism", [0, 1])
def test_every_verb(model, genome, organism):
    names = [f"{('human', 'mouse')[organism]} {base}" for base in "AC"]
    found = predict(model, PLACE, genome, organism=organism).share[4]
    assert found.column("track_name") == names
    values = found.tensor[0].numpy()
    other = predict(model, PLACE, genome, organism=1 - organism).share[4].tensor[0].numpy()
    np.testing.assert_allclose(values * 10, other * (1 if organism == 0 else 100), rtol=1e-6)

    region = predict_region(model, PLACE, genome, organism=organism, crop_bp=0)
    assert region.column("track_name") == names
    np.testing.assert_array_equal(region.tensor[0].numpy(), values)

    seqs = [GeneSeq(PLACE, [("t", "g", 109, "+")])]
    genes = predict_genes(model, seqs, genome, organism=organism)
    assert genes.tracks.cells("track_name") == names
    np.testing.assert_array_equal(genes.values[0], values[2])
    exons = predict_exons(model, {"g": [Interval("1", 104, 112)]}, genome, organism=organism)
    np.testing.assert_allclose(exons.values[0], values[1:3].mean(0), rtol=1e-6)

    x = genome.one_hot([PLACE])
    fit = evaluate(model, [(x, values[None] + 1)], organism=organism, metrics=("mse",))
    assert fit.tracks.cells("track_name") == names
    np.testing.assert_allclose(fit.metrics["mse"], 1, rtol=1e-6)

    bound = Target(tracks=[names[1]]).bind(model, organism=organism)
    assert bound.rows == (1,)


def test_the_organism_of_the_genome_is_the_default(model, contig):
    mouse = Genome.from_sequences({"1": contig}, name="toy", assembly="mm10")
    assert mouse.organism == 1
    for found in (
        predict_region(model, PLACE, mouse, crop_bp=0).table,
        predict_genes(model, [GeneSeq(PLACE, [("t", "g", 109, "+")])], mouse).tracks,
    ):
        assert found.cells("track_name") == ["mouse A", "mouse C"]


@pytest.mark.parametrize("organism", [0, 1])
def test_every_form_of_predict(model, genome, tmp_path, organism):
    names = [f"{('human', 'mouse')[organism]} {base}" for base in "AC"]
    plain = predict(model, PLACE, genome, organism=organism).share[4]
    views = predict(
        model, PLACE, genome, organism=organism, rc=True, return_var=True, return_all=True
    )
    assert views.members[0].share[4].column("track_name") == names
    assert views.var.share[4].column("track_name") == names
    np.testing.assert_array_equal(views.members[0].share[4].numpy(), plain.numpy())

    filed = predict(model, PLACE, genome, organism=organism, out=tmp_path / "p.h5").share[4]
    assert filed.column("track_name") == names
    np.testing.assert_array_equal(filed.numpy(), plain.numpy())

    long = Interval("1", 100, 132)
    with pytest.warns(DataWarning, match="windows of 16"):
        tiled = predict(model, long, genome, organism=organism).share[4]
    assert tiled.column("track_name") == names
    np.testing.assert_array_equal(tiled.numpy()[:, :4], plain.numpy())

    whole = predict_chromosomes(model, genome, "1", organism=organism, crop_bp=0)["1"]
    assert whole.column("track_name") == names
    np.testing.assert_array_equal(whole.numpy()[:, 25:29], plain.numpy())


@pytest.mark.parametrize("organism", [0, 1])
def test_verbs_above_predict(model, genome, contig, organism):
    names = [f"{('human', 'mouse')[organism]} {base}" for base in "AC"]
    factor = 10 if organism else 1
    alt = "A" if contig[107] != "A" else "C"
    change = Variant("1", 108, contig[107], alt)
    outputs = predict_variant(model, change, genome, organism=organism)
    assert outputs.reference.share[4].column("track_name") == names

    scores = score_variants(model, [change], genome, organism=organism, reduce="max")
    place = Interval("1", 104, 112)
    effects = mutation_map(model, place, genome, organism=organism)
    other = mutation_map(model, place, genome, organism=1 - organism)
    assert list(scores.tracks.cells("track_name")) == names
    assert list(effects.tracks.cells("track_name")) == names
    np.testing.assert_allclose(
        effects.scores / factor,
        other.scores / (1 if organism else 10),
        rtol=1e-5,
        atol=1e-7,
    )

    why = contributions(model, PLACE, genome, organism=organism, target=0, gauge="none")
    np.testing.assert_allclose(why.values[0, 0], factor / 4, rtol=1e-6)
    np.testing.assert_allclose(why.values[0, 1:], 0, atol=1e-7)
