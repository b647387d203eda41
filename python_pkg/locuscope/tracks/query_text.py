"""The text of a track query: its grammar, and the tracks that it finds.

Tokens are separated by blanks; each one is a condition, and all must hold:

    liver               in some text field            "brain cortex"       with its blank
    assay_title:rna     in one field                  assay_title:="RNA"   equal, case ignored
    -liver              leading minus: must not       "say ""hi"" twice"   doubled quotes: one

A token with a colon is a term of that field when the field is known, a plain word when it occurs as
it is (`UBERON:0002107`), an unknown field when its head is an identifier, else a plain word. An
empty value is no condition. A missing cell holds nothing: `field:x` fails on it, `-field:x` passes.
Each condition is decided once per distinct value. The page reads the same grammar in
`src/core/query_text.ts`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from locuscope.errors import OptionError, UnknownTrackFieldError, closest
from locuscope.tracks.columns import CategoryColumn, Column
from locuscope.tracks.track_metadata import KNOWN_FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.track_table import TrackTable

TEXT_FIELDS = (
    "track_name",
    "ontology_curie",
    "biosample_name",
    "assay_title",
    "histone_mark",
    "transcription_factor",
    "gtex_tissue",
)
"""Fields that a plain word is looked for in."""
MAX_TEXT = 500
"""Longest text, in characters."""

# Blanks are those of str.split, and the byte order mark that pasted text may carry.
_BLANK = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_QUOTED = r'"((?:[^"]|"")*)(?:"|\Z)'
_TOKEN = re.compile(
    rf"(?=[^{_BLANK}])(-?)(?:{_QUOTED}|([^{_BLANK}:]*):(=?){_QUOTED}|([^{_BLANK}]*))"
)
_WORD = re.compile(r"([^:]*):(=?)(.*)", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# `track_index` is a place, not a text; the page does not even hold it.
_NAMEABLE = frozenset(KNOWN_FIELDS) - {"track_index"}
_MOST_DIGITS = 21  # numbers below 10^21 are written out, as JavaScript does
_LEAST_EXPONENT = -6


@dataclass(frozen=True)
class Token:
    """One token: the text as typed, and its parts; `field` is None without a colon or in quotes."""

    text: str
    is_negated: bool
    field: str | None
    is_exact: bool
    value: str

    @property
    def whole(self) -> str:
        """The token as one word, without sign and quotes."""
        head = "" if self.field is None else f"{self.field}:{'=' * self.is_exact}"
        return head + self.value


@dataclass(frozen=True)
class Term:
    """One condition: a folded text in a field, or in any text field when `field` is None."""

    field: str | None
    value: str
    is_exact: bool = False
    is_negated: bool = False


@dataclass(frozen=True)
class QueryProblem:
    """A token that asks for a field that does not exist, and the fields perhaps meant."""

    token: str
    field: str
    closest: tuple[str, ...]


def fold(text: str) -> str:
    """Text as searches compare it: composed characters, case removed.

    >>> fold("GTEx Straße")
    'gtex strasse'
    """
    return unicodedata.normalize("NFC", text).casefold()


def value_text(value: object) -> str:
    """A value as text, the same on both sides of the wire: `true`, `false`, `3` for 3.0.

    Numbers are written as JavaScript writes them.

    >>> [value_text(value) for value in (True, 3.0, 1.5, 1e-7, 1e21, "atac")]
    ['true', '3', '1.5', '1e-7', '1e+21', 'atac']
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return _float_text(value) if isinstance(value, float) else str(value)


def shown_text(value: object) -> str | None:
    """`value_text`, and None for missing.

    >>> shown_text(None), shown_text(False)
    (None, 'false')
    """
    return None if value is None else value_text(value)


