from __future__ import annotations

import random

import numpy as np
import pytest

from locuscope.effects.nulls import NULL_SCORES, marginalize_variants
from locuscope.effects.variants import score_variants
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_parts import PART_ROWS
from locuscope.inference.run import Run
from locuscope.models.planted import PlantedMotifNet
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.oracles.null_oracle import null_scores, statistics_of
from tests.oracles.score_oracle import score as plain_score

TEXT = toy.sequence()
CPU = {"check_assembly": False, "device": "cpu", "score": "diff"}


def snv(pos: int) -> Variant:
    return Variant("1", pos, TEXT[pos - 1], "A" if TEXT[pos - 1] != "A" else "C")


VARIANTS = [
    snv(100),
    Variant("1", 150, TEXT[149:153], TEXT[149] + "T"),
    Variant("1", 220, TEXT[219], TEXT[219] + "GGA"),
    Variant("1", 250, TEXT[249:252], TEXT[249]),
]


@pytest.mark.parametrize("keep_bp", [0, 5])
@pytest.mark.parametrize("variant", VARIANTS, ids=["snv", "delins", "insertion", "deletion"])
def test_nulls_equal_the_plain_loop(variant, keep_bp):
    plain = variant.normalize(toy.genome())
    found = marginalize_variants(
        toy.model(), [variant], toy.genome(), n_backgrounds=12, keep_bp=keep_bp, seed=3, **CPU
    )
    for track in range(3):

        def score(text: str, track: int = track) -> float:
            scores = plain_score(toy.predict, text, plain.pos, plain.ref, plain.alt, toy.WIDTH)
            return float(scores["diff"][track])

        nulls = null_scores(score, TEXT, plain.pos, plain.ref, toy.WIDTH, 12, keep_bp, 3)
        expected = statistics_of(float(found.scores["diff"][0, track]), nulls)
        mean, sd = expected["null_mean"], expected["null_sd"]
        np.testing.assert_allclose(found.scores["null_mean"][0, track], mean, atol=2e-6)
        np.testing.assert_allclose(found.scores["null_sd"][0, track], sd, atol=2e-6)
        if sd > 1e-4:  # below, z is a ratio of rounding errors
            for name in ("z", "p_normal", "p_empirical"):
                value = found.scores[name][0, track]
                np.testing.assert_allclose(value, expected[name], rtol=2e-2, atol=2e-3)


def test_the_score_itself_is_that_of_score_variants():
    found = marginalize_variants(toy.model(), VARIANTS, toy.genome(), n_backgrounds=2, **CPU)
    plain = score_variants(
        toy.model(), VARIANTS, toy.genome(), scores="diff", check_assembly=False, device="cpu"
    )
    np.testing.assert_array_equal(found.scores["diff"], plain.scores["diff"])
    assert found.status == plain.status
    assert found.windows.equals(plain.windows)
    assert list(found.scores) == ["diff", *NULL_SCORES]
    assert found.provenance["nulls"] == {
        "score": "diff",
        "n_backgrounds": 2,
        "keep_bp": 0,
        "seed": 0,
    }


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_company_order_and_batch_size_change_nothing(batch_size):
    options = {**CPU, "n_backgrounds": 6, "seed": 5}
    together = marginalize_variants(
        toy.model(), VARIANTS, toy.genome(), batch_size=batch_size, **options
    )
    for row, variant in reversed(list(enumerate(VARIANTS))):
        alone = marginalize_variants(toy.model(), [variant], toy.genome(), **options)
        for name in ("null_mean", "null_sd"):
            np.testing.assert_allclose(together.scores[name][row], alone.scores[name][0], atol=1e-6)


def test_more_backgrounds_begin_with_the_fewer_and_another_seed_draws_others():
    def means(n: int, seed: int) -> np.ndarray:
        found = marginalize_variants(
            toy.model(), [VARIANTS[2]], toy.genome(), n_backgrounds=n, seed=seed, **CPU
        )
        return found.scores["null_mean"][0]

    np.testing.assert_array_equal(means(4, 1), means(4.0, 1))
    assert not np.allclose(means(4, 1), means(4, 2), atol=1e-9)


def test_rows_that_cannot_be_scored_keep_their_place_without_numbers():
    wrong = Variant("1", 100, snv(100).alt, snv(100).ref)
    found = marginalize_variants(
        toy.model(), [snv(90), wrong, snv(110)], toy.genome(), n_backgrounds=3, **CPU
    )
    assert found.status == ["ok", "ref_mismatch", "ok"]
    for name in found.scores:
        assert np.isnan(found.scores[name][1]).all()
        if name not in ("z", "p_normal"):
            assert np.isfinite(found.scores[name][[0, 2]]).all()


def test_a_window_kept_whole_is_its_own_null():
    found = marginalize_variants(
        toy.model(), [snv(100)], toy.genome(), n_backgrounds=3, keep_bp=100, **CPU
    )
    np.testing.assert_array_equal(found.scores["null_mean"], found.scores["diff"])
    assert (found.scores["null_sd"] == 0).all()
    assert np.isnan(found.scores["z"]).all()
    assert np.isnan(found.scores["p_normal"]).all()
    assert (found.scores["p_empirical"] == 1).all()


@pytest.mark.parametrize("compensate", [None, "average", "stitch"])
@pytest.mark.parametrize("anchor", ["left", "right", "center"])
def test_indels_of_every_rule_have_finite_nulls(anchor, compensate):
    if compensate is not None and anchor != "left":
        return
    rule = IndelRule(anchor=anchor, compensate=compensate)
    found = marginalize_variants(
        toy.model(), VARIANTS, toy.genome(), n_backgrounds=3, indels=rule, **CPU
    )
    assert found.status == ["ok"] * 4
    assert np.isfinite(found.scores["null_mean"]).all()


