"""Which scores there are: names, your own callables, and what a model brings itself.

A score is a pure function of the reference and the alternative. Most see each window as one number
per track (`reduce` of its positions); a positional one sees the positions. A model may bring scores
that make their own sequences (`PartScorer`), as the splice networks do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.effects.scoring.allele_scores import ALLELE_SCORES, AlleleScore, check_eps
from locuscope.effects.scoring.custom_scores import CustomScore, custom_score, merging_rule
from locuscope.effects.scoring.merging import RCScore, merge_rule
from locuscope.effects.scoring.score_forms import (
    PartScorer,
    PreparedScorer,
    ReadingScorer,
    ScoreContext,
    Scorer,
)
from locuscope.effects.scoring.track_scores import TRACK_SCORES, TrackScore
from locuscope.errors import (
    OptionError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.inference.ensemble import Ensemble, name_of
from locuscope.inference.joined_inputs import reads_windows
from locuscope.models.protocol import require_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from locuscope.models.protocol import HeadSpec, SequenceModel

    Score = str | Callable[..., Any]

__all__ = [
    "ALIASES",
    "BUILT_IN",
    "PartScorer",
    "PreparedScorer",
    "RCScore",
    "ReadingScorer",
    "ScoreContext",
    "Scorer",
    "list_scores",
    "require_domain",
    "resolve_scores",
]

ALIASES: Mapping[str, str] = {
    "log2fc": "log_fold_change",
    "SAD": "SUM",
    "logSAD": "logSUM",
    "sqrtSAD": "sqrtSUM",
}
BUILT_IN: Mapping[str, AlleleScore | TrackScore] = {
    **{score.name: score for score in ALLELE_SCORES},
    **{score.name: score for score in TRACK_SCORES},
}
_RANGES: Mapping[str, tuple[str, ...]] = {
    "real": ("real", "nonnegative", "probability"),
    "nonnegative": ("nonnegative", "probability"),
    "probability": ("probability",),
}


def list_scores(model: SequenceModel) -> list[str]:
    """Give the names that `score_variants(model, scores=...)` knows.

    Names whose values no head of the model has (logits without probabilities) are left out, and so
    are sums over positions where every head has one value per window.

    >>> from locuscope.models.zoo import load_model
    >>> list_scores(load_model("cispliceai"))[:4]
    ['ref', 'alt', 'diff', 'logit_ref']
    """
    require_model(model)
    heads = [head for head in model.heads.values() if head.kind in ("track", "scalar")]
    return _listed(model, heads, any)


def _listed(
    model: SequenceModel, heads: Sequence[HeadSpec], of_heads: Callable[[Iterable[bool]], bool]
) -> list[str]:
    """Names that some (`any`) or `all` of the heads can have, then the model's own."""
    own = [name for name in model.scores if name not in BUILT_IN]
    if not heads or not reads_windows(model):
        return own
    has_positions = any(head.resolutions_bp for head in heads)
    fitting = [
        name
        for name, score in BUILT_IN.items()
        if of_heads(head.value_range in _RANGES[score.needs] for head in heads)
        and (has_positions or not score.positional)
    ]
    return fitting + own


