"""The network as a list of operations: captured once, with a batch of any size.

`torch.export` follows the calls of the network itself, so functional activations, modules that are
used twice and operations in place are seen; no hook is set. Nodes that do not depend on the bases
are computed once and kept.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx

from locuscope.errors import ModelError
from locuscope.inference.mutants.lanes import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from locuscope.inference.mutants.door import Door

_CHECKS = ("_assert", "sym_constrain", "_constrain")
_RANDOM = ("rand", "bernoulli", "normal_", "normal.", "multinomial", "dropout", "rrelu")


@dataclass(frozen=True, eq=False)
class Step:
    """One operation that depends on the bases.

    Args:
        index: place in the order of computation.
        node: the captured node.
        op: its name, such as `aten.conv1d`.
        shape: sizes without the batch, None where there is no single tensor or the batch is not
            the first axis.
        is_float: whether its values are real numbers.
        n_users: operations that read it.
        dies: nodes that nobody reads after this one.
    """

    index: int
    node: fx.Node
    op: str
    shape: tuple[int, ...] | None
    is_float: bool
    n_users: int
    dies: tuple[fx.Node, ...]

    @property
    def name(self) -> str:
        """Name for reports: the operation and its number in the graph."""
        return self.node.name

    @property
    def sizes(self) -> tuple[int, ...]:
        """`shape`, for rules, which are asked only where it is known."""
        return self.shape or ()

    @property
    def args(self) -> tuple[Any, ...]:
        """Arguments by position: nodes, numbers, lists."""
        return self.node.args

    @property
    def options(self) -> dict[str, Any]:
        """Arguments by name."""
        return dict(self.node.kwargs)

    @property
    def call(self) -> Any:
        """The operation itself."""
        return self.node.target


@dataclass(frozen=True, eq=False)
class NetGraph:
    """A captured network.

    Args:
        x: the node of the bases, (N, A, L).
        steps: operations in order.
        statics: values that do not depend on the bases.
        outputs: nodes of the outputs, in the order of `Door.keys`.
        symbol: the size of the batch.
        by_node: step of each node.
    """

    x: fx.Node
    steps: tuple[Step, ...]
    statics: dict[fx.Node, Any]
    outputs: tuple[fx.Node, ...]
    symbol: Any
    by_node: dict[fx.Node, Step]
    _sized: dict[tuple[fx.Node, int], Any] = field(default_factory=dict)

    def constant(self, node: fx.Node, n: int) -> Any:
        """Value of a node that does not depend on the bases, for a batch of `n`."""
        if node in self.statics:
            return self.statics[node]
        key = (node, n)
        if key not in self._sized:
            value = node.meta.get("val")
            if isinstance(value, torch.SymInt):
                found: Any = int(value.node.expr.subs({self.symbol: n}))
            else:
                found = run_node(node, lambda other: self.constant(other, n))
            self._sized[key] = found
        return self._sized[key]

    def is_constant(self, node: fx.Node) -> bool:
        """Whether a node does not depend on the bases."""
        return node is not self.x and node not in self.by_node

    def reference(
        self,
        one_hot: Tensor,
        constants: Mapping[fx.Node, Any] | None = None,
        keep: Callable[[Any], Any] | None = None,
    ) -> dict[fx.Node, Any]:
        """Value of every step for one sequence (1, A, L), and of the bases.

        Args:
            one_hot: the sequence; several go through side by side.
            constants: used instead of the network's own, such as the same in float64.
            keep: what is kept of a value that no later step reads; None = all of it.
        """
        values: dict[fx.Node, Any] = {self.x: one_hot}
        given = constants or {}

        def value(node: fx.Node) -> Any:
            if node in values:
                return values[node]
            return given[node] if node in given else self.constant(node, len(one_hot))

        for step in self.steps:
            values[step.node] = run_node(step.node, value)
            if keep is not None:
                dead = [node for node in step.dies if node in values]
                values.update({node: keep(values[node]) for node in dead})
        if keep is not None:
            values.update({node: keep(values[node]) for node in (self.x, *self.outputs)})
        return values


def run_node(node: fx.Node, value: Callable[[fx.Node], Any]) -> Any:
    """Compute one node with given values of its arguments."""
    args = fx.map_arg(node.args, value)
    kwargs = fx.map_arg(node.kwargs, value)
    call: Any = node.target
    return call(*args, **kwargs)


def op_name(node: fx.Node) -> str:
    """`aten.conv1d` of `aten.conv1d.default`; `getitem` for Python's own."""
    target: Any = node.target
    packet = getattr(target, "overloadpacket", None)
    return str(packet) if packet is not None else getattr(target, "__name__", str(target))


