"""What a plan does, in numbers and words: window, rule and share of the work of each operation."""

from __future__ import annotations

from math import isnan, prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locuscope.inference.mutants.graph import NetGraph, Step
    from locuscope.inference.mutants.plan import MutantPlan

Seen = tuple[str, int, int]
"""Rule, positions of the window, positions of the axis; no axis = 0."""

PRODUCTS = ("aten.matmul", "aten.bmm", "aten.mm", "aten.addmm", "aten.baddbmm")
RECURRENT = ("aten.gru", "aten.lstm", "aten.rnn_tanh", "aten.rnn_relu")
GLOBAL = {
    **dict.fromkeys(("aten.scaled_dot_product_attention", "aten.bmm", "aten.matmul"), "attention"),
    **dict.fromkeys(RECURRENT, "recurrence"),
    **dict.fromkeys(("aten.softmax", "aten._softmax", "aten.log_softmax"), "softmax"),
    **dict.fromkeys(("aten.layer_norm", "aten.group_norm", "aten.instance_norm"), "norm"),
}
WIDE = ("whole", "norm over positions")
"""Rules whose result may differ at every position."""


def work_of(graph: NetGraph | None, seen: Mapping[str, Seen]) -> dict[str, tuple[float, float]]:
    """Operation -> multiplications of a whole pass, and of one mutant by the plan."""
    found = {}
    for step in () if graph is None else graph.steps:
        cost = multiplications(step)
        if cost:
            _, width, length = seen.get(step.name, ("", 0, 0))
            source = step.node.all_input_nodes[0].name
            _, width_in, length_in = seen.get(source, ("", width, length))
            share = width_in / length_in if length_in else width / length if length else 1.0
            label = seen.get(step.name, ("", 0, 0))[0]
            # What a change of bases does not reach is not computed at all.
            share = 1.0 if label == "whole" or not seen else min(1.0, share) if label else 0.0
            found[step.name] = (cost, cost * share)
    return found


def multiplications(step: Step) -> float:
    """Multiplications of one whole pass of the operations that cost most."""
    out = _size(step.node)
    if step.op in ("aten.conv1d", "aten.conv2d"):
        return float(out * prod(_sizes(step.args[1])[1:]))
    if step.op == "aten.conv_transpose1d":
        return float(_sizes(step.args[0])[-1] * prod(_sizes(step.args[1])))
    if step.op == "aten.linear":
        return float(out * _sizes(step.args[1])[-1])
    if step.op in PRODUCTS:
        return float(out * _sizes(step.args[-1])[-2])
    if step.op == "aten.scaled_dot_product_attention":
        return 2.0 * _size(step.args[0]) * _sizes(step.args[1])[-2]
    if step.op in RECURRENT:
        source = _sizes(step.args[0])
        matrices = sum(prod(_sizes(w)) for w in step.args[2] if len(_sizes(w)) == 2)
        return float(prod(source[:-1]) * matrices)
    return 0.0


def _sizes(node: Any) -> list[int]:
    """Sizes of a value for one sequence."""
    value = node.meta["val"]
    value = value[0] if isinstance(value, (list, tuple)) else value
    if not isinstance(value, Tensor):
        return []
    return [
        int(size.node.expr.subs(dict.fromkeys(size.node.expr.free_symbols, 1)))
        if isinstance(size, torch.SymInt)
        else int(size)
        for size in value.shape
    ]


def _size(node: Any) -> int:
    return prod(_sizes(node))


def global_parts(graph: NetGraph, seen: Mapping[str, Seen]) -> dict[str, tuple[str, set[str]]]:
    """Operations from which every position depends on every other -> why, and what that covers.

    "" = no rule fits. An operation counts for the first of those that it reads from.
    """
    owner: dict[str, str] = {}
    found: dict[str, tuple[str, set[str]]] = {}
    for step in graph.steps:
        label, width, length = seen.get(step.name, ("", 0, 0))
        above = [owner[n.name] for n in step.node.all_input_nodes if n.name in owner]
        is_global = label in WIDE
        if not is_global and not (label and above and width == length):
            continue
        if not above:
            found[step.name] = (GLOBAL.get(step.op, ""), set())
        owner[step.name] = above[0] if above else step.name
        found[owner[step.name]][1].add(step.name)
    return found


def report(plan: MutantPlan) -> str:
    """Rule, window and share of the work of each operation, and what was measured."""
    work = plan.work()
    total = sum(whole for whole, _ in work.values()) or 1.0
    lines = [f"{plan.model.name}, {plan.window_bp:,} bp: {verdict(plan)}"]
    for name, (label, width, length) in plan.seen.items():
        part = f"{100 * work[name][0] / total:5.1f} % of the work" if name in work else ""
        window = f"{width:,} of {length:,}" if length else "no window"
        lines.append(f"  {name:<24} {label:<20} {window:<18} {part}".rstrip())
    if plan.is_incremental and plan.predicted_ratio is not None:
        lines.append(f"multiplications: {plan.predicted_ratio:.1f}x fewer than a whole pass")
    lines += _shared(plan, work, total)
    if plan.seconds is not None:
        mine, naive = (1e3 * s for s in plan.seconds)
        lines.append(
            f"measured: {mine:.3f} ms per mutant, {naive:.3f} ms by whole passes in batches of "
            f"{plan.batch}: {plan.ratio:.1f}x"
        )
    return "\n".join(lines)


def _shared(plan: MutantPlan, work: Mapping[str, tuple[float, float]], total: float) -> list[str]:
    """One line per part that cannot be shared, and why."""
    tables = plan.engine.tables
    lines = []
    parts = {} if tables is None else global_parts(tables.graph, plan.seen)
    for name, (why, inside) in parts.items():
        share = 100 * sum(work[n][0] for n in inside if n in work) / total
        said = (
            f"{why} at {name}: every position depends on every other"
            if why
            else f"{name} has no rule for this and is done on whole mutants, as is what reads it"
        )
        lines.append(f"{said}; {share:.0f} % of the work cannot be shared")
    return lines


def verdict(plan: MutantPlan) -> str:
    """One line: how the mutants are computed, and how well that is known."""
    if not plan.is_incremental:
        return f"whole passes, because {plan.reason}"
    if isnan(plan.error):
        return "incremental, not compared with whole passes"
    return f"incremental, within {plan.error:.1e} of whole passes"