def resolve_scores(
    model: SequenceModel,
    scores: Score | Sequence[Score],
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None = None,
    *,
    ensemble: Ensemble | None = None,
    eps: float | None = None,
    heads: Sequence[HeadSpec] | None = None,
) -> dict[str, Scorer | PartScorer]:
    """Turn names and callables into label -> scorer, in the order given.

    Args:
        model: whose own scores count as well.
        scores: one or several names or callables; "all" = every name of `list_scores` that all
            heads can have; none gives {}. A callable with the name of a built-in gets the label
            `custom_<name>`; a class of scores is made with its `score_kwargs`.
        score_kwargs: options per score, in the same order, `{}` or None = defaults; for one score
            also its dictionary alone.
        ensemble: its `rc_merging` is the rule of every score that does not state its own.
        eps: how close a probability may come to 0 and 1 in the logits; None = as it is.
        heads: what will be scored; None = every head, without a check of what the scores need.

    Returns:
        Scorers that all take `(ref, alt, ref_rc=None, alt_rc=None, context=None)`, and the
        `PartScorer`s of the model.

    Raises:
        UnknownNameError: no such score.
        OptionError: another number of `score_kwargs`, an option that the score does not have or
            that has no effect, a label twice, or a score on a head that cannot have it.
    """
    require_model(model)
    views = Ensemble() if ensemble is None else ensemble
    views.refuse_samples("a score")
    given, options = _paired(model, scores, score_kwargs, heads)
    margin = check_eps(eps)
    found: dict[str, Scorer | PartScorer] = {}
    for score, chosen in zip(given, options, strict=True):
        if not views.rc and _states_rule(score, chosen):
            said = score if isinstance(score, str) else name_of(score)
            raise OptionError(
                f"rc_merging of the score {said!r} has no effect without rc=True.",
                option="score_kwargs",
                value=dict(chosen),
            )
        label, scorer = _resolve(model, score, chosen, views, margin)
        if label in found:
            raise OptionError(
                f"the score {label!r} is asked for twice.", option="scores", value=label
            )
        found[label] = scorer
    _refuse_idle(found, views, margin)
    if heads is not None:
        require_domain(found, heads)
    return found


def require_domain(scorers: Mapping[str, Scorer | PartScorer], heads: Sequence[HeadSpec]) -> None:
    """Raise unless every head has values that every score can take.

    Args:
        scorers: label -> scorer.
        heads: what is scored.

    Raises:
        OptionError: a logit of what is no probability, a logarithm of what may be negative; names
            score and head.
    """
    for label, scorer in scorers.items():
        needs = getattr(scorer, "needs", "real")
        for head in heads:
            if needs in _RANGES and head.value_range not in _RANGES[needs]:
                raise OptionError(
                    f"the score {label!r} takes {needs} values, head {head.name!r} has "
                    f"{head.value_range} ones. Choose heads with heads=, or state value_range= in "
                    "the HeadSpec of your model.",
                    option="scores",
                    value=label,
                    allowed=_RANGES[needs],
                )


def _paired(
    model: SequenceModel,
    scores: object,
    score_kwargs: object,
    heads: Sequence[HeadSpec] | None,
) -> tuple[list[Any], list[Mapping[str, object]]]:
    """Give one dictionary of options per score."""
    if isinstance(scores, str) and scores == "all":
        if score_kwargs is not None:
            raise OptionError(
                "scores='all' takes the defaults of every score; score_kwargs must be None.",
                option="score_kwargs",
                value=score_kwargs,
            )
        known = [head for head in model.heads.values() if head.kind in ("track", "scalar")]
        scores = _listed(model, known if heads is None else heads, all)
    given: list[Any] = [scores]
    if isinstance(scores, Sequence) and not isinstance(scores, str):
        given = list(scores)
    if score_kwargs is None:
        return given, [{} for _ in given]
    options = None
    if isinstance(score_kwargs, Mapping) and len(given) == 1:
        return given, [score_kwargs]
    if isinstance(score_kwargs, Sequence) and not isinstance(score_kwargs, str):
        options = [{} if chosen is None else chosen for chosen in score_kwargs]
    if options is None or not all(isinstance(chosen, Mapping) for chosen in options):
        raise WrongTypeError(
            f"score_kwargs takes a list with one dictionary per score; got {score_kwargs!r}.",
            argument="score_kwargs",
            found=type(score_kwargs).__name__,
            expected="list of dict",
        )
    if len(options) != len(given):
        raise OptionError(
            f"{counted(len(given), 'score')} but {len(options)} score_kwargs; give one dictionary "
            "per score.",
            option="score_kwargs",
            value=score_kwargs,
        )
    return given, options


