"""What a network computes in one call, seen from outside and without a trace left in it.

`Tape` lies over a forward pass. Every function of torch that runs is seen, as a module or as a bare
function, and so is every module, through hooks that belong to no module and end with the pass.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode

from locuscope.attribution.function_names import (
    ACTIVATIONS,
    SHAPE_ONLY,
    function_name,
    works_in_place,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import TracebackType
    from typing import Self


@dataclass(frozen=True)
class Step:
    """One call of a function of torch.

    Args:
        type: name of the function.
        output: what it gave; held, so that its identity stays its own.
        before: the first tensor that went in, as it was then.
        again: repeats the call with another first tensor.
    """

    type: str
    output: Tensor
    before: Tensor | None
    again: Callable[[Tensor], Any]


@dataclass
class Seen:
    """What is known of a layer after a pass.

    Args:
        kind: "module" or "function".
        type: class of the module or name of the function.
        shape: of its first output, samples first; None for nested outputs.
        calls: how often it ran.
    """

    kind: str
    type: str
    shape: tuple[int, ...] | None
    calls: int = 0


class Tape(TorchFunctionMode):
    """Record the steps of a forward pass; a context manager.

    Args:
        modules: path -> module, as `network.modules` gives them.
        kept: names whose outputs the rest of the pass reads as copies, so that a later change in
            place does not reach them and gradients can be taken with respect to them.
        keeps_steps: also keep every step for `origin`, which costs memory.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        *,
        kept: Collection[str] = (),
        keeps_steps: bool = False,
    ) -> None:
        super().__init__()
        self.keeps_steps = keeps_steps
        self.seen: dict[str, Seen] = {}
        self._paths: dict[int, str] = {}
        for path, module in modules.items():
            self._paths.setdefault(id(module), path)
        self._same = {path: self._paths[id(module)] for path, module in modules.items()}
        self._outputs: dict[str, list[Any]] = {self._same.get(name, name): [] for name in kept}
        self._names = frozenset(modules)
        self._counts: dict[str, int] = {}
        self._inside: list[bool] = []
        self._origins: dict[int, Step] = {}
        self._copies: list[Tensor] = []
        self._thread = 0
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        self._handles = [
            register_module_forward_pre_hook(self._entered),
            register_module_forward_hook(self._left),
        ]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        for handle in self._handles:
            handle.remove()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function of torch and note what it did."""
        del types
        options = dict(kwargs or {})
        kind = function_name(func)
        first = args[0] if args and isinstance(args[0], Tensor) else None
        before = first
        if self.keeps_steps and first is not None and _in_place(func, options):
            before = first.clone()
        output = func(*args, **options)
        if not tensors_of(output):
            return output
        name = ""
        if self._inside and not self._inside[-1]:
            name = self._node_name(kind)
            self._note(name, "function", kind, output)
        if self.keeps_steps and isinstance(output, Tensor):
            again = partial(_again, func, args[1:], options)
            self._origins[id(output)] = Step(kind, output, before, again)
        return self._passed_on(name, output)

    def outputs(self, name: str) -> list[Any]:
        """What a kept layer gave, call by call; a module is found under each of its paths."""
        return self._outputs.get(self._same.get(name, name), [])

    def origin(self, output: Tensor) -> Step | None:
        """The function that gave a tensor, where steps are kept."""
        return self._origins.get(id(output))

    def _entered(self, module: nn.Module, args: object) -> None:
        del args
        if self._is_ours(module):
            self._inside.append(is_leaf(module))

    def _left(self, module: nn.Module, args: object, output: Any) -> Any:
        del args
        if not self._is_ours(module):
            return None
        self._inside.pop()
        name = self._paths[id(module)]
        self._note(name, "module", type(module).__name__, output)
        return self._passed_on(name, output)

    def _is_ours(self, module: nn.Module) -> bool:
        return id(module) in self._paths and threading.get_ident() == self._thread

    def _passed_on(self, name: str, output: Any) -> Any:
        """Keep an output that is wanted; the network goes on with a copy."""
        if name not in self._outputs:
            return output
        self._outputs[name].append(output)
        return map_tensors(self._copy, output)

    def _copy(self, tensor: Tensor) -> Tensor:
        copy = tensor.clone()
        step = self._origins.get(id(tensor))
        if step is not None:
            self._copies.append(copy)
            self._origins[id(copy)] = step
        return copy

    def _note(self, name: str, kind: str, of: str, output: Any) -> None:
        if not name:  # the whole network is no layer of itself
            return
        if name not in self.seen:
            shape = tuple(output.shape) if isinstance(output, Tensor) else None
            self.seen[name] = Seen(kind, of, shape)
        self.seen[name].calls += 1

    def _node_name(self, kind: str) -> str:
        while True:
            count = self._counts.get(kind, 0)
            self._counts[kind] = count + 1
            name = kind if count == 0 else f"{kind}_{count}"
            if name not in self._names:
                return name


@dataclass(frozen=True)
class Origin:
    """A tensor before its activation, brought to the shape of what came after."""

    tensor: Tensor
    passed: tuple[str, ...] = field(default=())


def before_activation(tape: Tape, output: Tensor) -> Origin:
    """Walk back from a tensor through activations to what enters them.

    Steps that only move numbers (a transpose) are walked through and done again afterwards.

    Args:
        tape: the pass, with its steps.
        output: a tensor of that pass.

    Returns:
        The tensor, and the names of the activations that were passed; none leaves it as it is.
    """
    tensor, source = output, output
    moves: list[Callable[[Tensor], Any]] = []
    pending: list[Callable[[Tensor], Any]] = []
    passed: list[str] = []
    while (step := tape.origin(tensor)) is not None and step.before is not None:
        if step.type in ACTIVATIONS:
            moves += pending
            pending = []
            passed.append(step.type)
            source = step.before
        elif step.type in SHAPE_ONLY:
            pending.append(step.again)
        else:
            break
        tensor = step.before
    for again in reversed(moves):
        source = again(source)
    return Origin(source, tuple(passed))


def is_leaf(module: nn.Module) -> bool:
    """Whether a module is one of torch's own, whose inner functions have no names of their own."""
    own = type(module).__module__.startswith("torch.nn.")
    return own and not isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)


def map_tensors(function: Callable[[Tensor], Any], value: Any) -> Any:
    """Apply a function to every tensor in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Mapping):
        return {key: map_tensors(function, item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(function, item) for item in value))
    if isinstance(value, tuple | list):
        return type(value)(map_tensors(function, item) for item in value)
    return value


def tensors_of(value: Any) -> list[Tensor]:
    """Every tensor in nested tuples, lists and mappings, in order."""
    found: list[Tensor] = []
    map_tensors(found.append, value)
    return found


def _again(
    func: Callable[..., Any], rest: tuple[Any, ...], options: dict[str, Any], first: Tensor
) -> Any:
    return func(first, *rest, **options)


def _in_place(func: Callable[..., Any], options: Mapping[str, Any]) -> bool:
    name = str(getattr(func, "__name__", ""))
    augmented = name.startswith("__i") and name not in ("__invert__", "__index__", "__int__")
    return works_in_place(func) or augmented or bool(options.get("inplace"))
