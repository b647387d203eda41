"""Plans: kept while the weights stay, proved before use, honest where they cannot help."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import ModelError, OptionError, RunWarning
from locuscope.inference.mutants import conv_rules, plan_mutants, predict_mutants, rules
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles.mutants_oracle import slow_mutants

TEXT = "ACGTAGATTACAGATTACAGGCATGCATTACAGGTT"


def model_of(module: nn.Module, channels: int = 2, window_bp: int | None = len(TEXT)):
    head = HeadSpec("o", (1,), channels)
    return wrap(module.eval(), heads=head, window_bp=window_bp, output_axes="NTL", name="net")


def small(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv1d(4, 6, 5, padding=2), nn.ReLU(), nn.Conv1d(6, 2, 3, padding=1))


def test_report_tells_rules_windows_and_work() -> None:
    plan = plan_mutants(model_of(small()), device="cpu")
    report = plan.report()
    assert "net, 36 bp: incremental, within" in report
    assert "5 of 36" in report
    assert "7 of 36" in report
    assert "multiplications:" in report
    assert "ms per mutant" in report
    work = plan.work()
    # 36 x 6 x 4 x 5 and 36 x 2 x 6 x 3 in a whole pass; 1 and 5 positions of 36 by the plan.
    assert [round(whole) for whole, _ in work.values()] == [4_320, 1_296]
    assert [round(mine, 6) for _, mine in work.values()] == [round(4_320 * 5 / 36, 6), 180.0]
    assert plan.ratio is not None
    assert repr(plan).startswith("MutantPlan('net', 36 bp, incremental")


def test_a_plan_is_kept_until_the_weights_change() -> None:
    model = model_of(small())
    first = plan_mutants(model, device="cpu", measure=False)
    assert plan_mutants(model, device="cpu", measure=False) is first
    target = Target(positions="center")
    assert plan_mutants(model, device="cpu", measure=False, target=target) is not first
    with torch.no_grad():
        model.module[0].weight.mul_(2)
    with pytest.raises(OptionError, match="weights of net are not those of the plan"):
        predict_mutants(model, TEXT, plan=first)
    second = plan_mutants(model, device="cpu", measure=False)
    assert second is not first
    found = predict_mutants(model, TEXT, positions=[4], plan=second, method="incremental")
    want = slow_mutants(model, TEXT, [4])["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)


def test_iter_gives_every_mutant_once() -> None:
    model = model_of(small())
    plan = plan_mutants(model, device="cpu", measure=False)
    letters = torch.zeros(4, len(TEXT))
    for at, letter in enumerate(TEXT):
        letters["ACGT".index(letter), at] = 1
    want = slow_mutants(model, TEXT, range(len(TEXT)))["o"][1]
    seen = set()
    for edits, (values,) in plan.iter(letters):
        assert len(edits) == len(values)
        for ((at, base),), value in zip(edits, values, strict=True):
            np.testing.assert_allclose(value.numpy(), want[at, base], rtol=0, atol=2e-6)
            seen.add((at, base))
    assert len(seen) == 3 * len(TEXT)


def test_tracks_and_heads_can_be_chosen() -> None:
    model = model_of(small())
    plan = plan_mutants(model, device="cpu", measure=False, tracks=["o:1"])
    found = predict_mutants(model, TEXT, positions=[9], plan=plan, method="incremental")
    want = slow_mutants(model, TEXT, [9])["o"][1][..., 1:]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)
    with pytest.raises(OptionError, match="leave heads and tracks out"):
        plan_mutants(model, target=Target(), tracks=["o:1"])


def test_a_model_of_any_length_needs_one() -> None:
    model = model_of(small(), window_bp=None)
    with pytest.raises(OptionError, match="window_bp"):
        plan_mutants(model)
    assert plan_mutants(model, window_bp=50, device="cpu", measure=False).window_bp == 50
    found = predict_mutants(model, TEXT, positions=[0], method="incremental")
    want = slow_mutants(model, TEXT, [0])["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)


class Asking(nn.Module):
    """A network whose way depends on its numbers: it cannot be captured."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        h = self.conv(x)
        return h + 1 if float(h.sum()) > 0 else h + 1.0


