"""What a callable of the caller computes, as a digest: a job compares it with the earlier run's."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))
_LIBRARIES = tuple(
    f"{Path(place).resolve()}{os.sep}"
    for place in (
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
        str(Path(__file__).parents[1]),
    )
)


def code_digest(thing: object) -> str | None:
    """Give a digest of the code of a callable, None where nothing of it is the caller's own.

    It covers the instructions of functions (of a class, those that it and its parents define), the
    defaults, the constants and arrays that they close over, and the functions and constants of
    their own module that they name. What the package and installed libraries define counts by its
    name, and the state of an object not at all: a counter in it changes no score.

    >>> code_digest(lambda x: x + 1) == code_digest(lambda x: x + 1)
    True
    >>> code_digest(lambda x: x + 1) == code_digest(lambda x: x + 2)
    False
    >>> code_digest(max) is None
    True
    """
    walk = _Walk()
    lines = list(walk.of(thing))
    if not walk.is_own:
        return None
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()


def code_digests(given: Mapping[str, object]) -> dict[str, str]:
    """Give the digests of those of some callables that have one; what is no callable has none."""
    found = {name: code_digest(thing) for name, thing in given.items() if callable(thing)}
    return {name: digest for name, digest in found.items() if digest is not None}


class _Walk:
    """One walk over what a callable consists of; each piece is visited once."""

    def __init__(self) -> None:
        self.is_own = False
        self._seen: dict[int, object] = {}  # holds the pieces, so that no id is used twice

    def of(self, thing: Any) -> Iterator[str]:
        if isinstance(thing, (*_PLAIN, tuple, frozenset)):
            yield from self._value(thing)
            return
        if id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing
        if isinstance(thing, functools.partial):
            yield "partial"
            yield from self.of(thing.func)
            yield from self.of((thing.args, tuple(sorted(thing.keywords.items()))))
        elif isinstance(thing, MethodType):
            yield from self.of(thing.__func__)
            yield from self.of(thing.__self__)
        elif isinstance(thing, FunctionType):
            yield from self._function(thing)
        elif _is_array(thing):
            numbers = _numbers_of(thing)
            digest = hashlib.sha256(numbers.tobytes()).hexdigest()
            yield f"{thing.dtype} {tuple(thing.shape)} {digest}"
        elif isinstance(thing, type):
            yield from self._class(thing)
        elif hasattr(thing, "__qualname__"):
            yield f"{getattr(thing, '__module__', '')}.{thing.__qualname__}"
        else:
            yield from self._class(type(thing))
            for name, value in sorted(getattr(thing, "__dict__", {}).items()):
                if callable(value):
                    yield name
                    yield from self.of(value)

    def _class(self, kind: type) -> Iterator[str]:
        yield f"class {kind.__module__}.{kind.__qualname__}"
        for parent in kind.__mro__:
            if _is_of_a_library(parent):
                continue
            for name, value in sorted(vars(parent).items()):
                inner = getattr(value, "__func__", getattr(value, "fget", value))
                if isinstance(inner, FunctionType) or isinstance(value, _PLAIN):
                    if name in ("__module__", "__qualname__", "__doc__", "__firstlineno__"):
                        continue
                    yield name
                    yield from self.of(inner)

    def _function(self, function: FunctionType) -> Iterator[str]:
        yield f"def {function.__module__}.{function.__name__}"
        if _is_of_a_library(function):
            return
        self.is_own = True
        yield from self._code(function.__code__)
        yield from self.of(function.__defaults__)
        yield from self.of(tuple(sorted((function.__kwdefaults__ or {}).items())))
        for cell in function.__closure__ or ():
            try:
                yield from self._named(cell.cell_contents)
            except ValueError:  # not filled yet
                continue
        for name in _names_of(function.__code__):
            value = function.__globals__.get(name)
            is_near = getattr(value, "__module__", None) == function.__module__
            if isinstance(value, _PLAIN) or is_near:
                yield name
                yield from self._named(value)

    def _named(self, value: Any) -> Iterator[str]:
        """What a function names or closes over; lists and other objects may be mere state."""
        if _is_array(value) or isinstance(value, (*_PLAIN, tuple, frozenset)) or callable(value):
            yield from self.of(value)

    def _code(self, code: CodeType) -> Iterator[str]:
        yield code.co_code.hex()
        yield repr((code.co_names, code.co_varnames[: code.co_argcount], code.co_flags))
        for value in code.co_consts:
            if isinstance(value, CodeType):
                yield from self._code(value)
            else:
                yield from self._value(value)

    def _value(self, value: Any) -> Iterator[str]:
        if isinstance(value, frozenset):  # its order differs from process to process
            yield repr(sorted(map(repr, value)))
        elif isinstance(value, tuple):
            yield f"({len(value)}"
            for item in value:
                yield from self.of(item)
        else:
            yield f"{type(value).__name__} {value!r}"


def _is_array(thing: object) -> bool:
    """An array of numpy or a tensor of torch."""
    is_tensor = hasattr(thing, "detach") and hasattr(thing, "numpy")
    return hasattr(thing, "dtype") and (is_tensor or hasattr(thing, "tobytes"))


def _numbers_of(thing: Any) -> Any:
    if hasattr(thing, "tobytes"):
        return thing
    plain = thing.detach().cpu()
    # numpy has no such numbers; float32 holds each of them.
    return (plain.float() if "bfloat16" in str(plain.dtype) else plain).numpy()


def _names_of(code: CodeType) -> list[str]:
    """The names that a function and those inside it use."""
    found = dict.fromkeys(code.co_names)
    for value in code.co_consts:
        if isinstance(value, CodeType):
            found |= dict.fromkeys(_names_of(value))
    return list(found)


def _is_of_a_library(thing: Any) -> bool:
    """The package's own, or installed."""
    if isinstance(thing, FunctionType):
        place: str | None = thing.__code__.co_filename
    else:
        module = str(getattr(thing, "__module__", ""))
        if module == "builtins":
            return True
        place = getattr(sys.modules.get(module), "__file__", None)
    return bool(place) and str(Path(str(place)).resolve()).startswith(_LIBRARIES)
