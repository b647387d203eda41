"""Parts of alleles, scored by an executor: the plan and the genome travel once per worker."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from locuscope.effects.jobs.score_run import score_part
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from locuscope.effects.jobs.score_plan import ScorePlan
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant_table import VariantTable
    from locuscope.inference.executors import Executor


def parts_on(
    executor: Executor,
) -> Callable[[ScorePlan, Genome | None, Iterator[VariantTable]], Iterator[VariantScores]]:
    """What scores parts on `executor` and gives the results in their order."""

    def map_parts(
        plan: ScorePlan, genome: Genome | None, tables: Iterator[VariantTable]
    ) -> Iterator[VariantScores]:
        work = partial(score_part, portable(plan), genome)
        return executor.map(work, tables, describe=place_of)

    return map_parts


def portable(plan: ScorePlan) -> ScorePlan:
    """The plan without what only the calling process needs: progress, files, other workers."""
    run = Run(device=plan.run.device, batch_size=plan.run.batch_size)
    scoring = None if plan.scoring is None else replace(plan.scoring, run=run)
    return replace(plan, run=run, scoring=scoring)


def place_of(table: VariantTable) -> str:
    """Words for the alleles of a part.

    >>> from locuscope.genome.variant import Variant
    >>> from locuscope.genome.variant_table import VariantTable
    >>> alleles = [Variant("20", 5, "G", "A"), Variant("20", 9, "C", "T")]
    >>> place_of(VariantTable.from_variants(alleles))
    '2 alleles from 20:5 to 20:9'
    """
    if not len(table):
        return "no alleles"
    ends = table.table.select("chrom", "pos").rows()
    (chrom, pos), (last_chrom, last_pos) = ends[0], ends[-1]
    return f"{len(table):,} alleles from {chrom}:{pos} to {last_chrom}:{last_pos}"
