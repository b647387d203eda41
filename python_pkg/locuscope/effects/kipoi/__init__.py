"""The published Kipoi names of variant scoring and mutation maps, thin over our verbs.

A script ports by its import line: the same functions, classes and arguments in the same order. What
differs is said where it differs: every row keeps its place with a status, every ALT is scored,
indels too, and nothing is dropped without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.effects.kipoi.dataloader import default_dataloader, get_model
    from locuscope.effects.kipoi.mutation_map import MutationMap, MutationMapPlotter
    from locuscope.effects.kipoi.records import default_vcf_id_gen
    from locuscope.effects.kipoi.regions import (
        ModelInfoExtractor,
        SnvCenteredRg,
        SnvPosRestrictedRg,
    )
    from locuscope.effects.kipoi.scores import (
        Alt,
        DeepSEA_effect,
        Diff,
        Logit,
        LogitAlt,
        LogitRef,
        RCScore,
        Ref,
    )
    from locuscope.effects.kipoi.snv_predict import predict_snvs, score_variants
    from locuscope.effects.kipoi.writers import SyncHdf5SeqWriter, VcfWriter

_PLACES = {
    "Alt": ".scores",
    "DeepSEA_effect": ".scores",
    "Diff": ".scores",
    "Logit": ".scores",
    "LogitAlt": ".scores",
    "LogitRef": ".scores",
    "ModelInfoExtractor": ".regions",
    "MutationMap": ".mutation_map",
    "MutationMapPlotter": ".mutation_map",
    "RCScore": ".scores",
    "Ref": ".scores",
    "SnvCenteredRg": ".regions",
    "SnvPosRestrictedRg": ".regions",
    "SyncHdf5SeqWriter": ".writers",
    "VcfWriter": ".writers",
    "default_dataloader": ".dataloader",
    "default_vcf_id_gen": ".records",
    "get_model": ".dataloader",
    "predict_snvs": ".snv_predict",
    "score_variants": ".snv_predict",
}

__all__ = [
    "Alt",
    "DeepSEA_effect",
    "Diff",
    "Logit",
    "LogitAlt",
    "LogitRef",
    "ModelInfoExtractor",
    "MutationMap",
    "MutationMapPlotter",
    "RCScore",
    "Ref",
    "SnvCenteredRg",
    "SnvPosRestrictedRg",
    "SyncHdf5SeqWriter",
    "VcfWriter",
    "default_dataloader",
    "default_vcf_id_gen",
    "get_model",
    "predict_snvs",
    "score_variants",
]

__getattr__, __dir__ = attach(__name__, _PLACES)