def folded_text(value: object) -> str:
    """`value_text` in the form that searches compare; empty for missing.

    >>> folded_text("K562"), folded_text(None)
    ('k562', '')
    """
    return "" if value is None else fold(value_text(value))


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of a text.

    Raises:
        OptionError: more than 500 characters.

    >>> [(token.field, token.value) for token in tokens_of('-"a b" strand:=+')]
    [(None, 'a b'), ('strand', '+')]
    """
    if len(text) > MAX_TEXT:
        message = f"The search text has {len(text):,} characters; at most {MAX_TEXT} are read."
        raise OptionError(message, option="text", value=text[:80], allowed=MAX_TEXT)
    return tuple(_token(match) for match in _TOKEN.finditer(text))


def text_mask(table: TrackTable, text: str, *, strict: bool = True) -> NDArray[np.bool_]:
    """Rows that fulfil every condition of a text.

    Args:
        table: the tracks.
        text: the search text.
        strict: raise on a field that does not exist; False leaves such a token out, as the page
            does beside its message.

    Raises:
        UnknownTrackFieldError: `strict`, and a token names a field that does not exist.
        OptionError: more than 500 characters.

    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> rows = [{"output_type": "atac", "strand": s, "track_name": s * 2} for s in "+-."]
    >>> table = TrackMetadataCatalog.from_rows(rows).table()
    >>> text_mask(table, "-strand:.").tolist(), text_mask(table, '"--"').tolist()
    ([True, True, False], [False, True, False])
    """
    terms, problems = _read(table, text)
    if strict and problems:
        raise _unknown(table, problems[0])
    keep = np.ones(len(table), np.bool_)
    for term in terms:
        found = _rows_with(table, term)
        keep &= ~found if term.is_negated else found
    return keep


def query_problems(table: TrackTable, text: str) -> tuple[QueryProblem, ...]:
    """Tokens of a text whose field does not exist, in order.

    >>> from locuscope.tracks.metadata import TrackMetadataCatalog
    >>> table = TrackMetadataCatalog.from_rows([{"output_type": "atac"}]).table()
    >>> query_problems(table, "liver -strnd:+")
    (QueryProblem(token='-strnd:+', field='strnd', closest=('strand',)),)
    """
    return tuple(_read(table, text)[1])


def _token(match: re.Match[str]) -> Token:
    sign, phrase, head, equals, quoted, word = match.groups()
    negated = sign == "-"
    if phrase is not None:
        return Token(match[0], negated, None, is_exact=False, value=phrase.replace('""', '"'))
    if quoted is not None:
        value = quoted.replace('""', '"')
        return Token(match[0], negated, head, is_exact=equals == "=", value=value)
    parts = _WORD.fullmatch(word)
    if parts is None:
        return Token(match[0], negated, None, is_exact=False, value=word)
    return Token(match[0], negated, parts[1], is_exact=parts[2] == "=", value=parts[3])


def _read(table: TrackTable, text: str) -> tuple[list[Term], list[QueryProblem]]:
    """A text as conditions on this table, and its tokens that are none."""
    terms, problems = [], []
    for token in tokens_of(text):
        name, value = token.field, fold(token.value)
        if name is not None and _is_nameable(table, name):
            if value:
                terms.append(Term(name, value, token.is_exact, token.is_negated))
            continue
        word = Term(None, fold(token.whole), is_negated=token.is_negated)
        if name is not None and _IDENTIFIER.fullmatch(name) and not _rows_with(table, word).any():
            if value:
                problems.append(QueryProblem(token.text, name, closest(name, _nameable(table))))
        elif word.value:
            terms.append(word)
    return terms, problems


def _is_nameable(table: TrackTable, name: str) -> bool:
    """Known fields, and fields that some track has a value of: what the page knows as well."""
    if name in _NAMEABLE:
        return True
    if name == "track_index" or not table.has_field(name):
        return False
    column = table.column_store(name)
    if isinstance(column, CategoryColumn):
        return bool((column.codes >= 0).any())
    return not bool(np.isnan(column.numbers).all())


def _nameable(table: TrackTable) -> list[str]:
    return sorted({*_NAMEABLE, *(name for name in table.fields if _is_nameable(table, name))})


def _unknown(table: TrackTable, problem: QueryProblem) -> UnknownTrackFieldError:
    names = _nameable(table)
    near = " or ".join(repr(name) for name in problem.closest)
    message = (
        f"The search text asks {problem.token!r}, but there is no field {problem.field!r} to "
        f"search.{f' Did you mean {near}?' if near else ''} Fields: {', '.join(names)}. "
        f'Put the token in quotes to look for it as a word: "{problem.token.lstrip("-")}".'
    )
    return UnknownTrackFieldError(message, name=problem.field, known=names, closest=problem.closest)


def _rows_with(table: TrackTable, term: Term) -> NDArray[np.bool_]:
    """Rows whose field holds the text of a term, its sign left aside."""
    found = np.zeros(len(table), np.bool_)
    for name in TEXT_FIELDS if term.field is None else (term.field,):
        if table.has_field(name):
            found |= _words_of(table.column_store(name)).rows(term)
    return found


@dataclass(frozen=True, eq=False)
class _Words:
    """The folded texts of a column's distinct values, and the value of each row; -1 is missing."""

    texts: tuple[str, ...]
    codes: NDArray[np.int32]

    def rows(self, term: Term) -> NDArray[np.bool_]:
        value = term.value
        held = (
            [text == value for text in self.texts]
            if term.is_exact
            else [value in text for text in self.texts]
        )
        flags = np.array([*held, False], np.bool_)
        rows: NDArray[np.bool_] = flags[self.codes]
        return rows


# Folding thousands of names costs more than a search in them; columns never change.
_FOLDED: WeakKeyDictionary[Column, _Words] = WeakKeyDictionary()


def _words_of(column: Column) -> _Words:
    words = _FOLDED.get(column)
    if words is None:
        named = column if isinstance(column, CategoryColumn) else number_categories(column.numbers)
        texts = tuple(fold(value_text(value)) for value in named.values)
        words = _FOLDED[column] = _Words(texts, named.codes)
    return words


def number_categories(numbers: NDArray[np.float64]) -> CategoryColumn:
    """Numbers as categories in ascending order; NaN is missing."""
    values, inverse = np.unique(numbers, return_inverse=True, equal_nan=True)
    codes = inverse.astype(np.int32)
    if values.size and np.isnan(values[-1]):
        codes[codes == values.size - 1] = -1
        values = values[:-1]
    return CategoryColumn(tuple(values.tolist()), codes)


def _float_text(value: float) -> str:
    """The shortest decimal text of a number, laid out as JavaScript's String does."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if value == 0:
        return "0"
    mantissa, _, written = f"{value!r}".partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    before, _, after = mantissa.partition(".")
    digits = (before + after).lstrip("0")
    # The number is 0.digits times ten to the power of `point`.
    point = int(written or 0) + (len(before) if before != "0" else len(digits) - len(after))
    digits = digits.rstrip("0")
    if len(digits) <= point <= _MOST_DIGITS:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _MOST_DIGITS:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _LEAST_EXPONENT < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"
