"""The face: `__all__` is sorted, importable, typed, documented and complete in the API index."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import locuscope

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("demo", "plots", "scaleout")


def test_all_is_sorted_and_lazy_homes_agree() -> None:
    assert locuscope.__all__ == sorted(locuscope.__all__)
    assert set(locuscope.__all__) == set(locuscope._HOMES)


@pytest.mark.parametrize("name", locuscope.__all__)
def test_name_is_importable_and_documented(name: str) -> None:
    value = getattr(locuscope, name)
    assert inspect.getdoc(value), f"{name} has no docstring"
    assert inspect.ismodule(value) == (name in MODULES), f"{name} is a module"


def test_type_checkers_see_every_name() -> None:
    source = (ROOT / "python_pkg" / "locuscope" / "__init__.py").read_text(encoding="utf-8")
    typed = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            typed |= {a.asname for stmt in node.body for a in stmt.names}  # type: ignore[attr-defined]
    assert typed == set(locuscope.__all__)


def test_api_index_lists_exactly_the_public_names() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert listed == set(locuscope.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = locuscope.no_such_name
