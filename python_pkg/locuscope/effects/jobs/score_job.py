"""`score_variants` with `out=`: a job in parts of bounded memory, which a later call takes up."""

from __future__ import annotations

import json
import warnings
from collections import deque
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from locuscope.effects.jobs.score_method import adoptable, adopted, with_method
from locuscope.effects.jobs.score_run import drop_bad, raise_first_bad, score_part
from locuscope.effects.results.stored_parts import SUFFIXES, assemble, read_part, write_part
from locuscope.errors import (
    HostMemoryError,
    LocuscopeError,
    OptionError,
    RunWarning,
    shown_path,
)
from locuscope.genome.variant_parts import PART_ROWS
from locuscope.inference.batches import batch_size_for
from locuscope.inference.progress import Progress
from locuscope.inference.threads import one_thread
from locuscope.store import Job, check_target, code_digests, require_space
from locuscope.store.publishing import check_place

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.results.target_options import TargetLayout
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant_parts import VariantSource
    from locuscope.genome.variant_table import VariantTable
    from locuscope.inference.run import Run

    MapParts: TypeAlias = Callable[
        [ScorePlan, Genome | None, Iterator[VariantTable]], Iterator[VariantScores]
    ]

VERB = "score_variants"
_ALLELE_BYTES = 60  # what a row takes beside its scores
_CHECKED_FIRST = 1_000
_LEFT_OUT = " left out"


def run_score_job(
    plan: ScorePlan,
    source: VariantSource,
    genome: Genome | None,
    targets: Sequence[Path],
    *,
    run: Run,
    check_assembly: bool = True,
    layout: TargetLayout = "wide",
    map_parts: MapParts | None = None,
    part_rows: int = PART_ROWS,
    method: str = "auto",
) -> Path:
    """Score variants part by part and write the targets from the parts.

    A part is read, scored and written before the next one is read, so that memory holds one part
    and a killed process loses one at most. A part depends on nothing but its rows: the files are
    the same, byte for byte, however often the work was interrupted.

    Args:
        plan: what is computed.
        source: the alleles.
        genome: the reference.
        targets: files told apart by their suffix, and at most one folder, which keeps the parts.
        run: `progress` and `restart` count here.
        check_assembly: stop before any prediction when the first 1,000 alleles do not fit.
        layout: of the tables among the files.
        map_parts: scores the parts that it is given and yields the results in their order; None =
            one after another in this process.
        part_rows: alleles of a part.
        method: as in `score_variants`; a job that is taken up again keeps that of its first run.

    Returns:
        The first target. A finished one is given back at once: nothing is predicted.

    Raises:
        AssemblyMismatchError, VariantError: as `score_variants`.
        InputChangedError: the variants, an option or the model differ from those of the earlier
            call; or the file changed while it was read, and nothing is published.
        LockedStoreError, StoreTargetError, StoreFullError, CorruptStoreError: as `Job.open`.
        HostMemoryError: memory ran out; the parts before are kept.
        OptionError: several folders.
    """
    home, files = _home_of(targets)
    is_once = _is_once(source)
    batch_size = _batch_size(plan)
    if run.restart or not _is_begun(home):
        _check_targets(targets)  # before the network is timed
        if check_assembly and not is_once:
            _check_assembly(source, genome)
        plan = with_method(plan, method, source, genome)
    with Job.open(
        home,
        verb=VERB,
        facts=_facts(plan, source, genome, layout),
        part_rows=part_rows,
        also=files,
        is_folder=_is_folder(home),
        adopt={"batch_size": batch_size, **adoptable(plan)},
        rows_total=source.n_alleles,
        restart=run.restart or is_once,
    ) as job:
        if job.state == "finished":
            return targets[0]
        plan = adopted(_adopt_batch_size(plan, job, batch_size), job.adopted)
        if job.state == "new" and not is_once:
            _look_ahead(source, genome, job, check_assembly=check_assembly)
        _require_room(plan, job.rows_total, targets)
        parts = _Parts(plan, source, genome, job, part_rows)
        with Progress(run.progress, what="alleles", total=job.rows_total) as progress:
            with one_thread():
                parts.score(
                    map_parts or _in_turn, progress, check_assembly=check_assembly and is_once
                )

            def publish_files(folder: Path) -> None:
                goals = [folder if _is_folder(target) else target for target in targets]
                for text in assemble(goals, parts.stored, source=source.path, layout=layout):
                    progress.note(text)

            job.finish(parts.rows_total, publish_files=publish_files)
    return targets[0]


