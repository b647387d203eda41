"""Which views there are, and how a turned one is brought back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from locuscope.errors import OptionError, WrongTypeError
from locuscope.inference.ensemble import (
    RC_MERGINGS,
    Ensemble,
    check_reversible,
    ensemble_of,
    undo_reverse,
)
from locuscope.inference.predict import predict
from locuscope.models.protocol import HeadSpec

GOLDEN = np.load(Path(__file__).parent / "data" / "ensemble.npz", allow_pickle=False)


def test_the_order_is_member_then_shift_then_strand_then_sample(bases, bins):
    assert Ensemble().order() == [(0, 0, False, 0)]
    views = Ensemble(rc=True, shifts=(0, -2), members=[bases, bins])
    expected = [(m, s, rc, 0) for m in range(3) for s in (0, -2) for rc in (False, True)]
    assert views.order() == expected
    assert views.n_views == len(expected) == 12
    drawn = Ensemble(rc=True, mc_samples=2, members=[bases])
    assert drawn.order() == [(m, 0, rc, k) for m in (0, 1) for rc in (False, True) for k in (0, 1)]
    assert drawn.n_views == 8
    assert drawn.one_member() == [view[1:] for view in drawn.order()[:4]]
    assert views.pairs() == [(m, s) for m in range(3) for s in (0, -2)]
    assert views.members == (bases, bins)


def test_numbers_come_in_any_form():
    assert Ensemble(shifts=[0.0, np.int64(1), -2]).shifts == (0, 1, -2)
    assert Ensemble(shifts=3).shifts == (3,)
    assert Ensemble(shifts=np.array([0, 4])).shifts == (0, 4)
    assert all(Ensemble(rc=True, rc_merging=rule).rc_merging == rule for rule in RC_MERGINGS)


def test_it_says_what_differs_from_the_defaults(bases):
    assert repr(Ensemble()) == "Ensemble()"
    views = Ensemble(rc=True, shifts=(0, 1), members=(bases,))
    assert repr(views) == f"Ensemble(rc=True, shifts=(0, 1), members=['{bases.name}'])"
    assert views.facts() == {
        "rc": True,
        "rc_merging": "mean",
        "shifts": [0, 1],
        "shift_fill": "uniform",
        "members": [{"model": bases.name, "model_digest": bases.digest}],
    }
    drawn = Ensemble(mc_samples=np.int64(8))
    assert repr(drawn) == "Ensemble(mc_samples=8)"
    assert drawn.facts()["mc_samples"] == 8 and drawn.facts()["mc_keyed"] is True
    rule = Ensemble(rc=True, rc_merging=np.maximum)
    assert rule.facts()["rc_merging"] == "maximum"


def test_only_a_fill_from_the_genome_reads_beyond_the_window():
    assert Ensemble(shifts=(0, 3, -5)).margin_bp == 0
    assert Ensemble(shifts=(0, 3, -5), shift_fill="genome").margin_bp == 5


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"rc": 1}, WrongTypeError, "rc is 1"),
        ({"rc_merging": "max"}, OptionError, "no effect without rc=True; got 'max'"),
        ({"rc": True, "rc_merging": "most"}, OptionError, "rc_merging is 'most'"),
        ({"shifts": ()}, OptionError, "at least one number"),
        ({"shifts": (1, 1.0)}, OptionError, "each once"),
        ({"shifts": (0.5,)}, WrongTypeError, "whole number"),
        ({"shifts": "12"}, WrongTypeError, "whole number"),
        ({"shift_fill": "zero"}, OptionError, "no effect without a shift"),
        ({"shifts": (1,), "shift_fill": "n"}, OptionError, "shift_fill is 'n'"),
        ({"members": "dnase"}, WrongTypeError, "a list of models; got 'dnase'"),
        ({"members": ["dnase"]}, WrongTypeError, "load_model"),
        ({"members": 3}, WrongTypeError, "a list of models; got 3"),
        ({"mc_samples": -1}, OptionError, "mc_samples is -1"),
        ({"mc_samples": 0.5}, WrongTypeError, "whole number"),
        ({"mc_keyed": False}, OptionError, "no effect without mc_samples"),
        ({"mc_samples": 2, "mc_keyed": 0}, WrongTypeError, "mc_keyed"),
    ],
)
def test_values_outside_their_range_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        Ensemble(**options)


def test_a_model_counts_once(bases):
    with pytest.raises(WrongTypeError, match="a list of models"):
        Ensemble(members=bases)
    with pytest.raises(OptionError, match="stands twice"):
        Ensemble(members=[bases, bases])
    with pytest.raises(OptionError, match="would count twice"):
        Ensemble(members=[bases]).models(bases)


def test_the_shortcut_beside_the_noun():
    assert ensemble_of() == ensemble_of(rc=False) == Ensemble()
    assert ensemble_of(rc=True) == ensemble_of(Ensemble(rc=True)) == Ensemble(rc=True)
    assert ensemble_of(Ensemble(rc=True), rc=True).rc
    with pytest.raises(OptionError, match=r"rc=False and ensemble\.rc=True"):
        ensemble_of(Ensemble(rc=True), rc=False)


def test_a_verb_that_compares_sequences_refuses_samples():
    Ensemble().refuse_samples("a score")
    with pytest.raises(OptionError, match="a score draws no dropout; mc_samples=3") as caught:
        Ensemble(mc_samples=3).refuse_samples("a score")
    assert caught.value.option == "mc_samples"


def test_positions_turn_and_strands_swap():
    values = torch.arange(6.0).reshape(1, 3, 2)
    plain = undo_reverse(values, HeadSpec("a", (1,), 2), 1)
    assert plain.tolist() == [[[4, 5], [2, 3], [0, 1]]]
    paired = undo_reverse(values, HeadSpec("a", (1,), 2, strand_pair=(1, 0)), 1)
    assert paired.tolist() == [[[5, 4], [3, 2], [1, 0]]]
    assert torch.equal(undo_reverse(paired, HeadSpec("a", (1,), 2, strand_pair=(1, 0)), 1), values)


def test_one_value_per_window_has_no_positions_to_turn():
    values = torch.tensor([[[1.0, 2.0]]])
    head = HeadSpec("a", (), 2, kind="scalar", strand_pair=(1, 0))
    assert undo_reverse(values, head, 0).tolist() == [[[2.0, 1.0]]]


def test_contact_maps_turn_on_both_axes():
    values = torch.arange(4.0).reshape(1, 2, 2, 1)
    head = HeadSpec("map", (8,), 1, kind="contact")
    assert undo_reverse(values, head, 8).reshape(-1).tolist() == [3, 2, 1, 0]


def test_a_head_may_bring_its_own_rule():
    head = HeadSpec("a", (4,), 1, undo_rc=lambda values, resolution: values * resolution)
    assert undo_reverse(torch.ones(1, 1, 1), head, 4).item() == 4


def test_what_cannot_be_turned_is_refused():
    with pytest.raises(OptionError, match="3 of 4 in the last bin of 'a'"):
        check_reversible(HeadSpec("a", (1, 4), 1, crop_bp=2), 11)
    check_reversible(HeadSpec("a", (1, 4), 1, crop_bp=2), 12)
    with pytest.raises(OptionError, match="pairs of junctions"):
        check_reversible(HeadSpec("j", (1,), 1, kind="junction"), 10)


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_published_members(published, name):
    """Forward, reverse and mean of an independent float64 implementation."""
    model, arrays = published[name]
    forward = predict(model, arrays["x"], rc=False).signal[8]
    mean = predict(model, arrays["x"], ensemble=Ensemble(rc=True)).signal[8]
    expected = (arrays["forward"] + arrays["reverse"]) / 2
    assert abs(forward.numpy() - arrays["forward"]).max() < 2e-6
    assert abs(mean.numpy() - expected).max() < 2e-6
    assert abs(arrays["forward"] - arrays["reverse"]).max() > 1e-3


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_published_mean_over_shifts_and_strands(published, name):
    """Six views of float64 arithmetic; shifts below the bin width are not undone."""
    model, arrays = published[name]
    views = Ensemble(rc=True, shifts=(0, 1, -2))
    mean = predict(model, arrays["x"], ensemble=views).signal[8].numpy()
    np.testing.assert_allclose(mean, GOLDEN[f"{name}/mean"], atol=2e-6, rtol=0)
    for k, (_, shift, is_reverse, _) in enumerate(views.order()):
        if not is_reverse:
            one = predict(model, arrays["x"], ensemble=Ensemble(shifts=(shift,))).signal[8]
            np.testing.assert_allclose(one.numpy(), GOLDEN[f"{name}/all"][k], atol=2e-6, rtol=0)


def test_the_mean_does_not_change_when_the_input_is_turned(published):
    """The mean of both strands of a sequence is the turned mean of its reverse complement."""
    model, arrays = published["sigmoid"]
    x = arrays["x"]
    one = predict(model, x, rc=True).signal[8].tensor
    turned = predict(model, x[:, ::-1, ::-1].copy(), rc=True).signal[8].tensor
    assert (undo_reverse(turned, model.heads["signal"], 8) - one).abs().max() < 1e-6
