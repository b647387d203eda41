"""Networks with several inputs: what may be stated, and how one call gets them all."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.errors import ModelError, OptionError, WrongTypeError
from locuscope.models.adapter import wrap
from locuscope.models.module_inputs import joined_bp, named_inputs
from locuscope.models.protocol import HeadSpec, InputSpec

LEFT = InputSpec("left", length_bp=6)
RIGHT = InputSpec("right", length_bp=4, anchor="end", offset_bp=-4, axes="NLA")
CELLS = InputSpec("cells", kind="array")
SITE = HeadSpec("site", (), 2, kind="scalar")
TRACK = HeadSpec("track", (1,), 4)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.left, self.right = nn.Linear(24, 2), nn.Linear(16, 2)

    def forward(self, left, right):
        return self.left(left.flatten(1)) + self.right(right.flatten(1))


class Weighted(nn.Module):
    """Bases times one number per example."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.seen: list[torch.dtype] = []

    def forward(self, bases, cells):
        self.seen.append(cells.dtype)
        return (bases * cells.float()[:, None, None] * self.scale).transpose(1, 2)


def windows(count: int, length: int) -> torch.Tensor:
    letters = torch.randint(0, 4, (count, length), generator=torch.Generator().manual_seed(1))
    return nn.functional.one_hot(letters, 4).transpose(1, 2).float()


def test_pieces_are_cut_apart_and_given_by_name():
    model = wrap(Pair(), heads=SITE, window_bp=20, output_axes="NT", inputs=[LEFT, RIGHT])
    assert (model.window_bp, model.default_width_bp) == (10, 20)
    assert model.inputs == (LEFT, RIGHT)
    x = windows(3, 10)
    expected = model.module(x[..., :6], x[..., 6:].transpose(1, 2))
    torch.testing.assert_close(model.run(x)["site"][0][:, 0], expected)
    wider = wrap(
        Pair(), heads=SITE, window_bp=21, output_axes="NT", inputs=[LEFT, RIGHT], name="Pair"
    )
    assert wider.digest == model.digest
    moved = InputSpec("left", length_bp=6, offset_bp=1)
    other = wrap(Pair(), heads=SITE, window_bp=20, output_axes="NT", inputs=[moved, RIGHT])
    assert other.digest != model.digest


@pytest.mark.parametrize("cells", [torch.tensor([2.0, 3.0]), torch.tensor([2, 3])])
def test_arrays_ride_along_and_keep_whole_numbers_whole(cells):
    model = wrap(Weighted(), heads=TRACK, window_bp=8, inputs=[InputSpec("bases"), CELLS])
    assert not model.module.seen  # no trial: the shape of an array is not known
    x = windows(2, 8)
    found = model.run(x, arrays={"cells": cells})["track"][1]
    torch.testing.assert_close(found, (x * cells.float()[:, None, None]).transpose(1, 2))
    assert model.module.seen == [torch.float32 if cells.is_floating_point() else torch.int64]
    with pytest.raises(ModelError, match="'cells' beside the bases"):
        model.run(x)


def test_a_piece_of_any_length_takes_the_window():
    model = wrap(Weighted(), heads=TRACK, window_bp=None, inputs=[InputSpec("bases"), CELLS])
    assert (model.window_bp, model.default_width_bp) == (None, None)
    assert joined_bp((InputSpec("bases"), CELLS), 12) == 12
    assert joined_bp((InputSpec("bases"), CELLS), None) is None


@pytest.mark.parametrize(
    ("inputs", "options", "words"),
    [
        ([CELLS], {}, "at least one of kind 'dna'"),
        ([LEFT, LEFT], {}, "different names"),
        ([LEFT, InputSpec("right")], {}, r"\['right'\] have none"),
        ([LEFT, CELLS], {}, "'left', the one piece of sequence, is the window"),
        ([InputSpec("left", offset_bp=3)], {}, "leave its place out"),
        ([LEFT, RIGHT], {"axes": "NLA"}, "axes='NLA'"),
        ([LEFT, RIGHT], {"window_bp": None}, "need window_bp"),
        ([LEFT, RIGHT], {"heads": TRACK, "output_axes": "NLT"}, "values along the sequence"),
    ],
)
def test_inputs_that_contradict_themselves_are_refused(inputs, options, words):
    given = {"heads": SITE, "window_bp": 20, "output_axes": "NT", **options}
    with pytest.raises(OptionError, match=words) as caught:
        wrap(Pair(), inputs=inputs, **given)
    assert caught.value.option == "inputs"
    with pytest.raises(WrongTypeError, match="InputSpec"):
        wrap(Pair(), inputs=["left"], heads=SITE, window_bp=20, output_axes="NT")


def test_a_trial_run_finds_a_wrong_statement():
    with pytest.raises(ModelError, match="failed on a random window of 9 bases"):
        wrap(
            Pair(),
            heads=SITE,
            window_bp=20,
            output_axes="NT",
            inputs=[LEFT, InputSpec("right", length_bp=3)],
        )


def test_named_inputs_follow_the_order_stated():
    x = windows(1, 10)
    found = named_inputs((RIGHT, CELLS, LEFT), x, {"cells": torch.ones(1)}, "net")
    assert list(found) == ["right", "cells", "left"]
    torch.testing.assert_close(found["right"], x[..., :4].transpose(1, 2))
    torch.testing.assert_close(found["left"], x[..., 4:])
