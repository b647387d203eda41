"""Solvers of the hit problem: a non-negative lasso per region, solved exactly and certified.

Importing this room compiles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from .batch_loaders import (
        BatchLoaderBase,
        BatchLoaderCompactFmt,
        BatchLoaderHyp,
        BatchLoaderProj,
    )
    from .batched import solve_batched
    from .certified import solve_certified
    from .fista import Fista, solve_fista
    from .gap import duality_gap
    from .problem import Problem
    from .published_steps import optimizer_step, prox_grad_step
    from .regions_chunk import RegionsChunk
    from .solved import STATUSES, Solved

__all__ = [
    "STATUSES",
    "BatchLoaderBase",
    "BatchLoaderCompactFmt",
    "BatchLoaderHyp",
    "BatchLoaderProj",
    "Fista",
    "Problem",
    "RegionsChunk",
    "Solved",
    "duality_gap",
    "optimizer_step",
    "prox_grad_step",
    "solve_batched",
    "solve_certified",
    "solve_fista",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "STATUSES": ".solved",
        "BatchLoaderBase": ".batch_loaders",
        "BatchLoaderCompactFmt": ".batch_loaders",
        "BatchLoaderHyp": ".batch_loaders",
        "BatchLoaderProj": ".batch_loaders",
        "Fista": ".fista",
        "Problem": ".problem",
        "RegionsChunk": ".regions_chunk",
        "Solved": ".solved",
        "duality_gap": ".gap",
        "optimizer_step": ".published_steps",
        "prox_grad_step": ".published_steps",
        "solve_batched": ".batched",
        "solve_certified": ".certified",
        "solve_fista": ".fista",
    },
)
