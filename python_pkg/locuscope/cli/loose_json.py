"""Dictionaries typed at a prompt: JSON, and also the unquoted keys of published command lines.

`'{rc_merging:"max"}'` is read by the small grammar below and never evaluated: objects, lists,
texts in double or single quotes, numbers, true, false and null; a key may stand without quotes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

Item = TypeVar("Item")

MAX_DEPTH = 16
EXAMPLES = {"--dataloader_args": '{"fasta_file": "hg38.fa"}'}
CONSTANTS: dict[str, object] = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
}
_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<mark>[{}\[\]:,])
    |(?P<text>"(?:[^"\\]|\\.)*"|'[^']*')
    |(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<word>[A-Za-z_][\w.-]*)""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str


def read_mapping(text: str, flag: str) -> dict[str, object]:
    """Read one dictionary, or the path of a `.json` file that holds one.

    Args:
        text: what was typed.
        flag: the option it belongs to, as it is typed.

    Raises:
        OptionError: something else than a dictionary, a key twice, a text without quotes.

    >>> read_mapping('{rc_merging: "max", "n": 2}', "--score-kwargs")
    {'rc_merging': 'max', 'n': 2}
    """
    source = text
    if text.endswith(".json") and Path(text).is_file():
        source = Path(text).read_text(encoding="utf-8")
    try:
        value = _Reader(_tokens(source)).read()
    except ValueError as error:
        message = _refusal(text, flag, str(error))
        raise OptionError(message, option=_name(flag), value=text) from error
    if not isinstance(value, dict):
        message = _refusal(text, flag, f"it is a {type(value).__name__}")
        raise OptionError(message, option=_name(flag), value=text)
    return value


def _refusal(text: str, flag: str, why: str) -> str:
    shown = text if len(text) <= 80 else f"{text[:80]}..."
    such = EXAMPLES.get(flag, '{"rc_merging": "max"}')
    return (
        f"{flag} takes JSON objects such as '{such}' "
        f"(keys may stand without quotes); got {shown!r}: {why}."
    )


def _name(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"{text[at : at + 20]!r} at character {at + 1} cannot be read")
        if match.lastgroup != "blank":
            found.append(_Token(str(match.lastgroup), match[0]))
        at = match.end()
    return found


class _Reader:
    """Read tokens from left to right; each method takes what it names."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def read(self) -> object:
        value = self._value(0)
        if self.at < len(self.tokens):
            raise ValueError(f"{self.tokens[self.at].text!r} follows where it should end")
        return value

    def _next(self, expected: str) -> _Token:
        if self.at >= len(self.tokens):
            raise ValueError(f"it ends where {expected} should follow")
        self.at += 1
        return self.tokens[self.at - 1]

    def _value(self, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        token = self._next("a value")
        if token.text == "{" and token.kind == "mark":
            return self._mapping(depth)
        if token.text == "[" and token.kind == "mark":
            return self._items("]", lambda: self._value(depth + 1))
        if token.kind == "text":
            return _text(token.text)
        if token.kind == "number":
            return json.loads(token.text)
        if token.kind == "word" and token.text in CONSTANTS:
            return CONSTANTS[token.text]
        if token.kind == "word":
            raise ValueError(f"the value {token.text} needs quotes")
        raise ValueError(f"{token.text!r} stands where a value should be")

    def _mapping(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in self._items("}", lambda: self._pair(depth)):
            if key in found:
                raise ValueError(f"the key {key!r} is there twice")
            found[key] = value
        return found

    def _pair(self, depth: int) -> tuple[str, object]:
        key = self._next("a key")
        if key.kind not in ("text", "word"):
            raise ValueError(f"{key.text!r} stands where a key should be")
        colon = self._next("':'")
        if colon.text != ":" or colon.kind != "mark":
            raise ValueError(f"{colon.text!r} stands where ':' should be")
        name = key.text if key.kind == "word" else _text(key.text)
        return name, self._value(depth + 1)

    def _items(self, end: str, one: Callable[[], Item]) -> list[Item]:
        """Take what stands between the opening mark, already taken, and `end`."""
        found: list[Item] = []
        if self.at < len(self.tokens) and self.tokens[self.at] == ("mark", end):
            self.at += 1
            return found
        while True:
            found.append(one())
            mark = self._next(f"',' or {end!r}")
            if mark == ("mark", end):
                return found
            if mark != ("mark", ","):
                raise ValueError(f"{mark.text!r} stands where ',' or {end!r} should be")


def _text(quoted: str) -> str:
    if quoted.startswith("'"):
        return quoted[1:-1]
    return str(json.loads(quoted))
