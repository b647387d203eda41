"""From the differences at the arguments of an operation to the difference at its output.

The ladder of one operation: its own rule; else the operation itself on the whole length of the
mutants, minus the reference. Both are exact. A rule says `UNFIT` where it does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from locuscope.inference.mutants.graph import NetGraph, Step, run_node
from locuscope.inference.mutants.products import product
from locuscope.inference.mutants.windows import Delta, Mutated, Reference, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNFIT = object()
"""A rule's answer where it does not hold."""


@dataclass(eq=False)
class Tables:
    """What belongs to the network and not to a sequence: captured graph and re-laid weights.

    Args:
        graph: of the network.
        whole: operations that are done on whole mutants.
        laid: tables that were made.
        narrow: type of number in which differences are multiplied; None = their own.
    """

    graph: NetGraph
    whole: set[str] = field(default_factory=set)
    laid: dict[Any, Any] = field(default_factory=dict)
    narrow: torch.dtype | None = None

    def once(self, step: Step, kind: str, make: Callable[[], Any]) -> Any:
        """A table of one operation, made at the first call."""
        key = (step.index, kind)
        if key not in self.laid:
            self.laid[key] = make()
        return self.laid[key]

    def product(self, matrix: Tensor) -> Callable[[Tensor], Tensor]:
        """Rows (n, K) -> (n, N) by a matrix (K, N), laid out once."""
        return product(matrix, self.narrow)

    def use(self, narrow: torch.dtype) -> None:
        """Multiply differences in another type of number from now on."""
        self.narrow = narrow
        self.laid = {key: table for key, table in self.laid.items() if key == "float64"}


@dataclass(eq=False)
class Tile:
    """Differences of some mutants of one sequence, on their way through the network.

    Args:
        tables: of the network.
        reference: values of the sequence.
        n_places: P.
        n_mutants: M = P x B.
        deltas: what was found so far; None or absent = nothing differs.
        seen: where given: rule, window and axis of each operation, by its name.
        keeps_all: keep all differences as they were, also those that nobody reads any more.
    """

    tables: Tables
    reference: Reference
    n_places: int
    n_mutants: int
    deltas: dict[fx.Node, Any]
    seen: dict[str, tuple[str, int, int]] | None = None
    keeps_all: bool = False

    def delta(self, node: object) -> Any:
        """Difference at a node; None where there is none, and for numbers and lists."""
        return self.deltas.get(node) if isinstance(node, fx.Node) else None

    def base(self, argument: Any) -> Any:
        """An argument of the reference: (1, ...) tensors, numbers."""

        def value(node: fx.Node) -> Any:
            known = self.reference.values
            return known[node] if node in known else self.tables.graph.constant(node, 1)

        return fx.map_arg(argument, value)

    def static(self, argument: Any) -> Any:
        """A value that does not depend on the bases, UNFIT where it does."""
        if not isinstance(argument, fx.Node):
            return argument
        graph = self.tables.graph
        return graph.constant(argument, 1) if graph.is_constant(argument) else UNFIT

    def out(
        self,
        values: Tensor,
        axis: int | None,
        starts: Sequence[int],
        step: Step,
        *,
        is_owned: bool = True,
    ) -> Delta | None:
        """The difference at a step, cut to its axis."""
        if axis is None:
            return Delta(values, is_owned=is_owned)
        length = step.sizes[axis - 1]
        found = Delta(values, axis, tuple(starts), length, is_owned)
        return settled(found, self.n_places)

    def whole_value(self, node: fx.Node) -> Any:
        """Value of the mutants at a node, on the whole length."""
        found = self.delta(node)
        graph = self.tables.graph
        if isinstance(found, Mutated):
            return found.values
        if node in self.reference.values:
            base = self.reference.values[node]
            step = graph.by_node.get(node)
            if found is None:
                is_first = node is graph.x or (step is not None and step.shape is not None)
                if is_first:
                    return base.expand(self.n_mutants, *base.shape[1:])
                return self._unchanged(node)
            return base + found.whole(self.n_places)
        return graph.constant(node, self.n_mutants)

    def _unchanged(self, node: fx.Node) -> Any:
        """A value that no mutant changes, whose batch is not its first axis: computed anew."""
        return run_node(node, self.whole_value)