class _Parts:
    """The parts of a job on their way: out of the source, through the model, into the folder."""

    def __init__(
        self,
        plan: ScorePlan,
        source: VariantSource,
        genome: Genome | None,
        job: Job,
        part_rows: int,
    ) -> None:
        self._plan = plan
        self._source = source
        self._genome = genome
        self._job = job
        self._part_rows = part_rows
        self._given: deque[tuple[int, int, int]] = deque()
        self._done = job.rows_done
        self._counts = job.counts
        self.rows_total = job.rows_done

    def score(self, map_parts: MapParts, progress: Progress, *, check_assembly: bool) -> None:
        """Score the parts that are not done yet and keep each as soon as it is there."""
        progress.begin(self._done)
        for note in self._job.notes:
            progress.note(note)
        if self._done:
            progress.update(self._done, self._counts)
        tables = self._tables(check_assembly=check_assembly)
        try:
            for scores in map_parts(self._plan, self._genome, tables):
                self._store(scores)
                progress.update(self._done, self._counts)
        except MemoryError as error:
            if isinstance(error, LocuscopeError):
                raise
            raise HostMemoryError(
                f"memory ran out after {self._done:,} alleles, which are kept;",
                hint="close other programs, or choose fewer tracks: the same call goes on.",
                needed_bytes=None,
            ) from error

    def stored(self) -> Iterator[VariantScores]:
        """The parts as they lie on the disk, in order.

        Raises:
            InputChangedError: after the last one, when the file of the variants is another by now:
                what is being written of it is not published.
        """
        yield from (read_part(path) for path in self._job.parts)
        self._source.check_unchanged()

    def _tables(self, *, check_assembly: bool) -> Iterator[VariantTable]:
        """The parts that are not done yet, in order."""
        first = next(i for i in count() if not self._job.has(i))
        tables = self._source.parts(self._genome, self._part_rows, start=first)
        for i, table in enumerate(tables, first):
            if check_assembly and i == 0 and self._genome is not None:
                table.check_assembly(self._genome)
            begin = i * self._part_rows
            self.rows_total = max(self.rows_total, begin + len(table))
            if self._job.has(i):
                continue
            if self._plan.on_bad == "raise" and self._plan.ref_policy == "check":
                raise_first_bad(table, None if self._source.path is None else self._source.name)
            self._given.append((i, begin, begin + len(table)))
            yield table

    def _store(self, scores: VariantScores) -> None:
        """Keep the next part; from here on it is safe."""
        i, begin, stop = self._given.popleft()
        counts = scores.variants.counts()
        if self._plan.on_bad == "skip":
            scores, left_out = drop_bad(scores)
            scores = replace(scores, provenance={**scores.provenance, "skipped": left_out})
            counts = {status: n for status, n in counts.items() if status == "ok"}
            counts |= {status + _LEFT_OUT: n for status, n in left_out.items()}
        self._job.write(i, (begin, stop), lambda path: write_part(path, scores), counts=counts)
        self._done += stop - begin
        for word, n_rows in counts.items():
            self._counts[word] = self._counts.get(word, 0) + n_rows


def _in_turn(
    plan: ScorePlan, genome: Genome | None, tables: Iterator[VariantTable]
) -> Iterator[VariantScores]:
    return (score_part(plan, genome, table) for table in tables)


def _home_of(targets: Sequence[Path]) -> tuple[Path, list[Path]]:
    """The target where the job lives, a folder if there is one, and the others.

    Raises:
        OptionError: several folders.
    """
    folders = [target for target in targets if _is_folder(target)]
    if len(folders) > 1:
        raise OptionError(
            f"out names {len(folders)} folders ({', '.join(map(shown_path, folders))}); one is "
            "enough, others would be copies of it.",
            option="out",
            value=[str(folder) for folder in folders],
        )
    home = folders[0] if folders else targets[0]
    return home, [target for target in targets if target is not home]


