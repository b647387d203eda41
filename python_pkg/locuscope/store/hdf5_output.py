"""A new HDF5 file that a full disk cannot crash.

The HDF5 library keeps what could not be written and tries again when the file is closed; where that
fails too, objects stay half-open and the process may end by a signal. So its bytes pass through a
file object of Python, which from the first failure on only pretends to write: the library can close
everything, and the failure is raised as what it was.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Hdf5Output:
    """A new HDF5 file; as a context manager it is finished, or dropped where something fails.

    Args:
        place: the file, which `publish` gives its name.

    Attributes:
        file: the open `h5py.File`.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, place: Path) -> None:
        import h5py

        self._sink = _Sink(place)
        try:
            self.file: Any = h5py.File(self._sink, "w")
            self.check()
        except BaseException:
            self._sink.close()
            raise

    def check(self) -> None:
        """Raise what the disk refused since the file was opened, if anything.

        Raises:
            OSError: no space left, or another failure of the disk.
        """
        if self._sink.failure is not None:
            raise self._sink.failure

    def close(self) -> None:
        """Finish the file.

        Raises:
            OSError: as `check`.
        """
        try:
            self.file.close()
        finally:
            self._sink.close()
        self.check()

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._sink.give_up()
        with suppress(OSError, RuntimeError, ValueError):  # the library misses what is not there
            self.file.close()
        self._sink.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        self.drop()
        if isinstance(error, Exception):
            self.check()  # what the library says of a full disk is its own, not the system's


class _Sink(io.RawIOBase):
    """A file that remembers the first failure and takes everything after it without writing."""

    def __init__(self, place: Path) -> None:
        self._raw = place.open("w+b", buffering=0)
        self._is_given_up = False
        self._place = self._end = 0
        self.failure: OSError | None = None

    def give_up(self) -> None:
        """Write nothing from here on."""
        self._is_given_up = True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        self._place = begin + offset
        return self._place

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if self._is_open:
            try:
                self._raw.seek(self._place)
                n_done = 0
                while n_done < len(view):  # the system may take a piece
                    n_done += self._raw.write(view[n_done:])
            except OSError as error:
                self.failure = error
        self._place += len(view)
        self._end = max(self._end, self._place)
        return len(view)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        n_read = 0
        try:
            self._raw.seek(self._place)
            while n_read < len(view) and (n := self._raw.readinto(view[n_read:])):
                n_read += n
        except OSError as error:
            self.failure = self.failure or error
        view[n_read:] = bytes(len(view) - n_read)  # what was only said to be written
        self._place += len(view)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        self._end = self._place if size is None else size
        if self._is_open:
            try:
                self._raw.truncate(self._end)
            except OSError as error:
                self.failure = error
        return self._end

    def close(self) -> None:
        if not self.closed:
            try:
                self._raw.close()
            except OSError as error:
                self.failure = self.failure or error
        super().close()

    @property
    def _is_open(self) -> bool:
        return self.failure is None and not self._is_given_up
