"""Run R code that only calls Python through reticulate, with the values that R would send.

R has no whole numbers unless they are asked for: `16` arrives as 16.0. A vector of one is a scalar,
a list without names a list, a named list a dictionary, a data frame one of pandas.
"""

from __future__ import annotations

import importlib
import re

import pandas as pd

TOKEN = re.compile(
    r"""(?P<text>"[^"]*")
    |(?P<comment>\#[^\n]*)
    |(?P<whole>\b\d+L\b)
    |(?P<number>\b\d+(?:\.\d+)?(?:e-?\d+)?\b)
    |(?P<word>data\.frame|<-|\$|\b(?:TRUE|FALSE|NULL|list|c|import)\b)""",
    re.VERBOSE,
)
WORDS = {
    "data.frame": "_frame",
    "<-": "=",
    "$": ".",
    "TRUE": "True",
    "FALSE": "False",
    "NULL": "None",
    "list": "_list",
    "c": "_vector",
    "import": "_import",
}


def as_python(code):
    """The same calls in Python; texts stay as they are."""

    def one(match):
        kind, text = match.lastgroup, match[0]
        if kind == "whole":
            return text[:-1]
        if kind == "number":
            return repr(float(text))
        return {"text": text, "comment": ""}.get(kind, WORDS.get(text))

    lines = [line for line in code.splitlines() if not line.startswith("library(")]
    return TOKEN.sub(one, "\n".join(lines))


def vector(*values):
    return values[0] if len(values) == 1 else list(values)


def r_list(*values, **named):
    return named or list(values)


def run(code):
    """Run the code; the names that it leaves."""
    names = {
        "_frame": lambda **columns: pd.DataFrame(columns),
        "_list": r_list,
        "_vector": vector,
        "_import": importlib.import_module,
    }
    exec(compile(as_python(code), "R", "exec"), names)  # noqa: S102 - our own text
    return names
