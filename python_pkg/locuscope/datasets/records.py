"""Test sets in files, in one place: readers, writers, and the one that tells files apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.datasets.hdf5_testset import HDF5TestSet
from locuscope.datasets.hdf5_writer import write_hdf5_testset as write_hdf5_testset  # noqa: PLC0414
from locuscope.datasets.tfrecord import TFRecordTestSet
from locuscope.datasets.tfrecord_writer import write_tfrecord as write_tfrecord  # noqa: PLC0414

if TYPE_CHECKING:
    from os import PathLike

    from locuscope.datasets.target_tracks import TargetChoice
    from locuscope.datasets.testset_sizes import BatchSize

HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf")


def open_test_set(
    path: str | PathLike[str],
    split: str = "test",
    *,
    tracks: TargetChoice | None = None,
    batch_size: BatchSize = "auto",
) -> HDF5TestSet | TFRecordTestSet:
    """Open a test set: a file that ends in .h5 or .hdf5 as HDF5, all else as TFRecord.

    Args:
        path: the file or folder.
        split: "train", "valid" or "test".
        tracks: identifiers, places or a mask; None = all.
        batch_size: sequences of a batch; "auto" = about 64 MB.

    Raises:
        LocuscopeError: as `HDF5TestSet` and `TFRecordTestSet`.
    """
    if Path(path).suffix.lower() in HDF5_SUFFIXES:
        return HDF5TestSet(path, split, tracks=tracks, batch_size=batch_size)
    return TFRecordTestSet(path, split, tracks=tracks, batch_size=batch_size)
