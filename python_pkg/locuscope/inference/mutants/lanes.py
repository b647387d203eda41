"""Batches in which each example stands several times: each of its views gets a lane of its own.

Networks that read both strands join them, `cat([x, x.flip(1, 2)])`, and divide the answers; that of
several members stacks theirs. Every operation between is written once per lane here, so that the
first axis of every value is the batch and a change of bases stays on the positions that it reaches.
An operation that cannot be divided gets the joined value back. The numbers are the same.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor, fx

from locuscope.inference.mutants.one_pass import multiple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

aten = torch.ops.aten
END = 1 << 62


@dataclass(frozen=True, eq=False)
class Joined:
    """Values one after the other along the first axis, each (N, ...)."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Stacked:
    """Values on top of each other along a new first axis."""

    parts: tuple[Value, ...]


Value: TypeAlias = "fx.Node | Joined | Stacked"

POINTWISE = """
    abs add alias clamp clamp_max clamp_min clone cos detach div elu erf exp expm1 gelu hardsigmoid
    hardswish leaky_relu log log1p maximum minimum mish mul neg pow reciprocal relu relu6 rsqrt
    selu sigmoid silu sin softplus sqrt square sub tan tanh to _to_copy getitem
"""
ALONG = {
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax", "slice", "glu"), (1,)),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "select", "flip", "index_select"), (1,)),
    **dict.fromkeys(("transpose", "swapaxes"), (1, 2)),
    "squeeze": (1,),
}
"""Operations along axes, and which of their arguments are axes."""


