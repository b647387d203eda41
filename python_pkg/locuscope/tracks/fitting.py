"""Track rows against the channels of a tensor: the same number, filled up with padding, or cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import TrackMismatchError
from locuscope.tracks.criteria import warn_query

if TYPE_CHECKING:
    from locuscope.tracks.track_table import TrackTable


def fit_rows(
    table: TrackTable, output_name: str, organism: int, num_tracks: int | None, *, strict: bool
) -> TrackTable:
    """The rows of an output as `num_tracks` channels; None = as many as there are.

    Too few rows are filled with "Padding", too many are cut; cut rows that are no padding give a
    TrackQueryWarning.

    Raises:
        TrackMismatchError: `strict` and another number, also a ValueError.
    """
    if num_tracks is None or len(table) == num_tracks:
        return table
    if strict:
        message = (
            f"Metadata for output {output_name!r} has {len(table)} tracks, but tensor has "
            f"{num_tracks}."
        )
        raise TrackMismatchError(message, left=len(table), right=num_tracks)
    if len(table) < num_tracks:
        return table.padded(output_name, organism, num_tracks)
    n_lost = int((~table.is_padding[num_tracks:]).sum())
    if n_lost:
        warn_query(
            f"{n_lost} real tracks of output {output_name!r} were cut: {len(table)} rows, "
            f"{num_tracks} asked for."
        )
    return table.take(np.arange(num_tracks, dtype=np.int64))
