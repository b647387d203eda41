"""Numbers and names as people read them in a figure."""

from __future__ import annotations

import math
import re
from typing import Final

MINUS: Final = "\u2212"
NONE: Final = "\u2013"
_ODD: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SMALL, _WHOLE, _BIG = 1e-3, 999.5, 9_999


def number(value: float, *, is_signed: bool = False) -> str:
    """Give three significant digits, an en dash for a missing value.

    >>> number(0.40321), number(0.0512, is_signed=True), number(0.0), number(123456)
    ('0.403', '+0.0512', '0', '123,456')
    """
    if math.isnan(value):
        return NONE
    if value == 0:
        return "0"
    size = abs(value)
    if math.isinf(size):
        text = "infinite"
    elif size > _BIG:
        text = f"{size:,.0f}"
    elif size >= _WHOLE:
        text = f"{size:.0f}"
    elif size < _SMALL:
        mantissa, _, exponent = f"{size:.3g}".partition("e")
        text = f"{mantissa}e{MINUS}{exponent.lstrip('-0')}" if exponent else mantissa
    else:
        text = f"{size:.3g}"
    return f"{MINUS if value < 0 else '+' if is_signed else ''}{text}"


def plain(text: str, limit: int = 60) -> str:
    r"""Give text that draws as it reads: controls as a symbol, long text without its middle.

    >>> ascii(plain("rs1\u202e42")), plain("ACGTACGTACGT", 8)
    ("'rs1\\ufffd42'", 'ACG…ACGT')
    """
    shown = _ODD.sub("\ufffd", text)
    if len(shown) <= limit:
        return shown
    head = (limit - 1) // 2
    return f"{shown[:head]}\u2026{shown[len(shown) - (limit - 1 - head) :]}"


def allele(text: str, limit: int = 12) -> str:
    """Give an allele, a long one by its ends and its length.

    >>> allele("ACG"), allele("ACGT" * 10)
    ('ACG', 'ACGTA…TACGT (40 bp)')
    """
    if len(text) <= limit:
        return plain(text)
    return f"{plain(text, limit - 1)} ({len(text):,} bp)"
