"""Batches of unknown size: what a division of the first axis gives while a network is captured."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.inference.mutants.one_pass import OnePass, multiple


class Sized(nn.Module):
    """Captured with a batch of any size; tells what its divisions gave."""

    def __init__(self, divide, tell) -> None:
        super().__init__()
        self.divide, self.tell = divide, tell

    def forward(self, x):
        with OnePass(x.shape[0]):
            parts = self.divide(x)
        self.tell([multiple(part.shape[0], x.shape[0]) for part in parts])
        return [part + 1 for part in parts]


def exported(divide):
    seen: list = []
    module = Sized(divide, seen.append)
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    with torch.no_grad():
        program = torch.export.export(
            module, (torch.ones(3, 4, 6),), dynamic_shapes=({0: batch},), strict=False
        )
    return program.module(), seen[0]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("divide", "sizes"),
    [
        (lambda x: x.split(2), [1]),
        (lambda x: torch.split(x, 1), [1]),
        (lambda x: torch.cat([x, -x]).chunk(2), [1, 1]),
        (lambda x: torch.chunk(torch.cat([x, -x, x, -x]), 2, dim=0), [2, 2]),
        (lambda x: torch.cat([x, -x, 2 * x]).split(x.shape[0]), [1, 1, 1]),
        (lambda x: torch.cat([x, -x, x, -x]).split(split_size=2 * x.shape[0]), [2, 2]),
        (lambda x: torch.cat([x, -x, x]).split([x.shape[0], 2 * x.shape[0]]), [1, 2]),
        (lambda x: x.chunk(2, 1), [1, 1]),
        (lambda x: x.split(3, dim=2), [1, 1]),
    ],
    ids=[
        "passes", "single", "halves", "quarters", "by batch", "by two", "by sizes", "channels",
        "positions",
    ],
)  # fmt: skip
def test_parts_of_a_batch_of_any_size(divide, sizes) -> None:
    module, seen = exported(divide)
    assert seen == sizes
    for n in (1, 2, 5):
        x = torch.arange(24.0 * n).view(n, 4, 6)
        whole = torch.cat(divide(x)) if len(sizes) == 1 else None
        want = divide(x) if whole is None else [whole]
        for found, part in zip(module(x), want, strict=True):
            torch.testing.assert_close(found, part + 1, rtol=0, atol=0)


def test_numbers_that_are_known_are_divided_as_ever() -> None:
    with OnePass(6):
        parts = torch.arange(6).split(4)
    assert [len(part) for part in parts] == [4, 2]
    assert multiple(6, 3) is None
