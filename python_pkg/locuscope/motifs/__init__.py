"""Motifs: sets of motifs, the files they come in, and where they stand in contribution scores.

Names resolve lazily; importing this room opens no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from .collapse import collapse_hits
    from .formats import read_meme, read_motifs, read_seqlets, write_jaspar, write_meme
    from .hits import Hits
    from .intersect import intersect_hits
    from .motif import Motif
    from .motif_set import MotifSet
    from .regions import read_narrowpeak, read_regions, write_regions
    from .solvers import (
        BatchLoaderBase,
        BatchLoaderCompactFmt,
        BatchLoaderHyp,
        BatchLoaderProj,
        Fista,
        duality_gap,
        optimizer_step,
        prox_grad_step,
    )

__all__ = [
    "BatchLoaderBase",
    "BatchLoaderCompactFmt",
    "BatchLoaderHyp",
    "BatchLoaderProj",
    "Fista",
    "Hits",
    "Motif",
    "MotifSet",
    "collapse_hits",
    "duality_gap",
    "intersect_hits",
    "optimizer_step",
    "prox_grad_step",
    "read_meme",
    "read_motifs",
    "read_narrowpeak",
    "read_regions",
    "read_seqlets",
    "write_jaspar",
    "write_meme",
    "write_regions",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "BatchLoaderBase": ".solvers",
        "BatchLoaderCompactFmt": ".solvers",
        "BatchLoaderHyp": ".solvers",
        "BatchLoaderProj": ".solvers",
        "Fista": ".solvers",
        "Hits": ".hits",
        "Motif": ".motif",
        "MotifSet": ".motif_set",
        "collapse_hits": ".collapse",
        "duality_gap": ".solvers",
        "intersect_hits": ".intersect",
        "optimizer_step": ".solvers",
        "prox_grad_step": ".solvers",
        "read_meme": ".formats",
        "read_motifs": ".formats",
        "read_narrowpeak": ".regions",
        "read_regions": ".regions",
        "read_seqlets": ".formats",
        "write_jaspar": ".formats",
        "write_meme": ".formats",
        "write_regions": ".regions",
    },
)
