from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.jobs.score_run import drop_bad, score_part, window_alleles
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import VariantError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from tests.effects import toy
from tests.effects.jobs.test_score_plan import plan
from tests.effects.scoring.test_part_scores import Counting, letter


def table(variants: list[Variant]) -> VariantTable:
    return VariantTable.from_variants(variants).check(toy.genome())


def snv(pos: int) -> Variant:
    return Variant("1", pos, letter(pos), "A" if letter(pos) != "A" else "C")


def wrong(pos: int) -> Variant:
    ref, alt = [base for base in "ACGT" if base != letter(pos)][:2]
    return Variant("1", pos, ref, alt)


def test_only_good_rows_are_looked_at():
    rows = [snv(100), Variant("1", 101, letter(101), letter(101)), snv(102)]
    found = score_part(plan(toy.model(), "diff"), toy.genome(), table(rows))
    assert found.windows["norm_pos"].to_list() == [100, None, 102]
    assert np.isnan(found.scores["diff"]).all(1).tolist() == [False, True, False]


def test_a_row_is_ok_once_one_score_took_it():
    rows = table([snv(100), snv(101)])
    only = score_part(plan(toy.model(), [Counting()]), toy.genome(), rows)
    assert only.variants.counts() == {"ok": 1, "outside_regions": 1}
    both = score_part(plan(toy.model(), [Counting(), "diff"]), toy.genome(), rows)
    assert both.variants.counts() == {"ok": 2}
    assert np.isnan(both.scores["gained_g"][1]).all()
    assert both.parts["gained_g"]["row"].to_list() == [0, 0]


def test_the_reason_of_a_refusal_stands_in_its_row():
    deletion = Variant("1", 200, letter(200, 24), letter(200))
    found = score_part(plan(toy.model(), "SAX"), toy.genome(), table([snv(100), deletion]))
    assert found.status == ["ok", "too_long"]
    assert found.variants.table["reason"][0] is None
    assert "24 bases" in found.variants.table["reason"][1]


def test_chunks_do_not_change_a_score(monkeypatch):
    rows = table([snv(pos) for pos in range(100, 112)])
    found = []
    for size in (128, 5, 1):
        monkeypatch.setattr("locuscope.effects.scoring.window_scores.CHUNK_ROWS", size)
        found.append(score_part(plan(toy.model(), ["diff", "SAX"]), toy.genome(), rows).scores)
    for other in found[1:]:
        for name, values in found[0].items():
            np.testing.assert_allclose(other[name], values, atol=2e-6)


def test_every_window_of_an_allele_is_a_row_and_the_nearest_one_is_one_of_them():
    regions = [Interval("1", start, start + toy.WIDTH) for start in (80, 90, 300)]
    rows = table([snv(100), snv(200), snv(310)])
    options = {"mode": "restricted", "regions": regions}
    each = plan(toy.model(), "diff", placement=Placement(multi="all", **options))
    found = score_part(each, toy.genome(), rows)
    assert found.variants.table["pos"].to_list() == [100, 100, 200, 310]
    assert found.windows["window_index"].to_list() == [0, 1, 0, 0]
    assert found.windows["window_start"].to_list() == [80, 90, None, 300]
    assert found.status == ["ok", "ok", "outside_regions", "ok"]
    near = plan(toy.model(), "diff", placement=Placement(**options))
    one = score_part(near, toy.genome(), rows)
    assert one.windows["window_start"].to_list() == [80, None, 300]
    np.testing.assert_array_equal(one.scores["diff"][0], found.scores["diff"][0])


def test_a_forced_ref_is_scored_and_said():
    rows = table([snv(100), wrong(105)])
    checked = score_part(plan(toy.model(), "diff"), toy.genome(), rows)
    assert checked.status == ["ok", "ref_mismatch"]
    forced = score_part(plan(toy.model(), "diff", ref_policy="force"), toy.genome(), rows)
    assert forced.status == ["ok", "ok"]
    assert forced.notes == [(), ("ref_forced",)]
    assert np.isfinite(forced.scores["diff"]).all()
    again = score_part(
        plan(toy.model(), "diff", ref_policy="force"), toy.genome(), table([wrong(105), snv(100)])
    )
    np.testing.assert_array_equal(again.scores["diff"][::-1], forced.scores["diff"])


def test_without_scores_the_windows_still_have_their_say():
    deletion = Variant("1", 200, letter(200, 24), letter(200))
    found = score_part(plan(toy.model(), ()), toy.genome(), table([snv(100), deletion]))
    assert found.status == ["ok", "too_long"]
    assert found.scores == {}
    assert found.windows["window_start"].to_list() == [80, None]


