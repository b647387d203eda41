"""Mutation maps as HDF5 (`format="locuscope.mutation_map"`): entry after entry, read lazily.

    /tracks/<column>                         (T)
    /entries/00000/                          chrom, start, end, strand, name, window_start
        <input>/reference                    uint8 (L), 0-3 = A C G T, 4 = N
        <input>/scores/<name>                float32 (L, 4, T), attribute kind
        <input>/annotations/{chrom,pos,ref,alt,id,index}
    /refused/{row,place,status,reason}       what was asked for and has no map

Maps are stored in the direction of the genome; `is_reverse` says that one was read from the other
strand. Files of the published layout are told apart by content (`published_maps.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.map_layers import Layers
from locuscope.effects.maps.map_tracks import read_tracks, write_tracks
from locuscope.effects.maps.published_maps import is_published, open_published
from locuscope.effects.maps.stored_maps import (
    MapFields,
    Refusal,
    StoredArray,
    StoredMaps,
    group_name,
    opened,
    plain_name,
    text,
)
from locuscope.errors import CorruptStoreError, FormatError, StoreVersionError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import BASES
from locuscope.genome.variant import Variant
from locuscope.store import Hdf5Output, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.tracks.track_table import TrackTable

FORMAT = "locuscope.mutation_map"
VERSION = 1
CHUNK_POSITIONS = 256
CHUNK_TRACKS = 64
LETTERS = BASES + "N"
REFUSED_COLUMNS = ("row", "place", "status", "reason")


def write_maps(
    path: str | PathLike[str],
    entries: Iterable[Mapping[str, MutationMap]],
    *,
    provenance: Mapping[str, object],
    rows: Iterable[int] | None = None,
    refused: Sequence[Refusal] = (),
) -> Path:
    """Write entries one by one, each flushed before the next is made; the file appears whole.

    Args:
        path: the new file.
        entries: for each entry input name -> map; all maps have the same tracks.
        provenance: everything that changed a number, as plain values.
        rows: place in the input of each entry; None = 0, 1, 2, ...
        refused: places without a map.

    Returns:
        The path. The same maps give the same bytes.
    """
    return publish(path, lambda place: _write(place, entries, provenance, rows, refused))


def _write(
    path: Path,
    entries: Iterable[Mapping[str, MutationMap]],
    provenance: Mapping[str, object],
    rows: Iterable[int] | None,
    refused: Sequence[Refusal],
) -> None:
    numbers = None if rows is None else iter(rows)
    with Hdf5Output(path) as output:
        file = output.file
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        for key, fact in (
            ("model", "model"),
            ("weights_digest", "model_digest"),
            ("genome", "genome"),
        ):
            file.attrs[key] = str(provenance.get(fact) or "")
        card = json.dumps(dict(provenance), sort_keys=True, allow_nan=False, default=str)
        file.attrs["provenance"] = card
        file.create_group("entries")
        for count, entry in enumerate(entries):
            maps = list(entry.values())
            if not count:
                write_tracks(file.create_group("tracks"), maps[0].tracks)
            group = file.create_group(f"entries/{count:05d}", track_order=True)
            group.attrs["row"] = count if numbers is None else next(numbers)
            _place(group, maps[0])
            for each in maps:
                _write_map(group.create_group(group_name(each.input_name)), each)
            file.flush()
            output.check()
        if refused:
            _write_refused(file.create_group("refused"), refused)


def _place(group: Any, each: MutationMap) -> None:
    """Note where a map lies, in the direction of the genome."""
    forward = each.forward()
    where = forward.interval
    for key, value in (
        ("chrom", where.chrom),
        ("start", where.start),
        ("end", where.end),
        ("strand", where.strand),
        ("is_reverse", each.is_reverse),
        ("name", where.name),
        ("window_start", each.window_start),
    ):
        if value is not None:
            group.attrs[key] = value


def _write_map(group: Any, each: MutationMap) -> None:
    forward = each.forward()
    _place(group, each)
    group.attrs["score"] = each.score
    codes = np.array([LETTERS.index(letter) for letter in forward.reference], np.uint8)
    group.create_dataset("reference", data=codes)
    scores = group.create_group("scores", track_order=True)
    length, _, n_tracks = forward.shape
    chunks = (min(CHUNK_POSITIONS, length), 4, min(CHUNK_TRACKS, n_tracks))
    for name in forward.layers:
        stored = scores.create_dataset(
            group_name(name),
            data=forward.layers[name],
            dtype=np.float32,
            chunks=chunks,
            shuffle=True,
            compression="gzip",
            compression_opts=4,
        )
        stored.attrs["kind"] = each.kinds[name]
    _write_annotations(group.create_group("annotations"), forward)


def _write_annotations(group: Any, forward: MutationMap) -> None:
    listed = forward.annotations
    for name in ("chrom", "ref", "alt"):
        group.create_dataset(name, data=[getattr(v, name) for v in listed], dtype=text())
    group.create_dataset("id", data=[v.id or "." for v in listed], dtype=text())
    pos = np.array([v.pos for v in listed], np.int64)
    group.create_dataset("pos", data=pos)
    group.create_dataset("index", data=pos - 1 - forward.interval.start)


def _write_refused(group: Any, refused: Sequence[Refusal]) -> None:
    group.create_dataset("row", data=np.array([item.row for item in refused], np.int64))
    for name in REFUSED_COLUMNS[1:]:
        group.create_dataset(name, data=[getattr(item, name) for item in refused], dtype=text())


def open_maps(path: str | PathLike[str]) -> StoredMaps:
    """Look into a file of mutation maps, ours or of the published layout; values stay on disk.

    Raises:
        MissingFileError: no such file.
        FormatError: another kind of file.
        CorruptStoreError: a damaged file, or one with pickled members.
        StoreVersionError: written by a newer locuscope.
    """
    place = Path(path).absolute()
    with opened(place) as file:
        kind = file.attrs.get("format")
        if kind is None and is_published(file):
            return open_published(place, file)
        if kind != FORMAT:
            raise FormatError(
                f"{place}: an HDF5 file, but no mutation map; its format is {kind!r} and it holds "
                f"{', '.join(list(file)[:5]) or 'nothing'}.",
                path=str(place),
            )
        version = int(file.attrs["version"])
        if version > VERSION:
            raise StoreVersionError(
                f"{place}: written in version {version}, this locuscope reads up to {VERSION}.",
                path=str(place),
                written_by=str(version),
            )
        return _open(place, file)


def _open(path: Path, file: Any) -> StoredMaps:
    names = sorted(file["entries"])
    tracks = read_tracks(file["tracks"]) if names else None
    provenance = json.loads(file.attrs["provenance"])
    entries = []
    for name in names:
        group = file["entries"][name]
        entries.append(
            {
                plain_name(key): _read(path, group[key], tracks, provenance, plain_name(key))
                for key in group
            }
        )
    rows = tuple(int(file["entries"][name].attrs["row"]) for name in names)
    refused = _read_refused(file["refused"]) if "refused" in file else ()
    return StoredMaps(path, tuple(entries), rows, refused, provenance)


def _read(
    path: Path,
    group: Any,
    tracks: TrackTable | None,
    provenance: Mapping[str, object],
    input_name: str,
) -> MapFields:
    facts = dict(group.attrs)
    interval = Interval(
        facts["chrom"], int(facts["start"]), int(facts["end"]), facts["strand"], facts.get("name")
    )
    codes = group["reference"][:]
    if codes.max(initial=0) > 4 or tracks is None:
        raise CorruptStoreError(
            f"{path}: {group.name} holds a letter {int(codes.max(initial=0))}; 0-4 are known.",
            path=str(path),
            part=group.name,
        )
    letters = "".join(LETTERS[code] for code in codes.tolist())
    scores = group["scores"]
    sources = {plain_name(name): StoredArray.of(path, scores[name]) for name in scores}
    window_start = facts.get("window_start")
    return MapFields(
        layers=Layers.over(sources),
        interval=interval,
        reference=letters,
        tracks=tracks,
        score=str(facts["score"]),
        kinds={plain_name(name): str(scores[name].attrs["kind"]) for name in scores},
        annotations=_read_annotations(group["annotations"]),
        input_name=input_name,
        window_start=None if window_start is None else int(window_start),
        is_reverse=bool(facts["is_reverse"]),
        provenance=provenance,
    )


def _read_annotations(group: Any) -> tuple[Variant, ...]:
    columns = [group[name].asstr()[:] for name in ("chrom", "ref", "alt", "id")]
    pos = group["pos"][:].tolist()
    return tuple(
        Variant(chrom, at, ref, alt, None if name == "." else name)
        for at, chrom, ref, alt, name in zip(pos, *columns, strict=True)
    )


def _read_refused(group: Any) -> tuple[Refusal, ...]:
    rows = group["row"][:].tolist()
    cells = [group[name].asstr()[:] for name in REFUSED_COLUMNS[1:]]
    return tuple(Refusal(*row) for row in zip(rows, *cells, strict=True))
