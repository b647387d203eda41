"""What a call of `score_variants` will do, once its options are read: `ScorePlan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locuscope._version import __version__
from locuscope.effects.scores import REDUCERS, PartScorer
from locuscope.effects.window_scores import WindowScoring, require_scorable
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.inference.selection import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from locuscope.effects.scores import Scorer
    from locuscope.genome.reference import Genome
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel


@dataclass(frozen=True, eq=False)
class ScorePlan:
    """Options that were read and found to fit together.

    Args:
        model: the model.
        own: label -> scorer that makes its own sequences.
        scoring: the scores that share the verb's window; None without any.
        width_bp: width of that window.
        placement: where it lies.
        organism: index of the organism.
        run: device and batch size.
        order: labels of all scores, as asked for.
    """

    model: SequenceModel
    own: Mapping[str, PartScorer]
    scoring: WindowScoring | None
    width_bp: int | None
    placement: Placement
    organism: int
    run: Run
    order: tuple[str, ...]

    def provenance(self, genome: Genome) -> dict[str, object]:
        """Give everything that changes a number, as plain values."""
        scorers: dict[str, Any] = dict(self.own)
        if self.scoring is not None:
            scorers |= self.scoring.scorers
        facts: dict[str, object] = {
            "package": f"locuscope {__version__}",
            "model": self.model.name,
            "model_digest": self.model.digest,
            "genome": genome.name,
            "assembly": genome.assembly,
            "genome_digest": genome.digest,
            "organism": self.organism,
            "scores": {name: getattr(scorers[name], "options", {}) for name in self.order},
        }
        if self.scoring is not None:
            reduce, indels = self.scoring.reduce, self.scoring.indels
            facts |= {
                "heads": [choice.spec.name for choice in self.scoring.choices],
                "reduce": reduce if isinstance(reduce, str) else _name(reduce),
                "window_bp": self.width_bp,
                "center": self.placement.center,
                "indels": {"anchor": indels.anchor, "align": indels.align},
                "rc": self.scoring.is_averaged,
            }
        return facts


def plan_scores(
    model: SequenceModel,
    scorers: Mapping[str, Scorer | PartScorer],
    *,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    reduce: str | Callable[[Any], Any],
    placement: Placement | None,
    indels: IndelRule | None,
    is_averaged: bool,
    organism: int,
    run: Run,
) -> ScorePlan:
    """Read the options of `score_variants` that are about scoring.

    Raises:
        OptionError: an option outside its list, or one that has no effect on the scores asked for.
        UnknownNameError, EmptySelectionError: heads or tracks that are not there.
    """
    if not callable(reduce) and reduce not in REDUCERS:
        raise OptionError(
            f"reduce must be one of {', '.join(REDUCERS)}; got {reduce!r}.",
            option="reduce",
            value=reduce,
            allowed=REDUCERS,
        )
    own = {name: scorer for name, scorer in scorers.items() if isinstance(scorer, PartScorer)}
    shared: dict[str, Any] = {k: scorer for k, scorer in scorers.items() if k not in own}
    place = placement or Placement()
    if not shared:
        given = {
            "heads": heads,
            "tracks": tracks,
            "placement": placement,
            "indels": indels,
            "rc": is_averaged or None,
            "reduce": None if reduce == "mean" else reduce,
        }
        _refuse_idle(given, list(own))
        return ScorePlan(model, own, None, None, place, organism, run, tuple(scorers))
    choices = choose(model, heads=heads, tracks=tracks, organism=organism)
    scoring = WindowScoring(
        model,
        shared,
        require_scorable(choices, is_asked=heads is not None),
        organism,
        indels or IndelRule(),
        reduce,
        is_averaged,
        run,
    )
    width_bp = _width(model, place)
    return ScorePlan(model, own, scoring, width_bp, place, organism, run, tuple(scorers))


def _width(model: SequenceModel, placement: Placement) -> int:
    width = placement.width_bp or model.window_bp or model.default_width_bp
    if width is None:
        raise OptionError(
            f"{model.name} reads windows of any length; say which: "
            "placement=Placement(width_bp=...).",
            option="placement",
            value=None,
        )
    model.check_length(width)
    return width


def _refuse_idle(options: Mapping[str, object], names: list[str]) -> None:
    """Refuse options of the shared window when no score uses it."""
    for option, value in options.items():
        if value is not None:
            raise OptionError(
                f"{option}={value!r} has no effect on {', '.join(names)}, which makes its own "
                "sequences; its options come through score_kwargs.",
                option=option,
                value=value,
            )


def _name(function: Callable[[Any], Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
