"""`predict_mutants` and `predict_edits`: what each change of bases does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from locuscope.errors import OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import check_one_hot, one_hot
from locuscope.inference.mutants.plan import MutantPlan, plan_mutants
from locuscope.inference.mutants.results import Arrays, Edits, Mutants
from locuscope.inference.mutants.tiles import (
    alternatives,
    found_tiles,
    grouped,
    places_per_tile,
)
from locuscope.inference.progress import Progress
from locuscope.inference.run import Run, refuse_unused, run_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.inference.mutants.engine import Edit
    from locuscope.inference.mutants.windows import Reference
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

__all__ = ["Edits", "Mutants", "predict_edits", "predict_mutants"]

Tile: TypeAlias = tuple[list[int], list[Tensor]]
"""Rows, and the differences of their mutants at each output."""
BASES = "ACGT"
METHODS = ("auto", "incremental", "naive")


def predict_mutants(
    model: SequenceModel,
    sequence: str | NDArray[Any] | Tensor,
    *,
    positions: slice | Sequence[int] | NDArray[Any] | None = None,
    alleles: str = "all",
    target: TargetLike = None,
    plan: MutantPlan | None = None,
    method: Literal["auto", "incremental", "naive"] = "auto",
    run: Run | None = None,
) -> Mutants:
    """Predict every single-base mutant of a sequence.

    The difference of each mutant is carried through the network on the positions that it can
    reach, so it is closer to the truth than a difference of two rounded outputs, and costs less.

    Args:
        model: any `SequenceModel`.
        sequence: ACGTN letters, or one-hot (A, L).
        positions: a slice, or 0-based positions; None = all.
        alleles: "all", or the bases that are wanted, such as "AC".
        target: as in `plan_mutants`. Not beside a plan, which has its own.
        plan: of `plan_mutants`; None = made here, once per model and length.
        method: "incremental" by the plan, "naive" by whole passes, "auto" what is faster.
        run: device; `workers` threads over tiles; `progress`.

    Raises:
        OptionError: an option outside its list; `incremental` where the plan cannot.
        OutOfBoundsError: a position outside the sequence.
        ShapeError: another length than the plan's.
        ModelError: a network in training mode, or with chance.

    >>> from locuscope.models.adapter import wrap
    >>> from locuscope.models.protocol import HeadSpec
    >>> net = torch.nn.Sequential(torch.nn.Conv1d(4, 2, 5, padding=2), torch.nn.ReLU()).eval()
    >>> model = wrap(net, heads=HeadSpec("a", (1,), 2), window_bp=8, output_axes="NTL", name="n")
    >>> predict_mutants(model, "ACGTACGT", positions=[3]).delta["a"][1].shape
    (1, 4, 8, 2)
    """
    run = _checked(run, method, "predict_mutants")
    letters = _one_hot(sequence)
    plan = _plan(model, letters, plan, target, run=run, method=method)
    at = _positions(positions, letters.shape[1])
    wanted = _alleles(alleles)
    chosen = _method(plan, method)
    table = dict(enumerate(alternatives(letters, at.tolist(), wanted)))
    with plan.running():
        base, reference = _base(plan, letters, chosen)
        delta = [np.full((len(at), 4, *v.shape), np.nan, v.dtype) for v in base]
        _mark_own(delta, letters, at)
        tiles = found_tiles(
            plan.engine,
            letters,
            grouped(table, places_per_tile(plan.tile_places, run.workers)),
            table,
            reference=reference,
            batch=plan.batch,
            workers=run.workers,
        )
        for group, found in _told(tiles, run, table):
            rows = [(place, edit[0][1]) for place in group for edit in table[place]]
            where = tuple(np.array(rows).T)
            for array, values in zip(delta, found, strict=True):
                array[where] = values.cpu().numpy()
    return Mutants(_named(plan, base), _named(plan, delta), at, plan, chosen)


def predict_edits(
    model: SequenceModel,
    sequence: str | NDArray[Any] | Tensor,
    edits: Iterable[tuple[int, str] | Sequence[tuple[int, str]]],
    *,
    target: TargetLike = None,
    plan: MutantPlan | None = None,
    method: Literal["auto", "incremental", "naive"] = "auto",
    run: Run | None = None,
) -> Edits:
    """Predict given edits; an edit of several positions is made at once.

    The difference of a pair is its own, never the sum of its parts; what they do together beyond
    that sum is `epistasis`.

    Args:
        model: any `SequenceModel`.
        sequence: ACGTN letters, or one-hot (A, L).
        edits: each (position, base), or several of those.
        target: as in `predict_mutants`.
        plan: as in `predict_mutants`.
        method: as in `predict_mutants`.
        run: as in `predict_mutants`.

    Raises:
        OptionError: no edits, a base that is no letter of ACGT, one position twice in an edit.
        OutOfBoundsError: a position outside the sequence.
        ShapeError: another length than the plan's.
    """
    run = _checked(run, method, "predict_edits")
    letters = _one_hot(sequence)
    plan = _plan(model, letters, plan, target, run=run, method=method)
    given = [_edit(edit, letters.shape[1]) for edit in _listed(edits, "edits")]
    if not given:
        raise OptionError("edits is empty; give (position, base).", option="edits", value=[])
    chosen = _method(plan, method)
    every = list(dict.fromkeys([*given, *((one,) for edit in given for one in edit)]))
    table = {row: [edit] for row, edit in enumerate(every)}
    by_edit: dict[Edit, list[NDArray[Any]]] = {}
    with plan.running():
        base, reference = _base(plan, letters, chosen)
        tiles = found_tiles(
            plan.engine,
            letters,
            [[row] for row in table],
            table,
            reference=reference,
            batch=plan.batch,
            workers=run.workers,
        )
        for group, found in _told(tiles, run, table):
            for place, row in enumerate(group):
                by_edit[every[row]] = [value[place].cpu().numpy() for value in found]
    delta = [np.stack([by_edit[edit][i] for edit in given]) for i in range(len(base))]
    together = [
        np.stack(
            [
                by_edit[edit][i] - sum(by_edit[one,][i] for one in edit)
                if len(edit) > 1
                else np.zeros_like(base[i])
                for edit in given
            ]
        )
        for i in range(len(base))
    ]
    named = [_named(plan, values) for values in (base, delta, together)]
    return Edits(named[0], named[1], named[2], plan, chosen)


def _checked(run: Run | None, method: str, verb: str) -> Run:
    if method not in METHODS:
        raise OptionError(
            f"method is {method!r}; expected one of {', '.join(METHODS)}.",
            option="method",
            value=method,
            allowed=METHODS,
        )
    found = run_of(run)
    refuse_unused(found, verb, ("batch_size", "out", "restart"))
    return found


def _told(tiles: Iterable[Tile], run: Run, table: Mapping[int, Sequence[Edit]]) -> Iterator[Tile]:
    """The tiles, while the person is told how many mutants are done."""
    done = 0
    with Progress(run.progress, what="mutants", total=sum(map(len, table.values()))) as progress:
        for rows, found in tiles:
            yield rows, found
            done += sum(len(table[row]) for row in rows)
            progress.update(done, {})


def _one_hot(sequence: str | NDArray[Any] | Tensor) -> Tensor:
    """(4, L) of letters or of an array."""
    if isinstance(sequence, str):
        return torch.from_numpy(one_hot(sequence)).float()
    if not isinstance(sequence, (np.ndarray, Tensor)):
        raise WrongTypeError(
            f"sequence takes letters or one-hot (A, L); got {type(sequence).__name__}.",
            argument="sequence",
            found=type(sequence).__name__,
            expected="str or array",
        )
    found = torch.as_tensor(sequence).detach().cpu().float()
    if found.ndim != 2 or found.shape[0] != 4:
        raise ShapeError(
            f"sequence is {tuple(found.shape)}; expected one sequence, (4, L).",
            expected="(4, L)",
            found=tuple(found.shape),
        )
    check_one_hot(found.numpy(), where="sequence")
    return found


def _plan(
    model: SequenceModel,
    letters: Tensor,
    plan: MutantPlan | None,
    target: TargetLike,
    *,
    run: Run,
    method: str,
) -> MutantPlan:
    length = letters.shape[1]
    if plan is None:
        device = None if run.device == "auto" else run.device
        return plan_mutants(
            model, window_bp=length, target=target, device=device, measure=method == "auto"
        )
    check_class("plan", plan, MutantPlan)
    if plan.model is not model or target is not None:
        raise OptionError(
            f"the plan is of {plan.model.name} and has its own target; give the model it was made "
            "for and no target.",
            option="plan",
            value=plan,
        )
    if plan.digest != model.digest:
        raise OptionError(
            f"the weights of {model.name} are not those of the plan any more; make a new one.",
            option="plan",
            value=plan,
        )
    if plan.window_bp != length:
        raise ShapeError(
            f"the plan is for {plan.window_bp:,} bp, the sequence has {length:,}.",
            expected=plan.window_bp,
            found=length,
        )
    return plan


def _method(plan: MutantPlan, method: str) -> str:
    if method == "auto":
        return "incremental" if plan.is_faster else "naive"
    if method == "incremental" and not plan.is_incremental:
        raise OptionError(
            f"method='incremental' is not possible for {plan.model.name}: {plan.reason}. "
            "method='naive' runs whole passes.",
            option="method",
            value=method,
            allowed=("auto", "naive"),
        )
    return method


def _base(
    plan: MutantPlan, letters: Tensor, method: str
) -> tuple[list[NDArray[Any]], Reference | None]:
    """Outputs of the sequence itself, and its values inside the network."""
    engine = plan.engine
    reference = engine.reference(letters) if method == "incremental" else None
    if reference is not None:
        found = engine.outputs(reference)
    else:
        found = [value[0] for value in engine.door(engine.one_hot(letters))]
    return [value.cpu().numpy() for value in found], reference


def _positions(given: Any, length: int) -> NDArray[np.int64]:
    if given is None or isinstance(given, slice):
        return np.arange(length)[given or slice(None)]
    found = [whole_number(value, "positions") for value in _listed(given, "positions")]
    for at in found:
        _check_position(at, length)
    return np.array(found, dtype=np.int64)


def _check_position(at: int, length: int) -> None:
    if not 0 <= at < length:
        raise OutOfBoundsError(
            f"position {at} lies outside the sequence of {length:,} bases (0 to {length - 1}).",
            start=at,
            end=at + 1,
            length=length,
        )


def _alleles(given: str) -> list[int]:
    if given == "all":
        return [0, 1, 2, 3]
    if not isinstance(given, str) or not given or set(given) - set(BASES):
        raise OptionError(
            f"alleles is {given!r}; expected 'all' or letters of {BASES}.",
            option="alleles",
            value=given,
            allowed=("all", *BASES),
        )
    return [place for place, base in enumerate(BASES) if base in given]


def _edit(given: Any, length: int) -> Edit:
    """One (position, base), or several, as places and indices in order of position."""
    several = _listed(given, "edits")
    pairs = [several] if len(several) == 2 and isinstance(several[1], str) else several
    if not pairs or any(isinstance(p, str) or not _is_pair(p) for p in pairs):
        raise OptionError(
            f"edit {given!r}: expected (position, base), or several of those.",
            option="edits",
            value=given,
        )
    found: dict[int, int] = {}
    for position, base in pairs:
        at = whole_number(position, "edits")
        _check_position(at, length)
        if base not in tuple(BASES) or at in found:
            raise OptionError(
                f"edit {given!r}: each position once, with a base of {BASES}.",
                option="edits",
                value=given,
            )
        found[at] = BASES.index(base)
    return tuple(sorted(found.items()))


def _listed(given: Any, name: str) -> list[Any]:
    if isinstance(given, str) or not np.iterable(given):
        raise WrongTypeError(
            f"{name} holds {given!r}; expected a list.",
            argument=name,
            found=type(given).__name__,
            expected="list",
        )
    return list(given)


def _is_pair(given: Any) -> bool:
    return hasattr(given, "__len__") and len(given) == 2


def _mark_own(delta: list[NDArray[Any]], letters: Tensor, at: NDArray[np.int64]) -> None:
    """The base that the sequence has changes nothing."""
    places, bases = np.nonzero(letters.numpy().T[at] == 1)
    for array in delta:
        array[places, bases] = 0


def _named(plan: MutantPlan, arrays: Sequence[NDArray[Any]]) -> Arrays:
    found: Arrays = {}
    for (head, key), array in zip(plan.keys, arrays, strict=True):
        found.setdefault(head, {})[key] = array
    return found