class Spread:
    """Writes the operations of a graph once per lane.

    Args:
        graph: of a captured program; changed in place.
        x: the bases.
    """

    def __init__(self, graph: fx.Graph, x: fx.Node) -> None:
        self._graph = graph
        self._batch = x.meta["val"].shape[0]
        self._mode = x.meta["val"].fake_mode
        self._x = x
        self._own_size: fx.Node | None = None
        self._lanes: dict[fx.Node, Value] = {}

    def run(self) -> None:
        """Go through all operations in order."""
        for node in list(self._graph.nodes):
            if node.op not in ("call_function", "output"):
                continue
            with self._graph.inserting_before(node):
                found = self._found(node) if node.op == "call_function" else None
                if found is None:
                    for source in node.all_input_nodes:
                        if source in self._lanes:
                            node.replace_input_with(source, self._whole(self._lanes[source]))
                elif isinstance(found, fx.Node):
                    node.replace_all_uses_with(found)
                else:
                    self._lanes[node] = found

    def _found(self, node: fx.Node) -> Value | None:
        """The lanes of an operation, or one node in its place; None = as it is."""
        name = short_name(node)
        if name in ("cat", "stack") and not _dim(node, 1):
            return self._joined(node, is_stack=name == "stack")
        known = [self._lanes[n] for n in node.all_input_nodes if n in self._lanes]
        if not known:
            return None
        first = known[0]
        if name in ("view", "reshape", "_unsafe_view", "unflatten") and len(known) == 1:
            return self._viewed(node, first)
        if isinstance(first, Joined):
            if name == "slice" and not _dim(node, 1):
                return self._cut(node, first)
            return self._each(node, first)
        return self._above(node, name, first)

    def _joined(self, node: fx.Node, *, is_stack: bool) -> Value | None:
        sources: Any = node.args[0]
        values: list[Value] = [self._lanes.get(n, n) for n in sources]
        if any(isinstance(v, fx.Node) and self._times(v) != 1 for v in values):
            return None
        if is_stack:
            return Stacked(tuple(values))
        if any(isinstance(v, Stacked) for v in values):
            return None
        flat = [p for v in values for p in (v.parts if isinstance(v, Joined) else (v,))]
        return Joined(tuple(flat)) if len(flat) > 1 else None

    def _times(self, node: fx.Node) -> int | None:
        return self._batches(node.meta.get("val"))

    def _batches(self, value: Any) -> int | None:
        """Batches in the first axis of a value."""
        return multiple(value.shape[0], self._batch) if _is_tensor(value) else None

    def _cut(self, node: fx.Node, joined: Joined) -> Value | None:
        """Some lanes of several."""
        low, high = (self._place(a) for a in (*node.args[2:4], None, None)[:2])
        low, high = low or 0, len(joined.parts) if high is None else high
        if node.args[4:] or low < 0 or not low < high <= len(joined.parts):
            return None
        found = joined.parts[low:high]
        return found[0] if len(found) == 1 else Joined(found)

    def _place(self, bound: Any) -> int | None:
        """Where a cut lies, in lanes; None = at the end."""
        if isinstance(bound, fx.Node):
            share = multiple(bound.meta["val"], self._batch)
            return -1 if share is None else share
        return bound if bound == 0 else None if bound is None or bound >= END else -1

    def _viewed(self, node: fx.Node, value: Value) -> Value | None:
        """Other sizes; lanes beside each other may come to lie on top of each other."""
        shape = node.meta["val"].shape
        parts = value.parts if isinstance(value, (Joined, Stacked)) else ()
        n = len(parts)
        is_odd = any(isinstance(size, torch.SymInt) for size in shape[2:])
        if is_odd or any(not isinstance(part, fx.Node) for part in parts):
            return None
        times = multiple(shape[0], self._batch)
        second = multiple(shape[1], self._batch) if len(shape) > 1 else None
        if times == n and second is None:
            return Joined(tuple(self._reshaped(p, shape[1:]) for p in parts))
        if not isinstance(shape[0], torch.SymInt) and shape[0] == n and second == 1:
            return Stacked(tuple(self._reshaped(p, shape[2:]) for p in parts))
        return None

    def _reshaped(self, part: Any, rest: Sequence[int]) -> fx.Node:
        sizes = [int(size) for size in rest]
        if [int(size) for size in part.meta["val"].shape[1:]] == sizes:
            return part  # type: ignore[no-any-return]
        return self._new(aten.reshape.default, (part, [self._size(), *sizes]), {}, None)

    def _size(self) -> fx.Node:
        """The size of the batch."""
        if self._own_size is None:
            with self._graph.inserting_after(self._x):
                size = self._graph.call_function(aten.sym_size.int, (self._x, 0))
            size.meta["val"] = self._batch
            self._own_size = size
        return self._own_size

    def _each(self, node: fx.Node, joined: Joined) -> Value | None:
        """The same operation on every lane."""
        n = len(joined.parts)
        times = self._times_of(node)
        if times != n or _meets_first(node):
            return None
        if any(self._is_wide(a, n) for a in node.all_input_nodes):
            return None

        def of(place: int) -> Callable[[fx.Node], Any]:
            def value(argument: fx.Node) -> Any:
                lanes = self._lanes.get(argument)
                if isinstance(lanes, Joined):
                    return lanes.parts[place]
                share = multiple(argument.meta.get("val"), self._batch)
                return self._size() if share == n else argument

            return value

        return Joined(tuple(self._copy(node, of(place), place, n) for place in range(n)))

    def _is_wide(self, argument: fx.Node, n: int) -> bool:
        """Whether an argument cannot be given to one lane."""
        lanes = self._lanes.get(argument)
        if lanes is not None:
            return not isinstance(lanes, Joined) or len(lanes.parts) != n
        return self._times(argument) is not None

    def _times_of(self, node: fx.Node) -> int | None:
        value = node.meta.get("val")
        return self._batches(value[0] if isinstance(value, (list, tuple)) and value else value)

    def _above(self, node: fx.Node, name: str, stacked: Value) -> Value | None:
        """An operation on values that lie on top of each other."""
        parts = stacked.parts if isinstance(stacked, Stacked) else ()
        value = node.meta.get("val")
        if not _is_tensor(value):
            return None
        if name in ALONG:
            rank = len(node.args[0].meta["val"].shape)  # type: ignore[union-attr]
            dims = _dims(node, 1, rank)
            if 0 in dims:
                return self._merged(node, name, parts, dims)
            return self._beneath(node, parts, ALONG[name], rank)
        return self._beneath(node, parts, (), 0) if name in POINTWISE.split() else None

    def _merged(
        self, node: fx.Node, name: str, parts: Sequence[Value], dims: Sequence[int]
    ) -> Value | None:
        """One value of several that lie on top of each other."""
        if name == "select":
            return parts[int(node.args[2])]  # type: ignore[arg-type]
        is_kept = bool(node.args[2]) if len(node.args) > 2 else bool(node.kwargs.get("keepdim"))
        if name not in ("mean", "sum") or list(dims) != [0] or is_kept:
            return None
        found = parts[0]
        for part in parts[1:]:
            sums = self._pair(aten.add.Tensor, found, part)
            if sums is None:
                return None
            found = sums
        if name == "mean" and len(parts) > 1:
            return self._mapped(aten.div.Tensor, found, len(parts))
        return found

    def _pair(self, call: Any, one: Value, other: Value) -> Value | None:
        if isinstance(one, fx.Node) and isinstance(other, fx.Node):
            return self._new(call, (one, other), {}, None)
        if not isinstance(one, Joined) or not isinstance(other, Joined):
            return None
        if len(one.parts) != len(other.parts):
            return None
        found = [self._pair(call, a, b) for a, b in zip(one.parts, other.parts, strict=True)]
        return Joined(tuple(p for p in found if p is not None))

    def _mapped(self, call: Any, value: Value, number: float) -> Value:
        if isinstance(value, fx.Node):
            return self._new(call, (value, number), {}, None)
        return type(value)(tuple(self._mapped(call, part, number) for part in value.parts))

    def _beneath(
        self, node: fx.Node, parts: Sequence[Value], places: Sequence[int], rank: int
    ) -> Value | None:
        """The operation on each of the values that lie on top of each other, axes one lower."""
        if any(a in self._lanes or _rank(a) for a in node.all_input_nodes if a != node.args[0]):
            return None
        args = list(node.args)
        for place in places:
            if place < len(args):
                args[place] = _lowered(args[place], rank)

        def on(value: Value, at: int, n: int) -> Value:
            if isinstance(value, fx.Node):
                name = _lane_name(node, at, n)
                return self._new(node.target, (value, *args[1:]), node.kwargs, name)
            found = (on(part, i, len(value.parts)) for i, part in enumerate(value.parts))
            return type(value)(tuple(found))

        # Lanes that are joined must stay apart from the axes that the operation meets.
        if any(0 in _plain_dims(args[p]) for p in places if p < len(args)):
            return None
        return Stacked(tuple(on(part, i, len(parts)) for i, part in enumerate(parts)))

    def _copy(self, node: fx.Node, value: Callable[[fx.Node], Any], place: int, n: int) -> fx.Node:
        args, kwargs = fx.map_arg(node.args, value), fx.map_arg(node.kwargs, value)
        return self._new(node.target, args, kwargs, _lane_name(node, place, n))

    def _new(self, call: Any, args: Any, kwargs: Any, name: str | None) -> fx.Node:
        """A node with its value in symbols."""
        node = self._graph.create_node("call_function", call, args, dict(kwargs), name)
        with self._mode:
            node.meta["val"] = call(
                *fx.map_arg(args, lambda a: a.meta["val"]),
                **fx.map_arg(dict(kwargs), lambda a: a.meta["val"]),
            )
        return node

    def _whole(self, value: Value) -> fx.Node:
        """The lanes as one value again."""
        if isinstance(value, fx.Node):
            return value
        parts = [self._whole(part) for part in value.parts]
        call = aten.cat.default if isinstance(value, Joined) else aten.stack.default
        return self._new(call, (parts,), {}, None)


