"""One output of a model at each of its resolutions: NamedOutputHead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import InputError, TrackMismatchError, UnknownNameError
from locuscope.tracks.criteria import Predicate, plan_criteria
from locuscope.tracks.html_table import tracks_html
from locuscope.tracks.places import as_places, only_place

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.track_metadata import TrackMetadata
    from locuscope.tracks.track_table import TrackTable

# Contact maps have bins of 2,048 bases; the published page asks for them as 128.
_ALIASES: Mapping[str, Mapping[int, int]] = {"contact_maps": {128: 2048}}


class NamedOutputHead:
    """One output at each of its resolutions; all share the same tracks.

    Args:
        output_name: the head, like "atac".
        by_resolution: bases per bin -> tensor.
        raw: the untouched entry of the model's answer.
        intervals: the places asked for, one per example; None = those of the finest tensor.

    Raises:
        InputError: no resolution. TrackMismatchError: tracks that differ between resolutions.
    """

    __slots__ = ("_by_resolution", "intervals", "output_name", "raw")

    def __init__(
        self,
        output_name: str,
        by_resolution: Mapping[int, NamedTrackTensor],
        *,
        raw: object = None,
        intervals: Sequence[Interval] | None = None,
    ) -> None:
        if not by_resolution:
            message = "NamedOutputHead requires at least one resolution."
            raise InputError(message, hint=f"(output {output_name!r})")
        first = next(iter(by_resolution.values()))
        for resolution, tensor in by_resolution.items():
            ours, theirs = first.table, tensor.table
            if ours is theirs:
                continue
            if len(ours) != len(theirs) or (ours.fingerprint != theirs.fingerprint).any():
                message = (
                    f"The tracks of {output_name!r} at {resolution}bp ({len(theirs)}) are not "
                    f"those of its first resolution ({len(ours)})."
                )
                raise TrackMismatchError(message, left=len(ours), right=len(theirs))
        self.output_name = output_name
        self._by_resolution = dict(by_resolution)
        self.raw = raw
        self.intervals = self.finest.intervals if intervals is None else as_places(intervals)

    def __getitem__(self, resolution: int) -> NamedTrackTensor:
        key = _ALIASES.get(self.output_name, {}).get(resolution, resolution)
        if key not in self._by_resolution:
            message = (
                f"{self.output_name!r} has no resolution {resolution!r}; it has "
                f"{list(self.resolutions())}."
            )
            raise UnknownNameError(
                message, name=str(resolution), known=[str(r) for r in self.resolutions()]
            )
        return self._by_resolution[key]

    def __contains__(self, resolution: object) -> bool:
        aliases = _ALIASES.get(self.output_name, {})
        return (
            aliases.get(resolution, resolution) if isinstance(resolution, int) else None
        ) in self._by_resolution

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_resolution)

    def __len__(self) -> int:
        return len(self._by_resolution)

    def resolutions(self) -> tuple[int, ...]:
        """Bases per bin, ascending."""
        return tuple(sorted(self._by_resolution))

    def items(self) -> ItemsView[int, NamedTrackTensor]:
        """(resolution, tensor) pairs."""
        return self._by_resolution.items()

    @property
    def finest(self) -> NamedTrackTensor:
        """The tensor with the smallest bins."""
        return self._by_resolution[self.resolutions()[0]]

    @property
    def table(self) -> TrackTable:
        """The tracks as columns."""
        return next(iter(self._by_resolution.values())).table

    @property
    def tracks(self) -> tuple[TrackMetadata, ...]:
        """The tracks as metadata objects."""
        return self.table.tracks

    @property
    def num_tracks(self) -> int:
        """Number of tracks."""
        return len(self.table)

    @property
    def interval(self) -> Interval | None:
        """The place when there is exactly one example with a place, else None."""
        return only_place(self.intervals)

    def indices(self, *, predicate: Predicate | None = None, **criteria: object) -> list[int]:
        """Places of the tracks that fulfil all criteria."""
        return self.finest.indices(predicate=predicate, **criteria)

    def mask(
        self,
        *,
        predicate: Predicate | None = None,
        device: torch.device | str | None = None,
        **criteria: object,
    ) -> Tensor:
        """Bool tensor (num_tracks,), True for tracks that fulfil all criteria."""
        return self.finest.mask(predicate=predicate, device=device, **criteria)

    def select(
        self, *, predicate: Predicate | None = None, allow_empty: bool = False, **criteria: object
    ) -> NamedOutputHead:
        """The tracks that fulfil all criteria, at every resolution.

        Raises:
            NoTracksError: nothing left and not `allow_empty`.
            UnknownTrackFieldError: a field that no track has.
        """
        plan = plan_criteria([self.table], criteria, predicate)
        rows = plan.rows(self.table)
        if not rows.size and not allow_empty:
            places = ", ".join(f"{resolution}bp" for resolution in self.resolutions())
            raise plan.refusal([self.table], f"for output {self.output_name!r} at {places}")
        return self.take(rows)

    def take(self, rows: NDArray[np.int64]) -> NamedOutputHead:
        """The tracks at some places, at every resolution, sharing one list of metadata."""
        table = self.table.take(rows)
        return self._with({r: tensor.take(rows, table=table) for r, tensor in self.items()})

    def to(self, device: torch.device | str) -> NamedOutputHead:
        """On another device."""
        return self._with({r: tensor.to(device) for r, tensor in self.items()})

    def padding_mask(self, *, device: torch.device | str | None = None) -> Tensor:
        """Bool tensor (num_tracks,), True for real tracks."""
        return self.finest.padding_mask(device=device)

    def strip_padding(self) -> NamedOutputHead:
        """Without padding tracks; self when there are none."""
        padding = self.table.is_padding
        return self.take(np.flatnonzero(~padding)) if padding.any() else self

    def to_rows(self) -> list[dict[str, object]]:
        """Metadata of the tracks as JSON-safe mappings."""
        return self.table.rows()

    def to_dataframe(self) -> pd.DataFrame:
        """Metadata of the tracks as a pandas frame with fixed columns."""
        return self.finest.to_dataframe()

    def to_polars(self) -> pl.DataFrame:
        """Metadata of the tracks as a polars frame with fixed columns."""
        return self.finest.to_polars()

    def show(self) -> object:
        """Open the track browser on this head."""
        from locuscope.widgets.track_browser import TrackBrowser

        return TrackBrowser(self)

    def __repr__(self) -> str:
        return f"NamedOutputHead(output_name={self.output_name!r}, resolutions={list(self)})"

    def _repr_html_(self) -> str:
        return tracks_html(f"{self!r}, {self.num_tracks} tracks", self.table)

    def _with(self, by_resolution: Mapping[int, NamedTrackTensor]) -> NamedOutputHead:
        return NamedOutputHead(
            self.output_name, by_resolution, raw=self.raw, intervals=self.intervals
        )
