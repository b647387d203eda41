from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects.scores import BUILT_IN, list_scores
from locuscope.errors import (
    DeviceMemoryError,
    MemoryBackoffWarning,
    ModelError,
    OptionError,
    TrackMismatchError,
)
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy
from tests.effects.golden import (
    META,
    PAIR,
    SCORES,
    golden_windows,
    scoring,
    small_model,
    snv_window,
)

ALLELE = ["alt", "deepsea_effect", "diff", "logit_alt", "ref", "logit", "logit_ref"]
CALICO = [name.removeprefix("calico/") for name in SCORES.files if name.startswith("calico/")]
BOTH = Ensemble(rc=True)
WHOLE = Path(__file__).resolve().parents[4] / "shared" / "golden" / "effects" / "arrays.npz"


@pytest.mark.parametrize("rule", ["fwd_only", "min", "max", "mean", "median", "absmax"])
def test_published_scores_of_alleles(rule):
    views = Ensemble() if rule == "fwd_only" else Ensemble(rc=True, rc_merging=rule)
    result = scoring(small_model(), ALLELE, ensemble=views).score(golden_windows())
    assert not result.unaligned.any()
    assert result.spread == {}
    assert list(result.scores) == ALLELE
    for name, values in result.scores.items():
        np.testing.assert_allclose(values, SCORES[f"score/{rule}/{name}"], atol=2e-6, rtol=0)


def test_published_scores_of_tracks_over_shifts():
    assert len(CALICO) == 13
    views = Ensemble(shifts=META["shifts"])
    model = small_model(name="softplus")
    result = scoring(model, CALICO, ensemble=views).score(golden_windows("softplus")[:1])
    for name, values in result.scores.items():
        np.testing.assert_allclose(values[0], SCORES[f"calico/{name}"], rtol=1e-5, atol=0)


def test_a_rule_of_one_score_leaves_the_others_alone():
    run = scoring(
        small_model(), ["diff", "alt"], score_kwargs=[{"rc_merging": "absmax"}, {}], ensemble=BOTH
    )
    found = run.score(golden_windows()).scores
    np.testing.assert_allclose(found["diff"], SCORES["score/absmax/diff"], atol=2e-6)
    np.testing.assert_allclose(found["alt"], SCORES["score/mean/alt"], atol=2e-6)


def test_batch_size_and_order_do_not_change_a_value():
    names = [name for name in list_scores(small_model()) if name != "logJS"]
    views = Ensemble(rc=True, shifts=(0, 8))
    windows = golden_windows()
    one = scoring(small_model(), names, ensemble=views, batch_size=1).score(windows)
    many = scoring(small_model(), names[::-1], ensemble=views, batch_size=64).score(windows[::-1])
    for name, values in one.scores.items():
        np.testing.assert_allclose(many.scores[name][::-1], values, atol=2e-6, rtol=1e-5)


def test_scores_of_the_other_strand_belong_to_the_partner_track():
    swapped = scoring(small_model(PAIR), "diff", ensemble=BOTH).score(golden_windows()).scores
    forward = SCORES["score/fwd_only/diff"]
    reverse = 2 * SCORES["score/mean/diff"] - forward
    expected = (forward + reverse[:, list(PAIR)]) / 2
    np.testing.assert_allclose(swapped["diff"], expected, atol=4e-6)


def test_scores_of_tracks_see_the_mean_of_both_strands():
    windows = golden_windows()
    with torch.inference_mode():
        sides = []
        for x in (w.reference for w in windows), (w.alternative for w in windows):
            bases = torch.from_numpy(np.stack(list(x))).float()
            forward = small_model().run(bases)["atac"][8]
            reverse = small_model().run(bases.flip(1, 2))["atac"][8].flip(1)[..., list(PAIR)]
            sides.append(((forward + reverse) / 2).double().numpy())
    found = scoring(small_model(PAIR), ["D2", "SAX"], ensemble=BOTH).score(windows).scores
    for name, values in found.items():
        np.testing.assert_allclose(values, BUILT_IN[name](*sides), atol=2e-6)


def test_the_sum_over_a_strand_pair():
    windows = golden_windows()
    plain = scoring(small_model(PAIR), ["SUM", "D2"]).score(windows).scores
    paired = scoring(
        small_model(PAIR), ["SUM", "D2"], score_kwargs=[{"strand_reduce": "pair"}] * 2
    ).score(windows)
    total, norm = plain["SUM"], plain["D2"]
    np.testing.assert_allclose(paired.scores["SUM"][:, 0], total[:, 0] + total[:, 1])
    np.testing.assert_allclose(paired.scores["SUM"][:, 1], total[:, 0] + total[:, 1])
    np.testing.assert_allclose(paired.scores["D2"][:, 0], np.hypot(norm[:, 0], norm[:, 1]))
    for name in plain:
        np.testing.assert_array_equal(paired.scores[name][:, 2:], plain[name][:, 2:])
    pair = [{"strand_reduce": "pair"}]
    with pytest.raises(OptionError, match="the partner of 'atac:1' in head 'atac' is not among"):
        scoring(small_model(PAIR), "SUM", score_kwargs=pair, tracks=["atac:1", "atac:2"])
    with pytest.raises(OptionError, match="no track of atac has a partner"):
        scoring(small_model(), "SUM", score_kwargs=pair)


