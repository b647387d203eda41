"""How numbers and texts become bytes for the page: little-endian buffers and dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, DTypeLike, NDArray

_STEPS: Final = {"u8": 254, "u16": 65_534}
_DTYPES: Final = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i8": "<i1", "f32": "<f4", "f64": "<f8"}


def pack(values: ArrayLike, dtype: str) -> bytes:
    """Values as one little-endian buffer; `dtype` in the words of the wire (`u32`, `f32` ...).

    >>> pack([1, 258], "u16").hex()
    '01000201'
    """
    return np.ascontiguousarray(values, dtype=_DTYPES[dtype]).tobytes()


def code_type(n_values: int) -> str:
    """The narrowest code that counts 0 (missing) to `n_values`."""
    if n_values < 2**8:
        return "u8"
    return "u16" if n_values < 2**16 else "u32"


def quantise(values: NDArray[np.float32], encoding: str) -> tuple[bytes, bytes]:
    """Values (tracks, bins, stats) as ranges (tracks, lo|hi) f32 and codes.

    `lo + q (hi - lo) / 65534` (u8: 254) gives a value back to half a step; the largest code means
    missing (NaN). Infinite values take the end of the finite range. `f32` keeps every bit.

    >>> ranges, codes = quantise(np.array([[[0.0], [1.0], [np.nan]]], dtype=np.float32), "u8")
    >>> list(codes)
    [0, 254, 255]
    """
    ranges = finite_range(values.reshape(len(values), -1))
    if encoding == "f32":
        return pack(ranges, "f32"), pack(values, "f32")
    steps = _STEPS[encoding]
    lo = ranges[:, :1, None].astype(np.float64)
    width = ranges[:, 1:, None].astype(np.float64) - lo
    scale = np.divide(steps, width, out=np.zeros_like(width), where=width > 0)
    missing = np.isnan(values)
    inside = np.clip(np.where(missing, lo, values), lo, lo + width)
    codes = np.floor((inside - lo) * scale + 0.5)
    np.minimum(codes, steps, out=codes)
    codes[missing] = steps + 1
    return pack(ranges, "f32"), pack(codes, encoding)


def finite_range(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smallest and largest finite value of each row, (rows, 2) float32; 0, 0 without any."""
    finite = np.where(np.isfinite(values), values, np.float32(np.nan))
    if values.shape[-1] == 0:
        return np.zeros((len(values), 2), dtype=np.float32)
    lo, hi = np.fmin.reduce(finite, axis=-1), np.fmax.reduce(finite, axis=-1)
    ranges: NDArray[np.float32] = np.nan_to_num(np.stack([lo, hi], axis=-1), nan=0.0)
    return ranges.astype(np.float32)


def pack_texts(texts: Iterable[str]) -> bytes:
    r"""A dictionary: texts joined by newlines; `\` and newlines inside a text are escaped.

    >>> pack_texts(["a", "b\nc"])
    b'a\nb\\nc'
    """
    escaped = (text.replace("\\", "\\\\").replace("\n", "\\n") for text in texts)
    return "\n".join(escaped).encode("utf-8", "replace")


def unpack_texts(buffer: bytes, n_texts: int) -> list[str]:
    """The texts of a dictionary; `n_texts` tells no text from one empty text."""
    if n_texts == 0:
        return []
    return [_unescape(text) for text in buffer.decode("utf-8").split("\n")]


def numpy_type(dtype: str) -> DTypeLike:
    """The numpy type of a wire type.

    >>> numpy_type("u16")
    dtype('uint16')
    """
    return np.dtype(_DTYPES[dtype])


def _unescape(text: str) -> str:
    pieces = text.split("\\\\")
    return "\\".join(piece.replace("\\n", "\n") for piece in pieces)
