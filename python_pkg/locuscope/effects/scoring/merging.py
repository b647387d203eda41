"""How the scores of both strands become one: the merge rules, and `RCScore` for your own scores."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from locuscope.errors import ModelError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.inference.ensemble import RC_MERGINGS, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]
    Rule = str | Callable[[Any, Any], Any]


@dataclass(frozen=True)
class MergeRule:
    """A rule for the scores of the forward strand and of the reverse complement.

    Args:
        name: what results call it.
        function: `(forward, reverse) -> merged`, arrays of one shape.
    """

    name: str
    function: Callable[[Any, Any], Any]

    @property
    def __name__(self) -> str:
        """The rule's name."""
        return self.name

    def __call__(self, forward: Any, reverse: Any) -> Any:
        """Merge; the inputs are not changed, also where the function works in place.

        Raises:
            ModelError: the function gave another shape.
        """
        merged = np.asarray(self.function(np.array(forward), np.array(reverse)))
        if merged.shape != np.shape(forward):
            raise ModelError(
                f"the merge rule {self.name!r} gave shape {merged.shape}, expected "
                f"{np.shape(forward)}.",
                batch=np.shape(forward),
            )
        return merged


def absmax(forward: Values, reverse: Values) -> Values:
    """Give the value of larger magnitude with its sign; the forward one on ties, NaN stays NaN.

    >>> absmax(np.array([1.0, -2.0, 3.0]), np.array([-1.0, 1.0, -4.0])).tolist()
    [1.0, -2.0, -4.0]
    """
    is_other = (np.abs(reverse) > np.abs(forward)) | np.isnan(reverse)
    return np.where(is_other, reverse, forward)


def _mean(forward: Values, reverse: Values) -> Values:
    return (forward + reverse) / 2


_FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "min": np.minimum,
    "max": np.maximum,
    "mean": _mean,
    # The median of two values is their mean.
    "median": _mean,
    "absmax": absmax,
}


def merge_rule(rule: Rule | MergeRule) -> MergeRule:
    """Give the rule of a name or function.

    Raises:
        OptionError: no such rule.

    >>> merge_rule("max")(np.array([1.0]), np.array([2.0])).tolist()
    [2.0]
    """
    if isinstance(rule, MergeRule):
        return rule
    if callable(rule):
        return MergeRule(name_of(rule), rule)
    check_choice("rc_merging", rule, RC_MERGINGS)
    return MergeRule(rule, _FUNCTIONS[rule])


class RCScore:
    """Base of scores that merge both strands themselves; override `score`, or `__call__`.

    Args:
        rc_merging: a rule of `Ensemble.rc_merging`, or a function `(forward, reverse) -> merged`.

    >>> class Ratio(RCScore):
    ...     def score(self, ref, alt):
    ...         return alt / ref
    >>> Ratio("max")(np.array([[1.0]]), np.array([[2.0]]), np.array([[1.0]]), np.array([[3.0]]))
    array([[3.]])
    """

    positional = False

    def __init__(self, rc_merging: Rule = "mean") -> None:
        """Read the merge rule."""
        self.rc_merging = merge_rule(rc_merging)
        self.__name__ = type(self).__name__

    @property
    def options(self) -> dict[str, object]:
        """What changes its numbers, as plain values."""
        return {"rc_merging": self.rc_merging.name}

    def configure(self, *, rc_merging: Rule) -> Self:
        """Give the score with another merge rule."""
        other = copy(self)
        other.rc_merging = merge_rule(rc_merging)
        return other

    def score(self, ref: Any, alt: Any) -> Any:  # noqa: ARG002 - what a score of your own takes
        """Score one strand: (n, T) from (n, T), or from (n, L', T) with `positional = True`.

        Raises:
            WrongTypeError: the class of a score does not define it.
        """
        raise WrongTypeError(
            f"the score {type(self).__name__} has no formula; define score(self, ref, alt) in it.",
            argument="scores",
            found=type(self).__name__,
            expected="a class with score(self, ref, alt)",
        )

    def __call__(self, ref: Any, alt: Any, ref_rc: Any = None, alt_rc: Any = None) -> Any:
        """Score n alleles; `ref_rc` and `alt_rc` are None without the reverse complement."""
        forward = self.score(ref, alt)
        if ref_rc is None or alt_rc is None:
            return forward
        return self.rc_merging(forward, self.score(ref_rc, alt_rc))
