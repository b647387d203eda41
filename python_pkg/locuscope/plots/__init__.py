"""Figures: many alleles at a glance, contributions as letters, gradients, accuracy.

Most figures are methods of results (`VariantScores.plot`, `Evaluation.plot`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.plots.contributions import plot_contributions
    from locuscope.plots.figure import Figure
    from locuscope.plots.grad_plotter import GradPlotter
    from locuscope.plots.still_figure import StillFigure

__all__ = ["Figure", "GradPlotter", "StillFigure", "plot_contributions"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Figure": ".figure",
        "GradPlotter": ".grad_plotter",
        "StillFigure": ".still_figure",
        "plot_contributions": ".contributions",
    },
)
