"""Positions of mutation maps, scored where `Run.workers` or a cluster says."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from locuscope.effects.maps.map_parts import MapWork
from locuscope.inference.executors import executor_of
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from locuscope.effects.maps.map_scoring import Values

    Part = tuple[int, int, int]


@contextmanager
def scored_parts(
    work: MapWork, parts: Iterable[Part]
) -> Iterator[Iterator[tuple[int, int, int, Values]]]:
    """Give an iterator over parts with their values, in order; leaving ends its workers.

    Args:
        work: what is scored.
        parts: number, first row and row after the last of each part that is wanted.
    """
    executor = executor_of(work.plan.run)
    found = executor.map(partial(_score, _portable(work)), parts, describe=_name)
    with closing(found):
        yield found


def _score(work: MapWork, part: Part) -> tuple[int, int, int, Values]:
    number, first, stop = part
    return number, first, stop, work.score(first, stop)


def _name(part: Part) -> str:
    return f"positions {part[1]:,} to {part[2]:,}"


def _portable(work: MapWork) -> MapWork:
    """The work without what only the calling process needs: progress, files, other workers."""
    plan = work.plan
    run = Run(device=plan.run.device, batch_size=plan.run.batch_size)
    cells = replace(plan.cells, scoring=replace(plan.cells.scoring, run=run))
    return MapWork(replace(plan, cells=cells, run=run), work.entries, work.genome)
