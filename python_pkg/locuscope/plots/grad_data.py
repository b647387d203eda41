"""Inputs and their gradients for `GradPlotter`: from memory or from an HDF5 file, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import (
    FormatError,
    InputError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
    shown_path,
)
from locuscope.genome.interval import Interval, whole_number
from locuscope.store import missing_file

if TYPE_CHECKING:
    from os import PathLike

LONE: Final = "input"
"""Name of an input that has none."""
_GRADS: Final = ("grads", "contributions")
_COLUMNS: Final = ("chr", "start", "end", "strand", "id")


@dataclass(frozen=True)
class StoredArray:
    """A dataset of an HDF5 file, read one example at a time."""

    path: Path
    name: str
    shape: tuple[int, ...]

    def __getitem__(self, row: int) -> Any:
        """Read one example."""
        import h5py

        with h5py.File(self.path, "r") as file:
            return file[self.name][row]


@dataclass(frozen=True, eq=False)
class GradData:
    """Arrays with one row per example, and where the examples lie.

    Args:
        inputs: name -> array (N, ...).
        grads: the same names and shapes.
        ranges: columns chr, start, end and perhaps strand, id; empty without places.

    Raises:
        InputError: no input, or an input without gradients.
        ShapeError: shapes that differ.
    """

    inputs: Mapping[str, Any]
    grads: Mapping[str, Any]
    ranges: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse parts that do not belong together."""
        if not self.inputs or set(self.inputs) != set(self.grads):
            raise InputError(
                f"inputs are {', '.join(self.inputs) or 'empty'} and gradients "
                f"{', '.join(self.grads) or 'empty'}; each input needs its gradient."
            )
        for name, array in self.inputs.items():
            if tuple(array.shape) != tuple(self.grads[name].shape):
                raise ShapeError(
                    f"input {name!r} has shape {tuple(array.shape)} and its gradient "
                    f"{tuple(self.grads[name].shape)}; the two must agree.",
                    found=tuple(self.grads[name].shape),
                    expected=tuple(array.shape),
                )
        sizes = {name: int(array.shape[0]) for name, array in self.inputs.items()}
        sizes |= {f"ranges/{name}": len(column) for name, column in self.ranges.items()}
        if len(set(sizes.values())) > 1:
            raise ShapeError(
                f"{sizes} examples; all must have as many.", found=sizes, expected="one number"
            )

    def __len__(self) -> int:
        return int(next(iter(self.inputs.values())).shape[0])

    def name_of(self, model_input: object) -> str | None:
        """The input that a name or number means; None for None.

        Raises:
            UnknownNameError: none of that name.
        """
        names = list(self.inputs)
        if model_input is None:
            return names[0] if len(names) == 1 else None
        if isinstance(model_input, str):
            found = model_input if model_input in self.inputs else None
        else:
            index = whole_number(model_input, "model_input")
            found = names[index] if -len(names) <= index < len(names) else None
        if found is None:
            raise UnknownNameError(
                f"no input {model_input!r}; {did_you_mean(str(model_input), names)}",
                name=str(model_input),
                known=names,
            )
        return found

    def place(self, sample: int) -> Interval | None:
        """Where an example lies on the genome."""
        if not {"chr", "start", "end"} <= self.ranges.keys():
            return None
        cells = {name: column[sample] for name, column in self.ranges.items()}
        strand = _text(cells.get("strand", "."))
        return Interval(
            _text(cells["chr"]),
            int(cells["start"]),
            int(cells["end"]),
            strand if strand in ("+", "-") else ".",
            _text(cells.get("id", "")) or None,
        )


