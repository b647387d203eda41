"""Bases as text and as arrays: one-hot, its inverse, the other strand, and the checks at the door.

The order of the bases is ACGT everywhere. One-hot is (A, L) or (N, A, L); a base that is not one of
the four is a column of zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import numpy as np

from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError, WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BASES = "ACGT"
IUPAC = "ACGTRYSWKMBDHVN"
"""The letters that stand for bases; all but the first four mean "one of several"."""

_COMPLEMENTS = "TGCAYRSWMKVHDBN"
_DTYPES = ("uint8", "bool", "float16", "float32")
_LONG = 4096  # bases from which on vectorised checks pay
_UPPER_MASK = 0xDF  # clears the bit that tells a lower-case ASCII letter from its upper-case one
ILLEGAL = 255
AMBIGUOUS = 128
"""In text translated by `CHECKED`: a byte from here on is no plain A, C, G, T or N."""

_T = TypeVar("_T")


def _table(letters: str, values: Sequence[int]) -> bytes:
    """A 256-byte translation table for both cases; every other byte becomes 255."""
    table = bytearray([ILLEGAL] * 256)
    for letter, value in zip(letters, values, strict=True):
        table[ord(letter)] = table[ord(letter.lower())] = value
    return bytes(table)


def _complement_table() -> bytes:
    table = bytearray([ILLEGAL] * 256)
    for letter, other in zip(IUPAC, _COMPLEMENTS, strict=True):
        table[ord(letter)] = ord(other)
        table[ord(letter.lower())] = ord(other.lower())
    return bytes(table)


def _checked_table() -> bytes:
    """Upper-case; letters for several bases get bit 7, anything else becomes `ILLEGAL`."""
    table = _table(IUPAC, [ord(letter) | AMBIGUOUS for letter in IUPAC])
    plain = _table("ACGTN", [ord(letter) for letter in "ACGTN"])
    return bytes(p if p != ILLEGAL else t for p, t in zip(plain, table, strict=True))


CHECKED = _checked_table()
"""Table for `bytes.translate`: one pass upper-cases and marks what is not one of A, C, G, T, N."""

_INDEX_TABLE = _table(IUPAC, [0, 1, 2, 3, *[4] * 11])
_COMPLEMENT_TABLE = _complement_table()


def one_hot(
    sequence: str | bytes | Sequence[str | bytes],
    *,
    dtype: str = "uint8",
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Turn bases into channels.

    Lower case counts as upper. N and the other IUPAC letters give a zero column; they are never
    resolved to a base.

    Args:
        sequence: text or bytes, or a list of them of equal length.
        dtype: "uint8", "bool", "float16" or "float32".
        out: an array of the right shape to fill; its own type then counts.

    Returns:
        (A, L), or (N, A, L) for a list.

    Raises:
        InputError: a character that is no base letter (`-`, `*`, `U`, a blank), with its place.
        ShapeError: sequences of unequal length, or an `out` of another shape.

    >>> one_hot("AcN").tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    """
    codes = _codes(sequence)
    shape = (*codes.shape[:-1], 4, codes.shape[-1])
    if dtype not in _DTYPES:
        raise OptionError(
            f"dtype is {dtype!r}; use one of {', '.join(_DTYPES)}.",
            option="dtype",
            value=dtype,
            allowed=_DTYPES,
        )
    if out is not None and (out.shape != shape or out.dtype.name not in _DTYPES):
        raise ShapeError(
            f"out is {out.dtype} {out.shape}; {shape} of {', '.join(_DTYPES)} is needed.",
            found=out.shape,
            expected=shape,
        )
    upper = codes & np.uint8(_UPPER_MASK)
    found = np.empty(shape, dtype=np.bool_)
    for row, base in enumerate(BASES.encode()):
        np.equal(upper, base, out=found[..., row, :])
    if np.count_nonzero(found) != codes.size:
        _check_letters(codes)
    if out is None:
        return found.view(np.uint8) if dtype == "uint8" else found.astype(dtype, copy=False)
    out[...] = found
    return out


def decode(one_hot: NDArray[Any]) -> str | list[str]:
    """Turn channels back into upper-case bases; a zero column is N.

    Returns:
        Text for (A, L), a list of texts for (N, A, L).

    Raises:
        ShapeError, InputError: what `check_one_hot` refuses.

    >>> decode(one_hot("ACNT"))
    'ACNT'
    """
    check_one_hot(one_hot, where="one_hot")
    x = _as_numpy(one_hot)
    index = np.where(x.any(axis=-2), x.argmax(axis=-2), 4)
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)[index]
    if letters.ndim == 1:
        return letters.tobytes().decode("ascii")
    return [row.tobytes().decode("ascii") for row in letters]


