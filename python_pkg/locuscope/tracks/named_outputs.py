"""All heads of a model with their tracks, and selections across heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    UnknownAttributeError,
    UnknownNameError,
    WrongTypeError,
    did_you_mean,
)
from locuscope.tracks.criteria import Criteria, Predicate, plan_criteria
from locuscope.tracks.html_table import MOST_HEADS, html_table
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.places import as_places, only_place
from locuscope.tracks.raw_outputs import named_head, one_organism
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView

    import pandas as pd
    import polars as pl
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.tracks.metadata import TrackMetadataCatalog


class NamedOutputs:
    """All heads of an answer. Heads are attributes: `out.atac[128]`.

    Args:
        heads: name -> head, in order.
        raw: the untouched mapping of the model's answer; None = the tensors of the heads.
        organism: index of the organism.
        intervals: the places asked for, one per example; None for bare sequences.
    """

    def __init__(
        self,
        heads: Mapping[str, NamedOutputHead],
        raw: Mapping[str, object] | None = None,
        *,
        organism: int = 0,
        intervals: Sequence[Interval] | None = None,
    ) -> None:
        self._heads = dict(heads)
        plain = {name: {r: t.tensor for r, t in head.items()} for name, head in heads.items()}
        self._raw: Mapping[str, object] = plain if raw is None else raw
        self.organism = organism
        self.intervals = as_places(intervals)

    @classmethod
    def from_raw(
        cls,
        outputs: Mapping[str, object],
        *,
        organism: object = None,
        catalog: TrackMetadataCatalog | None = None,
        strict_metadata: bool = False,
        channels_last: bool = True,
        include_padding: bool = False,
        intervals: Sequence[Interval] | None = None,
    ) -> NamedOutputs:
        """Name the raw tensors of a model.

        Args:
            outputs: output name -> {resolution: tensor}; also the forms of AlphaGenome. Anything
                else stays raw.
            organism: index, name, or one per example (all equal); None = 0.
            catalog: tracks of the outputs, padding included.
            strict_metadata: refuse outputs whose width differs from the catalogue.
            channels_last: tensors are (N, L, T); False: (N, T, L).
            include_padding: keep channels without meaning.
            intervals: the places that the model read, one per example; the bins of every tensor
                must span them.

        Raises:
            InputError: no catalogue to tell padding apart, two organisms in one batch, an unknown
                organism, or two outputs of one name.
            TrackMismatchError: `strict_metadata` and another number of tracks.
            ShapeError: bins that do not span the intervals.

        >>> from locuscope.tracks import TrackMetadataCatalog
        >>> catalog = TrackMetadataCatalog.load_builtin("human")
        >>> raw = {"atac": {128: torch.zeros(1, 2, 256)}}
        >>> NamedOutputs.from_raw(raw, catalog=catalog).atac[128].num_tracks
        167
        """
        if catalog is None and not include_padding:
            message = (
                "include_padding=False (the default) requires a metadata catalog to distinguish "
                "real tracks from padding. Either pass a catalog or set include_padding=True."
            )
            raise InputError(message)
        for given, kind in ((outputs, "items"), (catalog, "head_table")):
            if given is not None and not hasattr(given, kind):
                message = (
                    "from_raw takes a mapping name -> {resolution: tensor} and catalog= a "
                    "TrackMetadataCatalog, such as TrackMetadataCatalog.load_builtin('human'); got "
                    f"{str(given)[:60]!r} ({type(given).__name__})."
                )
                raise WrongTypeError(message, found=type(given).__name__)
        # Further numbers than those of human and mouse are known to a catalogue only.
        index = one_organism(organism, known=(0, 1) if catalog is None else None)
        places = as_places(intervals)
        heads = {}
        for raw_name, entry in outputs.items():
            name = raw_name.strip().lower()
            head = named_head(
                name,
                entry,
                organism=index,
                catalog=catalog,
                strict=strict_metadata,
                channels_last=channels_last,
                intervals=places,
            )
            if head is not None and name in heads:
                message = f"Two outputs are called {name!r} once case and blanks are ignored."
                raise InputError(message, hint=f"(keys {list(outputs)})")
            if head is not None:
                heads[name] = head if include_padding else head.strip_padding()
        return cls(heads, outputs, organism=index, intervals=places)

    # -- heads ----------------------------------------------------------------------------------

    @property
    def interval(self) -> Interval | None:
        """The place asked for when there is exactly one, else None."""
        return only_place(self.intervals)

    def heads(self) -> list[str]:
        """Names of the heads in order."""
        return list(self._heads)

    def head(self, name: str) -> NamedOutputHead:
        """A head by name.

        Raises:
            UnknownNameError: no such head, also a KeyError.
        """
        key = name.strip().lower()
        if key not in self._heads:
            message = (
                f"No head {name!r}; heads: {', '.join(self._heads) or 'none'} "
                f"({did_you_mean(key, self._heads)})"
            )
            raise UnknownNameError(message, name=name, known=list(self._heads))
        return self._heads[key]

    def named_items(self) -> ItemsView[str, NamedOutputHead]:
        """(name, head) pairs."""
        return self._heads.items()

    def __getitem__(self, name: str) -> object:
        is_head = name.strip().lower() in self._heads
        return self.head(name) if is_head or name not in self._raw else self._raw[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._heads]

    def __getattr__(self, name: str) -> NamedOutputHead:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._heads:
            return self._heads[name]
        if name in self._raw:
            return self._raw[name]  # type: ignore[return-value]
        message = f"NamedOutputs has no attribute {name!r}. Available heads: {self.heads()}"
        raise UnknownAttributeError(
            message, hint=f"({did_you_mean(name, self._heads)})", name=name, known=self.heads()
        )

    def strip_padding(self) -> NamedOutputs:
        """Without padding tracks, in every head."""
        return self._with({name: head.strip_padding() for name, head in self._heads.items()})

    def indices(self, *, predicate: Predicate | None = None, **criteria: object) -> list[int]:
        """Rows of `to_dataframe()` that fulfil all criteria: the tracks of all heads counted on."""
        rows: list[int] = np.flatnonzero(self._flags(criteria, predicate)).tolist()
        return rows

    def mask(
        self,
        *,
        predicate: Predicate | None = None,
        device: torch.device | str | None = None,
        **criteria: object,
    ) -> torch.Tensor:
        """Bool tensor over the tracks of all heads, True for those that fulfil all criteria."""
        first = next(iter(self._heads.values()), None)
        home = "cpu" if first is None else first.finest.tensor.device
        flags = torch.from_numpy(self._flags(criteria, predicate))
        return flags.to(home if device is None else device)

    def select(
        self, *, predicate: Predicate | None = None, allow_empty: bool = False, **criteria: object
    ) -> SelectedTracks:
        """The tracks of all heads that fulfil all criteria.

        Raises:
            EmptySelectionError: no head has such a track and not `allow_empty`, also a ValueError.
            UnknownTrackFieldError: a field that no track of any head has.
        """
        tables = [head.table for head in self._heads.values()]
        plan = plan_criteria(tables, criteria, predicate)
        chosen = {}
        for head in self._heads.values():
            rows = plan.rows(head.table)
            if rows.size or allow_empty:
                for resolution, tensor in head.take(rows).items():
                    chosen[head.output_name, resolution] = tensor
        if not chosen and not allow_empty:
            refusal = plan.refusal(tables, "across any outputs")
            raise EmptySelectionError(
                str(refusal), criteria=refusal.criteria, available=refusal.available
            )
        return SelectedTracks(chosen, organism=self.organism, intervals=self.intervals)

    # -- the raw answer -------------------------------------------------------------------------

    def as_dict(self) -> Mapping[str, object]:
        """The untouched answer of the model."""
        return self._raw

    def keys(self) -> KeysView[str]:
        """Keys of the untouched answer."""
        return self._raw.keys()

    def values(self) -> ValuesView[object]:
        """Values of the untouched answer."""
        return self._raw.values()

    def items(self) -> ItemsView[str, object]:
        """Items of the untouched answer."""
        return self._raw.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    # -- leaving --------------------------------------------------------------------------------

    @property
    def table(self) -> TrackTable:
        """The tracks of all heads, one head under another."""
        return TrackTable.concat([head.table for head in self._heads.values()])

    def to_rows(self) -> list[dict[str, object]]:
        """Metadata of all tracks as JSON-safe mappings."""
        return self.table.rows()

    def to_dataframe(self) -> pd.DataFrame:
        """Metadata of all tracks as a pandas frame with fixed columns."""
        from locuscope.tracks.table_writing import table_to_pandas

        return table_to_pandas(self.table)

    def to_polars(self) -> pl.DataFrame:
        """Metadata of all tracks as a polars frame with fixed columns."""
        from locuscope.tracks.table_writing import table_to_polars

        return table_to_polars(self.table)

    def to(self, device: torch.device | str) -> NamedOutputs:
        """The heads on another device."""
        return self._with({name: head.to(device) for name, head in self._heads.items()})

    def show(self) -> object:
        """Open the track browser on these outputs."""
        from locuscope.widgets.track_browser import TrackBrowser

        return TrackBrowser(self)

    def __repr__(self) -> str:
        return f"NamedOutputs(heads={self.heads()}, raw_keys={list(self._raw)})"

    def _repr_html_(self) -> str:
        caption = f"NamedOutputs, {self.interval}" if self.interval is not None else "NamedOutputs"
        rows = [
            (name, ", ".join(f"{r} bp" for r in head.resolutions()), n - n_padding, n_padding)
            for name, head in self._heads.items()
            for n, n_padding in [(head.num_tracks, int(head.table.is_padding.sum()))]
        ]
        return html_table(
            caption, ("head", "resolutions", "tracks", "padding"), rows, most_rows=MOST_HEADS
        )

    def _with(self, heads: Mapping[str, NamedOutputHead]) -> NamedOutputs:
        return NamedOutputs(heads, self._raw, organism=self.organism, intervals=self.intervals)

    def _flags(self, criteria: Criteria, predicate: Predicate | None) -> NDArray[np.bool_]:
        """Tracks of all heads, one head under another, that fulfil all criteria."""
        tables = [head.table for head in self._heads.values()]
        plan = plan_criteria(tables, criteria, predicate)
        keep = np.zeros(sum(len(table) for table in tables), np.bool_)
        first = 0
        for table in tables:
            keep[first + plan.rows(table)] = True
            first += len(table)
        return keep


class SelectedTracks(dict[tuple[str, int], NamedTrackTensor]):
    """A selection across heads: (output name, resolution) -> tensor, in the order of the heads."""

    def __init__(
        self,
        chosen: Mapping[tuple[str, int], NamedTrackTensor],
        *,
        organism: int = 0,
        intervals: Sequence[Interval] | None = None,
    ) -> None:
        super().__init__(chosen)
        self.organism = organism
        self.intervals = as_places(intervals)

    @property
    def interval(self) -> Interval | None:
        """The place asked for when there is exactly one, else None."""
        return only_place(self.intervals)

    @property
    def num_tracks(self) -> int:
        """Tracks in all; a track at two resolutions counts once."""
        return sum(head.num_tracks for head in self._heads().values())

    def to_named_outputs(self) -> NamedOutputs:
        """The same tensors as NamedOutputs."""
        return NamedOutputs(self._heads(), organism=self.organism, intervals=self.intervals)

    def to_dataframe(self) -> pd.DataFrame:
        """Metadata of all tracks as a pandas frame; a track at two resolutions stands once."""
        return self.to_named_outputs().to_dataframe()

    def show(self) -> object:
        """Open the track browser on the selection."""
        return self.to_named_outputs().show()

    def __repr__(self) -> str:
        places = ", ".join(
            f"{name}@{resolution}bp: {len(tensor)}" for (name, resolution), tensor in self.items()
        )
        return f"SelectedTracks({places})"

    def _repr_html_(self) -> str:
        rows = [
            (name, f"{resolution} bp", len(tensor)) for (name, resolution), tensor in self.items()
        ]
        return html_table(
            "SelectedTracks", ("head", "resolution", "tracks"), rows, most_rows=MOST_HEADS
        )

    def _heads(self) -> dict[str, NamedOutputHead]:
        grouped: dict[str, dict[int, NamedTrackTensor]] = {}
        for (name, resolution), tensor in self.items():
            grouped.setdefault(name, {})[resolution] = tensor
        return {
            name: NamedOutputHead(name, tensors, intervals=self.intervals)
            for name, tensors in grouped.items()
        }
