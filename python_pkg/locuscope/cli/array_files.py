"""Named arrays with their places as .npz, .h5 or .zarr, and tables as .tsv or .parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval

CHUNK_ROWS = 64


def check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a name, and a place, that cannot be written, before anything runs.

    Raises:
        InputError: another suffix.
        StoreTargetError, StoreFullError: no such folder, or no room in it.
    """
    from locuscope.store.publishing import check_place, check_target

    if path.suffix.lower() not in suffixes:
        message = f"Cannot write {path.name!r}; the suffix must be one of {', '.join(suffixes)}."
        raise InputError(message)
    if path.suffix.lower() == ".zarr":
        check_place(path, is_folder=True, overwrite=True)
    else:
        check_target(path)


def write_array_file(
    path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str | list[str]]
) -> None:
    """Write named arrays, and texts, as .npz, .h5 or .zarr.

    Args:
        path: the file, or the folder of a .zarr.
        arrays: name -> array; `/` in a name makes groups.
        texts: name -> a text, or a column of them; in .zarr they are attributes of their group.
    """
    from locuscope.store import publish, publish_folder

    suffix = path.suffix.lower()
    if suffix == ".npz":
        publish(path, lambda temporary: _write_npz(temporary, arrays, texts))
    elif suffix == ".zarr":
        publish_folder(path, lambda temporary: _write_zarr(temporary, arrays, texts))
    else:
        publish(path, lambda temporary: _write_hdf5(temporary, arrays, texts))


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Write a table as .parquet, else as tab-separated text."""
    from locuscope.store import publish

    if path.suffix.lower() == ".parquet":
        publish(path, lambda temporary: frame.write_parquet(temporary, compression="zstd"))
    else:
        publish(path, lambda temporary: frame.write_csv(temporary, separator="\t"))


def ranges_of(places: Sequence[Interval]) -> dict[str, list[Any]]:
    """Give places as columns: chr, start, end, strand, id.

    >>> from locuscope.genome.interval import Interval
    >>> ranges_of([Interval("20", 4, 9, "+", "peak")])["id"]
    ['peak']
    """
    return {
        "chr": [place.chrom for place in places],
        "start": [place.start for place in places],
        "end": [place.end for place in places],
        "strand": [place.strand for place in places],
        "id": [place.name or "" for place in places],
    }


def _write_npz(
    path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str | list[str]]
) -> None:
    import numpy as np

    named: dict[str, Any] = {**arrays, **{name: np.array(text) for name, text in texts.items()}}
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **named)


def _write_hdf5(
    path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str | list[str]]
) -> None:
    import h5py

    from locuscope.store import Hdf5Output

    with Hdf5Output(path) as output:
        for name, values in arrays.items():
            output.file.create_dataset(
                name, data=values, compression="gzip", chunks=_chunks(values.shape)
            )
        for name, text in texts.items():
            output.file.create_dataset(name, data=text, dtype=h5py.string_dtype())


def _write_zarr(
    path: Path, arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str | list[str]]
) -> None:
    import zarr

    root = zarr.open_group(str(path), mode="w")
    for name, values in arrays.items():
        root.create_array(name, data=values, chunks=_chunks(values.shape))
    # Text stands in the attributes: arrays of text are no settled part of the format.
    for name, text in texts.items():
        group, _, field = name.rpartition("/")
        root.require_group(group).attrs[field] = text


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (min(max(shape[0], 1), CHUNK_ROWS), *(max(size, 1) for size in shape[1:]))