def test_a_network_that_cannot_be_captured_runs_whole_passes() -> None:
    model = model_of(Asking())
    plan = plan_mutants(model, device="cpu")
    assert not plan.is_incremental
    assert "cannot be captured" in plan.report()
    found = predict_mutants(model, TEXT, positions=[0, 5])
    assert found.method == "naive"
    want = slow_mutants(model, TEXT, [0, 5])["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)
    with pytest.raises(OptionError, match="not possible for net"):
        predict_mutants(model, TEXT, method="incremental")


class BothStrands(nn.Module):
    """A network that reads both strands in one batch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        one, other = self.conv(torch.cat([x, x.flip(1, 2)])).chunk(2)
        return (one + other.flip(2)) / 2


def test_strands_that_were_joined_are_followed_one_by_one() -> None:
    model = model_of(BothStrands())
    plan = plan_mutants(model, device="cpu", measure=False)
    windows = {name: width for name, (_, width, _) in plan.seen.items()}
    assert (windows["conv1d_1of2"], windows["conv1d_2of2"]) == (3, 3)
    found = predict_mutants(model, TEXT, plan=plan, method="incremental")
    want = slow_mutants(model, TEXT, range(len(TEXT)))["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)


class BatchMeans(nn.Module):
    """A network in which the examples of a batch see each other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        one, other = self.conv(x).chunk(2) if len(x) % 2 == 0 else (self.conv(x),) * 2
        return torch.cat([one, other])[: len(x)]


def test_a_network_that_divides_the_examples_runs_whole_passes() -> None:
    model = model_of(BatchMeans())
    plan = plan_mutants(model, device="cpu", measure=False)
    assert not plan.is_incremental
    assert "joins or divides the examples of a batch" in plan.report()


class Chance(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x[:, :2], 0.5, training=True)


def test_chance_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="dropout depends on chance"):
        plan_mutants(model_of(Chance()), device="cpu")


def test_a_wrong_rule_steps_down_with_a_warning(monkeypatch) -> None:
    right = conv_rules.convolution

    def wrong(tile, step):
        found = right(tile, step)
        found.values.mul_(1.5)
        return found

    monkeypatch.setitem(rules.RULES, "aten.conv1d", wrong)
    model = model_of(small(seed=3))
    with pytest.warns(RunWarning, match="differences of the mutants were off") as caught:
        plan = plan_mutants(model, device="cpu", measure=False)
    assert [str(w.message).split(":")[0] for w in caught] == ["conv1d", "conv1d_1"]
    assert plan.is_incremental
    assert [label for label, _, _ in plan.seen.values()][:3] == ["whole", "relu", "whole"]
    found = predict_mutants(model, TEXT, positions=[8], plan=plan, method="incremental")
    want = slow_mutants(model, TEXT, [8])["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=2e-6)


def test_a_rule_that_fails_steps_down(monkeypatch) -> None:
    def failing(tile, step):
        message = "no such size"
        raise RuntimeError(message)

    monkeypatch.setitem(rules.RULES, "aten.relu", failing)
    plan = plan_mutants(model_of(small(seed=4)), device="cpu", measure=False)
    assert plan.is_incremental
    assert [label for label, _, _ in plan.seen.values()][1] == "whole"


def test_float64_is_proved_in_float64() -> None:
    model = model_of(small(seed=5).double())
    plan = plan_mutants(model, device="cpu", measure=False)
    assert plan.is_incremental
    found = predict_mutants(model, TEXT, positions=[8], plan=plan, method="incremental")
    want = slow_mutants(model, TEXT, [8])["o"][1]
    np.testing.assert_allclose(found.delta["o"][1], want, rtol=0, atol=1e-12)
