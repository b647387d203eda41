"""When the making of a plan pays: not for few sequences, not for networks that are done at once."""

from __future__ import annotations

import pytest

from locuscope.effects.scores import resolve_scores
from locuscope.effects.scoring import plan_worth
from locuscope.effects.scoring.plan_worth import impossible, is_worth_plans, plan_of
from locuscope.effects.scoring.window_scores import WindowScoring
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from tests.effects import toy
from tests.effects.carried_networks import WIDTH, residual


def scoring(model, ensemble=None, **chosen) -> WindowScoring:
    views = ensemble or Ensemble()
    return WindowScoring(
        model,
        resolve_scores(model, "diff", ensemble=views),
        choose(model, **chosen),
        0,
        IndelRule(),
        "mean",
        views,
        Run(device="cpu"),
    )


def test_few_sequences_are_not_even_timed():
    model = toy.model()
    before = model.module.sequences
    assert not is_worth_plans(scoring(model), plan_worth.MIN_PASSES - 1, toy.WIDTH)
    assert model.module.sequences == before
    assert not is_worth_plans(scoring(model), plan_worth.MIN_PASSES, toy.WIDTH)
    assert model.module.sequences > before


@pytest.mark.parametrize(
    ("ensemble", "views"),
    [
        (Ensemble(), 1),
        (Ensemble(rc=True), 2),
        (Ensemble(rc=True, shifts=(0, 1, 2)), 6),
    ],
)
def test_every_view_is_a_pass(monkeypatch, ensemble, views):
    monkeypatch.setattr(plan_worth, "_seconds", lambda *_: 0.01)
    most = int(plan_worth.PLAN_S / 0.01 / views)
    monkeypatch.setattr(plan_worth, "MIN_PASSES", 1)
    assert not is_worth_plans(scoring(residual(), ensemble), most, WIDTH)
    assert is_worth_plans(scoring(residual(), ensemble), most + 1, WIDTH)


def test_a_pass_of_one_of_the_networks_is_enough(monkeypatch):
    slow = {residual(5): 1.0, residual(): 1e-9}
    monkeypatch.setattr(plan_worth, "_seconds", lambda _, model, __: slow[model])
    pair = scoring(residual(), Ensemble(members=(residual(5),)))
    assert is_worth_plans(pair, plan_worth.MIN_PASSES, WIDTH)
    assert not is_worth_plans(scoring(residual()), plan_worth.MIN_PASSES, WIDTH)


def test_the_plan_is_of_the_chosen_tracks_unless_strands_are_turned():
    plain = plan_of(scoring(residual(), heads=["profile"], tracks=[1]), residual(), WIDTH)
    turned = scoring(residual(), Ensemble(rc=True), heads=["profile"], tracks=[1])
    assert [key for key, _ in plain.keys] == ["profile"]
    assert plain.seconds is not None
    assert plain is not plan_of(turned, residual(), WIDTH)


def test_what_cannot_be_carried_is_said_with_its_reason():
    error = impossible(residual(), "it is raining")
    assert isinstance(error, OptionError)
    assert "residual: it is raining" in str(error)
    assert "'naive'" in str(error)