def _resolve(
    model: SequenceModel,
    score: Any,
    options: Mapping[str, object],
    views: Ensemble,
    eps: float | None,
) -> tuple[str, Scorer | PartScorer]:
    rule = merge_rule(views.rc_merging)
    own: Any
    if isinstance(score, str):
        name = ALIASES.get(score, score)
        if name in BUILT_IN and reads_windows(model):
            built = BUILT_IN[name]
            if isinstance(built, AlleleScore):
                bound: dict[str, Any] = {"rc_merging": rule}
                if "eps" in built.tunable:
                    bound["eps"] = eps
                built = built.configure(**{**bound, **options})
            elif options:
                built = built.configure(**options)
            return score, built
        if name not in model.scores:
            raise _unknown(model, score)
        label, own = score, model.scores[name]
    elif callable(score):
        name = name_of(score)
        label, own = (f"custom_{name}" if name in BUILT_IN or name in ALIASES else name), score
    else:
        raise WrongTypeError(
            f"a score is a name or a callable; got {score!r}.",
            argument="scores",
            found=type(score).__name__,
            expected="str or callable",
        )
    if not isinstance(own, PartScorer):
        if not reads_windows(model):
            raise OptionError(
                f"{model.name} reads {len(model.inputs)} inputs of a place; a window around a base "
                f"means nothing to it, so the score {label!r} has nothing to compare.",
                option="scores",
                value=label,
            )
        return label, custom_score(own, label, options, rule)
    if not options:
        return label, own
    if not hasattr(own, "configure"):
        raise OptionError(
            f"the score {label!r} takes no options; got {dict(options)!r}.",
            option="score_kwargs",
            value=dict(options),
        )
    return label, own.configure(**options)


def _states_rule(score: object, options: Mapping[str, object]) -> bool:
    """Whether a score comes with a merge rule of its own that is not the default."""
    made = isinstance(score, RCScore) and score.rc_merging != merge_rule("mean")
    return made or "rc_merging" in options


def _unknown(model: SequenceModel, score: str) -> UnknownNameError:
    known = list_scores(model)
    return UnknownNameError(
        f"no score is called {score!r}; {did_you_mean(score, known)} {model.name} has "
        f"{', '.join(known)}.",
        name=score,
        known=tuple(known),
        closest=closest(score, known),
    )


def _refuse_idle(
    found: Mapping[str, Scorer | PartScorer],
    views: Ensemble,
    eps: float | None,
) -> None:
    """Refuse a merge rule or an `eps` that no score uses."""
    if not found:
        return
    names = ", ".join(found)
    if eps is not None and not any("eps" in getattr(s, "tunable", ()) for s in found.values()):
        raise OptionError(
            f"eps={eps!r} has no effect on {names}; it is for logits of probabilities.",
            option="eps",
            value=eps,
        )
    rule = merge_rule(views.rc_merging)
    merges = [merging_rule(scorer) == rule for scorer in found.values()]
    if views.rc_merging != "mean" and not any(merges):
        why = {name: _why_no_rule(scorer) for name, scorer in found.items()}
        each = [f"{name if len(why) > 1 else 'it'} {reason}" for name, reason in why.items()]
        rest = "" if all(isinstance(s, PartScorer) for s in found.values()) else " and keep rc=True"
        raise OptionError(
            f"rc_merging={views.rc_merging!r} has no effect on {names}: {'; '.join(each)}. Leave "
            f"it out{rest}.",
            option="rc_merging",
            value=views.rc_merging,
        )


def _why_no_rule(scorer: Scorer | PartScorer) -> str:
    """Say why the merge rule of a call does not reach a score."""
    if isinstance(scorer, PartScorer):
        return "makes its own sequences"
    if merging_rule(scorer) is not None:
        return "has a merge rule of its own"
    is_own = isinstance(scorer, CustomScore) and scorer.form.takes_strands
    return "merges both strands itself" if is_own else "scores the mean prediction of both strands"
