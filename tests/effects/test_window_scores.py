from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects.allele_windows import AlleleWindow, open_window
from locuscope.effects.scores import resolve_scores
from locuscope.effects.window_scores import WindowScoring, require_scorable
from locuscope.errors import ModelError, OptionError
from locuscope.genome.alignment import Alignment
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.weights import load_state, read_weights
from tests.effects import toy

DATA = Path(__file__).parent / "data"
META = json.loads((DATA / "small.json").read_text(encoding="utf-8"))
ARRAYS = np.load(DATA / "small.npz", allow_pickle=False)


class Small(nn.Module):
    """The network of the golden numbers: 8 bins of 8 bp, 4 tasks."""

    def __init__(self, final=torch.sigmoid):
        super().__init__()
        self.stem = nn.Conv1d(4, 8, 7, padding=3)
        self.body = nn.Conv1d(8, 8, 3, dilation=2, padding=2)
        self.head = nn.Conv1d(8, 4, 1)
        self.final = final

    def forward(self, x):
        h0 = torch.relu(self.stem(x))
        h1 = h0 + torch.relu(self.body(h0))
        return self.final(self.head(nn.functional.avg_pool1d(h1, 8))).transpose(1, 2)


def small_model(strand_pair=None):
    module = Small()
    load_state(module, read_weights(DATA / "model_sigmoid.safetensors"))
    head = HeadSpec("atac", (8,), 4, value_range="probability", strand_pair=strand_pair)
    return wrap(module, heads=head, window_bp=64)


def golden_windows() -> list[AlleleWindow]:
    windows = []
    for case in META["variants"]["sigmoid"]:
        text = META["sequences"]["sigmoid"][case["seq"]]
        at = case["index"]
        variant = Variant(f"s{case['seq']}", at + 1, case["ref"], case["alt"])
        interval = Interval(variant.chrom, 0, 64)
        mutant = text[:at] + case["alt"] + text[at + 1 :]
        alignment = Alignment.from_variant(variant, interval)
        windows.append(
            AlleleWindow(variant, interval, one_hot(text), one_hot(mutant), alignment, 0, 0)
        )
    return windows


def scoring(model, scores, *, is_averaged=False, reduce="mean", indels=None, **chosen):
    return WindowScoring(
        model,
        resolve_scores(model, scores),
        require_scorable(choose(model, **chosen), is_asked="heads" in chosen),
        0,
        indels or IndelRule(),
        reduce,
        is_averaged,
        Run(device="cpu", batch_size=3),
    )


@pytest.mark.parametrize(("is_averaged", "rule"), [(False, "fwd_only"), (True, "mean")])
def test_golden_scores(is_averaged, rule):
    found, unaligned = scoring(
        small_model(), ["alt", "diff", "ref"], is_averaged=is_averaged
    ).score(golden_windows())
    assert not unaligned.any()
    for name, values in found.items():
        np.testing.assert_allclose(values, ARRAYS[f"{rule}_{name}"], atol=2e-6)


def test_scores_of_the_other_strand_belong_to_the_partner_track():
    pair = tuple(META["strand_pair"])
    windows = golden_windows()
    swapped, _ = scoring(small_model(pair), "diff", is_averaged=True).score(windows)
    forward = ARRAYS["fwd_only_diff"]
    reverse = 2 * ARRAYS["mean_diff"] - forward
    expected = (forward + reverse[:, list(pair)]) / 2
    np.testing.assert_allclose(swapped["diff"], expected, atol=4e-6)


def test_chosen_tracks_are_columns_of_the_whole():
    windows = golden_windows()
    model = small_model(tuple(META["strand_pair"]))
    whole, _ = scoring(model, ["diff", "SAX"], is_averaged=True).score(windows)
    part = scoring(model, ["diff", "SAX"], is_averaged=True, tracks=["atac:2", "atac:0"])
    found, _ = part.score(windows)
    names = part.tracks.cells("track_name")
    order = [int(name[-1]) for name in names]
    for name, values in found.items():
        np.testing.assert_allclose(values, whole[name][:, order], atol=1e-7)


def test_reductions_act_before_the_score():
    windows = golden_windows()
    model = small_model()
    with torch.inference_mode():
        ref, alt = (
            model.run(torch.from_numpy(np.stack([getattr(w, side) for w in windows])).float())[
                "atac"
            ][8].numpy()
            for side in ("reference", "alternative")
        )
    for reduce, function in (("sum", np.sum), ("max", np.max)):
        found, _ = scoring(model, "diff", reduce=reduce).score(windows)
        np.testing.assert_allclose(found["diff"], function(alt, 1) - function(ref, 1), atol=1e-6)
    found, _ = scoring(model, "diff", reduce="center").score(windows)
    bins = [case["index"] // 8 for case in META["variants"]["sigmoid"]]
    rows = np.arange(len(windows))
    np.testing.assert_allclose(found["diff"], (alt - ref)[rows, bins], atol=1e-6)


def test_short_indels_in_wide_bins_are_noted_and_long_ones_resampled():
    genome, text = toy.genome(), toy.sequence()
    short = open_window(genome, Variant("1", 100, text[99], text[99] + "A"), Placement(), 40)
    long = open_window(genome, Variant("1", 100, text[99:105], text[99]), Placement(), 40)
    model = toy.model(scale=8)
    _, unaligned = scoring(model, "diff").score([short, long])
    assert unaligned.tolist() == [True, False]
    _, unaligned = scoring(model, "diff", indels=IndelRule(align="none")).score([short, long])
    assert unaligned.tolist() == [True, True]


def test_several_heads_stand_side_by_side_at_their_finest_resolution():
    class Two(nn.Module):
        def forward(self, x):
            y = x.transpose(1, 2)
            pooled = nn.functional.avg_pool1d(x, 8).transpose(1, 2)
            return {1: y, 8: pooled}, pooled.mean(1, keepdim=True)

    heads = [HeadSpec("fine", (1, 8), 4), HeadSpec("site", (), 4, kind="scalar")]
    model = wrap(Two(), heads=heads, window_bp=64)
    run = scoring(model, ["diff", "SAX"])
    found, _ = run.score(golden_windows()[:2])
    assert found["diff"].shape == found["SAX"].shape == (2, 8)
    assert [choice.keys for choice in run.choices] == [(1,), (0,)]
    np.testing.assert_allclose(found["diff"][:, :4], found["diff"][:, 4:], atol=1e-7)
    letters = [("A", "G"), ("A", "C")]
    for row, (ref, alt) in zip(found["SAX"], letters, strict=True):
        assert row["ACGT".index(ref)] == -1
        assert row["ACGT".index(alt)] == 1


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
        return alt * 0

    def wrong(ref, alt, context=None):
        return alt[:, :1]

    windows = golden_windows()
    found, _ = scoring(small_model(), spy).score(windows)
    assert seen == {"shape": (5, 4), "n": 5, "tracks": 4}
    assert not found["spy"].any()
    spy.positional = True
    with pytest.raises(ModelError, match=r"'spy' gave shape \(5, 8, 4\)"):
        scoring(small_model(), spy).score(windows)
    assert seen["shape"] == (5, 8, 4)
    with pytest.raises(ModelError, match=r"'wrong' gave shape \(5, 1\) for 5 alleles and 4 tracks"):
        scoring(small_model(), wrong).score(windows)


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
