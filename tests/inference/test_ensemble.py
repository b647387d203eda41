"""The reverse complement is brought back exactly: positions reversed, strands swapped."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import OptionError, WrongTypeError
from locuscope.inference.ensemble import Ensemble, check_reversible, ensemble_of, undo_reverse
from locuscope.inference.predict import predict
from locuscope.models.protocol import HeadSpec


def test_order_and_values():
    assert Ensemble().order() == [False]
    assert Ensemble(rc=True).order() == [False, True]
    with pytest.raises(WrongTypeError, match="rc is 1"):
        Ensemble(rc=1)
    with pytest.raises(TypeError):
        Ensemble(shifts=(0, 1))


def test_the_shortcut_beside_the_noun():
    assert ensemble_of() == ensemble_of(rc=False) == Ensemble()
    assert ensemble_of(rc=True) == ensemble_of(Ensemble(rc=True)) == Ensemble(rc=True)
    assert ensemble_of(Ensemble(rc=True), rc=True).rc
    with pytest.raises(OptionError, match=r"rc=False and ensemble\.rc=True"):
        ensemble_of(Ensemble(rc=True), rc=False)


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


def test_the_mean_does_not_change_when_the_input_is_turned(published):
    """The mean of both strands of a sequence is the turned mean of its reverse complement."""
    model, arrays = published["sigmoid"]
    x = arrays["x"]
    one = predict(model, x, rc=True).signal[8].tensor
    turned = predict(model, x[:, ::-1, ::-1].copy(), rc=True).signal[8].tensor
    assert (undo_reverse(turned, model.heads["signal"], 8) - one).abs().max() < 1e-6
