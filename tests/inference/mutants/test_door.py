"""The door of a model: what it gives, in which order, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.errors import ModelError
from locuscope.inference.mutants.door import Door, refuse_training
from locuscope.inference.selection import choose
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

LENGTH = 16


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, 5, 3, padding=1)
        self.norm = nn.BatchNorm1d(5)
        self.number = nn.Linear(5, 2)

    def forward(self, x):
        h = self.norm(self.stem(x))
        return h.transpose(1, 2), self.number(h.mean(2))[:, None]


@pytest.fixture
def model():
    torch.manual_seed(0)
    heads = [HeadSpec("tracks", (1,), 5), HeadSpec("number", (), 2)]
    return wrap(TwoHeads().eval(), heads=heads, window_bp=LENGTH, name="two")


@pytest.fixture
def bases() -> torch.Tensor:
    drawn = torch.randint(0, 4, (3, LENGTH), generator=torch.Generator().manual_seed(1))
    return nn.functional.one_hot(drawn, 4).transpose(1, 2).float()


def test_outputs_come_in_the_order_of_their_keys(model, bases) -> None:
    door = Door(model, choose(model))
    with torch.no_grad():
        found = door(bases)
        want = model.run(bases)
    assert door.keys == [("tracks", 1), ("number", 0)]
    for (head, key), values in zip(door.keys, found, strict=True):
        assert torch.equal(values, want[head][key])


def test_only_chosen_tracks_come_out(model, bases) -> None:
    door = Door(model, choose(model, heads=["tracks"], tracks=["tracks:3", "tracks:1"]))
    with torch.no_grad():
        (found,) = door(bases)
        whole = model.run(bases)["tracks"][1]
    assert found.shape == (3, LENGTH, 2)
    rows = door.get_buffer("rows_0").tolist()
    assert sorted(rows) == [1, 3]
    assert torch.equal(found, whole[..., rows])


def test_a_target_takes_the_place_of_the_outputs(model, bases) -> None:
    door = Door(model, choose(model), lambda outputs: outputs["number"][0][:, 0, 1])
    assert door.keys == [("target", 0)]
    with torch.no_grad():
        (found,) = door(bases)
        want = model.run(bases)["number"][0][:, 0, 1]
    assert torch.equal(found, want)


def test_parts_in_training_mode_are_named(model) -> None:
    refuse_training(model)
    model.module.norm.train()
    with pytest.raises(ModelError, match=r"module\.norm \(BatchNorm1d\) is in training mode"):
        refuse_training(model)
