from __future__ import annotations

import numpy as np

from locuscope.effects.score_plan import plan_scores
from locuscope.effects.score_run import ScoreRun
from locuscope.effects.scores import resolve_scores
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from tests.effects import toy
from tests.effects.test_part_scores import Counting, letter
from tests.effects.test_score_plan import NEUTRAL


def start(variants: list[Variant]) -> ScoreRun:
    genome = toy.genome()
    return ScoreRun(VariantTable.from_variants(variants).check(genome), genome)


def snv(pos: int) -> Variant:
    return Variant("1", pos, letter(pos), "A" if letter(pos) != "A" else "C")


def test_only_good_rows_are_looked_at():
    run = start([snv(100), Variant("1", 101, letter(101), letter(101)), snv(102)])
    assert run.rows == [0, 2]
    assert run.windows()["norm_pos"].to_list() == [100, None, 102]


def test_a_row_is_ok_once_one_score_took_it():
    model = toy.model()
    run = start([snv(100), snv(101)])
    own = Counting()
    run.score_own("gained_g", model, own, organism=0, run=NEUTRAL["run"])
    assert run.verdicts().counts() == {"ok": 1, "outside_regions": 1}
    plan = plan_scores(model, resolve_scores(model, "diff"), **NEUTRAL)
    run.score_windows(plan.scoring, plan.placement, plan.width_bp)
    assert run.verdicts().counts() == {"ok": 2}
    assert np.isnan(run.scores["gained_g"][1]).all()
    assert run.parts["gained_g"]["row"].to_list() == [0, 0]


def test_the_reason_of_a_refusal_stands_in_its_row():
    model = toy.model()
    deletion = Variant("1", 200, letter(200, 24), letter(200))
    run = start([snv(100), deletion])
    plan = plan_scores(model, resolve_scores(model, "SAX"), **NEUTRAL)
    run.score_windows(plan.scoring, plan.placement, plan.width_bp)
    table = run.verdicts().table
    assert table["status"].to_list() == ["ok", "too_long"]
    assert table["reason"].to_list() == [None, "an allele of 24 bases in a window of 40"]


def test_chunks_do_not_change_a_score(monkeypatch):
    variants = [snv(pos) for pos in range(100, 112)]
    found = []
    for rows in (128, 5, 1):
        monkeypatch.setattr("locuscope.effects.window_scores.CHUNK_ROWS", rows)
        model = toy.model()
        run = start(variants)
        plan = plan_scores(model, resolve_scores(model, ["diff", "SAX"]), **NEUTRAL)
        run.score_windows(plan.scoring, plan.placement, plan.width_bp)
        found.append(run.scores)
    for other in found[1:]:
        for name, values in found[0].items():
            np.testing.assert_allclose(other[name], values, atol=2e-6)
