"""A call of `mutation_map` cut into parts of a fixed number of positions, and put together again.

The positions of all windows of all entries, in order, are the rows of the work. A part is a pure
function of the plan, the genome and its rows; batches never cross parts.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.map_scoring import kinds_of
from locuscope.effects.maps.map_windows import base_at, read_window
from locuscope.effects.maps.mutation_maps import MutationMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from locuscope.effects.maps.map_plan import MapPlan
    from locuscope.effects.maps.map_scoring import Values
    from locuscope.effects.maps.map_windows import MapEntry, MapWindow
    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.genome.reference import Genome

PART_POSITIONS = 512


@dataclass(frozen=True, eq=False)
class Segment:
    """One window of one entry and the rows of its positions, [first, stop)."""

    entry: int
    window: MapWindow
    first: int
    stop: int


@dataclass(eq=False)
class MapWork:
    """The work of a call.

    Args:
        plan: how cells are computed.
        entries: what is made.
        genome: the reference.
        references: predictions of the reference of the window at hand, so that it is predicted
            once, also where the window lies in two parts.
    """

    plan: MapPlan
    entries: Sequence[MapEntry]
    genome: Genome | None
    references: dict[Any, Any] = field(default_factory=dict)
    segments: list[Segment] = field(init=False)
    _last: tuple[MapWindow, AlleleWindow] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Number the rows."""
        self.segments = []
        row = 0
        for number, entry in enumerate(self.entries):
            for window in entry.windows:
                self.segments.append(Segment(number, window, row, row + len(window.positions)))
                row += len(window.positions)

    @property
    def n_rows(self) -> int:
        """Positions of all windows."""
        return self.segments[-1].stop

    @cached_property
    def provenance(self) -> dict[str, object]:
        """What changes a number; read once, since a digest goes over all weights."""
        return self.plan.provenance(self.genome)

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """Number, first row and row after the last of each part."""
        for i, first in enumerate(range(0, self.n_rows, PART_POSITIONS)):
            yield i, first, min(first + PART_POSITIONS, self.n_rows)

    def score(self, first: int, stop: int) -> Values:
        """Compute rows [first, stop): score -> float32 (n, A, T)."""
        pieces: list[Values] = []
        at = bisect_right(self.segments, first, key=lambda segment: segment.first) - 1
        for segment in self.segments[at:]:
            low, high = max(first, segment.first), min(stop, segment.stop)
            if low >= high:
                break
            opened = self.opened(segment.window)
            positions = segment.window.positions[low - segment.first : high - segment.first]
            length_bp = None
            if self.genome is not None:
                length_bp = self.genome.lengths[self.genome.resolve(opened.window.chrom)]
            pieces.append(
                self.plan.cells.score(segment.window, opened, positions, length_bp, self.references)
            )
        return joined(pieces)

    def opened(self, window: MapWindow) -> AlleleWindow:
        """Read a window; the last one is kept, and what was predicted of others is forgotten."""
        if self._last is None or self._last[0] is not window:
            self.references.clear()
            self._last = (window, read_window(self.genome, window))
        return self._last[1]

    def check(self) -> None:
        """Read every window once, so that bases that are not here are said before any work.

        Raises:
            OutOfBoundsError: bases that exist on the contig are missing from an embedded slice.
        """
        for segment in self.segments:
            if segment.window.held is None and self.genome is not None:
                for piece in segment.window.pieces:
                    fault = self.genome.check(piece.place, pad=True)
                    if fault is not None:
                        raise fault

    def maps(self, rows: Callable[[int, int], Values]) -> Iterator[dict[str, MutationMap]]:
        """Put entries together.

        Args:
            rows: (first, stop) -> the values of these rows.

        Yields:
            For each entry input name -> map.
        """
        for number, listed in groupby(self.segments, key=lambda segment: segment.entry):
            entry, own = self.entries[number], list(listed)
            values = rows(own[0].first, own[-1].stop)
            positions = np.concatenate([segment.window.positions for segment in own])
            letters = "".join(self._letters(segment.window) for segment in own)
            maps = {}
            for name, place in entry.targets.items():
                # a base that two inputs share stands once among the positions
                at = np.searchsorted(positions, np.arange(place.start, place.end))
                layers = {score: array[at] for score, array in values.items()}
                reference = "".join(letters[i] for i in at.tolist())
                maps[name] = MutationMap(
                    layers,
                    place,
                    reference,
                    self.plan.cells.scoring.tracks,
                    kinds=kinds_of(self.plan.cells, layers, reference),
                    annotations=entry.annotations,
                    input_name=name,
                    window_start=entry.windows[0].window.start,
                    provenance=self.provenance,
                )
            yield maps

    def _letters(self, window: MapWindow) -> str:
        opened = self.opened(window)
        return "".join("ACGTN"[base_at(window, opened, p)] for p in window.positions.tolist())


def joined(pieces: Sequence[Values]) -> Values:
    """Put rows one below the other."""
    if len(pieces) == 1:
        return pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def write_part(path: Path, values: Values) -> None:
    """Write the rows of a part; equal rows give equal bytes."""
    with path.open("wb") as file:
        arrays: dict[str, Any] = {f"layer{i}": each for i, each in enumerate(values.values())}
        np.savez(file, **arrays)


def read_rows(paths: Sequence[Path], names: Sequence[str], first: int, stop: int) -> Values:
    """Read rows [first, stop) of the parts of a call."""
    pieces: list[Values] = []
    for i in range(first // PART_POSITIONS, (stop - 1) // PART_POSITIONS + 1):
        base = i * PART_POSITIONS
        with np.load(paths[i], allow_pickle=False) as stored:
            low, high = max(first - base, 0), stop - base
            pieces.append({name: stored[f"layer{k}"][low:high] for k, name in enumerate(names)})
    return joined(pieces)
