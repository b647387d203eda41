"""CRC-32C (Castagnoli), the checksum of TFRecord files, at the speed of a disk.

A CRC without its start and end value is linear: the CRC of two pieces end to end is that of the
first, moved over the length of the second, XOR that of the second. So numpy runs many lanes of a
record side by side and joins them pairwise; numba, where it is installed, runs eight bytes a step.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Words: TypeAlias = NDArray[np.uint32]

ENGINES = ("auto", "numpy", "numba")
_POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41 with its bits reversed
_ALL_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8  # of the TFRecord format, so that a CRC of CRCs is not weak
_PLAIN_BYTES = 128  # below it a loop in Python is faster than lanes
_LANE_BYTES = 128
_MAX_LANES = 1 << 14  # 64 kB of states stay in the cache
_NUMBA_BYTES = 1 << 18  # below it the import of numba does not pay


def crc32c(data: bytes | bytearray | memoryview, *, engine: str = "auto") -> int:
    """CRC-32C of some bytes.

    Args:
        data: the bytes.
        engine: "numpy", "numba", or "auto" (numba for large records where it is installed).

    Raises:
        OptionError: another engine.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    check_choice("engine", engine, ENGINES)
    if len(data) < _PLAIN_BYTES and engine != "numba":
        return plain_crc32c(bytes(data))
    values = np.frombuffer(data, np.uint8)
    wants_numba = engine == "numba" or (engine == "auto" and len(values) >= _NUMBA_BYTES)
    kernel = numba_kernel() if wants_numba else None
    if kernel is None:
        return _lanes(values, _ALL_ONES) ^ _ALL_ONES
    return int(kernel(values, np.uint32(_ALL_ONES), _slices())) ^ _ALL_ONES


def plain_crc32c(data: bytes) -> int:
    """The same by a loop over bytes, which the fast ways must equal.

    >>> plain_crc32c(b"123456789") == crc32c(b"123456789", engine="numpy")
    True
    """
    return _plain(data, _ALL_ONES) ^ _ALL_ONES


def masked_crc32c(data: bytes | bytearray | memoryview, *, engine: str = "auto") -> int:
    """The form that stands in a TFRecord: rotated right by 15 bits, plus a constant.

    >>> hex(masked_crc32c(b"123456789"))
    '0xc78ab0e5'
    """
    crc = crc32c(data, engine=engine)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ALL_ONES


@cache
def _byte_table() -> Words:
    """CRC of every byte."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


@cache
def _byte_list() -> list[int]:
    return [int(value) for value in _byte_table()]


@cache
def _pair_table() -> Words:
    """CRC of every two bytes, the first in the low half."""
    table = _byte_table()
    one = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(2):
        one = table[one & 0xFF] ^ one >> 8
    return one


@cache
def _slices() -> Words:
    """(8, 256): CRC of a byte with 0 to 7 zero bytes after it."""
    table = _byte_table()
    rows = [table]
    for _ in range(7):
        rows.append(table[rows[-1] & 0xFF] ^ rows[-1] >> 8)
    return np.stack(rows)


def _plain(data: bytes, state: int) -> int:
    table = _byte_list()
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ state >> 8
    return state


def _lanes(values: NDArray[np.uint8], state: int) -> int:
    """State after at least four bytes, in lanes of one length."""
    n_lanes = min(_MAX_LANES, 1 << max(0, (len(values) // _LANE_BYTES).bit_length() - 1))
    width = -(-len(values) // n_lanes)
    width += width % 2
    padded = np.zeros(n_lanes * width, np.uint8)  # zeros in front change nothing in a CRC from 0
    padded[-len(values) :] = values
    padded[-len(values) :][:4] ^= np.frombuffer(state.to_bytes(4, "little"), np.uint8)
    columns = np.ascontiguousarray(padded.view("<u2").reshape(n_lanes, -1).T)
    table, crc = _pair_table(), np.zeros(n_lanes, np.uint32)
    for column in columns:
        crc = table[crc.astype(np.uint16) ^ column] ^ crc >> 16
    while len(crc) > 1:
        crc = _moved(_move_over(width), crc[0::2]) ^ crc[1::2]
        width *= 2
    return int(crc[0])


@lru_cache(maxsize=256)
def _move_over(n_bytes: int) -> Words:
    """(4, 256): where each byte of a state goes over some zero bytes, by repeated squaring."""
    if n_bytes == 1:
        states = np.arange(256, dtype=np.uint32) << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
        found: Words = _byte_table()[states & 0xFF] ^ states >> 8
        return found
    half = _move_over(n_bytes // 2)
    twice = _moved(half, half)
    return _moved(_move_over(1), twice) if n_bytes % 2 else twice


def _moved(table: Words, states: Words) -> Words:
    """States over the zero bytes of a table."""
    found: Words = table[0][states & 0xFF]
    for place in range(1, 4):
        found = found ^ table[place][states >> np.uint32(8 * place) & 0xFF]
    return found


@cache
def numba_kernel() -> Callable[[Any, Any, Any], Any] | None:
    """The compiled loop over eight bytes a step; None where numba is not installed."""
    try:
        import numba
    except ImportError:
        return None
    try:
        return numba.njit(cache=True, nogil=True)(_eight_bytes)
    except RuntimeError:  # no folder where compiled code could be kept
        return numba.njit(nogil=True)(_eight_bytes)


def _eight_bytes(values: Any, state: Any, slices: Any) -> Any:
    """State after some bytes; numba compiles it, so that it holds nothing but numbers."""
    crc = np.uint32(state)
    n_whole = len(values) // 8 * 8
    for k in range(0, n_whole, 8):
        crc = (
            slices[7, values[k] ^ (crc & 0xFF)]
            ^ slices[6, values[k + 1] ^ (crc >> 8 & 0xFF)]
            ^ slices[5, values[k + 2] ^ (crc >> 16 & 0xFF)]
            ^ slices[4, values[k + 3] ^ (crc >> 24 & 0xFF)]
            ^ slices[3, values[k + 4]]
            ^ slices[2, values[k + 5]]
            ^ slices[1, values[k + 6]]
            ^ slices[0, values[k + 7]]
        )
    for k in range(n_whole, len(values)):
        crc = np.uint32(slices[0, values[k] ^ (crc & 0xFF)] ^ (crc >> 8))
    return crc
