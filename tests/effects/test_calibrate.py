from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from locuscope.effects.calibrate import LIMIT, Calibration, calibrate
from locuscope.effects.nulls import marginalize_variants
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.errors import (
    MissingFileError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.variant import Variant
from tests.effects import toy
from tests.plots.made_scores import scores_of, table

TEXT = toy.sequence()
METHOD = {"model": "toy", "model_digest": "d", "reduce": "mean", "scores": {"diff": {}}}


def made(n: int = 300, seed: int = 0, provenance=METHOD, **scores: object) -> VariantScores:
    rng = np.random.default_rng(seed)
    scores = scores or {"diff": rng.normal(size=(n, 2)), "deepsea_effect": rng.random((n, 2))}
    return scores_of(table(["1"] * n, list(range(1, n + 1))), provenance=provenance, **scores)


@pytest.fixture(scope="module")
def scored() -> VariantScores:
    places = [pos for pos in range(60, 290) if TEXT[pos - 1] != "N"]
    variants = [
        Variant("1", pos, TEXT[pos - 1], next(b for b in "ACGT" if b != TEXT[pos - 1]))
        for pos in places
    ]
    return score_variants(
        toy.model(), variants, toy.genome(), scores=("diff", "deepsea_effect"), device="cpu"
    )


def test_a_background_onto_itself_gives_its_ranks(scored):
    done = calibrate(scored).apply(scored)
    n = len(scored)
    for name, is_signed in (("diff", True), ("deepsea_effect", False)):
        for k in range(3):
            values = scored.scores[name][:, k]
            found = done.scores[f"{name}_quantile"][:, k].astype(np.float64)
            q = (found + 1) / 2 if is_signed else found
            plain = [((values < v).sum() + (values == v).sum() / 2) / n for v in values]
            np.testing.assert_allclose(q, plain, atol=1 / n / 10)
            np.testing.assert_array_equal(
                np.argsort(q, kind="stable"), np.argsort(plain, kind="stable")
            )


def test_everything_else_stays(scored):
    done = calibrate(scored).apply(scored)
    assert list(done.scores) == [*scored.scores, "diff_quantile", "deepsea_effect_quantile"]
    np.testing.assert_array_equal(done.scores["diff"], scored.scores["diff"])
    assert done.status == scored.status
    assert done.provenance["calibration"] == {
        "background_rows": dict.fromkeys(("diff", "deepsea_effect"), len(scored))
    }
    assert done.labels("diff_quantile") == scored.labels("diff")
    table = done.to_polars()
    assert "diff_quantile/" + scored.labels("diff")[0] in table.columns


def test_signed_and_unsigned_ranges_are_clipped():
    background = made()
    far = made(2, diff=[[-99, 99]] * 2, deepsea_effect=[[-99, 99]] * 2)
    done = calibrate(background).apply(far)
    np.testing.assert_allclose(done.scores["diff_quantile"][0], [-LIMIT, LIMIT], atol=1e-7)
    np.testing.assert_allclose(done.scores["deepsea_effect_quantile"][0], [0, LIMIT], atol=1e-7)


@pytest.mark.parametrize(
    ("name", "low", "expected"),
    [
        ("diff", 0.0, True),
        ("SAD", 0.0, True),
        ("ref", -1.0, False),
        ("JS", -1.0, False),
        ("mine", 0.0, False),
        ("mine", -1.0, True),
    ],
)
def test_the_sign_follows_the_score_and_of_a_new_one_its_values(name, low, expected):
    values = np.linspace(low, 1, 200)[:, None]
    assert calibrate(made(200, **{name: values})).is_signed == {name: expected}


def test_the_sign_can_be_said():
    background = made()
    assert calibrate(background, signed=False).is_signed == {
        "diff": False,
        "deepsea_effect": False,
    }
    mixed = calibrate(background, signed={"deepsea_effect": True})
    assert mixed.is_signed == {"diff": True, "deepsea_effect": True}
    with pytest.raises(OptionError, match="'dif'"):
        calibrate(background, signed={"dif": True})
    with pytest.raises(OptionError, match="True or False"):
        calibrate(background, signed="yes")


def test_rows_without_a_score_stay_without_and_do_not_count():
    values = np.linspace(0, 1, 200)[:, None].astype(np.float32)
    values[150:] = np.nan
    values[149] = np.inf
    background = made(200, diff=values)
    found = calibrate(background)
    assert found.knots["diff"][0].n == 149
    done = found.apply(background)
    assert np.isnan(done.scores["diff_quantile"][150:]).all()
    assert done.scores["diff_quantile"][149] == np.float32(LIMIT)


def test_too_few_values_are_refused():
    with pytest.raises(OptionError, match=r"diff/track 0 has 99 background values.*100"):
        calibrate(made(99))
    assert calibrate(made(100))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_digest", "e"),
        ("reduce", "sum"),
        ("mask_bp", 501),
        ("rc", True),
        ("window", {"mode": "restricted"}),
    ],
)
def test_scores_made_in_another_way_are_refused_by_the_field(field, value):
    with pytest.raises(OptionError, match=f"^{field} differs") as caught:
        calibrate(made()).apply(made(provenance={**METHOD, field: value}))
    assert caught.value.option == field
    with pytest.raises(OptionError, match=f"^{field} differs"):
        calibrate(made(provenance={**METHOD, field: value})).apply(made())


