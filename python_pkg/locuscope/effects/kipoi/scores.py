"""The published score classes, over our scores, and how published calls name scores.

`Diff("max")` reads both strands and merges them by that rule; `Diff()` reads the forward strand
alone, as a rule that is not named switches nothing on.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from locuscope._closest import counted
from locuscope.effects.scores import BUILT_IN
from locuscope.effects.scoring.merging import RCScore
from locuscope.errors import DataWarning, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from locuscope.models.protocol import SequenceModel

    Rule = str | Callable[[Any, Any], Any]

__all__ = [
    "Alt",
    "DeepSEA_effect",
    "Diff",
    "Logit",
    "LogitAlt",
    "LogitRef",
    "RCScore",
    "Ref",
]

DEFAULT_SCORES = ("logit_ref", "logit_alt", "ref", "alt", "logit", "diff")
OF_PROBABILITIES = ("logit_ref", "logit_alt", "logit", "deepsea_effect")


class _Unnamed(str):
    """The rule that holds when none is named; it tells `Diff()` from `Diff("mean")`."""

    __slots__ = ()


MEAN = _Unnamed("mean")


class _Published(RCScore):
    """One of our scores as a class."""

    ours: ClassVar[str]

    def __init__(self, rc_merging: Rule = MEAN) -> None:
        super().__init__(rc_merging)
        self.is_rule_named = not isinstance(rc_merging, _Unnamed)

    @property
    def needs(self) -> str:
        """What the values must be."""
        return BUILT_IN[self.ours].needs

    def __call__(self, ref: Any, alt: Any, ref_rc: Any = None, alt_rc: Any = None) -> Any:
        """Score n alleles; `ref_rc` and `alt_rc` are None without the reverse complement."""
        score = BUILT_IN[self.ours].configure(rc_merging=self.rc_merging)
        return score(ref, alt, ref_rc, alt_rc)


class Ref(_Published):
    """The prediction for the reference allele."""

    ours = "ref"


class Alt(_Published):
    """The prediction for the alternative allele."""

    ours = "alt"


class Diff(_Published):
    """Alternative minus reference.

    >>> import numpy as np
    >>> one = np.array([[1.0]])
    >>> Diff("max")(one, one * 2, one, one * 4).tolist()
    [[3.0]]
    """

    ours = "diff"


class LogitRef(_Published):
    """ln(p / (1 - p)) of the reference allele."""

    ours = "logit_ref"


class LogitAlt(_Published):
    """ln(p / (1 - p)) of the alternative allele."""

    ours = "logit_alt"


class Logit(_Published):
    """Difference of ln(p / (1 - p)) between the alleles."""

    ours = "logit"


class DeepSEA_effect(_Published):  # noqa: N801 (the published name)
    """abs(logit difference) * abs(difference), each merged over the strands by itself."""

    ours = "deepsea_effect"


def gives_probabilities(model: SequenceModel) -> bool:
    """Whether every head of a model gives probabilities, so that logits are defined."""
    return all(head.value_range == "probability" for head in model.heads.values())


def named_scores(
    model: SequenceModel,
    scores: Any,
    score_kwargs: Sequence[Mapping[str, object]] | None,
) -> tuple[Any, list[dict[str, object]] | None, bool]:
    """Read `scores` and `score_kwargs` of the published calls.

    Scores of probabilities that the model cannot have are left out with one warning; a class is
    made with its options.

    Returns:
        `scores` and `score_kwargs` of our verbs, and whether both strands are read.

    Raises:
        OptionError: another number of options than scores; nothing is left.
    """
    if isinstance(scores, str) and scores == "all":
        _refuse_options(score_kwargs)
        return "all", None, False
    listed = list(scores) if isinstance(scores, (list, tuple)) else [scores]
    if isinstance(score_kwargs, Mapping):
        score_kwargs = [score_kwargs]
    options = [dict(one) for one in score_kwargs or [{} for _ in listed]]
    if len(options) != len(listed):
        raise OptionError(
            f"{counted(len(listed), 'score')} but {len(options)} score_kwargs; give one dictionary "
            "per score.",
            option="score_kwargs",
            value=score_kwargs,
        )
    kept = _with_domain(model, list(zip(listed, options, strict=True)))
    made = [
        (score(**chosen), {}) if isinstance(score, type) else (score, chosen)
        for score, chosen in kept
    ]
    reads_both = any("rc_merging" in chosen for _, chosen in made) or any(
        names_rule(score) for score, _ in made
    )
    return [score for score, _ in made], [chosen for _, chosen in made], reads_both


def names_rule(score: object) -> bool:
    """Whether a score object was made with a rule for both strands."""
    if isinstance(score, _Published):
        return score.is_rule_named
    return isinstance(score, RCScore) and score.rc_merging.name != "mean"


def _refuse_options(score_kwargs: object) -> None:
    if score_kwargs:
        raise OptionError(
            "scores='all' takes the defaults of every score; leave out score_kwargs.",
            option="score_kwargs",
            value=score_kwargs,
        )


def _with_domain(
    model: SequenceModel, pairs: list[tuple[Any, dict[str, object]]]
) -> list[tuple[Any, dict[str, object]]]:
    """Leave out the names of scores of probabilities where a head gives something else."""
    if gives_probabilities(model):
        return pairs
    dropped = [name for name, _ in pairs if isinstance(name, str) and name in OF_PROBABILITIES]
    kept = [pair for pair in pairs if pair[0] not in dropped]
    if not dropped:
        return kept
    ranges = ", ".join(f"{name} ({head.value_range})" for name, head in model.heads.items())
    if not kept:
        raise OptionError(
            f"{', '.join(dropped)} need probabilities; {model.name} gives {ranges}. Ask for diff.",
            option="scores",
            value=dropped,
        )
    warnings.warn(
        f"{', '.join(dropped)} need probabilities and are left out: {model.name} gives {ranges}.",
        DataWarning,
        stacklevel=4,
    )
    return kept
