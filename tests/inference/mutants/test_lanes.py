"""Joined strands and stacked members: one lane each, the same numbers, small windows."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everywhere in torch)

from locuscope.errors import ModelError
from locuscope.inference.mutants import plan_mutants
from locuscope.inference.mutants.door import Door
from locuscope.inference.mutants.graph import capture
from locuscope.inference.selection import choose
from tests.inference.mutants.checked_networks import Net, check, letters, model_of

LENGTH = 24


def conv(i: int, o: int, k: int = 5, **options) -> nn.Conv1d:
    return nn.Conv1d(i, o, k, padding=k // 2, **options)


def both(x: Tensor) -> Tensor:
    return torch.cat([x, x.flip(1, 2)])


def two_layers(net: Net, x: Tensor) -> Tensor:
    return net.head(F.relu(net.stem(x)))


def chunked(net: Net, x: Tensor) -> Tensor:
    one, other = two_layers(net, both(x)).chunk(2)
    return (one + other.flip(2)) / 2


def split_by_size(net: Net, x: Tensor) -> Tensor:
    one, other = two_layers(net, both(x)).split(x.shape[0])
    return torch.maximum(one, other.flip(2))


def split_by_sizes(net: Net, x: Tensor) -> Tensor:
    one, other = torch.split(two_layers(net, both(x)), [x.shape[0], x.shape[0]])
    return one - other.flip(2)


def sliced(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x))
    return torch.cat([y[: x.shape[0]], y[x.shape[0] :].flip(2)], dim=1)


def exchanged(net: Net, x: Tensor) -> Tensor:
    y = F.relu(net.stem(both(x)))
    y = torch.cat([y[x.shape[0] :], y[: x.shape[0]]])
    return net.head(y)[x.shape[0] :]


def viewed(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x))
    return y.view(2, x.shape[0], *y.shape[1:]).mean(0)


def unflattened(net: Net, x: Tensor) -> Tensor:
    return two_layers(net, both(x)).unflatten(0, (2, -1)).sum(0)


def viewed_and_chosen(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x))
    y = torch.softmax(y.view(2, x.shape[0], *y.shape[1:]), 2)
    return y[0] + y[1].flip(2)


def three_shifts(net: Net, x: Tensor) -> Tensor:
    y = net.stem(torch.cat([x, F.pad(x, (1, -1)), F.pad(x, (-2, 2))]))
    one, *others = net.head(torch.tanh(y)).chunk(3)
    return one * others[0] + others[1]


def members(net: Net, x: Tensor) -> Tensor:
    found = torch.stack([net.head(F.relu(part(x))) for part in (net.stem, net.other)])
    return torch.softmax(found, dim=2).mean(0)


def members_of_strands(net: Net, x: Tensor) -> Tensor:
    x = both(x)
    found = torch.stack([net.head(F.relu(part(x))) for part in (net.stem, net.other)])
    one, other = torch.sigmoid(found)[..., 3:-3].sum(0).chunk(2)
    return one + other.flip(2)


def in_passes(net: Net, x: Tensor) -> Tensor:
    parts = [two_layers(net, part) for part in both(x).split(3)]
    one, other = (parts[0] if len(parts) == 1 else torch.cat(parts)).chunk(2)
    return one + other.flip(2)


def pooled(net: Net, x: Tensor) -> Tensor:
    y = F.max_pool1d(F.relu(net.stem(both(x))), 4)
    y = torch.cat([y.mean(2), y.amax(2)], dim=1)
    one, other = net.dense(y).chunk(2)
    return one + other


LANED = [
    chunked, split_by_size, split_by_sizes, sliced, exchanged, viewed, unflattened,
    viewed_and_chosen, three_shifts, members, members_of_strands, in_passes, pooled,
]  # fmt: skip


def network(forward) -> Net:
    torch.manual_seed(0)
    parts = {"stem": conv(4, 6), "other": conv(4, 6, 7), "head": conv(6, 3, 3)}
    return Net(forward, **parts, dense=nn.Linear(12, 2))


def whole(plan) -> list[str]:
    return [name for name, (label, _, _) in plan.seen.items() if label == "whole"]


@pytest.mark.parametrize("forward", LANED, ids=lambda made: made.__name__)
def test_every_lane_is_followed_by_itself(forward) -> None:
    model = model_of(network(forward), LENGTH)
    plan = check(model, letters(LENGTH, unknown=(0, 13)))
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()


def rolled(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x))
    return y.view(2, x.shape[0], *y.shape[1:]).flip(0)[0]


def largest_of_lanes(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x))
    return y.view(2, x.shape[0], *y.shape[1:]).amax(0)


def taken_apart(net: Net, x: Tensor) -> Tensor:
    one, other = two_layers(net, both(x)).view(2, x.shape[0], 3, LENGTH).unbind(0)
    return one + other.flip(2)


def crossed(net: Net, x: Tensor) -> Tensor:
    y = two_layers(net, both(x)).view(2, x.shape[0], 3, LENGTH).transpose(0, 1)
    return y.flatten(1, 2)


@pytest.mark.parametrize(
    "forward", [rolled, largest_of_lanes, taken_apart, crossed], ids=lambda made: made.__name__
)
def test_what_cannot_be_divided_gets_the_joined_values(forward) -> None:
    model = model_of(network(forward), LENGTH)
    plan = check(model, letters(LENGTH), [0, 1, 12, 22, 23])
    assert plan.is_incremental, plan.report()
    assert whole(plan)
    assert not any(name.startswith("conv1d") for name in whole(plan)), plan.report()


def captured(forward, *, is_spread: bool):
    model = model_of(network(forward), LENGTH)
    door = Door(model, choose(model))
    place = torch.device("cpu")
    return door, capture(door, LENGTH, place, torch.float32, is_spread=is_spread)


def bases(seed: int) -> Tensor:
    drawn = torch.randint(0, 4, (1, LENGTH), generator=torch.Generator().manual_seed(seed))
    return F.one_hot(drawn, 4).transpose(1, 2).float()


@pytest.mark.parametrize("forward", LANED, ids=lambda made: made.__name__)
def test_the_written_out_graph_computes_the_network(forward) -> None:
    door, graph = captured(forward, is_spread=True)
    _, joined = captured(forward, is_spread=False)
    with torch.no_grad():
        for n in (1, 4):
            x = torch.cat([bases(seed) for seed in range(n)])
            (want,) = door(x)
            for one in (graph, joined):
                found = one.reference(x)[one.outputs[0]]
                torch.testing.assert_close(found, want, rtol=0, atol=1e-6)
    # The first axis of every value is the batch, which it is not before.
    assert all(step.shape is not None for step in graph.steps)
    assert not all(step.shape is not None for step in joined.steps)


def test_lanes_are_named_after_their_operation() -> None:
    _, graph = captured(three_shifts, is_spread=True)
    names = [step.name for step in graph.steps if step.op == "aten.conv1d"]
    assert names == [f"{op}_{k}of3" for op in ("conv1d", "conv1d_1") for k in (1, 2, 3)]


def averaged(net: Net, x: Tensor) -> Tensor:
    y = net.head(net.stem(x))
    return y - y.mean(0, keepdim=True)


def ranked(net: Net, x: Tensor) -> Tensor:
    return torch.softmax(net.head(net.stem(x)), 0)


@pytest.mark.parametrize(
    ("forward", "name"), [(averaged, "mean"), (ranked, "softmax")], ids=["mean", "softmax"]
)
def test_examples_that_see_each_other_are_refused(forward, name) -> None:
    model = model_of(network(forward), LENGTH)
    with pytest.raises(ModelError, match=f"{name}: the answer .* depends on the other examples"):
        plan_mutants(model, device="cpu", measure=False)
