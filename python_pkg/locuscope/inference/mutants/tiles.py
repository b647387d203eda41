"""Mutants in tiles: which go through the network together, on how many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from locuscope.inference.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from locuscope.inference.mutants.engine import Edit, Engine
    from locuscope.inference.mutants.windows import Reference


AMONG_THREADS = 24
"""Positions per tile, at least, where several threads work: short operations would spend their
time waiting for the interpreter, which one thread holds at a time."""


def places_per_tile(alone: int, workers: int) -> int:
    """Positions per tile.

    Args:
        alone: what is fastest on one thread.
        workers: threads.
    """
    return alone if workers == 1 else max(alone, AMONG_THREADS)


def alternatives(
    sequence: Tensor, positions: Sequence[int], wanted: Sequence[int]
) -> list[list[Edit]]:
    """The wanted changes of each position of (A, L); none where there is no base."""
    known = ((sequence == 1).sum(0) == 1).tolist()
    own = sequence.argmax(0).tolist()
    return [
        [((at, base),) for base in wanted if base != own[at]] if known[at] else []
        for at in positions
    ]


def grouped(table: Mapping[int, Sequence[Edit]], size: int) -> list[list[int]]:
    """Rows that go through together: neighbours with the same number of mutants.

    Args:
        table: row -> its mutants; rows without mutants are left out.
        size: rows per group, at most. Windows of a group are cut to their common part of the
            axis, so positions that lie apart are not put together.
    """
    groups: list[list[int]] = []
    for row, edits in table.items():
        if not edits:
            continue
        last = groups[-1] if groups else []
        if (
            last
            and len(last) < size
            and len(table[last[0]]) == len(edits)
            and all(len(edit) == 1 for edit in (*edits, *table[last[0]]))
            and 0 < edits[0][0][0] - table[last[-1]][0][0][0] <= size
        ):
            last.append(row)
        else:
            groups.append([row])
    return groups


def found_tiles(
    engine: Engine,
    sequence: Tensor,
    groups: Sequence[Sequence[int]],
    table: Mapping[int, Sequence[Edit]],
    *,
    reference: Reference | None,
    batch: int,
    workers: int,
) -> Iterator[tuple[list[int], list[Tensor]]]:
    """Rows and the differences (M, ...) of their mutants, in order.

    Args:
        engine: the captured network.
        sequence: (A, L).
        groups: rows that go through together.
        table: row -> its mutants.
        reference: values of the sequence; None = whole passes of `batch` mutants.
        batch: mutants of one whole pass.
        workers: threads over tiles, each with one thread of torch.
    """
    if reference is None:
        yield from _whole_passes(engine, sequence, table, batch)
        return

    def tile(group: Sequence[int]) -> tuple[list[int], list[Tensor]]:
        with torch.no_grad():
            done = engine.tile(reference, [table[row] for row in group])
            return list(group), engine.found(done)

    with one_thread() if engine.device.type == "cpu" else nullcontext():
        if workers == 1:
            yield from map(tile, groups)
            return
        # A few tiles ahead per thread, so that results wait for nobody and do not pile up.
        with ThreadPoolExecutor(workers) as pool:
            waiting = iter(groups)
            ahead = [pool.submit(tile, group) for group in islice(waiting, 2 * workers)]
            while ahead:
                yield ahead.pop(0).result()
                ahead += [pool.submit(tile, group) for group in islice(waiting, 1)]


def _whole_passes(
    engine: Engine, sequence: Tensor, table: Mapping[int, Sequence[Edit]], batch: int
) -> Iterator[tuple[list[int], list[Tensor]]]:
    rows = [row for row, edits in table.items() if edits]
    base = engine.door(engine.one_hot(sequence))
    while rows:
        some: list[int] = []
        while rows and (not some or sum(len(table[r]) for r in (*some, rows[0])) <= batch):
            some.append(rows.pop(0))
        mutants = engine.mutants(sequence, [edit for row in some for edit in table[row]])
        found = engine.door(mutants)
        yield some, [value - own for value, own in zip(found, base, strict=True)]
