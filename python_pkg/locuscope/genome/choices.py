"""Checks at the door: options from a closed list, and arguments of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.errors import OptionError, WrongTypeError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection


def check_choice(option: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value outside a closed list.

    Raises:
        OptionError: naming the option, the value, and the closest allowed values.
    """
    if not isinstance(value, str) or value not in allowed:
        raise OptionError(
            f"{option} is {value!r}; expected one of {', '.join(map(repr, allowed))}:",
            hint=did_you_mean(str(value), allowed),
            option=option,
            value=value,
            allowed=tuple(allowed),
        )


def check_class(argument: str, value: object, expected: type, *, hint: str | None = None) -> None:
    """Refuse a value of another class.

    Raises:
        WrongTypeError: naming the argument and what was given instead.

    >>> check_class("width", 3, int)
    """
    if not isinstance(value, expected):
        shown = value if isinstance(value, type) else type(value)
        raise WrongTypeError(
            f"{argument} takes {_article(expected)}; got {repr(value)[:60]} ({shown.__name__}).",
            hint=hint,
            argument=argument,
            found=type(value).__name__,
            expected=expected.__name__,
        )


def _article(kind: type) -> str:
    name = kind.__name__
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
