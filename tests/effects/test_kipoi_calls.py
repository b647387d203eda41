"""Data loaders of the caller's own: two sequences and numbers, batch by batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects import kipoi
from locuscope.effects.kipoi.calls import LOADER_KEYS, scoring_call
from locuscope.effects.variants import score_variants
from locuscope.errors import OptionError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, InputSpec
from tests.effects import toy
from tests.effects.kipoi_toy import write_study

PLACES = [Interval("1", start, start + 80) for start in (40, 90, 300)]
HALF = 40


class Two(nn.Module):
    """Two sequences and a number per example."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.left, self.right = nn.Conv1d(4, 2, 5), nn.Conv1d(4, 2, 5)

    def forward(self, left, right, level):
        both = self.left(left).mean(2) + 2 * self.right(right).mean(2)
        return torch.sigmoid(both + level)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def model():
    inputs = (
        InputSpec("left", length_bp=HALF),
        InputSpec("right", length_bp=HALF, offset_bp=HALF),
        InputSpec("level", "array"),
    )
    head = HeadSpec("open", (), 2, kind="scalar", value_range="probability")
    return wrap(Two(), heads=head, window_bp=80, output_axes="NT", inputs=inputs, name="two")


def batches(genome, size=2):
    """A loader in the published form."""
    for first in range(0, len(PLACES), size):
        places = PLACES[first : first + size]
        bases = np.stack([genome.one_hot(place) for place in places]).astype(np.float32)
        yield {
            "inputs": {
                "left": bases[..., :HALF],
                "right": bases[..., HALF:],
                "level": np.full((len(places), 1), 0.5, np.float32),
            },
            "metadata": {
                "ranges": {
                    "chr": np.array([place.chrom for place in places]),
                    "start": np.array([place.start for place in places]),
                    "end": np.array([place.end for place in places]),
                }
            },
        }


def test_two_sequences_and_numbers(study, model):
    genome = Genome(study.fasta)
    frames = kipoi.predict_snvs(
        model,
        list(batches(genome)),
        study.vcf,
        batch_size=2,
        evaluation_function_kwargs={"diff_types": {"diff": kipoi.Diff()}},
        return_predictions=True,
    )
    found = frames["diff"]
    is_scored = np.isfinite(found.to_numpy()).all(1)
    rows = [row for row, ok in zip(found.index, is_scored, strict=True) if ok]
    assert [row.split(":")[1] for row in rows] == ["100", "100", "150", "150"]
    # row 0 is position 100 in the first window: the right half; row 1 in the second: the left half
    letters = toy.sequence()
    for row, place in zip(range(2), PLACES, strict=False):
        both = []
        for base in (letters[99], rows[row].split(":")[3]):
            text = letters[:99] + base + letters[100:]
            window = Genome.from_sequences({"1": text}).one_hot(place, dtype="float32")
            halves = torch.from_numpy(np.stack([window[:, :HALF], window[:, HALF:]]))
            with torch.inference_mode():
                level = torch.full((1, 1), 0.5)
                both.append(model.module(halves[:1], halves[1:], level).numpy()[0])
        np.testing.assert_allclose(found.to_numpy()[row], both[1] - both[0], atol=2e-6)


def test_batches_of_another_size_give_the_same(study, model):
    genome = Genome(study.fasta)
    one, other = (
        kipoi.predict_snvs(
            model, batches(genome, size), study.vcf, batch_size=4, return_predictions=True
        )["logit"]
        for size in (1, 3)
    )
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), atol=1e-6)


def test_the_same_numbers_as_our_verb(study):
    """Windows of a loader that coincide with centred ones."""
    model, genome = toy.model(), Genome(study.fasta)
    half = toy.WIDTH // 2
    places = [Interval("1", pos - half, pos + half) for pos in (100, 150)]
    loader = kipoi.default_dataloader(model)(genome, places, 1)
    frames = kipoi.predict_snvs(model, loader, study.vcf, batch_size=1, return_predictions=True)
    wanted = score_variants(model, study.vcf, genome, scores="logit")
    np.testing.assert_allclose(
        frames["logit"].to_numpy()[:3], wanted.scores["logit"][:3], atol=2e-6
    )


def test_two_sequences_round_variants(study):
    inputs = (InputSpec("left", length_bp=HALF), InputSpec("right", length_bp=HALF, offset_bp=HALF))
    head = HeadSpec("open", (), 2, kind="scalar", value_range="probability")

    class Pair(Two):
        def forward(self, left, right):
            return super().forward(left, right, 0.0)

    pair = wrap(Pair(), heads=head, window_bp=80, output_axes="NT", inputs=inputs, name="pair")
    assert kipoi.ModelInfoExtractor(pair).requires_region_definition
    frames = kipoi.score_variants(pair, study.args, study.vcf, return_predictions=True)
    wanted = score_variants(pair, study.vcf, Genome(study.fasta), scores="diff")
    np.testing.assert_array_equal(frames["diff"].to_numpy(), wanted.scores["diff"])
    (batch,) = kipoi.default_dataloader(pair)(study.fasta, PLACES[:2])
    bases = Genome(study.fasta).one_hot(PLACES[1])
    np.testing.assert_array_equal(batch["inputs"]["right"][1], bases[:, HALF:])
    with pytest.raises(ShapeError, match="places of 80 bases; 1:1-79 has 79"):
        list(kipoi.default_dataloader(pair)(study.fasta, [Interval("1", 0, 79)]))


def test_a_model_that_needs_a_loader_says_so(study, model):
    with pytest.raises(OptionError, match="reads level beside the bases"):
        kipoi.score_variants(model, study.args, study.vcf, return_predictions=True)


def test_what_a_call_comes_down_to(study):
    info = kipoi.ModelInfoExtractor(toy.model())
    region = kipoi.SnvCenteredRg(info)
    call = scoring_call(info, study.vcf, region, study.args, batch_size=8.0, num_workers=3, rc=True)
    assert call.placement == Placement(width_bp=toy.WIDTH)
    assert (call.run.batch_size, call.run.workers, call.rc) == (8, 3, True)
    assert set(study.args) < set(LOADER_KEYS)
