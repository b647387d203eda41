"""bedGraph files, base by base: `BedGraphWriter`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from locuscope.errors import InputError, ShapeError, StoreError
from locuscope.genome.interval import Interval, whole_number
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import ArrayLike


class BedGraphWriter:
    r"""Writes values of regions as one line per base: chrom, start, end, value.

    The file appears whole when the writer is closed, sorted by contig (as they first came) and
    start; after an error inside `with` it does not appear.

    Args:
        path: the file.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "one.bedgraph"
    >>> with BedGraphWriter(path) as writer:
    ...     writer.region_write({"chr": "20", "start": 4, "end": 6}, [0.5, -1])
    >>> path.read_text().splitlines()
    ['20\t4\t5\t0.5', '20\t5\t6\t-1']
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._regions: dict[str, list[tuple[int, list[float]]]] = {}
        self._is_closed = False

    def region_write(self, region: Interval | Mapping[str, Any], values: ArrayLike) -> None:
        """Add the values of a region.

        Args:
            region: an Interval, or a mapping with chr, start (0-based) and end.
            values: one number per base in genome order; of a matrix (bases, columns) the sum over
                columns. NaN is not written.

        Raises:
            ShapeError: another number of values than bases.
            StoreError: the writer is closed.
        """
        if self._is_closed:
            raise StoreError(f"{self.path} is closed; nothing can be added.", path=self.path)
        place = region if isinstance(region, Interval) else _place(region)
        array = np.asarray(values, np.float64)
        if array.ndim == 2:
            array = array.sum(axis=1)
        if array.shape != (place.width,):
            raise ShapeError(
                f"{place.text()} has {place.width:,} bases; got values of shape {array.shape}.",
                found=array.shape,
                expected=(place.width,),
            )
        self._regions.setdefault(place.chrom, []).append((place.start, array.tolist()))

    def close(self) -> None:
        """Write the file; a second call does nothing.

        Raises:
            InputError: regions that overlap, which bedGraph cannot hold.
            StoreTargetError, StoreFullError: the file cannot be written there.
        """
        if self._is_closed:
            return
        lines = [line for chrom in self._regions for line in self._lines(chrom)]
        publish(self.path, lambda place: place.write_text("".join(lines), encoding="utf-8"))
        self._is_closed = True

    def _lines(self, chrom: str) -> list[str]:
        lines, last = [], -1
        for start, values in sorted(self._regions[chrom], key=lambda each: each[0]):
            if start < last:
                raise InputError(
                    f"{self.path.name}: {chrom}:{start + 1:,} is in two regions; bedGraph holds "
                    "one value per base."
                )
            last = start + len(values)
            lines += [
                f"{chrom}\t{at}\t{at + 1}\t{value:.9g}\n"
                for at, value in enumerate(values, start)
                if value == value  # noqa: PLR0124 (NaN differs from itself)
            ]
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()


def _place(region: Mapping[str, Any]) -> Interval:
    missing = [name for name in ("chr", "start", "end") if name not in region]
    if missing:
        raise InputError(
            f"a region needs chr, start and end; {missing[0]!r} is missing among "
            f"{', '.join(map(str, region))}."
        )
    return Interval(
        str(region["chr"]),
        whole_number(region["start"], "start"),
        whole_number(region["end"], "end"),
    )
