"""Running a model: sequences and places in, named tracks out, in batches that fit the memory.

Verbs are reached as `locuscope.predict` or from their files: here the attribute `predict` is the
module, because the file has the verb's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.inference.chromosomes import predict_chromosomes
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.ensemble_outputs import EnsembleOutputs
    from locuscope.inference.evaluation import Evaluation
    from locuscope.inference.gene_predictions import GenePredictions
    from locuscope.inference.gene_sites import GeneSeq
    from locuscope.inference.measured_batches import TestBatch
    from locuscope.inference.moments import RunningMoments, running_mean, running_varsum
    from locuscope.inference.predict_variant import VariantOutputs
    from locuscope.inference.run import Run
    from locuscope.inference.target import Target

__all__ = [
    "Ensemble",
    "EnsembleOutputs",
    "Evaluation",
    "GenePredictions",
    "GeneSeq",
    "Run",
    "RunningMoments",
    "Target",
    "TestBatch",
    "VariantOutputs",
    "predict_chromosomes",
    "running_mean",
    "running_varsum",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Ensemble": ".ensemble",
        "EnsembleOutputs": ".ensemble_outputs",
        "Evaluation": ".evaluation",
        "GenePredictions": ".gene_predictions",
        "GeneSeq": ".gene_sites",
        "Run": ".run",
        "RunningMoments": ".moments",
        "Target": ".target",
        "TestBatch": ".measured_batches",
        "VariantOutputs": ".predict_variant",
        "predict_chromosomes": ".chromosomes",
        "running_mean": ".moments",
        "running_varsum": ".moments",
    },
)
