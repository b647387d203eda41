"""What a call of `mutation_map` will do, once its options are read: `MapPlan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locuscope._version import __version__
from locuscope.effects.maps.map_scoring import MapScoring
from locuscope.effects.scores import PartScorer, resolve_scores
from locuscope.effects.scoring.window_scores import WindowScoring, require_scorable
from locuscope.effects.windows.window_places import window_width
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import whole_number
from locuscope.genome.placement import Placement
from locuscope.inference.ensemble import name_of
from locuscope.inference.selection import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from locuscope.effects.scores import Scorer
    from locuscope.genome.reference import Genome
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice, TrackChoice
    from locuscope.models.protocol import SequenceModel


@dataclass(frozen=True, eq=False)
class MapPlan:
    """Options that were read and found to fit together.

    Args:
        model: the model.
        cells: how the cells are computed.
        width_bp: width of a window.
        placement: where windows of variants lie.
        tiling: "core" or "kipoi".
        core_bp: bases of a chunk; None = half the window where a place is longer than it.
        n_policy: "nan" or "fill".
        organism: index of the organism.
        run: how it runs.
        method: what was asked for; what is done stands in `cells.scoring.mutants`.
    """

    model: SequenceModel
    cells: MapScoring
    width_bp: int
    placement: Placement
    tiling: str
    core_bp: int | None
    n_policy: str
    organism: int
    run: Run
    method: str = "auto"

    def provenance(self, genome: Genome | None) -> dict[str, object]:
        """Give everything that changes a number, as plain values."""
        scoring = self.cells.scoring
        reduce = scoring.reduce
        return {
            "package": f"locuscope {__version__}",
            "model": self.model.name,
            "model_digest": self.model.digest,
            "genome": None if genome is None else genome.name,
            "assembly": None if genome is None else genome.assembly,
            "genome_digest": None if genome is None else genome.digest,
            "organism": self.organism,
            "scores": {
                name: getattr(scorer, "options", {}) for name, scorer in scoring.scorers.items()
            },
            "heads": [choice.spec.name for choice in scoring.choices],
            "reduce": reduce if isinstance(reduce, str) else name_of(reduce),
            "mask_bp": scoring.mask_bp,
            "n_policy": self.n_policy,
            "tiling": self.tiling,
            "core_bp": self.core_bp,
            "window_bp": self.width_bp,
            "placement": {
                name: getattr(self.placement, name)
                for name in ("mode", "center", "multi", "share_bp")
            },
            **scoring.ensemble.facts(),
            "method": "naive" if scoring.mutants is None else "incremental",
        }


def plan_map(
    model: SequenceModel,
    scores: str | Scorer | Sequence[str | Scorer],
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None,
    *,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    reduce: str | Callable[[Any], Any],
    mask_bp: int | None,
    n_policy: str,
    tiling: str,
    core_bp: int | None,
    placement: Placement | None,
    ensemble: Ensemble,
    organism: int,
    run: Run,
    method: str,
) -> MapPlan:
    """Read the options of `mutation_map` that are about scoring.

    Raises:
        OptionError: an option outside its range or without effect; a score that makes its own
            sequences.
        UnknownNameError, EmptySelectionError: scores, heads or tracks that are not there.
    """
    chosen = choose(model, heads=heads, tracks=tracks, organism=organism)
    choices = require_scorable(chosen, is_asked=heads is not None)
    scoring = WindowScoring(
        model,
        _scorers(model, scores, score_kwargs, ensemble, choices),
        choices,
        organism,
        IndelRule(),
        reduce,
        ensemble,
        run,
        mask_bp=mask_bp,
    )
    place = placement or Placement()
    width_bp = window_width(model, place)
    return MapPlan(
        model,
        MapScoring(scoring, fills_unknown=n_policy == "fill"),
        width_bp,
        place,
        tiling,
        _core(core_bp, tiling, width_bp),
        n_policy,
        organism,
        run,
        method,
    )


def _scorers(
    model: SequenceModel,
    scores: str | Scorer | Sequence[str | Scorer],
    score_kwargs: Sequence[Mapping[str, object] | None] | Mapping[str, object] | None,
    ensemble: Ensemble,
    choices: Sequence[HeadChoice],
) -> dict[str, Any]:
    specs = [choice.spec for choice in choices]
    found = resolve_scores(model, scores, score_kwargs, ensemble=ensemble, heads=specs)
    own = [name for name, scorer in found.items() if isinstance(scorer, PartScorer)]
    is_all = isinstance(scores, str) and scores == "all"
    if own and not is_all:
        raise OptionError(
            f"the score {own[0]!r} makes its own sequences for each allele and has no value on a "
            "shared window; use score_variants for it.",
            option="scores",
            value=own[0],
        )
    kept = {name: scorer for name, scorer in found.items() if name not in own}
    if not kept:
        raise OptionError(
            f"no score was asked for that {model.name} can compute on a window.",
            option="scores",
            value=scores,
        )
    return kept


def _core(core_bp: object, tiling: str, width_bp: int) -> int | None:
    if core_bp is None:
        return None
    core = whole_number(core_bp, "core_bp")
    if tiling != "core":
        raise OptionError(
            f"core_bp={core} has no effect with tiling={tiling!r}, which changes every base of a "
            "window.",
            option="core_bp",
            value=core,
        )
    if not 1 <= core <= width_bp:
        raise OptionError(
            f"core_bp is {core:,}; the bases changed in a window of {width_bp:,} are between 1 and "
            f"{width_bp:,}.",
            option="core_bp",
            value=core,
            allowed=f"1..{width_bp}",
        )
    return core
