from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects.scores import BUILT_IN
from locuscope.effects.windows.allele_windows import AlleleView, AlleleWindow
from locuscope.errors import OptionError
from locuscope.genome.alignment import Alignment
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec, InputSpec
from tests.effects import toy
from tests.effects.golden import scoring
from tests.oracles.score_oracle import back_to_reference

TEXT = toy.sequence()
SNV = Variant("1", 100, TEXT[99], "A" if TEXT[99] != "A" else "C")
INSERTION = Variant("1", 120, TEXT[119], TEXT[119] + "GAT")
DELETION = Variant("1", 150, TEXT[149:153], TEXT[149])


def window(variant):
    return toy.window(variant)


def passes(model, views, indels=None):
    return scoring(model, "diff", ensemble=views, indels=indels).passes


def moved(text, shift):
    """Letters moved by hand; `u` stands for a quarter of each base."""
    edge = "u" * abs(shift)
    return edge + text[: len(text) - shift] if shift > 0 else text[-shift:] + edge


def predicted(text):
    bases = np.asarray(one_hot(text.replace("u", "N")), np.float32)
    bases[:, [i for i, letter in enumerate(text) if letter == "u"]] = 0.25
    with torch.inference_mode():
        return toy.Net()(torch.from_numpy(bases[None]))[0].numpy()


def letters(array):
    return "".join("ACGTN"[i] for i in np.where(array.any(0), array.argmax(0), 4))


@pytest.mark.parametrize("shift", [3, -2, 1])
def test_a_shift_is_undone_base_by_base(shift):
    """At 1 bp every position meets itself again; positions that fell off do not count."""
    run = passes(toy.model(), Ensemble(shifts=(shift,)))
    one = window(SNV)
    (strand,) = run.strands([one], 0, shift)
    (found,) = run.on_reference([one], strand, run.choices[0], shift)
    for values, bases in ((found.ref, one.reference), (found.alt, one.alternative)):
        expected = predicted(moved(letters(bases), shift))
        for i in range(toy.WIDTH):
            inside = 0 <= i + shift < toy.WIDTH
            assert found.valid[0, i] == inside
            if inside:
                np.testing.assert_allclose(values[0, i], expected[i + shift], atol=1e-6)
    assert np.isnan(found.alt[~found.valid]).all()


@pytest.mark.parametrize("variant", [INSERTION, DELETION])
@pytest.mark.parametrize("shift", [5, -4])
def test_unknown_positions_stay_unknown_through_an_alignment(variant, shift):
    run = passes(toy.model(), Ensemble(shifts=(shift,)))
    one = window(variant)
    (strand,) = run.strands([one], 0, shift)
    (found,) = run.on_reference([one], strand, run.choices[0], shift)
    ref, alt = (
        np.full((toy.WIDTH, 3), np.nan),
        np.full((toy.WIDTH, 3), np.nan),
    )
    for side, bases in ((ref, one.reference), (alt, one.alternative)):
        values = predicted(moved(letters(bases), shift))
        for i in range(toy.WIDTH):
            if 0 <= i + shift < toy.WIDTH:
                side[i] = values[i + shift]
    first = variant.pos - 1 - one.window.start
    aligned = back_to_reference(alt, first, len(variant.ref), len(variant.alt))
    known = ~(np.isnan(ref[:, 0]) | np.isnan(aligned[:, 0]))
    np.testing.assert_array_equal(found.valid[0], known)
    np.testing.assert_allclose(found.alt[0][known], aligned[known], atol=1e-6)
    np.testing.assert_allclose(found.ref[0][known], ref[known], atol=1e-6)


def test_shifts_that_bins_do_not_divide_leave_them_as_they_are():
    model = toy.model(scale=8)
    run = passes(model, Ensemble(shifts=(3, 8)))
    one = window(SNV)
    for shift, n_known in ((3, 5), (8, 4)):
        (strand,) = run.strands([one], 0, shift)
        (found,) = run.on_reference([one], strand, run.choices[0], shift)
        assert found.valid.sum() == n_known
        assert found.ref.shape == (1, 5, 3)


def test_scores_over_shifts_leave_out_what_no_allele_knows():
    views = Ensemble(shifts=(0, 4))
    one = window(SNV)
    found = scoring(toy.model(), ["diff", "SUM"], ensemble=views).score([one])
    ref, alt = (predicted(letters(b)) for b in (one.reference, one.alternative))
    r4, a4 = (predicted(moved(letters(b), 4))[4:] for b in (one.reference, one.alternative))
    means = np.stack([(alt - ref).mean(0), (a4 - r4).mean(0)])
    np.testing.assert_allclose(found.scores["diff"][0], means.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.spread["diff"][0], means.std(0, ddof=1), atol=1e-6)
    sums = np.stack([(alt - ref).sum(0), (a4 - r4).sum(0)])
    np.testing.assert_allclose(found.scores["SUM"][0], sums.mean(0), atol=2e-6)


