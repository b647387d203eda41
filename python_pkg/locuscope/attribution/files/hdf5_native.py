"""HDF5 files of contributions: written part by part, read example by example."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.files.fields import (
    CHECKED_BYTES,
    ROW_ARRAYS,
    UNREADABLE,
    VALUE_ARRAYS,
    broken,
    check_bases,
    check_columns,
    check_shapes,
    chunk_rows,
    columns_digest,
    facts_text,
    places_of,
    read_facts,
)
from locuscope.attribution.files.hdf5_layouts import LAYOUTS, NATIVE, Layout, layout_of
from locuscope.attribution.files.stored_rows import StoredRows
from locuscope.errors import LocuscopeError
from locuscope.store import Hdf5Output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.tracks.track_table import TrackTable

_ROW_CHUNK = 10_000
_PACKED: Mapping[str, Any] = {"compression": "gzip", "fletcher32": True}
_COLUMNS = {"chr": "chrom", "strand": "strand", "id": "name"}


def write_hdf5(parts: Iterable[Contributions], place: Path, compat: str | None = None) -> None:
    """Write contributions part by part; memory holds one part.

    Every dataset can grow along its examples.

    Args:
        parts: of one call, in order; at least one.
        place: the new file.
        compat: None, or the layout of another tool.

    Raises:
        OSError: what the disk refuses.
    """
    layout = LAYOUTS[compat or NATIVE]
    seen: list[Contributions] = []
    columns: list[dict[str, Any]] = []
    with Hdf5Output(place) as output:
        for part in parts:
            for name, array, axis in _arrays(part, layout):
                _append(output.file, name, array, axis)
            # Facts and columns of a part are small; its other arrays are let go of.
            seen.append(part[:0])
            columns.append({name: getattr(part, name) for name in ("intervals", *ROW_ARRAYS)})
            output.check()
        output.file.attrs["meta"] = facts_text(seen, columns_digest(_joined(columns)))
        _write_words(output.file, seen[0])


def _joined(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Columns of all parts, end to end."""
    found: dict[str, Any] = {}
    for name in columns[0]:
        taken = [part[name] for part in columns if part[name] is not None]
        if name == "intervals":
            found[name] = [place for places in taken for place in places]
        elif taken:
            found[name] = np.concatenate(taken, axis=max(0, taken[0].ndim - 2))
    return found


def _arrays(part: Contributions, layout: Layout) -> list[tuple[str, Any, int]]:
    """Name, array and axis of the examples of every dataset."""
    arrays: list[tuple[str, Any, int]] = [(layout.sequences, part.sequences, 0)]
    arrays += [(name, part.project().values, 0) for name in layout.projected]
    for field, name in zip(VALUE_ARRAYS, _names(layout), strict=True):
        value = getattr(part, field)
        if value is not None:
            arrays.append((name, value, value.ndim - 3))
    if layout.is_turned:
        arrays = [(name, array.swapaxes(-1, -2), axis) for name, array, axis in arrays]
    for name in ROW_ARRAYS:
        value = getattr(part, name)
        if value is not None:
            # Completeness of several tracks is (T, N, R).
            arrays.append((name, value, max(0, value.ndim - 2)))
    if part.intervals is not None:
        places = part.intervals
        for column in ("chr", "start", "end", "strand", "id"):
            field = _COLUMNS.get(column, column)
            cells = [getattr(place, field) for place in places]
            found = np.array(cells, np.int64) if column in ("start", "end") else _texts(cells)
            arrays.append((layout.column(column), found, 0))
    return arrays


def _names(layout: Layout) -> tuple[str, str, str]:
    """Where the fields of `VALUE_ARRAYS` stand."""
    return layout.values, "var/sequence", "members/sequence"


def _write_words(file: Any, part: Contributions) -> None:
    import h5py

    file.create_dataset("target", data=part.target, dtype=h5py.string_dtype())
    if part.tracks is not None:
        file.create_dataset("tracks", data=list(part.tracks), dtype=h5py.string_dtype())
    if part.track_table is not None:
        rows = json.dumps(part.track_table.rows(), default=str)
        file.create_dataset("track_table", data=rows, dtype=h5py.string_dtype())


def _texts(cells: list[str | None]) -> NDArray[Any]:
    return np.array([cell or "" for cell in cells], dtype=object)


def _append(file: Any, name: str, array: NDArray[Any], axis: int) -> None:
    """Put examples at the end of a dataset, which is made where there is none."""
    import h5py

    if name not in file:
        is_text = array.dtype == object
        is_wide = array.ndim > 2 and array.shape[-1] * array.shape[-2] > 0
        rows = chunk_rows(array.shape[-1] * array.shape[-2]) if is_wide else _ROW_CHUNK
        chunks = [1] * axis + [rows, *array.shape[axis + 1 :]]
        shape = [*array.shape[:axis], 0, *array.shape[axis + 1 :]]
        file.create_dataset(
            name,
            shape=tuple(shape),
            maxshape=(*shape[:axis], None, *shape[axis + 1 :]),
            chunks=tuple(max(1, size) for size in chunks),
            dtype=h5py.string_dtype() if is_text else array.dtype,
            # Texts lie on the heap of the file, where checksums do not reach.
            **({"compression": "gzip"} if is_text else _PACKED),
        )
    dataset = file[name]
    first = dataset.shape[axis]
    dataset.resize(first + array.shape[axis], axis=axis)
    dataset[(slice(None),) * axis + (slice(first, None),)] = array