SEVERAL = (
    "aten._native_batch_norm_legit_no_training",
    "aten.split",
    "aten.chunk",
    "aten.split_with_sizes",
    "aten.unsafe_split",
    "aten.unsafe_chunk",
    "aten.max",
    "aten.min",
    "aten.adaptive_max_pool1d",
    "aten.adaptive_max_pool2d",
)
"""Operations with rules that give several outputs."""
RULES: dict[str, Callable[[Tile, Step], Any]] = {}


def rule(*ops: str) -> Callable[[Callable[[Tile, Step], Any]], Callable[[Tile, Step], Any]]:
    """Register a function as the rule of operations, by their names without `aten.`."""

    def register(found: Callable[[Tile, Step], Any]) -> Callable[[Tile, Step], Any]:
        for op in ops:
            RULES[f"aten.{op}"] = found
        return found

    return register


def advance(tile: Tile, step: Step) -> None:
    """Do one operation of a tile."""
    node = step.node
    if all(tile.delta(a) is None for a in node.all_input_nodes):
        tile.deltas[node] = None
        return
    found: Any = UNFIT
    own = RULES.get(step.op)
    is_plain = (step.shape is not None and step.is_float) or step.op in SEVERAL
    is_plain = is_plain and all(_is_delta(tile.delta(a)) for a in node.all_input_nodes)
    if step.op == "getitem":
        found = _item(tile, step)
    if own is not None and is_plain and step.name not in tile.tables.whole:
        found = own(tile, step)
    if found is UNFIT:
        found, own = whole(tile, step), whole
    if tile.seen is not None:
        tile.seen[step.name] = _said(own, found)
    tile.deltas[node] = found
    for dead in () if tile.keeps_all else step.dies:
        tile.deltas.pop(dead, None)


def whole(tile: Tile, step: Step) -> Any:
    """Any operation: itself on the whole mutants, minus the reference."""
    value = run_node(step.node, tile.whole_value)
    if step.shape is not None and step.is_float:
        return Delta(value - tile.reference.values[step.node])
    return Mutated(value)


def _said(own: Any, found: Any) -> tuple[str, int, int]:
    """Rule, positions of the window, positions of the axis (0 where there is none)."""
    label = getattr(own, "__name__", "item").replace("_", " ")
    if isinstance(found, list):
        found = found[0]
    if isinstance(found, Delta) and found.axis is not None:
        return label, min(found.width, found.length), found.length
    return label, 0, 0


def _is_delta(found: Any) -> bool:
    return found is None or isinstance(found, Delta)


def _item(tile: Tile, step: Step) -> Any:
    """One of several outputs of an operation."""
    several = tile.delta(step.args[0])
    if isinstance(several, list):
        return several[int(step.args[1])]
    return UNFIT


def arguments(step: Step, names: Sequence[str], defaults: Sequence[Any]) -> list[Any]:
    """Arguments of a step in the order of `names`, by position or by name."""
    given = list(step.args)
    kwargs = step.options
    return [
        given[i] if i < len(given) else kwargs.get(name, default)
        for i, (name, default) in enumerate(zip(names, defaults, strict=True))
    ]


def one(value: Any, default: int = 1) -> int:
    """A number that may be written as a list of one."""
    if isinstance(value, (list, tuple)):
        return int(value[0]) if value else default
    return int(value)


def run(tile: Tile, change: Delta) -> None:
    """Carry the difference at the bases through the network.

    Args:
        tile: with an empty `deltas`.
        change: difference at the bases, windows (M, w, A).
    """
    tile.deltas[tile.tables.graph.x] = change
    for step in tile.tables.graph.steps:
        advance(tile, step)
