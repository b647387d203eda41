"""Alleles whose substitutions are carried through the network against alleles that are run."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.jobs import score_call, score_method
from locuscope.effects.jobs.score_job import run_score_job
from locuscope.effects.jobs.score_method import least_alternatives
from locuscope.effects.scoring import plan_worth
from locuscope.effects.scoring.mutant_passes import MutantPasses
from locuscope.effects.variants import score_variants
from locuscope.errors import ModelError, OptionError
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.mutants import MutantPlan, plan_mutants
from locuscope.inference.run import Run
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.effects.carried_networks import WIDTH, genome, pooled, residual, sequence


def all_alts(*positions: int) -> list[Variant]:
    text = sequence()
    return [
        Variant("1", pos, text[pos - 1], base)
        for pos in positions
        for base in "ACGT"
        if base != text[pos - 1]
    ]


def mixed() -> list[Variant]:
    """Substitutions of one and two bases, indels, edges, N nearby, a wrong REF."""
    text = sequence()
    return [
        *all_alts(1, 100, 101, 198, 205, 400),
        Variant("1", 120, text[119:121], "".join("CA"[c in "CT"] for c in text[119:121])),
        Variant("1", 130, text[129], text[129] + "ACG"),
        Variant("1", 140, text[139:143], text[139]),
        Variant("1", 150, "A" if text[149] != "A" else "C", "G"),
        *all_alts(100),
    ]


def both(alleles, model=None, **options):
    return tuple(
        score_variants(
            model or residual(),
            alleles,
            genome(),
            method=method,
            device="cpu",
            check_assembly=False,
            **options,
        )
        for method in ("incremental", "naive")
    )


def assert_equal(carried, naive) -> None:
    assert carried.variants.counts() == naive.variants.counts()
    for name, expected in naive.scores.items():
        peak = max(1.0, float(np.nanmax(np.abs(expected))))
        np.testing.assert_allclose(
            carried.scores[name], expected, atol=2e-6 * peak, rtol=0, equal_nan=True
        )


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_carried_scores_equal_those_of_full_passes(data):
    rc = data.draw(st.booleans())
    heads = data.draw(st.sampled_from([["profile"], ["counts"], None]))
    options = {
        "scores": data.draw(st.sampled_from([["diff"], ["logit", "alt", "ref"]])),
        "heads": heads,
        "ensemble": Ensemble(
            rc=rc,
            shifts=data.draw(st.sampled_from([(0,), (0, -3)])),
            members=data.draw(st.sampled_from([(), (residual(5),)])),
        ),
        "placement": Placement(share_bp=data.draw(st.sampled_from([0, 20]))),
    }
    if heads != ["counts"]:
        options["reduce"] = data.draw(st.sampled_from(["mean", "max", "center"]))
    assert_equal(*both(mixed(), **options))


def test_scores_of_positions_and_chosen_tracks():
    assert_equal(*both(mixed(), scores=["SAX", "D2"], heads=["profile"], rc=True))
    assert_equal(*both(mixed(), pooled(), tracks=[3, 0]))


def counted(monkeypatch):
    """How many windows each call of the engine carries."""
    seen = []
    predict = MutantPasses.predict

    def watched(self, model, member, windows, *args, **options):
        seen.append(len(windows))
        return predict(self, model, member, windows, *args, **options)

    monkeypatch.setattr(MutantPasses, "predict", watched)
    return seen


def test_indels_are_run_and_substitutions_are_carried(monkeypatch):
    seen = counted(monkeypatch)
    score_variants(residual(), mixed(), genome(), method="incremental", check_assembly=False)
    # six sites of three ALTs and one of two bases; a repeated row is computed once
    assert sum(seen) == 6 * 3 + 1


def test_few_alternatives_of_a_reference_may_be_run(monkeypatch):
    seen = counted(monkeypatch)
    monkeypatch.setattr(plan_worth, "MIN_PASSES", 1)
    monkeypatch.setattr(plan_worth, "PLAN_S", 0.0)
    monkeypatch.setattr(MutantPlan, "is_faster", property(lambda _: True))
    monkeypatch.setattr(score_method, "least_alternatives", lambda _: 3)
    alleles = all_alts(60, 90)
    found = score_variants(pooled(), [*alleles, *all_alts(140)[:2]], genome(), device="cpu")
    assert seen == [6]
    naive = score_variants(
        pooled(), [*alleles, *all_alts(140)[:2]], genome(), device="cpu", method="naive"
    )
    assert_equal(found, naive)
    monkeypatch.setattr(score_method, "least_alternatives", lambda _: None)
    score_variants(pooled(), alleles, genome(), device="cpu")
    assert seen == [6]


@pytest.mark.parametrize(
    ("mine", "naive", "least"), [(1e-9, 1e9, 1), (1e-9, 1e-9, None), (1e-9, None, 1)]
)
def test_how_many_alternatives_pay(mine, naive, least):
    plan = plan_mutants(pooled(), device="cpu", measure=False)
    seconds = None if naive is None else (mine, naive)
    assert least_alternatives(replace(plan, seconds=seconds)) == least


def test_small_calls_and_slow_plans_change_nothing(monkeypatch):
    seen = counted(monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score_variants(pooled(), all_alts(60, 90), genome(), device="cpu")
    assert not seen
    monkeypatch.setattr(plan_worth, "MIN_PASSES", 1)
    monkeypatch.setattr(plan_worth, "PLAN_S", 0.0)

    def refuse(*args, **options):
        message = "chance in the network"
        raise ModelError(message, batch=None)

    monkeypatch.setattr(score_method, "plan_of", refuse)
    score_variants(pooled(), all_alts(60, 90), genome(), device="cpu")
    assert not seen
    with pytest.raises(ModelError, match="chance"):
        score_variants(pooled(), all_alts(60), genome(), device="cpu", method="incremental")


def test_what_cannot_be_carried_is_refused_in_words():
    with pytest.raises(OptionError, match="fast"):
        score_variants(pooled(), all_alts(60), genome(), method="fast")
    with pytest.raises(OptionError, match=r"not possible for toy: .*captured"):
        score_variants(
            toy.model(),
            [Variant("1", 100, toy.sequence()[99], "A")],
            toy.genome(),
            method="incremental",
        )
    with pytest.raises(OptionError, match="makes its own sequences"):
        score_variants(
            load_model("cispliceai"),
            all_alts(60),
            genome(),
            scores="splice_delta",
            method="incremental",
        )


class StopError(Exception):
    """What an interrupted call raises here."""


@pytest.mark.fault("J1")
def test_a_resumed_job_keeps_the_method_of_its_first_run(tmp_path, monkeypatch):
    monkeypatch.setattr(score_call, "run_score_job", partial(run_score_job, part_rows=16))
    alleles = all_alts(*range(60, 90))
    whole, torn = tmp_path / "whole.parquet", tmp_path / "torn" / "whole.parquet"
    torn.parent.mkdir()

    def call(out, method, **options):
        run = Run(device="cpu", batch_size=8, out=out, **options)
        return score_variants(residual(), alleles, genome(), run=run, method=method)

    done = []

    def stop(n, total, counts):
        done.append(n)
        if len(done) == 3:
            raise StopError

    call(whole, "incremental")
    with pytest.raises(StopError):
        call(torn, "incremental", progress=stop)
    assert 0 < done[-1] < len(alleles)
    seen = counted(monkeypatch)
    call(torn, "auto")
    assert 0 < sum(seen) < len(alleles)
    assert torn.read_bytes() == whole.read_bytes()
    before = len(seen)
    call(torn, "naive")
    assert len(seen) == before


def test_two_processes_give_the_numbers_of_one(tmp_path):
    alleles = all_alts(*range(60, 80))
    found = [
        score_variants(
            residual(),
            alleles,
            genome(),
            run=Run(device="cpu", workers=workers),
            method="incremental",
        )
        for workers in (1, 2)
    ]
    np.testing.assert_array_equal(found[0].scores["diff"], found[1].scores["diff"])
    assert found[0].windows["window_end"].max() - found[0].windows["window_start"].min() > WIDTH
