"""What the readers of mutation map files share: the open file, arrays left on disk, and fields."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar

import numpy as np

from locuscope.errors import (
    CorruptStoreError,
    FormatError,
    LocuscopeError,
    OutOfBoundsError,
    UnknownNameError,
    did_you_mean,
)
from locuscope.genome.interval import whole_number
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.maps.map_layers import Layers
    from locuscope.genome.interval import Interval
    from locuscope.genome.variant import Variant
    from locuscope.tracks.track_table import TrackTable

Found = TypeVar("Found")
_MAGIC = b"\x89HDF\r\n\x1a\n"


class Refusal(NamedTuple):
    """A place without a map: its row in the input, what was asked for, a status, a sentence."""

    row: int
    place: str
    status: str
    reason: str


class MapFields(TypedDict):
    """The fields of a `MutationMap` in the direction of the genome, as a file gives them."""

    layers: Layers
    interval: Interval
    reference: str
    tracks: TrackTable
    score: str
    kinds: Mapping[str, str]
    annotations: tuple[Variant, ...]
    input_name: str
    window_start: int | None
    is_reverse: bool
    provenance: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class StoredMaps:
    """A file of mutation maps.

    Args:
        path: the file.
        entries: for each entry input name -> fields; `is_reverse` says how the map was read.
        rows: place in the input of each entry.
        refused: places without a map.
        provenance: everything that changed a number.
    """

    path: Path
    entries: tuple[Mapping[str, MapFields], ...]
    rows: tuple[int, ...]
    refused: tuple[Refusal, ...]
    provenance: Mapping[str, object]

    def fields(self, entry: int = 0, input_name: str | None = None) -> MapFields:
        """Give one map.

        Raises:
            OutOfBoundsError: no such entry.
            UnknownNameError: no such input.
        """
        return pick(self.entries, entry, input_name, str(self.path))


def pick(
    entries: Sequence[Mapping[str, Found]], entry: int, input_name: str | None, where: str
) -> Found:
    """Give one input of one entry; None = the first input.

    Raises:
        OutOfBoundsError: no such entry.
        UnknownNameError: no such input.
    """
    number = whole_number(entry, "entry")
    if not -len(entries) <= number < len(entries):
        raise OutOfBoundsError(
            f"entry {number} is outside the {len(entries)} mutation maps of {where}."
        )
    inputs = entries[number]
    if input_name is None:
        return next(iter(inputs.values()))
    if input_name not in inputs:
        raise UnknownNameError(
            f"entry {number} of {where} has no input {input_name!r}; "
            f"{did_you_mean(str(input_name), inputs)}",
            name=input_name,
            known=tuple(inputs),
        )
    return inputs[input_name]


@dataclass(frozen=True, eq=False)
class StoredArray:
    """One dataset (L, A, T) that stays in its file."""

    path: Path
    name: str
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path, dataset: Any) -> StoredArray:
        """Note where a dataset lies.

        Raises:
            CorruptStoreError: it has no values of shape (L, 4, T).
        """
        if dataset.ndim != 3 or dataset.shape[1] != 4 or dataset.dtype.kind != "f":
            raise CorruptStoreError(
                f"{path}: {dataset.name} is {dataset.dtype} {dataset.shape}, expected numbers "
                "(L, 4, T).",
                path=str(path),
                part=dataset.name,
            )
        return cls(path, dataset.name, dataset.shape)

    def read(self, start: int, stop: int, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """Read positions [start, stop) of the tracks `rows`, None = all."""
        with opened(self.path) as file:
            dataset = file[self.name]
            if rows is None:
                return np.asarray(dataset[start:stop], np.float32)
            kept, back = np.unique(rows, return_inverse=True)
            return np.asarray(dataset[start:stop, :, kept], np.float32)[:, :, back]


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an HDF5 file to read; what the library says of a damaged one becomes our error.

    Raises:
        MissingFileError: no such file.
        FormatError: no HDF5 file.
        CorruptStoreError: a damaged one.
    """
    import h5py

    if not path.is_file():
        raise missing_file(path)
    with path.open("rb") as head:
        first = head.read(len(_MAGIC))
    if first != _MAGIC:
        raise FormatError(f"{path}: no HDF5 file; it begins with {first!r}.", path=str(path))
    try:
        with h5py.File(path, "r") as file:
            yield file
    except LocuscopeError:
        raise
    except (OSError, RuntimeError, ValueError, LookupError, TypeError) as error:
        raise CorruptStoreError(
            f"{path}: a damaged file of mutation maps ({type(error).__name__}: {error}).",
            path=str(path),
        ) from error


def group_name(name: str) -> str:
    """Spell a name so that HDF5 reads no path in it."""
    return name.replace("%", "%25").replace("/", "%2F")


def plain_name(name: str) -> str:
    """Undo `group_name`."""
    return name.replace("%2F", "/").replace("%25", "%")


def text() -> Any:
    """Give the type of text in HDF5."""
    import h5py

    return h5py.string_dtype()
