"""Columns of a track table: codes into distinct values, or numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from locuscope.tracks.track_metadata import BOOL_FIELDS, FLOAT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

T = TypeVar("T")

MISSING = -1
# So many comparisons of a whole column cost less than one look-up per row.
_FEW = 4
# A dictionary of so many values takes longer to build than to look through them once.
_MANY = 50_000


@dataclass(frozen=True, eq=False)
class CategoryColumn:
    """A field as codes into its distinct values, in first-seen order; -1 is missing.

    Args:
        values: the distinct values; a selection keeps those of the column that it came from.
        codes: one code per row.
        shared: what `once` has worked out, common to a column and its selections.
    """

    values: tuple[object, ...]
    codes: NDArray[np.int32]
    shared: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def once(self, name: str, make: Callable[[tuple[object, ...]], T]) -> T:
        """What `make` derives from the values; worked out once for all selections of a column."""
        if name not in self.shared:
            self.shared[name] = make(self.values)
        made: T = self.shared[name]
        return made

    @property
    def lookup(self) -> Mapping[object, list[int]]:
        """Value -> codes; values that compare equal (1, True, 1.0) share a key."""
        return self.once("lookup", _lookup)

    def codes_of(self, values: Sequence[object]) -> list[int]:
        """Codes of all values that are equal to one of these; None is the missing code."""
        is_new = len(self.values) > _MANY and "lookup" not in self.shared
        if is_new and len(values) <= _FEW and {str, type(None)}.issuperset(map(type, values)):
            return [code for value in values for code in _places(self.values, value)]
        lookup = self.lookup
        codes = [code for v in values if v is not None for code in lookup.get(value_key(v), ())]
        return [*codes, MISSING] if any(value is None for value in values) else codes

    def accepts(self, values: Sequence[object]) -> NDArray[np.bool_]:
        """Rows that hold one of the values; None in `values` accepts missing.

        >>> CategoryColumn(("a", "b"), np.array([0, 1, -1], np.int32)).accepts(["b", None])
        array([False,  True,  True])
        """
        return self.accepts_codes(self.codes_of(values))

    def accepts_codes(self, codes: Sequence[int]) -> NDArray[np.bool_]:
        """Rows that hold one of these codes."""
        if not codes:
            return np.zeros(len(self), np.bool_)
        if len(codes) > _FEW:
            flags = np.zeros(len(self.values) + 1, np.bool_)
            flags[codes] = True
            # Missing (-1) reads the last place.
            return flags.take(self.codes)
        keep: NDArray[np.bool_] = self.codes == codes[0]
        for code in codes[1:]:
            keep |= self.codes == code
        return keep

    def take(self, rows: NDArray[np.int64]) -> CategoryColumn:
        """The same categories at other rows."""
        return CategoryColumn(self.values, self.codes[rows], self.shared)

    def compact(self, rows: NDArray[np.int64]) -> CategoryColumn:
        """The column at some rows with the values that occur there only, in first-seen order."""
        if _is_yes_no(self.values):
            return self.take(rows)
        codes, first = in_first_seen_order(self.codes[rows])
        picked = self.codes[rows[first]].tolist()
        return CategoryColumn(tuple(self.values[code] for code in picked), codes)

    def is_blank(self) -> bool:
        """Whether every row is missing."""
        return not (self.codes >= 0).any()

    def cells(self) -> list[object]:
        """One Python value per row, None where missing."""
        padded = self.once("padded", lambda values: (*values, None))
        return [padded[code] for code in self.codes.tolist()]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """A numeric field; NaN is missing."""

    numbers: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.numbers)

    def accepts(self, values: Sequence[object]) -> NDArray[np.bool_]:
        """Rows that hold one of the numbers; None in `values` accepts missing."""
        wanted = [value for value in values if isinstance(value, int | float)]
        keep = np.isin(self.numbers, np.array(wanted, np.float64))
        return keep | np.isnan(self.numbers) if any(value is None for value in values) else keep

    def take(self, rows: NDArray[np.int64]) -> NumberColumn:
        """The same numbers at other rows."""
        return NumberColumn(self.numbers[rows])

    def compact(self, rows: NDArray[np.int64]) -> NumberColumn:
        """The column at some rows."""
        return self.take(rows)

    def is_blank(self) -> bool:
        """Whether every row is missing."""
        return bool(np.isnan(self.numbers).all())

    def cells(self) -> list[object]:
        """One Python value per row, None where missing."""
        return [None if number != number else number for number in self.numbers.tolist()]  # noqa: PLR0124


Column: TypeAlias = CategoryColumn | NumberColumn


class Numbering(dict[object, int]):
    """Value -> its place among the distinct values; a new value takes the next place."""

    def __missing__(self, value: object) -> int:
        place = self[value] = len(self)
        return place


def value_key(value: object) -> object:
    """A hashable stand-in for a value; lists become tuples, so that equal values share a key."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return ("list", *(value_key(item) for item in value))
    try:
        hash(value)
    except TypeError:
        return ("text", repr(value))
    return value


