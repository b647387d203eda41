"""What a change does: scores of reference against alternative, for every allele of a file.

The verb is `locuscope.score_variants` (`effects/variants.py`); `VariantScores` is what it gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.effects.scores import Scorer, list_scores
    from locuscope.effects.variant_scores import VariantScores
    from locuscope.effects.variants import score_variants

__all__ = ["Scorer", "VariantScores", "list_scores", "score_variants"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Scorer": ".scores",
        "VariantScores": ".variant_scores",
        "list_scores": ".scores",
        "score_variants": ".variants",
    },
)
