"""Running a model: sequences and places in, named tracks out, in batches that fit the memory.

`predict` and `predict_variant` are reached as `locuscope.predict` or from their files: here the
attribute `predict` is the module, because the file has the verb's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.predict_variant import VariantOutputs
    from locuscope.inference.run import Run

__all__ = ["Ensemble", "Run", "VariantOutputs"]

__getattr__, __dir__ = attach(
    __name__,
    {"Ensemble": ".ensemble", "Run": ".run", "VariantOutputs": ".predict_variant"},
)
