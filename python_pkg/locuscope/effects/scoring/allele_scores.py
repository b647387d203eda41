"""Scores of two numbers per track: `ref`, `alt`, `diff`, logits and fold change.

Each sees a window as one number per track. With the reverse complement the score of each strand is
computed first and the two are merged afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.scoring.merging import MergeRule, merge_rule
from locuscope.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]

PSEUDOCOUNT = 1e-3
MEAN = merge_rule("mean")


def check_eps(eps: object) -> float | None:
    """Give `eps` as a float.

    Raises:
        OptionError: not between 0 and 0.5.
    """
    if eps is None:
        return None
    is_number = isinstance(eps, (int, float, np.number)) and not isinstance(eps, bool)
    if not is_number or not 0 < float(eps) < 0.5:  # type: ignore[arg-type]
        raise OptionError(
            f"eps must lie between 0 and 0.5, or be None; got {eps!r}.",
            option="eps",
            value=eps,
            allowed="0 < eps < 0.5",
        )
    return float(eps)  # type: ignore[arg-type]


def logit(p: Values, eps: float | None = None) -> Values:
    """Give ln(p / (1 - p)).

    Args:
        p: probabilities; NaN outside [0, 1].
        eps: p is moved into [eps, 1 - eps]; None = as it is, so that 0 and 1 give -inf and inf.

    >>> logit(np.array([0.5, 1.0])).tolist()
    [0.0, inf]
    """
    inside = np.where((p >= 0) & (p <= 1), p, np.nan)
    if eps is not None:
        inside = np.clip(inside, eps, 1 - eps)
    with np.errstate(divide="ignore"):
        return np.log(inside) - np.log1p(-inside)


def log_fold_change(ref: Values, alt: Values, pseudocount: float = PSEUDOCOUNT) -> Values:
    """Give log2((alt + c) / (ref + c)), c the pseudocount; NaN where a value is negative.

    >>> log_fold_change(np.array([1.0]), np.array([3.0]), pseudocount=1.0).tolist()
    [1.0]
    """
    both = (np.where(side >= 0, side, np.nan) for side in (ref, alt))
    low, high = (side + pseudocount for side in both)
    return np.log2(high) - np.log2(low)


def _product(values: tuple[Values, ...]) -> Values:
    effect, change = values
    return np.abs(effect) * np.abs(change)


Function = Callable[[Any, Any, "AlleleScore"], Any]


@dataclass(frozen=True, eq=False)
class AlleleScore:
    """A built-in score of (n, T) against (n, T).

    Args:
        name: its name.
        functions: `(ref, alt, self) -> (n, T)` of one strand; what each gives is merged by itself.
        needs: what the values must be, "real", "nonnegative" or "probability".
        is_difference: whether equal sequences give 0.
        rc_merging: how the strands are merged.
        eps: how close a probability may come to 0 and 1.
        pseudocount: what is added to both values.
        tunable: names of the options of `configure`.
    """

    name: str
    functions: tuple[Function, ...]
    needs: str = "real"
    is_difference: bool = True
    rc_merging: MergeRule = MEAN
    eps: float | None = None
    pseudocount: float = PSEUDOCOUNT
    tunable: tuple[str, ...] = ("rc_merging",)

    positional = False
    pools_strands = False

    @property
    def __name__(self) -> str:
        """The score's name."""
        return self.name

    @property
    def options(self) -> dict[str, object]:
        """What changes its numbers, as plain values."""
        chosen: dict[str, object] = {name: getattr(self, name) for name in self.tunable}
        return chosen | {"rc_merging": self.rc_merging.name}

    def configure(self, **options: Any) -> AlleleScore:
        """Give the score with other options.

        Args:
            options: `rc_merging`; `eps` of the logits; `pseudocount` of the fold change.

        Raises:
            OptionError: an option that the score does not have, or a value outside its range.
        """
        refuse_unknown(self.name, options, self.tunable)
        changes: dict[str, Any] = dict(options)
        if "rc_merging" in changes:
            changes["rc_merging"] = merge_rule(changes["rc_merging"])
        if "eps" in changes:
            changes["eps"] = check_eps(changes["eps"])
        if "pseudocount" in changes:
            changes["pseudocount"] = _pseudocount(changes["pseudocount"])
        return replace(self, **changes)

    def __call__(
        self,
        ref: Any,
        alt: Any,
        ref_rc: Any = None,
        alt_rc: Any = None,
        context: Any = None,  # noqa: ARG002 (every score takes it)
    ) -> Any:
        """Score n alleles; nothing that is given is changed."""
        merged = []
        for function in self.functions:
            value = function(ref, alt, self)
            if ref_rc is not None and alt_rc is not None:
                value = self.rc_merging(value, function(ref_rc, alt_rc, self))
            merged.append(value)
        return merged[0] if len(merged) == 1 else _product(tuple(merged))


def refuse_unknown(name: str, options: Mapping[str, object], known: tuple[str, ...]) -> None:
    """Refuse options that a score does not have.

    Raises:
        OptionError: naming the option, those that exist, and the closest.
    """
    for option in options:
        if option not in known:
            raise OptionError(
                f"the score {name!r} has no option {option!r}; {did_you_mean(str(option), known)}",
                option="score_kwargs",
                value=dict(options),
                allowed=known,
            )


def _pseudocount(value: object) -> float:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not 0 < float(value) < np.inf:  # type: ignore[arg-type]
        raise OptionError(
            f"pseudocount must be a number above 0; got {value!r}.",
            option="pseudocount",
            value=value,
            allowed="> 0",
        )
    return float(value)  # type: ignore[arg-type]


def _ref(ref: Values, alt: Values, score: AlleleScore) -> Values:  # noqa: ARG001 (one form for all)
    return ref


def _alt(ref: Values, alt: Values, score: AlleleScore) -> Values:  # noqa: ARG001 (one form for all)
    return alt


def _diff(ref: Values, alt: Values, score: AlleleScore) -> Values:  # noqa: ARG001 (one form for all)
    return alt - ref


def _logit_ref(ref: Values, alt: Values, score: AlleleScore) -> Values:  # noqa: ARG001
    return logit(ref, score.eps)


def _logit_alt(ref: Values, alt: Values, score: AlleleScore) -> Values:  # noqa: ARG001
    return logit(alt, score.eps)


def _logit_change(ref: Values, alt: Values, score: AlleleScore) -> Values:
    with np.errstate(invalid="ignore"):  # inf - inf is the NaN that is meant
        return logit(alt, score.eps) - logit(ref, score.eps)


def _fold(ref: Values, alt: Values, score: AlleleScore) -> Values:
    return log_fold_change(ref, alt, score.pseudocount)


_LOGITS: dict[str, Any] = {"needs": "probability", "tunable": ("rc_merging", "eps")}

ALLELE_SCORES: tuple[AlleleScore, ...] = (
    AlleleScore("ref", (_ref,), is_difference=False),
    AlleleScore("alt", (_alt,), is_difference=False),
    AlleleScore("diff", (_diff,)),
    AlleleScore("logit_ref", (_logit_ref,), is_difference=False, **_LOGITS),
    AlleleScore("logit_alt", (_logit_alt,), is_difference=False, **_LOGITS),
    AlleleScore("logit", (_logit_change,), **_LOGITS),
    AlleleScore("deepsea_effect", (_logit_change, _diff), **_LOGITS),
    AlleleScore(
        "log_fold_change", (_fold,), needs="nonnegative", tunable=("rc_merging", "pseudocount")
    ),
)
