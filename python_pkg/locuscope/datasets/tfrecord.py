"""`TFRecordTestSet`: sequences and measured tracks in TFRecord files, read without TensorFlow."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.datasets.record_decoding import RecordDecoder
from locuscope.datasets.record_stream import count_records, read_records
from locuscope.datasets.target_tracks import read_targets
from locuscope.datasets.testset_sizes import read_sizes
from locuscope.errors import (
    EmptySelectionError,
    FormatError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
    shown_path,
)
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.inference.measured_batches import TestBatch
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.datasets.record_decoding import Example
    from locuscope.datasets.target_tracks import TargetChoice
    from locuscope.datasets.testset_sizes import BatchSize

SUFFIXES = (".tfr", ".tfrecord", ".tfrecords")


class TFRecordTestSet:
    """Batches of a TFRecord test set; lazy, and read again from its start by every loop.

    `set[k]` is batch k and `len(set)` their number, so that a DataLoader with `batch_size=None`
    reads it in several workers, each of them its own batches.

    Args:
        source: the folder of a set (its records lie in it, or in `tfrecords/` below), a file, or
            files in order. `statistics.json` stands beside the records or one folder above.
        split: the records of a folder that are named `split-*.tfr`.
        tracks: identifiers of `targets.txt`, places or a mask; None = all.
        decode: how bases are written: "one_hot" (L x 4 bytes), "index" (L bytes, 4 = N), or "auto",
            as `statistics.json` and the length say.
        batch_size: sequences of a batch; "auto" = about 64 MB.
        verify_crc: compare every checksum.

    Attributes:
        files: the files in order.
        sizes: lengths, bins and tracks of the set.
        targets: names of the chosen tracks.
        n_tracks: how many are chosen.

    Raises:
        MissingFileError: no folder, no records, no `statistics.json`.
        FormatError: a `statistics.json` that contradicts itself; when it is read, a broken record,
            with file and number.
        UnknownNameError, OptionError: a track that the set does not have.
    """

    def __init__(
        self,
        source: str | PathLike[str] | Sequence[str | PathLike[str]],
        split: str = "test",
        *,
        tracks: TargetChoice | None = None,
        decode: str = "auto",
        batch_size: BatchSize = "auto",
        verify_crc: bool = True,
    ) -> None:
        check_class("verify_crc", verify_crc, bool)
        self.split = split
        self.files, self._is_folder = _files(source, split)
        home = self.files[0].parent
        self.sizes = read_sizes(home)
        names = read_targets(home, self.sizes.num_targets)
        rows = names.rows(tracks, self.sizes.num_targets)
        self.targets, self.n_tracks = names.take(rows), len(rows)
        self._decoder = RecordDecoder(self.sizes, decode, None if tracks is None else rows)
        self._verify_crc = verify_crc
        self.batch_size = self.sizes.rows_per_batch(batch_size)
        self._counts: dict[int, int] = {}
        self._cursor: tuple[int, int, Iterator[TestBatch]] | None = None

    @property
    def n_sequences(self) -> int:
        """Sequences of the set.

        For a folder as its `statistics.json` says, which every loop to the end checks; else the
        records are counted once, by their lengths.
        """
        stated = self._stated
        return sum(map(self._count, range(len(self.files)))) if stated is None else stated

    def __len__(self) -> int:
        """Number of batches."""
        return ceil(self.n_sequences / self.batch_size)

    def __iter__(self) -> Iterator[TestBatch]:
        """Give the batches: x (N, 4, L) uint8, y (N, P, T) float32."""
        return self._batches(0)

    def __getitem__(self, number: int) -> TestBatch:
        """Give one batch; the next one after it costs no more than in a loop."""
        place = whole_number(number, "batch")
        if not -len(self) <= place < len(self):
            raise OutOfBoundsError(f"batch {place} of {len(self)} is asked for.")
        place %= len(self)
        at, owner, batches = self._cursor or (-1, 0, iter(()))
        if owner != os.getpid() or not 0 <= at <= place:
            at, batches = place, self._batches(place)
        self._cursor = None  # a loop that a broken record ended is not gone on with
        while at < place:
            next(batches)
            at += 1
        found = next(batches)
        self._cursor = (place + 1, os.getpid(), batches)
        return found

    def __getstate__(self) -> dict[str, object]:
        """Everything but the open file."""
        return {**self.__dict__, "_cursor": None}

    def __repr__(self) -> str:
        sizes = self.sizes
        return (
            f"TFRecordTestSet({self.split!r}, {len(self.files)} files, {sizes.seq_length:,} bases, "
            f"{sizes.target_length:,} bins of {sizes.pool_width}, {self.n_tracks:,} tracks)"
        )

    def examples(self, *, skip: int = 0) -> Iterator[Example]:
        """Give record after record.

        Args:
            skip: records in front that are passed over unchecked.

        Raises:
            FormatError: a broken record, or fewer than `statistics.json` says.
        """
        number = 0
        limit = self.sizes.max_record_bytes
        for place, path in enumerate(self.files):
            if number < skip and number + self._count(place) <= skip:
                number += self._count(place)
                continue
            own = max(0, skip - number)
            number += own
            records = read_records(path, max_bytes=limit, verify_crc=self._verify_crc, skip=own)
            for payload in records:
                yield self._decoder.decode(payload, path, own + 1)
                own, number = own + 1, number + 1
        self._check_count(number)

    def genomes(self) -> NDArray[np.int64]:
        """Give the organism's number of every sequence, (S,); -1 where a record has none."""
        found = [-1 if one.genome is None else one.genome for one in self.examples()]
        return np.array(found, np.int64)

    def _batches(self, first: int) -> Iterator[TestBatch]:
        rows: list[Example] = []
        for row in self.examples(skip=first * self.batch_size):
            rows.append(row)
            if len(rows) == self.batch_size:
                yield _batch(rows)
                rows = []
        if rows:
            yield _batch(rows)

    @property
    def _stated(self) -> int | None:
        """Sequences that the statistics of a folder name; None for files and where they do not."""
        return (self.sizes.n_sequences or {}).get(self.split) if self._is_folder else None

    def _count(self, place: int) -> int:
        """Records of a file, counted once."""
        if place not in self._counts:
            limit = self.sizes.max_record_bytes
            self._counts[place] = count_records(self.files[place], max_bytes=limit)
        return self._counts[place]

    def _check_count(self, found: int) -> None:
        stated = self._stated
        if stated is not None and stated != found:
            folder = self.files[0].parent
            raise FormatError(
                f"{shown_path(folder)} holds {found:,} {self.split} sequences in {len(self.files)} "
                f"files; statistics.json says {stated:,}. A file is missing or cut short; name the "
                "files themselves to read a part.",
                path=folder,
            )


