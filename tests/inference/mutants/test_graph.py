"""What is captured: operations that depend on the bases, constants, only what is needed."""

from __future__ import annotations

import torch
from torch import nn

from locuscope.inference.mutants.door import Door
from locuscope.inference.mutants.graph import capture
from locuscope.inference.selection import choose
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec


class Branches(nn.Module):
    """Two outputs, a table that depends on nothing, and zeros that depend on the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv1d(4, 2, 3, padding=1), nn.Conv1d(4, 1, 5, padding=2)
        self.register_buffer("table", torch.arange(20.0))

    def forward(self, x):
        steps = torch.exp(-self.table / 10)
        zeros = torch.zeros(x.shape[0], 2, 20, dtype=x.dtype)
        return self.a(x) * steps + zeros, torch.relu_(self.b(x))


def captured(target=None, heads=None):
    torch.manual_seed(0)
    net = Branches().eval()
    specs = [HeadSpec("a", (1,), 2), HeadSpec("b", (1,), 1)]
    model = wrap(net, heads=specs, window_bp=20, output_axes="NTL")
    door = Door(model, choose(model, heads=heads), target)
    return door, capture(door, 20, torch.device("cpu"), torch.float32)


def bases(n: int) -> torch.Tensor:
    letters = torch.randint(0, 4, (n, 20), generator=torch.Generator().manual_seed(n))
    return nn.functional.one_hot(letters, 4).transpose(1, 2).float()


def test_steps_are_what_depends_on_the_bases() -> None:
    door, graph = captured()
    ops = [step.op.removeprefix("aten.") for step in graph.steps]
    assert sorted(ops) == sorted(
        ["conv1d", "mul", "add", "transpose", "conv1d", "relu", "transpose"]
    )
    assert door.keys == [("a", 1), ("b", 1)]
    assert all(step.shape is not None and step.is_float for step in graph.steps)
    assert {step.n_users for step in graph.steps} == {1}


def test_the_reference_is_the_network() -> None:
    door, graph = captured()
    x = bases(1)
    with torch.no_grad():
        values = graph.reference(x)
        for node, want in zip(graph.outputs, door(x), strict=True):
            torch.testing.assert_close(values[node], want, rtol=0, atol=1e-6)


def test_constants_follow_the_batch() -> None:
    _, graph = captured()
    (add,) = (step for step in graph.steps if step.op == "aten.add")
    zeros = add.args[1]
    assert graph.is_constant(zeros)
    assert [tuple(graph.constant(zeros, n).shape) for n in (1, 5)] == [(1, 2, 20), (5, 2, 20)]


def test_heads_and_targets_keep_only_what_they_need() -> None:
    door, graph = captured(heads=["b"])
    assert [step.op for step in graph.steps] == ["aten.conv1d", "aten.relu", "aten.transpose"]
    assert door.keys == [("b", 1)]
    door, graph = captured(target=lambda outputs: outputs["b"][1].sum((1, 2)))
    assert [step.op for step in graph.steps][-1] == "aten.sum"
    assert not any(step.op == "aten.mul" for step in graph.steps)
    assert door.keys == [("target", 0)]


def test_everything_dies_once_and_outputs_never() -> None:
    _, graph = captured()
    dead = [node for step in graph.steps for node in step.dies]
    assert len(dead) == len(set(dead))
    assert not set(dead) & {*graph.outputs, graph.x}
    # Seven operations, two of them outputs.
    assert len([node for node in dead if node in graph.by_node]) == 5
