"""What a record holds: bases, measured tracks and the organism, from the bytes of an `Example`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locuscope.datasets.example_proto import BrokenExampleError, parse_example
from locuscope.errors import FormatError, shown_path
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.datasets.example_proto import Value
    from locuscope.datasets.testset_sizes import Sizes

DECODINGS = ("auto", "one_hot", "index")
UNKNOWN_BASE = 4
"""The index of a base that is none of ACGT."""


class Example(NamedTuple):
    """One record: x (4, L) uint8, y (P, T) float32, and the organism's number or None."""

    x: NDArray[np.uint8]
    y: NDArray[np.float32]
    genome: int | None


class RecordDecoder:
    """Turns payloads into examples.

    Args:
        sizes: lengths, bins and tracks of the set.
        decode: "one_hot", "index", or "auto" as the sizes and the length of a sequence say.
        rows: tracks in order; None = all.

    Raises:
        OptionError: another way to decode.
    """

    def __init__(self, sizes: Sizes, decode: str, rows: NDArray[np.int64] | None) -> None:
        check_choice("decode", decode, DECODINGS)
        lengths = {"one_hot": 4 * sizes.seq_length, "index": sizes.seq_length}
        stated = {None: "auto", True: "one_hot", False: "index"}[sizes.is_one_hot]
        kind = stated if decode == "auto" else decode
        self._lengths = lengths if kind == "auto" else {kind: lengths[kind]}
        self._shape = (sizes.target_length, sizes.num_targets)
        self._rows = rows

    def decode(self, payload: bytes, path: Path, number: int) -> Example:
        """Decode one payload.

        Args:
            payload: what the record holds.
            path: its file, for messages.
            number: its place in the file, from 1 on.

        Raises:
            FormatError: values that are missing, or of another size than the set's.
        """
        try:
            values = parse_example(payload)
            x = self._bases(_content(values, "sequence"))
            return Example(x, self._tracks(_content(values, "target")), _genome(values))
        except BrokenExampleError as error:
            message = f"{shown_path(path)}, record {number:,}: {error}."
            raise FormatError(message, path=path, line=number) from error

    def _bases(self, raw: memoryview) -> NDArray[np.uint8]:
        kind = next((name for name, size in self._lengths.items() if size == len(raw)), None)
        if kind is None:
            told = " or ".join(f"{size:,} ({name})" for name, size in self._lengths.items())
            message = f"its sequence has {len(raw):,} bytes; expected {told}"
            raise BrokenExampleError(message)
        values = np.frombuffer(raw, np.uint8)
        limit = 1 if kind == "one_hot" else UNKNOWN_BASE
        if values.max() > limit:
            place = int((values > limit).argmax())
            message = f"byte {place} of its sequence is {values[place]}; expected at most {limit}"
            raise BrokenExampleError(message)
        if kind == "index":
            bases = np.arange(UNKNOWN_BASE, dtype=np.uint8)[:, None]
            return np.equal(values, bases).view(np.uint8)
        return np.ascontiguousarray(values.reshape(-1, 4).T)

    def _tracks(self, raw: memoryview) -> NDArray[np.float32]:
        n_bins, n_tracks = self._shape
        expected = 2 * n_bins * n_tracks
        if len(raw) != expected:
            message = (
                f"its target has {len(raw):,} bytes; {n_bins:,} bins of {n_tracks:,} tracks in "
                f"float16 have {expected:,}"
            )
            raise BrokenExampleError(message)
        values = np.frombuffer(raw, "<u2").reshape(self._shape)
        chosen = values if self._rows is None else values[:, self._rows]
        found: NDArray[np.float32] = _float_table()[chosen]
        return found


@cache
def _float_table() -> NDArray[np.float32]:
    """Every float16 as float32: looking them up is four times as fast as numpy's conversion."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


def _content(values: Mapping[str, Value], name: str) -> memoryview:
    found = values.get(name)
    if isinstance(found, memoryview):
        return found
    message = f"it has no bytes {name!r} (it holds {', '.join(values) or 'nothing'})"
    raise BrokenExampleError(message)


def _genome(values: Mapping[str, Value]) -> int | None:
    found = values.get("genome")
    if found is None:
        return None
    if isinstance(found, memoryview) and len(found) == 8:
        return int.from_bytes(found, "little", signed=True)
    if isinstance(found, tuple) and len(found) == 1:
        return found[0]
    message = "its genome is not one whole number of 64 bits"
    raise BrokenExampleError(message)
