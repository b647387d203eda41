"""Slow obvious twins of `mask`, `indices` and `select`: a plain loop over one object per track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

Row = Mapping[str, object]

CORE = ("track_index", "output_name", "organism", "track_name")


@dataclass(frozen=True)
class LoopTrack:
    """One track as a plain object."""

    track_index: int
    output_name: str
    organism: int
    track_name: str
    extras: Mapping[str, object] = field(default_factory=dict)

    def get(self, key: str, default: object = None) -> object:
        """A core field, then an extra, else `default`."""
        if key in CORE:
            return getattr(self, key)
        return self.extras.get(key, default)


def loop_tracks(rows: Sequence[Row]) -> tuple[LoopTrack, ...]:
    """Rows of a table as one object per track."""
    return tuple(
        LoopTrack(
            place,
            str(row["output_name"]),
            int(str(row["organism"])),
            str(row["track_name"]),
            {key: value for key, value in row.items() if key not in CORE},
        )
        for place, row in enumerate(rows)
    )


def loop_indices(tracks: Sequence[LoopTrack], criteria: Mapping[str, object]) -> list[int]:
    """Places of the tracks that fulfil each criterion, asked one by one."""
    kept = []
    for place, track in enumerate(tracks):
        for key, wanted in criteria.items():
            found = track.get(key)
            if isinstance(wanted, list | tuple | set | frozenset):
                if found not in wanted:
                    break
            elif found != wanted:
                break
        else:
            kept.append(place)
    return kept


def loop_mask(tracks: Sequence[LoopTrack], criteria: Mapping[str, object]) -> torch.Tensor:
    """One flag per track."""
    kept = set(loop_indices(tracks, criteria))
    return torch.tensor([place in kept for place in range(len(tracks))], dtype=torch.bool)


def loop_select(
    values: torch.Tensor, tracks: Sequence[LoopTrack], criteria: Mapping[str, object]
) -> tuple[torch.Tensor, tuple[LoopTrack, ...]]:
    """Values on the last axis and renumbered tracks."""
    kept = loop_indices(tracks, criteria)
    chosen = tuple(replace(tracks[place], track_index=i) for i, place in enumerate(kept))
    return values.index_select(-1, torch.tensor(kept, dtype=torch.long)), chosen
