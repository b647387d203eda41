"""Write runs of values to a bigWig file: everything is checked before, the file is read back after.

The library prints its complaints, swallows the errors of an iterator and leaves broken files, so
nothing reaches it that has not been checked, and nothing is published that does not read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.errors import (
    CorruptStoreError,
    InputError,
    NonFiniteError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.bin_statistics import positive_step
from locuscope.genome.interval import Interval, find_contig
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

_CHUNK = 1 << 16


class _Runs(NamedTuple):
    """Runs of one contig, as arrays of equal length."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: NDArray[np.float32]


def write_bigwig(
    path: str | PathLike[str],
    runs: Iterable[tuple[str, ArrayLike, ArrayLike, ArrayLike] | tuple[Interval, ArrayLike, int]],
    lengths: Mapping[str, int],
    *,
    drop_zeros: bool = False,
) -> Path:
    """Write runs of values; the file appears whole or not at all.

    Args:
        path: the file; an older one is replaced.
        runs: items `(chrom, starts, ends, values)` of arrays, 0-based half-open, or
            `(Interval, values, resolution_bp)`, where the last bin is cut at the interval's end.
            Runs of a contig ascend and do not overlap; contigs come in any order.
        lengths: contig -> bases.
        drop_zeros: leave zeros out, as gaps.

    Returns:
        The path. NaN is left out (a gap, never 0), equal neighbours are merged, float64 is rounded
        to float32; nothing else is changed. The same input gives the same bytes.

    Raises:
        InputError: the first run that is unsorted, overlaps, leaves its contig or is empty; nothing
            to write.
        MissingContigError: a contig without length.
        NonFiniteError: Inf, or a value too large for float32.
    """
    collected: dict[str, list[_Runs]] = {}
    for item in runs:
        chrom, part = _read_item(item)
        if find_contig(chrom, lengths, "lengths") != chrom:
            raise InputError(f"contig {chrom!r} is spelt differently in lengths; use one spelling.")
        collected.setdefault(chrom, []).append(part)
    finished: dict[str, _Runs] = {}
    for chrom in sorted(collected):
        joined = _Runs(*(np.concatenate(column) for column in zip(*collected[chrom], strict=True)))
        _check_order(chrom, joined, lengths[chrom])
        kept = _merge(_drop(joined, drop_zeros=drop_zeros))
        if kept.starts.size:
            finished[chrom] = kept
    if not finished:
        raise InputError(f"nothing to write to {path}: every value is missing.")
    sizes = {chrom: int(lengths[chrom]) for chrom in finished}
    return publish(path, lambda temporary: _write(temporary, finished, sizes))


def _read_item(item: tuple[Any, ...]) -> tuple[str, _Runs]:
    if isinstance(item, tuple) and len(item) == 3 and isinstance(item[0], Interval):
        return item[0].chrom, _from_bins(*item)
    if not isinstance(item, tuple) or len(item) != 4 or not isinstance(item[0], str):
        raise WrongTypeError(
            f"a run is (chrom, starts, ends, values) or (Interval, values, resolution_bp), "
            f"not {str(item)[:80]}.",
            argument="runs",
            found=type(item).__name__,
            expected="tuple",
        )
    chrom = item[0]
    starts, ends = (np.atleast_1d(np.asarray(column)) for column in item[1:3])
    values = np.atleast_1d(np.asarray(item[3]))
    if not starts.shape == ends.shape == values.shape or starts.ndim != 1:
        raise ShapeError(
            f"runs on {chrom}: starts {starts.shape}, ends {ends.shape} and values {values.shape} "
            "must be of one length.",
            found=values.shape,
            expected=starts.shape,
        )
    if starts.size and (starts.dtype.kind not in "iu" or ends.dtype.kind not in "iu"):
        raise WrongTypeError(
            f"starts and ends on {chrom} are {starts.dtype} and {ends.dtype}; integers are needed.",
            argument="runs",
            found=str(starts.dtype),
            expected="int",
        )
    return chrom, _Runs(starts.astype(np.int64), ends.astype(np.int64), _as_float32(chrom, values))


