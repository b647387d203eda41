"""The values behind a mutation map: one (L, A, T) array per score, in memory or still on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from locuscope.errors import ShapeError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]


class Source(Protocol):
    """Where the values of one score lie."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, A, T)."""
        ...

    def read(self, start: int, stop: int, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """Give positions [start, stop) of the tracks `rows`, None = all."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Values in memory."""

    values: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, A, T)."""
        length, bases, n_tracks = self.values.shape
        return length, bases, n_tracks

    def read(self, start: int, stop: int, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """Give a view, or a copy where tracks are picked."""
        part = self.values[start:stop]
        return part if rows is None else part[:, :, rows]


@dataclass(frozen=True, eq=False)
class Layers(Mapping[str, "Values"]):
    """Score -> float32 (L, A, T); what lies on disk is read when it is asked for.

    Args:
        sources: score -> where its values lie, forward.
        start: first position.
        stop: one past the last.
        rows: tracks, None = all.
        is_flipped: positions and bases are given in reverse order.
    """

    sources: Mapping[str, Source]
    start: int
    stop: int
    rows: NDArray[np.int64] | None = None
    is_flipped: bool = False

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Layers:
        """Wrap arrays or nested lists; all must have one shape (L, 4, T)."""
        if isinstance(arrays, Layers):
            return arrays
        sources = {
            str(name): ArraySource(_checked(name, values)) for name, values in arrays.items()
        }
        return cls.over(sources)

    @classmethod
    def over(cls, sources: Mapping[str, Source]) -> Layers:
        """Take all positions and tracks of sources, which must agree in shape.

        Raises:
            ShapeError: they do not, or there is none.
        """
        shapes = {name: source.shape for name, source in sources.items()}
        if len(set(shapes.values())) != 1:
            raise ShapeError(
                f"the layers of a mutation map have one shape (L, 4, T); found {shapes or 'none'}.",
                found=shapes,
                expected="one shape (L, 4, T)",
            )
        return cls(sources, 0, next(iter(shapes.values()))[0])

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, A, T) of every layer; nothing is read."""
        _, bases, n_tracks = next(iter(self.sources.values())).shape
        return self.stop - self.start, bases, n_tracks if self.rows is None else len(self.rows)

    def cut(self, first: int, stop: int) -> Layers:
        """Give positions [first, stop), counted as they are shown."""
        if self.is_flipped:
            first, stop = self.stop - self.start - stop, self.stop - self.start - first
        return replace(self, start=self.start + first, stop=self.start + stop)

    def take(self, rows: NDArray[np.int64]) -> Layers:
        """Give some tracks."""
        return replace(self, rows=rows if self.rows is None else self.rows[rows])

    def flip(self) -> Layers:
        """Read positions and bases in the other order: the other strand."""
        return replace(self, is_flipped=not self.is_flipped)

    def track(self, name: str, row: int) -> NDArray[np.float32]:
        """Give one track of a layer, (L, A), without reading the others."""
        return self.take(np.array([row], np.int64))[name][:, :, 0]

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self.sources:
            raise UnknownNameError(
                f"no score {name!r} in this map; {did_you_mean(str(name), self.sources)}",
                name=name,
                known=tuple(self.sources),
            )
        values = self.sources[name].read(self.start, self.stop, self.rows)
        return values[::-1, ::-1] if self.is_flipped else values

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)


def _checked(name: object, values: object) -> NDArray[np.float32]:
    array = np.asarray(values, np.float32)
    if array.ndim != 3 or array.shape[1] != 4:
        turned = array.ndim == 3 and array.shape[0] == 4
        hint = " It looks transposed." if turned else ""
        raise ShapeError(
            f"layer {name!r} has shape {array.shape}, expected (L, 4, T).{hint}",
            found=array.shape,
            expected="(L, 4, T)",
        )
    return array
