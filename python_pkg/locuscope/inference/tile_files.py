"""Files of a long region: an array, or a bigWig per track, made from parts on disk."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import OptionError, StoreTargetError, shown_path
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval
from locuscope.inference.zarr_regions import ZARR_INDEX, check_zarr
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.inference.tile_plan import TilePlan
    from locuscope.inference.zarr_regions import Region
    from locuscope.tracks.track_table import TrackTable

ARRAY = ".npy"
ZARR = ".zarr"
BIGWIG = (".bw", ".bigwig")
_LONGEST_NAME = 100


def check_targets(targets: Sequence[Path], n_tracks: int, *, n_regions: int = 1) -> None:
    """Refuse names that no file of a region can have.

    Raises:
        OptionError: another suffix, a bigWig of several tracks, a .npy of several regions, a folder
            beside other targets.
        StoreTargetError: a .zarr that is a file, or a folder of something else.
    """
    for target in targets:
        suffix = target.suffix.lower()
        if suffix and suffix not in (ARRAY, ZARR, *BIGWIG):
            raise OptionError(
                f"out={str(target)!r}: a region is written as .npy or .zarr (all tracks), .bw (one "
                "track), or into a folder, a name without a suffix (one .bw per track).",
                option="out",
                value=str(target),
                allowed=(ARRAY, ZARR, *BIGWIG),
            )
        if suffix == ARRAY and n_regions > 1:
            raise OptionError(
                f"out={str(target)!r} holds one array, but {n_regions} chromosomes differ in "
                "length; name a .zarr, a .bw or a folder.",
                option="out",
                value=str(target),
                allowed=(ZARR, *BIGWIG),
            )
        if suffix == ZARR:
            check_zarr(target)
        if suffix in BIGWIG and n_tracks != 1:
            raise OptionError(
                f"out={str(target)!r} holds one track; {n_tracks} are chosen. Name a folder, or "
                "choose one with tracks=.",
                option="out",
                value=str(target),
            )
        if not suffix and len(targets) > 1:
            raise OptionError(
                f"out names the folder {str(target)!r} beside other targets; a folder stands "
                "alone.",
                option="out",
                value=[str(path) for path in targets],
            )


def target_files(targets: Sequence[Path], tracks: TrackTable) -> list[tuple[Path, int | None]]:
    """Give each file with the track that it holds, None for all; a folder is made.

    Raises:
        StoreTargetError: the folder cannot be made.
    """
    if targets[0].suffix:
        return [_file(path) for path in targets]
    _make(targets[0])
    return [(targets[0] / name, track) for track, name in enumerate(track_files(tracks))]


def _file(target: Path) -> tuple[Path, int | None]:
    suffix = target.suffix.lower()
    if suffix != ZARR:
        return target, None if suffix == ARRAY else 0
    _make(target)
    return target / ZARR_INDEX, None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreTargetError(
            f"the folder {shown_path(folder)} cannot be made: {error.strerror}.", path=folder
        ) from error


def track_files(tracks: TrackTable) -> list[str]:
    """Give the file name of each track: letters, digits and . + - _, each once.

    >>> from locuscope.tracks.track_table import TrackTable
    >>> plain = TrackTable.placeholders("atac", 0, 3)
    >>> track_files(plain.with_column("track_name", ["a b", "a/b", "c+"]))
    ['a_b.bw', 'a_b_2.bw', 'c+.bw']
    """
    taken: set[str] = set()
    names = []
    for cell in tracks.cells("track_name"):
        stem = re.sub(r"[^A-Za-z0-9.+_-]+", "_", str(cell)).strip("._")[:_LONGEST_NAME] or "track"
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.lower())
        names.append(f"{name}.bw")
    return names


def write_array(target: Path, parts: Sequence[Path], shape: tuple[int, int]) -> Path:
    """Write (bins, tracks) float32 from parts, one in memory at a time."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in parts:
                file.write(np.load(part, allow_pickle=False).astype("<f4").tobytes())

    return publish(target, write)


def write_track(
    target: Path, regions: Sequence[Region], track: int, lengths: Mapping[str, int]
) -> Path:
    """Write one track of all regions as a bigWig; NaN is a gap.

    Args:
        target: the file.
        regions: plan and parts of each.
        track: its place among the tracks.
        lengths: contig -> bases.
    """
    runs = chain.from_iterable(_runs(parts, track, plan) for plan, parts in regions)
    return write_bigwig(target, runs, lengths)


def _runs(
    parts: Sequence[Path], track: int, plan: TilePlan
) -> Iterator[tuple[Interval, NDArray[np.float32], int]]:
    start = plan.covered.start
    for part in parts:
        values = np.load(part, mmap_mode="r", allow_pickle=False)[:, track]
        end = min(start + len(values) * plan.resolution_bp, plan.covered.end)
        yield Interval(plan.covered.chrom, start, end), np.array(values), plan.resolution_bp
        start = end
