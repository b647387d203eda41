"""The head, channels and places that a target means among the named outputs of a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, OptionError, ShapeError
from locuscope.inference.selection import HeadChoice
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.track_rows import track_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_outputs import NamedOutputs


def predicted_tensor(
    outputs: NamedOutputs, head: str | None, resolution_bp: int | None
) -> NamedTrackTensor:
    """The values of one head at one resolution.

    Raises:
        OptionError: several heads and none named.
        UnknownNameError: no such head or resolution.
        ShapeError: values that are not (N, P, T).
    """
    names = outputs.heads()
    if head is None and len(names) > 1:
        raise OptionError(
            f"the outputs have the heads {', '.join(names)}; name the one that is meant: "
            "Target(head=...).",
            option="head",
            value=None,
            allowed=tuple(names),
        )
    found = outputs.head(names[0] if head is None else head)
    named = found[found.resolutions()[0] if resolution_bp is None else resolution_bp]
    if named.tensor.dim() != 3 or named.track_axis != -1:
        raise ShapeError(
            f"head {named.output_name!r} has shape {tuple(named.shape)}; a target reads (N, P, T).",
            found=tuple(named.shape),
            expected=("N", "P", "T"),
        )
    return named


def predicted_choice(named: NamedTrackTensor, tracks: Any) -> HeadChoice:
    """The channels of predicted values that a choice of tracks means.

    Raises:
        EmptySelectionError: none.
    """
    keys = (named.resolution,) if named.resolution else ()
    spec = HeadSpec(named.output_name, keys, named.num_tracks)
    rows = _rows(named, tracks)
    if not rows.size:
        raise EmptySelectionError(
            f"no track of {named.output_name!r} is left for the target.",
            criteria=tracks,
            available=named.num_tracks,
        )
    return HeadChoice(spec, spec.keys, rows, named.table.take(rows))


def _rows(named: NamedTrackTensor, tracks: Any) -> NDArray[np.int64]:
    if tracks is None:
        return np.flatnonzero(~named.table.is_padding)
    if isinstance(tracks, Mapping):
        return np.array(named.indices(**tracks), np.int64)
    listed = list(tracks) if isinstance(tracks, Iterable) and not isinstance(tracks, str) else None
    if listed and all(isinstance(item, str) for item in listed):
        return np.concatenate([track_rows(named.table, name) for name in listed])
    return track_rows(named.table, tracks if listed is None else listed)