def test_bad_rows_are_raised_or_taken_out_as_asked():
    rows = table([snv(100), wrong(105), snv(110)])
    with pytest.raises(VariantError, match=r"record 2: 1:105 .* is ref_mismatch"):
        score_part(plan(toy.model(), "diff", on_bad="raise"), toy.genome(), rows)
    kept, counts = drop_bad(score_part(plan(toy.model(), "diff"), toy.genome(), rows))
    assert kept.variants.table["pos"].to_list() == [100, 110]
    assert counts == {"ref_mismatch": 1}


def test_windows_stand_on_the_spelling_that_the_plan_wants():
    repeat = Variant("1", 405, letter(405, 2), letter(405))  # one T less of a run of ten
    moved = window_alleles(plan(toy.model(), "diff"), toy.genome(), table([repeat]))[1]
    assert moved[0][1].pos < 405
    kept = window_alleles(plan(toy.model(), "diff", normalize=False), toy.genome(), table([repeat]))
    assert kept[1] == [(0, repeat)]


def test_a_part_without_a_scored_row_joins_the_others():
    """Its spread is there too, else the parts of a call could not be put together."""
    views = plan(toy.model(), "diff", ensemble=Ensemble(shifts=(0, 1)))
    good = score_part(views, toy.genome(), table([snv(100)]))
    lost = score_part(views, toy.genome(), table([wrong(105)]))
    for pair in ([good, lost], [lost, good]):
        joined = VariantScores.concat(pair)
        assert np.isnan(joined.spread["diff"]).all(1).tolist() == [one is lost for one in pair]


def test_a_row_that_only_its_own_score_took_is_ok():
    near = Placement(mode="restricted", regions=[Interval("1", 80, 125)])
    rows = table([snv(100), snv(200), snv(201)])
    both = score_part(plan(toy.model(), [Counting(), "diff"], placement=near), toy.genome(), rows)
    assert both.status == ["ok", "ok", "outside_regions"]
    assert np.isfinite(both.scores["gained_g"][1]).all()
    assert np.isnan(both.scores["diff"][1]).all()


def test_every_window_of_a_row_tells_of_an_own_score_that_is_nan():
    class Lost(Counting):
        def __call__(self, ref, alt, context=None):
            return np.nan, 1.0

    regions = [Interval("1", start, start + toy.WIDTH) for start in (80, 90)]
    each = Placement(mode="overlap", regions=regions, multi="all")
    found = score_part(
        plan(toy.model(), [Lost(), "diff"], placement=each), toy.genome(), table([snv(100)])
    )
    assert found.status == ["nonfinite", "nonfinite"]


def test_a_score_that_reads_the_genome_takes_no_forced_ref():
    rows = table([snv(100), wrong(106)])
    forced = plan(toy.model(), [Counting(), "diff"], ref_policy="force")
    found = score_part(forced, toy.genome(), rows)
    assert found.status == ["ok", "ok"]
    assert np.isnan(found.scores["gained_g"]).all(1).tolist() == [False, True]
    assert np.isfinite(found.scores["diff"]).all()


def test_a_repeated_change_has_the_same_numbers_and_is_run_once():
    rows = [snv(pos) for pos in range(100, 131)]
    model = toy.model()
    views = {"ensemble": Ensemble(shifts=(0, 1)), "run": Run(device="cpu", batch_size=16)}
    model.module.sequences = 0
    alone = score_part(plan(model, "diff", **views), toy.genome(), table(rows))
    n_run = model.module.sequences
    found = score_part(plan(model, "diff", **views), toy.genome(), table([*rows, *rows[:5]]))
    assert model.module.sequences == 2 * n_run
    for values, once in ((found.scores, alone.scores), (found.spread, alone.spread)):
        np.testing.assert_array_equal(values["diff"][:31], once["diff"])
        np.testing.assert_array_equal(values["diff"][31:], once["diff"][:5])


def test_a_score_that_is_told_the_allele_sees_each_repeat():
    def by_id(ref, alt, context):
        return np.array([[float(v.id)] * ref.shape[1] for v in context.variants])

    twice = [Variant("1", 100, letter(100), snv(100).alt, name) for name in ("1", "2")]
    found = score_part(plan(toy.model(), by_id), toy.genome(), table(twice))
    assert found.scores["by_id"][:, 0].tolist() == [1, 2]


def test_a_repeated_insertion_has_the_notes_of_the_first():
    grown = Variant("1", 150, letter(150), letter(150) + "GG")
    found = score_part(plan(toy.model(8), "diff"), toy.genome(), table([grown, grown]))
    assert found.notes[0] == found.notes[1]
    assert "unaligned_bins" in found.notes[1]
