"""The folder of a finished job as one result, read part by part."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.parquet_tables import ParquetFile
from locuscope.effects.results.part_columns import conformed
from locuscope.effects.results.part_files import (
    part_alleles,
    part_card,
    part_matrix,
    read_part_fields,
)
from locuscope.effects.results.score_card import FORMAT, read_card
from locuscope.effects.results.score_sources import typed
from locuscope.effects.results.score_tables import empty_parts
from locuscope.effects.results.score_targets import DUPLICATES, TRACKS
from locuscope.genome.alleles import STATUSES
from locuscope.genome.variant_table import VariantTable
from locuscope.store import finished_parts, read_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.effects.results.score_card import ScoreCard
    from locuscope.effects.results.score_tables import ScoreFields


class FolderSource:
    """The folder of a finished job; a part is a block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = finished_parts(path)
        self.card = _folder_card(path, self._files)
        listed: Any = read_manifest(path, verify=False)["files"]
        # Rows left out are counted under other words; an allele may have a row per window.
        counts = [listed[f"parts/{file.name}"].get("counts") for file in self._files]
        sizes = [
            sum(tally.get(status, 0) for status in STATUSES) if tally else self._length(k)
            for k, tally in enumerate(counts)
        ]
        ends = np.cumsum([0, *sizes]).tolist()
        self.blocks = list(pairwise(ends))

    def counts(self) -> dict[str, int]:
        """Alleles per status."""
        tally: Counter[str] = Counter()
        for file in self._files:
            tally.update(part_alleles(file)[0].counts())
        return {status: tally[status] for status in STATUSES if tally[status]}

    def alleles(self) -> tuple[VariantTable, pl.DataFrame]:
        """Alleles and windows of all rows."""
        tables = [part_alleles(file) for file in self._files]
        variants = VariantTable.concat([table for table, _ in tables])
        return self._noted(variants, 0), pl.concat([windows for _, windows in tables])

    def matrix(self, score: str, columns: Sequence[int] | None, *, is_spread: bool) -> NDArray[Any]:
        """A score of all rows, or some of its columns."""
        return np.concatenate(
            [
                part_matrix(file, self.card, score, columns, is_spread=is_spread)
                for file in self._files
            ]
        )

    def parts(self, score: str) -> pl.DataFrame:
        """The parts of all rows."""
        tables = [
            read_part_fields(file)["parts"][score].with_columns(pl.col("row") + first)
            for file, (first, _) in zip(self._files, self.blocks, strict=True)
        ]
        frame = empty_parts(self.card, score)
        return pl.concat([conformed(table, frame) for table in tables])

    def fields(self, first: int, stop: int) -> ScoreFields:
        """Everything of some rows, which lie in one part."""
        block = next(k for k, (start, end) in enumerate(self.blocks) if start <= first < end)
        start = self.blocks[block][0]
        found = read_part_fields(self._files[block])
        rows = slice(first - start, stop - start)
        found["provenance"] = dict(self.card.provenance)
        found["variants"] = self._noted(found["variants"][rows], first)
        found["windows"] = found["windows"][rows]
        found["scores"] = {name: values[rows] for name, values in found["scores"].items()}
        found["spread"] = {name: values[rows] for name, values in found["spread"].items()}
        found["parts"] = {
            name: table.filter(pl.col("row").is_between(rows.start, rows.stop - 1)).with_columns(
                pl.col("row") - rows.start
            )
            for name, table in found["parts"].items()
        }
        return found

    @cached_property
    def _repeated(self) -> NDArray[np.int64]:
        with typed(self.path):
            return ParquetFile(self.path / DUPLICATES).read()["row"].to_numpy()

    def _noted(self, variants: VariantTable, first: int) -> VariantTable:
        """Rows with what only all parts together tell: which repeat a change."""
        start, stop = np.searchsorted(self._repeated, [first, first + len(variants)])
        mask = np.zeros(len(variants), np.bool_)
        mask[self._repeated[start:stop] - first] = True
        return variants.with_note(mask, "duplicate")

    def _length(self, part: int) -> int:
        return len(part_alleles(self._files[part])[0])


def _folder_card(path: Path, files: Sequence[Path]) -> ScoreCard:
    """The card of the whole result; the parts know the types of their own parts only."""
    with typed(path):
        if (path / TRACKS).is_file():
            return read_card(ParquetFile(path / TRACKS).metadata.get(FORMAT), path / TRACKS)
    return part_card(files[0])
