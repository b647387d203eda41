from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.effects.scoring.passes import array_bytes, predict_unique, sequence_key
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from tests.effects import toy

PLACE = ("atac", 1)


def run(model, sequences, **options):
    return predict_unique(
        model,
        sequences,
        choose(model, **options.pop("chosen", {})),
        organism=0,
        run=Run(device="cpu", batch_size=options.pop("batch_size", 4)),
        **options,
    )


def test_equal_sequences_run_once_and_all_get_the_answer():
    model = toy.model(window_bp=None)
    a, b, longer = (one_hot(toy.sequence()[k : k + n]) for k, n in ((0, 40), (50, 40), (0, 45)))
    model.module.sequences = 0
    found = run(model, [a, b, a, longer, a.copy()])
    assert model.module.sequences == 3
    assert found[0] is found[2] is found[4]
    for prediction, sequence in zip(found, (a, b, a, longer, a), strict=True):
        with torch.inference_mode():
            expected = model.run(torch.from_numpy(sequence[None]).float())["atac"][1][0].numpy()
        np.testing.assert_allclose(prediction[PLACE], expected, atol=1e-6)


def test_batch_size_does_not_change_a_value():
    model = toy.model()
    sequences = [one_hot(toy.sequence()[k : k + 40]) for k in range(0, 70, 7)]
    one, many = run(model, sequences, batch_size=1), run(model, sequences, batch_size=7)
    for left, right in zip(one, many, strict=True):
        np.testing.assert_allclose(left[PLACE], right[PLACE], atol=1e-6)


def test_the_reverse_side_comes_back_to_the_forward_strand():
    model = toy.model()
    sequence = one_hot(toy.sequence()[:40])
    (found,) = run(model, [sequence], is_reverse=True)
    turned = np.ascontiguousarray(reverse_complement(sequence))
    (plain,) = run(model, [turned])
    np.testing.assert_allclose(found[PLACE], plain[PLACE][::-1][:, list(toy.PAIR)], atol=1e-7)


def test_the_partner_of_a_chosen_track_need_not_be_chosen():
    model = toy.model()
    sequence = one_hot(toy.sequence()[:40])
    (whole,) = run(model, [sequence], is_reverse=True)
    (part,) = run(model, [sequence], is_reverse=True, chosen={"tracks": ["atac:0"]})
    np.testing.assert_allclose(part[PLACE], whole[PLACE][:, :1], atol=1e-7)


@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_shifted_view_is_shifted_first_then_turned(is_reverse):
    model = toy.model()
    text = toy.sequence()[:40]
    (found,) = run(model, [one_hot(text)], is_reverse=is_reverse, shift=2, shift_fill="zero")
    (moved,) = run(model, [one_hot("NN" + text[:-2])], is_reverse=is_reverse)
    np.testing.assert_allclose(found[PLACE][:-2], moved[PLACE][2:], atol=1e-7)
    assert not found[PLACE][-2:].any()


def test_numbers_beside_the_bases_tell_sequences_apart():
    one, other = {"w": np.float32([1, 2])}, {"w": np.float32([1, 3])}
    assert array_bytes(one) != array_bytes(other)
    assert array_bytes(None) == array_bytes({}) == b""


def test_nothing_to_run():
    assert run(toy.model(), []) == []


@pytest.mark.parametrize("length", [40, 20_000])
def test_equal_sequences_are_told_by_their_bases_whatever_their_length(length):
    some = one_hot("ACGT" * (length // 4))
    other = some.copy()
    other[:, -1] = 0
    assert sequence_key(some) == sequence_key(some.copy())
    assert sequence_key(some) != sequence_key(other)
    assert len(sequence_key(some)) <= 1 << 16
