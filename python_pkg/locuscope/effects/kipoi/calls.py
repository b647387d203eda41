"""What a published call comes down to: which bases, which windows, which rows for which writer."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.effects.kipoi.batches import model_batches
from locuscope.effects.kipoi.dataloader import DefaultDataloader, open_genome
from locuscope.effects.kipoi.records import records_of
from locuscope.effects.kipoi.writers import VcfWriter, hand_over
from locuscope.effects.variants import score_variants
from locuscope.errors import DataWarning, OptionError, UnknownNameError, closest, did_you_mean
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.placement import Placement
from locuscope.genome.regions import read_bed
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from os import PathLike

    import pandas as pd

    from locuscope.effects.kipoi.regions import ModelInfoExtractor
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.effects.windows.model_batches import ModelBatch
    from locuscope.genome.reference import Genome
    from locuscope.models.protocol import SequenceModel

LOADER_KEYS = ("fasta_file", "intervals_file", "batch_size")
REGION_KEY = "intervals_file"


@dataclass(frozen=True)
class ScoringCall:
    """One published call, in our words.

    Args:
        model: the model.
        source: the variants.
        genome: where the bases come from; None where a data loader brings them.
        placement: where windows lie.
        run: examples per pass, processes.
        rc: whether both strands are read.
    """

    model: SequenceModel
    source: str | PathLike[str]
    genome: Genome | None
    placement: Placement
    run: Run
    rc: bool

    def score(self, scores: Any, score_kwargs: Any, tracks: Any = None) -> VariantScores:
        """Score all rows."""
        return score_variants(
            self.model,
            self.source,
            self.genome,
            scores=scores,
            score_kwargs=score_kwargs,
            tracks=tracks,
            placement=self.placement,
            ensemble=Ensemble(rc=self.rc),
            run=self.run,
        )


def scoring_call(
    info: ModelInfoExtractor,
    source: str | PathLike[str],
    region: Any,
    loader_args: Mapping[str, Any],
    *,
    batch_size: int,
    num_workers: int,
    rc: bool,
    multi: str = "all",
) -> ScoringCall:
    """Read the arguments that both published verbs have.

    Args:
        info: the model and its data loader.
        source: the variants.
        region: `SnvCenteredRg`, `SnvPosRestrictedRg`, a callable of a record, or None for the
            windows of the data loader.
        loader_args: arguments of the data loader.
        batch_size: examples per pass.
        num_workers: processes beside this one; a data loader of your own stays in this one.
        rc: whether both strands are read.
        multi: which windows of a data loader are taken, "all" that hold a variant or the "nearest".

    Raises:
        OptionError: arguments that do not fit together.
        UnknownNameError: an argument that our data loader does not have.
    """
    loader = info.dataloader
    if isinstance(loader, DefaultDataloader):
        genome, placement = _own_windows(info, loader, source, region, loader_args)
    else:
        genome, placement = None, _foreign_windows(info, loader, source, region, loader_args)
    if placement.mode == "overlap" and region is None:
        placement = replace(placement, multi=multi)
    workers = max(1, whole_number(num_workers, "num_workers")) if genome is not None else 1
    return ScoringCall(
        info.model,
        source,
        genome,
        placement,
        Run(batch_size=whole_number(batch_size, "batch_size"), workers=workers),
        rc,
    )


def _own_windows(
    info: ModelInfoExtractor,
    loader: DefaultDataloader,
    source: str | PathLike[str],
    region: Any,
    given: Mapping[str, Any],
) -> tuple[Genome | None, Placement]:
    """Give genome and windows where our own data loader makes the inputs."""
    for key in given:
        if key not in LOADER_KEYS:
            message = f"the data loader has no argument {key!r}; {did_you_mean(key, LOADER_KEYS)}"
            raise UnknownNameError(
                message, name=key, known=LOADER_KEYS, closest=closest(key, LOADER_KEYS)
            )
    if "fasta_file" not in given:
        raise OptionError(
            f"the data loader needs fasta_file; got {sorted(given)}.",
            option="fasta_file",
            value=None,
        )
    genome = open_genome(given["fasta_file"])
    if region is None and info.requires_region_definition:
        if given.get(REGION_KEY) is None:
            raise OptionError(
                "vcf_to_region=None takes the windows of the data loader; give intervals_file.",
                option=REGION_KEY,
                value=None,
            )
        places = loader(**given).intervals
        return genome, Placement(mode="overlap", regions=places)
    if region is None:
        batches = model_batches(loader(**given), info.model)
        return None, Placement(mode="overlap", regions=batches)
    if given.get(REGION_KEY) is not None:
        warnings.warn(
            f"intervals_file {given[REGION_KEY]} is replaced by windows for each variant.",
            DataWarning,
            stacklevel=4,
        )
    if hasattr(region, "placement"):
        return genome, region.placement
    return genome, Placement(mode="overlap", regions=_windows(source, region))


def _foreign_windows(
    info: ModelInfoExtractor,
    loader: Any,
    source: str | PathLike[str],
    region: Any,
    given: Mapping[str, Any],
) -> Placement:
    """Give the batches of a data loader of the caller's own."""
    if region is None:
        batches = model_batches(loader(**given) if callable(loader) else loader, info.model)
        return Placement(mode="overlap", regions=batches)
    if not callable(loader):
        raise OptionError(
            "vcf_to_region has no effect on a data loader that is there already; give one that is "
            "called with intervals_file, or vcf_to_region=None.",
            option="vcf_to_region",
            value=region,
        )
    batches = _asked_for(loader, given, _windows(source, region), info.model)
    return Placement(mode="overlap", regions=batches)


