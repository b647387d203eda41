"""Write a test set as one HDF5 file, as other programs read it."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.datasets.testset_rows import (
    require_rows,
    require_text,
    rows_of,
    sizes_of,
    splits_of,
)
from locuscope.errors import ShapeError
from locuscope.store import Hdf5Output, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from locuscope.datasets.testset_rows import Row
    from locuscope.datasets.testset_sizes import Sizes

_BLOCK_BYTES = 1 << 24


def write_hdf5_testset(
    path: str | PathLike[str],
    test_set: Iterable[object] | Mapping[str, Iterable[object]],
    split: str = "test",
    *,
    pool_width: int | None = None,
    crop_bp: int = 0,
    target_ids: Sequence[str] | None = None,
    target_labels: Sequence[str] | None = None,
    target_strands: Sequence[str] | None = None,
    overwrite: bool = True,
) -> Path:
    """Write a test set as an HDF5 file; it appears whole or not at all.

    Args:
        path: the file.
        test_set: batches (x, y) or (x, y, na), one such batch, or a mapping of splits to them; x is
            one-hot (N, 4, L) or texts, y (N, P, T), na (N, P).
        split: "train", "valid" or "test", for batches without a mapping.
        pool_width: bases per bin; None = what the crops leave, divided by the bins.
        crop_bp: bases at each end of a sequence without a bin.
        target_ids: identifiers of the tracks.
        target_labels: descriptions of the tracks.
        target_strands: strands of the tracks.
        overwrite: False refuses a file that exists.

    Returns:
        The file.

    Raises:
        ShapeError, InputError: arrays that are no test set.
        NonFiniteError: values beyond float16, the number type of the format.
        StoreError: the file cannot be written.
    """
    splits = splits_of(test_set, split)
    names = {
        "target_ids": target_ids,
        "target_labels": target_labels,
        "target_strands": target_strands,
    }

    def write(place: Path) -> None:
        sizes: Sizes | None = None
        with Hdf5Output(place) as output:
            for name, batches in splits.items():
                rows = rows_of(batches)
                first = next(rows, None)
                if first is None:
                    require_rows(0, name)
                    continue
                own = sizes_of(first, pool_width=pool_width, crop_bp=crop_bp, is_one_hot=True)
                if sizes is not None and own != sizes:
                    message = f"split {name!r} has sizes {own}; the splits before have {sizes}."
                    raise ShapeError(message, found=own, expected=sizes)
                sizes = own
                _write_split(output, name, chain([first], rows), own)
            if sizes is None:
                return
            output.file.create_dataset("pool_width", data=sizes.pool_width)
            for name, given in names.items():
                texts = require_text(name, given, sizes.num_targets)
                if texts:
                    held = np.char.encode(np.array(texts, np.str_), "utf-8")
                    output.file.create_dataset(name, data=held)

    return publish(path, write, overwrite=overwrite)


def _write_split(output: Hdf5Output, split: str, rows: Iterator[Row], sizes: Sizes) -> None:
    block = max(1, _BLOCK_BYTES // sizes.row_bytes)
    shapes: dict[str, tuple[tuple[int, ...], Any]] = {
        "in": ((sizes.seq_length, 4), np.bool_),
        "out": ((sizes.target_length, sizes.num_targets), np.float16),
        "na": ((sizes.target_length,), np.bool_),
    }
    made = {
        name: output.file.create_dataset(
            f"{split}_{name}",
            shape=(0, *inner),
            maxshape=(None, *inner),
            chunks=(min(block, 64), *inner),
            dtype=dtype,
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )
        for name, (inner, dtype) in shapes.items()
    }
    n_done, has_masked = 0, False
    while some := list(islice(rows, block)):
        stop = n_done + len(some)
        for held in made.values():
            held.resize(stop, axis=0)
        made["in"][n_done:stop] = np.stack([row.x.T for row in some]).astype(np.bool_)
        made["out"][n_done:stop] = np.stack([row.y for row in some])
        na = np.stack([row.na for row in some])
        made["na"][n_done:stop] = na
        has_masked |= bool(na.any())
        n_done = stop
        output.check()
    if not has_masked:
        del output.file[f"{split}_na"]
