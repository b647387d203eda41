"""Small networks for mutants, and the comparison of a plan with whole passes at every position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from locuscope.inference.mutants import MutantPlan, plan_mutants, predict_mutants
from locuscope.models.adapter import wrap
from locuscope.models.borrow import number_type
from locuscope.models.protocol import HeadSpec
from tests.oracles.mutants_oracle import slow_mutants

if TYPE_CHECKING:
    from collections.abc import Callable


class Net(nn.Module):
    """A network written as one function over named parts."""

    def __init__(self, forward: Callable[[Net, Tensor], Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.written = forward
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.written(self, x)


def letters(length: int, seed: int = 0, unknown: tuple[int, ...] = ()) -> str:
    chance = np.random.default_rng(seed)
    found = list(chance.choice(list("ACGT"), length))
    for at in unknown:
        found[at] = "N"
    return "".join(found)


def model_of(module: nn.Module, length: int, name: str = "net"):
    """Wrap a network whose answer is (N, T, L') or (N, T)."""
    torch.manual_seed(1)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.5, 2)
    module.eval()
    with torch.no_grad():
        answer = module(torch.zeros(2, 4, length, dtype=number_type(module)))
    if answer.ndim == 2:
        head = HeadSpec("out", (), answer.shape[1])
        return wrap(module, heads=head, window_bp=length, output_axes="NT", name=name)
    # A resolution that gives this many bins, whatever the true scale of the network is.
    head = HeadSpec("out", (), answer.shape[1] * answer.shape[2])
    flat = nn.Sequential(module, nn.Flatten()).eval()
    return wrap(flat, heads=head, window_bp=length, output_axes="NT", name=name)


def check(model, text: str, positions=None) -> MutantPlan:
    """Compare with the oracle, in tiles of several sizes; gives the plan."""
    plan = plan_mutants(model, device="cpu", window_bp=len(text), measure=False)
    at = list(range(len(text))) if positions is None else positions
    want = slow_mutants(model, text, at)
    for size in (1, 3, 8):
        plan.tile_places = size
        method = "incremental" if plan.is_incremental else "naive"
        found = predict_mutants(model, text, positions=at, plan=plan, method=method)
        for head, by_key in want.items():
            for key, value in by_key.items():
                peak = max(1.0, float(np.abs(found.reference[head][key]).max()))
                np.testing.assert_allclose(found.delta[head][key], value, rtol=0, atol=2e-6 * peak)
    return plan
