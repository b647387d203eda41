"""A position is the mean of the views that know it; a network that breaks its word is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope import Genome, IndelRule, Interval, Variant
from locuscope.errors import DataWarning, ModelError, OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.sequence import one_hot
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.inference.predict_variant import predict_variant
from locuscope.inference.selection import HeadChoice
from locuscope.inference.views import Views, view_counts
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.track_table import TrackTable

TEXT = "".join(np.random.default_rng(2).choice(list("ACGT"), 200))
GENOME = Genome.from_sequences({"1": TEXT})
PAIR = (1, 0, 2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.conv = nn.Conv1d(4, 3, 9, padding=4)

    def forward(self, x):
        y = torch.sigmoid(self.conv(x))
        coarse = nn.functional.avg_pool1d(y, 4).transpose(1, 2)
        return {1: y.transpose(1, 2), 4: coarse}, y.mean(2)[:, None]


def model(window_bp=40, crop_bp=0):
    heads = [
        HeadSpec("cov", (1, 4), 3, strand_pair=PAIR, crop_bp=crop_bp),
        HeadSpec("total", (), 3, kind="scalar", strand_pair=PAIR),
    ]
    return wrap(Net(), heads=heads, window_bp=window_bp, name="views")


def by_hand(text, shifts, rc, *, right="", left="", fill="uniform"):
    """Mean per base over the views that know it, one view and one base at a time."""
    length = len(text)
    total, count = np.zeros((length, 3)), np.zeros((length, 1))
    for shift in shifts:
        x = np.asarray(one_hot(text), np.float32)
        edge = np.full((4, abs(shift)), 0.25 if fill == "uniform" else 0.0, np.float32)
        if fill == "genome":
            whole = np.asarray(one_hot(left + text + right), np.float32)
            x = whole[:, len(left) - shift : len(left) - shift + length]
        elif shift > 0:
            x = np.concatenate([edge, x[:, :-shift]], 1)
        elif shift < 0:
            x = np.concatenate([x[:, -shift:], edge], 1)
        for turn in (False, True) if rc else (False,):
            given = x[::-1, ::-1].copy() if turn else x
            with torch.inference_mode():
                values = Net()(torch.from_numpy(given[None]))[0][1][0].double().numpy()
            if turn:
                values = values[::-1][:, list(PAIR)]
            for i in range(length):
                if 0 <= i + shift < length:
                    total[i] += values[i + shift]
                    count[i] += 1
    return total / count


@pytest.mark.parametrize("rc", [False, True])
@pytest.mark.parametrize("fill", ["uniform", "zero"])
def test_each_base_is_the_mean_of_the_views_that_know_it(rc, fill):
    shifts = (0, 3, -5)
    views = Ensemble(rc=rc, shifts=shifts, shift_fill=fill)
    found = predict(model(), [TEXT[:40]], ensemble=views, resolutions_bp=[1])
    expected = by_hand(TEXT[:40], shifts, rc, fill=fill)
    np.testing.assert_allclose(found.cov[1].numpy()[0], expected, atol=1e-6)


def test_a_fill_from_the_genome_reads_the_real_bases():
    views = Ensemble(rc=True, shifts=(0, 3, -5), shift_fill="genome")
    place = Interval("1", 60, 100)
    found = predict(model(), place, GENOME, ensemble=views, resolutions_bp=[1]).cov[1].numpy()[0]
    left, right = TEXT[55:60], TEXT[100:105]
    expected = by_hand(TEXT[60:100], (0, 3, -5), rc=True, left=left, right=right, fill="genome")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(OptionError, match="these sequences have none"):
        predict(model(), [TEXT[:40]], ensemble=views)


def test_bins_move_only_where_they_divide_the_shift():
    """A shift of 4 moves bins of 4, one of 3 does not; one value per window never moves."""
    x = [TEXT[:40]]
    found = predict(model(), x, ensemble=Ensemble(shifts=(3,)), resolutions_bp=[0, 4])
    three = np.asarray(one_hot([TEXT[:37]]), np.float32)
    three = np.concatenate([np.full((1, 4, 3), 0.25, np.float32), three], 2)
    with torch.inference_mode():
        raw, total = Net()(torch.from_numpy(three))
    np.testing.assert_allclose(found.cov[4].numpy(), raw[4], atol=1e-6)
    np.testing.assert_allclose(found.total[0].numpy(), total, atol=1e-6)


def test_positions_that_no_view_knows_are_nan_and_said():
    views = Ensemble(shifts=(4, 8))
    with pytest.warns(DataWarning, match="leave 5 positions at the ends"):
        found = predict(model(), [TEXT[:40]], heads=["cov"], ensemble=views)
    assert np.isnan(found.cov[1].numpy()[0, 36:]).all()
    assert np.isfinite(found.cov[1].numpy()[0, :36]).all()
    assert np.isnan(found.cov[4].numpy()[0, 9:]).all()
    assert np.isfinite(found.cov[4].numpy()[0, :9]).all()


def test_a_place_is_cut_after_the_shift_is_undone():
    views = Ensemble(shifts=(0, 4))
    whole = predict(model(), Interval("1", 60, 100), GENOME, ensemble=views)
    part = predict(model(), Interval("1", 72, 88), GENOME, ensemble=views)
    for key in (1, 4):
        cut = whole.cov[key].numpy()[:, 12 // key : 28 // key]
        np.testing.assert_allclose(part.cov[key].numpy(), cut, atol=1e-6)


class Pairs:
    """The share of equal bases between bins, as a contact map."""

    name = "pairs"

    def run(self, one_hot, **_):
        bins = nn.functional.avg_pool1d(one_hot.float(), 4)
        return {"map": {4: torch.einsum("nai,naj->nij", bins, bins)[..., None]}}


def test_contact_maps_move_and_are_counted_on_both_axes():
    head = HeadSpec("map", (4,), 1, kind="contact")
    choice = HeadChoice(head, (4,), np.arange(1), TrackTable.placeholders("map", 0, 1))
    both = Ensemble(rc=True, shifts=(0, 4))
    counts = view_counts(choice, 4, 16, both, None)
    assert counts[0, :, :, 0].tolist() == [[4, 4, 4, 2]] * 3 + [[2] * 4]
    kept = view_counts(choice, 4, 16, Ensemble(shifts=(0, 4)), lambda *_: slice(2, 4))
    assert kept[0, :, :, 0].tolist() == [[2, 1], [1, 1]]
    x = torch.from_numpy(one_hot([TEXT[:16]]))
    total = Views(Pairs(), (choice,), 0, both, None).total(x)["map", 4]
    # Moving and turning the whole sequence changes no bin that stays inside.
    expected = Pairs().run(x)["map"][4]
    torch.testing.assert_close(total / counts, expected)


def test_both_alleles_are_shifted_alike():
    variant = Variant("1", 80, TEXT[79], "A" if TEXT[79] != "A" else "C")
    for fill in ("uniform", "genome"):
        views = Ensemble(rc=True, shifts=(0, 3, -4), shift_fill=fill)
        found = predict_variant(model(), variant, GENOME, heads=["cov"], ensemble=views)
        where = found.interval
        text = TEXT[where.start : where.end]
        at = 79 - where.start
        mutant = text[:at] + variant.alt + text[at + 1 :]
        around = {"left": TEXT[where.start - 4 : where.start], "right": TEXT[where.end :][:4]}
        for side, letters in ((found.reference, text), (found.alternative, mutant)):
            expected = by_hand(letters, (0, 3, -4), rc=True, fill=fill, **around)
            np.testing.assert_allclose(side.cov[1].numpy()[0], expected, atol=1e-6)


@pytest.mark.parametrize("anchor", ["left", "right"])
def test_a_deletion_reads_on_beyond_the_margin(anchor):
    """The shifted haplotype goes on with the bases that follow it in the genome."""
    variant = Variant("1", 80, TEXT[79:83], TEXT[79])
    views = Ensemble(shifts=(2, -2, 0), shift_fill="genome")
    rule = IndelRule(anchor=anchor)
    found = predict_variant(
        model(), variant, GENOME, heads=["cov"], ensemble=views, indels=rule, resolutions_bp=[1]
    )
    where = found.interval
    start = where.start if anchor == "left" else where.start - 3
    haplotype = TEXT[:80] + TEXT[83:]
    window = haplotype[start : start + 40]
    around = {"left": haplotype[start - 2 : start], "right": haplotype[start + 40 :][:2]}
    expected = by_hand(window, (2, -2, 0), rc=False, fill="genome", **around)
    before = slice(0, 79 - where.start)
    moved = slice(79 - start - len(range(*before.indices(40))), 79 - start)
    np.testing.assert_allclose(
        found.alternative.cov[1].numpy()[0, before], expected[moved], atol=1e-6
    )


def test_a_slice_must_hold_what_the_shifts_read():
    views = Ensemble(shifts=(0, 5), shift_fill="genome")
    from locuscope import demo, load_model

    net = load_model("cispliceai")
    first = demo.genome().available("20")[0].start
    place = Interval("20", first + 5_000, first + 5_100)
    predict(net, place, demo.genome(), ensemble=Ensemble(shifts=(0, 5)))
    with pytest.raises(OutOfBoundsError, match="bases on the left"):
        predict(net, place, demo.genome(), ensemble=views)


def test_a_shift_by_the_window_or_more_is_refused():
    with pytest.raises(ShapeError, match="leaves nothing of a window of 40"):
        predict(model(), [TEXT[:40]], ensemble=Ensemble(shifts=(0, 40)))


def test_a_network_that_breaks_its_word_is_told():
    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.is_wrong = False

        def forward(self, x):
            return x.transpose(1, 2)[:, : -1 if self.is_wrong else None]

    net = wrap(Wrong(), heads=HeadSpec("cov", (1,), 4), window_bp=40, name="wrong")
    net.module.is_wrong = True
    with pytest.raises(ModelError, match="cov"):
        predict(net, [TEXT[:40]], ensemble=Ensemble(shifts=(0, 1)))


def test_a_merge_rule_is_for_scores():
    views = Ensemble(rc=True, rc_merging="max")
    variant = Variant("1", 80, TEXT[79], "A" if TEXT[79] != "A" else "C")
    with pytest.raises(OptionError, match="predict averages the tracks of both strands"):
        predict(model(), [TEXT[:40]], ensemble=views)
    with pytest.raises(OptionError, match=r"predict_variant averages .* rc_merging='max'"):
        predict_variant(model(), variant, GENOME, ensemble=views)
