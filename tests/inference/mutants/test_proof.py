"""Probes of a plan, and the engine that they compare with whole passes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.errors import ModelError
from locuscope.inference.mutants import plan_mutants
from locuscope.inference.mutants.engine import Engine
from locuscope.inference.mutants.plan import random_sequence
from locuscope.inference.mutants.proof import GATE, best_batch, best_tile, probes, prove
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


@pytest.fixture(scope="module")
def engine() -> Engine:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv1d(4, 5, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2)).eval()
    flat = nn.Sequential(net, nn.Flatten(), nn.Linear(100, 2)).eval()
    model = wrap(flat, heads=HeadSpec("o", (), 2), window_bp=40, output_axes="NT")
    return plan_mutants(model, device="cpu", measure=False).engine


def test_probes_are_first_last_and_spread() -> None:
    sequence = random_sequence(100)
    sequence[:, 0] = 0
    sequence[:, 99] = 0.25
    found = probes(sequence)
    places = [at for ((at, _),) in found]
    assert places == sorted(set(places))
    assert (places[0], places[-1], len(places)) == (1, 98, 10)
    assert all(sequence[base, at] == 0 for ((at, base),) in found)
    assert probes(sequence) == found
    assert probes(torch.zeros(4, 5)) == []


def test_few_bases_are_probed_once_each() -> None:
    assert sorted(at for ((at, _),) in probes(random_sequence(3))) == [0, 1, 2]


def test_a_plan_that_agrees_is_proved(engine) -> None:
    with torch.no_grad():
        sequence = random_sequence(40, seed=8)
        proof = prove(engine, sequence, engine.reference(sequence))
    assert not proof.reason
    assert proof.error <= GATE
    assert next(iter(proof.seen.values())) == ("convolution", 7, 40)


def test_whole_passes_of_any_batch_agree(engine) -> None:
    sequence = random_sequence(40, seed=2)
    edits = probes(sequence)
    with torch.no_grad():
        (one,), (many,) = (engine.naive(sequence, edits, batch) for batch in (1, 64))
        reference = engine.reference(sequence)
        (found,) = engine.found(engine.tile(reference, [[edit] for edit in edits]))
    torch.testing.assert_close(one, many, rtol=0, atol=2e-6)
    torch.testing.assert_close(found, one, rtol=0, atol=2e-6)


def test_references_are_float64_rounded_once(engine) -> None:
    assert engine.is_precise
    sequence = random_sequence(40, seed=3)
    with torch.no_grad():
        values = engine.reference(sequence).values
        first = engine.net.graph.steps[0]
        weight, bias = (engine.net.graph.constant(node, 1).double() for node in first.args[1:3])
        want = torch.conv1d(sequence[None].double(), weight, bias, padding=3).float()
    assert values[first.node].dtype == torch.float32
    assert torch.equal(values[first.node], want)


def test_the_choice_of_batch_and_tile_is_one_of_the_list(engine) -> None:
    sequence = random_sequence(40)
    with torch.no_grad():
        batch, slow = best_batch(engine, sequence)
        tile, quick = best_tile(engine, engine.reference(sequence))
    assert batch in (1, 8, 32, 64)
    assert tile in (1, 2, 4, 8, 16, 32)
    assert slow > 0
    assert quick > 0


def test_an_engine_without_a_graph_says_so(engine) -> None:
    bare = Engine(engine.door, None, 40, engine.device, engine.dtype)
    with pytest.raises(ModelError, match="could not be captured"):
        bare.reference(random_sequence(40))
