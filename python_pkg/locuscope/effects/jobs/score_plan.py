"""What a call of `score_variants` will do, once its options are read: `ScorePlan`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from locuscope._version import __version__
from locuscope.effects.scores import require_domain, resolve_scores
from locuscope.effects.scoring.score_forms import PartScorer
from locuscope.effects.scoring.window_scores import WindowScoring, require_scorable
from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.window_places import window_width
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.inference.ensemble import name_of
from locuscope.inference.joined_inputs import reads_windows
from locuscope.inference.selection import choose
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from locuscope.effects.scores import Score
    from locuscope.genome.reference import Genome
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import SequenceModel

ON_BAD = ("flag", "raise", "skip")
REF_POLICIES = ("check", "force")


@dataclass(frozen=True, eq=False)
class ScorePlan:
    """Options that were read and found to fit together.

    Args:
        model: the model.
        own: label -> scorer that makes its own sequences.
        scoring: the scores that share the verb's window; None without any.
        width_bp: width of that window.
        placement: where it lies.
        indels: how an allele of another length meets the reference.
        organism: index of the organism.
        run: device and batch size.
        order: labels of all scores, as asked for.
        is_normalized: whether windows stand on the normalised spelling.
        ref_policy: "check" or "force".
        on_bad: "flag", "raise" or "skip".
        eps: how close a probability may come to 0 and 1; None = as it is.
        source: what messages call the file of the alleles; None = they came from memory.
    """

    model: SequenceModel
    own: Mapping[str, PartScorer]
    scoring: WindowScoring | None
    width_bp: int | None
    placement: Placement
    indels: IndelRule
    organism: int
    run: Run
    order: tuple[str, ...]
    is_normalized: bool = True
    ref_policy: str = "check"
    on_bad: str = "flag"
    eps: float | None = None
    source: str | None = None
    _openers: dict[int, WindowOpener] = field(default_factory=dict, init=False, repr=False)
    _facts: dict[int, tuple[object, dict[str, object]]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def tracks(self) -> TrackTable:
        """The tracks of the scores that share the window; none without such a score."""
        return TrackTable.from_tracks([]) if self.scoring is None else self.scoring.tracks

    @property
    def is_one_shot(self) -> bool:
        """Whether a data loader brings the windows, whose batches nothing can ask for again."""
        return self.placement.has_loader

    def opener(self, genome: Genome | None) -> WindowOpener:
        """Give what cuts the windows of alleles: one for all parts, for it has read the regions."""
        if self.width_bp is None:
            raise OptionError("no score shares a window.", option="scores", value=self.order)
        known = self._openers.get(id(genome))
        if known is None:
            known = self._openers[id(genome)] = WindowOpener(
                genome,
                self.placement,
                self.width_bp,
                indels=self.indels,
                ref_policy=self.ref_policy,
                inputs=self.model.inputs,
            )
        return known

    def provenance(self, genome: Genome | None) -> dict[str, object]:
        """Give everything that changes a number, as plain values.

        A digest reads all weights, so the answer is kept for the parts that follow.
        """
        if id(genome) not in self._facts:
            self._facts[id(genome)] = (genome, self._provenance(genome))
        return dict(self._facts[id(genome)][1])

    def _provenance(self, genome: Genome | None) -> dict[str, object]:
        scorers: dict[str, Any] = dict(self.own)
        if self.scoring is not None:
            scorers |= self.scoring.scorers
        facts: dict[str, object] = {
            "package": f"locuscope {__version__}",
            "model": self.model.name,
            "model_digest": self.model.digest,
            "genome": None if genome is None else genome.name,
            "assembly": None if genome is None else genome.assembly,
            "genome_digest": None if genome is None else genome.digest,
            "organism": self.organism,
            "scores": {name: _options(scorers[name]) for name in self.order},
            "normalize": self.is_normalized,
            "ref_policy": self.ref_policy,
            "on_bad": self.on_bad,
        }
        if self.scoring is not None:
            facts |= self.opener(genome).facts
            facts |= _scoring_facts(self.scoring, self.eps)
        return facts


def _scoring_facts(scoring: WindowScoring, eps: float | None) -> dict[str, object]:
    reduce = scoring.reduce
    tracks = repr(scoring.tracks.rows()).encode()
    return {
        "heads": [choice.spec.name for choice in scoring.choices],
        "tracks": hashlib.sha256(tracks).hexdigest(),
        "reduce": reduce if isinstance(reduce, str) else name_of(reduce),
        "mask_bp": scoring.mask_bp,
        "eps": eps,
        **scoring.ensemble.facts(),
    }


def plan_scores(
    model: SequenceModel,
    scores: Score | Sequence[Score],
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None,
    *,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    reduce: str | Callable[[Any], Any],
    mask_bp: int | None,
    eps: float | None,
    placement: Placement | None,
    indels: IndelRule | None,
    ensemble: Ensemble,
    organism: int,
    run: Run,
    normalize: bool,
    ref_policy: str,
    on_bad: str,
) -> ScorePlan:
    """Read the options of `score_variants` that are about scoring.

    Raises:
        OptionError: an option outside its list, or one that has no effect on the scores asked for.
        UnknownNameError, EmptySelectionError: scores, heads or tracks that are not there.
    """
    check_choice("on_bad", on_bad, ON_BAD)
    check_choice("ref_policy", ref_policy, REF_POLICIES)
    specs = None
    if isinstance(scores, str) and scores == "all" and reads_windows(model):
        chosen = choose(model, heads=heads, tracks=tracks, organism=organism)
        specs = [choice.spec for choice in chosen]
    scorers = resolve_scores(model, scores, score_kwargs, ensemble=ensemble, eps=eps, heads=specs)
    own = {name: scorer for name, scorer in scorers.items() if isinstance(scorer, PartScorer)}
    shared: dict[str, Any] = {k: scorer for k, scorer in scorers.items() if k not in own}
    common = (organism, run, tuple(scorers), normalize, ref_policy, on_bad, eps)
    place, rule = placement or Placement(), indels or IndelRule()
    if own and not shared:
        given = {
            "heads": heads,
            "tracks": tracks,
            "mask_bp": mask_bp,
            "placement": placement,
            "indels": indels,
            "rc": ensemble.rc or None,
            "shifts": None if tuple(ensemble.shifts) == (0,) else ensemble.shifts,
            "members": ensemble.members or None,
            "reduce": None if reduce == "mean" else reduce,
            "ref_policy": None if ref_policy == "check" else ref_policy,
        }
        _refuse_idle(given, list(own))
        return ScorePlan(model, own, None, None, place, rule, *common)
    width_bp = window_width(model, place)
    if not shared:
        return ScorePlan(model, own, None, width_bp, place, rule, *common)
    choices = require_scorable(
        choose(model, heads=heads, tracks=tracks, organism=organism), is_asked=heads is not None
    )
    require_domain(shared, [choice.spec for choice in choices])
    scoring = WindowScoring(
        model,
        shared,
        choices,
        organism,
        rule,
        reduce,
        ensemble,
        run,
        mask_bp=mask_bp,
    )
    return ScorePlan(model, own, scoring, width_bp, place, rule, *common)


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


def _options(scorer: Any) -> object:
    return {key: _named(value) for key, value in dict(getattr(scorer, "options", {})).items()}


def _named(value: object) -> object:
    return name_of(value) if callable(value) else value
