"""Which rows repeat a change that an earlier row made, told over any number of rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from locuscope.genome.alleles import NOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from locuscope.effects.results.score_rows import ScoreRows
    from locuscope.effects.variant_scores import VariantScores

_DUPLICATE = np.uint16(1 << NOTES.index("duplicate"))
_ALIAS = np.uint16(1 << NOTES.index("contig_alias"))
_NO_KEY = np.uint64(0)
_BUCKETS = 16
_SEED = 20


def change_keys(scores: ScoreRows) -> NDArray[np.uint64]:
    """Give one number per row, equal for rows that make the same change to the same contig.

    The change is the normalised one (`norm_pos`, `norm_ref`, `norm_alt`); a contig that is known
    to the genome under its other spelling counts as that one. Rows in several windows differ by
    `window_index`.

    Returns:
        uint64 (V,); 0 on rows without a normalised spelling, which repeat nothing. Two different
        changes share a number with a probability of 5e-20, so that among 10^7 rows none is
        expected to.
    """
    windows = scores.windows
    chrom = scores.variants.table["chrom"]
    is_alias = pl.Series((scores.variants.note_bits & _ALIAS) != 0)
    if is_alias.any():
        other = (
            pl.when(pl.col("chrom").is_in(["MT", "chrM"]))
            .then(pl.when(pl.col("chrom") == "MT").then(pl.lit("chrM")).otherwise(pl.lit("MT")))
            .when(pl.col("chrom").str.starts_with("chr"))
            .then(pl.col("chrom").str.strip_prefix("chr"))
            .otherwise("chr" + pl.col("chrom"))
        )
        swapped = pl.DataFrame({"chrom": chrom}).select(other).to_series()
        chrom = swapped.zip_with(is_alias, chrom)
    named = pl.DataFrame(
        [
            chrom.alias("chrom"),
            *(windows[name] for name in ("norm_pos", "norm_ref", "norm_alt")),
            windows["window_index"].fill_null(0),
        ]
    )
    keys = named.hash_rows(_SEED).to_numpy().copy()
    keys[keys == _NO_KEY] = np.uint64(1)
    keys[windows["norm_pos"].is_null().to_numpy()] = _NO_KEY
    return keys


def repeats(key_chunks: Iterable[NDArray[np.uint64]]) -> Iterator[NDArray[np.bool_]]:
    """Tell, piece by piece, which keys came before.

    Args:
        key_chunks: what `change_keys` gives, in the order of the rows.

    Yields:
        bool (v,) per piece: the key stands in an earlier row. The pieces may have any size; the
        memory is 8 bytes per different key and a sixteenth of that while it grows.
    """
    seen = _KeySet()
    for keys in key_chunks:
        yield seen.add(keys)


def marked(chunks: Iterable[VariantScores]) -> Iterator[VariantScores]:
    """Give pieces of one result with the note `duplicate` on rows that repeat an earlier change."""
    seen = _KeySet()
    for chunk in chunks:
        repeated = seen.add(change_keys(chunk))
        if repeated.any():
            yield replace(chunk, variants=chunk.variants.with_note(repeated, "duplicate"))
        else:
            yield chunk


def has_duplicate_note(scores: VariantScores) -> NDArray[np.bool_]:
    """Tell which rows have the note `duplicate`."""
    found: NDArray[np.bool_] = (scores.variants.note_bits & _DUPLICATE) != 0
    return found


class _KeySet:
    """A growing set of numbers as sorted runs, which are merged as the digits of a counter carry.

    The runs of one bucket (the top four bits of a key) are merged on their own, so that a merge
    never needs room for all keys twice.
    """

    def __init__(self) -> None:
        self._runs: list[list[NDArray[np.uint64]]] = [[] for _ in range(_BUCKETS)]

    def add(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Take the keys in; give which of them were here before, in order."""
        different, first, places = np.unique(keys, return_index=True, return_inverse=True)
        is_old = self._holds(different) & (different != _NO_KEY)
        is_first = np.zeros(len(keys), np.bool_)
        is_first[first] = True
        self._insert(different[~is_old & (different != _NO_KEY)])
        found: NDArray[np.bool_] = (is_old[places] | ~is_first) & (keys != _NO_KEY)
        return found

    def _holds(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(len(keys), np.bool_)
        for piece, runs in zip(_pieces(keys), self._runs, strict=True):
            for run in runs:
                places = np.minimum(np.searchsorted(run, keys[piece]), len(run) - 1)
                found[piece] |= run[places] == keys[piece]
        return found

    def _insert(self, keys: NDArray[np.uint64]) -> None:
        for piece, runs in zip(_pieces(keys), self._runs, strict=True):
            if piece.stop == piece.start:
                continue
            runs.append(keys[piece].copy())
            while len(runs) > 1 and 2 * len(runs[-1]) >= len(runs[-2]):
                merged = np.concatenate([runs.pop(), runs.pop()])
                merged.sort()
                runs.append(merged)


def _pieces(keys: NDArray[np.uint64]) -> list[slice]:
    """Slices of a sorted array, one per bucket."""
    tops = np.arange(1, _BUCKETS, dtype=np.uint64) << np.uint64(60)
    ends = [0, *np.searchsorted(keys, tops).tolist(), len(keys)]
    return [slice(first, stop) for first, stop in pairwise(ends)]
