"""Scores of your own: how a callable is called, and with which merge rule for both strands."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.scoring.merging import MergeRule, RCScore, merge_rule
from locuscope.errors import OptionError
from locuscope.inference.ensemble import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from locuscope.effects.scores import ScoreContext

STRANDS = ("ref_rc", "alt_rc")


@dataclass(frozen=True)
class CallForm:
    """What a score's call takes beside `ref` and `alt`.

    Args:
        takes_strands: `ref_rc` and `alt_rc`; it then merges both strands itself.
        context: how it takes a `ScoreContext`: "name", "third" (an unnamed third place), or None.
    """

    takes_strands: bool
    context: str | None


def call_form(function: Callable[..., Any]) -> CallForm:
    """Read from a signature how a score is called.

    Parameters named `ref_rc`, `alt_rc` and `context` say so themselves. Of other names only places
    that must be filled count: four take the strands in the third and fourth, three the context in
    the third. A default such as `scale=1` is never overwritten.

    >>> call_form(lambda ref, alt: alt - ref)
    CallForm(takes_strands=False, context=None)
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function of C without a signature
        return CallForm(takes_strands=False, context=None)
    kinds = [parameter.kind for parameter in parameters.values()]
    is_open = inspect.Parameter.VAR_POSITIONAL in kinds
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    free = sum(
        parameter.kind in by_place and parameter.default is parameter.empty
        for name, parameter in parameters.items()
        if name != "context"
    )
    takes_strands = all(name in parameters for name in STRANDS) or free == 4 or is_open
    if "context" in parameters:
        return CallForm(takes_strands, "name")
    return CallForm(takes_strands, "third" if free == 3 and not takes_strands else None)


@dataclass(frozen=True, eq=False)
class CustomScore:
    """A callable in the form that all scores are called in.

    Args:
        function: `(ref, alt) -> (n, T)`; it may also take `ref_rc` and `alt_rc`, and `context`.
        name: what results call it.
        form: how it is called.
        rc_merging: how its values on both strands are merged, where it does not do so itself.
    """

    function: Callable[..., Any]
    name: str
    form: CallForm
    rc_merging: MergeRule

    pools_strands = False

    @property
    def __name__(self) -> str:
        """The score's name."""
        return self.name

    @property
    def positional(self) -> bool:
        """Whether it sees (n, L', T)."""
        return bool(getattr(self.function, "positional", False))

    @property
    def needs(self) -> str:
        """What the values must be."""
        return str(getattr(self.function, "needs", "real"))

    @property
    def is_difference(self) -> bool:
        """Whether it says that equal sequences give 0."""
        return bool(getattr(self.function, "is_difference", True))

    @property
    def options(self) -> dict[str, object]:
        """What changes its numbers, as plain values."""
        own = dict(getattr(self.function, "options", {}))
        return own if self.form.takes_strands else own | {"rc_merging": self.rc_merging.name}

    def configure(self, **options: Any) -> CustomScore:
        """Give the score with other options.

        Args:
            options: `rc_merging`, and what the callable's own `configure` takes.

        Raises:
            OptionError: an option that the score does not have.
        """
        rest = dict(options)
        rule = self.rc_merging
        if "rc_merging" in rest and not self.form.takes_strands:
            rule = merge_rule(rest.pop("rc_merging"))
        function = self.function
        if rest:
            configure = getattr(function, "configure", None)
            if configure is None:
                raise OptionError(
                    f"the score {self.name!r} takes no options; got {rest!r}.",
                    option="score_kwargs",
                    value=rest,
                )
            function = configure(**rest)
        return replace(self, function=function, rc_merging=rule)

    def __call__(
        self,
        ref: Any,
        alt: Any,
        ref_rc: Any = None,
        alt_rc: Any = None,
        context: ScoreContext | None = None,
    ) -> Any:
        """Score n alleles; the callable gets copies, so that no other score sees what it writes."""
        ref, alt, ref_rc, alt_rc = (
            None if side is None else np.array(side) for side in (ref, alt, ref_rc, alt_rc)
        )
        if self.form.takes_strands:
            named = {"context": context} if self.form.context == "name" else {}
            return self.function(ref, alt, ref_rc, alt_rc, **named)
        forward = self._one_strand(ref, alt, context)
        if ref_rc is None or alt_rc is None:
            return forward
        return self.rc_merging(forward, self._one_strand(ref_rc, alt_rc, context))

    def _one_strand(self, ref: Any, alt: Any, context: ScoreContext | None) -> Any:
        if self.form.context == "name":
            return self.function(ref, alt, context=context)
        if self.form.context == "third":
            return self.function(ref, alt, context)
        return self.function(ref, alt)


def custom_score(
    score: Any, name: str, options: Mapping[str, object], rule: MergeRule
) -> CustomScore:
    """Dress a callable as a score.

    Args:
        score: a function, an object with a call, or a class that is made with `options`.
        name: what results call it.
        options: of this score.
        rule: the merge rule of the call.

    Raises:
        OptionError: an option that the score does not have.
    """
    if isinstance(score, type):
        score, options = _made(score, options, rule), {}
    dressed = CustomScore(score, name, call_form(score), rule)
    return dressed.configure(**options) if options else dressed


def merging_rule(scorer: object) -> MergeRule | None:
    """Give the rule by which a resolved score merges both strands; None where it has none."""
    merges = scorer
    if isinstance(scorer, CustomScore) and scorer.form.takes_strands:
        merges = scorer.function
    rule = getattr(merges, "rc_merging", None)
    return rule if isinstance(rule, MergeRule) else None


def _made(kind: type, options: Mapping[str, object], rule: MergeRule) -> Any:
    chosen = dict(options)
    if issubclass(kind, RCScore):
        chosen.setdefault("rc_merging", rule)
    try:
        inspect.signature(kind).bind(**chosen)
    except TypeError as error:
        raise OptionError(
            f"the score {name_of(kind)!r} cannot be made with {dict(options)!r}: {error}.",
            option="score_kwargs",
            value=dict(options),
        ) from error
    return kind(**chosen)
