"""What a plan says of itself: shares of the work, global parts, both ratios, the error."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as everywhere in torch)

from locuscope.inference.mutants import plan_mutants
from locuscope.inference.mutants.report import global_parts, multiplications
from tests.inference.mutants.checked_networks import Net, check, letters, model_of

LENGTH = 48


def plan_of(forward, **parts: nn.Module):
    torch.manual_seed(0)
    model = model_of(Net(forward, **parts), LENGTH, forward.__name__)
    return plan_mutants(model, device="cpu", measure=False)


def steps_of(plan) -> dict[str, float]:
    return {step.op: multiplications(step) for step in plan.engine.net.graph.steps}


def every_product(net: Net, x: Tensor) -> Tensor:
    h = net.flat(x[:, :, None])[:, :, 0]
    h = net.up(F.relu(net.conv(h)))
    h = h.transpose(1, 2)
    return net.dense(h)


def test_multiplications_of_one_pass() -> None:
    plan = plan_of(
        every_product,
        flat=nn.Conv2d(4, 6, (1, 3), padding=(0, 1)),
        conv=nn.Conv1d(6, 8, 5, stride=2, padding=2),
        up=nn.ConvTranspose1d(8, 5, 2, stride=2),
        dense=nn.Linear(5, 7),
    )
    found = steps_of(plan)
    assert found["aten.conv2d"] == 48 * 6 * 4 * 3
    assert found["aten.conv1d"] == 24 * 8 * 6 * 5
    assert found["aten.conv_transpose1d"] == 24 * 8 * 5 * 2
    assert found["aten.linear"] == 48 * 7 * 5
    assert found["aten.relu"] == 0
    work = plan.work()
    assert set(work) == {"conv2d", "conv1d", "conv_transpose1d", "linear"}
    assert all(0 < mine < whole for whole, mine in work.values())
    assert plan.predicted_ratio == pytest.approx(
        sum(w for w, _ in work.values()) / sum(m for _, m in work.values())
    )


def attending(net: Net, x: Tensor) -> Tensor:
    h = F.relu(net.stem(x)).transpose(1, 2)
    q, k, v = (part(h)[:, None] for part in (net.q, net.k, net.v))
    h = h + F.scaled_dot_product_attention(q, k, v)[:, 0]
    return net.head(h)


def attention_parts() -> dict[str, nn.Module]:
    parts = {name: nn.Linear(8, 8) for name in "qkv"}
    return {"stem": nn.Conv1d(4, 8, 9, padding=4), "head": nn.Linear(8, 3), **parts}


def test_the_part_before_attention_is_shared_and_the_rest_named() -> None:
    plan = plan_of(attending, **attention_parts())
    assert plan.is_incremental
    labels = {name: label for name, (label, _, _) in plan.seen.items()}
    # The three projections are local; attention itself is not, and what follows has no window.
    assert [labels[name] for name in ("conv1d", "linear", "linear_1", "linear_2")] == [
        "convolution", "dense", "dense", "dense",
    ]  # fmt: skip
    assert labels["scaled_dot_product_attention"] == "whole"
    assert steps_of(plan)["aten.scaled_dot_product_attention"] == 2 * 48 * 48 * 8
    (named,) = global_parts(plan.engine.net.graph, plan.seen).items()
    assert named[0] == "scaled_dot_product_attention"
    assert named[1][0] == "attention"
    work = plan.work()
    total = sum(whole for whole, _ in work.values())
    share = (work["scaled_dot_product_attention"][0] + work["linear_3"][0]) / total
    assert f"{100 * share:.0f} % of the work cannot be shared" in plan.report()
    assert "attention at scaled_dot_product_attention: every position depends" in plan.report()


def test_attention_is_exact_at_every_position() -> None:
    torch.manual_seed(0)
    plan = check(model_of(Net(attending, **attention_parts()), 20), letters(20, unknown=(4, 5)))
    assert plan.is_incremental


def remembering(net: Net, x: Tensor) -> Tensor:
    h = F.relu(net.stem(x)).transpose(1, 2)
    return net.head(net.memory(h)[0])


def test_a_recurrent_part_is_named() -> None:
    plan = plan_of(
        remembering,
        stem=nn.Conv1d(4, 6, 5, padding=2),
        memory=nn.GRU(6, 5, batch_first=True),
        head=nn.Linear(5, 2),
    )
    assert plan.is_incremental
    assert steps_of(plan)["aten.gru"] == 48 * (15 * 6 + 15 * 5)
    assert "recurrence at gru: every position depends on every other" in plan.report()


def along_positions(net: Net, x: Tensor) -> Tensor:
    return torch.softmax(net.stem(x), 2)


def test_softmax_over_positions_is_named() -> None:
    plan = plan_of(along_positions, stem=nn.Conv1d(4, 3, 5))
    assert "softmax at softmax: every position" in plan.report()
    assert "0 % of the work cannot be shared" in plan.report()


def normed(net: Net, x: Tensor) -> Tensor:
    return net.head(F.relu(net.norm(net.stem(x))))


def test_a_norm_over_positions_widens_what_follows() -> None:
    plan = plan_of(
        normed, stem=nn.Conv1d(4, 6, 3), norm=nn.GroupNorm(2, 6), head=nn.Conv1d(6, 6, 1)
    )
    found = global_parts(plan.engine.net.graph, plan.seen)
    assert found["group_norm"][0] == "norm"
    assert {"group_norm", "relu", "conv1d_1"} <= found["group_norm"][1]
    # 46 x 6 x 6 of 46 x 6 x (12 + 6) multiplications.
    assert "norm at group_norm: every position" in plan.report()
    assert "; 33 % of the work" in plan.report()


def turned(net: Net, x: Tensor) -> Tensor:
    return torch.cumsum(net.stem(x), 2)


def test_an_operation_without_a_rule_is_named() -> None:
    plan = plan_of(turned, stem=nn.Conv1d(4, 3, 5))
    assert plan.seen["cumsum"][0] == "whole"
    assert "cumsum has no rule for this and is done on whole mutants" in plan.report()


def plain(net: Net, x: Tensor) -> Tensor:
    return net.stem(x)


def test_a_local_network_has_no_global_part() -> None:
    plan = plan_of(plain, stem=nn.Conv1d(4, 3, 5))
    assert global_parts(plan.engine.net.graph, plan.seen) == {}
    assert "cannot be shared" not in plan.report()


def test_a_plan_that_was_not_compared_says_so() -> None:
    torch.manual_seed(0)
    model = model_of(Net(plain, stem=nn.Conv1d(4, 3, 5)), LENGTH)
    plan = plan_mutants(model, device="cpu", measure=False, verify=False)
    assert plan.is_incremental
    assert math.isnan(plan.error)
    assert "incremental, not compared with whole passes" in plan.report()
    assert plan.seen["conv1d"][0] == "convolution"
    other = plan_mutants(model, device="cpu", measure=False)
    assert other is not plan
    assert other.error <= 2e-6


def test_the_size_of_tiles_may_be_given() -> None:
    torch.manual_seed(0)
    model = model_of(Net(plain, stem=nn.Conv1d(4, 3, 5)), LENGTH)
    assert plan_mutants(model, device="cpu", measure=False, tile=5).tile_places == 5
    plan = plan_mutants(model, device="cpu", tile=3.0)
    assert plan.tile_places == 3
    assert plan.ratio is not None
    assert f"{plan.ratio:.1f}x" in plan.report().splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tile": 0}, "expected 1 or more"),
        ({"tile": "large"}, "tile"),
        ({"delta_dtype": "float16"}, "float32, bfloat16"),
    ],
)
def test_options_outside_their_list(options, words) -> None:
    from locuscope.errors import InputError

    torch.manual_seed(0)
    model = model_of(Net(plain, stem=nn.Conv1d(4, 3, 5)), LENGTH)
    with pytest.raises(InputError, match=words):
        plan_mutants(model, device="cpu", measure=False, **options)
