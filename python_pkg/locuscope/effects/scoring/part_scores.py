"""Scores that make their own sequences (`PartScorer`): the parts of an allele, and its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
from torch import nn

from locuscope.effects.scoring.passes import predict_unique
from locuscope.effects.scoring.score_forms import ReadingScorer, ScoreContext, naming_allele
from locuscope.errors import OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.inference.selection import HeadChoice
from locuscope.models.protocol import InputSpec
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.effects.scoring.score_forms import PartScorer, PreparedScorer
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.inference.run import Run
    from locuscope.models.protocol import HeadSpec, SequenceModel

CHUNK_ROWS = 64


@dataclass(frozen=True, eq=False)
class Parts:
    """What one prepared score gave for some alleles.

    Args:
        rows: row of the allele -> its columns.
        parts: one mapping per part: row, the labels, the columns.
        refused: row -> status and reason of alleles without a score.
        notes: note -> rows.
    """

    rows: dict[int, NDArray[np.float32]]
    parts: list[dict[str, object]]
    refused: dict[int, tuple[str, str]]
    notes: dict[str, list[int]] = field(default_factory=dict)


def score_parts(
    model: SequenceModel,
    scorer: PartScorer,
    alleles: Sequence[tuple[int, Variant]],
    genome: Genome,
    *,
    organism: int,
    run: Run,
) -> Parts:
    """Score alleles, given with their row, through a prepared scorer.

    Alleles are taken as they are spelt, so that distances count from their own POS.
    """
    found = Parts({}, [], {})
    runner = _OwnPass(model, scorer)
    for first in range(0, len(alleles), CHUNK_ROWS):
        _score_chunk(
            runner,
            scorer,
            alleles[first : first + CHUNK_ROWS],
            genome,
            organism=organism,
            run=run,
            found=found,
        )
    return found


def parts_table(parts: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pl.DataFrame:
    """Make the table of a score's parts: `row`, the labels, the columns as float32.

    A label is text, or a whole number where the first part that has one says so.
    """
    labels = [name for name in (parts[0] if parts else {}) if name not in ("row", *columns)]
    first = {
        name: next((part[name] for part in parts if part[name] is not None), "") for name in labels
    }
    schema: dict[str, Any] = {"row": pl.Int64}
    schema |= {name: pl.Int64 if isinstance(first[name], int) else pl.String for name in labels}
    schema |= dict.fromkeys(columns, pl.Float32)
    return pl.DataFrame(list(parts), schema=schema)


def _score_chunk(
    runner: _OwnPass,
    scorer: PartScorer,
    alleles: Sequence[tuple[int, Variant]],
    genome: Genome,
    *,
    organism: int,
    run: Run,
    found: Parts,
) -> None:
    jobs: list[tuple[int, Variant, Interval, Any]] = []
    for row, variant in alleles:
        refusal = scorer.refuse(variant)
        if refusal is None:
            try:
                window, pairs = _prepare(scorer, variant, genome)
            except OutOfBoundsError as error:
                refusal = ("off_edge", str(error))
            else:
                jobs += [(row, variant, window, pair) for pair in pairs]
                for note in {note for pair in pairs for note in getattr(pair, "notes", ())}:
                    found.notes.setdefault(note, []).append(row)
                if not pairs:
                    holder = getattr(scorer, "holder", "gene")
                    refusal = ("outside_regions", f"no {holder} holds {variant.text()}.")
        if refusal is not None:
            found.refused[row] = refusal
    sequences = [pair.reference for *_, pair in jobs] + [pair.alternative for *_, pair in jobs]
    predictions = predict_unique(runner, sequences, [runner.choice], organism=organism, run=run)
    place = (runner.choice.spec.name, runner.choice.keys[0])
    by_row: dict[int, list[Any]] = {}
    for k, (row, variant, window, pair) in enumerate(jobs):
        context = ScoreContext([variant], [window], part=pair)
        ref, alt = predictions[k][place], predictions[len(jobs) + k][place]
        with naming_allele(scorer.__name__, variant):
            values = scorer(ref, alt, context=context)
        by_row.setdefault(row, []).append(values)
        cells = dict(zip(scorer.columns, map(float, values), strict=True))
        found.parts.append({"row": row, **pair.labels, **cells})
    for row, some in by_row.items():
        found.rows[row] = np.asarray(scorer.summarize(some), np.float32)


def _prepare(scorer: PartScorer, variant: Variant, genome: Genome) -> tuple[Interval, list[Any]]:
    if isinstance(scorer, ReadingScorer):
        return scorer.read(genome, variant)
    width_bp = cast("PreparedScorer", scorer).width_bp
    contig = genome.resolve(variant.chrom)
    start = variant.pos - 1 - width_bp // 2
    window = Interval(contig, start, start + width_bp)
    one_hot = genome.one_hot(window, dtype="uint8", pad=True)
    return window, cast("PreparedScorer", scorer).prepare(one_hot, window, variant)


class _OwnPass:
    """A prepared scorer's `run` dressed as a `SequenceModel`, so that batches go the common way."""

    window_bp = None
    default_width_bp = None
    catalog = None

    def __init__(self, model: SequenceModel, scorer: PartScorer) -> None:
        self.name = f"{model.name} for {scorer.__name__}"
        self.inputs = (InputSpec("sequence"),)
        self.heads: Mapping[str, HeadSpec] = MappingProxyType({scorer.head.name: scorer.head})
        self.scores: Mapping[str, Any] = MappingProxyType({})
        self._scorer = scorer
        self._read_digest = partial(getattr, model, "digest")
        spec = scorer.head
        self.choice = HeadChoice(
            spec,
            spec.keys[:1],
            np.arange(spec.num_tracks),
            TrackTable.placeholders(spec.name, 0, spec.num_tracks),
        )
        # `held` keeps the networks that it finds here on the device, as it does for a model.
        for name, part in vars(model).items():
            if isinstance(part, nn.Module):
                setattr(self, f"_{name}", part)

    @property
    def digest(self) -> str:
        """That of the model; read when it is asked for, since it may go over all weights."""
        return str(self._read_digest())

    def check_length(self, length_bp: int) -> None:
        """Accept any length: the scorer makes its own sequences and knows what it can run."""

    def run(self, one_hot: Tensor, **_: object) -> dict[str, dict[int, Tensor]]:
        """Give the scorer's own pass; it has one head and one resolution."""
        return {self.choice.spec.name: {self.choice.keys[0]: self._scorer.run(one_hot)}}
