"""Patterns of TF-MoDISco (the lite HDF5 layout): one motif per pattern."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope._closest import examples
from locuscope.errors import FormatError, LocuscopeError, shown_path
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from locuscope.motifs.set_arrays import matrix_of
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

METACLUSTERS = ("pos_patterns", "neg_patterns")
_OLD_LAYOUT = "metacluster_idx_to_submetacluster_results"
_UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
"""What the library raises on a file that ends early or was changed."""
_MATRICES = {"cwm": "contrib_scores", "hypothetical": "hypothetical_contribs", "ppm": "sequence"}
_NEEDED = {"cwm": "cwm", "hcwm": "hypothetical", "pfm": "ppm", "pfm_softmax": "ppm"}


def read_modisco(
    path: str | PathLike[str], *, kind: str = "cwm", subpatterns: bool = False
) -> MotifSet:
    """Read the patterns of a TF-MoDISco file, forward strands, cores trimmed at 0.3.

    Args:
        path: HDF5 with `pos_patterns`, `neg_patterns` or both.
        kind: which matrix the set gives, as `MotifSet.kind`; `scale` is its norm in the file.
        subpatterns: also the parts of each pattern, after it.

    Returns:
        Named "pos_patterns.pattern_0"; positive before negative ones, by number.

    Raises:
        MissingFileError: no such file.
        FormatError: no HDF5, no pattern, a dataset that is missing or of another shape, a pattern
            that is all zero.
    """
    with opened(path) as file:
        motifs = [
            _motif(path, tag, group, kind)
            for tag, group in patterns(path, file, subpatterns=subpatterns)
        ]
    return MotifSet(tuple(motifs), kind=kind, origin=shown_path(path))


@contextmanager
def opened(path: str | PathLike[str]) -> Iterator[Any]:
    """The file, open for reading; what the library raises on damaged parts is a `FormatError`.

    Raises:
        MissingFileError: no such file.
        FormatError: not HDF5, cut short or damaged.
    """
    import h5py

    if not Path(path).exists():
        raise missing_file(path)
    try:
        with h5py.File(path, "r") as file:
            yield file
    except LocuscopeError:
        raise
    except _UNREADABLE as error:
        raise _broken(path, f"is no readable HDF5 file ({str(error)[:80]})") from error


def patterns(
    path: str | PathLike[str], file: Any, *, subpatterns: bool = False
) -> Iterator[tuple[str, Any]]:
    """Name and group of each pattern, in order.

    Raises:
        FormatError: no pattern.
    """
    there = [name for name in METACLUSTERS if name in file]
    if not there:
        held = examples(sorted(file)) if len(file) else "nothing"
        hint = " Convert it with `modisco convert`." if _OLD_LAYOUT in file else ""
        raise _broken(
            path, f"has neither pos_patterns nor neg_patterns; it holds {held}", hint=hint
        )
    if not any(len(file[name]) for name in there):
        raise _broken(path, f"holds no pattern; {' and '.join(there)} are empty")
    for metacluster in there:
        for name in sorted(file[metacluster], key=_by_number):
            pattern = file[metacluster][name]
            yield f"{metacluster}.{name}", pattern
            inner = [key for key in pattern if key.startswith("subpattern")] if subpatterns else []
            for part in sorted(inner, key=_by_number):
                yield f"{metacluster}.{name}.{part}", pattern[part]


def _by_number(name: str) -> tuple[int, int, str]:
    """By the number after the last `_`, else after `#`; names without one come last."""
    found = re.search(r"_([0-9]+)$", name) or re.search(r"#([0-9]+)", name)
    return (1, 0, name) if found is None else (0, int(found[1]), name)


def _motif(path: str | PathLike[str], tag: str, group: Any, kind: str) -> Motif:
    found: dict[str, Any] = {
        field: _matrix(path, tag, group, dataset)
        for field, dataset in _MATRICES.items()
        if field in ("cwm", _NEEDED[kind]) or dataset in group
    }
    widths = {field: matrix.shape[1] for field, matrix in found.items()}
    if len(set(widths.values())) > 1:
        raise _broken(path, f"{tag}: matrices of different widths, {widths}")
    if "ppm" in found:
        found["ppm"] = _frequencies(path, tag, found["ppm"])
    for field in {"cwm", _NEEDED[kind]}:
        if not found[field].any():
            raise _broken(path, f"{tag}: {_MATRICES[field]} is all zero")
    cwm = found.pop("cwm")
    motif = Motif(tag, cwm, **found)
    scale = float(np.linalg.norm(matrix_of(motif, kind)))
    return Motif(tag, cwm, **found, scale=scale, core=motif.core)


def _matrix(path: str | PathLike[str], tag: str, group: Any, dataset: str) -> NDArray[np.float64]:
    if dataset not in group:
        raise _broken(path, f"{tag} has no {dataset!r}; it holds {examples(sorted(group))}")
    shape = getattr(group[dataset], "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != 4 or shape[0] == 0:
        raise _broken(path, f"{tag}: {dataset} has shape {shape}; (W, 4) is needed")
    return np.asarray(group[dataset][:], np.float64).T


def _frequencies(
    path: str | PathLike[str], tag: str, counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Columns over their sums; where no base was seen, all alike."""
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise _broken(path, f"{tag}: sequence holds values that are no frequencies")
    totals = counts.sum(axis=0)
    return np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), 0.25)


def _broken(path: str | PathLike[str], what: str, *, hint: str = "") -> FormatError:
    return FormatError(f"{shown_path(path)}: {what}.{hint}", path=path)
