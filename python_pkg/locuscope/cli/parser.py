"""The parser of the command: what cannot be parsed ends in one sentence with the closest name."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from locuscope.errors import closest

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHOICE = re.compile(r"(argument .+: )?invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
_NUMBER = re.compile(r"argument (.+): invalid (?:int|float) value: (.*)", re.DOTALL)


def flags_of(parser: argparse.ArgumentParser) -> list[str]:
    """Give the long options that the help of a parser shows, each once."""
    return list(dict.fromkeys(re.findall(r"--[a-z][a-z_-]*", parser.format_help())))


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are one sentence on standard error, and exit code 2."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse words that are left, where the command is known that they were for."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            option = next((word for word in rest if word.startswith("-")), None)
            self.error(f"no option {option}" if option else f"one word too many: {rest[0]!r}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Print one sentence and end with code 2."""
        self.exit(2, f"{self.prog}: {self._said(message)}\n")

    def _said(self, message: str) -> str:
        choice, number = _CHOICE.fullmatch(message), _NUMBER.fullmatch(message)
        if number is not None:
            return f"{number[1]} takes a number; got {number[2]}."
        if choice is not None:
            known = [name.strip("'\" ") for name in choice[3].split(",")]
            where = "" if choice[1] is None else choice[1].removeprefix("argument ")
            if near := closest(choice[2], known):
                return f"{where}{choice[2]!r} is none of the choices; {_question(near)}"
            return f"{where}{choice[2]!r} is none of {', '.join(known)}."
        near = ()
        if message.startswith("no option "):
            near = closest(message.rsplit(maxsplit=1)[-1].partition("=")[0], flags_of(self))
        if near:
            return f"{message}; {_question(near)}"
        return f"{message}; see {self.prog} --help."


def _question(names: Sequence[str]) -> str:
    return f"did you mean {' or '.join(names)}?"
