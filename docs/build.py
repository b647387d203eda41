"""Write `docs/api.md` from `locuscope.__all__` and the docstrings: `make docs`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import locuscope

HEAD = """# Public names

`import locuscope as lsc`; every name below is `lsc.<name>`. Made by `make docs`.

| name | what it is | file |
|---|---|---|
"""


def row(name: str) -> str:
    """One table row: name, first line of the docstring, file."""
    value = getattr(locuscope, name)
    first = (inspect.getdoc(value) or "").partition("\n")[0].replace("|", "\\|")
    module = inspect.getmodule(value)
    home = module.__name__.partition(".")[2].replace(".", "/") if module else ""
    return f"| `{name}` | {first} | `{home}` |"


def main() -> int:
    """Write the page."""
    page = HEAD + "\n".join(row(name) for name in locuscope.__all__) + "\n"
    (Path(__file__).parent / "api.md").write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
