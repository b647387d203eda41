"""`plan_mutants`: what of a network the mutants of a sequence can share, proved before its use.

A plan belongs to a model, a length and a choice of outputs. The last few are kept as long as the
weights stay the same, so that the second sequence costs only its own reference.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from locuscope.errors import ModelError, OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.batches import held
from locuscope.inference.mutants.door import Door, Outputs, refuse_training
from locuscope.inference.mutants.engine import Engine
from locuscope.inference.mutants.graph import capture
from locuscope.inference.mutants.proof import (
    TILES,
    best_batch,
    best_tile,
    deviation,
    prove,
    refuse_mixing,
)
from locuscope.inference.mutants.report import report, verdict, work_of
from locuscope.inference.mutants.rules import Tables
from locuscope.inference.mutants.tiles import alternatives, found_tiles, grouped
from locuscope.inference.run import run_of
from locuscope.inference.selection import TrackChoice, choose
from locuscope.inference.target import bind_target
from locuscope.inference.threads import one_thread
from locuscope.models.borrow import number_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from locuscope.inference.mutants.engine import Edit
    from locuscope.inference.mutants.windows import Reference
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

N_KEPT = 8
DELTA_DTYPES = {"float32": None, "bfloat16": torch.bfloat16}
_KEPT: dict[Any, MutantPlan] = {}


@dataclass(eq=False, repr=False)
class MutantPlan:
    """How the mutants of a sequence are computed; made by `plan_mutants`.

    Args:
        model: whose outputs.
        window_bp: bases of a sequence.
        engine: the captured network.
        is_incremental: whether the plan agrees with whole passes; else mutants are whole passes.
        reason: why it is not, "" otherwise.
        error: largest difference from whole passes, relative to max(1, peak of the output).
        seen: operation -> rule, window, axis.
        tile_places: positions that go through together.
        batch: mutants of one whole pass.
        seconds: per mutant: by the plan, by whole passes; None = not measured.
        digest: of the model when the plan was made.
        tile: places that were asked for; None = the plan chooses.
    """

    model: SequenceModel
    window_bp: int
    engine: Engine
    is_incremental: bool = False
    reason: str = ""
    error: float = float("nan")
    seen: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    tile_places: int = 1
    batch: int = 8
    seconds: tuple[float, float] | None = None
    digest: str = ""
    tile: int | None = None

    @property
    def ratio(self) -> float | None:
        """Time of whole passes over time of the plan, measured; None = not measured."""
        return None if self.seconds is None else self.seconds[1] / self.seconds[0]

    @property
    def is_faster(self) -> bool:
        """Whether `method="auto"` uses the plan."""
        return self.is_incremental and (self.ratio is None or self.ratio > 1)

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(head, resolution) of each output."""
        return self.engine.door.keys

    @property
    def predicted_ratio(self) -> float | None:
        """Multiplications of whole passes over those of the plan; None = none are known."""
        work = self.work().values()
        mine = sum(part for _, part in work)
        return sum(whole for whole, _ in work) / mine if mine else None

    def work(self) -> dict[str, tuple[float, float]]:
        """Operation -> multiplications of a whole pass, and of one mutant by the plan."""
        tables = self.engine.tables
        return work_of(None if tables is None else tables.graph, self.seen)

    def report(self) -> str:
        """Rule, window and share of the work of each operation, what cannot be shared and why.

        The last lines hold the ratio of multiplications and the measured one.
        """
        return report(self)

    def __repr__(self) -> str:
        """Length and verdict."""
        return f"MutantPlan({self.model.name!r}, {self.window_bp:,} bp, {verdict(self)})"

    def iter(
        self, sequence: Tensor, positions: Sequence[int] | None = None
    ) -> Iterator[tuple[list[Edit], list[Tensor]]]:
        """Mutants tile by tile; never more than one tile of full tracks is held.

        Args:
            sequence: one-hot (A, L).
            positions: 0-based; None = all.

        Yields:
            The mutants of a tile, each ((position, index of the base),), and their differences
            (M, L', T) in the order of `keys`.
        """
        at = range(self.window_bp) if positions is None else positions
        table = dict(enumerate(alternatives(sequence, at, range(4))))
        with self.running():
            reference = self.engine.reference(sequence) if self.is_faster else None
            for rows, found in found_tiles(
                self.engine,
                sequence,
                grouped(table, self.tile_places),
                table,
                reference=reference,
                batch=self.batch,
                workers=1,
            ):
                yield [edit for row in rows for edit in table[row]], found

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold the network on its device without gradients."""
        with torch.no_grad(), held(self.model, self.engine.device):
            yield


def plan_mutants(
    model: SequenceModel,
    *,
    window_bp: int | None = None,
    target: TargetLike = None,
    organism: int = 0,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    device: str | None = None,
    delta_dtype: str = "float32",
    tile: int | str = "auto",
    verify: bool = True,
    measure: bool = True,
) -> MutantPlan:
    """Capture a network and prove how its mutants can be computed.

    Operations that a rule covers carry only the window that a change of bases can reach; any other
    is done on whole mutants. First, last and eight spread positions of a random sequence are
    compared with whole passes: an operation that differs is done on whole mutants, with a
    RunWarning; where nothing helps the plan says why, and mutants are whole passes.

    Args:
        model: any `SequenceModel` of one sequence.
        window_bp: bases of a sequence; None = the model's window.
        target: a `Target`, the channel of the only head, or a function of the outputs (head ->
            resolution -> (N, L', T)) that gives (N, ...). What it does not need is never computed.
        organism: index of the organism.
        heads: names of heads; None = all.
        tracks: criteria, names or places; None = all.
        device: "cpu", "cuda:0" ...; None = the best that is here.
        delta_dtype: "bfloat16" multiplies differences (never values) in half the bits; `error` and
            `report()` tell what that costs.
        tile: positions that go through together; "auto" = what is fastest.
        verify: compare with whole passes; without it `error` is NaN.
        measure: time the plan against whole passes, and choose the size of its tiles.

    Returns:
        The plan; `report()` tells what it does.

    Raises:
        ModelError: batch norm or dropout in training mode, or chance in the network.
        OptionError: a model of any length without `window_bp`; an input that is no sequence; a
            Target beside heads or tracks; an option outside its list.
        ShapeError: a length that the model cannot read.

    >>> from locuscope.models.adapter import wrap
    >>> from locuscope.models.protocol import HeadSpec
    >>> net = torch.nn.Sequential(torch.nn.Conv1d(4, 2, 5, padding=2), torch.nn.ReLU()).eval()
    >>> model = wrap(net, heads=HeadSpec("a", (1,), 2), window_bp=50, output_axes="NTL", name="n")
    >>> plan_mutants(model, measure=False).is_incremental
    True
    """
    call, is_cut = _target(model, target, organism, heads, tracks)
    asked = getattr(call, "heads", None), getattr(call, "resolutions_bp", None)
    choices = (
        choose(model, heads=heads, tracks=tracks, organism=organism)
        if is_cut
        else choose(model, heads=asked[0], resolutions_bp=asked[1], organism=organism)
    )
    width = _width(model, window_bp)
    if any(spec.kind != "dna" for spec in model.inputs):
        raise OptionError(
            f"{model.name} reads arrays beside the bases; its mutants are not planned.",
            option="model",
            value=model.name,
        )
    refuse_training(model)
    place = run_of(device=device).torch_device()
    chosen = tuple((c.spec.name, c.keys, tuple(c.rows.tolist())) for c in choices)
    options = (_delta_dtype(delta_dtype), _tile(tile), bool(verify))
    key = (id(model), model.digest, width, target, organism, chosen, str(place), options)
    plan = _KEPT.pop(key, None)
    if plan is None:
        door = Door(model, choices, call, organism, is_cut=is_cut)
        engine = Engine(door, None, width, place, _dtype(door))
        plan = MutantPlan(model, width, engine, digest=model.digest, tile=options[1])
        plan.tile_places = options[1] or 1
        _settle(plan, narrow=options[0], verify=verify, measure=measure)
    elif measure and plan.seconds is None:
        _measure(plan)
    while len(_KEPT) >= N_KEPT:
        del _KEPT[next(iter(_KEPT))]
    # A plan holds its model, so the id stays its own.
    _KEPT[key] = plan
    return plan


def _target(
    model: SequenceModel,
    target: TargetLike,
    organism: int,
    heads: object,
    tracks: object,
) -> tuple[Callable[[Outputs], Tensor] | None, bool]:
    """The function that a target means, and whether it reads chosen tracks only."""
    if target is None:
        return None, True
    if callable(target):
        return target, True
    if heads is not None or tracks is not None:
        raise OptionError(
            f"target={target!r} names its own head and tracks; leave heads and tracks out.",
            option="target",
            value=target,
        )
    return bind_target(target, model, organism=organism), False


def _delta_dtype(given: str) -> torch.dtype | None:
    """The type of products of differences; None = that of the network."""
    if given not in DELTA_DTYPES:
        raise OptionError(
            f"delta_dtype is {given!r}; expected one of {', '.join(DELTA_DTYPES)}.",
            option="delta_dtype",
            value=given,
            allowed=tuple(DELTA_DTYPES),
        )
    return DELTA_DTYPES[given]


def _tile(given: int | str) -> int | None:
    if given == "auto":
        return None
    size = whole_number(given, "tile")
    if size < 1:
        raise OptionError(f"tile is {given!r}; expected 1 or more.", option="tile", value=given)
    return size


def _width(model: SequenceModel, window_bp: int | None) -> int:
    width = model.window_bp if window_bp is None else whole_number(window_bp, "window_bp")
    if width is None:
        raise OptionError(
            f"{model.name} reads any length; window_bp says how long the sequences are.",
            option="window_bp",
            value=window_bp,
        )
    model.check_length(width)
    return width


def _settle(plan: MutantPlan, *, narrow: torch.dtype | None, verify: bool, measure: bool) -> None:
    """Capture the network of a new plan, prove and time it on one random sequence."""
    engine, sequence = plan.engine, random_sequence(plan.window_bp)
    with plan.running(), one_thread():
        engine.door.to(engine.device)
        # Joined strands are written out; where that went wrong they are taken as they are.
        for is_spread in (True, False):
            plan.reason = _captured(engine, is_spread=is_spread)
            refuse_mixing(engine, sequence)
            if plan.reason:
                break
            reference = engine.try_precise(sequence)
            proof = prove(engine, sequence, reference, is_checked=verify)
            plan.reason, plan.error, plan.seen = proof.reason, proof.error, proof.seen
            if not proof.reason:
                break
        plan.is_incremental = not plan.reason
        if plan.is_incremental and narrow is not None:
            engine.net.use(narrow)
            plan.error = deviation(engine, sequence, reference)
    if measure:
        _measure(plan, reference if plan.is_incremental else None)


def _captured(engine: Engine, *, is_spread: bool) -> str:
    """Capture a network; gives why it cannot be, or ""."""
    size, device, dtype = engine.length_bp, engine.device, engine.dtype
    try:
        graph = capture(engine.door, size, device, dtype, is_spread=is_spread)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it raises: it cannot follow)
        return f"the network cannot be captured ({_why(error)})"
    engine.tables = Tables(graph)
    return "" if graph.steps else "no output depends on the bases"


def _why(error: Exception) -> str:
    """One line of what the exporter says."""
    said = str(error).strip().splitlines() or [type(error).__name__]
    if "batch" in said[0] and "onstraints" in said[0]:
        return "it joins or divides the examples of a batch"
    return said[0][:160]


def random_sequence(length_bp: int, seed: int = 0) -> Tensor:
    """(4, L) one-hot letters from a seed."""
    letters = torch.randint(0, 4, (length_bp,), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.one_hot(letters, 4).t().float()


def _dtype(door: Door) -> torch.dtype:
    parts = [number_type(part) for part in door.children()]
    return parts[0] if parts else torch.float32


def _measure(plan: MutantPlan, reference: Reference | None = None) -> None:
    """Time the plan and whole passes; chooses the sizes that neither was given."""
    sequence = random_sequence(plan.window_bp)
    with plan.running():
        plan.batch, naive = best_batch(plan.engine, sequence)
        if plan.is_incremental:
            with one_thread():
                known = plan.engine.reference(sequence) if reference is None else reference
                sizes = TILES if plan.tile is None else (plan.tile,)
                plan.tile_places, mine = best_tile(plan.engine, known, sizes)
            plan.seconds = (mine, naive)
