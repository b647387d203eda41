"""Incremental mutants equal whole passes, for networks of every kind and for random layers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everywhere in torch)

from locuscope.inference.mutants import MutantPlan
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.inference.mutants.checked_networks import Net, check, letters, model_of

LENGTH = 60


def conv(i: int, o: int, k: int, **options) -> nn.Conv1d:
    return nn.Conv1d(i, o, k, **options)


def plain() -> nn.Module:
    return nn.Sequential(conv(4, 8, 5, padding=2), nn.ReLU(), conv(8, 3, 3, padding=1), nn.Tanh())


def dilated() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.stem(x))
        for block in (net.a, net.b, net.c):
            h = h + F.relu(block(h))
        return net.head(h[..., 5:-5])

    blocks = {
        n: conv(8, 8, 3, dilation=d, padding=d) for n, d in zip("abc", (2, 4, 8), strict=True)
    }
    return Net(forward, stem=conv(4, 8, 7, padding=3), head=conv(8, 2, 33, padding=16), **blocks)


def u_net() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        a = F.silu(net.a(x))
        b = F.silu(net.b(F.max_pool1d(a, 2)))
        c = F.silu(net.c(F.avg_pool1d(b, 3)))
        up = F.interpolate(c, scale_factor=3, mode="nearest")
        b = torch.cat([b, up], 1)
        up = F.interpolate(net.d(b), scale_factor=2, mode="nearest")
        return net.head(torch.cat([up, a], 1))

    return Net(
        forward,
        a=conv(4, 6, 5, padding="same"),
        b=conv(6, 8, 3, padding=1),
        c=conv(8, 8, 3, padding=1),
        d=conv(16, 6, 1),
        head=conv(12, 2, 3, padding=1),
    )


def pooled() -> nn.Module:
    return nn.Sequential(
        conv(4, 8, 7, padding=3), nn.ReLU(), nn.MaxPool1d(3), conv(8, 8, 5, padding=2), nn.ELU(),
        nn.AvgPool1d(4, 3, padding=1, count_include_pad=False), nn.MaxPool1d(3, 2, padding=1),
        nn.Flatten(), nn.LazyLinear(12), nn.ReLU(), nn.Linear(12, 3),
    )  # fmt: skip


def global_pools() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.gelu(net.stem(x))
        tops = [h.mean(2), h.amax(2), F.adaptive_avg_pool1d(h, 1)[..., 0], h.sum(-1) / 10]
        tops.append(F.adaptive_max_pool1d(h, 1).squeeze(-1))
        return net.head(torch.cat(tops, 1))

    return Net(forward, stem=conv(4, 6, 9, padding=4), head=nn.Linear(30, 3))


def batch_norms() -> nn.Module:
    return nn.Sequential(
        conv(4, 8, 5), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(0.3),
        conv(8, 8, 3, stride=2, groups=2), nn.BatchNorm1d(8, affine=False), nn.LeakyReLU(),
        nn.Flatten(), nn.LazyLinear(5), nn.BatchNorm1d(5), nn.Sigmoid(),
    )  # fmt: skip


def squeezed() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.stem(x))
        gate = torch.sigmoid(net.out(F.relu(net.inner(h.mean(-1)))))
        return net.head(h * gate[:, :, None])

    return Net(
        forward, stem=conv(4, 8, 5, padding=2), inner=nn.Linear(8, 4), out=nn.Linear(4, 8),
        head=conv(8, 2, 3, padding=1),
    )  # fmt: skip


def gated() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = torch.tanh(net.a(x)) * torch.sigmoid(net.b(x))
        return (1 - h) * net.c(h) / 2 - F.glu(net.d(h), 1)

    return Net(
        forward, a=conv(4, 6, 5, padding=2), b=conv(4, 6, 3, padding=1), c=conv(6, 6, 1),
        d=conv(6, 12, 3, padding=1),
    )  # fmt: skip


def transposed() -> nn.Module:
    return nn.Sequential(
        conv(4, 8, 4, stride=4), nn.ReLU(),
        nn.ConvTranspose1d(8, 6, 6, stride=4, padding=1, output_padding=1), nn.Softplus(),
        nn.ConvTranspose1d(6, 6, 3, groups=3, dilation=2), conv(6, 2, 1),
    )  # fmt: skip


def channel_softmax() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = net.norm(net.stem(x).transpose(1, 2))
        h = torch.softmax(net.mix(F.gelu(h)), -1)
        return F.log_softmax(net.head(h.permute(0, 2, 1)), 1)

    return Net(
        forward, stem=conv(4, 8, 5, padding=2), norm=nn.LayerNorm(8), mix=nn.Linear(8, 8),
        head=conv(8, 3, 3, padding=1),
    )  # fmt: skip


def attention() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.stem(x))
        h = F.max_pool1d(h, 4).transpose(1, 2)
        h = h + net.attend(h, h, h, need_weights=False)[0]
        return net.head(net.norm(h).transpose(1, 2))

    return Net(
        forward, stem=conv(4, 8, 5, padding=2), norm=nn.LayerNorm(8),
        attend=nn.MultiheadAttention(8, 2, batch_first=True), head=conv(8, 2, 3, padding=1),
    )  # fmt: skip


def recurrent() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.stem(x))
        h, last = net.memory(F.avg_pool1d(h, 3).transpose(1, 2))
        return net.head(torch.cat([h.mean(1), last[0]], 1))

    return Net(
        forward, stem=conv(4, 8, 5, padding=2), memory=nn.GRU(8, 5, batch_first=True),
        head=nn.Linear(10, 3),
    )  # fmt: skip


def reused() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = net.stem(x)
        h.relu_()
        h += net.block(h)
        h = F.relu(net.block(h)) + h
        h = h + h
        first, second = h.chunk(2, 1)
        h = torch.maximum(first, second) - F.pad(first, (3, -3))
        return h.flip(2)[..., ::2]

    return Net(forward, stem=conv(4, 8, 5, padding=2), block=conv(8, 8, 3, padding=1))


def position_dense() -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.stem(x)) * net.weights.weight[0] + net.weights.weight[1]
        h = net.over(h)
        return torch.cat([h.select(2, 1), F.relu(net.stem(x))[:, :, 30], h.flatten(1)], 1)

    return Net(
        forward, stem=conv(4, 6, 5, padding=2), over=nn.Linear(LENGTH, 3),
        weights=nn.Linear(LENGTH, 2),
    )  # fmt: skip


def axis_norms() -> nn.Module:
    return nn.Sequential(
        conv(4, 8, 5, padding=2), nn.GroupNorm(2, 8), nn.ReLU(), nn.InstanceNorm1d(8),
        conv(8, 2, 3, padding=1), nn.Softmax(-1),
    )  # fmt: skip


NETWORKS = [
    plain, dilated, u_net, pooled, global_pools, batch_norms, squeezed, gated, transposed,
    channel_softmax, attention, recurrent, reused, position_dense, axis_norms,
]  # fmt: skip


WHOLE = {
    "recurrent": {"gru"},
    "attention": {"linear", "scaled_dot_product_attention"},
    "axis_norms": {"softmax"},
}
"""Operations in which every position depends on every other."""
MOVES = ("getitem", "transpose", "permute", "view", "unsqueeze", "squeeze", "clone", "select")


def whole_steps(plan: MutantPlan) -> set[str]:
    """Operations that were done on whole mutants, without those that only move their values."""
    names = {step.name: step.op for step in plan.engine.tables.graph.steps}
    done = {names[name] for name, (label, _, _) in plan.seen.items() if label == "whole"}
    return {op.removeprefix("aten.") for op in done} - set(MOVES)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda made: made.__name__)
def test_every_position_of_a_network_equals_whole_passes(network) -> None:
    torch.manual_seed(0)
    model = model_of(network(), LENGTH, network.__name__)
    text = letters(LENGTH, unknown=(17, 18, 40))
    plan = check(model, text)
    assert plan.is_incremental, plan.report()
    assert whole_steps(plan) == WHOLE.get(network.__name__, set())


def test_two_inputs_read_from_one_place() -> None:
    from locuscope.models.protocol import InputSpec

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = conv(4, 3, 5), conv(4, 3, 7)

        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return F.relu(self.a(left)).mean(2) - F.relu(self.b(right)).amax(2)

    torch.manual_seed(0)
    inputs = [
        InputSpec("left", length_bp=24, anchor="start", offset_bp=0),
        InputSpec("right", length_bp=30, anchor="start", offset_bp=30),
    ]
    model = wrap(
        Two().eval(), heads=HeadSpec("out", (), 3), window_bp=70, inputs=inputs, output_axes="NT"
    )
    check(model, letters(model.window_bp, seed=3))


@st.composite
def layers(draw) -> tuple[int, list[tuple]]:
    """Length and a few layers that fit it."""
    length = draw(st.integers(20, 300))
    now, found = length, []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv", "conv", "max", "average", "up", "cut"]))
        k, hop = draw(st.integers(1, 40 if kind == "conv" else 5)), draw(st.integers(1, 3))
        gap = draw(st.integers(1, 4))
        pad = draw(st.integers(0, k // 2))
        if kind != "conv":
            gap = 1
        after = (now + 2 * pad - gap * (k - 1) - 1) // hop + 1
        if kind == "cut":
            after = now - k
        elif kind == "up":
            after = (now - 1) * hop + k
        if 2 <= after <= 400:
            groups = draw(st.sampled_from([1, 1, 2]))
            found.append((kind, k, hop, gap, pad, groups))
            now = after
    return length, found


def built(found: list[tuple]) -> nn.Module:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = net.stem(x)
        for place, (kind, k, hop, _, pad, _) in enumerate(found):
            if kind in ("conv", "up"):
                h = F.relu(getattr(net, f"part{place}")(h))
            elif kind == "max":
                h = F.max_pool1d(h, k, hop, pad)
            elif kind == "average":
                h = F.avg_pool1d(h, k, hop, pad)
            else:
                h = h[..., k // 2 : h.shape[-1] - (k - k // 2)]
        return h

    parts: dict[str, nn.Module] = {"stem": conv(4, 4, 1)}
    for place, (kind, k, hop, gap, pad, groups) in enumerate(found):
        if kind == "conv":
            parts[f"part{place}"] = conv(
                4, 4, k, stride=hop, dilation=gap, padding=pad, groups=groups
            )
        elif kind == "up":
            parts[f"part{place}"] = nn.ConvTranspose1d(4, 4, k, stride=hop, groups=groups)
    return Net(forward, **parts)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(layers(), st.integers(0, 5))
def test_random_layers(drawn, seed) -> None:
    length, found = drawn
    torch.manual_seed(seed)
    model = model_of(built(found), length)
    middle = length // 2
    at = sorted({0, 1, 2, 3, middle - 1, middle, middle + 2, middle + 3, length - 2, length - 1})
    text = letters(length, seed, unknown=(2, middle + 1))
    plan = check(model, text, at)
    assert plan.is_incremental, plan.report()
    assert not whole_steps(plan), plan.report()
