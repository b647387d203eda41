"""Images of height 1: convolutions and pools in two dimensions follow the rules of one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everywhere in torch)

from locuscope.inference.mutants import conv_rules, plan_mutants
from locuscope.inference.mutants.lines import line_of
from locuscope.inference.mutants.windows import Delta
from tests.inference.mutants.checked_networks import Net, check, letters, model_of

LENGTH = 48


class FakeStep:
    """What `line_of` asks of an operation."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes


def test_a_line_is_found_on_either_axis() -> None:
    flat = Delta(torch.zeros(3, 5, 6), 2, (4,), 20)
    assert line_of(flat, FakeStep(6, 20)).found is flat
    image = Delta(torch.zeros(3, 5, 6, 1), 3, (4,), 20)
    line = line_of(image, FakeStep(6, 1, 20))
    assert (line.found.values.shape, line.found.axis, line.axis) == ((3, 5, 6), 2, 3)
    assert (line.of([2, 7]), line.beside([2, 7]), line.of(4), line.of([], 9)) == (7, 2, 4, 9)
    assert line.kernel(torch.zeros(8, 6, 1, 5)).shape == (8, 6, 5)
    assert line.rows(torch.zeros(1, 6, 1, 20)).shape == (6, 20)
    upright = line_of(Delta(torch.zeros(3, 5, 6, 1), 2, (4,), 20), FakeStep(6, 20, 1))
    assert (upright.of([2, 7]), upright.beside([2, 7])) == (2, 7)
    assert upright.kernel(torch.zeros(8, 6, 5, 1)).shape == (8, 6, 5)
    assert upright.rows(torch.zeros(1, 6, 20, 1)).shape == (6, 20)


@pytest.mark.parametrize(
    ("found", "sizes"),
    [
        (None, (6, 20)),
        (Delta(torch.zeros(3, 6, 20)), (6, 20)),
        (Delta(torch.zeros(3, 5, 6), 2, (4,), 20, flat=True), (120,)),
        (Delta(torch.zeros(3, 5, 6), 1, (4,), 20), (20, 6)),
        (Delta(torch.zeros(3, 5, 6, 2), 3, (4,), 20), (6, 2, 20)),
        (Delta(torch.zeros(3, 5, 6, 1), 3, (4,), 20), (6, 3, 20)),
    ],
    ids=["nothing", "whole", "flat", "first axis", "height 2", "grows"],
)
def test_what_is_no_line(found, sizes) -> None:
    assert line_of(found, FakeStep(*sizes)) is None


def image(net: Net, x: Tensor) -> Tensor:
    h = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    h = F.relu(F.max_pool2d(net.stem(h), (1, 3)))
    h = h + F.relu(net.block(net.norm(h)))
    h = F.avg_pool2d(h, (1, 2), padding=(0, 1), count_include_pad=False)
    return net.head(h).squeeze(2)


def upright(net: Net, x: Tensor) -> Tensor:
    h = F.relu(F.max_pool2d(net.stem(x.unsqueeze(3)), (3, 1)))
    h = h + F.relu(net.block(net.norm(h)))
    h = F.avg_pool2d(h, (2, 1), padding=(1, 0), count_include_pad=False)
    return net.head(h)[..., 0]


def layers(*, stands: bool) -> dict[str, nn.Module]:
    def size(k: int) -> tuple[int, int]:
        return (k, 1) if stands else (1, k)

    def conv(i: int, o: int, k: int, pad: int, **options) -> nn.Conv2d:
        edge = (pad, 0) if stands else (0, pad)
        return nn.Conv2d(i, o, size(k), padding=edge, **options)

    return {
        "stem": conv(4, 8, 7, 3),
        "norm": nn.BatchNorm2d(8),
        "block": conv(8, 8, 5, 4, dilation=(2, 1) if stands else (1, 2)),
        "head": conv(8, 2, 3, 1, groups=2),
    }