def encode_indices(sequence: str | bytes) -> NDArray[np.uint8]:
    """Index of each base in ACGT, uint8 (L,); 4 where the letter is not one of the four.

    >>> encode_indices("ACGTn").tolist()
    [0, 1, 2, 3, 4]
    """
    codes = _codes(sequence)
    if codes.ndim != 1:
        raise WrongTypeError(
            f"encode_indices takes one sequence, not a list of {len(codes)}.",
            argument="sequence",
            found=type(sequence).__name__,
            expected="str or bytes",
        )
    index = np.frombuffer(codes.tobytes().translate(_INDEX_TABLE), dtype=np.uint8)
    if index.size and index.max() == ILLEGAL:
        _check_letters(codes)
    return index


def count_unknown(x: NDArray[Any]) -> int | NDArray[np.int64]:
    """Number of zero columns of a one-hot: an int for (A, L), int64 (N,) for (N, A, L)."""
    array = _as_numpy(x)
    _check_channels(array.shape, "input")
    empty = np.count_nonzero(~array.any(axis=-2), axis=-1)
    return int(empty) if array.ndim == 2 else np.asarray(empty, dtype=np.int64)


def reverse_complement(x: _T) -> _T:
    """The other strand, read in its own direction; twice is the identity.

    Args:
        x: text or bytes (all IUPAC letters, case kept), a numpy one-hot (..., A, L), or a torch
            tensor of that layout.

    Returns:
        The same kind. A numpy array comes back as a view on the same memory, a tensor as a copy.

    >>> reverse_complement("AACGn")
    'nCGTT'
    """
    if isinstance(x, (str, bytes)):
        flipped = _complement_text(x)
        return cast("_T", flipped.decode("ascii") if isinstance(x, str) else flipped)
    shape = getattr(x, "shape", None)
    if shape is None or len(shape) < 2:
        raise WrongTypeError(
            f"reverse_complement takes text or a one-hot array, not {type(x).__name__}.",
            argument="x",
            found=type(x).__name__,
            expected="str, bytes, array or tensor",
        )
    _check_channels(tuple(shape), "input")
    if isinstance(x, np.ndarray):
        return cast("_T", x[..., ::-1, ::-1])
    return cast("_T", cast("Any", x).flip((-1, -2)))


def check_one_hot(x: Any, *, where: str = "input") -> None:
    """Refuse an array whose columns are not one-hot or all zero.

    Args:
        x: (A, L) or (N, A, L), numpy or torch.
        where: what the array is, for the message.

    Raises:
        ShapeError: other than four channels; says "looks transposed" for (L, 4) and (N, L, 4).
            A square (4, 4) is taken as (A, L).
        NonFiniteError: NaN or Inf.
        InputError: any other column, with the first (example, position).
    """
    array = _as_numpy(x)
    _check_channels(array.shape, where)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = ~np.isfinite(array).all(axis=-2)
        raise NonFiniteError(
            f"{where} holds NaN or Inf in {np.count_nonzero(bad):,} columns, first at "
            f"{_first(bad)}; use a zero column for an unknown base.",
            where=where,
            count=int(np.count_nonzero(bad)),
            first=_first(bad),
        )
    binary = ((array == 0) | (array == 1)).all(axis=-2)
    total = array.astype(bool, copy=False).sum(axis=-2, dtype=np.uint8)
    bad = ~(binary & (total <= 1))
    if bad.any():
        column = np.moveaxis(array, -2, -1)[bad][0].tolist()
        raise InputError(
            f"{where} is not one-hot at {_first(bad)}: {column}; "
            "a column holds one 1, or zeros for an unknown base."
        )


@overload
def gc_fraction(x: str | bytes) -> float: ...
@overload
def gc_fraction(x: NDArray[Any]) -> float | NDArray[np.float64]: ...
def gc_fraction(x: str | bytes | NDArray[Any]) -> float | NDArray[np.float64]:
    """G + C over the positions that hold one of ACGT; NaN where there is none.

    >>> gc_fraction("GGAN")
    0.6666666666666666
    """
    array = one_hot(x, dtype="bool") if isinstance(x, (str, bytes)) else _as_numpy(x)
    _check_channels(array.shape, "input")
    counts = np.count_nonzero(array, axis=-1)
    total = counts.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        fraction = np.asarray((counts[..., 1] + counts[..., 2]) / total, dtype=np.float64)
    return float(fraction) if fraction.ndim == 0 else fraction


