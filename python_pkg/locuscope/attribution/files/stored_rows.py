"""An array in a file, read example by example when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.files.fields import UNREADABLE
from locuscope.errors import CorruptStoreError, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class StoredRows:
    """An array in a file, whose examples are read by their numbers.

    Args:
        path: the file or folder.
        name: of the array, for messages.
        shape: as it is given, examples third from last.
        read: rows in ascending order, each once -> the array of those examples.

    No handle is kept open between two readings.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    read: Callable[[slice | NDArray[np.int64]], NDArray[Any]]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def rows(self, which: NDArray[np.int64]) -> NDArray[Any]:
        """Examples in any order, also several times.

        Raises:
            CorruptStoreError: the file is damaged, or was changed since it was opened.
        """
        if not which.size:
            return self._checked(slice(0, 0), 0)
        unique, back = np.unique(which, return_inverse=True)
        is_run = unique[-1] - unique[0] + 1 == len(unique)
        wanted = slice(int(unique[0]), int(unique[-1]) + 1) if is_run else unique
        found = self._checked(wanted, len(unique))
        return found if np.array_equal(unique, which) else np.take(found, back, axis=-3)

    def all(self) -> NDArray[Any]:
        """The whole array.

        Raises:
            CorruptStoreError: as `rows`.
        """
        return self._checked(slice(0, self.shape[-3]), self.shape[-3])

    def _checked(self, wanted: slice | NDArray[np.int64], count: int) -> NDArray[Any]:
        try:
            found = self.read(wanted)
        except UNREADABLE as error:
            raise CorruptStoreError(
                f"{shown_path(self.path)}: {self.name} cannot be read ({str(error)[:120]}). The "
                "file is damaged or was changed; write it again.",
                path=self.path,
                part=self.name,
            ) from error
        expected = (*self.shape[:-3], count, *self.shape[-2:])
        if found.shape != expected:
            raise CorruptStoreError(
                f"{shown_path(self.path)}: {self.name} gave {found.shape} for {expected}; the file "
                "was changed since it was opened.",
                path=self.path,
                part=self.name,
            )
        return found