def capture(
    door: Door,
    length_bp: int,
    device: torch.device,
    dtype: torch.dtype,
    *,
    is_spread: bool = True,
) -> NetGraph:
    """Capture a door for sequences of one length.

    Args:
        door: the model.
        length_bp: bases of a sequence.
        device: where its weights are.
        dtype: of its numbers.
        is_spread: write operations on joined strands or members once for each.

    Raises:
        ModelError: an operation with randomness.
        Exception: whatever `torch.export` raises for a network that it cannot follow.
    """
    example = torch.zeros(3, 4, length_bp, device=device, dtype=dtype)
    example[:, 0] = 1
    batch = torch.export.Dim("batch", min=1, max=1 << 20)
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter speaks of its own future and of buffers of recurrent layers.
        warnings.simplefilter("ignore")
        program = torch.export.export(
            door, (example,), dynamic_shapes=({0: batch},), strict=False
        ).run_decompositions({})
        statics = _inputs(program)
        (x,) = (n for n in program.graph.nodes if n.op == "placeholder" and n not in statics)
        if is_spread:
            Spread(program.graph, x).run()
    return _graph(program, x, statics)


def _graph(program: Any, x: fx.Node, statics: dict[fx.Node, Any]) -> NetGraph:
    """Divide the nodes of an exported program into what depends on the bases and what does not."""
    symbol = x.meta["val"].shape[0].node.expr
    (last,) = (n for n in program.graph.nodes if n.op == "output")
    outputs = tuple(last.args[0])
    needed = _needed(outputs)
    order: list[fx.Node] = []
    dynamic = {x}
    for node in program.graph.nodes:
        if node.op != "call_function" or node not in needed:
            continue
        is_size = isinstance(node.meta.get("val"), (torch.SymInt, int))
        if any(a in dynamic for a in node.all_input_nodes) and not is_size:
            dynamic.add(node)
            order.append(node)
            _refuse_chance(node)
        elif not _has_symbol(node):
            statics[node] = run_node(node, statics.__getitem__)
    last_use: dict[fx.Node, int] = {}
    for index, node in enumerate(order):
        last_use.update(dict.fromkeys(node.all_input_nodes, index))
    kept = {x, *outputs}
    steps = tuple(
        Step(
            index=index,
            node=node,
            op=op_name(node),
            shape=_shape(node, symbol),
            is_float=_is_float(node),
            n_users=sum(user in needed for user in node.users) + (node in outputs),
            dies=tuple(a for a in node.all_input_nodes if last_use[a] == index and a not in kept),
        )
        for index, node in enumerate(order)
    )
    return NetGraph(x, steps, statics, outputs, symbol, {step.node: step for step in steps})


def _inputs(program: Any) -> dict[fx.Node, Any]:
    """Values of the parameters, buffers and constants of a program."""
    signature = program.graph_signature
    named = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    return {
        node: _value(program, named[node.name])
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in named
    }


def _value(program: Any, name: str) -> Tensor:
    held = program.state_dict if name in program.state_dict else program.constants
    found: Tensor = held[name]
    return found.detach()


def _needed(outputs: Sequence[fx.Node]) -> set[fx.Node]:
    """Nodes that the outputs depend on; the rest is never computed."""
    found: set[fx.Node] = set()
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.all_input_nodes
    return found


def _refuse_chance(node: fx.Node) -> None:
    name = op_name(node).removeprefix("aten.")
    is_chance = any(name.startswith(word) for word in _RANDOM)
    if name in ("dropout", "native_dropout", "feature_dropout", "alpha_dropout"):
        is_chance = bool(node.args[2])
    in_training = name in ("batch_norm", "instance_norm") and bool(node.args[5])
    if is_chance or (in_training and name == "batch_norm"):
        raise ModelError(
            f"{node.name}: {name} depends on {'chance' if is_chance else 'the batch'}; mutants "
            "have no exact value.",
            batch=None,
        )


def _has_symbol(node: fx.Node) -> bool:
    """Whether a node or something that it is made of changes with the size of the batch."""
    waiting, seen = [node], set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        if isinstance(here.meta.get("val"), torch.SymInt):
            return True
        waiting += here.all_input_nodes
    return False


def _shape(node: fx.Node, symbol: Any) -> tuple[int, ...] | None:
    """Sizes after the batch when the batch is the first axis and no other."""
    value = node.meta.get("val")
    if not isinstance(value, Tensor) or value.ndim == 0:
        return None
    first, *others = value.shape
    is_first = isinstance(first, torch.SymInt) and first.node.expr == symbol
    if not is_first or any(isinstance(size, torch.SymInt) for size in others):
        return None
    return tuple(int(size) for size in others)


def _is_float(node: fx.Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.is_floating_point()