def plain_upper(raw: bytes) -> bytes | None:
    """The bases in upper case when each is one of A, C, G, T, N in either case, else None."""
    if len(raw) < _LONG:
        clean = raw.translate(CHECKED)
        return clean if clean.isascii() else None
    # Five vectorised comparisons beat a table look-up per byte.
    upper = np.frombuffer(raw, dtype=np.uint8) & np.uint8(_UPPER_MASK)
    is_plain = upper == ord("A")
    here = np.empty_like(is_plain)
    for base in b"CGTN":
        np.logical_or(is_plain, np.equal(upper, base, out=here), out=is_plain)
    return upper.tobytes() if is_plain.all() else None


def first_odd_letter(raw: bytes) -> tuple[int, bool]:
    """Where in text that `plain_upper` refuses the culprit stands, and whether it is legal.

    The first illegal letter, or the first that means several bases when all are legal.
    """
    codes = np.frombuffer(raw.translate(CHECKED), dtype=np.uint8)
    illegal = np.flatnonzero(codes == ILLEGAL)
    if illegal.size:
        return int(illegal[0]), False
    return int(np.argmax(codes >= AMBIGUOUS)), True


def _codes(sequence: str | bytes | Sequence[str | bytes]) -> NDArray[np.uint8]:
    """ASCII codes, (L,) or (N, L)."""
    if isinstance(sequence, (str, bytes)):
        return np.frombuffer(_ascii(sequence), dtype=np.uint8)
    if not isinstance(sequence, (list, tuple)) or not all(
        isinstance(item, (str, bytes)) for item in sequence
    ):
        raise WrongTypeError(
            f"a sequence is text, bytes or a list of them, not {type(sequence).__name__}.",
            argument="sequence",
            found=type(sequence).__name__,
            expected="str, bytes or list",
        )
    length = len(sequence[0]) if sequence else 0
    for index, item in enumerate(sequence):
        if len(item) != length:
            raise ShapeError(
                f"sequence {index} has {len(item):,} bases but sequence 0 has {length:,}.",
                found=len(item),
                expected=length,
            )
    joined = b"".join(_ascii(item, index) for index, item in enumerate(sequence))
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(sequence), length)


def _ascii(sequence: str | bytes, index: int | None = None) -> bytes:
    if isinstance(sequence, bytes):
        return sequence
    try:
        return sequence.encode("ascii")
    except UnicodeEncodeError as error:
        raise _letter_error(sequence[error.start], error.start, index) from error


def _check_letters(codes: NDArray[np.uint8]) -> None:
    """Refuse the first byte that is no IUPAC letter."""
    legal = np.frombuffer(_INDEX_TABLE, dtype=np.uint8) != ILLEGAL
    bad = ~legal[codes]
    if bad.any():
        first = np.argwhere(bad)[0]
        letter = chr(int(codes[tuple(first)]))
        raise _letter_error(letter, int(first[-1]), int(first[0]) if codes.ndim == 2 else None)


def _letter_error(letter: str, position: int, index: int | None) -> InputError:
    of = "" if index is None else f" of sequence {index}"
    return InputError(
        f"{letter!r} at position {position:,}{of} is no base letter; "
        f"legal are {IUPAC} in either case."
    )


def _complement_text(sequence: str | bytes) -> bytes:
    given = _ascii(sequence)
    flipped = given.translate(_COMPLEMENT_TABLE)[::-1]
    if bytes([ILLEGAL]) in flipped:
        _check_letters(np.frombuffer(given, dtype=np.uint8))
    return flipped


def _as_numpy(x: Any) -> NDArray[Any]:
    """A numpy view of an array or tensor; bfloat16 has no numpy twin and is widened."""
    if hasattr(x, "detach"):
        plain = x.detach().cpu()
        return cast("NDArray[Any]", (plain.float() if plain.is_floating_point() else plain).numpy())
    return np.asarray(x)


def _check_channels(shape: tuple[int, ...], where: str) -> None:
    if len(shape) >= 2 and shape[-2] == 4:
        return
    hint = "it looks transposed: (..., 4, L) is needed" if shape[-1:] == (4,) else "4 rows are ACGT"
    raise ShapeError(
        f"{where} has shape {tuple(shape)}; {hint}.", found=tuple(shape), expected="(..., 4, L)"
    )


def _first(bad: NDArray[np.bool_]) -> tuple[int, ...] | int:
    """Place of the first True: a position for (L,), (example, position) for (N, L)."""
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    return place if len(place) > 1 else place[0]
