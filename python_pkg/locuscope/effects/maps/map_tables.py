"""Mutation maps as tables: a row per cell, or the single-base changes as `VariantScores`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.effects.results.score_files import WINDOW_SCHEMA
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import OptionError
from locuscope.genome.sequence import BASES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.maps.mutation_maps import MutationMap

FORMAT = "locuscope.mutation_map.cells"


def cell_table(mutation_map: MutationMap) -> pl.DataFrame:
    """Give one row per score, track, position and base; NaN becomes null only beside N."""
    forward = mutation_map.forward()
    length = forward.interval.width
    place = pl.DataFrame(
        {
            "pos": np.repeat(forward.positions + 1, 4),
            "ref": [letter for letter in forward.reference for _ in BASES],
            "alt": list(BASES) * length,
        }
    )
    unknown = (place["ref"] == "N").to_numpy()
    pieces: list[pl.DataFrame] = []
    for name in forward.layers:
        layer = forward.layers[name]
        for row, label in enumerate(forward.labels):
            values = layer[:, :, row].reshape(-1)
            is_null = unknown & np.isnan(values)
            column = pl.Series("value", values, pl.Float32).set(pl.Series(is_null), None)
            pieces.append(
                place.select(
                    pl.lit(forward.interval.chrom).alias("chrom"),
                    pl.all(),
                    pl.lit(name).alias("score"),
                    pl.lit(label).alias("track"),
                ).with_columns(column)
            )
    return pl.concat(pieces)


def write_parquet(
    table: pl.DataFrame, path: str | PathLike[str], provenance: Mapping[str, object]
) -> Path:
    """Write a table of cells with its provenance in the schema's metadata."""
    card = json.dumps(dict(provenance), sort_keys=True, allow_nan=False, default=str)
    return publish(path, lambda place: table.write_parquet(place, metadata={FORMAT: card}))


def variant_scores(maps: Sequence[MutationMap]) -> VariantScores:
    """Give the changes of some maps as rows, map after map, by position and ALT.

    Raises:
        OptionError: no known base in any of them, or maps with other scores or tracks.
    """
    first = maps[0]
    odd = [m for m in maps if list(m.layers) != list(first.layers) or m.labels != first.labels]
    if odd:
        raise OptionError(
            f"{first!r} and {odd[0]!r} have other scores or tracks; one table holds one set.",
            option="maps",
            value=len(maps),
        )
    cells = [_changed(each.forward()) for each in maps]
    frame = pl.concat([table for table, _ in cells])
    if not len(frame):
        raise OptionError(
            f"{first!r} has no known base, so there is no change to list.",
            option="maps",
            value=len(maps),
        )
    scores = {name: np.concatenate([values[name] for _, values in cells]) for name in first.layers}
    variants = VariantTable.from_frame(frame)
    finite = np.all([np.isfinite(values).all(axis=1) for values in scores.values()], axis=0)
    return VariantScores(
        variants=variants.with_status(~finite, "nonfinite", "a score is NaN or Inf"),
        scores=scores,
        tracks=first.tracks,
        parts={},
        windows=_windows(frame),
        own_columns={},
        provenance=dict(first.provenance),
    )


def _changed(
    forward: MutationMap,
) -> tuple[pl.DataFrame, dict[str, NDArray[np.float32]]]:
    """List the cells whose base is not the reference's, where that is known."""
    letters = np.frombuffer(forward.reference.encode(), np.uint8)
    bases = np.frombuffer(BASES.encode(), np.uint8)
    keep = (letters[:, None] != bases) & (letters != ord("N"))[:, None]
    column, base = np.nonzero(keep)
    frame = pl.DataFrame(
        {
            "chrom": [forward.interval.chrom] * len(column),
            "pos": forward.positions[column] + 1,
            "id": ["."] * len(column),
            "ref": [forward.reference[i] for i in column.tolist()],
            "alt": [BASES[i] for i in base.tolist()],
        },
        schema_overrides={"pos": pl.Int64},
    )
    values = {name: forward.layers[name][keep] for name in forward.layers}
    return frame, values


def _windows(frame: pl.DataFrame) -> pl.DataFrame:
    known = {"norm_pos": "pos", "norm_ref": "ref", "norm_alt": "alt"}
    columns = [
        frame[known[name]].cast(kind).alias(name)
        if name in known
        else pl.Series(name, [0 if name == "window_index" else None] * len(frame), kind)
        for name, kind in WINDOW_SCHEMA.items()
    ]
    return pl.DataFrame(columns)