def test_options_of_the_score_count_and_of_other_scores_do_not():
    other = {**METHOD, "scores": {"diff": {"rc_merging": "max"}}}
    with pytest.raises(OptionError, match="rc_merging"):
        calibrate(made()).apply(made(provenance=other))
    beside = {**METHOD, "scores": {"diff": {}, "logit": {"eps": 0.1}}}
    assert calibrate(made()).apply(made(provenance=beside))


@pytest.mark.parametrize("field", ["genome", "genome_digest", "assembly", "on_bad", "package"])
def test_the_place_may_be_another(field):
    assert calibrate(made()).apply(made(provenance={**METHOD, field: "other"}))


def test_scores_that_do_not_say_how_they_were_made_are_refused():
    with pytest.raises(OptionError, match="not recorded"):
        calibrate(made()).apply(made(provenance={"read_from": "scores.tsv"}))


def test_another_list_of_tracks_is_refused_by_the_first_that_differs(scored):
    calibration = calibrate(scored)
    fewer = scored.select(track_name=scored.labels("diff")[:2])
    with pytest.raises(TrackMismatchError, match="has 3, the scores have 2; column 2") as caught:
        calibration.apply(fewer)
    assert len(caught.value.left) == 3
    with pytest.raises(TrackMismatchError):
        calibrate(fewer).apply(scored)


def test_tracks_of_one_name_and_different_strands_are_told_apart():
    from locuscope.tracks.track_metadata import TrackMetadata
    from locuscope.tracks.track_table import TrackTable

    def stranded(strands: str) -> VariantScores:
        tracks = TrackTable.from_tracks(
            [TrackMetadata(i, "rna", 0, "t", {"strand": s}) for i, s in enumerate(strands)]
        )
        return replace(made(diff=np.random.default_rng(0).normal(size=(300, 2))), tracks=tracks)

    assert calibrate(stranded("+-")).apply(stranded("+-"))
    with pytest.raises(TrackMismatchError, match=r"rna/t/\+"):
        calibrate(stranded("+-")).apply(stranded("-+"))


def test_without_a_common_score_nothing_can_be_said():
    with pytest.raises(OptionError, match="calibration has diff"):
        calibrate(made(diff=np.random.default_rng(0).normal(size=(200, 1)), n=200)).apply(
            made(200, logit=np.zeros((200, 1)))
        )


def test_scores_with_their_own_columns():
    values = np.random.default_rng(0).random((150, 3))
    own = {"splice_delta": ("a", "b", "c")}
    background = made(150, splice_delta=values, own_columns=own)
    done = calibrate(background).apply(background)
    assert done.own_columns["splice_delta_quantile"] == ("a", "b", "c")
    other = made(150, splice_delta=values, own_columns={"splice_delta": ("a", "b", "d")})
    with pytest.raises(TrackMismatchError, match="column 2 is 'c'"):
        calibrate(background).apply(other)


def test_quantiles_and_nulls_are_not_calibrated_again(scored):
    once = calibrate(scored)
    again = calibrate(once.apply(scored))
    assert list(again.knots) == ["diff", "deepsea_effect"]
    variants = [scored.variants[k] for k in range(120)]
    nulls = marginalize_variants(
        toy.model(), variants, toy.genome(), score="diff", n_backgrounds=2, device="cpu"
    )
    assert list(calibrate(nulls).knots) == ["diff"]
    assert "diff_quantile" in once.apply(nulls).scores


def test_from_a_file_and_back(scored, tmp_path):
    background = tmp_path / "background.parquet"
    scored.to_parquet(background)
    calibration = calibrate(background)
    path = calibration.to_parquet(tmp_path / "calibration.parquet")
    back = Calibration.open(str(path))
    assert repr(back) == repr(calibration)
    stored = VariantScores.open(background)
    for score in ("diff", "deepsea_effect"):
        np.testing.assert_array_equal(
            back.apply(stored).scores[f"{score}_quantile"],
            calibration.apply(scored).scores[f"{score}_quantile"],
        )
    with pytest.raises(MissingFileError):
        calibrate(tmp_path / "nothing.parquet")


def test_the_calibrated_scores_can_be_written_and_read(scored, tmp_path):
    done = calibrate(scored).apply(scored)
    path = done.to_parquet(tmp_path / "done.parquet")
    back = VariantScores.open(path)
    np.testing.assert_array_equal(back.scores["diff_quantile"], done.scores["diff_quantile"])
    # What is calibrated once may be calibrated by another background.
    assert calibrate(scored).apply(back)


def test_its_repr_says_what_it_knows():
    assert repr(calibrate(made())) == (
        "Calibration(diff signed; 2 columns of 300 values | "
        "deepsea_effect unsigned; 2 columns of 300 values)"
    )


def test_quantiles_of_plain_arrays():
    calibration = calibrate(made())
    assert calibration.quantiles("diff", np.zeros((4, 2))).shape == (4, 2)
    with pytest.raises(ShapeError):
        calibration.quantiles("diff", np.zeros((4, 3)))
    with pytest.raises(ShapeError):
        calibration.quantiles("diff", np.zeros(4))
    with pytest.raises(UnknownNameError):
        calibration.quantiles("logit", np.zeros((4, 2)))


@pytest.mark.parametrize("wrong", [3, [1, 2], None])
def test_other_things_are_refused(wrong):
    with pytest.raises(WrongTypeError):
        calibrate(wrong)
    with pytest.raises(WrongTypeError):
        calibrate(made()).apply(wrong)
