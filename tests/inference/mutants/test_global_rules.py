"""Largest values and norms over all positions: exact wherever the extreme lies."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everywhere in torch)

from locuscope.inference.mutants import plan_mutants
from tests.inference.mutants.checked_networks import Net, check, letters, model_of

LENGTH = 30


def conv(o: int = 6, k: int = 5) -> nn.Conv1d:
    return nn.Conv1d(4, o, k, padding=k // 2)


def largest(net: Net, x: Tensor) -> Tensor:
    return net.head(net.stem(x).amax(2))


def smallest_kept(net: Net, x: Tensor) -> Tensor:
    return net.head(net.stem(x).amin(-1, keepdim=True)[..., 0])


def of_everything(net: Net, x: Tensor) -> Tensor:
    h = net.stem(x)
    return torch.stack([h.amax((1, 2)), h.amin((2, 1))], 1)


def of_an_image(net: Net, x: Tensor) -> Tensor:
    return net.head(net.stem(x).unsqueeze(2).amax((2, 3)))


def behind_the_channels(net: Net, x: Tensor) -> Tensor:
    return net.head(net.stem(x).transpose(1, 2).amax(1))


def over_channels(net: Net, x: Tensor) -> Tensor:
    return net.stem(x).amax(1)


def pooled(net: Net, x: Tensor) -> Tensor:
    h = net.stem(x)
    one = F.adaptive_max_pool1d(h, 1)[..., 0]
    other = F.adaptive_max_pool2d(h[:, :, None], (1, 1)).flatten(1)
    return net.head(one) + net.head(other)


def with_places(net: Net, x: Tensor) -> Tensor:
    h = net.stem(x)
    return net.head(h.max(2).values - h.min(2, keepdim=True)[0][..., 0])


EXTREMES = [
    largest, smallest_kept, of_everything, of_an_image, behind_the_channels, over_channels, pooled,
    with_places,
]  # fmt: skip


def whole(plan) -> list[str]:
    return [name for name, (label, _, _) in plan.seen.items() if label == "whole"]


@pytest.mark.parametrize("forward", EXTREMES, ids=lambda made: made.__name__)
def test_extremes_of_every_mutant(forward) -> None:
    torch.manual_seed(0)
    model = model_of(Net(forward, stem=conv(), head=nn.Linear(6, 2)), LENGTH)
    plan = check(model, letters(LENGTH, unknown=(0, 11)))
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()


def read_places(net: Net, x: Tensor) -> Tensor:
    values, places = net.stem(x).max(2)
    return values + places / 100


def in_two_cells(net: Net, x: Tensor) -> Tensor:
    return F.adaptive_max_pool1d(net.stem(x), 2).flatten(1)


def of_two(net: Net, x: Tensor) -> Tensor:
    h = net.stem(x)
    return torch.max(h, h.flip(1)).mean(2)


@pytest.mark.parametrize("forward", [read_places, in_two_cells, of_two])
def test_other_extremes_are_done_on_whole_mutants(forward) -> None:
    torch.manual_seed(0)
    model = model_of(Net(forward, stem=conv()), LENGTH)
    plan = check(model, letters(LENGTH), [0, 1, 14, 15, 28, 29])
    assert plan.is_incremental, plan.report()
    assert whole(plan)


def test_the_largest_value_may_lie_in_before_or_behind_the_window() -> None:
    torch.manual_seed(0)
    net = Net(lambda net, x: net.stem(x).amax(2), stem=conv(3, 1))
    plan = check(model_of(net, LENGTH), "A" * 10 + "C" + "A" * 8 + "G" + "T" * 10)
    assert plan.is_incremental
    assert not whole(plan)


def grouped(groups: int, *, affine: bool):
    return nn.GroupNorm(groups, 6, affine=affine)


NORMS = {
    "groups": lambda: grouped(3, affine=True),
    "one group": lambda: grouped(1, affine=False),
    "instance": lambda: nn.InstanceNorm1d(6, affine=True),
    "instance, no weights": lambda: nn.InstanceNorm1d(6),
}


@pytest.mark.parametrize("name", NORMS)
def test_norms_over_positions(name) -> None:
    torch.manual_seed(0)
    norm = NORMS[name]()
    for part in norm.parameters():
        nn.init.normal_(part, 1, 0.3)
    net = nn.Sequential(conv(), norm, nn.ReLU(), nn.Conv1d(6, 2, 3, padding=1), nn.MaxPool1d(3))
    model = model_of(net, LENGTH, name)
    plan = check(model, letters(LENGTH, unknown=(7,)))
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()
    label, width, length = next(found for step, found in plan.seen.items() if "norm" in step)
    assert (label, width, length) == ("norm over positions", LENGTH, LENGTH)


def test_a_norm_of_large_numbers_does_not_cancel() -> None:
    torch.manual_seed(0)

    def forward(net: Net, x: Tensor) -> Tensor:
        return net.norm(net.stem(x) + 300)

    net = Net(forward, stem=conv(), norm=grouped(2, affine=True)).double()
    model = model_of(net, LENGTH)
    plan = plan_mutants(model, device="cpu", measure=False)
    assert plan.is_incremental, plan.report()
    assert plan.error < 1e-12


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(20, 60), st.sampled_from([1, 2, 3, 6]), st.integers(1, 9), st.integers(0, 9))
def test_random_norms_and_extremes(length, groups, k, seed) -> None:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.gelu(net.norm(net.stem(x)))
        return torch.cat([h.amax(2), h.mean(2), -h.amin(2)], 1)

    torch.manual_seed(seed)
    net = Net(forward, stem=nn.Conv1d(4, 6, k), norm=grouped(groups, affine=True))
    middle = length // 2
    at = sorted({0, 1, middle, middle + 1, length - 2, length - 1})
    plan = check(model_of(net, length), letters(length, seed, unknown=(middle + 2,)), at)
    assert plan.is_incremental, plan.report()
    assert not whole(plan), plan.report()
