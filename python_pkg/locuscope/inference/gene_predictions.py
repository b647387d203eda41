"""`GenePredictions`: what a model says of genes, one row per transcription start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.inference.gene_sites import GeneSite
    from locuscope.tracks.track_table import TrackTable

AGGREGATES = ("none", "mean", "sum", "max")
OK = "ok"
OUTSIDE = "outside_regions"


@dataclass(frozen=True, eq=False, repr=False)
class GenePredictions:
    """Predictions of genes.

    Args:
        sites: the rows, in the order of the call.
        values: (S, T) float32; NaN where the status says why, or the track is of the other strand.
        status: "ok", or "outside_regions" where bins are missing.
        tracks: metadata of the T tracks.
        aggregate: how the starts of a gene became one number; "none" = they did not.
    """

    sites: tuple[GeneSite, ...]
    values: NDArray[np.float32]
    status: tuple[str, ...]
    tracks: TrackTable
    aggregate: str = "none"

    def __len__(self) -> int:
        """Number of transcription starts."""
        return len(self.sites)

    def __repr__(self) -> str:
        n_out = sum(status != OK for status in self.status)
        return (
            f"GenePredictions({len(self):,} starts of {len(self.genes):,} genes, "
            f"{len(self.tracks):,} tracks, {n_out:,} outside their window)"
        )

    @property
    def genes(self) -> tuple[str, ...]:
        """The genes, in the order of their first row."""
        return tuple(dict.fromkeys(site.gene for site in self.sites))

    @property
    def n_valid(self) -> NDArray[np.int64]:
        """Valid starts of each gene."""
        place = {gene: k for k, gene in enumerate(self.genes)}
        valid = [place[s.gene] for s, status in zip(self.sites, self.status, strict=True)
                 if status == OK]  # fmt: skip
        return np.bincount(np.array(valid, np.int64), minlength=len(place))

    def gene_values(self) -> NDArray[np.float32]:
        """Give (G, T): one row per gene over its valid starts; NaN without one.

        Raises:
            OptionError: the call did not say how starts become one number.
        """
        if self.aggregate == "none":
            raise OptionError(
                "aggregate='none' keeps the starts apart; give aggregate='mean', 'sum' or 'max' to "
                "predict_genes.",
                option="aggregate",
                value="none",
                allowed=AGGREGATES[1:],
            )
        reduce: Any = {"mean": np.mean, "sum": np.sum, "max": np.max}[self.aggregate]
        found = np.full((len(self.genes), len(self.tracks)), np.nan, np.float32)
        place = {gene: k for k, gene in enumerate(self.genes)}
        rows: list[list[int]] = [[] for _ in place]
        for row, (site, status) in enumerate(zip(self.sites, self.status, strict=True)):
            if status == OK:
                rows[place[site.gene]].append(row)
        for k, own in enumerate(rows):
            values = self.values[own].astype(np.float64)
            for track in range(values.shape[1]):
                known = values[:, track][~np.isnan(values[:, track])]
                if known.size:
                    found[k, track] = reduce(known)
        return found

    def to_dataframe(self) -> pd.DataFrame:
        """Give one row per start, then one per gene where they were aggregated.

        Columns: kind ("tss" or "gene"), tss_id, gene_id, chrom, position (0-based), strand, status,
        n_tss (valid starts behind the row), and one per track.
        """
        import pandas as pd

        is_ok = [status == OK for status in self.status]
        columns: dict[str, list[Any]] = {
            "kind": ["tss"] * len(self),
            "tss_id": [site.name for site in self.sites],
            "gene_id": [site.gene for site in self.sites],
            "chrom": [site.chrom for site in self.sites],
            "position": [site.position for site in self.sites],
            "strand": [site.strand for site in self.sites],
            "status": list(self.status),
            "n_tss": [int(flag) for flag in is_ok],
        }
        values = self.values
        if self.aggregate != "none":
            first = {site.gene: site for site in reversed(self.sites)}
            counts = self.n_valid.tolist()
            columns["kind"] += ["gene"] * len(counts)
            columns["tss_id"] += [None] * len(counts)
            columns["gene_id"] += self.genes
            columns["chrom"] += [first[gene].chrom for gene in self.genes]
            columns["position"] += [None] * len(counts)
            columns["strand"] += [first[gene].strand for gene in self.genes]
            columns["status"] += [OK if count else OUTSIDE for count in counts]
            columns["n_tss"] += counts
            values = np.concatenate([values, self.gene_values()])
        table = pd.DataFrame(columns).astype({"position": "Int64"})
        return pd.concat([table, pd.DataFrame(values, columns=self._labels())], axis=1)

    def _labels(self) -> list[str]:
        """Names of the columns; the output in front where a name occurs twice."""
        names = [str(name) for name in self.tracks.cells("track_name")]
        if len(set(names)) == len(names):
            return names
        heads = self.tracks.cells("output_name")
        told = [f"{head}/{name}" for head, name in zip(heads, names, strict=True)]
        return [f"{name}#{k}" if told.count(name) > 1 else name for k, name in enumerate(told)]