def data_in_memory(data: object, grad_preds: object = None) -> GradData:
    """Read a batch with gradients.

    Args:
        data: Contributions, or a mapping with `inputs`, `grads` (or `contributions`) and perhaps
            `metadata` with `ranges`. Inputs are one array or a dict or list of them.
        grad_preds: the gradients, where `data` has none.

    Raises:
        WrongTypeError: neither.
        InputError: parts that are missing.
    """
    if isinstance(data, Contributions):
        places = data.intervals
        return GradData(
            {"sequence": data.sequences},
            {"sequence": data.values if grad_preds is None else np.asarray(grad_preds)},
            {} if places is None else _columns(places),
        )
    if not isinstance(data, Mapping):
        raise WrongTypeError(
            f"data takes a mapping with inputs and grads, or Contributions; got {data!r}.",
            argument="data",
            found=type(data).__name__,
            expected="mapping",
        )
    given = next((data[name] for name in _GRADS if name in data), None)
    grads = given if grad_preds is None else grad_preds
    if "inputs" not in data or grads is None:
        raise InputError(
            f"data has {', '.join(map(str, data)) or 'nothing'}; a picture needs inputs and grads "
            "(or grad_preds)."
        )
    metadata = data.get("metadata")
    ranges = metadata.get("ranges") if isinstance(metadata, Mapping) else None
    return GradData(
        _named(data["inputs"]), _named(grads), {} if ranges is None else _columns(ranges)
    )


def data_in_hdf5(path: str | PathLike[str]) -> GradData:
    """Read the layout of a file; examples are read when they are drawn.

    `/inputs` and `/grads` (or `/contributions`) are a dataset or a group of them, places stand in
    `/metadata/ranges`. Other layouts are read as `Contributions`.

    Raises:
        MissingFileError: no such file.
        FormatError: no HDF5 file, or one without gradients.
    """
    import h5py

    source = Path(path)
    if not source.is_file():
        raise missing_file(source)
    try:
        with h5py.File(source, "r") as file:
            found = next((name for name in _GRADS if name in file), None)
            if "inputs" in file and found is not None:
                ranges = file.get("metadata/ranges", {})
                return GradData(
                    _stored(source, file["inputs"]),
                    _stored(source, file[found]),
                    {name: _cells(ranges[name]) for name in _COLUMNS if name in ranges},
                )
    except OSError as error:
        raise FormatError(
            f"{shown_path(source)} is no HDF5 file that can be read ({str(error)[:80]}).",
            path=source,
        ) from error
    return data_in_memory(Contributions.open(source))


def _stored(path: Path, item: Any) -> dict[str, StoredArray]:
    """Datasets below a group, named by what follows it; a dataset itself has no name."""
    if hasattr(item, "shape"):
        return {LONE: StoredArray(path, item.name, tuple(item.shape))}
    found: dict[str, StoredArray] = {}

    def keep(name: str, below: Any) -> None:
        if hasattr(below, "shape"):
            found[name] = StoredArray(path, below.name, tuple(below.shape))

    item.visititems(keep)
    return found


def _cells(dataset: Any) -> Any:
    return dataset[()] if dataset.dtype.kind in "iuf" else dataset.asstr()[()]


def _named(given: Any, prefix: str = "") -> dict[str, Any]:
    """Arrays of a structure, named by the way to them."""
    if isinstance(given, Mapping):
        items = [(str(name), each) for name, each in given.items()]
    elif isinstance(given, tuple | list) and any(hasattr(each, "shape") for each in given):
        items = [(str(k), each) for k, each in enumerate(given)]
    else:
        array = given if hasattr(given, "shape") else np.asarray(given)
        detached = array.detach().cpu().numpy() if hasattr(array, "detach") else array
        return {prefix.rstrip("/") or LONE: detached}
    found: dict[str, Any] = {}
    for name, each in items:
        found |= _named(each, f"{prefix}{name}/")
    return found


def _columns(ranges: Any) -> dict[str, Any]:
    """Columns of places: a mapping of columns, or a list of Intervals or mappings."""
    if isinstance(ranges, Mapping):
        return {name: ranges[name] for name in _COLUMNS if name in ranges}
    if not isinstance(ranges, Sequence):
        # an object with a column per attribute, such as published data loaders give
        return {name: getattr(ranges, name) for name in _COLUMNS if hasattr(ranges, name)}
    rows = [_row(each) for each in ranges]
    return {name: [row[name] for row in rows] for name in _COLUMNS if rows and name in rows[0]}


def _row(each: Any) -> dict[str, Any]:
    if isinstance(each, Interval):
        cells = (each.chrom, each.start, each.end, each.strand, each.name or "")
        return dict(zip(_COLUMNS, cells, strict=True))
    if isinstance(each, Mapping):
        return {name: each[name] for name in _COLUMNS if name in each}
    return {name: getattr(each, name) for name in _COLUMNS if hasattr(each, name)}


def _text(cell: Any) -> str:
    return cell.decode() if isinstance(cell, bytes) else str(cell)