def test_the_mean_of_both_strands_is_taken_before_the_alignment():
    """The largest of two means is not the mean of two largest values."""
    one = window(INSERTION)
    run = scoring(toy.model(), "SAX", ensemble=Ensemble(rc=True))
    forward, reverse = run.passes.strands([one], 0, 0)
    both = forward.averaged(reverse)
    place = ("atac", 1)
    alt = (forward.alternatives[0][0][place] + reverse.alternatives[0][0][place]) / 2
    np.testing.assert_array_equal(both.alternatives[0][0][place], alt)
    ref = (forward.references[0][place] + reverse.references[0][place]) / 2
    first = INSERTION.pos - 1 - one.window.start
    aligned = back_to_reference(alt.astype(np.float64), first, 1, 4)
    valid = ~np.isnan(aligned[:, 0])
    expected = BUILT_IN["SAX"](ref[None, valid], aligned[None, valid])
    np.testing.assert_allclose(run.score([one]).scores["SAX"], expected, atol=1e-6)


def test_two_ways_to_read_an_indel_are_averaged():
    rule = IndelRule(compensate="average")
    one = window(DELETION)
    start = one.window.start - 3
    right = one_hot(TEXT[start:149] + TEXT[149] + TEXT[153 : one.window.end])
    right_view = AlleleView(right, Alignment.from_variant(DELETION, one.window, anchor="right"))
    left_only, right_only = (
        AlleleWindow(one.variant, one.window, one.reference, (view,))
        for view in (one.alternatives[0], right_view)
    )
    two = AlleleWindow(one.variant, one.window, one.reference, (*one.alternatives, right_view))
    run = scoring(toy.model(), ["diff", "SAX"], indels=rule)
    found = run.score([two, window(SNV)]).scores
    left, right = (run.score([each]).scores for each in (left_only, right_only))
    for name, values in found.items():
        np.testing.assert_allclose(values[0], (left[name][0] + right[name][0]) / 2, atol=1e-6)
        plain = run.score([window(SNV)]).scores[name][0]
        np.testing.assert_allclose(values[1], plain, atol=1e-6)


class Weighted(nn.Module):
    """Content of two stretches of sequence, times a number that comes beside them."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, left, right, weight):
        self.calls += len(left)
        content = left.mean(2) - right.mean(2)
        return (content * weight)[:, None, :]


def weighted():
    head = HeadSpec("content", (), 4, kind="scalar")
    inputs = [
        InputSpec("left", length_bp=20),
        InputSpec("right", length_bp=20, offset_bp=20),
        InputSpec("weight", kind="array"),
    ]
    return wrap(Weighted(), heads=head, inputs=inputs, window_bp=40, name="weighted")


def test_numbers_beside_the_bases_go_with_their_window():
    one = window(SNV)
    windows = [
        AlleleWindow(one.variant, one.window, one.reference, one.alternatives, arrays={"weight": w})
        for w in (np.float32([1]), np.float32([3]), np.float32([3]))
    ]
    model = weighted()
    remembered: dict = {}
    found = scoring(model, "diff").score(windows, references=remembered).scores["diff"]
    assert len(remembered) == 2
    assert model.module.calls == 4
    assert found[0].any()
    np.testing.assert_allclose(found[1], 3 * found[0], atol=1e-7)
    np.testing.assert_array_equal(found[1], found[2])


def test_views_that_such_a_model_cannot_have_are_refused():
    for views, words in ((Ensemble(rc=True), "one direction"), (Ensemble(shifts=(1,)), "shift")):
        with pytest.raises(OptionError, match=words):
            scoring(weighted(), "diff", ensemble=views)


def test_windows_hold_no_bases_beyond_themselves():
    with pytest.raises(OptionError, match="beyond the window"):
        scoring(toy.model(), "diff", ensemble=Ensemble(shifts=(2,), shift_fill="genome"))
    zero = scoring(toy.model(), "diff", ensemble=Ensemble(shifts=(2,), shift_fill="zero"))
    one = window(SNV)
    (strand,) = zero.passes.strands([one], 0, 2)
    expected = predicted(moved(letters(one.reference), 2).replace("u", "N"))
    np.testing.assert_allclose(strand.references[0]["atac", 1][:-2], expected[2:], atol=1e-6)


def test_each_place_has_its_interval():
    assert window(SNV).window == Interval("1", 80, 120)