def _asked_for(
    loader: Callable[..., Any],
    given: Mapping[str, Any],
    windows: Sequence[Interval],
    model: SequenceModel,
) -> Iterator[ModelBatch]:
    """Call a data loader with a BED file of windows, as published tools do."""
    with tempfile.TemporaryDirectory() as folder:
        bed = read_bed(list(windows)).to_bed(Path(folder) / "windows.bed")
        yield from model_batches(loader(**{**given, REGION_KEY: str(bed)}), model)


def _windows(source: str | PathLike[str], region: Callable[[Any], Any]) -> list[Interval]:
    """Give the windows that a callable wants for each row that can have one, each once."""
    table = VariantTable.read(source)
    found: dict[Interval, None] = {}
    for record in records_of(table[table.is_ok]):
        asked = region(record)
        for chrom, start, end in zip(asked["chrom"], asked["start"], asked["end"], strict=True):
            found[Interval(str(chrom), int(start) - 1, int(end))] = None
    if not found:
        raise OptionError(f"no row of {source} has a window.", option="vcf_to_region", value=region)
    return list(found)


def relabelled(result: VariantScores, labels: Sequence[str]) -> VariantScores:
    """Give the scores the labels of the call, in order."""
    names = dict(zip(result.scores, labels, strict=True))
    return replace(
        result,
        scores={names[name]: values for name, values in result.scores.items()},
        spread={names[name]: values for name, values in result.spread.items()},
        parts={names[name]: table for name, table in result.parts.items()},
        own_columns={names[name]: columns for name, columns in result.own_columns.items()},
    )


def deliver(
    result: VariantScores,
    writers: Sequence[Any],
    batch_size: int,
    source: str,
    id_of: Callable[[Any], str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Hand a result to its writers.

    Args:
        result: the scores.
        writers: of predictions.
        batch_size: rows per call of a writer.
        source: the label in the keys of a VCF.
        id_of: names the rows, a function of a record; None = `chrom:pos:ref:alt`.

    Returns:
        Score -> DataFrame (rows x outputs).
    """
    frames = result.to_dict()
    if id_of is not None:
        names = [id_of(record) for record in records_of(result.variants)]
        frames = {name: frame.set_axis(names, axis="index") for name, frame in frames.items()}
    for writer in writers:
        if isinstance(writer, VcfWriter):
            writer.write(result, source)
    others = [writer for writer in writers if not isinstance(writer, VcfWriter)]
    if others:
        hand_over(others, result, frames, batch_size)
    return frames
