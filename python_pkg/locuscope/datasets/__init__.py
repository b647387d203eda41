"""Test sets in files: sequences with measured tracks, as batches that `evaluate` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.datasets.gene_file import GeneFile, write_gene_file
    from locuscope.datasets.hdf5_testset import HDF5TestSet
    from locuscope.datasets.hdf5_writer import write_hdf5_testset
    from locuscope.datasets.records import open_test_set
    from locuscope.datasets.tfrecord import TFRecordTestSet
    from locuscope.datasets.tfrecord_writer import write_tfrecord

__all__ = [
    "GeneFile",
    "HDF5TestSet",
    "TFRecordTestSet",
    "open_test_set",
    "write_gene_file",
    "write_hdf5_testset",
    "write_tfrecord",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "GeneFile": ".gene_file",
        "HDF5TestSet": ".hdf5_testset",
        "TFRecordTestSet": ".tfrecord",
        "open_test_set": ".records",
        "write_gene_file": ".gene_file",
        "write_hdf5_testset": ".hdf5_writer",
        "write_tfrecord": ".tfrecord_writer",
    },
)
