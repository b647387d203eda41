"""Small networks, one per kind of function that differences must pass through."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

WIDTH = 12


class Modules(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(4, 6, 3, padding=1), nn.ReLU(), nn.Conv1d(6, 5, 3), nn.ReLU(inplace=True)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(5 * (WIDTH - 2), 1))

    def forward(self, x):
        return self.head(self.net(x))


class Functional(Modules):
    def forward(self, x):
        first = functional.relu(self.net[0](x))
        return self.head(functional.gelu(self.net[2](first)).tanh())


class Reused(nn.Module):
    """One activation at three places, one convolution at two."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 5, 1)
        self.conv = nn.Conv1d(5, 5, 3, padding=1)
        self.act = nn.ReLU()
        self.head = nn.Linear(5, 1)

    def forward(self, x):
        h = self.act(self.first(x))
        h = self.act(self.conv(h))
        h = self.act(self.conv(h))
        return self.head(h.mean(2))


class Pooled(nn.Module):
    """Overlapping windows, padding, and the largest of all positions."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 6, 3, padding=1)
        self.pool = nn.MaxPool1d(3, stride=2, padding=1)
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        return self.head(self.pool(self.conv(x)).amax(2))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(4, 6, 1)
        self.body = nn.Conv1d(6, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)
        self.norm.running_mean.fill_(0.2)
        self.norm.running_var.fill_(1.7)

    def forward(self, x):
        h = self.stem(x)
        h = h + functional.silu(self.norm(self.body(h)))
        h += self.body(functional.relu(h))
        return h.sum((1, 2))[:, None]


class Softmax(Modules):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(5, 4)

    def forward(self, x):
        found = functional.softmax(self.head(self.net(x).mean(2)), dim=1)
        return found[:, 1:2] - functional.log_softmax(self.head(self.net(x).mean(2)), -1)[:, :1]


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(4, 6, 3)
        self.norm = nn.LayerNorm(6)
        self.rms = nn.RMSNorm(6)
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        h = self.norm(self.stem(x).transpose(1, 2))
        return self.head(torch.relu(self.rms(h + 0.3))).mean(1)


class Attention(nn.Module):
    """Two heads, once by hand and once by torch's own function."""

    def __init__(self, *, own=False):
        super().__init__()
        self.stem = nn.Linear(4, 8)
        self.qkv = nn.Linear(8, 24)
        self.head = nn.Linear(8, 1)
        self.own = own

    def forward(self, x):
        h = self.stem(x.transpose(1, 2))
        q, k, v = (
            part.unflatten(2, (2, 4)).transpose(1, 2) for part in self.qkv(h).chunk(3, dim=2)
        )
        if self.own:
            mixed = functional.scaled_dot_product_attention(q, k, v)
        else:
            mixed = torch.softmax(q @ k.transpose(2, 3) / 2.0, dim=-1) @ v
        h = h + mixed.transpose(1, 2).flatten(2)
        return self.head(torch.relu(h)).mean(1)


class OwnAttention(Attention):
    def __init__(self):
        super().__init__(own=True)


class Gated(nn.Module):
    """A product and a quotient of two tensors."""

    def __init__(self):
        super().__init__()
        self.left = nn.Conv1d(4, 5, 3)
        self.right = nn.Conv1d(4, 5, 3)

    def forward(self, x):
        left, right = self.left(x), self.right(x)
        gated = left.tanh() * right.sigmoid()
        return (gated / (1.5 + right.sigmoid())).sum((1, 2))[:, None] + 1 / (
            2 + right.mean((1, 2)).exp()[:, None]
        )


class BothStrands(Pooled):
    """Both strands in one batch, one after the other."""

    def forward(self, x):
        h = self.pool(self.conv(torch.cat([x, x.flip(-1, -2)])).tanh())
        weights = torch.softmax(h.mean(1), dim=1)
        one, other = self.head((h * weights[:, None]).amax(2)).relu().chunk(2)
        return one + other


ALL = [
    BothStrands,
    Modules, Functional, Reused, Pooled, Residual, Softmax, Normed, Attention, OwnAttention, Gated,
]  # fmt: skip


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Linear(4 * WIDTH, 1)

    def forward(self, x):
        return self.weights(x.flatten(1))


def made(make):
    torch.manual_seed(11)
    net = make().double().eval()
    for parameter in net.parameters():
        parameter.data *= 1.5
    return net


def one_number(net):
    return lambda rows: net(rows)[:, 0]
