"""One call of `score_variants`, ready to run: what to compute, on which alleles, and where to."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from locuscope._closest import counted
from locuscope.effects.jobs.score_job import run_score_job
from locuscope.effects.jobs.score_method import with_method
from locuscope.effects.jobs.score_run import drop_bad, window_alleles
from locuscope.effects.jobs.score_workers import parts_on
from locuscope.effects.results.stored_parts import SUFFIXES, TargetOptions, assemble, check_targets
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.windows.saved_sequences import write_sequences
from locuscope.errors import DataWarning, OptionError, StoreTargetError, WrongTypeError
from locuscope.inference.executors import executor_of
from locuscope.inference.progress import Progress
from locuscope.store import check_target

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from os import PathLike

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.results.target_options import TargetLayout
    from locuscope.effects.windows.allele_windows import Opened
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant_parts import VariantSource
    from locuscope.genome.variant_table import VariantTable
    from locuscope.inference.run import Run

    MapParts = Callable[[ScorePlan, Genome | None, Iterator[VariantTable]], Iterator[VariantScores]]

FOLDER_SUFFIXES = ("", ".scores")


@dataclass(frozen=True, eq=False)
class ScoreCall:
    """A call whose options were read.

    Args:
        plan: what to compute.
        source: the alleles.
        genome: the reference; None where a data loader brings the windows.
        targets: files or folders to write; empty = the result stays in memory.
        run: how it runs.
        layout: of the tables among the targets.
        save_sequences: file for the sequences that the model sees.
        check_assembly: stop early when most alleles do not fit the genome.
        method: "auto", "incremental" or "naive".
    """

    plan: ScorePlan
    source: VariantSource
    genome: Genome | None
    targets: tuple[Path, ...]
    run: Run
    layout: TargetLayout = "wide"
    save_sequences: Path | None = None
    check_assembly: bool = True
    method: str = "auto"

    def result(self, map_parts: MapParts | None = None) -> VariantScores:
        """Compute, where `Run.workers` or a cluster says.

        Args:
            map_parts: what scores the parts of a result in memory; None = `score_part` on them.
        """
        if self.save_sequences is not None:
            self._write_sequences(self.save_sequences)
        scores: VariantScores
        if self.targets and not self.plan.is_one_shot:
            scores = VariantScores.open_lazily(self._run_job())
        else:
            scores = self._in_memory(map_parts or parts_on(executor_of(self.run)))
        path = self.source.path
        scores = scores.with_source(None if path is None else str(path))
        if self.targets and self.plan.is_one_shot:
            for text in assemble(
                self.targets, lambda: iter([scores]), source=path, layout=self.layout
            ):
                warnings.warn(text, DataWarning, stacklevel=3)
        _warn_nonfinite(scores)
        return scores

    def _run_job(self) -> Path:
        return run_score_job(
            self.plan,
            self.source,
            self.genome,
            self.targets,
            run=self.run,
            check_assembly=self.check_assembly,
            layout=self.layout,
            map_parts=parts_on(executor_of(self.run)),
            method=self.method,
        )

    def tables(self) -> Iterator[VariantTable]:
        """The alleles in parts, after the early stop had its say."""
        for number, table in enumerate(self.source.parts(self.genome)):
            if number == 0 and self.check_assembly and self.genome is not None:
                table.check_assembly(self.genome)
            yield table

    def _in_memory(self, map_parts: MapParts) -> VariantScores:
        parts: list[VariantScores] = []
        counts: Counter[str] = Counter()
        total = self.source.n_alleles
        tables = self.tables()
        # The check of the first comes before the network is timed; a loader is read as it is used.
        first = [] if self.plan.is_one_shot else list(islice(tables, 1))
        plan = with_method(self.plan, self.method, self.source, self.genome)
        with Progress(self.run.progress, what="alleles", total=total) as progress:
            found = map_parts(plan, self.genome, chain(first, tables))
            with closing(
                cast("Generator[VariantScores]", found)
            ) as scored:  # workers end with the call, also where it fails
                for part in scored:
                    parts.append(part)
                    counts.update(part.variants.counts())
                    progress.update(counts.total(), counts)
        scores = VariantScores.concat(parts)
        if self.plan.on_bad != "skip":
            return scores
        scores, skipped = drop_bad(scores)
        return replace(scores, provenance={**scores.provenance, "skipped": skipped})

    def _write_sequences(self, path: Path) -> None:
        opener = self.plan.opener(self.genome)

        def opened() -> Iterator[tuple[VariantTable, Iterator[Opened]]]:
            for table in self.tables():
                judged, alleles = window_alleles(self.plan, self.genome, table)
                yield judged, opener.open(alleles)

        rc = self.plan.scoring is not None and self.plan.scoring.ensemble.rc
        write_sequences(
            path,
            opened(),
            inputs=self.plan.model.inputs,
            width_bp=int(self.plan.width_bp or 0),
            rc=rc,
        )


def checked_targets(
    out: str | PathLike[str] | Sequence[str | PathLike[str]] | None,
    plan: ScorePlan,
    source: VariantSource,
    layout: TargetLayout,
) -> tuple[Path, ...]:
    """Read `out`, and refuse what could not be written there.

    Raises:
        OptionError: an ending that says no format, or more columns than a VCF takes.
        StoreTargetError: a place that cannot be written, or the file of the variants itself.
    """
    given: list[Any] = [] if out is None else [out]
    if isinstance(out, Sequence) and not isinstance(out, str):
        given = list(out)
    for item in given:
        if not isinstance(item, (str, os.PathLike)):
            raise WrongTypeError(
                f"out takes a path or a list of paths; got {item!r}.",
                argument="out",
                found=type(item).__name__,
                expected="path",
            )
    targets = tuple(Path(item) for item in given)
    for target in targets:
        check_out(target)
    if targets:
        own = {name: len(scorer.columns) for name, scorer in plan.own.items()}
        check_targets(
            targets,
            TargetOptions(source=source.path, layout=layout),
            columns={name: own.get(name, len(plan.tracks)) for name in plan.order},
            own=list(own),
            model=plan.model.name,
            multi=plan.placement.multi,
        )
    elif layout != "wide":
        raise OptionError(
            f"layout={layout!r} is for files of out=; to_dataframe(layout=...) gives a table.",
            option="layout",
            value=layout,
        )
    return targets


def check_out(target: Path) -> None:
    """Refuse, before any work, a file of an unknown kind or one that cannot be written there."""
    is_folder = target.suffix in FOLDER_SUFFIXES
    if not is_folder and not target.name.endswith(SUFFIXES):
        raise OptionError(
            f"out={str(target)!r}: the name must end with one of {', '.join(SUFFIXES)}, or be a "
            "folder's, which has no ending or .scores.",
            option="out",
            value=str(target),
            allowed=SUFFIXES,
        )
    if is_folder:
        return  # the job that fills it checks it
    try:
        check_target(target)
    except StoreTargetError as error:
        message = f"{error.message.rstrip('.')}; nothing was scored."
        raise StoreTargetError(message, path=str(target), errno=error.errno) from error


def _warn_nonfinite(scores: VariantScores) -> None:
    """Say once how many scores are NaN or Inf, and name the first."""
    count = scores.counts().get("nonfinite", 0)
    if count:
        warnings.warn(
            f"{count:,} of {counted(len(scores), 'allele')} have a score that is NaN or Inf; "
            "their status is nonfinite and their reason names the first such column.",
            DataWarning,
            stacklevel=4,
        )
