"""Figures: many alleles at a glance. The verbs are methods of results (`VariantScores.plot`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.plots.figure import Figure

__all__ = ["Figure"]

__getattr__, __dir__ = attach(__name__, {"Figure": ".figure"})
