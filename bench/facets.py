"""Facet counts against polars and the plain loop: one process, interleaved repeats, medians.

    python bench/facets.py

Counts the nine default facets of the 5,563 human tracks under three filters, each count leaving its
own field's filter out. Fails when the floors are missed.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import DEFAULT_FACETS, Query, facet_counts

ROUNDS = 20
LOOP_ROUNDS = 3
FLOOR_POLARS = 2.0
FLOOR_LOOP = 20.0
CEILING_MS = 5.0
FILTERS = {
    "strand": ("+", "-"),
    "data_source": ("encode",),
    "biosample_life_stage": ("adult", None),
}


def load_oracle():
    path = Path(__file__).parents[1] / "tests" / "oracles" / "track_oracle.py"
    spec = importlib.util.spec_from_file_location("track_oracle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def polars_counts(frame, filters):
    """One filter and one group_by per field, as one writes it by hand."""
    counted = {}
    for field in DEFAULT_FACETS:
        conditions = [
            pl.col(name).is_in([v for v in values if v is not None])
            | (pl.col(name).is_null() if None in values else pl.lit(value=False))
            for name, values in filters.items()
            if name != field
        ]
        passed = frame.filter(*conditions) if conditions else frame
        counted[field] = dict(passed.group_by(field).len().iter_rows())
    return counted


def main() -> int:
    whole = TrackMetadataCatalog.load_builtin("human").table()
    table = whole.take(np.flatnonzero(~whole.is_padding))
    frame = pl.DataFrame({name: table.cells(name) for name in DEFAULT_FACETS})
    rows = table.rows()
    oracle = load_oracle()
    query = Query(FILTERS)
    subjects = {
        "facet_counts": lambda: facet_counts(table, query),
        "polars group_by": lambda: polars_counts(frame, FILTERS),
        "plain loop": lambda: oracle.facet_counts(rows, FILTERS, "", DEFAULT_FACETS),
    }
    ours = {
        name: {v.value: v.count for v in field.values if v.count}
        for name, field in subjects["facet_counts"]().items()
    }
    loop = subjects["plain loop"]()
    for name in DEFAULT_FACETS:
        theirs = subjects["polars group_by"]()[name]
        plain = {value: count for value, (count, _) in loop[name].items() if count}
        assert ours[name] == theirs == plain, name
    times = {name: [] for name in subjects}
    for turn in range(ROUNDS):
        for name, subject in subjects.items():
            if name == "plain loop" and turn >= LOOP_ROUNDS:
                continue
            start = time.perf_counter()
            subject()
            times[name].append((time.perf_counter() - start) * 1e3)
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, median in medians.items():
        ratio = median / medians["facet_counts"]
        print(f"{name:16} {median:9.3f} ms   {ratio:7.1f}x the time of facet_counts")
    checks = [
        (medians["polars group_by"] / medians["facet_counts"] >= FLOOR_POLARS, "polars"),
        (medians["plain loop"] / medians["facet_counts"] >= FLOOR_LOOP, "the plain loop"),
        (medians["facet_counts"] <= CEILING_MS, f"{CEILING_MS} ms"),
    ]
    missed = [against for reached, against in checks if not reached]
    if missed:
        print(f"below the floor against {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