def coded(cells: Sequence[object]) -> CategoryColumn:
    """Cells of any type as distinct values and codes; None is missing.

    1, 1.0 and True are equal but different values to write down again, so they are kept apart.

    >>> coded(["b", None, "a", "b"]).codes.tolist()
    [0, -1, 1, 0]
    """
    if set(map(type, cells)) <= {str, type(None)}:
        texts = Numbering({None: 0})
        codes = np.fromiter(map(texts.__getitem__, cells), np.int32, len(cells))
        return CategoryColumn(tuple(texts)[1:], codes - np.int32(1))
    codes = np.empty(len(cells), np.int32)
    values: list[object] = []
    seen: dict[object, int] = {}
    for i, cell in enumerate(cells):
        if cell is None:
            codes[i] = MISSING
            continue
        key = (type(cell), value_key(cell))
        code = seen.get(key)
        if code is None:
            code = seen[key] = len(values)
            values.append(cell)
        codes[i] = code
    return CategoryColumn(tuple(values), codes)


def column_of(field: str, cells: Sequence[object]) -> Column:
    """The column of a list of cells: numbers for the numeric known fields, else categories."""
    if field in FLOAT_FIELDS:
        return NumberColumn(
            np.array([np.nan if cell is None else cell for cell in cells], np.float64)
        )
    column = coded(cells)
    return _yes_no(column) if field in BOOL_FIELDS else column


def recode(column: CategoryColumn, cells: Sequence[object]) -> CategoryColumn:
    """The column whose rows hold `cells[code]`; None is missing, equal cells become one value."""
    merged = coded(cells)
    if len(merged.values) == len(cells):
        return CategoryColumn(merged.values, column.codes)
    return CategoryColumn(merged.values, np.append(merged.codes, np.int32(MISSING))[column.codes])


def typed(name: str, column: CategoryColumn, cells: Sequence[object]) -> Column:
    """`recode` for the field `name`: numbers for the numeric known fields, else categories."""
    if name in FLOAT_FIELDS:
        numbers = [np.nan if cell is None else cell for cell in cells]
        return NumberColumn(np.array([*numbers, np.nan], np.float64)[column.codes])
    found = recode(column, cells)
    return _yes_no(found) if name in BOOL_FIELDS else found


def in_first_seen_order(
    ids: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Renumber ids by their first appearance; -1 stays.

    Returns:
        The new code of every row, and the row where each code stands first.

    >>> codes, first = in_first_seen_order(np.array([7, -1, 3, 7]))
    >>> codes.tolist(), first.tolist()
    ([0, -1, 1, 0], [0, 2])
    """
    n_rows = len(ids)
    n_slots = int(ids.max(initial=MISSING)) + 2
    slots = ids.astype(np.int64)
    if n_slots > 4 * n_rows + 2:
        # Few rows out of a long list of values: a place per value would cost more than sorting.
        slots = np.unique(slots, return_inverse=True)[1] + int(ids.min(initial=0) < 0) * MISSING
        n_slots = int(slots.max(initial=MISSING)) + 2
    slots += 1
    first = np.full(n_slots, n_rows, np.int64)
    # Of several rows with one id the last write stays, which is the first row.
    first[slots[::-1]] = np.arange(n_rows - 1, -1, -1)
    used = (first[1:] < n_rows).nonzero()[0] + 1
    used = used[first[used].argsort()]
    renumbered = np.full(n_slots, MISSING, np.int32)
    renumbered[used] = np.arange(len(used))
    return renumbered[slots], first[used]


def concat_columns(parts: Sequence[Column | None], sizes: Sequence[int], field: str) -> Column:
    """One column under another; None is a part of `size` rows where the field is missing."""
    if field in FLOAT_FIELDS:
        numbers = [
            part.numbers if isinstance(part, NumberColumn) else np.full(size, np.nan)
            for part, size in zip(parts, sizes, strict=True)
        ]
        return NumberColumn(np.concatenate(numbers))
    if len(parts) == 1 and parts[0] is not None:
        return parts[0]
    values: list[object] = []
    seen: dict[object, int] = {}
    codes: list[NDArray[np.int32]] = []
    for whole, size in zip(parts, sizes, strict=True):
        if not isinstance(whole, CategoryColumn):
            codes.append(np.full(size, MISSING, np.int32))
            continue
        # A small selection of a long list of values brings along what it holds only.
        part = whole.compact(np.arange(size)) if len(whole.values) > size else whole
        mapped = []
        for value in part.values:
            key = (type(value), value_key(value))
            if key not in seen:
                seen[key] = len(values)
                values.append(value)
            mapped.append(seen[key])
        codes.append(np.array([*mapped, MISSING], np.int32)[part.codes])
    return CategoryColumn(tuple(values), np.concatenate(codes))


def _lookup(values: tuple[object, ...]) -> dict[object, list[int]]:
    found: dict[object, list[int]] = {}
    for code, value in enumerate(values):
        found.setdefault(value_key(value), []).append(code)
    return found


def _places(values: tuple[object, ...], value: object) -> list[int]:
    """Where a text stands among distinct values; None is the missing code."""
    if value is None:
        return [MISSING]
    try:
        return [values.index(value)]
    except ValueError:
        return []


def _is_yes_no(values: Sequence[object]) -> bool:
    return len(values) > 1 and values[0] is False and values[1] is True


def _yes_no(column: CategoryColumn) -> CategoryColumn:
    """A yes/no column knows both answers, whichever occur: False has code 0, True code 1."""
    others = [value for value in column.values if not isinstance(value, bool)]
    place = {id(value): code for code, value in enumerate((False, True, *others))}
    moved = np.array([*(place[id(value)] for value in column.values), MISSING], np.int32)
    return CategoryColumn((False, True, *others), moved[column.codes])