def _check_targets(targets: Sequence[Path]) -> None:
    for target in targets:
        if _is_folder(target):
            check_place(target, is_folder=True, overwrite=True)
        else:
            check_target(target)


def _is_folder(target: Path) -> bool:
    return not target.name.endswith(SUFFIXES)


def _is_once(source: VariantSource) -> bool:
    """The variants can be read only once, so that a later call cannot compare them."""
    return source.n_alleles is None and (source.path is None or source.path.is_fifo())


def _facts(
    plan: ScorePlan, source: VariantSource, genome: Genome | None, layout: str
) -> dict[str, object]:
    """Everything that changes the result, as JSON values."""
    facts = {name: value for name, value in plan.provenance(genome).items() if name != "package"}
    facts |= _code_of(plan)
    facts["variants"] = None if _is_once(source) else source.read_digest()
    if layout != "wide":
        facts["layout"] = layout
    return cast("dict[str, object]", json.loads(json.dumps(facts, default=_named)))


def _code_of(plan: ScorePlan) -> dict[str, object]:
    """Digests of the callables of the caller, whose names tell nothing of what they compute."""
    given: dict[str, object] = {f"score {name}": scorer for name, scorer in plan.own.items()}
    if plan.scoring is not None:
        given |= {f"score {name}": scorer for name, scorer in plan.scoring.scorers.items()}
        given |= {"reduce": plan.scoring.reduce, "rc_merging": plan.scoring.ensemble.rc_merging}
    found = code_digests(given)
    return {"code": found} if found else {}


def _named(value: object) -> str:
    """What stands for an object: its name, never its place in memory."""
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _look_ahead(
    source: VariantSource, genome: Genome | None, job: Job, *, check_assembly: bool
) -> None:
    """Stop before any prediction where the file is damaged or of another assembly; count it.

    Raises:
        AssemblyMismatchError: the first 1,000 alleles do not fit.
        FormatError: the file is damaged, at whatever line.
    """
    if check_assembly:
        _check_assembly(source, genome)
    if source.n_alleles is None:
        for _ in source.parts(None, PART_ROWS):
            pass
    if source.n_alleles is not None:
        job.expect(source.n_alleles)


def _check_assembly(source: VariantSource, genome: Genome | None) -> None:
    if genome is not None:
        parts = cast("Generator[Any]", source.parts(genome, _CHECKED_FIRST))
        with closing(parts):
            next(parts).check_assembly(genome)


def _is_begun(home: Path) -> bool:
    """Whether a result is there, or a folder with what an earlier call left."""
    try:
        return any(home.iterdir()) if home.is_dir() else home.exists()
    except OSError:
        return False  # a name that cannot be; the job says so


def _batch_size(plan: ScorePlan) -> int:
    """The batch size of the whole job."""
    width = plan.width_bp or plan.model.window_bp or plan.model.default_width_bp or 1
    return batch_size_for(plan.run, width, plan.run.torch_device())


def _adopt_batch_size(plan: ScorePlan, job: Job, wanted: int) -> ScorePlan:
    """The plan with the batch size of the first run; another one that was asked for is named."""
    size = int(str(job.adopted["batch_size"]))
    if size != wanted and plan.run.batch_size != "auto":
        text = (
            f"the job was begun with batch_size={size}, which is kept so that all parts are "
            f"computed alike; batch_size={wanted} is not used."
        )
        job.notes.append(text)
        warnings.warn(text, RunWarning, stacklevel=5)
    run = replace(plan.run, batch_size=size)
    scoring = None if plan.scoring is None else replace(plan.scoring, run=run)
    return replace(plan, run=run, scoring=scoring)


def _require_room(plan: ScorePlan, n_alleles: int | None, targets: Sequence[Path]) -> None:
    """Refuse a disk without room for the parts and every target.

    Raises:
        StoreFullError: naming both numbers.
    """
    row_bytes = _ALLELE_BYTES + 4 * len(plan.tracks) * len(plan.order)
    n_bytes = row_bytes * (n_alleles or 0)
    for k, target in enumerate(targets):
        require_space(target.absolute().parent, n_bytes * (2 if k == 0 else 1))
