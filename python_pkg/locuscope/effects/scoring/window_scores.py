"""Scores that share the verb's window: every built-in score, and callables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.masks import (
    center_mask,
    center_positions,
    check_mask_bp,
    check_reduce,
    reduce_positions,
)
from locuscope.effects.scoring.allele_passes import AllelePasses
from locuscope.effects.scoring.score_forms import ScoreContext, naming_allele
from locuscope.effects.scoring.track_scores import partner_columns
from locuscope.errors import ModelError, OptionError
from locuscope.inference.members import members_of
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.scoring.mutant_passes import MutantPasses
    from locuscope.effects.windows.allele_alignment import Aligned
    from locuscope.effects.windows.allele_windows import AlleleWindow
    from locuscope.genome.indel_rule import IndelRule
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

    Values = NDArray[np.floating[Any]]

CHUNK_BYTES = 64 << 20
CHUNK_ROWS = 128


@dataclass(frozen=True, eq=False)
class WindowResult:
    """Scores of n alleles.

    Args:
        scores: label -> (n, T), the mean over members and shifts.
        spread: label -> (n, T), their standard deviation (ddof 1); empty with one of both.
        unaligned: bool (n,), rows whose bins were compared although the length changed.
    """

    scores: dict[str, Values]
    spread: dict[str, Values]
    unaligned: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class WindowScoring:
    """Everything that turns windows into scores.

    A score is computed inside each (member, shift), there merged over both strands, and then
    averaged over members and shifts.

    Args:
        model: the model.
        scorers: label -> scorer, as `resolve_scores` gives them.
        choices: heads and tracks, each at its finest resolution.
        organism: index of the organism.
        indels: how ALT comes back to reference coordinates.
        reduce: "mean", "sum", "max", "center" or a function (k, T) -> (T,); a head of one value per
            window is not reduced.
        ensemble: the views.
        run: device and batch size.
        mask_bp: only positions within that many bases around the allele are reduced; None = all.
            Positional scores see all positions.
        mutants: how substitutions go through the networks without a full pass each; None = every
            sequence is a full pass. Only for alleles of one reference that keep its length.

    Raises:
        OptionError: an option outside its range or without effect on these scores; a head that
            lacks what a score needs; a shift filled from the genome.
        TrackMismatchError: members with other heads or tracks.
    """

    model: SequenceModel
    scorers: Mapping[str, Any]
    choices: Sequence[HeadChoice]
    organism: int
    indels: IndelRule
    reduce: str | Callable[[Any], Any]
    ensemble: Ensemble
    run: Run
    mask_bp: int | None = None
    mutants: MutantPasses | None = None
    tracks: TrackTable = field(init=False)
    passes: AllelePasses = field(init=False)
    pairs: tuple[NDArray[np.int64] | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Join the tracks of all heads, in the order of the columns, and check the options."""
        check_reduce(self.reduce)
        object.__setattr__(self, "mask_bp", check_mask_bp(self.mask_bp))
        self._refuse_idle()
        tables = [choice.table for choice in self.choices]
        joined = tables[0] if len(tables) == 1 else TrackTable.concat(tables)
        object.__setattr__(self, "tracks", joined)
        models = members_of(self.model, self.ensemble, self.choices, organism=self.organism)
        passes = AllelePasses(
            models,
            tuple(self.choices),
            self.organism,
            self.indels,
            self.ensemble,
            self.run,
            self.mutants,
        )
        object.__setattr__(self, "passes", passes)
        object.__setattr__(self, "pairs", partner_columns(self.choices, self.scorers))

    def rows_per_chunk(self, width_bp: int) -> int:
        """Give how many alleles may be held at a time.

        Of each there are the bases of both sequences, and of each strand (and of the mean of both)
        their predictions, as they come and on reference positions; scores of positions hold both
        sequences twice more, in double precision.
        """
        strands = 3 if self.ensemble.rc else 1
        is_positional = any(getattr(s, "positional", False) for s in self.scorers.values())
        bytes_each = 2 * 4 * width_bp
        for choice in self.choices:
            n_positions = choice.spec.length_out(width_bp, choice.keys[0])
            held = strands * 2 * 4 * (choice.spec.num_tracks + len(choice.rows))
            held *= 1 if self.mutants is None else 2
            counted = 4 * 8 * len(choice.rows) if is_positional else 0
            bytes_each += n_positions * (held + counted)
        return max(1, min(CHUNK_ROWS, CHUNK_BYTES // bytes_each))

    def score(
        self,
        windows: Sequence[AlleleWindow],
        *,
        references: MutableMapping[Any, Any] | None = None,
    ) -> WindowResult:
        """Score alleles.

        Args:
            windows: the n alleles.
            references: a dict that the caller keeps between calls; predictions of reference
                sequences are remembered there, so that a sequence is predicted once. The caller
                empties it.

        Raises:
            ModelError: a custom score gave another shape.
        """
        views = [
            self._one_view(windows, member, shift, references)
            for member, shift in self.ensemble.pairs()
        ]
        unaligned = views[0][1]
        if len(views) == 1:
            return WindowResult(views[0][0], {}, unaligned)
        scores, spread = {}, {}
        with np.errstate(invalid="ignore"):  # inf in one view and -inf in another is NaN
            for name in self.scorers:
                stack = np.stack([found[name] for found, _ in views])
                scores[name] = stack.mean(0, dtype=np.float64)
                spread[name] = stack.std(0, ddof=1, dtype=np.float64)
        return WindowResult(scores, spread, unaligned)

    def _one_view(
        self,
        windows: Sequence[AlleleWindow],
        member: int,
        shift: int,
        references: MutableMapping[Any, Any] | None,
    ) -> tuple[dict[str, Values], NDArray[np.bool_]]:
        """Score in one network at one shift: label -> (n, T), and the rows left unaligned."""
        strands = self.passes.strands(windows, member, shift, references)
        is_pooled = any(getattr(scorer, "pools_strands", False) for scorer in self.scorers.values())
        if len(strands) == 2 and is_pooled:
            strands = (*strands, strands[0].averaged(strands[1]))
        columns: dict[str, list[Values]] = {name: [] for name in self.scorers}
        unaligned = np.zeros(len(windows), np.bool_)
        for choice, pairs in zip(self.choices, self.pairs, strict=True):
            found = [self.passes.on_reference(windows, one, choice, shift) for one in strands]
            # Two ways of reading an indel give two alignments; their scores are averaged.
            ways = [
                self._score_head(windows, choice, pairs, sides)
                for sides in zip(*found, strict=True)
            ]
            for name, parts in columns.items():
                parts.append(ways[0][name] if len(ways) == 1 else _mean([w[name] for w in ways]))
            unaligned |= found[0][0].unaligned
        return {name: np.concatenate(parts, axis=1) for name, parts in columns.items()}, unaligned

    def _score_head(
        self,
        windows: Sequence[AlleleWindow],
        choice: HeadChoice,
        pairs: NDArray[np.int64] | None,
        sides: Sequence[Aligned],
    ) -> dict[str, Values]:
        """Score one head of alleles that lie on reference positions.

        Args:
            windows: the alleles.
            choice: the head.
            pairs: column of each track's partner.
            sides: the forward strand; with `rc` the other one, and their average where a score
                wants it.
        """
        context = ScoreContext(
            variants=[window.variant for window in windows],
            windows=[window.window for window in windows],
            valid=sides[0].valid,
            tracks=choice.table,
            alignment=[window.alignment for window in windows],
            pairs=pairs,
        )
        apart = sides[:2]
        flat: list[Values] | None = None
        found: dict[str, Values] = {}
        for name, scorer in self.scorers.items():
            if getattr(scorer, "pools_strands", False):
                given: list[Values] = [sides[-1].ref, sides[-1].alt]
            elif getattr(scorer, "positional", False):
                given = [values for side in apart for values in (side.ref, side.alt)]
            else:
                flat = self._reduced(windows, choice, apart) if flat is None else flat
                given = flat
            with naming_allele(name, windows[0].variant):
                values = scorer(*given, context=context)
            found[name] = _checked(name, values, (len(windows), len(choice.rows)), self.model.name)
        return found

    def _reduced(
        self, windows: Sequence[AlleleWindow], choice: HeadChoice, sides: Sequence[Aligned]
    ) -> list[Values]:
        """Give one number per track: ref, alt, and with the other strand ref_rc, alt_rc."""
        if not choice.keys[0]:  # one value per window is that number, whatever `reduce` says
            return [v[:, 0].astype(np.float64) for side in sides for v in (side.ref, side.alt)]
        center = center_positions(windows, choice)
        counted = None
        if self.mask_bp is not None:
            n_positions = sides[0].ref.shape[1]
            counted = center_mask(center, n_positions, choice.keys[0], self.mask_bp)
        reduced = []
        for side in sides:
            valid = side.valid if counted is None else side.valid & counted
            reduced += [
                reduce_positions(values, valid, self.reduce, center)
                for values in (side.ref, side.alt)
            ]
        return reduced

    def _refuse_idle(self) -> None:
        """Refuse options that no score of these heads uses."""
        has_positions = any(choice.keys[0] for choice in self.choices)
        n_reduced = sum(not getattr(s, "positional", False) for s in self.scorers.values())
        names = ", ".join(self.scorers)
        if not n_reduced and (self.reduce != "mean" or self.mask_bp is not None):
            option = "mask_bp" if self.mask_bp is not None else "reduce"
            raise OptionError(
                f"{option}={getattr(self, option)!r} has no effect on {names}, which see all "
                "positions.",
                option=option,
                value=getattr(self, option),
            )
        if self.mask_bp is not None and (self.reduce == "center" or not has_positions):
            why = (
                "reduce='center' looks at one position"
                if has_positions
                else ("the chosen heads have one value per window")
            )
            raise OptionError(
                f"mask_bp={self.mask_bp} has no effect: {why}.",
                option="mask_bp",
                value=self.mask_bp,
            )
        if self.reduce != "mean" and not has_positions:
            raise OptionError(
                f"reduce={self.reduce!r} has no effect: the chosen heads have one value per "
                "window.",
                option="reduce",
                value=self.reduce,
            )
        logits = [k for k, s in self.scorers.items() if getattr(s, "needs", "") == "probability"]
        if self.reduce == "sum" and logits:
            raise OptionError(
                f"reduce='sum' gives no probabilities, which {logits[0]!r} takes; use 'mean', "
                "'max' or 'center'.",
                option="reduce",
                value="sum",
            )


def require_scorable(choices: Sequence[HeadChoice], *, is_asked: bool) -> list[HeadChoice]:
    """Keep heads with values along the sequence or per window, each at its finest resolution.

    Args:
        choices: what the caller's `heads` and `tracks` mean.
        is_asked: the caller named the heads; then a head of another kind is an error.

    Raises:
        OptionError: no such head, or one that was asked for by name.
    """
    kept = [
        replace(choice, keys=(min(choice.keys),))
        for choice in choices
        if choice.spec.kind in ("track", "scalar")
    ]
    odd = [choice.spec for choice in choices if choice.spec.kind not in ("track", "scalar")]
    if not kept or (odd and is_asked):
        said = ", ".join(f"{spec.name!r} ({spec.kind})" for spec in odd)
        raise OptionError(
            f"these scores take heads of tracks or of one value per window; got {said}.",
            option="heads",
            value=[spec.name for spec in odd],
        )
    return kept


def _mean(ways: Sequence[Values]) -> Values:
    with np.errstate(invalid="ignore"):
        mean: Values = np.stack(ways).mean(0, dtype=np.float64)
    return mean


def _checked(name: str, values: object, expected: tuple[int, int], model: str) -> Values:
    array = np.asarray(values)
    if array.shape != expected:
        raise ModelError(
            f"the score {name!r} gave shape {array.shape} for {expected[0]} alleles and "
            f"{expected[1]} tracks "
            f"of {model}, expected {expected}.",
            batch=expected,
        )
    return array
