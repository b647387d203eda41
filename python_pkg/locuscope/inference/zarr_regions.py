"""Long regions as Zarr: an array (bins, tracks) in chunks with checksums, or one per chromosome."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import StoreTargetError, shown_path
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.inference.tile_plan import TilePlan
    from locuscope.tracks.track_table import TrackTable

    Region: TypeAlias = tuple[TilePlan, Sequence[Path]]
    """What a region covers, and its parts on disk."""

ZARR_INDEX = "zarr.json"
"""The file that makes a folder a Zarr; it is written last."""
_CHUNK_BYTES = 1 << 20


def check_zarr(target: Path) -> None:
    """Refuse a folder that holds something else.

    Raises:
        StoreTargetError: a file of that name, or a folder with other files.
    """
    if target.is_dir():
        inside = [child.name for child in target.iterdir()]
        if not inside or any(name.startswith(ZARR_INDEX) for name in inside):
            return
        what = f"a folder that is no Zarr ({', '.join(sorted(inside)[:3])})"
    elif target.exists():
        what = "a file"
    else:
        return
    raise StoreTargetError(
        f"cannot write {shown_path(target)}: it is {what}; name a new folder.", path=target
    )


def write_zarr(index: Path, regions: Sequence[Region], tracks: TrackTable) -> Path:
    """Write regions into the folder of an index file.

    One region is an array (bins, tracks), several are a group with an array per contig. The index
    is published last, so that a folder without one is unfinished.

    Args:
        index: `zarr.json` of the folder, which is there.
        regions: plan and parts of each.
        tracks: the tracks, for their names.
    """
    folder = index.parent
    index.unlink(missing_ok=True)

    def write(place: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".zarr-") as beside:
            made = Path(beside) / "made"
            _fill(made, regions, tracks)
            for old in folder.iterdir():
                if old.name == "c" or (old / ZARR_INDEX).is_file():
                    shutil.rmtree(old)
            for new in made.iterdir():
                if new.name != ZARR_INDEX:
                    new.rename(folder / new.name)
            shutil.copyfile(made / ZARR_INDEX, place)

    return publish(index, write)


def _fill(made: Path, regions: Sequence[Region], tracks: TrackTable) -> None:
    import zarr

    names = [str(name) for name in tracks.cells("track_name")]
    if len(regions) == 1:
        plan, parts = regions[0]
        _array(zarr.create_array(**_options(plan, names, store=str(made))), parts)
        return
    group = zarr.open_group(str(made), mode="w")
    for plan, parts in regions:
        _array(group.create_array(**_options(plan, names, name=plan.covered.chrom)), parts)
    with warnings.catch_warnings():
        # Readers that know it need not list the folder, where the record of the job lies as well.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(str(made))


def _options(plan: TilePlan, names: list[str], **where: str) -> dict[str, Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    rows = max(1, min(plan.n_bins, _CHUNK_BYTES // (4 * len(names))))
    covered = plan.covered
    return {
        **where,
        "shape": (plan.n_bins, len(names)),
        "dtype": np.float32,
        "chunks": (rows, len(names)),
        "compressors": [ZstdCodec(level=3), Crc32cCodec()],
        "fill_value": np.nan,
        # Chunks of NaN are written too: one that is not there is a loss.
        "config": {"write_empty_chunks": True},
        "attributes": {
            "chrom": covered.chrom,
            "start": covered.start,
            "end": covered.end,
            "resolution_bp": plan.resolution_bp,
            "tracks": names,
        },
    }


def _array(array: Any, parts: Sequence[Path]) -> None:
    first = 0
    for part in parts:
        values = np.load(part, allow_pickle=False)
        array[first : first + len(values)] = values
        first += len(values)
