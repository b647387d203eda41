"""References inside a network: side by side as one after another, and how many at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from locuscope.effects.scoring import open_references
from locuscope.effects.scoring.open_references import references_at_a_time, references_of
from locuscope.effects.scoring.passes import View
from locuscope.genome.sequence import one_hot
from locuscope.inference.mutants import plan_mutants
from locuscope.inference.selection import choose
from tests.effects.carried_networks import WIDTH, pooled, residual, sequence

STARTS = (10, 60, 160)


def windows():
    return [one_hot(sequence()[start : start + WIDTH]) for start in STARTS]


@pytest.fixture(params=[residual, pooled], ids=["residual", "pooled"])
def plan(request):
    return plan_mutants(request.param(), device="cpu", measure=False)


def test_references_of_a_batch_equal_those_of_single_sequences(plan, monkeypatch):
    engine = replace(plan.engine, is_precise=False)
    sequences = [torch.from_numpy(bases).float() for bases in windows()]
    batches = []
    graph = type(engine.net.graph)
    whole = graph.reference

    def watched(self, x, *args, **options):
        batches.append(len(x))
        return whole(self, x, *args, **options)

    monkeypatch.setattr(graph, "reference", watched)
    with plan.running():
        together = references_of(engine, sequences)
        assert batches == [3]
        alone = [engine.reference(each) for each in sequences]
    for one, other in zip(together, alone, strict=True):
        assert one.values.keys() == other.values.keys()
        for node, value in other.values.items():
            torch.testing.assert_close(one.values[node], value, atol=2e-6, rtol=0)


def test_what_cannot_be_cut_is_computed_one_after_another(plan, monkeypatch):
    engine = replace(plan.engine, is_precise=False)
    graph = type(engine.net.graph)
    whole = graph.reference
    batches = []

    def odd(self, x, *args, **options):
        batches.append(len(x))
        values = whole(self, x, *args, **options)
        return values if len(x) == 1 else {**values, "shape": (1, 2)}

    monkeypatch.setattr(graph, "reference", odd)
    with plan.running():
        found = references_of(engine, [torch.from_numpy(b).float() for b in windows()])
    assert batches == [3, 1, 1, 1]
    assert len(found) == 3


@pytest.mark.parametrize("view", [View(False, 0, "zero"), View(True, 2, "uniform")])
@pytest.mark.parametrize("is_precise", [False, True])
def test_each_opens_with_its_own_prediction(plan, view, is_precise):
    choices = choose(plan.model)
    opened = list(
        open_references.open_references(
            plan, choices, view, windows(), is_cut=False, is_precise=is_precise
        )
    )
    assert not list(
        open_references.open_references(plan, choices, view, [], is_cut=False, is_precise=True)
    )
    for one, bases in zip(opened, windows(), strict=True):
        values = plan.model.run(torch.from_numpy(view.of_bases(bases[None])).float())
        for choice in choices:
            key = choice.keys[0]
            back = view.brought_back(values[choice.spec.name][key], choice, key)[0]
            np.testing.assert_allclose(
                one.prediction[choice.spec.name, key], back.detach().numpy(), atol=2e-6
            )


def test_how_many_fit_follows_from_the_values_of_the_network(plan, monkeypatch):
    assert references_at_a_time(plan) == 16
    monkeypatch.setattr(open_references, "_REFERENCE_BYTES", 1)
    assert references_at_a_time(plan) == 1
