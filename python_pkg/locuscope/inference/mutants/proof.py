"""The ladder and its proof: edits by the plan against whole passes, before anything is trusted."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from locuscope.errors import ModelError, RunWarning
from locuscope.inference.mutants.rules import Tile, advance
from locuscope.inference.mutants.windows import Delta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.inference.mutants.engine import Edit, Engine
    from locuscope.inference.mutants.windows import Reference

TOLERANCE = {torch.float64: 1e-12}
GATE = 2e-6
N_SPREAD = 8
ROUNDING = 1e-3
BATCHES = (1, 8, 32, 64)
TILES = (1, 2, 4, 8, 16, 32)
LONGEST_S = 0.2
N_TIMED = 4
SLOWER = 1.3
EQUAL = 1.03


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


def prove(
    engine: Engine, sequence: Tensor, reference: Reference, *, is_checked: bool = True
) -> Proof:
    """Compare probes, and step operations down until all agree or the plan is given up.

    Args:
        engine: the captured network.
        sequence: (A, L).
        reference: its values.
        is_checked: without it operations step down only where they fail.
    """
    edits = probes(sequence)
    truth = _truth(engine, sequence, edits) if is_checked else None
    error = float("nan")
    for _ in range(len(engine.net.graph.steps) + 1):
        try:
            tiles = _tiles(engine, reference, edits)
        except _StepError as failure:
            if failure.name in engine.net.whole:
                return Proof(error, f"{failure.name} failed: {failure.__cause__}", {})
            engine.net.whole.add(failure.name)
            continue
        seen = tiles[len(tiles) // 2].seen or {}
        if truth is None:
            return Proof(error, "", seen)
        error = _error(engine, tiles, truth)
        if error <= TOLERANCE.get(engine.dtype, GATE):
            return Proof(error, "", seen)
        culprit = _culprit(engine, sequence, reference, edits)
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


def deviation(engine: Engine, sequence: Tensor, reference: Reference) -> float:
    """Largest difference of the probes from whole passes, relative to max(1, peak)."""
    edits = probes(sequence)
    return _error(engine, _tiles(engine, reference, edits), _truth(engine, sequence, edits))


def _truth(engine: Engine, sequence: Tensor, edits: Sequence[Edit]) -> list[tuple[Tensor, float]]:
    """Each output: differences by whole passes, and max(1, its peak)."""
    wanted = engine.naive(sequence, edits, 8)
    base = engine.door(engine.one_hot(sequence))
    return [(want, _peak(one)) for want, one in zip(wanted, base, strict=True)]


def _error(engine: Engine, tiles: Sequence[Tile], truth: Sequence[tuple[Tensor, float]]) -> float:
    found = zip(*(engine.found(tile) for tile in tiles), strict=True)
    return max(
        float((torch.cat(some) - want).abs().nan_to_num(torch.inf).max()) / peak
        for some, (want, peak) in zip(found, truth, strict=True)
    )


def _gate(value: Tensor, dtype: torch.dtype) -> float:
    return TOLERANCE.get(dtype, GATE) * _peak(value)


def _peak(value: Tensor) -> float:
    return max(1.0, float(value.abs().nan_to_num(0.0).max()) if value.numel() else 1.0)


def refuse_mixing(engine: Engine, sequence: Tensor) -> None:
    """Refuse a network in which examples of a batch see each other.

    Raises:
        ModelError: with the first operation where they do.
    """
    both = engine.mutants(sequence, [(), *probes(sequence)[:1]])
    alone, beside = engine.door(both[:1]), engine.door(both)
    pairs = zip(alone, beside, strict=True)
    if all(len(b) == len(both) and _is_close(a, b[:1]) for a, b in pairs):
        return
    name = _mixing_step(engine, both)
    raise ModelError(
        f"{name}: the answer for a sequence depends on the other examples of its batch; its "
        "mutants have no value of their own.",
        batch=tuple(both.shape),
    )


def _mixing_step(engine: Engine, both: Tensor) -> str:
    if engine.tables is None:
        return "the network"
    graph = engine.tables.graph
    alone, beside = graph.reference(both[:1]), graph.reference(both)
    for step in graph.steps:
        a, b = alone[step.node], beside[step.node]
        if not isinstance(a, Tensor) or (step.shape is not None and _is_close(a, b[:1])):
            continue
        if step.shape is not None or (a.shape == b.shape and not _is_close(a, b)):
            return step.name
    return "the network"


def _is_close(value: Tensor, other: Tensor) -> bool:
    """Whether two values agree but for rounding."""
    if value.shape != other.shape:
        return False
    gap = (value.double() - other.double()).abs().nan_to_num(0.0)
    return not gap.numel() or float(gap.max()) <= ROUNDING * max(1.0, float(value.abs().max()))


class _StepError(Exception):
    """An operation that failed; its cause is what it raised."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _tiles(
    engine: Engine, reference: Reference, edits: Sequence[Edit], *, keeps_all: bool = False
) -> list[Tile]:
    """One tile per probe."""
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


def _culprit(
    engine: Engine, sequence: Tensor, reference: Reference, edits: Sequence[Edit]
) -> str | None:
    """The first operation whose difference is not that of whole passes."""
    graph = engine.net.graph
    tiles = _tiles(engine, reference, edits, keeps_all=True)
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
        took = _fastest(partial(engine.door, batch), _clock(engine)) / size
        if took < seconds:
            best, seconds = size, took
        elif took > SLOWER * seconds:
            break
        if took * size > LONGEST_S:
            break
    return best, seconds


def best_tile(
    engine: Engine, reference: Reference, sizes: Sequence[int] = TILES
) -> tuple[int, float]:
    """The number of places per tile that takes least time, and seconds per mutant."""
    seconds: dict[int, float] = {}
    n_slower = 0
    # Twice over, so that a moment in which the machine was busy does not decide.
    for turn in range(2):
        for size in [*sizes] if turn == 0 else [*seconds]:
            edits = _neighbours(engine, size)
            took = _fastest(partial(_one_tile, engine, reference, edits), _clock(engine))
            took /= 3 * len(edits)
            seconds[size] = min(took, seconds.get(size, took))
            n_slower = n_slower + 1 if took > SLOWER * min(seconds.values()) else 0
            if turn == 0 and (n_slower == 2 or took * 3 * size > LONGEST_S):
                break
    best = min(seconds.values())
    size = next(size for size, took in seconds.items() if took <= EQUAL * best)
    return size, seconds[size]


def _neighbours(engine: Engine, size: int) -> list[list[Edit]]:
    """Three changes each of some positions in the middle."""
    first = max(0, min(engine.length_bp // 2 - size // 2, engine.length_bp - size))
    places = range(min(size, engine.length_bp))
    return [[((first + place, base),) for base in range(3)] for place in places]


def _one_tile(engine: Engine, reference: Reference, edits: Sequence[Sequence[Edit]]) -> None:
    engine.found(engine.tile(reference, edits))


def _clock(engine: Engine) -> Callable[[], float]:
    """Seconds. Other work on the machine does not count where one thread does all of ours."""
    if engine.device.type == "cuda":
        return _after_the_device
    return time.thread_time if torch.get_num_threads() == 1 else time.perf_counter


def _after_the_device() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()


def _fastest(call: Callable[[], object], clock: Callable[[], float]) -> float:
    times: list[float] = []
    # The first call lays out tables; a slow one says enough.
    while len(times) < N_TIMED and (not times or times[0] < LONGEST_S):
        begin = clock()
        call()
        times.append(clock() - begin)
    return min(times)
