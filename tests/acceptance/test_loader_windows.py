"""Windows of a data loader against windows of the genome, for a network with several inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects.variants import score_variants
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, InputSpec
from tests.effects import toy

TEXT = toy.sequence()
WIDTH = 40
CELLS = torch.tensor([[0.3, -1.2]])
HEAD = HeadSpec("open", (), 3, kind="scalar", value_range="probability")
DNA = (
    InputSpec("left", length_bp=30),
    InputSpec("right", length_bp=24, anchor="end", offset_bp=-24, strand="-", axes="NLA"),
)


class Net(nn.Module):
    """Two pieces of sequence and two numbers; the numbers may be fixed when it is built."""

    def __init__(self, cells=None):
        super().__init__()
        torch.manual_seed(1)
        self.left, self.right = nn.Linear(4 * 30, 3), nn.Linear(4 * 24, 3)
        self.numbers = nn.Linear(2, 3)
        self.fixed = cells
        self.sizes: list[int] = []

    def forward(self, left, right, cells=None):
        self.sizes.append(len(left))
        numbers = self.fixed.expand(len(left), -1) if cells is None else cells
        seen = torch.tanh(self.left(left.flatten(1))) * torch.tanh(self.right(right.flatten(1)))
        return torch.sigmoid(seen + self.numbers(numbers))


def free_model():
    inputs = (*DNA, InputSpec("cells", kind="array"))
    return wrap(Net(), heads=HEAD, window_bp=WIDTH, output_axes="NT", inputs=inputs, name="net")


def bound_model():
    return wrap(Net(CELLS), heads=HEAD, window_bp=WIDTH, output_axes="NT", inputs=DNA, name="net")


def snv(pos: int) -> Variant:
    return Variant("1", pos, TEXT[pos - 1], "A" if TEXT[pos - 1] != "A" else "C")


VARIANTS = [
    snv(100),
    snv(140),
    Variant("1", 180, TEXT[179:182], "TCA" if TEXT[179] != "T" else "GCA"),
    Variant("1", 230, TEXT[229:233], TEXT[229]),
    Variant("1", 260, TEXT[259], TEXT[259] + "GATTA"),
]
PLACES = [Interval("1", v.pos - WIDTH // 2, v.pos + WIDTH // 2) for v in VARIANTS]


def batches(size: int) -> list[ModelBatch]:
    """The places that `centered` would choose, as a loader reads them."""
    listed = []
    for first in range(0, len(PLACES), size):
        some = PLACES[first : first + size]
        left = np.stack([one_hot(TEXT[p.start : p.start + 30]) for p in some])
        right = np.stack([reverse_complement(one_hot(TEXT[p.end - 24 : p.end])).T for p in some])
        cells = np.repeat(CELLS.numpy(), len(some), axis=0)
        listed.append(ModelBatch({"cells": cells, "left": left, "right": right}, some))
    return listed


def scored(model, genome, placement, variants=VARIANTS, **options):
    return score_variants(
        model,
        variants,
        genome,
        scores=["diff", "alt", "logit"],
        placement=placement,
        normalize=False,
        check_assembly=False,
        device="cpu",
        **options,
    )


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_windows_of_a_loader_equal_centred_ones(size):
    genome = toy.genome()
    expected = scored(bound_model(), genome, Placement(width_bp=WIDTH))
    found = scored(free_model(), genome, Placement(mode="overlap", regions=batches(size)))
    assert found.status == expected.status == ["ok"] * 5
    for name in ("diff", "alt", "logit"):
        assert found.scores[name].shape == (5, 3)
        np.testing.assert_allclose(found.scores[name], expected.scores[name], rtol=0, atol=1e-7)
    assert np.abs(found.scores["diff"]).max(axis=1).min() > 1e-4
    assert found.windows["window_start"].to_list() == expected.windows["window_start"].to_list()


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_keep_the_size_of_the_loader(size):
    place = Placement(mode="overlap", regions=batches(size))
    model = free_model()
    scored(model, toy.genome(), place)
    assert max(model.module.sizes) == size
    model.module.sizes.clear()
    scored(model, toy.genome(), place, batch_size=3)
    assert max(model.module.sizes) == 3


def test_no_genome_is_needed_where_nothing_is_missing():
    genome = toy.genome()
    place = Placement(mode="overlap", regions=batches(2))
    same_length = VARIANTS[:3]
    found = scored(free_model(), None, place, same_length)
    expected = scored(free_model(), genome, place, same_length)
    np.testing.assert_array_equal(found.scores["diff"], expected.scores["diff"])
    # A deletion needs bases that only the genome has.
    (notes,) = scored(free_model(), None, place, VARIANTS[3:4]).notes
    assert "padded" in notes


def test_numbers_beside_the_bases_belong_to_their_example():
    one, other = batches(5)[0], batches(5)[0]
    other = ModelBatch({**other.inputs, "cells": other.inputs["cells"] + 1}, other.intervals)
    plain = scored(free_model(), None, Placement(mode="overlap", regions=one), VARIANTS[:3])
    moved = scored(free_model(), None, Placement(mode="overlap", regions=other), VARIANTS[:3])
    assert np.abs(plain.scores["alt"] - moved.scores["alt"]).min() > 1e-3
    both = Placement(mode="overlap", regions=[one, other], multi="all")
    pairs = scored(free_model(), None, both, VARIANTS[:3])
    assert pairs.windows["window_index"].to_list() == [0, 1] * 3
    np.testing.assert_array_equal(pairs.scores["alt"][::2], plain.scores["alt"])
    np.testing.assert_array_equal(pairs.scores["alt"][1::2], moved.scores["alt"])


def test_views_that_the_inputs_cannot_give_are_refused():
    place = Placement(mode="overlap", regions=batches(5))
    with pytest.raises(OptionError, match="one direction"):
        scored(free_model(), None, place, rc=True)
    with pytest.raises(OptionError, match="'cells' beside the bases"):
        scored(free_model(), toy.genome(), None)
