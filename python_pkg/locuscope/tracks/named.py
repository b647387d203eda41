"""Values that know their tracks: NamedTrackTensor, one output of a model at one resolution.

Values and metadata are selected, aligned and combined together, so they cannot drift apart. The
heads and all outputs of a model live in `named_outputs.py` and are offered here as well.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope._closest import counted
from locuscope.errors import OptionError, ShapeError, WrongTypeError
from locuscope.tracks.arithmetic import TrackArithmetic
from locuscope.tracks.criteria import Criteria, Predicate, plan_criteria
from locuscope.tracks.html_table import tracks_html
from locuscope.tracks.places import as_places, check_examples, only_place
from locuscope.tracks.track_rows import alignment_rows, track_rows
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    import polars as pl
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.tracks.track_metadata import TrackMetadata


class NamedTrackTensor(TrackArithmetic):
    """A tensor with the metadata of its tracks. Frozen; `==` is identity, `.equal` compares.

    Args:
        tensor: values; usually (N, L, T), one axis per example, bin and track.
        tracks: metadata of the T tracks in order, or a TrackTable.
        output_name: the head, like "atac".
        resolution: bases per bin; 0 for one value per window.
        track_axis: axis of the tracks, -1 or 1 (channels first).
        intervals: what the bins of each example cover; None for bare sequences.

    Raises:
        ShapeError: another number of tracks than channels, or of intervals than examples.

    >>> import torch
    >>> from locuscope.tracks import TrackMetadata
    >>> tracks = [TrackMetadata(i, "atac", 0, name) for i, name in enumerate("ab")]
    >>> values = NamedTrackTensor(torch.tensor([[[1.0, 2.0]]]), tracks, "atac", 128)
    >>> (2 * values.select(track_name="b")).tensor.tolist()
    [[[4.0]]]
    """

    __slots__ = ("_table", "intervals", "output_name", "resolution", "tensor", "track_axis")

    tensor: Tensor
    output_name: str
    resolution: int
    track_axis: int
    _table: TrackTable
    intervals: tuple[Interval, ...] | None

    def __init__(
        self,
        tensor: Tensor,
        tracks: Sequence[TrackMetadata] | TrackTable,
        output_name: str,
        resolution: int,
        track_axis: int = -1,
        *,
        intervals: Sequence[Interval] | None = None,
    ) -> None:
        table = tracks if isinstance(tracks, TrackTable) else TrackTable.from_tracks(tracks)
        if track_axis not in (-1, 1):
            message = (
                f"track_axis is {track_axis!r}; expected -1 (tracks last) or 1 (channels first)."
            )
            raise OptionError(message, option="track_axis", value=track_axis, allowed=(-1, 1))
        if not isinstance(tensor, torch.Tensor):
            message = (
                f"The values of {output_name!r} are a {type(tensor).__name__}; expected a torch "
                "tensor. torch.as_tensor(values) makes one."
            )
            raise WrongTypeError(
                message, argument="tensor", found=type(tensor).__name__, expected="torch.Tensor"
            )
        axis = -1 if tensor.dim() <= 1 else track_axis
        width = tensor.shape[axis] if tensor.dim() else 0
        if not tensor.dim() or width != len(table):
            message = (
                f"The tensor of {output_name!r} at {resolution}bp has {width} tracks on axis "
                f"{axis} (shape {tuple(tensor.shape)}); the metadata has {len(table)}."
            )
            raise ShapeError(message, found=width, expected=len(table))
        places = as_places(intervals)
        check_examples(places, tensor.shape[0] if tensor.dim() > 1 else 1, output_name)
        for name, value in zip(
            ("tensor", "_table", "output_name", "resolution", "track_axis", "intervals"),
            (tensor, table, output_name, resolution, axis, places),
            strict=True,
        ):
            object.__setattr__(self, name, value)

    # -- what it is ---------------------------------------------------------------------------

    @property
    def table(self) -> TrackTable:
        """The tracks as columns."""
        return self._table

    @property
    def tracks(self) -> tuple[TrackMetadata, ...]:
        """The tracks as metadata objects; built on first use."""
        return self.table.tracks

    @property
    def interval(self) -> Interval | None:
        """What the bins cover when there is one example with a place, else None."""
        return only_place(self.intervals)

    @property
    def axis_from_end(self) -> int:
        """The axis of the tracks, counted from the last one: -1, or -2 for (N, T, L)."""
        return self.track_axis if self.track_axis < 0 else self.track_axis - self.tensor.dim()

    @property
    def shape(self) -> torch.Size:
        """Shape of the tensor."""
        return self.tensor.shape

    @property
    def num_tracks(self) -> int:
        """Number of tracks."""
        return len(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def column(self, field: str) -> list[object]:
        """One metadata field of all tracks, None where missing."""
        return self.table.cells(field)

    # -- choosing tracks ------------------------------------------------------------------------

    def indices(self, *, predicate: Predicate | None = None, **criteria: object) -> list[int]:
        """Places of the tracks that fulfil all criteria."""
        places: list[int] = self._rows(criteria, predicate).tolist()
        return places

    def mask(
        self,
        *,
        predicate: Predicate | None = None,
        device: torch.device | str | None = None,
        **criteria: object,
    ) -> Tensor:
        """Bool tensor (num_tracks,), True for tracks that fulfil all criteria."""
        keep = np.zeros(len(self), np.bool_)
        keep[self._rows(criteria, predicate)] = True
        return self._flags(keep, device)

    def select(
        self, *, predicate: Predicate | None = None, allow_empty: bool = False, **criteria: object
    ) -> NamedTrackTensor:
        """The tracks that fulfil all criteria, values and metadata together.

        Args:
            predicate: called with each track that fulfils the criteria; its truth decides.
            allow_empty: give a tensor without tracks instead of raising.
            criteria: `field=value` (equal), a collection (any of), None (missing).

        Raises:
            NoTracksError: nothing left, also a ValueError.
            UnknownTrackFieldError: a field that no track has.
        """
        plan = plan_criteria([self.table], criteria, predicate)
        rows = plan.rows(self.table)
        if not rows.size and not allow_empty:
            raise plan.refusal(
                [self.table], f"for output {self.output_name!r} at {self.resolution}bp"
            )
        return self.take(rows)

    def take(self, rows: NDArray[np.int64], *, table: TrackTable | None = None) -> NamedTrackTensor:
        """The tracks at some places, in that order; `source_index` of each is kept.

        Args:
            rows: places of the tracks.
            table: their metadata where it is at hand, so that resolutions can share it.
        """
        if len(rows) == len(self) and bool((rows == np.arange(len(self))).all()):
            return self._with(self.tensor, self.table)
        index = torch.from_numpy(rows.copy()).to(self.tensor.device)
        chosen = self.table.take(rows) if table is None else table
        return self._with(_channels(self.tensor, self.track_axis, index), chosen)

    def padding_mask(self, *, device: torch.device | str | None = None) -> Tensor:
        """Bool tensor (num_tracks,), True for real tracks."""
        return self._flags(~self.table.is_padding, device)

    def strip_padding(self) -> NamedTrackTensor:
        """Without padding tracks; self when there are none."""
        padding = self.table.is_padding
        return self.take(np.flatnonzero(~padding)) if padding.any() else self

    def align(self, other: NamedTrackTensor) -> NamedTrackTensor:
        """Reordered to the tracks of `other`.

        A track is matched by identity (name, strand, output, organism, channel), else by name,
        strand and output, the n-th of equal ones to the n-th; what matches by name alone takes the
        metadata of `other`.

        Raises:
            TrackMismatchError: a track of `other` is not here.
        """
        rows, exact = alignment_rows(self.table, other.table)
        aligned = self.take(rows)
        return aligned if exact else self._with(aligned.tensor, other.table)

    def __getitem__(self, key: object) -> NamedTrackTensor:
        """Tracks by place (int, slice, list), bool mask or name; the track axis is kept."""
        return self.take(track_rows(self.table, key))

    def __iter__(self) -> Iterator[tuple[TrackMetadata, Tensor]]:
        """(metadata, values without the track axis) of each track."""
        for place, track in enumerate(self.tracks):
            yield track, self.tensor.select(self.track_axis, place)

    # -- leaving --------------------------------------------------------------------------------

    def equal(self, other: NamedTrackTensor) -> bool:
        """Whether output, resolution, tracks and all values are the same; NaN equals nothing."""
        return (
            (self.output_name, self.resolution) == (other.output_name, other.resolution)
            and self.tensor.shape == other.tensor.shape
            and self.axis_from_end == other.axis_from_end
            and bool((self.table.fingerprint == other.table.fingerprint).all())
            and torch.equal(self.tensor, other.tensor)
        )

    def with_tensor(self, tensor: Tensor) -> NamedTrackTensor:
        """Other values for the same tracks."""
        return self._with(tensor, self.table)

    def to(self, device: torch.device | str) -> NamedTrackTensor:
        """On another device."""
        return self.with_tensor(self.tensor.to(device))

    def cpu(self) -> NamedTrackTensor:
        """On the CPU."""
        return self.with_tensor(self.tensor.cpu())

    def float(self) -> NamedTrackTensor:
        """Values as float32."""
        return self.with_tensor(self.tensor.float())

    def detach(self) -> NamedTrackTensor:
        """Without the autograd graph."""
        return self.with_tensor(self.tensor.detach())

    def numpy(self) -> NDArray[Any]:
        """The values as an array, on the CPU and without the graph."""
        tensor = self.tensor.detach().cpu()
        # numpy has no bfloat16; float32 holds every one of its values.
        return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 (numpy's protocol)
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def to_rows(self) -> list[dict[str, object]]:
        """Metadata of the tracks as JSON-safe mappings."""
        return self.table.rows()

    def to_dataframe(self) -> pd.DataFrame:
        """Metadata of the tracks as a pandas frame with fixed columns."""
        from locuscope.tracks.table_writing import table_to_pandas

        return table_to_pandas(self.table)

    def to_polars(self) -> pl.DataFrame:
        """Metadata of the tracks as a polars frame with fixed columns."""
        from locuscope.tracks.table_writing import table_to_polars

        return table_to_polars(self.table)

    def show(self) -> object:
        """Open the track browser on these tracks."""
        from locuscope.widgets.track_browser import TrackBrowser

        return TrackBrowser(self)

    # -- details --------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> None:
        message = f"cannot assign to field {name!r} (value {type(value).__name__})"
        raise FrozenInstanceError(message)

    def __delattr__(self, name: str) -> None:
        message = f"cannot delete field {name!r}"
        raise FrozenInstanceError(message)

    def __reduce__(self) -> tuple[object, ...]:
        given = (self.tensor, self.tracks, self.output_name, self.resolution, self.track_axis)
        return (_rebuilt, (given, self.intervals))

    def __repr__(self) -> str:
        place = f", {self.interval}" if self.interval is not None else ""
        return (
            f"NamedTrackTensor({self.output_name!r}, {self.resolution}bp, "
            f"shape {tuple(self.shape)}, {counted(len(self), 'track')}{place})"
        )

    def _repr_html_(self) -> str:
        return tracks_html(repr(self), self.table)

    def _with(self, tensor: Tensor, table: TrackTable) -> NamedTrackTensor:
        return NamedTrackTensor(
            tensor,
            table,
            self.output_name,
            self.resolution,
            self.track_axis,
            intervals=self.intervals,
        )

    def _rows(self, criteria: Criteria, predicate: Predicate | None) -> NDArray[np.int64]:
        return plan_criteria([self.table], criteria, predicate).rows(self.table)

    def _flags(self, keep: NDArray[np.bool_], device: torch.device | str | None) -> Tensor:
        return torch.from_numpy(keep).to(self.tensor.device if device is None else device)


def _rebuilt(
    given: tuple[Tensor, Sequence[TrackMetadata], str, int, int],
    intervals: Sequence[Interval] | None,
) -> NamedTrackTensor:
    return NamedTrackTensor(*given, intervals=intervals)


def _channels(tensor: Tensor, axis: int, index: Tensor) -> Tensor:
    """`tensor.index_select(axis, index)`, quickest on two axes."""
    if axis != -1 or tensor.dim() < 3 or not tensor.is_contiguous():
        return tensor.index_select(axis, index)
    outer = tensor.shape[:-1]
    flat = tensor.view(outer.numel(), tensor.shape[-1])
    return flat.index_select(1, index).view(*outer, len(index))
