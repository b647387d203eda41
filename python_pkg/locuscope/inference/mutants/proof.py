"""The ladder and its proof: edits by the plan against whole passes, before anything is trusted."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from locuscope.errors import RunWarning
from locuscope.inference.mutants.rules import Tile, advance
from locuscope.inference.mutants.windows import Delta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.inference.mutants.engine import Edit, Engine
    from locuscope.inference.mutants.windows import Reference

TOLERANCE = {torch.float64: 1e-12}
GATE = 2e-6
N_SPREAD = 8
BATCHES = (1, 8, 32, 64)
TILES = (1, 2, 4, 8, 16, 32)
LONGEST_S = 0.2
SLOWER = 1.3


@dataclass(frozen=True)
class Proof:
    """What came out.

    Args:
        error: largest absolute difference, relative to max(1, peak of the output).
        reason: why the plan cannot be used; "" = it can.
        seen: rule, window and axis of each operation, for a mutant in the middle.
    """

    error: float
    reason: str
    seen: dict[str, tuple[str, int, int]]


def probes(sequence: Tensor, seed: int = 0) -> list[Edit]:
    """First, last and spread positions that hold a base, one other base each."""
    known = torch.nonzero((sequence == 1).sum(0) == 1).flatten().tolist()
    if not known:
        return []
    spread = torch.linspace(0, len(known) - 1, N_SPREAD + 2).round().long().tolist()
    chance = torch.Generator().manual_seed(seed)
    edits: list[Edit] = []
    for at in dict.fromkeys(known[i] for i in spread):
        step = int(torch.randint(1, 4, (), generator=chance))
        edits.append(((at, (int(sequence[:, at].argmax()) + step) % 4),))
    return edits


def prove(engine: Engine, sequence: Tensor) -> Proof:
    """Compare probes, and step operations down until all agree or the plan is given up."""
    edits = probes(sequence)
    wanted = engine.naive(sequence, edits, 8)
    base = engine.door(engine.one_hot(sequence))
    gates = [_gate(value, engine.dtype) for value in base]
    error = 0.0
    for _ in range(len(engine.net.graph.steps) + 1):
        try:
            tiles = _tiles(engine, sequence, edits)
        except _StepError as failure:
            if failure.name in engine.net.whole:
                return Proof(error, f"{failure.name} failed: {failure.__cause__}", {})
            engine.net.whole.add(failure.name)
            continue
        found = [engine.found(tile) for tile in tiles]
        gaps = [
            float((torch.cat(some) - want).abs().nan_to_num(torch.inf).max())
            for some, want in zip(zip(*found, strict=True), wanted, strict=True)
        ]
        error = max(gap * GATE / gate for gap, gate in zip(gaps, gates, strict=True))
        if error <= GATE:
            return Proof(error, "", tiles[len(tiles) // 2].seen or {})
        culprit = _culprit(engine, sequence, edits)
        if culprit is None or culprit in engine.net.whole:
            break
        engine.net.whole.add(culprit)
        warnings.warn(
            f"{culprit}: differences of the mutants were off by {error:.1e}; it is done on whole "
            "mutants instead.",
            RunWarning,
            stacklevel=4,
        )
    return Proof(error, f"the plan differs from whole passes by {error:.1e}", {})


def _gate(value: Tensor, dtype: torch.dtype) -> float:
    tolerance = TOLERANCE.get(dtype, GATE)
    return tolerance * max(1.0, float(value.abs().nan_to_num(0.0).max()) if value.numel() else 1.0)


class _StepError(Exception):
    """An operation that failed; its cause is what it raised."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _tiles(
    engine: Engine, sequence: Tensor, edits: Sequence[Edit], *, keeps_all: bool = False
) -> list[Tile]:
    """One tile per probe."""
    reference = engine.reference(sequence)
    tiles = []
    for edit in edits:
        tile = Tile(engine.net, reference, 1, 1, {}, {}, keeps_all)
        tile.deltas[engine.net.graph.x] = engine.change(reference, [[edit]])
        for step in engine.net.graph.steps:
            try:
                advance(tile, step)
            except Exception as error:  # whatever an operation raises means that its rule is wrong
                raise _StepError(step.name) from error
        tiles.append(tile)
    return tiles


def _culprit(engine: Engine, sequence: Tensor, edits: Sequence[Edit]) -> str | None:
    """The first operation whose difference is not that of whole passes."""
    graph = engine.net.graph
    tiles = _tiles(engine, sequence, edits, keeps_all=True)
    for edit, tile in zip(edits, tiles, strict=True):
        truth = graph.reference(engine.mutants(sequence, [edit]))
        for step in graph.steps:
            base = tile.reference.values[step.node]
            found = tile.delta(step.node)
            if step.shape is None or not step.is_float or not isinstance(found, Delta | None):
                continue
            change = 0 if found is None else found.whole(1)
            gap = float((truth[step.node] - base - change).abs().nan_to_num(torch.inf).max())
            if gap > _gate(base, engine.dtype):
                return step.name
    return None


def best_batch(engine: Engine, sequence: Tensor) -> tuple[int, float]:
    """The batch of whole passes that takes least time, and seconds per mutant."""
    (edit,) = probes(sequence)[:1]
    best, seconds = 1, float("inf")
    for size in BATCHES:
        batch = engine.mutants(sequence, [edit] * size)
        took = _fastest(partial(engine.door, batch)) / size
        if took < seconds:
            best, seconds = size, took
        elif took > SLOWER * seconds:
            break
        if took * size > LONGEST_S:
            break
    return best, seconds


def best_tile(engine: Engine, sequence: Tensor) -> tuple[int, float]:
    """The number of places per tile that takes least time, and seconds per mutant."""
    reference = engine.reference(sequence)
    middle = engine.length_bp // 2
    best, seconds = 1, float("inf")
    for size in TILES:
        first = max(0, min(middle - size // 2, engine.length_bp - size))
        edits = [
            [((first + place, base),) for base in range(3)]
            for place in range(min(size, engine.length_bp))
        ]
        took = _fastest(partial(_one_tile, engine, reference, edits))
        took /= 3 * len(edits)
        if took < seconds:
            best, seconds = size, took
        if took * 3 * size > LONGEST_S or took > SLOWER * seconds:
            break
    return best, seconds


def _one_tile(engine: Engine, reference: Reference, edits: Sequence[Sequence[Edit]]) -> None:
    engine.found(engine.tile(reference, edits))


def _fastest(call: Callable[[], object]) -> float:
    times: list[float] = []
    # The first call lays out tables; a slow one says enough.
    while len(times) < 3 and (not times or times[0] < LONGEST_S):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)