def test_chosen_tracks_are_columns_of_the_whole():
    windows = golden_windows()
    names = ["diff", "SAX", "logit"]
    whole = scoring(small_model(PAIR), names, ensemble=BOTH).score(windows).scores
    part = scoring(small_model(PAIR), names, ensemble=BOTH, tracks=["atac:2", "atac:0"])
    order = [int(name[-1]) for name in part.tracks.cells("track_name")]
    for name, values in part.score(windows).scores.items():
        np.testing.assert_allclose(values, whole[name][:, order], atol=1e-6)


def golden_tracks(windows):
    with torch.inference_mode():
        return [
            small_model()
            .run(torch.from_numpy(np.stack([getattr(w, side) for w in windows])).float())["atac"][8]
            .numpy()
            for side in ("reference", "alternative")
        ]


def test_reductions_act_before_the_score():
    windows = golden_windows()
    ref, alt = golden_tracks(windows)
    for reduce, function in (("sum", np.sum), ("max", np.max)):
        found = scoring(small_model(), "diff", reduce=reduce).score(windows).scores
        np.testing.assert_allclose(found["diff"], function(alt, 1) - function(ref, 1), atol=1e-6)
    found = scoring(small_model(), "diff", reduce="center").score(windows).scores
    bins = [case["index"] // 8 for case in META["variants"]["sigmoid"]]
    rows = np.arange(len(windows))
    np.testing.assert_allclose(found["diff"], (alt - ref)[rows, bins], atol=1e-6)
    found = scoring(small_model(), "diff", reduce=lambda rows: rows.min(0)).score(windows).scores
    np.testing.assert_allclose(found["diff"], alt.min(1) - ref.min(1), atol=1e-6)


def test_a_mask_keeps_the_positions_around_the_allele_for_reduced_scores_only():
    windows = golden_windows()
    ref, alt = golden_tracks(windows)
    found = scoring(small_model(), ["diff", "SUM"], mask_bp=17).score(windows).scores
    for row, case in enumerate(META["variants"]["sigmoid"]):
        c = case["index"] // 8
        kept = slice(max(c - 1, 0), min(c + 2, 8))
        expected = alt[row, kept].mean(0) - ref[row, kept].mean(0)
        np.testing.assert_allclose(found["diff"][row], expected, atol=1e-6)
    np.testing.assert_allclose(found["SUM"], (alt - ref).sum(1), atol=2e-6)


@pytest.mark.parametrize(
    ("scores", "options", "words"),
    [
        ("SUM", {"mask_bp": 9}, "mask_bp=9 has no effect on SUM"),
        (["SAX", "D1"], {"reduce": "max"}, "reduce='max' has no effect on SAX, D1"),
        ("diff", {"mask_bp": 9, "reduce": "center"}, "looks at one position"),
        ("diff", {"mask_bp": 0}, "at least 1"),
        ("diff", {"reduce": "min"}, "got 'min'"),
        (["diff", "logit"], {"reduce": "sum"}, "gives no probabilities, which 'logit' takes"),
        ("diff", {"ensemble": Ensemble(shifts=(1,), shift_fill="genome")}, "beyond the window"),
    ],
)
def test_options_without_effect_or_sense_are_refused(scores, options, words):
    with pytest.raises(OptionError, match=words):
        scoring(small_model(), scores, **options)


def test_whole_numbers_may_come_as_floats():
    assert scoring(small_model(), "diff", mask_bp=np.float64(9)).mask_bp == 9


def test_equal_alleles_score_exactly_nothing():
    """REF = ALT: every difference is 0, bit for bit, whatever the views."""
    text = META["sequences"]["softplus"][0]
    window = snv_window(text, 20, text[20])
    views = Ensemble(rc=True, shifts=(0, 8, -3))
    model = small_model(PAIR, name="softplus")
    names = [n for n in list_scores(model) if BUILT_IN[n].is_difference]
    result = scoring(model, names, ensemble=views).score([window])
    for name in names:
        assert not result.scores[name].any(), name
        assert not result.spread[name].any(), name


def test_swapping_the_alleles_negates_the_difference():
    text = META["sequences"]["sigmoid"][0]
    there = snv_window(text, 20, "A" if text[20] != "A" else "C")
    mutant = text[:20] + there.variant.alt + text[21:]
    back = snv_window(mutant, 20, text[20])
    run = scoring(small_model(PAIR), ["diff", "logit", "SUM", "SAX"], ensemble=BOTH)
    one, other = run.score([there]).scores, run.score([back]).scores
    for name in one:
        np.testing.assert_allclose(other[name], -one[name], atol=1e-6)


def test_the_spread_is_over_members_and_shifts():
    windows = golden_windows()
    torch.manual_seed(1)
    second = small_model(PAIR)
    for weight in second.module.parameters():
        weight.data += 0.01
    views = Ensemble(rc=True, shifts=(0, 1, -2), members=[second])
    whole = scoring(small_model(PAIR), ["diff", "logit"], ensemble=views).score(windows)
    alone = [
        scoring(model, ["diff", "logit"], ensemble=Ensemble(rc=True, shifts=(shift,)))
        .score(windows)
        .scores
        for model in (small_model(PAIR), second)
        for shift in (0, 1, -2)
    ]
    for name, values in whole.scores.items():
        stack = np.stack([found[name] for found in alone])
        np.testing.assert_allclose(values, stack.mean(0), atol=1e-9)
        np.testing.assert_allclose(whole.spread[name], stack.std(0, ddof=1), atol=1e-9)


def test_members_with_other_tracks_are_refused():
    with pytest.raises(TrackMismatchError, match=r"strand_pair of head 'atac' is \(1, 0, 2, 3\)"):
        scoring(small_model(), "diff", ensemble=Ensemble(members=[small_model(PAIR)]))


def test_a_reference_is_predicted_once_for_all_calls_that_share_a_memory():
    model = toy.model()
    genome = toy.genome()
    letters = {base: Variant("1", 100, toy.sequence()[99], base) for base in "ACGT"}
    variants = [v for base, v in letters.items() if base != toy.sequence()[99]]
    windows = [toy.window(v, of=genome) for v in variants]
    plain = scoring(model, "diff", ensemble=BOTH).score(windows).scores["diff"]
    remembered: dict = {}
    model.module.sequences = 0
    run = scoring(model, "diff", ensemble=BOTH)
    found = [run.score([window], references=remembered).scores["diff"][0] for window in windows]
    assert model.module.sequences == 2 * (1 + len(variants))
    assert len(remembered) == 2
    np.testing.assert_allclose(found, plain, atol=1e-6)


def test_short_indels_in_wide_bins_are_noted_and_long_ones_resampled():
    genome, text = toy.genome(), toy.sequence()
    short = toy.window(Variant("1", 100, text[99], text[99] + "A"), of=genome)
    long = toy.window(Variant("1", 100, text[99:105], text[99]), of=genome)
    model = toy.model(scale=8)
    assert scoring(model, "diff").score([short, long]).unaligned.tolist() == [True, False]
    never = IndelRule(align="none")
    found = scoring(model, "diff", indels=never).score([short, long])
    assert found.unaligned.tolist() == [True, True]


def test_several_heads_stand_side_by_side_at_their_finest_resolution():
    class Two(nn.Module):
        def forward(self, x):
            y = x.transpose(1, 2)
            pooled = nn.functional.avg_pool1d(x, 8).transpose(1, 2)
            return {1: y, 8: pooled}, pooled.mean(1, keepdim=True)

    heads = [HeadSpec("fine", (1, 8), 4), HeadSpec("site", (), 4, kind="scalar")]
    model = wrap(Two(), heads=heads, window_bp=64)
    run = scoring(model, ["diff", "SAX"], mask_bp=64)
    found = run.score(golden_windows()[2:4]).scores
    assert found["diff"].shape == found["SAX"].shape == (2, 8)
    assert [choice.keys for choice in run.choices] == [(1,), (0,)]
    letters = [("C", "A"), ("T", "G")]
    for row, (ref, alt) in zip(found["SAX"], letters, strict=True):
        assert row["ACGT".index(ref)] == -1
        assert row["ACGT".index(alt)] == 1
    site = scoring(model, "diff", heads=["site"]).score(golden_windows()[2:4]).scores
    np.testing.assert_allclose(found["diff"][:, 4:], site["diff"], atol=1e-7)
    with pytest.raises(OptionError, match="one value per window"):
        scoring(model, "diff", heads=["site"], mask_bp=9)
    for reduce in ("center", "sum", lambda rows: rows[0] * 0):
        other = scoring(model, "diff", reduce=reduce).score(golden_windows()[2:4]).scores
        np.testing.assert_array_equal(other["diff"][:, 4:], found["diff"][:, 4:])
        with pytest.raises(OptionError, match="one value per window"):
            scoring(model, "diff", heads=["site"], reduce=reduce)


def test_heads_that_are_no_tracks_are_left_out_or_refused():
    class Contact(nn.Module):
        def forward(self, x):
            y = x.transpose(1, 2)
            return y, y

    heads = [HeadSpec("a", (1,), 4), HeadSpec("pairs", (1,), 4, kind="junction")]
    model = wrap(Contact(), heads=heads, window_bp=64)
    assert [choice.spec.name for choice in scoring(model, "diff").choices] == ["a"]
    with pytest.raises(OptionError, match=r"'pairs' \(junction\)"):
        scoring(model, "diff", heads=["a", "pairs"])
    with pytest.raises(OptionError, match="one value per window"):
        scoring(model, "diff", heads=["pairs"])


def test_a_custom_score_sees_the_context_and_its_shape_is_checked():
    seen = {}

    def spy(ref, alt, context=None):
        seen.update(shape=ref.shape, n=len(context.variants), tracks=len(context.tracks))
        seen.update(pairs=context.pairs, edits=[len(a.edits) for a in context.alignment])
        return alt * 0

    def wrong(ref, alt):
        return alt[:, :1]

    windows = golden_windows()
    found = scoring(small_model(PAIR), spy).score(windows).scores
    assert seen.pop("pairs").tolist() == [1, 0, 2, 3]
    assert seen == {"shape": (5, 4), "n": 5, "tracks": 4, "edits": [1] * 5}
    assert not found["spy"].any()
    spy.positional = True
    with pytest.raises(ModelError, match=r"'spy' gave shape \(5, 8, 4\)"):
        scoring(small_model(), spy).score(windows)
    assert seen["shape"] == (5, 8, 4)
    with pytest.raises(ModelError, match=r"'wrong' gave shape \(5, 1\) for 5 alleles and 4 tracks"):
        scoring(small_model(), wrong).score(windows)


def test_a_custom_score_may_merge_the_strands_itself():
    def larger(ref, alt, ref_rc=None, alt_rc=None):
        return np.maximum(alt - ref, alt_rc - ref_rc)

    def change(ref, alt):
        return alt - ref

    views = Ensemble(rc=True, rc_merging="min")
    found = scoring(small_model(), [larger, change], ensemble=views).score(golden_windows()).scores
    np.testing.assert_allclose(found["larger"], SCORES["score/max/diff"], atol=2e-6)
    np.testing.assert_allclose(found["change"], SCORES["score/min/diff"], atol=2e-6)


@pytest.mark.parametrize("positional", [False, True])
def test_an_error_inside_a_custom_score_names_score_and_allele(positional):
    def divide(ref, alt, context=None):
        message = "own words"
        raise ZeroDivisionError(message)

    divide.positional = positional
    windows = golden_windows()
    with pytest.raises(ZeroDivisionError, match="own words") as caught:
        scoring(small_model(), divide).score(windows)
    assert caught.value.__notes__ == [
        f"raised by the score 'divide', in the batch that begins with {windows[0].variant}."
    ]


def test_chunks_are_bounded_by_bytes():
    run = scoring(toy.model(), "diff")
    assert run.rows_per_chunk(40) == 128
    assert run.rows_per_chunk(40_000_000) == 1


@pytest.mark.fault("J6")
def test_memory_that_runs_out_halves_the_batch_and_changes_no_score():
    class Tight(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = small_model(PAIR).module
            self.largest = 2

        def forward(self, x):
            if len(x) > self.largest:
                message = "CUDA out of memory. Tried to allocate 1.00 GiB."
                raise torch.OutOfMemoryError(message)
            return self.inner(x)

    head = HeadSpec("atac", (8,), 4, value_range="probability", strand_pair=PAIR)
    model = wrap(Tight(), heads=head, window_bp=64, name="tight")
    views = Ensemble(rc=True, shifts=(0, 8))
    plain = scoring(small_model(PAIR), ["diff", "D2"], ensemble=views).score(golden_windows())
    with pytest.warns(MemoryBackoffWarning, match="was halved"):
        found = scoring(model, ["diff", "D2"], ensemble=views, batch_size=8).score(golden_windows())
    for name, values in plain.scores.items():
        np.testing.assert_allclose(found.scores[name], values, atol=1e-6)
    model.module.largest = 0
    with pytest.raises(DeviceMemoryError, match="even with one example"):
        scoring(model, "diff").score(golden_windows())


def test_the_fixture_is_what_the_whole_set_of_reference_numbers_says():
    if not WHOLE.exists():
        pytest.skip("the whole set of reference numbers is not here")
    whole = np.load(WHOLE, allow_pickle=False)
    names = [n for n in whole.files if n.startswith(("sigmoid/score/", "softplus/calico/"))]
    assert sorted(n.split("/", 1)[1] for n in names) == sorted(SCORES.files)
    for name in names:
        np.testing.assert_array_equal(SCORES[name.split("/", 1)[1]], whole[name])
