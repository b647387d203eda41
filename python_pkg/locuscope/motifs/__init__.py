"""Motifs: sets of position matrices and the files they come in.

Names resolve lazily; importing this room opens no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from .formats import read_meme, write_meme
    from .motif import Motif, MotifSet

__all__ = ["Motif", "MotifSet", "read_meme", "write_meme"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Motif": ".motif",
        "MotifSet": ".motif",
        "read_meme": ".formats",
        "write_meme": ".formats",
    },
)
