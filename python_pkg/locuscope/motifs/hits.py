"""`Hits`: motif instances in contribution scores, with a certificate for every region."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope._closest import counted
from locuscope.errors import ShapeError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import Interval, whole_number
from locuscope.motifs import hit_files, hit_views
from locuscope.motifs.hit_folder import read_folder
from locuscope.motifs.motif_set import MotifSet
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.reference import Genome

_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class Hits:
    """Motif instances of N regions.

    Args:
        table: one row per hit, sorted by (peak_id, hit_start, motif_id): number of the region and
            of the motif, `hit_start` (of the untrimmed window, from the start of the region),
            coefficient, similarity (a cosine), importance (sum of |X| over the core) and its
            square's, all of the region divided by `global_scale`; `motif_name`, `strand`,
            `core_start`, `core_end` (from the start of the region), `hit_coefficient_global` (in
            the units of the scores, squared), `twin_group` (equal numbers within a region: near
            copies at one place; null = none). With places also `chr`, `start`, `end`,
            `start_untrimmed`, `end_untrimmed`, `peak_name`; `strand` is then that of the genome.
        qc: one row per region in input order: `nll`, `dual_gap` (the true one, per base),
            `num_steps`, `step_size`, `global_scale`, `dual_norm`, `n_candidates`, `n_rounds`,
            `n_support`, `explained` (share of the squares; null where there is nothing), `status`:
            "ok", "empty" (all zero), "max_sweeps" (not certified), "invalid_input" (NaN or Inf,
            metrics null). With places also `chr`, `peak_region_start`, `peak_name`, `chr_id`.
        motifs: what `motif_id` counts.
        parameters: how the hits were called, as plain values.

    Raises:
        WrongTypeError: tables that are no polars frames.
    """

    table: pl.DataFrame
    qc: pl.DataFrame
    motifs: MotifSet
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse other kinds of objects."""
        check_class("table", self.table, pl.DataFrame)
        check_class("qc", self.qc, pl.DataFrame)
        check_class("motifs", self.motifs, MotifSet)

    @property
    def has_coordinates(self) -> bool:
        """The regions have places on a genome."""
        return "chr" in self.qc.columns

    def __len__(self) -> int:
        return len(self.table)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hits):
            return NotImplemented
        return (
            self.table.equals(other.table)
            and self.qc.equals(other.qc)
            and self.motifs.to_dataframe().equals(other.motifs.to_dataframe())
            and np.array_equal(self.motifs.cwms, other.motifs.cwms)
            and _plain(self.parameters) == _plain(other.parameters)
        )

    __hash__ = None  # type: ignore[assignment]  # tables have none

    def __repr__(self) -> str:
        regions = counted(len(self.qc), "region")
        return f"Hits({counted(len(self), 'hit')} in {regions}; {self.certificate()})"

    def certificate(self) -> str:
        """How many regions are solved, and the largest duality gap among them, in words."""
        status = self.qc["status"]
        solved = self.qc.filter(status.is_in(["ok", "empty"]).fill_null(value=False))
        worst = solved["dual_gap"].max()
        text = f"{len(solved):,} of {len(self.qc):,} certified"
        if len(solved) and isinstance(worst, float):
            text += f" at gap <= {max(worst, 0.0):.1e}"
        odd = [
            f"{count:,} {name}"
            for name, count in status.drop_nulls().value_counts(sort=True).iter_rows()
            if name != "ok"
        ]
        return ", ".join([text, *odd])

    def _repr_html_(self) -> str:
        shown = self.table.head(_SHOWN)
        head = "".join(f"<th>{escape(name)}</th>" for name in shown.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(cell))}</td>" for cell in row) + "</tr>"
            for row in shown.iter_rows()
        )
        more = len(self) - len(shown)
        rest = f"<p>and {more:,} more</p>" if more else ""
        body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{rest}"
        return f"<div><p>{escape(repr(self))}</p>{body}</div>"

    def select(self, mask: pl.Expr | pl.Series | NDArray[np.bool_] | list[bool]) -> Hits:
        """Keep some hits; regions and motifs stay.

        Args:
            mask: a bool per row of `table`, or an expression of polars on its columns.

        Raises:
            ShapeError: another number of bools.
            WrongTypeError: no bools.
        """
        if isinstance(mask, pl.Expr):
            return replace(self, table=self.table.filter(mask))
        chosen = np.asarray(mask)
        if chosen.dtype != bool and chosen.size:
            raise WrongTypeError(
                f"mask holds {chosen.dtype}; a bool per hit is needed, or an expression such as "
                "pl.col('motif_name') == 'CTCF'.",
                argument="mask",
                found=str(chosen.dtype),
                expected="bool",
            )
        if chosen.shape != (len(self),):
            raise ShapeError(
                f"mask has shape {chosen.shape} for {len(self):,} hits.",
                found=chosen.shape,
                expected=(len(self),),
            )
        return replace(self, table=self.table.filter(pl.Series(chosen.astype(bool))))

    def region(self, peak_id: int) -> Hits:
        """The hits of one region.

        Raises:
            UnknownNameError: no region of that number.
        """
        peak = whole_number(peak_id, "peak_id")
        hit_views.check_known(np.array([peak]), self)
        of_peak = pl.col("peak_id") == peak
        return replace(self, table=self.table.filter(of_peak), qc=self.qc.filter(of_peak))

    def counts(self) -> pd.DataFrame:
        """Number of hits, (N, motifs): rows by peak_id in input order, columns by motif name."""
        return hit_views.count_table(self)

    def reconstruct(self, contributions: Contributions) -> NDArray[np.float32]:
        """The part of contributions that the hits explain, (N, A, L) float32, in their units.

        Of hits that a filter removed nothing is in it. Where the call took square roots, it is
        the fit to those.

        Raises:
            UnknownNameError: a region that the hits were not called in.
            ShapeError: regions of another length.
        """
        return hit_views.fitted(self, contributions)

    def overlay(self, where: Interval | int) -> dict[str, NDArray[Any]]:
        """Hits of a place as columns sorted by start, as pages draw them.

        Args:
            where: an interval of the genome, or the number of a region (then places and strands
                are those in the region).

        Returns:
            `start`, `end`, `row` (in `table`) uint32, `motif` uint16, `strand` int8 (1 or -1),
            `coefficient`, `coefficient_global`, `similarity`, `importance` float32.

        Raises:
            InputError: an interval, where the hits have no places.
            UnknownNameError: no region of that number.
        """
        return hit_views.overlay_columns(self, where)

    def to_polars(self) -> pl.DataFrame:
        """The table of hits."""
        return self.table

    def to_dataframe(self) -> pd.DataFrame:
        """The table of hits as pandas."""
        return self.table.to_pandas()

    def file_table(self) -> pl.DataFrame:
        """The table as `hits.tsv` holds it: importances in the units of the scores."""
        return hit_files.file_table(self)

    def to_bed(self, path: str | PathLike[str], *, bed_score: str = "similarity") -> Path:
        """Write chr, start, end, name, score, strand; an empty file where there are no places.

        Args:
            path: the file; it appears whole or not at all.
            bed_score: "similarity" = 1000 times it, between 0 and 1000; "zero" = 0 everywhere.
        """
        hit_files.check_bed_score(bed_score)
        hit_files.check_writable(self.motifs, self.qc)
        text = hit_files.bed_text(self, bed_score)
        return publish(path, lambda temporary: temporary.write_bytes(text.encode()))

    def to_bigwig(
        self,
        path: str | PathLike[str],
        lengths: Mapping[str, int] | Genome,
        *,
        per_motif: bool = True,
        value: str = "hit_coefficient_global",
    ) -> Path:
        """Write a value of the hits over their cores, the largest where several overlap.

        Args:
            path: a folder with one file per motif (`%2F` for `/` in names), or a file.
            lengths: contig -> bases, or a genome that knows them.
            per_motif: False writes one file of all motifs.
            value: "hit_coefficient_global", "hit_coefficient", "hit_similarity" or
                "hit_importance".

        Raises:
            InputError: no places, no hits, or a hit that leaves its contig.
            MissingContigError: a contig without length.
            OptionError: another value.
        """
        given: Any = lengths
        known: Mapping[str, int] = getattr(given, "lengths", given)
        return hit_views.write_tracks(self, path, known, per_motif=per_motif, value=value)

    def save(self, folder: str | PathLike[str], *, bed_score: str = "similarity") -> Path:
        """Write all files of the hits into one folder, which appears whole or not at all.

        Args:
            folder: replaced where it exists.
            bed_score: of `hits.bed`, as in `to_bed`.

        Raises:
            InputError: a tab or line end in a name.
        """
        return hit_files.save_hits(self, folder, bed_score=bed_score)

    @classmethod
    def open(cls, folder: str | PathLike[str]) -> Hits:
        """Read a folder that `save` or `call_hits(out=)` wrote, or the published tool.

        Columns that we do not know are kept; what the other tool does not say is null.

        Raises:
            MissingFileError: no such folder.
            StoreError: a job that was not finished.
            FormatError: a file that is missing, damaged or of something else.
        """
        return cls(**read_folder(folder))


def _plain(parameters: Mapping[str, Any]) -> Any:
    """As they come back from a file, without the keys that say nothing."""
    told = {key: value for key, value in parameters.items() if value is not None}
    return json.loads(json.dumps(told))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
