"""What a change does: scores of reference against alternative, for every allele or every base.

The verbs are `locuscope.score_variants` (`effects/variants.py`), `locuscope.mutation_map`
(`effects/mutation_map.py`), `locuscope.marginalize_variants` (`effects/nulls.py`) and
`locuscope.calibrate` (`effects/calibrate.py`); `VariantScores`, `MutationMap` and `Calibration` are
what they give. Verbs whose file has their own name are imported from there, or from `locuscope`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.effects.calibrate import Calibration
    from locuscope.effects.maps.mutation_map_set import MutationMapSet
    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.effects.nulls import marginalize_variants
    from locuscope.effects.scores import list_scores
    from locuscope.effects.scoring.merging import RCScore
    from locuscope.effects.scoring.score_forms import ScoreContext, Scorer
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.effects.variants import score_variants
    from locuscope.effects.windows.model_batches import ModelBatch

__all__ = [
    "Calibration",
    "ModelBatch",
    "MutationMap",
    "MutationMapSet",
    "RCScore",
    "ScoreContext",
    "Scorer",
    "VariantScores",
    "list_scores",
    "marginalize_variants",
    "score_variants",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Calibration": ".calibrate",
        "ModelBatch": ".windows.model_batches",
        "MutationMap": ".maps.mutation_maps",
        "MutationMapSet": ".maps.mutation_map_set",
        "RCScore": ".scoring.merging",
        "ScoreContext": ".scoring.score_forms",
        "Scorer": ".scoring.score_forms",
        "VariantScores": ".variant_scores",
        "list_scores": ".scores",
        "marginalize_variants": ".nulls",
        "score_variants": ".variants",
    },
)
