"""`locuscope predict --layer`: what a hidden layer holds, into arrays, a table or a BED file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.array_files import check_suffix, ranges_of, write_array_file
from locuscope.cli.inputs import open_model
from locuscope.cli.where_options import read_asked

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval

SUFFIXES = (".npz", ".h5", ".hdf5", ".zarr", ".tsv", ".bed")
TEXT = (".tsv", ".bed")


def run(args: argparse.Namespace) -> None:
    """Compute and write one row or array per place; a place is the whole window that is read."""
    from locuscope.attribution.activations import activations
    from locuscope.attribution.examples import read_sequences

    check_suffix(args.out, SUFFIXES)
    asked = read_asked(args)
    model = open_model(args.model, args.weights, source=args.source)
    sequences = read_sequences(model, *asked.where())
    found = activations(
        model,
        sequences.inner,
        args.layer,
        pre_nonlinearity=args.pre_nonlinearity,
        batch_size=args.batch_size,
        device=args.device,
    )
    arrays = dict(chain_arrays(found))
    write_layers(args.out, arrays, sequences.windows or asked.places)
    shapes = {name: list(values.shape) for name, values in arrays.items()}
    if args.json:
        print(json.dumps({"places": len(asked.places), "layers": shapes, "out": str(args.out)}))
    elif not args.quiet:
        shown = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        print(f"{args.out}: {counted(len(asked.places), 'place')}, {shown}")


def chain_arrays(found: Any, name: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Give the arrays of nested tuples and mappings, each with its path.

    >>> import numpy as np
    >>> [name for name, _ in chain_arrays({"lstm": (np.ones(1), {"h": np.ones(1)})})]
    ['lstm/0', 'lstm/1/h']
    """
    if isinstance(found, Mapping):
        items: list[tuple[str, Any]] = [(str(key), value) for key, value in found.items()]
    elif isinstance(found, tuple | list):
        items = [(str(place), value) for place, value in enumerate(found)]
    else:
        yield name, found
        return
    for key, value in items:
        yield from chain_arrays(value, f"{name}/{key}" if name else key)


def write_layers(
    path: Path, arrays: Mapping[str, NDArray[Any]], places: Sequence[Interval]
) -> None:
    """Write layers; the suffix decides.

    Args:
        path: .npz, .h5 or .zarr (arrays), .tsv (one row per place, `metadata/ranges/...` and
            `preds/<layer>/<index>`), or .bed (the six columns of a place, then the values).
        arrays: layer -> (N, ...).
        places: one per example.
    """
    if path.suffix.lower() not in TEXT:
        _write_arrays(path, arrays, places)
        return
    from locuscope.store import publish

    flat = {name: values.reshape(len(places), -1) for name, values in arrays.items()}
    titles = [f"preds/{name}/{k}" for name, rows in flat.items() for k in range(rows.shape[1])]
    if path.suffix.lower() == ".bed":
        heads = ["#chrom", "start", "end", "name", "score", "strand", *titles]
        known = [
            [place.chrom, place.start, place.end, _cell(place.name or row), 0, place.strand]
            for row, place in enumerate(places)
        ]
    else:
        ranges = ranges_of(places)
        names = sorted(ranges)
        heads = [*(f"metadata/ranges/{name}" for name in names), *titles]
        known = [
            [_cell(cell) for cell in cells]
            for cells in zip(*(ranges[name] for name in names), strict=True)
        ]

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write("\t".join(heads) + "\n")
            for row, cells in enumerate(known):
                values = (float(value) for rows in flat.values() for value in rows[row])
                texts = [*map(str, cells), *(f"{value:.9g}" for value in values)]
                file.write("\t".join(texts) + "\n")

    publish(path, write)


def _write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], places: Sequence[Interval]
) -> None:
    import numpy as np

    ranges = ranges_of(places)
    numbers = {name: np.array(ranges[name], np.int64) for name in ("start", "end")}
    if path.suffix.lower() == ".npz":
        write_array_file(path, {**arrays, **numbers}, {"chrom": ranges["chr"]})
        return
    named = {f"preds/{name}": values for name, values in arrays.items()}
    named |= {f"metadata/ranges/{name}": column for name, column in numbers.items()}
    texts = {f"metadata/ranges/{name}": ranges[name] for name in ("chr", "strand", "id")}
    write_array_file(path, named, texts)


def _cell(text: object) -> str:
    """A cell without tabs and line ends."""
    return " ".join(str(text).split())