def short_name(node: fx.Node) -> str:
    """`conv1d` of `aten.conv1d.default`."""
    target: Any = node.target
    packet = getattr(target, "overloadpacket", None)
    return str(packet).removeprefix("aten.") if packet else getattr(target, "__name__", "")


def _lane_name(node: fx.Node, place: int, n: int) -> str | None:
    return f"{node.name}_{place + 1}of{n}" if n > 1 else None


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) and value.ndim > 0


def _rank(node: fx.Node) -> int:
    value = node.meta.get("val")
    return value.ndim if isinstance(value, Tensor) else 0


def _dim(node: fx.Node, place: int) -> int:
    """The axis that an operation is told, 0 where none is told."""
    given = node.args[place] if len(node.args) > place else node.kwargs.get("dim", 0)
    return int(given)  # type: ignore[arg-type]


def _plain_dims(given: Any) -> list[int]:
    return [int(d) for d in ([given] if isinstance(given, int) else given or [])]


def _dims(node: fx.Node, place: int, rank: int) -> list[int]:
    given = node.args[place] if len(node.args) > place else node.kwargs.get("dim")
    dims = range(rank) if given is None or given == [] else _plain_dims(given)
    return [d % rank for d in dims]


def _lowered(given: Any, rank: int) -> Any:
    """Axes of a value when its first axis is gone."""
    if isinstance(given, int):
        return given % rank - 1
    return [int(d) % rank - 1 for d in given]


def _meets_first(node: fx.Node) -> bool:
    """Whether an operation works along its first axis, where the lanes lie."""
    name = short_name(node)
    if node.target is operator.getitem or name not in {*ALONG, "cat", "stack", "permute"}:
        return False
    source = node.args[0] if name not in ("cat", "stack") else node
    rank = _rank(source)  # type: ignore[arg-type]
    if name == "permute":
        return _dims(node, 1, rank)[0] != 0
    places = ALONG.get(name, (1,))
    return any(d == 0 for place in places for d in _dims(node, place, rank))
