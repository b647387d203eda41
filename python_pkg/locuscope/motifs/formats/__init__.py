"""Files of motifs: TF-MoDISco, MEME, JASPAR, and small tables of names and numbers.

Names resolve lazily; importing this room opens no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from .jaspar import jaspar_text, read_jaspar, write_jaspar
    from .meme import meme_text, read_meme, write_meme
    from .motif_files import read_motifs
    from .seqlets import read_seqlets

__all__ = [
    "jaspar_text",
    "meme_text",
    "read_jaspar",
    "read_meme",
    "read_motifs",
    "read_seqlets",
    "write_jaspar",
    "write_meme",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "jaspar_text": ".jaspar",
        "meme_text": ".meme",
        "read_jaspar": ".jaspar",
        "read_meme": ".meme",
        "read_motifs": ".motif_files",
        "read_seqlets": ".seqlets",
        "write_jaspar": ".jaspar",
        "write_meme": ".meme",
    },
)
