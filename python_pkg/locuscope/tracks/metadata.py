"""The catalogue: all tracks of a model by organism and output; read, filter, count, write.

`TrackMetadata`, the noun for one track, is defined in `track_metadata.py` and offered here as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope._closest import counted
from locuscope.errors import UnknownNameError, did_you_mean
from locuscope.tracks.cell_rules import Origin
from locuscope.tracks.criteria import Criteria, Predicate, plan_criteria
from locuscope.tracks.fitting import fit_rows
from locuscope.tracks.html_table import MOST_HEADS, html_table
from locuscope.tracks.organism import organism_index
from locuscope.tracks.query import FacetField, Query, facet_counts
from locuscope.tracks.table_reading import Tables, tables_of_columns
from locuscope.tracks.table_sources import columns_of_frame, columns_of_rows, read_columns
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import torch
    from numpy.typing import NDArray

    from locuscope.tracks.catalogs import CatalogSource
    from locuscope.widgets.facet_panel import FacetPanel

__all__ = ["TrackMetadata", "TrackMetadataCatalog"]


class TrackMetadataCatalog:
    """Tracks by organism and output name.

    Output names are lower case. Within an output the tracks stand in channel order, `track_index`
    0..n-1.

    Args:
        tracks_by_organism: organism -> output name -> tracks; stably sorted by `track_index` and
            renumbered.

    >>> rows = [{"output_type": "ATAC", "track_name": name} for name in ("liver", "lung")]
    >>> catalog = TrackMetadataCatalog.from_rows(rows)
    >>> catalog.outputs(), [track.track_name for track in catalog.get_tracks("atac")]
    (['atac'], ['liver', 'lung'])
    """

    def __init__(
        self,
        tracks_by_organism: Mapping[int, Mapping[str, tuple[TrackMetadata, ...]]] | None = None,
    ) -> None:
        self._tables: Tables = {}
        self._source: CatalogSource | None = None
        for organism, outputs in (tracks_by_organism or {}).items():
            index = organism_index(organism, known=None)
            for output_name, tracks in outputs.items():
                self.add_tracks(output_name, tracks, organism=index)

    # -- reading ------------------------------------------------------------------------------

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        default_organism: int | str = 0,
        default_output_name: str | None = None,
    ) -> TrackMetadataCatalog:
        """Read a .parquet, .csv, .tsv or .txt (tab) table.

        Raises:
            MissingFileError: no such file.
            InputError: another suffix, also a ValueError.
            FormatError: the file is not what its suffix says, or not UTF-8.
            CatalogError: a broken row or cell; the message names both.
        """
        place = Path(path)
        columns, is_text = read_columns(place)
        origin = Origin(default_organism, default_output_name, place)
        return cls._of_tables(tables_of_columns(columns, origin, is_text=is_text))

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Mapping[str, object]],
        *,
        default_organism: int | str = 0,
        default_output_name: str | None = None,
    ) -> TrackMetadataCatalog:
        """Read mappings, one per track; keys beside output, organism, index and name are extras."""
        origin = Origin(default_organism, default_output_name)
        return cls._of_tables(tables_of_columns(columns_of_rows(rows), origin))

    @classmethod
    def from_dataframe(
        cls,
        df: pd.DataFrame | pl.DataFrame,
        *,
        default_organism: int | str = 0,
        default_output_name: str | None = None,
    ) -> TrackMetadataCatalog:
        """Read a pandas or polars frame, one row per track."""
        origin = Origin(default_organism, default_output_name)
        return cls._of_tables(tables_of_columns(columns_of_frame(df), origin))

    @classmethod
    def load_builtin(cls, name: str | int | None = None) -> TrackMetadataCatalog:
        """A catalogue of a published model: "human" (0), "mouse" (1) or "borzoi".

        None is human, with mouse when its table is installed. The embedded models predict only
        their own tracks; these tables describe the channels of AlphaGenome and Borzoi.

        Raises:
            InputError: another name.
            CatalogNotFoundError: the mouse table is not installed.

        >>> TrackMetadataCatalog.load_builtin("human").outputs()[:3]
        ['atac', 'cage', 'chip_histone']
        """
        from locuscope.tracks.catalogs import load_tables

        tables, source = load_tables(name)
        return cls._of_tables(tables, source)

    @classmethod
    def _of_tables(
        cls, tables: Tables, source: CatalogSource | None = None
    ) -> TrackMetadataCatalog:
        catalog = cls()
        catalog._tables = {organism: dict(outputs) for organism, outputs in sorted(tables.items())}
        catalog._source = source
        return catalog

    # -- asking -------------------------------------------------------------------------------

    @property
    def source(self) -> CatalogSource | None:
        """Where a built-in catalogue comes from: None for other catalogues."""
        return self._source

    @property
    def organisms(self) -> list[int]:
        """Organism indices with an entry, ascending."""
        return sorted(self._tables)

    def outputs(self, organism: object = 0) -> list[str]:
        """Output names of an organism, sorted."""
        return sorted(self._tables.get(self._organism(organism), {}))

    def has_tracks(self, output_name: str, *, organism: object = 0) -> bool:
        """Whether the output has an entry."""
        return _output_key(output_name) in self._tables.get(self._organism(organism), {})

    def is_empty(self) -> bool:
        """True without any track."""
        return not any(
            len(table) for outputs in self._tables.values() for table in outputs.values()
        )

    def get_tracks(
        self,
        output_name: str,
        *,
        organism: object = 0,
        num_tracks: int | None = None,
        strict: bool = False,
    ) -> tuple[TrackMetadata, ...]:
        """The tracks of an output in channel order, cut or filled with "Padding" to `num_tracks`.

        Raises:
            UnknownNameError: `strict` and the output is missing, also a KeyError.
            TrackMismatchError: `strict` and another number of tracks, also a ValueError.
        """
        return self.head_table(
            output_name, organism=organism, num_tracks=num_tracks, strict=strict
        ).tracks

    def head_table(
        self,
        output_name: str,
        *,
        organism: object = 0,
        num_tracks: int | None = None,
        strict: bool = False,
    ) -> TrackTable:
        """`get_tracks` as a table, without one object per track."""
        index = self._organism(organism)
        key = _output_key(output_name)
        table = self._tables.get(index, {}).get(key)
        if table is None:
            self._refuse_uninstalled(index)
            if strict:
                message = f"No metadata found for output {key!r} and organism {index}."
                hint = f"({did_you_mean(key, self.outputs(index))})"
                raise UnknownNameError(message, hint=hint, name=key, known=self.outputs(index))
            table = TrackTable.placeholders(key, index, num_tracks or 0)
        return fit_rows(table, key, index, num_tracks, strict=strict)

    def table(self, output_name: str | None = None, *, organism: object = 0) -> TrackTable:
        """The column store of one output, or of all outputs one under another.

        Raises:
            UnknownNameError: no such output.
        """
        index = self._organism(organism)
        if output_name is not None:
            return self.head_table(output_name, organism=index, strict=True)
        self._refuse_uninstalled(index)
        return TrackTable.concat(list(self._tables.get(index, {}).values()))

    def indices(
        self, *, predicate: Predicate | None = None, organism: object = 0, **criteria: object
    ) -> list[int]:
        """Rows of `table(organism=organism)` that fulfil all criteria; padding never does."""
        rows: list[int] = np.flatnonzero(self._flags(organism, criteria, predicate)).tolist()
        return rows

    def mask(
        self,
        *,
        predicate: Predicate | None = None,
        device: torch.device | str | None = None,
        organism: object = 0,
        **criteria: object,
    ) -> torch.Tensor:
        """Bool tensor over `table(organism=organism)`, True for rows that fulfil all criteria."""
        import torch

        return torch.from_numpy(self._flags(organism, criteria, predicate)).to(device or "cpu")

    def select(
        self,
        *,
        predicate: Predicate | None = None,
        allow_empty: bool = False,
        organism: object = 0,
        **criteria: object,
    ) -> TrackMetadataCatalog:
        """The catalogue of the tracks of one organism that fulfil all criteria; padding never does.

        Raises:
            NoTracksError: nothing left and not `allow_empty`.
            UnknownTrackFieldError: a field that no track has.
        """
        index = self._organism(organism)
        self._refuse_uninstalled(index)
        outputs = self._tables.get(index, {})
        tables = [table.take(np.flatnonzero(~table.is_padding)) for table in outputs.values()]
        plan = plan_criteria(tables, criteria, predicate)
        kept = {
            name: table.take(rows)
            for name, table in outputs.items()
            if (rows := plan.rows(table, among=~table.is_padding)).size
        }
        if not kept and not allow_empty:
            raise plan.refusal(tables, f"in the catalogue of organism {index}")
        return self._of_tables({index: kept}, self._source)

    def take(self, rows: NDArray[np.int64]) -> TrackMetadataCatalog:
        """The tracks at some rows of `whole_table()`, in ascending order, `source` kept."""
        ordered = np.unique(rows)
        kept: Tables = {}
        first = 0
        for organism, outputs in self._tables.items():
            for name, table in outputs.items():
                mine = ordered[(ordered >= first) & (ordered < first + len(table))] - first
                first += len(table)
                if mine.size:
                    kept.setdefault(organism, {})[name] = table.take(mine)
        return self._of_tables(kept, self._source)

    def facets(
        self,
        query: Query | None = None,
        fields: Sequence[str] | None = None,
        *,
        keep_zero: bool = False,
        organism: object = 0,
    ) -> dict[str, FacetField]:
        """Facet counts over the real tracks of one organism (`tracks.query.facet_counts`)."""
        table = self.table(organism=organism)
        real = table.take(np.flatnonzero(~table.is_padding))
        return facet_counts(real, query or Query(), fields, keep_zero=keep_zero)

    # -- changing and writing -------------------------------------------------------------------

    def add_tracks(
        self, output_name: str, tracks: Sequence[TrackMetadata], *, organism: object = 0
    ) -> None:
        """Replace the tracks of an output; they are sorted by `track_index` and renumbered."""
        index = organism_index(organism, known=None)
        key = _output_key(output_name)
        ordered = sorted(tracks, key=lambda track: track.track_index)
        self._tables.setdefault(index, {})[key] = TrackTable.from_tracks(ordered).renamed(
            key, index
        )

    def whole_table(self) -> TrackTable:
        """Every row of every organism, one under another."""
        return TrackTable.concat(
            [table for outputs in self._tables.values() for table in outputs.values()]
        )

    def to_rows(self) -> list[dict[str, object]]:
        """JSON-safe mappings, one per track; `from_rows` reads them back."""
        return self.whole_table().rows()

    def to_dataframe(self) -> pd.DataFrame:
        """All tracks as a pandas frame with fixed columns in nullable types."""
        from locuscope.tracks.table_writing import table_to_pandas

        return table_to_pandas(self.whole_table())

    def to_polars(self) -> pl.DataFrame:
        """All tracks as a polars frame with fixed columns."""
        from locuscope.tracks.table_writing import table_to_polars

        return table_to_polars(self.whole_table())

    def write(self, path: str | Path) -> Path:
        """Write all tracks as .parquet, .csv, .tsv or .txt; `from_file` reads the same back."""
        from locuscope.tracks.table_writing import write_table

        return write_table(self.whole_table(), path)

    # -- showing --------------------------------------------------------------------------------

    def show(self, **options: Any) -> FacetPanel:
        """Open the facet panel on this catalogue; the options are those of `FacetPanel`."""
        from locuscope.widgets.facet_panel import FacetPanel

        return FacetPanel(self, **options)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrackMetadataCatalog):
            return NotImplemented
        return self._tables == other._tables

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        whole = self.whole_table()
        n_outputs = sum(len(outputs) for outputs in self._tables.values())
        real = len(whole) - int(whole.is_padding.sum())
        origin = f"; {self._source}" if self._source else ""
        outputs, tracks = counted(n_outputs, "output"), counted(real, "track")
        return f"TrackMetadataCatalog({outputs}, {tracks}{origin})"

    def _repr_html_(self) -> str:
        rows = []
        for organism, outputs in self._tables.items():
            for name, table in outputs.items():
                n_padding = int(table.is_padding.sum())
                rows.append((organism, name, len(table) - n_padding, n_padding))
        header = ("organism", "output", "tracks", "padding")
        return html_table(repr(self), header, rows, most_rows=MOST_HEADS)

    def _refuse_uninstalled(self, organism: int) -> None:
        """A built-in catalogue without a mouse table says how to install one."""
        if self._source is not None and organism == 1 and organism not in self._tables:
            self.load_builtin("mouse")

    def _flags(
        self, organism: object, criteria: Criteria, predicate: Predicate | None
    ) -> NDArray[np.bool_]:
        """Rows of one organism that fulfil all criteria and are no padding."""
        whole = self.table(organism=organism)
        is_real = ~whole.is_padding
        plan = plan_criteria([whole.take(np.flatnonzero(is_real))], criteria, predicate)
        keep = np.zeros(len(whole), np.bool_)
        keep[plan.rows(whole, among=is_real)] = True
        return keep

    def _organism(self, organism: object) -> int:
        return organism_index(organism, known={0, 1, *self._tables})


def _output_key(output_name: str) -> str:
    return output_name.strip().lower()
