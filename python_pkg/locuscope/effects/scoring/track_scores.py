"""Scores of whole tracks: sums, distances and divergences over the positions of a window.

The Calico set. With the reverse complement the predictions of both strands are averaged first and
the score is computed of the averages; over several shifts it is the mean of the scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.scoring.allele_scores import refuse_unknown
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.effects.scoring.score_forms import ScoreContext
    from locuscope.inference.selection import HeadChoice

    Values = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

Scale = Callable[[Any], Any]
Function = Callable[[Any, Any, Any], Any]


def lg(x: Values) -> Values:
    """Give log2(x + 1); NaN where x is negative."""
    return np.asarray(np.log2(np.where(x >= 0, x, np.nan) + 1))


def root(x: Values) -> Values:
    """Give the square root; NaN where x is negative."""
    return np.asarray(np.sqrt(np.where(x >= 0, x, np.nan)))


def largest_change(ref: Values, alt: Values, valid: Mask) -> Values:
    """Give alternative minus reference where it is largest in magnitude, the first on ties.

    Args:
        ref: (n, L', T).
        alt: (n, L', T).
        valid: bool (n, L'), the positions that count.

    Returns:
        (n, T); NaN where no position counts.

    >>> ref, alt = np.zeros((1, 3, 1)), np.array([[[0.1], [-0.5], [0.5]]])
    >>> largest_change(ref, alt, np.ones((1, 3), bool)).tolist()
    [[-0.5]]
    """
    change = alt - ref
    counts = valid[:, :, None]
    size = np.where(counts, np.abs(change), -1.0)
    change = np.where(counts.any(1, keepdims=True), change, np.nan)
    at = size.argmax(1)
    return np.take_along_axis(change, at[:, None, :], 1)[:, 0, :]


def divergence(ref: Values, alt: Values, valid: Mask) -> Values:
    """Give sum((r - a)(ln r - ln a)) / 2 of both tracks as distributions over the positions.

    This is half the Jeffreys divergence, published under the name JS. The 25th percentile of the
    reference over the positions is added to both alleles before each is divided by its sum.

    Args:
        ref: (n, L', T), not negative.
        alt: (n, L', T), not negative.
        valid: bool (n, L'), the positions that count.

    Returns:
        (n, T); 0 for equal tracks, NaN where no position counts or a track is all zero, inf where
        a position has a value in one of the tracks only.
    """
    out = np.full((ref.shape[0], ref.shape[2]), np.nan)
    for row, keep in enumerate(valid):
        if keep.any():
            out[row] = _divergence(ref[row][keep], alt[row][keep])
    return out


def _divergence(ref: Values, alt: Values) -> Values:
    floor = np.percentile(ref, 25, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN and inf as said above
        r, a = (
            (side + floor) / (side + floor).sum(0)
            for side in (np.where(x >= 0, x, np.nan) for x in (ref, alt))
        )
        terms = (r - a) * (np.log(r) - np.log(a))
    return np.asarray(np.where(r == a, 0.0, terms).sum(0) / 2)


def _total(values: Values, valid: Mask) -> Values:
    """Sum over the positions that count; NaN where there is none."""
    counts = valid[:, :, None]
    summed = np.where(counts, values, 0.0).sum(1)
    return np.where(counts.any(1), summed, np.nan)


def _sum(ref: Values, alt: Values, valid: Mask, *, scale: Scale) -> Values:
    """Sum of the changes of f(x)."""
    return _total(scale(alt) - scale(ref), valid)


def _change_of_sums(ref: Values, alt: Values, valid: Mask) -> Values:
    return lg(_total(alt, valid)) - lg(_total(ref, valid))


def _distance(ref: Values, alt: Values, valid: Mask, *, scale: Scale) -> Values:
    """Sum of the magnitudes of the changes of f(x)."""
    return _total(np.abs(scale(alt) - scale(ref)), valid)


def _norm(ref: Values, alt: Values, valid: Mask, *, scale: Scale) -> Values:
    """Root of the summed squares of the changes of f(x)."""
    return np.asarray(np.sqrt(_total((scale(alt) - scale(ref)) ** 2, valid)))


def _scaled_divergence(ref: Values, alt: Values, valid: Mask, *, scale: Scale) -> Values:
    return divergence(scale(ref), scale(alt), valid)


def _same(x: Values) -> Values:
    return x


@dataclass(frozen=True, eq=False)
class TrackScore:
    """A built-in score of (n, L', T) against (n, L', T).

    Args:
        name: its name.
        function: `(ref, alt, valid) -> (n, T)` in float64.
        needs: what the values must be, "real" or "nonnegative".
        is_norm: both strands of an assay add as the root of their summed squares.
        strand_reduce: None, or "pair": each track of a strand pair gets the sum over the pair.
    """

    name: str
    function: Function
    needs: str = "real"
    is_norm: bool = False
    strand_reduce: str | None = None

    positional = True
    pools_strands = True
    is_difference = True

    @property
    def __name__(self) -> str:
        """The score's name."""
        return self.name

    @property
    def options(self) -> dict[str, object]:
        """What changes its numbers, as plain values."""
        return {"strand_reduce": self.strand_reduce}

    def configure(self, **options: Any) -> TrackScore:
        """Give the score with other options.

        Args:
            options: `strand_reduce`, None or "pair".

        Raises:
            OptionError: an option that the score does not have, or a value outside its range.
        """
        if "rc_merging" in options:
            raise OptionError(
                f"the score {self.name!r} averages the predictions of both strands before it is "
                f"computed; rc_merging={options['rc_merging']!r} has no effect on it.",
                option="score_kwargs",
                value=options,
            )
        refuse_unknown(self.name, options, ("strand_reduce",))
        chosen = options.get("strand_reduce")
        if chosen is not None:
            check_choice("strand_reduce", chosen, ("pair",))
        return replace(self, strand_reduce=chosen)

    def __call__(
        self,
        ref: Any,
        alt: Any,
        ref_rc: Any = None,
        alt_rc: Any = None,
        context: ScoreContext | None = None,
    ) -> Any:
        """Score n alleles; nothing that is given is changed."""
        sides = (ref, alt)
        if ref_rc is not None and alt_rc is not None:
            sides = ((ref + ref_rc) / 2, (alt + alt_rc) / 2)
        left, right = (np.asarray(side, np.float64) for side in sides)
        valid = None if context is None else context.valid
        if valid is None:
            valid = np.ones(left.shape[:2], np.bool_)
        values = self.function(left, right, valid)
        return values if self.strand_reduce is None else self._over_pairs(values, context)

    def _over_pairs(self, values: Values, context: ScoreContext | None) -> Values:
        pairs = None if context is None else context.pairs
        if pairs is None:
            raise OptionError(
                f"strand_reduce='pair' of {self.name!r} needs tracks with a partner on the other "
                "strand; these have none.",
                option="strand_reduce",
                value="pair",
            )
        partner = np.where(pairs != np.arange(len(pairs)), values[:, pairs], 0.0)
        return np.sqrt(values**2 + partner**2) if self.is_norm else values + partner


def _score(
    name: str, function: Callable[..., Any], scale: Scale | None = None, *, is_norm: bool = False
) -> TrackScore:
    """Give a score; with a `scale` other than x itself its values must not be negative."""
    needs = "real" if scale in {None, _same} else "nonnegative"
    # Partial functions of functions by name, so that a score can travel to another process.
    scaled = function if scale is None else partial(function, scale=scale)
    return TrackScore(name, scaled, needs, is_norm=is_norm)


TRACK_SCORES: tuple[TrackScore, ...] = (
    _score("SAX", largest_change),
    _score("SUM", _sum, _same),
    _score("logSUM", _sum, lg),
    TrackScore("logSED", _change_of_sums, "nonnegative"),
    _score("sqrtSUM", _sum, root),
    _score("D1", _distance, _same),
    _score("logD1", _distance, lg),
    _score("sqrtD1", _distance, root),
    _score("D2", _norm, _same, is_norm=True),
    _score("logD2", _norm, lg, is_norm=True),
    _score("sqrtD2", _norm, root, is_norm=True),
    TrackScore("JS", divergence, "nonnegative"),
    _score("logJS", _scaled_divergence, lg),
)


def partner_columns(
    choices: Sequence[HeadChoice], scorers: Mapping[str, Any]
) -> tuple[NDArray[np.int64] | None, ...]:
    """Give for each head the column of each chosen track's partner on the other strand.

    Returns:
        (T,) per head, a track without a partner among the chosen ones its own; None for a head
        without strands.

    Raises:
        OptionError: `strand_reduce="pair"` without any pair, or with one half of a pair.
    """
    asking = [k for k, scorer in scorers.items() if getattr(scorer, "strand_reduce", None)]
    found = tuple(_partners(choice, asking) for choice in choices)
    is_paired = [(pairs != np.arange(len(pairs))).any() for pairs in found if pairs is not None]
    if asking and not any(is_paired):
        heads = ", ".join(choice.spec.name for choice in choices)
        raise OptionError(
            f"strand_reduce='pair' of {asking[0]!r} has no effect: no track of {heads} has a "
            "partner on the other strand.",
            option="strand_reduce",
            value="pair",
        )
    return found


def _partners(choice: HeadChoice, asking: Sequence[str]) -> NDArray[np.int64] | None:
    pair = choice.spec.strand_pair
    if pair is None:
        return None
    column = {int(row): place for place, row in enumerate(choice.rows)}
    partner = [pair[int(row)] for row in choice.rows]
    lost = [place for place, row in enumerate(partner) if row not in column]
    if asking and lost:
        name = choice.table.cells("track_name")[lost[0]]
        raise OptionError(
            f"strand_reduce='pair' of {asking[0]!r} needs both strands of a track; the partner of "
            f"{name!r} in head {choice.spec.name!r} is not among the chosen tracks.",
            option="strand_reduce",
            value="pair",
        )
    return np.array([column.get(row, place) for place, row in enumerate(partner)], np.int64)
