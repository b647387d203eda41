"""Open an HDF5 file of others and take its datasets, with refusals in words."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import FormatError, LockedStoreError, LocuscopeError, ShapeError, shown_path
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = b"\x89HDF\r\n\x1a\n"


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Keep an HDF5 file open for reading.

    Raises:
        MissingFileError: no such file.
        FormatError: no HDF5 file, or one that is cut short or damaged.
        LockedStoreError: another program writes it.
    """
    import h5py

    if not path.is_file():
        raise missing_file(path)
    with path.open("rb") as raw:
        head = raw.read(len(_MAGIC))
    if head != _MAGIC:
        told = f"it begins with {head!r}" if head else "it is empty"
        raise FormatError(f"{shown_path(path)} is no HDF5 file: {told}.", path=path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except LocuscopeError:
        raise
    except BlockingIOError as error:
        raise _locked(path) from error
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES) and "lock" in str(error):
            raise _locked(path) from error
        message = f"{shown_path(path)} cannot be read: {error}; copy it again."
        raise FormatError(message, path=path) from error
    except (RuntimeError, KeyError, ValueError, TypeError) as error:  # the library's of damage
        message = f"{shown_path(path)} is damaged: {error}; copy it again."
        raise FormatError(message, path=path) from error


def dataset(file: Any, name: str, path: Path, *, ndim: int, kinds: str) -> Any:
    """Take one dataset, unread.

    Args:
        file: the open file.
        name: of the dataset.
        path: of the file, for messages.
        ndim: number of its axes.
        kinds: letters of the kinds of numbers that it may hold, as numpy calls them.

    Raises:
        FormatError: it is not there, or holds something else.
        ShapeError: another number of axes.
    """
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        held = ", ".join(list(file)[:12]) or "nothing"
        message = f"{shown_path(path)} has no dataset {name!r}; it holds {held}."
        raise FormatError(message, path=path)
    if found.dtype.kind not in kinds:
        message = f"{name!r} of {shown_path(path)} holds {found.dtype}, no numbers of its kind."
        raise FormatError(message, path=path)
    if found.ndim != ndim:
        raise ShapeError(
            f"{name!r} of {shown_path(path)} has shape {found.shape}; expected {ndim} axes.",
            found=found.shape,
            expected=ndim,
        )
    return found


def numbers_of(file: Any, name: str, path: Path, *, n_rows: int) -> NDArray[np.int64]:
    """Read a column of whole numbers.

    Raises:
        FormatError, ShapeError: as `dataset`; another length.
    """
    found = dataset(file, name, path, ndim=1, kinds="iu")
    _require_length(found, name, path, n_rows)
    return np.asarray(found[:], np.int64)


def texts_of(file: Any, name: str, path: Path, *, n_rows: int) -> tuple[str, ...]:
    """Read a column of texts.

    Raises:
        FormatError: it is not there, or holds objects or something else than text.
        ShapeError: another length.
    """
    import h5py

    found = dataset(file, name, path, ndim=1, kinds="OS")
    if h5py.check_string_dtype(found.dtype) is None:
        message = f"{name!r} of {shown_path(path)} holds objects; texts are expected."
        raise FormatError(message, path=path)
    _require_length(found, name, path, n_rows)
    try:
        return tuple(bytes(item).decode() for item in found[:])
    except UnicodeDecodeError as error:
        message = f"{name!r} of {shown_path(path)} is no UTF-8 text ({error.object[:20]!r})."
        raise FormatError(message, path=path) from error


def check_bases(found: Any, name: str, path: Path) -> None:
    """Refuse bases that are not (S, L, 4).

    Raises:
        ShapeError: other axes; says "looks transposed" for (S, 4, L).
    """
    shape = found.shape
    if shape[2] == 4 and shape[1]:
        return
    told = "; it looks transposed" if shape[1] == 4 else ""
    raise ShapeError(
        f"{name!r} of {shown_path(path)} has shape {shape}; expected (S, L, 4){told}.",
        found=shape,
        expected=("S", "L", 4),
    )


def _require_length(found: Any, name: str, path: Path, n_rows: int) -> None:
    if len(found) != n_rows:
        raise ShapeError(
            f"{name!r} of {shown_path(path)} has {len(found):,} rows; expected {n_rows:,}.",
            found=len(found),
            expected=n_rows,
        )


def _locked(path: Path) -> LockedStoreError:
    return LockedStoreError(
        f"{shown_path(path)} is open for writing elsewhere; close the other notebook or program.",
        path=path,
        errno=errno.EAGAIN,
    )
