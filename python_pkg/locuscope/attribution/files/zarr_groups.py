"""Zarr groups of contributions: the arrays of the .npz, in chunks with checksums."""

from __future__ import annotations

from functools import partial
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.files.fields import (
    CHECKED_BYTES,
    UNREADABLE,
    broken,
    check_bases,
    check_shapes,
    chunk_rows,
    facts_text,
    places_of,
    plain_arrays,
    read_facts,
)
from locuscope.attribution.files.regions_npz import place_arrays
from locuscope.attribution.files.stored_rows import StoredRows
from locuscope.errors import CorruptStoreError, shown_path

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions

_SHARD = 16
"""Chunks of a shard, which is one file."""
_WIDE = {"contributions": "values", "var": "var", "members": "members"}
_NARROW = ("delta", "change", "chr", "chr_id", "start", "strand", "peak_id", "peak_name")


def write_zarr(found: Contributions, place: Path) -> None:
    """Fill an empty folder.

    Args:
        found: contributions of one track.
        place: the folder.
    """
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    group = zarr.open_group(str(place), mode="w")
    group.attrs["meta"] = facts_text([found])
    packed: dict[str, Any] = {"compressors": [ZstdCodec(level=3), Crc32cCodec()], "fill_value": 0}
    for name, array in _arrays(found).items():
        is_wide = array.ndim > 2
        axis = array.ndim - 3 if is_wide else 0
        rows = chunk_rows(array.shape[-1] * array.shape[-2]) if is_wide else max(1, len(array))
        lead, rest = (1,) * axis, tuple(max(1, size) for size in array.shape[axis + 1 :])
        sizes: dict[str, Any] = {"chunks": (*lead, rows, *rest)}
        if is_wide:
            # A short array has a short shard: its file is not padded with empty chunks.
            n_chunks = min(_SHARD, max(1, ceil(array.shape[axis] / rows)))
            sizes["shards"] = (*lead, rows * n_chunks, *rest)
        kind: Any = "str" if array.dtype == object else array.dtype
        options = {**packed, "fill_value": ""} if array.dtype == object else packed
        # Chunks of zeros are written too: one that is not there is a loss, never a zero.
        stored = group.create_array(
            name,
            shape=array.shape,
            dtype=kind,
            config={"write_empty_chunks": True},
            **sizes,
            **options,
        )
        stored[...] = array


def _arrays(found: Contributions) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"sequences": found.sequences.astype(np.int8)}
    arrays |= {
        name: value
        for name, field in (*_WIDE.items(), ("delta", "delta"), ("change", "change"))
        if (value := getattr(found, field)) is not None
    }
    for name, array in place_arrays(found).items():
        # Texts of any length are the one kind of text that every reader of Zarr knows.
        arrays[name] = array.astype(object) if array.dtype.kind == "U" else array
    return arrays


def read_zarr(path: Path) -> dict[str, Any]:
    """Fields of contributions; bases and values are read when they are asked for.

    Raises:
        FormatError: no group of contributions.
        CorruptStoreError: a chunk that is missing or damaged.
        ShapeError: arrays that do not fit, bases that are not one-hot, or transposed.
    """
    import zarr

    try:
        group: Any = zarr.open_group(str(path), mode="r")
        # One by one: a list of all leaves out, with a warning, those that cannot be opened.
        names = sorted(entry.parent.name for entry in path.glob("*/zarr.json"))
        arrays: dict[str, Any] = {name: group[name] for name in names}
    except UNREADABLE as error:
        raise broken(path, f"is no Zarr group of contributions ({str(error)[:80]})") from error
    plain_arrays(arrays, path, ("sequences", "contributions"))
    for name, array in arrays.items():
        _require_chunks(path, name, array)
    fields = read_facts(str(group.attrs["meta"]) if "meta" in group.attrs else None, path)
    check_shapes(path, arrays["sequences"].shape, arrays["contributions"].shape)
    for name, field in (("sequences", "sequences"), *_WIDE.items()):
        if name in arrays:
            shape = tuple(arrays[name].shape)
            read = partial(_read, path, name, len(shape) - 3)
            fields[field] = StoredRows(path, name, shape, read)
    count, _, length = fields["sequences"].shape
    first = np.arange(min(count, max(1, CHECKED_BYTES // (4 * length))))
    check_bases(path, fields["sequences"].rows(first))
    columns = {name: _column(path, name, arrays[name]) for name in _NARROW if name in arrays}
    fields |= {name: columns.get(name) for name in ("delta", "change")}
    fields |= {"peak_ids": columns.get("peak_id"), "chrom_ids": columns.get("chr_id")}
    if "chr" in columns and "start" in columns:
        fields["intervals"] = places_of(
            columns["chr"],
            columns["start"],
            length,
            strands=columns.get("strand"),
            names=columns.get("peak_name"),
            path=path,
        )
    return fields


def _require_chunks(path: Path, name: str, array: Any) -> None:
    sizes = array.shards or array.chunks
    grid = product(
        *(range(ceil(size / part)) for size, part in zip(array.shape, sizes, strict=True))
    )
    for place in grid:
        file = path.joinpath(name, "c", *map(str, place))
        # An empty file would be read as a chunk that was never written: as zeros.
        if not file.is_file() or not file.stat().st_size:
            raise CorruptStoreError(
                f"{shown_path(path)}: {name} misses its chunk {place}; write it again.",
                path=path,
                part=name,
            )


def _column(path: Path, name: str, array: Any) -> NDArray[Any]:
    try:
        return np.asarray(array[...])
    except UNREADABLE as error:
        raise CorruptStoreError(
            f"{shown_path(path)}: {name} cannot be read ({str(error)[:120]}).",
            path=path,
            part=name,
        ) from error


def _read(path: Path, name: str, axis: int, which: slice | NDArray[np.int64]) -> NDArray[Any]:
    import zarr

    array: Any = zarr.open_group(str(path), mode="r")[name]
    _require_chunks(path, name, array)
    return np.asarray(array.oindex[(slice(None),) * axis + (which,)])
