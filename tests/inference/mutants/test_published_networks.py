"""The networks that come with the package: incremental equals whole passes, edges and Ns included.

Both strands go through each of them in one batch; the splice network reads 10 kb around a base.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.genome.sequence import one_hot
from locuscope.inference.mutants import plan_mutants, predict_edits, predict_mutants
from locuscope.models.zoo import load_model
from tests.inference.mutants.checked_networks import letters
from tests.oracles.mutants_oracle import slow_edit

SPLICE_BP = 10_040
UNKNOWN = (0, 7, 5_019, 5_020, SPLICE_BP - 1)
GATE = 2e-6


def whole(plan) -> list[str]:
    return [name for name, (label, _, _) in plan.seen.items() if label == "whole"]


@pytest.fixture(scope="module")
def splice():
    """Plan, sequence with Ns and its reference."""
    plan = plan_mutants(load_model("cispliceai"), window_bp=SPLICE_BP, device="cpu", measure=False)
    text = letters(SPLICE_BP, 5, unknown=UNKNOWN)
    bases = torch.from_numpy(one_hot(text)).float()
    with plan.running():
        return plan, text, bases, plan.engine.reference(bases)


def test_the_splice_network_is_incremental_as_a_whole(splice) -> None:
    plan = splice[0]
    assert plan.is_incremental, plan.report()
    assert plan.error <= GATE
    assert not whole(plan), plan.report()
    assert plan.predicted_ratio > 2
    # Strands are followed one by one, each on the window that a base can reach.
    windows = {name: width for name, (_, width, _) in plan.seen.items() if "conv2d" in name}
    assert (windows["conv2d_2_1of2"], windows["conv2d_2_2of2"]) == (11, 11)
    assert "of the work" in plan.report()


def edges_and_neighbours() -> list[int]:
    """Both ends, both sides of every N, and the borders of what the outputs are made of."""
    beside = {at + step for at in UNKNOWN for step in (-1, 1)}
    borders = {2, 4_999, 5_040, SPLICE_BP - 3}
    return sorted(at for at in beside | borders if 0 <= at < SPLICE_BP and at not in UNKNOWN)


def assert_close(plan, bases, reference, edits) -> None:
    """A tile of neighbours against one whole pass per mutant."""
    engine = plan.engine
    with plan.running():
        (found,) = engine.found(engine.tile(reference, edits))
        (base,) = engine.door(engine.one_hot(bases))
        (mutants,) = engine.door(engine.mutants(bases, [edit for some in edits for edit in some]))
    torch.testing.assert_close(found, mutants - base, rtol=0, atol=GATE)


@pytest.mark.parametrize("at", edges_and_neighbours())
def test_edges_and_neighbours_of_unknown_bases(splice, at) -> None:
    plan, text, bases, reference = splice
    others = [base for base in range(4) if "ACGT"[base] != text[at]]
    assert_close(plan, bases, reference, [[((at, others[at % 3]),)]])


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, SPLICE_BP - 3), st.integers(1, 2), st.integers(1, 3))
def test_any_tile_of_the_splice_network(splice, first, places, step) -> None:
    plan, text, bases, reference = splice
    at = [place for place in range(first, first + places) if text[place] != "N"]
    edits = [[((place, ("ACGT".index(text[place]) + step) % 4),)] for place in at]
    if edits:
        assert_close(plan, bases, reference, edits)


def test_a_range_of_the_splice_network(splice) -> None:
    plan, text, *_ = splice
    model = plan.model
    found = predict_mutants(
        model, text, positions=slice(5_017, 5_022), alleles="AC", plan=plan, method="incremental"
    )
    delta = found.delta["splice_sites"][1]
    assert delta.shape == (5, 4, SPLICE_BP - 10_000, 4)
    assert np.isnan(delta[[2, 3]]).all()
    for row, at in ((1, 5_018), (4, 5_021)):
        for base in "AC":
            want = slow_edit(model, text, [(at, base)])["splice_sites"][1]
            np.testing.assert_allclose(delta[row, "ACGT".index(base)], want, rtol=0, atol=GATE)


@pytest.mark.parametrize("name", ["dnase", "insulators"])
def test_every_mutant_of_a_chromatin_network(name) -> None:
    model = load_model(name)
    plan = plan_mutants(model, device="cpu", measure=False)
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()
    text = letters(512, 3, unknown=(0, 100, 101, 300, 511))
    fast, slow = (
        predict_mutants(model, text, plan=plan, method=method)
        for method in ("incremental", "naive")
    )
    for head, by_key in slow.delta.items():
        peak = max(1.0, float(np.abs(slow.reference[head][0]).max()))
        np.testing.assert_allclose(fast.delta[head][0], by_key[0], rtol=0, atol=GATE * peak)
        assert np.isnan(fast.delta[head][0][100]).all()


def test_both_ends_of_an_exon() -> None:
    model = load_model("mtsplice")
    plan = plan_mutants(model, device="cpu", measure=False)
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()
    text = letters(800, 4, unknown=(399, 600))
    edits = [[(0, "A")], [(398, "C")], [(400, "T")], [(799, "G")], [(10, "A"), (790, "T")]]
    found = predict_edits(model, text, edits, plan=plan, method="incremental")
    for row, edit in enumerate(edits):
        want = slow_edit(model, text, edit)["tissue_splicing"][0]
        np.testing.assert_allclose(found.delta["tissue_splicing"][0][row], want, atol=GATE, rtol=0)
