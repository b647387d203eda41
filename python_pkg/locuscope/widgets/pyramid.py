"""Summaries of one track at many zoom levels, so that a wide view costs no more than a narrow one.

Level k holds, for every 4^k native bins, their maximum, mean and minimum. Peaks survive every
level because the maximum is exact. A pyramid never changes once it is built; `PyramidStore` builds
them when somebody looks, on a few threads, and forgets those not looked at for longest.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    F32 = NDArray[np.float32]
    F64 = NDArray[np.float64]
    Key = tuple[int, str]
    Reader = Callable[[Sequence[int], str], F32]

FACTOR: Final = 4
TOP_BINS: Final = 1024
"""Levels are added until one has at most this many bins."""


@dataclass(frozen=True, eq=False)
class Level:
    """One zoom level: three float32 arrays (bins,), read-only, NaN where every base is missing."""

    maximum: F32
    mean: F32
    minimum: F32

    def __len__(self) -> int:
        return len(self.maximum)

    def stack(self, first: int, stop: int, stats: Sequence[str]) -> F32:
        """Bins [first, stop) as (bins, stats), for stats out of `max`, `mean`, `min`."""
        columns = {"max": self.maximum, "mean": self.mean, "min": self.minimum}
        return np.stack([columns[name][first:stop] for name in stats], axis=-1)


@dataclass(frozen=True, eq=False)
class Pyramid:
    """All levels of one track, finest first. `levels[k]` has ceil(bins / 4^k) bins."""

    levels: tuple[Level, ...]

    @property
    def size_bytes(self) -> int:
        """Memory of the levels; the three statistics of the native level are one array."""
        return self.levels[0].maximum.nbytes + sum(3 * x.maximum.nbytes for x in self.levels[1:])


def level_bins(n_bins: int) -> list[int]:
    """Number of bins per level for a track of `n_bins` native bins.

    >>> level_bins(20_000)
    [20000, 5000, 1250, 313]
    """
    sizes = [n_bins]
    while sizes[-1] > TOP_BINS:
        sizes.append(-(-sizes[-1] // FACTOR))
    return sizes


def build_pyramid(values: F32) -> Pyramid:
    """Summarise native bins (L,) level by level.

    NaN bins are left out of every statistic; a bin whose bases are all NaN is NaN. The mean is the
    mean of the native bins that are there, also in the last, shorter bin of a level.

    >>> top = build_pyramid(np.arange(4096, dtype=np.float32)).levels[-1]
    >>> len(top), float(top.maximum[-1]), float(top.mean[0])
    (1024, 4095.0, 1.5)
    """
    native = _frozen(np.array(values, dtype=np.float32, order="C"))
    levels = [Level(native, native, native)]
    if len(native) <= TOP_BINS:
        return Pyramid(tuple(levels))
    missing = np.isnan(native)
    has_gaps = bool(missing.any())
    maximum = minimum = native
    sums: NDArray[Any] = np.where(missing, np.float32(0), native) if has_gaps else native
    counts: NDArray[Any] | None = (~missing).astype(np.float64) if has_gaps else None
    span = 1
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        while len(maximum) > TOP_BINS:
            span *= FACTOR
            maximum, minimum = _quads(maximum, np.fmax), _quads(minimum, np.fmin)
            sums = _quads(sums, _add)
            if counts is None:
                mean = sums / _full_counts(len(native), span)
            else:
                counts = _quads(counts, _add)
                mean = np.where(counts > 0, sums / counts, np.nan)
            levels.append(
                Level(_frozen(maximum), _frozen(mean.astype(np.float32)), _frozen(minimum))
            )
    return Pyramid(tuple(levels))


class PyramidStore:
    """Pyramids by (track, mode), built on first use and kept while memory allows.

    Args:
        read: gives the native bins of several tracks of one mode as float32 (tracks, L).
        max_bytes: beyond it the pyramids that were not used for longest are dropped.
        threads: how many are built at once; None: as many as cores, at most 4. The count never
            changes a value.
    """

    def __init__(
        self, read: Reader, *, max_bytes: int = 512 * 2**20, threads: int | None = None
    ) -> None:
        self._read = read
        self._max_bytes = max_bytes
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Pyramid] = OrderedDict()
        self._bytes = 0

    def get(self, tracks: Sequence[int], mode: str) -> list[Pyramid]:
        """Pyramids of these tracks, in this order."""
        with self._lock:
            found = {t: self._kept[t, mode] for t in tracks if (t, mode) in self._kept}
            for track in found:
                self._kept.move_to_end((track, mode))
        missing = [t for t in dict.fromkeys(tracks) if t not in found]
        if missing:
            values = self._read(missing, mode)
            built = zip(missing, self._build(list(values)), strict=True)
            found |= {track: self._keep((track, mode), pyramid) for track, pyramid in built}
        return [found[track] for track in tracks]

    def close(self) -> None:
        """Forget everything and end the threads; a later `get` starts again."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._kept.clear()
            self._bytes = 0
        if pool is not None:
            pool.shutdown(wait=False)

    def _build(self, columns: list[F32]) -> list[Pyramid]:
        if len(columns) == 1 or self._threads == 1:
            return [build_pyramid(column) for column in columns]
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="locuscope")
            pool = self._pool
        return list(pool.map(build_pyramid, columns))

    def _keep(self, key: Key, pyramid: Pyramid) -> Pyramid:
        """The published pyramid of a key: the first one built wins, also between threads."""
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            self._kept[key] = pyramid
            self._bytes += pyramid.size_bytes
            while self._bytes > self._max_bytes and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].size_bytes
        return pyramid


def _quads(values: NDArray[Any], combine: Callable[..., NDArray[Any]]) -> NDArray[Any]:
    """Combine every four neighbours; the last group may have one to three members.

    Strided operands let numpy run over long vectors: reducing the axis of a (-1, 4) view is about
    ten times slower (`bench/pyramid.py`).
    """
    full = len(values) // FACTOR * FACTOR
    head = combine(
        combine(values[0:full:FACTOR], values[1:full:FACTOR]),
        combine(values[2:full:FACTOR], values[3:full:FACTOR]),
    )
    rest = values[full:]
    if not len(rest):
        return head
    last = rest[:1]
    for i in range(1, len(rest)):
        last = combine(last, rest[i : i + 1])
    return np.concatenate([head, last.astype(head.dtype)])


def _add(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Sum in float64, so that a mean over a million bins keeps its digits."""
    total: NDArray[Any] = np.add(left, right, dtype=np.float64)
    return total


def _full_counts(n_native: int, span: int) -> F64:
    counts = np.full(-(-n_native // span), span, dtype=np.float64)
    counts[-1] = n_native - span * (len(counts) - 1)
    return counts


def _frozen(values: F32) -> F32:
    values.setflags(write=False)
    return values
