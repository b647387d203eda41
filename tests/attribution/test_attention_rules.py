from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from locuscope.attribution.attention_rules import multi_head_attention
from locuscope.attribution.deeplift import deeplift
from locuscope.attribution.rescale_rules import Pairs
from locuscope.errors import ModelError
from tests.attribution import networks
from tests.attribution.test_deeplift import bases

WIDTH = networks.WIDTH


class Heads(nn.Module):
    """Torch's own attention between a projection and a head."""

    def __init__(self, *, batch_first=True, **options):
        super().__init__()
        self.stem = nn.Linear(4, 8)
        self.mixed = nn.MultiheadAttention(8, 2, batch_first=batch_first, **options)
        self.head = nn.Linear(8, 1)
        self.batch_first = batch_first

    def forward(self, x, **options):
        h = self.stem(x.transpose(1, 2) if self.batch_first else x.permute(2, 0, 1))
        found, weights = self.mixed(h, h, h, **options)
        total = self.head(torch.relu(h + found)).mean(1 if self.batch_first else 0)
        return total if weights is None else total + weights.square().sum((1, 2))[:, None]


def own(net, x):
    """The same by the plain formula, positions and heads written out."""
    h = net.stem(x.transpose(1, 2))
    parts = functional.linear(h, net.mixed.in_proj_weight, net.mixed.in_proj_bias).chunk(3, 2)
    q, k, v = (part.unflatten(2, (2, 4)).transpose(1, 2) for part in parts)
    mixed = torch.softmax(q @ k.transpose(2, 3) / 2.0, -1) @ v
    out = net.mixed.out_proj(mixed.transpose(1, 2).flatten(2))
    return net.head(torch.relu(h + out)).mean(1)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
def test_completeness(batch_first, need_weights):
    net = networks.made(lambda: Heads(batch_first=batch_first))
    x, references = bases(3, WIDTH), bases(3, 4, WIDTH, seed=1)
    function = lambda rows: net(rows, need_weights=need_weights)[:, 0]
    found = deeplift(function, x, references)
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)
    assert found.change.abs().max() > 1e-3
    with torch.no_grad():
        change = function(x)[:, None] - torch.stack(
            [function(references[:, r]) for r in range(4)], dim=1
        )
    np.testing.assert_allclose(found.change, change, atol=1e-12)


def test_the_plain_formula_gives_the_same():
    net = networks.made(Heads)
    x, references = bases(3, WIDTH), bases(3, 4, WIDTH, seed=1)
    found = deeplift(lambda rows: net(rows, need_weights=False)[:, 0], x, references)
    expected = deeplift(lambda rows: own(net, rows)[:, 0], x, references)
    np.testing.assert_allclose(found.hypothetical, expected.hypothetical, atol=1e-12)
    np.testing.assert_allclose(found.change, expected.change, atol=1e-12)


@pytest.mark.parametrize("kind", ["bool", "float", "each"])
def test_masks(kind):
    net = networks.made(Heads)
    later = torch.ones(WIDTH, WIDTH, dtype=torch.bool).triu(1)

    def function(rows):
        mask = {
            "bool": later,
            "float": torch.zeros(WIDTH, WIDTH).double().masked_fill(later, -torch.inf),
            "each": later.expand(len(rows) * 2, WIDTH, WIDTH),
        }[kind]
        return net(rows, need_weights=False, attn_mask=mask)[:, 0]

    x, references = bases(2, WIDTH), bases(2, 3, WIDTH, seed=1)
    found = deeplift(function, x, references)
    assert torch.isfinite(found.hypothetical).all() and found.change.abs().max() > 1e-3
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)


def test_masked_cells_of_a_softmax():
    later = torch.ones(WIDTH, WIDTH, dtype=torch.bool).triu(1)

    def function(rows):
        logits = (rows.transpose(1, 2) @ rows).masked_fill(later, -torch.inf)
        return (torch.softmax(logits, -1) @ rows.transpose(1, 2)).square().sum((1, 2))

    found = deeplift(function, bases(2, WIDTH), bases(2, 3, WIDTH, seed=1))
    assert torch.isfinite(found.hypothetical).all()
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)


def test_keys_and_values_of_another_width():
    net = networks.made(lambda: Heads(kdim=5, vdim=3))
    key, value = nn.Linear(4, 5).double(), nn.Linear(4, 3).double()

    def function(rows):
        h = rows.transpose(1, 2)
        found, _ = net.mixed(net.stem(h), key(h), value(h), need_weights=False)
        return found.relu().sum((1, 2))

    found = deeplift(function, bases(2, WIDTH), bases(2, 3, WIDTH, seed=1))
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_whole_encoder_layer(norm_first):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Linear(4, 8)
            self.body = nn.TransformerEncoderLayer(
                8, 2, 16, batch_first=True, norm_first=norm_first, activation="gelu"
            )
            self.head = nn.Linear(8, 1)

        def forward(self, x):
            return self.head(self.body(self.stem(x.transpose(1, 2)))).mean(1)

    net = networks.made(Encoder)
    found = deeplift(networks.one_number(net), bases(3, WIDTH), bases(3, 4, WIDTH, seed=1))
    np.testing.assert_allclose(found.delta, 0, atol=1e-12)
    assert found.change.abs().max() > 1e-3


@pytest.mark.fault("V4")
@pytest.mark.parametrize("options", [{"add_bias_kv": True}, {"add_zero_attn": True}])
def test_rarer_options_are_named(options):
    net = networks.made(lambda: Heads(**options))
    with pytest.raises(ModelError, match="multi_head_attention_forward"):
        deeplift(networks.one_number(net), bases(2, WIDTH), bases(2, 3, WIDTH, seed=1))


def test_nothing_is_given_for_single_examples():
    x = torch.zeros(3, 8)
    found = multi_head_attention(
        Pairs(1, 2), (x, x, x, 8, 2, None, None, None, None, False, 0.0, None, None), {}
    )
    assert found is None
