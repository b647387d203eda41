"""Variant scores in the HDF5 layout of the published track scorers: float16 with percentiles."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.score_card import ScoreCard, tracks_of_names
from locuscope.effects.results.score_hdf5 import add_column, add_matrix, append, text_kind, texts
from locuscope.effects.results.score_tables import WINDOW_SCHEMA, ScoreFields
from locuscope.errors import DataWarning, FormatError, OptionError
from locuscope.genome.alleles import STATUSES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import Hdf5Output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.results.score_tables import RowId
    from locuscope.effects.variant_scores import VariantScores

MAX_HALF = float(np.finfo(np.float16).max)
FIXED = frozenset(
    ("snp", "chr", "pos", "ref_allele", "alt_allele", "target_ids", "target_labels")
    + ("percentiles", "status")
)


_TEXTS = {"chr": "chrom", "ref_allele": "ref", "alt_allele": "alt"}


class CalicoWriter:
    """`snp, chr, pos, ref_allele, alt_allele, target_ids, target_labels`, one (V, T) per score.

    Scores are clipped to the range of float16; how many were is the attribute `clipped` of each
    dataset. `<score>_pct` (T, 284) are the quantiles of each track at `percentiles`, over the rows
    that have a score. Beside what the published files hold there is `status`. Spreads have no
    place there.

    Raises:
        OptionError: a score that is not per track, or is called as one of the fixed datasets.
    """

    def __init__(
        self,
        place: Path,
        first: VariantScores,
        widths: Mapping[str, int],
        row_id: RowId = "variant",
    ) -> None:
        import h5py

        require_calico(list(first.scores), list(first.own_columns))
        self._row_id = row_id
        self._output = Hdf5Output(place)
        self._file = self._output.file
        spelt = widths["chrom"] + widths["ref"] + widths["alt"] + 16
        add_column(self._file, "snp", text_kind(max(spelt, widths["id"])))
        for name, column in _TEXTS.items():
            add_column(self._file, name, text_kind(widths[column]))
        add_column(self._file, "pos", "u4")
        statuses = {word: code for code, word in enumerate(STATUSES)}
        add_column(self._file, "status", h5py.enum_dtype(statuses, basetype="u1"))
        self._clipped = dict.fromkeys(first.scores, 0)
        for name in first.scores:
            add_matrix(self._file, name, len(first.labels(name)), "f2")

    def add(self, chunk: VariantScores) -> None:
        """Append rows."""
        table = chunk.variants.table
        names = pl.Series(chunk.row_names(self._row_id), dtype=pl.String)
        append(self._file["snp"], texts(names))
        for name, column in _TEXTS.items():
            append(self._file[name], texts(table[column]))
        append(self._file["pos"], table["pos"].fill_null(0).cast(pl.UInt32).to_numpy())
        append(self._file["status"], table["status"].to_physical().to_numpy())
        for name, values in chunk.scores.items():
            self._clipped[name] += int((np.abs(values) > MAX_HALF).sum())
            append(self._file[name], np.clip(values, -MAX_HALF, MAX_HALF).astype(np.float16))
        self._output.check()

    def close(self, card: ScoreCard) -> None:
        """Write targets, percentiles and counts.

        Warns:
            DataWarning: values were clipped.
        """
        import h5py

        labels = next(iter(card.labels.values()), ())
        names = [str(cell) for cell in card.tracks.cells("track_name")]
        for key, cells in (("target_ids", labels), ("target_labels", names)):
            words = [cell.replace("\0", "\u2400") for cell in cells]
            self._file.create_dataset(key, data=words, dtype=h5py.string_dtype())
        levels = percentile_levels()
        self._file.create_dataset("percentiles", data=levels)
        for name, count in self._clipped.items():
            self._file[name].attrs["clipped"] = count
            _write_percentiles(self._file, name, levels)
        self._output.close()
        clipped = {name: count for name, count in self._clipped.items() if count}
        if clipped:
            said = ", ".join(f"{count:,} of {name}" for name, count in clipped.items())
            warnings.warn(
                f"values beyond the range of float16 (65,504) were clipped: {said}; "
                "HDF5 without compat='calico' keeps them.",
                DataWarning,
                stacklevel=2,
            )

    def drop(self) -> None:
        """Let go of a file that will not be finished."""
        self._output.drop()


def require_calico(scores: list[str], own: list[str]) -> None:
    """Raise `OptionError` for scores that the published layout has no place for."""
    if own:
        raise OptionError(
            f"compat='calico' holds one value per track; the score {own[0]!r} has columns of its "
            "own. Leave it out, or write HDF5 without compat.",
            option="compat",
            value="calico",
        )
    odd = [name for name in scores if name in FIXED or "/" in name or name.endswith("_pct")]
    if odd:
        raise OptionError(
            f"compat='calico' has no place for a score called {odd[0]!r}; that name is taken in "
            "its files.",
            option="compat",
            value="calico",
        )


def percentile_levels() -> NDArray[np.float64]:
    """Fine steps of 0.001 below 0.1 and from 0.9 on, 0.01 between, as published."""
    low = np.arange(0.001, 0.1, 0.001)
    high = np.arange(0.9, 1, 0.001)
    return np.concatenate([low, np.arange(0.1, 0.9, 0.01), high])


def _write_percentiles(file: Any, name: str, levels: NDArray[np.float64]) -> None:
    """Quantiles track by track, so that one column at a time is held."""
    n_columns = file[name].shape[1]
    found = np.full((n_columns, len(levels)), np.nan, np.float16)
    for column in range(n_columns):
        values = file[name][:, column].astype(np.float32)
        values = values[~np.isnan(values)]
        if len(values):
            found[column] = np.quantile(values, levels).astype(np.float16)
    file.create_dataset(f"{name}_pct", data=found)


def read_calico(file: Any, path: Path) -> ScoreFields:
    """Read such a file, also one of the published tools, which has no statuses.

    Raises:
        FormatError: datasets that do not fit each other.
    """
    n_rows = len(file["snp"])
    names = _words(file["target_ids"])
    scores = [
        name
        for name in file
        if name not in FIXED and not (name.endswith("_pct") and name[:-4] in file)
    ]
    for name in scores:
        if file[name].shape != (n_rows, len(names)):
            raise FormatError(
                f"{path}: {name} has shape {file[name].shape}, expected {(n_rows, len(names))}.",
                path=str(path),
            )
    columns = {name: _words(file[name]) for name in ("chr", "ref_allele", "alt_allele", "snp")}
    keyed = _allele_columns(columns)
    pos = pl.Series("pos", file["pos"][:].astype(np.int64))
    codes = file["status"][:].tolist() if "status" in file else [0] * n_rows
    number = pl.Series(range(n_rows), dtype=pl.Int64)
    columns_of: dict[str, Any] = {
        "record": number,
        "alt_index": pl.Series([1] * n_rows),
        "n_alts": pl.Series([1] * n_rows),
        "pos": pos.set(pos == 0, None),
        "status": pl.Series([STATUSES[code] for code in codes], dtype=pl.String),
        **keyed,
    }
    schema = VariantTable.concat([]).table.schema
    missing = pl.Series([None] * n_rows, dtype=pl.Null)
    table = pl.DataFrame(
        [columns_of.get(name, missing).cast(kind).alias(name) for name, kind in schema.items()]
    )
    windows = {
        name: pl.Series([0 if name == "window_index" else None] * n_rows, dtype=kind)
        for name, kind in WINDOW_SCHEMA.items()
    }
    return ScoreFields(
        variants=VariantTable.of(table),
        scores={name: np.asarray(file[name][:], np.float32) for name in scores},
        tracks=tracks_of_names(names),
        parts={},
        windows=pl.DataFrame(windows),
        own_columns={},
        provenance={"read_from": path.name},
        spread={},
    )


def _allele_columns(columns: dict[str, list[str]]) -> dict[str, pl.Series]:
    named = {**_TEXTS, "snp": "id"}
    return {name: pl.Series(columns[key], dtype=pl.String) for key, name in named.items()}


def _words(dataset: Any) -> list[str]:
    return [
        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        for cell in dataset[:].tolist()
    ]
