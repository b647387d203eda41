"""Scores of every single-base change of some positions of one window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.maps.map_windows import UNKNOWN, base_at, changed
from locuscope.effects.maps.mutation_maps import VALUE_SCORES
from locuscope.effects.scoring.custom_scores import CustomScore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.maps.map_windows import MapWindow
    from locuscope.effects.scoring.window_scores import WindowScoring
    from locuscope.effects.windows.allele_windows import AlleleWindow

Values = dict[str, "NDArray[np.float32]"]


@dataclass(frozen=True, eq=False)
class MapScoring:
    """How the cells of a map are computed.

    A cell is `score(reference, mutant)`. The reference cell is 0 in a score that says it is a
    difference; else it is `score(reference, reference)`, for which nothing is predicted anew.

    Args:
        scoring: the scores on windows.
        fills_unknown: score the four bases in place of an unknown one, instead of NaN. Bases
            beyond the end of a contig stay NaN.
    """

    scoring: WindowScoring
    fills_unknown: bool
    needs_own: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the scores whose reference cells are not 0 by definition."""
        own = tuple(
            name
            for name, scorer in self.scoring.scorers.items()
            if getattr(_said_by(scorer), "is_difference", None) is not True
        )
        object.__setattr__(self, "needs_own", own)

    def score(
        self,
        each: MapWindow,
        opened: AlleleWindow,
        positions: NDArray[np.int64],
        length_bp: int | None,
        references: dict[Any, Any],
    ) -> Values:
        """Score all changes of some positions.

        Args:
            each: the window.
            opened: its bases.
            positions: 0-based.
            length_bp: of the contig; None = unknown.
            references: kept by the caller, so that a reference is predicted once per window.

        Returns:
            Score -> float32 (n, A, T); NaN where the reference is unknown.
        """
        n_tracks = len(self.scoring.tracks)
        found: Values = {
            name: np.full((len(positions), 4, n_tracks), np.nan, np.float32)
            for name in self.scoring.scorers
        }
        cells = list(self._cells(each, opened, positions.tolist(), length_bp, found))
        if cells and not references:
            # Alone, so that no other sequence of its batch can change its last bits: the rows of a
            # part then come out the same whether or not the reference was known before.
            own = changed(each, opened, int(positions[cells[0][0]]), 0, 0)
            self.scoring.score([own], references=references)
        step = self._step(opened.reference.shape[1])
        for first in range(0, len(cells), step):
            some = cells[first : first + step]
            windows = [changed(each, opened, int(positions[i]), ref, alt) for i, ref, alt in some]
            result = self.scoring.score(windows, references=references)
            at = np.array([i for i, _, _ in some])
            base = np.array([alt for _, _, alt in some])
            for name, values in result.scores.items():
                kept = np.array([ref != alt for _, ref, alt in some])
                if name in self.needs_own:
                    kept[:] = True
                found[name][at[kept], base[kept]] = values[kept]
        return found

    def _step(self, width_bp: int) -> int:
        """Cells at a time."""
        rows = self.scoring.rows_per_chunk(width_bp)
        mutants = self.scoring.mutants
        return rows if mutants is None else mutants.rows_per_chunk(rows, 4 if self.needs_own else 3)

    def _cells(
        self,
        each: MapWindow,
        opened: AlleleWindow,
        positions: Sequence[int],
        length_bp: int | None,
        found: Values,
    ) -> Iterator[tuple[int, int, int]]:
        """Give the cells to compute as (place, reference row, base row); 0 the others."""
        zero = [name for name in self.scoring.scorers if name not in self.needs_own]
        for i, position in enumerate(positions):
            ref = base_at(each, opened, position)
            is_outside = position < 0 or (length_bp is not None and position >= length_bp)
            if ref == UNKNOWN and (is_outside or not self.fills_unknown):
                continue
            if ref != UNKNOWN:
                for name in zero:
                    found[name][i, ref] = 0
            for alt in range(4):
                if alt != ref or self.needs_own:
                    yield i, ref, alt


def _said_by(scorer: object) -> object:
    """Who says whether a score is a difference: of a custom one only its own callable."""
    return scorer.function if isinstance(scorer, CustomScore) else scorer


def kinds_of(scoring: MapScoring, layers: Values, reference: str) -> dict[str, str]:
    """Tell value layers from differences: in a value layer some reference cell is not 0."""
    kinds = {}
    rows = np.array(["ACGT".find(letter) for letter in reference])
    known = np.flatnonzero(rows >= 0)
    for name, values in layers.items():
        own = values[known, rows[known]]
        is_value = name in scoring.needs_own and bool((np.nan_to_num(own) != 0).any())
        kinds[name] = "value" if is_value or name in VALUE_SCORES else "difference"
    return kinds
