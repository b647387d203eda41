"""Facet counts in polars and pandas for bench/ui_facets.mjs: catalog on stdin, times on stdout.

Both count each field under the filters of all other fields, as one writes it by hand: one filter
and one group by per field, on the text columns that a track table has, most frequent value first.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

import pandas as pd
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15

Counts = dict[str, dict[str, int]]


def polars_counts(frame: pl.DataFrame, filters: dict[str, list[str]]) -> Counts:
    """One filter and one group by per field."""
    counted: Counts = {}
    for field in frame.columns:
        others = {name: values for name, values in filters.items() if name != field}
        kept = frame.filter(*(pl.col(name).is_in(values) for name, values in others.items()))
        sizes = kept.group_by(field).len().sort("len", field, descending=[True, False])
        counted[field] = {value or "": count for value, count in sizes.iter_rows()}
    return counted


def pandas_counts(frame: pd.DataFrame, filters: dict[str, list[str]]) -> Counts:
    """One mask and one count per field."""
    counted: Counts = {}
    for field in frame.columns:
        keep = pd.Series(data=True, index=frame.index)
        for name, values in filters.items():
            if name != field:
                keep &= frame[name].isin(values)
        sizes = frame.loc[keep, field].value_counts(dropna=False).rename("n").reset_index()
        sizes = sizes.sort_values(["n", field], ascending=[False, True])
        named = (
            (("" if pd.isna(value) else str(value)), int(n))
            for value, n in sizes.itertuples(index=False)
        )
        counted[str(field)] = dict(named)
    return counted


def median_ms(call: Callable[[], object]) -> float:
    """Median time of one call after a warm-up."""
    call()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def main() -> int:
    """Read the catalog, time both, compare them, print one JSON line."""
    catalog = json.load(sys.stdin)
    data = {
        column["field"]: [column["values"][code - 1] if code else None for code in column["codes"]]
        for column in catalog["columns"]
    }
    filters = {name: entry["in"] for name, entry in catalog["filters"].items()}
    in_polars = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
    in_pandas = pd.DataFrame(data)
    counts = polars_counts(in_polars, filters)
    if counts != pandas_counts(in_pandas, filters):
        sys.stderr.write("polars and pandas disagree\n")
        return 1
    result = {
        "polars_ms": median_ms(lambda: polars_counts(in_polars, filters)),
        "pandas_ms": median_ms(lambda: pandas_counts(in_pandas, filters)),
        "counts": counts,
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
