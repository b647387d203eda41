"""The verb `epistasis`: what two changes of bases do together beyond the sum of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from locuscope.attribution.examples import read_sequences
from locuscope.errors import InputError, OptionError, OutOfBoundsError
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import BASES
from locuscope.inference.mutants.plan import plan_mutants
from locuscope.inference.mutants.run import predict_edits
from locuscope.inference.run import Run, refuse_unused, run_of
from locuscope.inference.target import bind_target, target_of
from locuscope.inference.target_values import BoundTarget
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.inference.mutants.results import Edits
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

METHODS = ("auto", "incremental", "naive")
Method = Literal["auto", "incremental", "naive"]


@dataclass(frozen=True, eq=False, repr=False)
class Epistasis:
    """Pairs of changed bases in one sequence; made by `epistasis`.

    Args:
        positions: 0-based positions of the sequence, ascending, (P,).
        pairs: two positions each, the first before the second, (K, 2).
        values: (K, A, A), base at the first position and at the second: the effect of both changes
            minus the effects of each alone. 0 where one of them is no change.
        joint: (K, A, A), the effect of both.
        single: (P, A), the effect of each alone.
        sequence: one-hot (A, L).
        interval: its place; None for a bare sequence, and where pieces stand end to end.
        provenance: what changes a number.
    """

    positions: NDArray[np.int64]
    pairs: NDArray[np.int64]
    values: NDArray[np.float32]
    joint: NDArray[np.float32]
    single: NDArray[np.float32]
    sequence: NDArray[Any]
    interval: Interval | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def strength(self) -> NDArray[np.float32]:
        """Largest magnitude of each pair, (K,)."""
        found: NDArray[np.float32] = np.abs(self.values).max(axis=(1, 2))
        return found

    def to_dataframe(self) -> pd.DataFrame:
        """One row per pair of changes.

        Columns: first, second (0-based positions), first_base, second_base, joint, first_alone,
        second_alone, epistasis.
        """
        import pandas as pd

        own = self.sequence.argmax(axis=0)
        row_of = {at: row for row, at in enumerate(self.positions.tolist())}
        rows = [
            (
                one,
                two,
                BASES[a],
                BASES[b],
                self.joint[k, a, b],
                self.single[row_of[one], a],
                self.single[row_of[two], b],
                self.values[k, a, b],
            )
            for k, (one, two) in enumerate(self.pairs.tolist())
            for a, b in product(range(4), repeat=2)
            if a != own[one] and b != own[two]
        ]
        names = ("first", "second", "first_base", "second_base", "joint")
        return pd.DataFrame(rows, columns=[*names, "first_alone", "second_alone", "epistasis"])

    def __repr__(self) -> str:
        where = "" if self.interval is None else f", {self.interval.text()}"
        return f"Epistasis({len(self.pairs):,} pairs of {len(self.positions):,} positions{where})"


def epistasis(
    model: SequenceModel,
    where: Any,
    genome: Genome | None = None,
    *,
    positions: Iterable[int],
    target: TargetLike = None,
    organism: int | str | None = None,
    method: Method = "auto",
    run: Run | None = None,
    device: str | None = None,
) -> Epistasis:
    """Change bases two at a time, and compare with each change alone.

    The effect of a pair is computed as its own, never as a sum.

    Args:
        model: any `SequenceModel`.
        where: one place, text or one-hot sequence, as in `contributions`.
        genome: where the bases of an interval come from.
        positions: 0-based positions of the window that the model reads, at least two; every pair of
            them is changed in all nine ways.
        target: as in `contributions`, one number.
        organism: index or name; None = the genome's where it states one, else 0.
        method: as in `ism`.
        run: device; `workers` threads.
        device: short for `Run(device=...)`.

    Raises:
        InputError: several sequences, or a position without a base.
        OptionError: fewer than two positions, one twice, or a target of several numbers.
        OutOfBoundsError: a position outside the sequence.
        ModelError: a network in training mode, or with chance.

    >>> from locuscope import load_model
    >>> epistasis(load_model("dnase"), "ACGT" * 128, positions=[255, 257], target=0).values.shape
    (1, 4, 4)
    """
    require_model(model)
    check_choice("method", method, METHODS)
    how = run_of(run, device=device)
    refuse_unused(how, "epistasis", ("batch_size", "progress", "out", "restart"))
    examples = read_sequences(model, where, genome)
    if len(examples.bases) != 1:
        raise InputError(
            f"epistasis explains one sequence at a time; got {len(examples.bases)}. Choose one."
        )
    one = examples.bases[0]
    at = _positions(positions, one)
    stated = None if genome is None else genome.organism
    index = organism_index(organism, default=0 if stated is None else stated, known=None)
    plan = plan_mutants(
        model,
        window_bp=one.shape[1],
        target=_placed(target, model, index, examples.windows),
        organism=index,
        device=None if how.device == "auto" else how.device,
        measure=method == "auto",
    )
    pairs = list(combinations(at, 2))
    changes = {place: [b for b in range(4) if not one[b, place]] for place in at}
    singles = [((place, base),) for place in at for base in changes[place]]
    doubles = [((i, a), (j, b)) for i, j in pairs for a, b in product(changes[i], changes[j])]
    edits = [[(place, BASES[base]) for place, base in edit] for edit in (*singles, *doubles)]
    found = predict_edits(model, one, edits, plan=plan, method=method, run=how)
    delta, together = _numbers(found, "delta"), _numbers(found, "epistasis")
    single, joint = np.zeros((len(at), 4), np.float32), np.zeros((len(pairs), 4, 4), np.float32)
    for (edit,), value in zip(singles, delta, strict=False):
        single[at.index(edit[0]), edit[1]] = value
    for k, (i, j) in enumerate(pairs):
        joint[k] = single[at.index(i)][:, None] + single[at.index(j)][None]
    values = np.zeros_like(joint)
    row_of = {pair: k for k, pair in enumerate(pairs)}
    n = len(singles)
    for ((i, a), (j, b)), both, beyond in zip(doubles, delta[n:], together[n:], strict=True):
        joint[row_of[i, j], a, b], values[row_of[i, j], a, b] = both, beyond
    return Epistasis(
        np.array(at, np.int64),
        np.array(pairs, np.int64),
        values,
        joint,
        single,
        one,
        None if examples.placed is None else examples.placed[0],
        {"model": model.name, "model_digest": model.digest, "target": repr(target)},
    )


def _positions(given: Iterable[int], one: NDArray[Any]) -> list[int]:
    at = sorted(whole_number(place, "positions") for place in given)
    if len(at) < 2 or len(set(at)) < len(at):
        raise OptionError(
            f"positions is {at}; at least two, each once.", option="positions", value=at
        )
    length = one.shape[1]
    for place in at:
        if not 0 <= place < length:
            raise OutOfBoundsError(
                f"position {place} lies outside the sequence of {length:,} bases (0 to "
                f"{length - 1}).",
                start=place,
                end=place + 1,
                length=length,
            )
        if not one[:, place].any():
            raise InputError(f"position {place} (0-based) has no base that could be changed.")
    return at


def _placed(
    target: TargetLike, model: SequenceModel, organism: int, windows: Sequence[Interval] | None
) -> TargetLike:
    """A target whose places on a genome have become bins of this window."""
    if callable(target):
        return target
    wanted = target_of(target)
    bound = bind_target(wanted, model, organism=organism, windows=windows)
    if not isinstance(bound, BoundTarget) or bound.counted is None:
        return wanted
    return replace(wanted, positions=torch.nonzero(bound.counted[0]).flatten().tolist())


def _numbers(found: Edits, name: str) -> NDArray[Any]:
    values: NDArray[Any] = getattr(found, name)["target"][0]
    if values.ndim != 1:
        raise OptionError(
            f"the target gives {values.shape[1:]} numbers per sequence; epistasis needs one. "
            "Choose a track.",
            option="target",
            value=values.shape[1:],
        )
    return values
