"""Scores that share the verb's window: `ref`, `alt`, `diff`, `SAX` and callables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from locuscope.effects.passes import predict_unique
from locuscope.effects.scores import ScoreContext, naming_allele, reduce_positions
from locuscope.errors import ModelError, OptionError
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.allele_windows import AlleleWindow
    from locuscope.effects.passes import Prediction
    from locuscope.effects.scores import Scorer
    from locuscope.genome.indel_rule import IndelRule
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

    Values = NDArray[np.floating[Any]]

CHUNK_BYTES = 128 << 20
CHUNK_ROWS = 128


@dataclass(frozen=True, eq=False)
class WindowScoring:
    """Everything that turns windows into scores.

    Args:
        model: the model.
        scorers: label -> scorer.
        choices: heads and tracks, each at its finest resolution.
        organism: index of the organism.
        indels: how ALT comes back to reference coordinates.
        reduce: "mean", "sum", "max", "center" or a function (k, T) -> (T,).
        is_averaged: also run the reverse complement; scores are averaged.
        run: device and batch size.
    """

    model: SequenceModel
    scorers: Mapping[str, Scorer]
    choices: Sequence[HeadChoice]
    organism: int
    indels: IndelRule
    reduce: str | Callable[[Any], Any]
    is_averaged: bool
    run: Run
    tracks: TrackTable = field(init=False)

    def __post_init__(self) -> None:
        """Join the tracks of all heads, in the order of the columns."""
        tables = [choice.table for choice in self.choices]
        object.__setattr__(
            self, "tracks", tables[0] if len(tables) == 1 else TrackTable.concat(tables)
        )

    def rows_per_chunk(self, width_bp: int) -> int:
        """Give how many alleles may be held at a time."""
        bytes_each = sum(
            2 * 4 * choice.spec.length_out(width_bp, choice.keys[0]) * choice.spec.num_tracks
            for choice in self.choices
        )
        return max(1, min(CHUNK_ROWS, CHUNK_BYTES // bytes_each))

    def score(self, windows: Sequence[AlleleWindow]) -> tuple[dict[str, Values], NDArray[np.bool_]]:
        """Score alleles.

        Returns:
            Label -> (n, T), and bool (n,): rows whose bins were compared although the length
            changed.

        Raises:
            ModelError: a custom score gave another shape.
        """
        forward, unaligned = self._one_side(windows, is_reverse=False)
        if not self.is_averaged:
            return forward, unaligned
        reverse, _ = self._one_side(windows, is_reverse=True)
        return {name: (forward[name] + reverse[name]) / 2 for name in forward}, unaligned

    def _one_side(
        self, windows: Sequence[AlleleWindow], *, is_reverse: bool
    ) -> tuple[dict[str, Values], NDArray[np.bool_]]:
        sequences = [window.reference for window in windows]
        sequences += [window.alternative for window in windows]
        predictions = predict_unique(
            self.model,
            sequences,
            self.choices,
            organism=self.organism,
            run=self.run,
            is_reverse=is_reverse,
        )
        references, alternatives = predictions[: len(windows)], predictions[len(windows) :]
        columns: dict[str, list[Values]] = {name: [] for name in self.scorers}
        unaligned = np.zeros(len(windows), np.bool_)
        for choice in self.choices:
            ref, alt, valid, left = self._aligned(windows, references, alternatives, choice)
            unaligned |= left
            found = self._score_head(windows, choice, ref, alt, valid)
            for name, values in found.items():
                columns[name].append(values)
        return {name: np.concatenate(parts, axis=1) for name, parts in columns.items()}, unaligned

    def _aligned(
        self,
        windows: Sequence[AlleleWindow],
        references: Sequence[Prediction],
        alternatives: Sequence[Prediction],
        choice: HeadChoice,
    ) -> tuple[Values, Values, NDArray[np.bool_], NDArray[np.bool_]]:
        """Stack one head as (n, L', T) on reference positions, with those that both have."""
        place = (choice.spec.name, choice.keys[0])
        ref = np.stack([prediction[place] for prediction in references])
        alt = np.stack([prediction[place] for prediction in alternatives])
        valid = np.ones(ref.shape[:2], np.bool_)
        unaligned = np.zeros(len(windows), np.bool_)
        for i, window in enumerate(windows):
            if window.variant.length_change == 0 or not choice.keys[0]:
                continue
            alt[i], valid[i], notes = self.indels.to_reference(
                alt[i],
                window.alignment,
                resolution_bp=choice.keys[0],
                bins=cast("Any", choice.spec.bin_reduction),
                crop_bp=choice.spec.crop_bp,
            )
            unaligned[i] = "unaligned_bins" in notes
        return ref, alt, valid, unaligned

    def _score_head(
        self,
        windows: Sequence[AlleleWindow],
        choice: HeadChoice,
        ref: Values,
        alt: Values,
        valid: NDArray[np.bool_],
    ) -> dict[str, Values]:
        context = ScoreContext(
            variants=[window.variant for window in windows],
            windows=[window.window for window in windows],
            valid=valid,
            tracks=choice.table,
        )
        center = np.array(
            [
                (window.variant.pos - 1 - window.window.start - choice.spec.crop_bp)
                // max(1, choice.keys[0])
                for window in windows
            ]
        )
        flat: tuple[Values, Values] | None = None
        found: dict[str, Values] = {}
        for name, scorer in self.scorers.items():
            if getattr(scorer, "positional", False):
                with naming_allele(name, windows[0].variant):
                    values = scorer(ref, alt, context)
            else:
                if flat is None:
                    flat = (
                        reduce_positions(ref, valid, self.reduce, center),
                        reduce_positions(alt, valid, self.reduce, center),
                    )
                with naming_allele(name, windows[0].variant):
                    values = scorer(*flat, context)
            found[name] = _checked(name, values, (len(windows), len(choice.rows)), self.model.name)
        return found


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