@pytest.mark.parametrize(("forward", "stands"), [(image, False), (upright, True)])
def test_every_position_of_an_image_of_height_1(forward, stands) -> None:
    torch.manual_seed(0)
    model = model_of(Net(forward, **layers(stands=stands)), LENGTH)
    plan = check(model, letters(LENGTH, unknown=(20, 21)))
    assert plan.is_incremental, plan.report()
    assert "whole" not in {label for label, _, _ in plan.seen.values()}, plan.report()


def stacked_rows(net: Net, x: Tensor) -> Tensor:
    # Letters as rows of an image of height 4: no line, the operation itself is done.
    return F.relu(net.stem(x.unsqueeze(1))).flatten(1, 2)


def test_an_image_of_height_4_is_done_on_whole_mutants() -> None:
    torch.manual_seed(0)
    net = Net(stacked_rows, stem=nn.Conv2d(1, 3, (4, 5), padding=(0, 2)))
    plan = check(model_of(net, LENGTH), letters(LENGTH), [0, 1, 23, 46, 47])
    assert plan.is_incremental
    assert plan.seen["conv2d"][0] == "whole"


@settings(max_examples=4, deadline=None, derandomize=True)
@given(
    st.integers(1, 9), st.integers(1, 3), st.integers(1, 4), st.integers(0, 4), st.integers(0, 9)
)
def test_random_convolutions_and_pools(k, hop, gap, pad, seed) -> None:
    def forward(net: Net, x: Tensor) -> Tensor:
        h = F.relu(net.part(x[:, :, None]))
        return F.max_pool2d(h, (1, 2), ceil_mode=True)[:, :, 0]

    torch.manual_seed(seed)
    part = nn.Conv2d(4, 3, (1, k), stride=(1, hop), dilation=(1, gap), padding=(0, pad))
    plan = check(model_of(Net(forward, part=part), 40), letters(40, seed, unknown=(3,)))
    assert plan.seen["conv2d"][0] == "convolution", plan.report()


@pytest.mark.parametrize("limit", [0, 1 << 40], ids=["itself", "scattered"])
def test_both_forms_of_a_convolution_agree(monkeypatch, limit) -> None:
    monkeypatch.setattr(conv_rules, "LARGEST_SCATTER", limit)
    torch.manual_seed(3)
    net = nn.Sequential(
        nn.Conv1d(4, 6, 7, padding=3), nn.ReLU(), nn.Conv1d(6, 5, 9, padding=20, dilation=5),
        nn.ReLU(), nn.Conv1d(5, 2, 3),
    )  # fmt: skip
    model = model_of(net, LENGTH, name=f"limit {limit}")
    plan = check(model, letters(LENGTH, unknown=(9,)))
    assert plan.is_incremental
    used = {kind for _, kind in (key for key in plan.engine.net.laid if key != "float64")}
    # A single base is always scattered.
    assert used == ({"image", "taps"} if limit == 0 else {"taps"})


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 9), st.integers(0, 9))
def test_the_convolution_itself_is_cut_to_what_the_axis_keeps(k, gap, pad, seed) -> None:
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv1d(4, 3, 13, padding=6), nn.Tanh(), nn.Conv1d(3, 3, k, dilation=gap, padding=pad),
        nn.ReLU(), nn.Conv1d(3, 2, 3),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv_rules, "LARGEST_SCATTER", -1)
        plan = check(model_of(net, 24, name=f"{k} {gap} {pad}"), letters(24, seed, unknown=(4,)))
    assert plan.is_incremental, plan.report()
    kinds = [kind for _, kind in (key for key in plan.engine.net.laid if key != "float64")]
    assert kinds.count("image") == 2


def test_a_plan_may_multiply_in_half_the_bits() -> None:
    torch.manual_seed(0)
    model = model_of(Net(image, **layers(stands=False)), LENGTH)
    exact = plan_mutants(model, device="cpu", measure=False)
    rough = plan_mutants(model, device="cpu", measure=False, delta_dtype="bfloat16")
    assert rough is not exact
    assert rough.is_incremental
    assert 2e-6 < rough.error < 0.05
    assert exact.error < 2e-6
