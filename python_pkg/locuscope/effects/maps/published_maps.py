"""Reader of the published mutation map layout, as the Kipoi tools write it.

Root groups `_list_0` .. `_list_n`, in each: model input, score, task, and there `mutation_map`
(4, L; rows A C G T), `ref_seq`, `metadata_region` (chr, start 0-based, end, strand) and `ovlp_var`
(chr, pos 1-based, ref, alt, id, varpos_rel). Members are datasets, attributes, or groups of such;
pickled ones are refused, never read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.map_layers import Layers
from locuscope.effects.maps.stored_maps import MapFields, StoredMaps, opened
from locuscope.errors import CorruptStoreError, VariantError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VALUE_SCORES = ("ref", "alt", "logit_ref", "logit_alt")
_ENTRY = re.compile(r"_list_(\d+)")
_ITEM = re.compile(r"i(\d+)")
_LETTERS = re.compile(r"[^ACGT]")
# what the libraries behind these files put into the description of a pickled member
_PICKLE_MARKS = ("PSEUDOATOM", "PICKLE")
_PICKLE_START = b"\x80"


def is_published(file: Any) -> bool:
    """Whether the root of a file looks like the published layout."""
    return any(_ENTRY.fullmatch(name) for name in file)


def open_published(path: Path, file: Any) -> StoredMaps:
    """Look into a file of the published layout; the maps stay on disk.

    The reference cells of value layers hold 0 there, as the tools wrote them.

    Raises:
        CorruptStoreError: a pickled member, or one that is missing or of another shape.
    """
    names = sorted((name for name in file if _ENTRY.fullmatch(name)), key=_number)
    provenance: dict[str, object] = {"read_from": path.name, "layout": "kipoi"}
    entries = tuple(
        {
            input_name: _fields(path, file[name][input_name], input_name, provenance)
            for input_name in file[name]
        }
        for name in names
    )
    return StoredMaps(path, entries, tuple(range(len(entries))), (), provenance)


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


@dataclass(frozen=True, eq=False)
class _TaskArrays:
    """The maps of one score, one dataset (4, L) per task, as (L, A, T)."""

    path: Path
    names: tuple[str, ...]
    shape: tuple[int, int, int]

    def read(self, start: int, stop: int, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """Read positions [start, stop) of the tasks `rows`, None = all."""
        picked = range(len(self.names)) if rows is None else rows.tolist()
        with opened(self.path) as file:
            columns = [file[self.names[row]][:, start:stop] for row in picked]
        return np.stack(columns, axis=-1).transpose(1, 0, 2).astype(np.float32)


def _fields(path: Path, group: Any, input_name: str, provenance: dict[str, object]) -> MapFields:
    tasks = list(group[next(iter(group))])
    sources = {score: _tasks(path, group[score], tasks) for score in group}
    first = group[next(iter(group))][tasks[0]]
    region = _member(path, first, "metadata_region")
    place = Interval(str(region["chr"]), int(region["start"]), int(region["end"]), _strand(region))
    letters = _LETTERS.sub("N", str(_member(path, first, "ref_seq")).upper())
    length = next(iter(sources.values())).shape[0]
    if not len(letters) == place.width == length:
        why = f"{len(letters)} letters and {length} columns for the {place.width} bases of a region"
        raise _damaged(path, first.name, why)
    metadata = [TrackMetadata(i, input_name, 0, task) for i, task in enumerate(tasks)]
    return MapFields(
        layers=Layers.over(sources),
        interval=place,
        reference=letters,
        tracks=TrackTable.from_tracks(metadata),
        score=next(iter(sources)),
        kinds={s: "value" if s in VALUE_SCORES else "difference" for s in sources},
        annotations=_annotations(path, first, place.chrom),
        input_name=input_name,
        window_start=place.start,
        is_reverse=False,
        provenance=provenance,
    )


def _tasks(path: Path, group: Any, tasks: list[str]) -> _TaskArrays:
    if list(group) != tasks:
        raise _damaged(path, group.name, f"tasks {list(group)[:5]}, expected {tasks[:5]}")
    names, lengths = [], set()
    for task in tasks:
        matrix = group[task].get("mutation_map")
        if matrix is None or not hasattr(matrix, "dtype"):
            raise _damaged(path, group[task].name, "no matrix 'mutation_map'")
        _refuse_pickle(path, matrix)
        if matrix.ndim != 2 or matrix.shape[0] != 4 or matrix.dtype.kind not in "fiu":
            raise _damaged(path, matrix.name, f"{matrix.dtype} {matrix.shape}, expected (4, L)")
        names.append(matrix.name)
        lengths.add(matrix.shape[1])
    if len(lengths) != 1:
        raise _damaged(path, group.name, f"maps of {sorted(lengths)} bases, expected one length")
    return _TaskArrays(path, tuple(names), (lengths.pop(), 4, len(names)))


def _annotations(path: Path, group: Any, chrom: str) -> tuple[Variant, ...]:
    """Read the variants; what is no change of ACGT (a symbolic allele) cannot be drawn."""
    found = _member(path, group, "ovlp_var", default=None)
    if not found:
        return ()
    listed = []
    cells = (_listed(found.get(name, ())) for name in ("pos", "ref", "alt", "id"))
    for pos, ref, alts, name in zip(*cells, strict=True):
        for alt in _listed(alts):
            try:
                variant = Variant(chrom, int(pos), str(ref), str(alt), _known(name))
            except VariantError:
                continue
            listed.append(variant)
    return tuple(listed)


def _known(name: object) -> str | None:
    return None if name in (None, "", ".", "None") else str(name)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=lambda key: int(key[1:]))]
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def _strand(region: Any) -> str:
    strand = str(region.get("strand", "."))
    return strand if strand in ("+", "-") else "."


def _member(path: Path, group: Any, name: str, **default: object) -> Any:
    """Read a member that is a dataset, an attribute, or a group of members."""
    if name in group:
        return _value(path, group[name])
    if name in group.attrs:
        return _attribute(path, group, name)
    if "default" in default:
        return default["default"]
    raise _damaged(path, group.name, f"no member {name!r}")


def _value(path: Path, node: Any) -> Any:
    _refuse_pickle(path, node)
    if hasattr(node, "dtype"):
        return _plain(node[()])
    found = {name: _value(path, node[name]) for name in node}
    upper = {key: _attribute(path, node, key) for key in node.attrs if not key.isupper()}
    return {**upper, **found}


def _attribute(path: Path, node: Any, name: str) -> Any:
    value = node.attrs[name]
    plain = _plain(value)
    code = value.tobytes() if isinstance(value, np.void) else value
    if isinstance(code, bytes) and code[:1] == _PICKLE_START:
        raise _pickled(path, f"{node.name}@{name}")
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    return value.item() if isinstance(value, np.generic) else value


def _refuse_pickle(path: Path, node: Any) -> None:
    is_marked = any(mark in node.attrs for mark in _PICKLE_MARKS)
    is_bytes = hasattr(node, "dtype") and node.dtype.kind == "O" and not _is_text(node)
    if is_marked or is_bytes:
        raise _pickled(path, node.name)


def _is_text(node: Any) -> bool:
    import h5py

    return h5py.check_string_dtype(node.dtype) is not None


def _pickled(path: Path, name: str) -> CorruptStoreError:
    return CorruptStoreError(
        f"{path}: {name} is a pickled object, which could run code; it is never read. Write the "
        "map again with to_hdf5, or remove that member.",
        path=str(path),
        part=name,
    )


def _damaged(path: Path, name: str, why: str) -> CorruptStoreError:
    return CorruptStoreError(f"{path}: {name} has {why}.", path=str(path), part=name)
