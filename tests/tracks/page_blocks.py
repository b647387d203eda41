"""Run the code of a page of `docs/`; an expression with a value behind it must have that value."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Page:
    """The fenced blocks of one page."""

    def __init__(self, name):
        self.path = DOCS / name
        self.text = self.path.read_text(encoding="utf-8")
        self.blocks = [text for kind, text in _FENCE.findall(self.text) if kind == "python"]
        lines = "\n".join(text for kind, text in _FENCE.findall(self.text) if not kind)
        self.commands = [
            shlex.split(line, comments=True)[1:]
            for line in lines.splitlines()
            if line.startswith("locuscope ")
        ]

    def run(self, names):
        """Run all blocks in one namespace; the number of values that were compared."""
        compared = 0
        for block in self.blocks:
            lines = block.splitlines()
            for node in ast.parse(block).body:
                stated = _stated_value(node, lines)
                code = ast.Module([node], [])
                if stated is None:
                    exec(compile(code, self.path.name, "exec"), names)  # noqa: S102 - our own text
                    continue
                expression = compile(ast.Expression(node.value), self.path.name, "eval")
                found = eval(expression, names)  # noqa: S307 - our own text
                assert found == stated[0], f"{lines[node.lineno - 1]} gives {found!r}"
                compared += 1
        return compared


def _stated_value(node, lines):
    """The value in the comment behind an expression, in a tuple; None without a comment."""
    if not isinstance(node, ast.Expr) or node.end_lineno != node.lineno:
        return None
    comment = lines[node.lineno - 1][node.end_col_offset :].strip()
    if not comment.startswith("#"):
        return None
    return (ast.literal_eval(comment.removeprefix("#").strip()),)
