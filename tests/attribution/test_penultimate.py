"""What enters the last linear layer, as a head: right values, views brought back, doors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.activations import activations
from locuscope.attribution.penultimate import HEAD, PenultimateModel
from locuscope.errors import ModelError, ShapeError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, SequenceModel
from tests.attribution.seqnn_cases import arrays, model

X = arrays().x


def embedding(made, width=64, key=8):
    return PenultimateModel(
        made, next(iter(made.heads.values())), resolution_bp=key, width_bp=width
    )


def values(penultimate, x, **options):
    return predict(penultimate, x, **options).head(HEAD).finest.tensor


def test_before_a_convolution():
    made = model()
    found = values(embedding(made), X).numpy()
    expected = activations(made, X, "avg_pool1d")["avg_pool1d"].transpose(0, 2, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert embedding(made).heads[HEAD].resolutions_bp == (8,)


def test_before_a_linear_layer_of_one_value_per_window():
    network = nn.Sequential(nn.Conv1d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(372, 2))
    head = HeadSpec("signal", (), 2, kind="scalar")
    made = wrap(network, heads=head, window_bp=64, output_axes="NT")
    own = embedding(made, key=0)
    assert (own.heads[HEAD].kind, own.heads[HEAD].num_tracks) == ("scalar", 372)
    expected = activations(made, X, "2")["2"]
    np.testing.assert_allclose(values(own, X).numpy().reshape(5, -1), expected, rtol=1e-6)


class Positions(nn.Module):
    """A linear layer at every position, and its mean as the output."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(4, 6, 3, padding=1)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        h = torch.relu(self.stem(x)).transpose(1, 2)
        return self.head(h).sigmoid().transpose(1, 2)


def test_a_linear_layer_along_positions():
    made = wrap(Positions(), heads=HeadSpec("s", (1,), 2), window_bp=64, output_axes="NTL")
    expected = activations(made, X, "transpose")["transpose"]
    np.testing.assert_allclose(values(embedding(made, key=1), X).numpy(), expected, rtol=1e-6)


def test_other_positions_than_the_head():
    network = nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.Conv1d(6, 2, 1), nn.AvgPool1d(4))
    made = wrap(network, heads=HeadSpec("s", (4,), 2), window_bp=64, output_axes="NTL")
    own = embedding(made, key=4)
    assert own.heads[HEAD].resolutions_bp == (1,)
    assert values(own, X).shape == (5, 64, 6)


def test_views_are_turned_back():
    own = embedding(model())
    both = values(own, X, ensemble=Ensemble(rc=True)).numpy()
    turned = values(own, X[:, ::-1, ::-1].copy()).numpy()[:, ::-1]
    np.testing.assert_allclose(both, (values(own, X).numpy() + turned) / 2, rtol=1e-5, atol=1e-7)


def test_it_is_a_model_and_leaves_the_other_as_it_was():
    made = model()
    made.module.train()
    own = embedding(made)
    assert isinstance(own, SequenceModel)
    assert (own.name, own.window_bp, own.scores) == (f"{made.name}.penultimate", 64, {})
    assert own.digest == made.digest
    assert (own.inputs, own.default_width_bp) == (made.inputs, made.default_width_bp)
    values(own, X)
    assert all(part.training for part in made.module.modules())
    with pytest.raises(ShapeError, match="64"):
        own.check_length(60)


class Apart(nn.Module):
    """Its output does not come from one tensor."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(4, 2, 1)

    def forward(self, x):
        return torch.cat([self.stem(x), self.stem(x)], dim=1).transpose(1, 2)


class Crooked(nn.Module):
    """An embedding of 62 positions under bins of 8 bases."""

    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv1d(4, 2, 3), nn.Conv1d(2, 2, 1)

    def forward(self, x):
        return nn.functional.adaptive_avg_pool1d(self.head(self.stem(x)), 8).transpose(1, 2)


def test_heads_without_a_last_linear_layer():
    made = wrap(Apart(), heads=HeadSpec("s", (1,), 4), window_bp=64)
    with pytest.raises(ModelError, match=r"'s' of .* does not come from .* in one line"):
        embedding(made, key=1)
    made = wrap(Crooked(), heads=HeadSpec("s", (8,), 2), window_bp=64)
    with pytest.raises(ModelError, match="62 positions over 64 bases"):
        embedding(made)
