"""Everything one browser can show, as an immutable snapshot.

Lanes with their bins, the track table, genes, variants and bases of one region of one contig. The
answers to the page, the fallback picture and the saved view all read from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.errors import MessageError, UnknownNameError
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.codes import finite_range
from locuscope.widgets.features import Bases, VariantLane, gene_lane, variant_lane
from locuscope.widgets.lane_catalog import LaneCatalog
from locuscope.widgets.pyramid import FACTOR, PyramidStore, level_bins
from locuscope.widgets.signals import Geometry, SignalBlock, Sources, lane_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.genes import GeneLane, Genes
    from locuscope.genome.interval import Interval
    from locuscope.widgets.pyramid import Pyramid

LOG2FC_PSEUDOCOUNT: Final = 1e-3
_RANGE_BYTES: Final = 32 * 2**20


@dataclass(frozen=True, eq=False)
class BrowserData:
    """The snapshot. Track numbers are row numbers of `catalog`, blocks in the order given."""

    bounds: Interval
    blocks: tuple[SignalBlock, ...]
    catalog: LaneCatalog
    genes: Genes | None = None
    gene_lane: GeneLane | None = None
    variants: VariantLane | None = None
    bases: Bases | None = None
    assembly: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def collect(
        cls,
        sources: Sources,
        *,
        genes: Genes | None = None,
        variants: Any = None,
        sequence: Any = None,
    ) -> BrowserData:
        """Read every source once and check that they fit together.

        Raises:
            InputError: and its children, as the readers of `signals.py` and `features.py` say.
        """
        blocks, notes = sources.blocks()
        bounds = lane_bounds(blocks, sources.interval)
        bases = None if sequence is None else Bases(sequence, bounds)
        lane = variant_lane(variants, bounds)
        if lane is not None and lane.n_left_out:
            notes.append(f"{lane.n_left_out:,} variants with a bad status are not drawn.")
        return cls(
            bounds=bounds,
            blocks=tuple(blocks),
            catalog=LaneCatalog(TrackTable.concat([block.table for block in blocks])),
            genes=genes,
            gene_lane=gene_lane(genes, bounds),
            variants=lane,
            bases=bases,
            assembly=str(getattr(sequence, "assembly", None) or ""),
            notes=tuple(notes),
        )

    @property
    def n_tracks(self) -> int:
        """Number of tracks."""
        return len(self.catalog)

    @property
    def has_alt(self) -> bool:
        """Whether any track has an alternative."""
        return any(block.alt is not None for block in self.blocks)

    @cached_property
    def block_of(self) -> NDArray[np.int64]:
        """Block number of every track."""
        sizes = [len(block.table) for block in self.blocks]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def first_of(self) -> NDArray[np.int64]:
        """Number of the first track of every block."""
        sizes = [len(block.table) for block in self.blocks]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @cached_property
    def is_measured(self) -> NDArray[np.bool_]:
        """True for measurements, False for predictions."""
        return np.concatenate([np.zeros(0, dtype=bool), *(b.is_measured for b in self.blocks)])

    @cached_property
    def ranges(self) -> NDArray[np.float32]:
        """(tracks, lo|hi) finite range of every whole track, reference and alternative."""
        parts = [np.zeros((0, 2), dtype=np.float32)]
        for block in self.blocks:
            step = max(1, _RANGE_BYTES // (4 * max(1, block.geometry.n_bins)))
            for first in range(0, len(block.table), step):
                columns = range(first, min(first + step, len(block.table)))
                found = finite_range(block.ref(columns))
                if block.alt is not None:
                    other = finite_range(block.alt(columns))
                    lo = np.minimum(found[:, 0], other[:, 0])
                    found = np.stack([lo, np.maximum(found[:, 1], other[:, 1])], axis=1)
                parts.append(found)
        return np.concatenate(parts)

    def geometry_columns(self) -> dict[str, NDArray[Any]]:
        """The geometry of every track, one column per name of `lane_catalog.GEOMETRY`."""
        sizes = [len(block.table) for block in self.blocks]

        def spread(values: Sequence[int]) -> NDArray[np.int64]:
            return np.repeat(np.asarray(values, dtype=np.int64), sizes)

        places = [block.geometry for block in self.blocks]
        return {
            "origin": spread([place.origin for place in places]),
            "bin": spread([place.bin_bp for place in places]),
            "n_bins": spread([place.n_bins for place in places]),
            "levels": spread([len(level_bins(place.n_bins)) for place in places]),
            "signed": (self.ranges[:, 0] < 0).astype(np.int64),
            "mark": spread([int(block.has_stems) for block in self.blocks]),
            "measured": self.is_measured.astype(np.int64),
            "alt": spread([int(block.alt is not None) for block in self.blocks]),
            "lo": self.ranges[:, 0],
            "hi": self.ranges[:, 1],
        }

    def geometry_groups(self, tracks: Sequence[int]) -> list[tuple[Geometry, list[int]]]:
        """Tracks sorted into groups of equal bins, groups and tracks in the order asked."""
        groups: dict[Geometry, list[int]] = {}
        for track in self.check_tracks(tracks):
            groups.setdefault(self.blocks[self.block_of[track]].geometry, []).append(track)
        return list(groups.items())

    def read(self, tracks: Sequence[int], mode: str) -> NDArray[np.float32]:
        """Native bins (tracks, L) of tracks of one geometry.

        `diff` is alternative minus reference, `log2FC` is log2((alt + 0.001) / (ref + 0.001)), both
        of base values; negative values have no logarithm and are missing (NaN).

        Raises:
            MessageError: a track has no alternative and the mode needs one (`bad_request`).
        """
        rows: dict[int, NDArray[np.float32]] = {}
        numbers = np.asarray(tracks, dtype=np.int64)
        for place in dict.fromkeys(self.block_of[numbers].tolist()):
            mine = numbers[self.block_of[numbers] == place].tolist()
            columns = [track - int(self.first_of[place]) for track in mine]
            rows |= zip(mine, _block_values(self.blocks[place], columns, mode), strict=True)
        return np.stack([rows[track] for track in tracks])

    def pyramids(self, tracks: Sequence[int], mode: str) -> list[Pyramid]:
        """Level summaries of tracks, built on first use."""
        return self._pyramids.get(self.check_tracks(tracks), mode)

    def check_tracks(self, tracks: Sequence[int]) -> list[int]:
        """The same numbers, when every one of them is a track.

        Raises:
            UnknownNameError: a number beyond the last track.
        """
        wrong = [track for track in tracks if not 0 <= track < self.n_tracks]
        if wrong:
            raise UnknownNameError(
                f"No track number {wrong[0]}; this browser holds {self.n_tracks:,} tracks.",
                name=str(wrong[0]),
            )
        return list(tracks)

    def close(self) -> None:
        """Drop the summaries and end their threads."""
        self._pyramids.close()

    @cached_property
    def _pyramids(self) -> PyramidStore:
        return PyramidStore(self.read)


def level_geometry(geometry: Geometry, level: int) -> tuple[int, int]:
    """Bases per bin and number of bins of a level.

    Raises:
        MessageError: the track has no such level (`bad_request`).
    """
    sizes = level_bins(geometry.n_bins)
    if level >= len(sizes):
        raise MessageError(
            f"level is {level}; tracks of {geometry.n_bins:,} bins have levels 0 to "
            f"{len(sizes) - 1}.",
            wire_code="bad_request",
        )
    return geometry.bin_bp * FACTOR**level, sizes[level]


def first_tracks(data: BrowserData, n_lanes: int = 12) -> list[int]:
    """Tracks to show at first: all when there are few, else a sample of every output.

    Predictions come before measurements; within each kind the outputs take turns, so that one with
    a hundred tracks does not hide the others. An empty list means all.
    """
    if data.n_tracks <= n_lanes:
        return []
    chosen: list[int] = []
    for is_measured in (False, True):
        waiting = [
            [track for track in range(first, stop) if data.is_measured[track] == is_measured]
            for first, stop in zip(data.first_of[:-1], data.first_of[1:], strict=True)
        ]
        queue = [tracks for tracks in waiting if tracks]
        turns: list[int] = []
        while queue and len(chosen) + len(turns) < n_lanes:
            turns.append(queue[0].pop(0))
            queue = [*queue[1:], queue[0]] if queue[0] else queue[1:]
        chosen += sorted(turns)
    return chosen


def _block_values(block: SignalBlock, columns: list[int], mode: str) -> NDArray[np.float32]:
    if mode == "ref":
        return block.ref(columns)
    if block.alt is None:
        raise MessageError(
            f"{block.name or 'This output'} has no alternative tracks, so there is no {mode!r}.",
            wire_code="bad_request",
        )
    alternative = block.alt(columns)
    if mode == "alt":
        return alternative
    reference = block.ref(columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        if mode == "diff":
            return alternative - reference
        c = np.float32(LOG2FC_PSEUDOCOUNT)
        return np.log2((alternative + c) / (reference + c))