def read_hdf5(path: Path) -> dict[str, Any]:
    """Fields of contributions; bases and values are read when they are asked for.

    Raises:
        FormatError: no HDF5 file, one that ends early, or another layout.
        ShapeError: datasets that do not fit, bases that are not one-hot, or transposed.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            layout = layout_of(file)
            if layout is None:
                raise broken(path, f"holds no contributions; it holds {_held(file)}")
            return _fields(path, file, layout)
    except LocuscopeError:
        raise
    except UNREADABLE as error:
        raise broken(path, f"is no HDF5 file of contributions ({str(error)[:120]})") from error


def _held(file: Any) -> str:
    names: list[str] = []
    file.visit(names.append)
    return ", ".join(names[:5]) or "nothing"


def _fields(path: Path, file: Any, layout: Layout) -> dict[str, Any]:
    text = str(file.attrs["meta"]) if "meta" in file.attrs else None
    fields = read_facts(text, path, layout.kind)
    fields |= {
        field: stored_dataset(path, file, name, is_turned=layout.is_turned)
        for field, name in zip(VALUE_ARRAYS, _names(layout), strict=True)
        if name in file
    }
    bases = stored_dataset(path, file, layout.sequences, is_turned=layout.is_turned)
    check_shapes(path, bases.shape, fields["values"].shape)
    if file[layout.values].dtype.kind not in "fiu":
        raise broken(path, f"has contributions of type {file[layout.values].dtype}")
    count, _, length = bases.shape
    check_bases(path, bases.rows(np.arange(min(count, max(1, CHECKED_BYTES // (4 * length))))))
    fields |= {"sequences": bases}
    fields |= {name: file[name][()] for name in ROW_ARRAYS if name in file}
    if "tracks" in file:
        fields["tracks"] = tuple(file["tracks"].asstr()[()].tolist())
    if "track_table" in file:
        fields["track_table"] = _track_table(str(file["track_table"].asstr()[()]))
    if layout.column("chr") in file and layout.column("start") in file:
        cells = {name: _cells(file, layout.column(name)) for name in ("strand", "id", "end")}
        fields["intervals"] = places_of(
            _cells(file, layout.column("chr")),
            _cells(file, layout.column("start")),
            length,
            ends=cells["end"],
            strands=cells["strand"],
            names=cells["id"],
            path=path,
        )
    check_columns(text, fields, path)
    return fields


def _track_table(text: str) -> TrackTable:
    from locuscope.tracks.track_metadata import TrackMetadata
    from locuscope.tracks.track_table import TrackTable

    core = ("track_index", "output_name", "organism", "track_name")
    tracks = []
    for row in json.loads(text):
        extras = {name: cell for name, cell in row.items() if name not in (*core, "source_index")}
        index, head, organism, name = (row[field] for field in core)
        tracks.append(TrackMetadata(index, head, organism, name, extras))
    return TrackTable.from_tracks(tracks)


def _cells(file: Any, name: str) -> Any:
    """A column as texts or numbers; None where there is none."""
    if name not in file:
        return None
    dataset = file[name]
    return dataset[()] if dataset.dtype.kind in "iuf" else dataset.asstr()[()]


def stored_dataset(path: Path, file: Any, name: str, *, is_turned: bool) -> StoredRows:
    """A dataset as rows that are read later, (..., N, A, L).

    Args:
        path: the file.
        file: the same, open.
        name: of the dataset.
        is_turned: it is stored as (..., N, L, A).
    """
    shape = tuple(int(size) for size in file[name].shape)
    stored = file[name].id
    is_chunked = file[name].chunks is not None
    if is_chunked and any(
        stored.get_chunk_info(i).filter_mask for i in range(stored.get_num_chunks())
    ):
        # Such a chunk would be read without its checksum, and without being unpacked.
        raise broken(path, f"has chunks of {name} that skip their filters; it is damaged")
    if is_turned and len(shape) > 1:
        shape = (*shape[:-2], shape[-1], shape[-2])
    read = partial(_read, path, name, len(shape) - 3, is_turned=is_turned)
    return StoredRows(path, name, shape, read)


def _read(
    path: Path, name: str, axis: int, which: slice | NDArray[np.int64], *, is_turned: bool
) -> NDArray[Any]:
    import h5py

    with h5py.File(path, "r") as file:
        found: NDArray[Any] = file[name][(slice(None),) * axis + (which,)]
    return found.swapaxes(-1, -2) if is_turned else found
