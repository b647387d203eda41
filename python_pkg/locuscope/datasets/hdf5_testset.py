"""`HDF5TestSet`: sequences and measured tracks in one HDF5 file."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.datasets.hdf5_access import check_bases, dataset, opened, texts_of
from locuscope.datasets.target_tracks import TargetTracks
from locuscope.datasets.testset_sizes import Sizes
from locuscope.errors import (
    FormatError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    closest,
    shown_path,
)
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import check_one_hot
from locuscope.inference.measured_batches import TestBatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.datasets.target_tracks import TargetChoice
    from locuscope.datasets.testset_sizes import BatchSize


class HDF5TestSet:
    """Batches of an HDF5 test set; lazy, and read again from its start by every loop.

    The file holds `{split}_in` (S, L, 4), `{split}_out` (S, P, T), and where they are known
    `{split}_na` (S, P), `pool_width`, `target_ids`, `target_labels` and `target_strands`. `set[k]`
    is batch k and `len(set)` their number, so that a DataLoader with `batch_size=None` reads it in
    several workers; the file is open only while it is read.

    Args:
        path: the file.
        split: "train", "valid", "test", or another name that stands before `_in`.
        tracks: identifiers, places or a mask; None = all.
        batch_size: sequences of a batch; "auto" = about 64 MB.

    Attributes:
        sizes: lengths, bins and tracks of the set.
        targets: names of the chosen tracks.
        n_tracks: how many are chosen.
        n_sequences: sequences of the split.

    Raises:
        MissingFileError, FormatError: no file, no HDF5, a dataset that is missing or no numbers.
        UnknownNameError: no such split or track.
        ShapeError: axes that do not fit; says so where bases look transposed.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        split: str = "test",
        *,
        tracks: TargetChoice | None = None,
        batch_size: BatchSize = "auto",
    ) -> None:
        self.path, self.split = Path(path), split
        with opened(self.path) as file:
            self._require_split(file)
            bases = dataset(file, f"{split}_in", self.path, ndim=3, kinds="biuf")
            check_bases(bases, f"{split}_in", self.path)
            out = dataset(file, f"{split}_out", self.path, ndim=3, kinds="fiu")
            self.n_sequences = len(bases)
            self._has_na = f"{split}_na" in file
            if self._has_na:
                na = dataset(file, f"{split}_na", self.path, ndim=2, kinds="biu")
                self._require_shape(na.shape, (*out.shape[:2],), f"{split}_na")
            self._require_shape(out.shape[:1], (len(bases),), f"{split}_out")
            self.sizes = self._sizes(file, bases.shape[1], out.shape[1:])
            names = self._names(file)
        rows = names.rows(tracks, self.sizes.num_targets)
        self.targets, self.n_tracks = names.take(rows), len(rows)
        self._rows = None if tracks is None else rows
        self.batch_size = self.sizes.rows_per_batch(batch_size)

    def __len__(self) -> int:
        """Number of batches."""
        return ceil(self.n_sequences / self.batch_size)

    def __iter__(self) -> Iterator[TestBatch]:
        """Give the batches: x (N, 4, L) uint8, y (N, P, T) float32, na (N, P) bool or None."""
        with opened(self.path) as file:
            for first in range(0, self.n_sequences, self.batch_size):
                yield self._read(file, first)

    def __getitem__(self, number: int) -> TestBatch:
        """Give one batch."""
        place = whole_number(number, "batch")
        if not -len(self) <= place < len(self):
            raise OutOfBoundsError(f"batch {place} of {len(self)} is asked for.")
        with opened(self.path) as file:
            return self._read(file, place % len(self) * self.batch_size)

    def __repr__(self) -> str:
        sizes = self.sizes
        return (
            f"HDF5TestSet({self.split!r}, {self.n_sequences:,} sequences of "
            f"{sizes.seq_length:,} bases, {sizes.target_length:,} bins of {sizes.pool_width}, "
            f"{self.n_tracks:,} tracks)"
        )

    def _read(self, file: Any, first: int) -> TestBatch:
        rows = slice(first, first + self.batch_size)
        raw = file[f"{self.split}_in"][rows]
        x = np.ascontiguousarray(raw.transpose(0, 2, 1))
        check_one_hot(x, where=f"{self.split}_in of {shown_path(self.path)} from row {first:,} on")
        y: NDArray[Any] = file[f"{self.split}_out"][rows]
        if self._rows is not None:
            y = y[..., self._rows]
        na = file[f"{self.split}_na"][rows].astype(np.bool_) if self._has_na else None
        return TestBatch(x.astype(np.uint8), y.astype(np.float32), na)

    def _require_split(self, file: Any) -> None:
        names = [name.removesuffix("_in") for name in file if name.endswith("_in")]
        if self.split not in names:
            told = ", ".join(names)
            raise UnknownNameError(
                f"{shown_path(self.path)} has no split {self.split!r}; "
                + (f"it has {told}." if told else f"it holds {', '.join(list(file)[:12])}."),
                name=self.split,
                known=names,
                closest=closest(str(self.split), names),
            )

    def _require_shape(self, found: tuple[int, ...], expected: tuple[int, ...], name: str) -> None:
        if found != expected:
            raise ShapeError(
                f"{name!r} of {shown_path(self.path)} has shape {found} (its first axes); "
                f"{expected} fits the other datasets.",
                found=found,
                expected=expected,
            )

    def _sizes(self, file: Any, length: int, out: tuple[int, int]) -> Sizes:
        """Sizes of the set; what the bins leave at both ends is the crop."""
        n_bins, n_tracks = out
        width = length // max(n_bins, 1)
        if "pool_width" in file:
            held = np.asarray(file["pool_width"][()])
            if held.size != 1 or held.dtype.kind not in "iu":
                message = f"pool_width of {shown_path(self.path)} is {held!r}; expected a number."
                raise FormatError(message, path=self.path)
            width = int(held.reshape(()))
        try:
            return Sizes(length, n_bins, n_tracks, width, (length - n_bins * width) // 2, True)
        except OptionError as error:
            message = f"{shown_path(self.path)}: {error}"
            raise ShapeError(message, found=out, expected=length) from error

    def _names(self, file: Any) -> TargetTracks:
        n_tracks = self.sizes.num_targets
        return TargetTracks(
            *(
                texts_of(file, name, self.path, n_rows=n_tracks) if name in file else ()
                for name in ("target_ids", "target_labels", "target_strands")
            )
        )
