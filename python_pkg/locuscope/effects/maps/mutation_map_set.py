"""`MutationMapSet`: the maps of several places in the order of the input, and their files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.effects.maps.map_tables import cell_table, variant_scores, write_parquet
from locuscope.effects.maps.mutation_map_file import open_maps, write_maps
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.maps.stored_maps import pick
from locuscope.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from locuscope.effects.maps.stored_maps import Refusal
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.plots.mutation_map import MapPlotOptions


@dataclass(frozen=True, eq=False, repr=False)
class MutationMapSet:
    """Mutation maps of several places.

    Args:
        entries: for each entry model input -> map; most models have one input.
        rows: place of each entry in the input, from 0; one row may have several entries.
        refused: rows without a map, with status and reason.
        provenance: everything that changed a number.

    Raises:
        ShapeError: entries and rows of other numbers.
    """

    entries: Sequence[Mapping[str, MutationMap]]
    rows: Sequence[int]
    refused: tuple[Refusal, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse rows that do not fit."""
        object.__setattr__(self, "entries", tuple(self.entries))
        object.__setattr__(self, "rows", tuple(self.rows))
        if len(self.rows) != len(self.entries):
            raise ShapeError(
                f"{len(self.rows)} rows for {len(self.entries)} entries of a set of mutation maps.",
                found=len(self.rows),
                expected=len(self.entries),
            )

    @classmethod
    def of(cls, maps: Sequence[MutationMap]) -> MutationMapSet:
        """Make a set of maps of one input each."""
        provenance = maps[0].provenance if maps else {}
        entries = [{each.input_name: each} for each in maps]
        return cls(entries, range(len(entries)), provenance=provenance)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> MutationMapSet:
        """Open a file, ours or of the published layout; values are read when they are used.

        Raises:
            FormatError: the file holds no mutation maps.
            CorruptStoreError: it is damaged, or holds pickled members, which are never read.
        """
        stored = open_maps(path)
        entries = [
            {name: MutationMap.of_fields(fields) for name, fields in entry.items()}
            for entry in stored.entries
        ]
        return cls(entries, stored.rows, stored.refused, stored.provenance)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[MutationMap]:
        for number in range(len(self)):
            yield self.entry(number)

    def entry(self, number: int, input_name: str | None = None) -> MutationMap:
        """Give the map of one entry and input; None = the first input.

        Raises:
            OutOfBoundsError, UnknownNameError: no such entry or input.
        """
        return pick(self.entries, number, input_name, "this set")

    @property
    def input_names(self) -> tuple[str, ...]:
        """The model inputs of the first entry."""
        return tuple(self.entries[0]) if self.entries else ()

    @overload
    def __getitem__(self, key: int) -> MutationMap: ...
    @overload
    def __getitem__(self, key: slice | ArrayLike) -> MutationMapSet: ...
    def __getitem__(self, key: Any) -> MutationMap | MutationMapSet:
        """Give one map, or the entries of a slice, mask or index array as a set."""
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self.entry(int(key))
        picked = np.arange(len(self))[key if isinstance(key, slice) else _index(key)]
        return replace(
            self,
            entries=[self.entries[i] for i in picked.tolist()],
            rows=[self.rows[i] for i in picked.tolist()],
        )

    def select(self, **criteria: object) -> MutationMapSet:
        """Give the tracks that fulfil all criteria, of every map."""
        return self._each(lambda each: each.select(**criteria))

    def with_score(self, name: str) -> MutationMapSet:
        """Make another layer the active one, of every map."""
        return self._each(lambda each: each.with_score(name))

    def _each(self, change: Callable[[MutationMap], MutationMap]) -> MutationMapSet:
        entries = [{name: change(each) for name, each in e.items()} for e in self.entries]
        return replace(self, entries=entries)

    def largest(self, score: str | None = None, track: object = None) -> float:
        """Give the largest magnitude of one track over all maps; 0 where nothing is known."""
        found = 0.0
        for entry in self.entries:
            for each in entry.values():
                values = np.abs(each.track_values(score, track))
                found = max(found, float(values[np.isfinite(values)].max(initial=0.0)))
        return found

    def summary(self) -> str:
        """Give the count line: entries, and what has no map, by status."""
        counts = Counter(item.status for item in self.refused)
        said = "".join(f", {n:,} {status}" for status, n in counts.items())
        return f"{counted(len(self), 'mutation map')}{said}"

    def to_polars(self) -> pl.DataFrame:
        """Give the cells of all maps with the columns `entry` and `input` in front.

        The other columns are those of `MutationMap.to_polars`.
        """
        pieces = [
            cell_table(each).select(
                pl.lit(number).cast(pl.Int64).alias("entry"), pl.lit(name).alias("input"), pl.all()
            )
            for number, entry in enumerate(self.entries)
            for name, each in entry.items()
        ]
        return pl.concat(pieces) if pieces else pl.DataFrame()

    def to_dataframe(self) -> pd.DataFrame:
        """Give the table of `to_polars` as pandas."""
        return self.to_polars().to_pandas()

    def to_variant_scores(self) -> VariantScores:
        """Give the single-base changes of all maps as rows, map after map."""
        return variant_scores([each for entry in self.entries for each in entry.values()])

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write the table of `to_polars`."""
        return write_parquet(self.to_polars(), path, self.provenance)

    def to_vcf(self, path: str | PathLike[str]) -> Path:
        """Write one VCF record per single-base change, map after map (`.gz` = BGZF)."""
        return self.to_variant_scores().to_vcf(path)

    def to_hdf5(self, path: str | PathLike[str]) -> Path:
        """Write all maps; `open` gives them back, number by number."""
        return write_maps(
            path,
            self.entries,
            provenance=self.provenance,
            rows=self.rows,
            refused=self.refused,
        )

    def plot(
        self,
        entry: int = 0,
        *,
        input_name: str | None = None,
        **options: Unpack[MapPlotOptions],
    ) -> Axes:
        """Draw one map; `value_range="shared"` gives all maps of the set the same colours.

        Further options are those of `plots.mutation_map.plot`.
        """
        from locuscope.plots.mutation_map import plot

        asked = options.get("value_range")
        if isinstance(asked, str) and asked == "shared":
            options["value_range"] = self.largest(options.get("score"), options.get("track"))
        return plot(self.entry(entry, input_name), **options)

    def __repr__(self) -> str:
        shown = f"; {self.entry(0)!r}, ..." if self.entries else ""
        return f"MutationMapSet({self.summary()}{shown})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{number}</td><td>{escape(each.interval.text())}</td>"
            f"<td>{escape((each.interval.name or '')[:80])}</td></tr>"
            for number, each in zip(range(10), self, strict=False)
        )
        return f"<table><caption>{escape(self.summary())}</caption><tbody>{rows}</tbody></table>"


def _index(key: Any) -> Any:
    array = np.asarray(key)
    return array if array.size else array.astype(np.int64)