def _from_bins(interval: Interval, values: ArrayLike, resolution_bp: int) -> _Runs:
    step = positive_step(resolution_bp)
    starts = np.arange(interval.start, interval.end, step, dtype=np.int64)
    array = np.asarray(values)
    if array.shape != starts.shape:
        raise ShapeError(
            f"{interval.text()} has {starts.size:,} bins of {step} bp, values have shape "
            f"{array.shape}.",
            found=array.shape,
            expected=starts.shape,
        )
    ends = np.minimum(starts + step, interval.end)
    return _Runs(starts, ends, _as_float32(interval.chrom, array))


def _as_float32(chrom: str, values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype.kind not in "fiub":
        raise WrongTypeError(
            f"values on {chrom} are {values.dtype}; numbers are needed.",
            argument="runs",
            found=str(values.dtype),
            expected="float32",
        )
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    bad = np.flatnonzero(np.isinf(narrow))
    if bad.size:
        raise NonFiniteError(
            f"value {int(bad[0])} on {chrom} is {values[bad[0]]}, {bad.size:,} of {values.size:,} "
            "are infinite or too large for float32.",
            where=chrom,
            count=int(bad.size),
            first=int(bad[0]),
        )
    return narrow


def _check_order(chrom: str, runs: _Runs, length: int) -> None:
    starts, ends, _ = runs
    faults = (
        ("is empty or reversed", starts >= ends),
        (f"leaves the contig of {length:,} bases", (starts < 0) | (ends > length)),
        ("begins before the run in front of it ends", np.append([False], starts[1:] < ends[:-1])),
    )
    for why, bad in faults:
        if bad.any():
            first = int(np.argmax(bad))
            raise InputError(
                f"run {first:,} on {chrom}, [{starts[first]:,}, {ends[first]:,}), {why}; "
                f"{np.count_nonzero(bad):,} such runs. Sort runs and resolve overlaps first."
            )


def _drop(runs: _Runs, *, drop_zeros: bool) -> _Runs:
    keep = ~np.isnan(runs.values)
    if drop_zeros:
        keep &= runs.values != 0
    return _Runs(runs.starts[keep], runs.ends[keep], runs.values[keep])


def _merge(runs: _Runs) -> _Runs:
    """Touching runs of one value become one."""
    starts, ends, values = runs
    if starts.size == 0:
        return runs
    is_new = np.append([True], (starts[1:] != ends[:-1]) | (values[1:] != values[:-1]))
    last = np.append(np.flatnonzero(is_new)[1:] - 1, starts.size - 1)
    return _Runs(starts[is_new], ends[last], values[is_new])


def _write(path: Path, runs: Mapping[str, _Runs], lengths: dict[str, int]) -> None:
    import pybigtools

    pybigtools.open(str(path), "w").write(lengths, _rows(runs))
    _verify(path, runs, lengths)


def _rows(runs: Mapping[str, _Runs]) -> Iterator[tuple[str, int, int, float]]:
    """Plain Python numbers, a chunk at a time: the library refuses numpy scalars."""
    for chrom, columns in runs.items():
        for first in range(0, columns.starts.size, _CHUNK):
            part = (column[first : first + _CHUNK].tolist() for column in columns)
            for start, end, value in zip(*part, strict=True):
                yield chrom, start, end, value


def _verify(path: Path, runs: Mapping[str, _Runs], lengths: dict[str, int]) -> None:
    """Read the file back: contigs, covered bases, first and last run of each contig."""
    expected = sum(int((part.ends - part.starts).sum()) for part in runs.values())
    with BigWig(path) as written:
        found = written.summary()["covered_bases"]
        fits = written.lengths == lengths and found == expected
        for chrom, part in runs.items() if fits else ():
            for row in (0, -1):
                start, end = int(part.starts[row]), int(part.ends[row])
                _, ends, values = written.intervals(None, chrom, start, end)
                fits &= ends.tolist() == [end] and values.tolist() == [float(part.values[row])]
    if not fits:
        raise CorruptStoreError(
            f"{path.parent}: what was written does not read back ({found} of {expected:,} bases).",
            path=path,
            part=path.name,
        )
