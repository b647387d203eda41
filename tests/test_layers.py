"""The rows of docs/architecture.md hold: no upward import, no circle, a light import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python_pkg" / "locuscope"
DOORS = {"show", "plot", "report", "to_svg", "to_png", "save_html"}
OPEN = {"errors", "_closest", "_lazy", "_version"}


def rows() -> dict[str, int]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```rows-python\n(.*?)```", text, re.DOTALL)
    assert block, "docs/architecture.md has no rows-python block"
    table = {}
    for line in block[1].splitlines():
        row, *rooms = line.split()
        table.update(dict.fromkeys(rooms, int(row)))
    return table


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class Imports(ast.NodeVisitor):
    """Collect what a module imports, apart from types and the late imports of drawing methods."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.module, self.is_package = module, is_package
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name not in DOORS:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {a.name for a in node.names if a.name.split(".")[0] == "locuscope"}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parts = self.module.split(".")
            keep = len(parts) - node.level + (1 if self.is_package else 0)
            base = ".".join([*parts[:keep], *([base] if base else [])])
        if base.split(".")[0] == "locuscope":
            self.found |= {f"{base}.{a.name}" for a in node.names}


def graph() -> dict[str, set[str]]:
    files = {module_name(p): p for p in PACKAGE.rglob("*.py")}
    edges = {}
    for name, path in files.items():
        visitor = Imports(name, is_package=path.name == "__init__.py")
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
        targets = set()
        for found in visitor.found:
            target = found
            while target not in files:
                target = target.rpartition(".")[0]
            targets.add(target)
        edges[name] = targets - {name}
    return edges


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_imports_go_to_rows_above() -> None:
    table = rows()
    wrong = []
    for module, targets in graph().items():
        here = room(module)
        if not here:
            continue
        assert here in table, f"{module}: room {here!r} has no row in docs/architecture.md"
        for target in targets:
            there = room(target)
            if there in OPEN or there == here:
                continue
            if not there or table[there] >= table[here]:
                wrong.append(f"{module} imports {target}")
    assert not wrong, "\n".join(sorted(wrong))


def test_there_is_no_circle() -> None:
    edges = {m: {t for t in targets if room(t)} for m, targets in graph().items()}
    tuple(TopologicalSorter(edges).static_order())  # raises CycleError


def test_every_room_of_the_package_is_listed_and_tested() -> None:
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    assert rooms <= set(rows())
    untested = {name for name in rooms if not list((ROOT / "tests" / name).glob("test_*.py"))}
    assert not untested, f"rooms without tests: {sorted(untested)}"


def run_child(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_is_light() -> None:
    heavy = ("torch", "bokeh", "IPython", "ipykernel", "ipywidgets", "polars", "pandas")
    code = f"import sys, locuscope; print([m for m in {heavy} if m in sys.modules])"
    assert run_child(code) == "[]"


def test_import_time_budget() -> None:
    code = "import time; t = time.perf_counter(); import locuscope; print(time.perf_counter() - t)"
    best = min(float(run_child(code)) for _ in range(3))
    assert best <= 0.3, f"import locuscope took {best:.3f} s"


def test_demo_import_opens_nothing() -> None:
    start = time.perf_counter()
    heavy = ("torch", "h5py", "polars", "pandas")
    code = f"import sys, locuscope; locuscope.demo; print([m for m in {heavy} if m in sys.modules])"
    assert run_child(code) == "[]"
    assert time.perf_counter() - start < 5
