"""Lazy names: a package lists its public names once and loads a file when one is used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def attach(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the module-level `__getattr__` and `__dir__` of a package.

    Args:
        package: the `__name__` of the package.
        homes: public name -> module that defines it, absolute or starting with a dot. A home
            that ends in the name itself (`"demo": ".demo"`) stands for the module.

    Returns:
        The pair to bind as `__getattr__, __dir__`.
    """

    def load(name: str) -> object:
        home = homes.get(name)
        if home is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        module = import_module(home, package)
        value = module if home == f".{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return load, names
