"""Arrays of layers in one HDF5 file, written part by part and read as they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.example_parts import one_file, read_part, run_parts
from locuscope.errors import OptionError
from locuscope.store import Hdf5Output, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.example_parts import Arrays
    from locuscope.inference.run import Run

SUFFIXES = (".h5", ".hdf5")
_PREFIX = "layer/"


@dataclass(frozen=True)
class LayerShape:
    """What the array of a layer will be.

    Args:
        shape: with all examples.
        dtype: type of its numbers.
        axis: of the examples.
        row_bytes: of one example.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axis: int
    row_bytes: int

    @classmethod
    def of(cls, one: NDArray[Any], count: int, axis: int = 0) -> LayerShape:
        """From the array of a single example.

        >>> LayerShape.of(np.zeros((2, 1, 5), np.float32), 7, axis=1).shape
        (2, 7, 5)
        """
        shape = (*one.shape[:axis], count, *one.shape[axis + 1 :])
        return cls(shape, one.dtype, axis, one.nbytes)


def layer_file(run: Run, verb: str) -> Path:
    """The HDF5 file that `out` names.

    Raises:
        OptionError: several files, or another suffix.
    """
    target = one_file(run, verb)
    if target.suffix.lower() not in SUFFIXES:
        raise OptionError(
            f"out={str(target)!r}: layers are written as .h5, one array per layer.",
            option="out",
            value=str(target),
            allowed=SUFFIXES,
        )
    return target


def layers_as_job(
    verb: str,
    facts: Mapping[str, Any],
    run: Run,
    *,
    group: str,
    shapes: Mapping[str, LayerShape],
    count: int,
    width_bp: int,
    compute: Callable[[int, int, Run], Arrays],
) -> Arrays:
    """Compute layers in parts that are kept on disk, and open the file that they become.

    Args:
        verb: who works.
        facts: everything that changes a number.
        run: with an HDF5 file as `out`.
        group: of the file, which holds the arrays.
        shapes: layer -> what its array will be.
        count: examples.
        width_bp: bases of an example.
        compute: (first, stop, run) -> layer -> array of some examples.

    Returns:
        layer -> array that is read as it is used.
    """

    def named(first: int, stop: int, how: Run) -> Arrays:
        return {f"{_PREFIX}{name}": array for name, array in compute(first, stop, how).items()}

    target = run_parts(
        verb,
        facts,
        run,
        count=count,
        row_bytes=sum(shape.row_bytes for shape in shapes.values()),
        width_bp=width_bp,
        compute=named,
        write=lambda path, parts: publish(path, lambda place: _write(place, parts, group, shapes)),
    )
    return _read(target, group, list(shapes))


def _write(
    place: Path, parts: Sequence[Path], group: str, shapes: Mapping[str, LayerShape]
) -> None:
    """One contiguous array per layer, filled part by part."""
    with Hdf5Output(place) as output:
        made = {
            name: output.file.create_dataset(f"{group}/{name}", shape.shape, shape.dtype)
            for name, shape in shapes.items()
        }
        first = stop = 0
        for part in parts:
            arrays = read_part(part)
            for name, dataset in made.items():
                array, axis = arrays[f"{_PREFIX}{name}"], shapes[name].axis
                stop = first + array.shape[axis]
                dataset[(slice(None),) * axis + (slice(first, stop),)] = array
            first = stop


def _read(path: Path, group: str, layers: Sequence[str]) -> Arrays:
    import h5py

    found: Arrays = {}
    with h5py.File(path, "r") as file:
        for name in layers:
            dataset = file[f"{group}/{name}"]
            found[name] = np.memmap(
                path, dataset.dtype, "r", offset=dataset.id.get_offset(), shape=dataset.shape
            )
    return found
