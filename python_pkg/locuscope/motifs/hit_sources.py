"""Tables of hits from wherever they are: the noun, frames, and the text files of hits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from locuscope.errors import FormatError, WrongTypeError
from locuscope.motifs.hit_folder import read_tsv
from locuscope.motifs.hits import Hits

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

    import pandas as pd

HitSource: TypeAlias = "Hits | pl.DataFrame | pd.DataFrame | str | PathLike[str]"
"""The noun, a frame, or the path of a `hits.tsv`."""


def hit_table(source: HitSource, needed: Collection[str]) -> pl.DataFrame:
    """Give a table of hits with the columns of `hits.tsv`.

    Args:
        source: hits of ours (their file table), a frame of polars or pandas, or a path.
        needed: columns that must be there.

    Raises:
        WrongTypeError: none of these.
        MissingFileError: no such file.
        FormatError: a column that is missing, or a text that is no number.
    """
    if isinstance(source, Hits):
        return source.file_table()
    if isinstance(source, (str, os.PathLike)):
        table = read_tsv(Path(source), tuple(needed))
    elif isinstance(source, pl.DataFrame):
        table = source
    elif hasattr(source, "columns") and hasattr(source, "iloc"):
        table = pl.from_pandas(source)
    else:
        raise WrongTypeError(
            f"a table of hits is Hits, a frame or the path of a hits.tsv; got {source!r}.",
            argument="hits",
            found=type(source).__name__,
            expected="Hits, DataFrame or path",
        )
    missing = sorted(set(needed) - set(table.columns))
    if missing:
        raise FormatError(
            f"the table of hits has no column {', '.join(map(repr, missing))}; it has "
            f"{', '.join(table.columns) or 'none'}.",
            column=missing[0],
        )
    return table