def _files(source: Any, split: str) -> tuple[tuple[Path, ...], bool]:
    """The files in order, and whether they were found in a folder."""
    if not isinstance(source, str | os.PathLike):
        if not isinstance(source, Iterable):
            raise WrongTypeError(
                f"source is a {type(source).__name__}; expected a folder or files.",
                argument="source",
                found=type(source).__name__,
                expected="path or list of paths",
            )
        listed = tuple(Path(item) for item in source)
        if not listed:
            raise EmptySelectionError("source names no file.", available=0)
        for path in listed:
            if not path.is_file():
                raise missing_file(path)
        return listed, False
    folder = Path(source)
    if folder.is_file():
        return (folder,), False
    if not folder.is_dir():
        raise missing_file(folder)
    inner = folder / "tfrecords"
    home = inner if inner.is_dir() else folder
    records = [path for path in home.iterdir() if path.suffix in SUFFIXES]
    found = sorted((path for path in records if _split_of(path) == split), key=_order)
    if not found:
        splits = sorted({_split_of(path) for path in records})
        raise OptionError(
            f"{shown_path(home)} has no records {split}-*.tfr; its splits are "
            f"{', '.join(splits) or 'none'}.",
            option="split",
            value=split,
            allowed=splits,
        )
    return tuple(found), True


def _split_of(path: Path) -> str:
    return path.stem.rpartition("-")[0] or path.stem


def _order(path: Path) -> tuple[int, str]:
    """Files by the number at the end of their name, as it was written."""
    digits = re.search(r"(\d+)$", path.stem)
    return (int(digits[1]) if digits else -1, path.name)


def _batch(rows: list[Example]) -> TestBatch:
    return TestBatch(np.stack([row.x for row in rows]), np.stack([row.y for row in rows]))
