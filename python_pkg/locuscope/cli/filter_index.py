"""Indices typed at a prompt: `3`, `0:10`, `0:10,3`, `[:,4]`; a small grammar, never evaluated."""

from __future__ import annotations

import re
from typing import TypeAlias

from locuscope.errors import OptionError

Index: TypeAlias = "int | slice | tuple[int | slice, ...]"

BRACKETS = {"(": ")", "[": "]"}
REST = "..."
_NUMBER = r"\s*(-?\d{1,18})?\s*"
_INTEGER = re.compile(r"\s*(-?\d{1,18})\s*")
_SLICE = re.compile(rf"{_NUMBER}:{_NUMBER}(?::{_NUMBER})?")


def parse_filter_index(text: str, flag: str = "--filter-idx") -> Index:
    """Read which numbers of a layer are meant.

    Args:
        text: whole numbers and slices with commas between them, in brackets or without; `...` at
            the end stands for everything that follows.
        flag: the option it belongs to, as it is typed.

    Returns:
        One entry as it is, several as a tuple.

    Raises:
        OptionError: something else.

    >>> parse_filter_index("0:10,3"), parse_filter_index("[7]")
    ((slice(0, 10, None), 3), 7)
    """
    stated = text.strip()
    is_bracketed = stated[:1] in BRACKETS
    if is_bracketed and stated[-1] != BRACKETS[stated[0]]:
        raise _refusal(text, flag, f"{stated[0]!r} is not closed")
    words = (stated[1:-1] if is_bracketed else stated).split(",")
    if is_bracketed and len(words) > 1 and not words[-1].strip():
        words.pop()  # (3,) is how a tuple of one is written
    if words[-1].strip() == REST:
        words.pop()
        if words and words[0].strip() == ":":
            raise _refusal(text, flag, f"':' first and {REST} leave open which axis ':' is")
    entries = tuple(_entry(word, text, flag) for word in words)
    if not entries:
        return slice(None)
    return entries[0] if len(entries) == 1 else entries


def _entry(word: str, text: str, flag: str) -> int | slice:
    if number := _INTEGER.fullmatch(word):
        return int(number[1])
    if found := _SLICE.fullmatch(word):
        return slice(*(None if part is None else int(part) for part in found.groups()))
    raise _refusal(text, flag, f"{word.strip()!r} is neither a whole number nor a slice")


def _refusal(text: str, flag: str, why: str) -> OptionError:
    return OptionError(
        f"{flag} takes whole numbers and slices such as '3', '0:10' or '0:10,3'; got {text!r}: "
        f"{why}.",
        option=flag.lstrip("-").replace("-", "_"),
        value=text,
    )