def test_several_windows_of_an_allele_have_nulls_of_their_own():
    regions = [Interval("1", 80, 120), Interval("1", 90, 130), Interval("1", 200, 240)]
    found = marginalize_variants(
        toy.model(),
        [snv(100), snv(210)],
        toy.genome(),
        n_backgrounds=4,
        placement=Placement(mode="overlap", regions=regions, multi="all"),
        **CPU,
    )
    assert found.windows["window_index"].to_list() == [0, 1, 0]
    assert np.isfinite(found.scores["null_mean"]).all()
    first, second, _ = found.scores["null_mean"]
    assert not np.array_equal(first, second)


def test_both_strands():
    found = marginalize_variants(
        toy.model(), VARIANTS, toy.genome(), n_backgrounds=3, rc=True, **CPU
    )
    plain = score_variants(
        toy.model(), VARIANTS, toy.genome(), rc=True, check_assembly=False, device="cpu"
    )
    np.testing.assert_array_equal(found.scores["diff"], plain.scores["diff"])
    assert found.provenance["rc"] is True


def test_workers_change_nothing():
    net, genome, breaking, others = planted()
    # More than one part, so that both workers have something to do.
    variants = [breaking, *others * 103]
    options = {"score": "diff", "n_backgrounds": 2}
    here = marginalize_variants(net, variants, genome, run=Run(device="cpu"), **options)
    run = Run(device="cpu", workers=2, progress=False)
    there = marginalize_variants(net, variants, genome, run=run, **options)
    assert len(there) == len(variants) > PART_ROWS
    for name in here.scores:
        np.testing.assert_array_equal(here.scores[name], there.scores[name])
    assert here.provenance == there.provenance


MOTIF = "TGACTCATTC"


def planted() -> tuple[PlantedMotifNet, Genome, Variant, list[Variant]]:
    """A network that sees one motif, a genome that holds it once, a change in it, 20 elsewhere."""
    rng = random.Random(12)
    letters = rng.choices("ACGT", k=4_000)
    letters[2_000 : 2_000 + len(MOTIF)] = MOTIF
    text = "".join(letters)
    ppm = np.full((4, len(MOTIF)), 0.01)
    ppm[["ACGT".index(letter) for letter in MOTIF], range(len(MOTIF))] = 0.97
    net = PlantedMotifNet({"motif": ppm}, 1.0, -8.0, window_bp=200)
    genome = Genome.from_sequences({"1": text}, name="planted")

    def change(at: int) -> Variant:
        other = rng.choice([letter for letter in "ACGT" if letter != text[at]])
        return Variant("1", at + 1, text[at], other)

    away = [k for k in range(200, 3_800) if not 1_880 <= k < 2_130]
    return net, genome, change(2_004), [change(at) for at in rng.sample(away, 20)]


def test_a_change_that_breaks_the_motif_stands_out():
    net, genome, breaking, others = planted()
    n = 100
    found = marginalize_variants(
        net, [breaking, *others], genome, score="diff", n_backgrounds=n, seed=1, device="cpu"
    )
    z = np.nan_to_num(np.abs(found.scores["z"][:, 0]))
    assert (z[0] > z[1:]).all()
    assert z[0] > 5
    assert found.scores["p_empirical"][0, 0] == np.float32(1 / (n + 1))
    assert found.scores["p_normal"][0, 0] < 1e-5
    assert (found.scores["p_empirical"][1:, 0] > 1 / (n + 1)).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_backgrounds": 1}, "at least 2"),
        ({"keep_bp": -1}, "at least 0"),
        ({"seed": -1}, "seed"),
        ({"run": Run(out="scores.parquet")}, "out"),
        ({"heads": ["nothing"]}, "nothing"),
    ],
)
def test_options_outside_their_range(options, words):
    with pytest.raises((OptionError, KeyError), match=words):
        marginalize_variants(
            toy.model(), [snv(100)], toy.genome(), score="diff", check_assembly=False, **options
        )


@pytest.mark.parametrize("score", ["all", ["diff", "ref"], ()])
def test_one_score_at_a_time(score):
    with pytest.raises(WrongTypeError, match="one score"):
        marginalize_variants(toy.model(), [snv(100)], toy.genome(), score=score)


def test_a_score_that_makes_its_own_sequences_has_no_null():
    with pytest.raises(OptionError, match="own sequences"):
        marginalize_variants(
            load_model("cispliceai"), [snv(100)], toy.genome(), score="splice_delta"
        )


def test_a_score_under_the_name_of_a_null_is_refused():
    def z(ref, alt):
        return alt - ref

    with pytest.raises(OptionError, match="'z'"):
        marginalize_variants(toy.model(), [snv(100)], toy.genome(), score=z)


def test_whole_numbers_may_come_as_floats():
    found = marginalize_variants(
        toy.model(), [snv(100)], toy.genome(), n_backgrounds=2.0, keep_bp=np.int64(1), **CPU
    )
    assert found.provenance["nulls"]["keep_bp"] == 1


def test_a_copy_without_a_finite_score_leaves_no_null():
    def broken(ref, alt):
        change = alt - ref
        change[1:] = np.inf  # all copies but the first, which come together
        return change

    found = marginalize_variants(
        toy.model(), [snv(100)], toy.genome(), n_backgrounds=8, **(CPU | {"score": broken})
    )
    for name in ("null_mean", "null_sd", "z", "p_normal", "p_empirical"):
        assert np.isnan(found.scores[name]).all()
