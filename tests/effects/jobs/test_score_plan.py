from __future__ import annotations

import json

import pytest

from locuscope.effects.jobs.score_plan import plan_scores
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.models.zoo import load_model
from tests.effects import toy

NEUTRAL = {
    "heads": None,
    "tracks": None,
    "reduce": "mean",
    "placement": None,
    "indels": None,
    "mask_bp": None,
    "eps": None,
    "ensemble": Ensemble(),
    "organism": 0,
    "run": Run(device="cpu"),
    "normalize": True,
    "ref_policy": "check",
    "on_bad": "flag",
}


def plan(model, scores, **options):
    return plan_scores(model, scores, None, **(NEUTRAL | options))


def test_scores_are_told_apart_and_keep_their_order():
    found = plan(load_model("cispliceai"), ["splice_delta", "SAX", "diff"])
    assert found.order == ("splice_delta", "SAX", "diff")
    assert list(found.own) == ["splice_delta"]
    assert list(found.scoring.scorers) == ["SAX", "diff"]
    assert found.width_bp == 15_000


def test_the_width_comes_from_the_placement_then_the_model():
    assert plan(toy.model(), "diff").width_bp == 40
    free = toy.model(window_bp=None)
    assert plan(free, "diff", placement=Placement(width_bp=64)).width_bp == 64
    with pytest.raises(OptionError, match="any length"):
        plan(free, "diff")
    assert plan(load_model("cispliceai"), "splice_delta").width_bp is None


def test_a_reduction_is_a_known_name_or_a_function():
    def smallest(rows):
        return rows.min(0)

    facts = plan(toy.model(), "diff", reduce=smallest).provenance(toy.genome())
    assert facts["reduce"] == "smallest"
    with pytest.raises(OptionError, match="'min'"):
        plan(toy.model(), "diff", reduce="min")


def test_options_without_effect_are_refused_by_name():
    with pytest.raises(OptionError, match=r"indels=IndelRule.*has no effect on splice_delta"):
        plan(load_model("cispliceai"), "splice_delta", indels=IndelRule())


def test_provenance_is_plain_and_holds_the_options_of_each_score():
    facts = plan(
        load_model("cispliceai"), ["diff", "splice_delta"], ensemble=Ensemble(rc=True)
    ).provenance(toy.genome())
    again = json.loads(json.dumps(facts))
    assert list(again["scores"]) == ["diff", "splice_delta"]
    assert again["scores"]["splice_delta"]["distance"] == 50
    assert (again["rc"], again["heads"]) == (True, ["splice_sites"])
    assert (again["window"], again["center"]) == ("centered", "left")


def test_every_option_that_changes_a_number_changes_the_provenance():
    genome = toy.genome()
    plain = plan(toy.model(), "diff").provenance(genome)
    inside = Placement(mode="restricted", regions=[Interval("1", 0, 300)])
    for options in (
        {"eps": 1e-3},
        {"mask_bp": 8},
        {"reduce": "max"},
        {"ensemble": Ensemble(shifts=(0, 1))},
        {"ensemble": Ensemble(rc=True, rc_merging="max")},
        {"placement": Placement(center="middle")},
        {"placement": inside},
        {"indels": IndelRule(align="none")},
        {"normalize": False},
        {"ref_policy": "force"},
        {"on_bad": "skip"},
        {"tracks": [0]},
    ):
        scores = "logit" if "eps" in options else "diff"
        found = plan(toy.model(), scores, **options).provenance(genome)
        assert json.dumps(found) != json.dumps(plain), options


def test_windows_of_a_loader_are_told_from_stated_ones():
    stated = Placement(mode="restricted", regions=[Interval("1", 0, 300)])
    assert not plan(toy.model(), "diff", placement=stated).is_one_shot
    loader = Placement(mode="overlap", regions=iter(()))
    assert plan(toy.model(), "diff", placement=loader).is_one_shot


def test_a_policy_is_a_known_word():
    for option in ("ref_policy", "on_bad"):
        with pytest.raises(OptionError, match="flagg"):
            plan(toy.model(), "diff", **{option: "flagg"})


@pytest.mark.parametrize("rc", [False, True])
def test_wide_windows_and_positional_scores_are_held_in_smaller_chunks(rc):
    def rows(name, width_bp):
        return plan(toy.model(), name, ensemble=Ensemble(rc=rc)).scoring.rows_per_chunk(width_bp)

    assert rows("diff", 1_000) == 128
    assert 1 <= rows("SAX", 131_072) < rows("diff", 131_072) < 20
    assert rows("diff", 100_000_000) == 1
