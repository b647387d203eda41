"""The embedded default: real data on GRCh37 chromosome 20, 1.0-4.0 Mb, and its readers.

Everything here is public data that came with the package: sequence, phased genotypes of sixty
people, gene models, measured tracks, motifs, a Drosophila teaching set and trained networks.
Importing this room opens no file; each accessor reads its own on first use and keeps it. Teaching
data, not for diagnosis.

`build.py` and the `build_*.py` files make the data from pinned packages. Maintainers run them; the
package never imports them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from .bundle import citation, notice, path
    from .fly import insulators
    from .integrity import check
    from .measurements import dnase, measured
    from .motif_sets import motifs
    from .networks import catalog, model
    from .people import showcase, variants
    from .places import genes, genome, locus
    from .simulate import motif_recovery, plant_motifs

__all__ = [
    "catalog",
    "check",
    "citation",
    "dnase",
    "genes",
    "genome",
    "insulators",
    "locus",
    "measured",
    "model",
    "motif_recovery",
    "motifs",
    "notice",
    "path",
    "plant_motifs",
    "showcase",
    "variants",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "catalog": ".networks",
        "check": ".integrity",
        "citation": ".bundle",
        "dnase": ".measurements",
        "genes": ".places",
        "genome": ".places",
        "insulators": ".fly",
        "locus": ".places",
        "measured": ".measurements",
        "model": ".networks",
        "motif_recovery": ".simulate",
        "motifs": ".motif_sets",
        "notice": ".bundle",
        "path": ".bundle",
        "plant_motifs": ".simulate",
        "showcase": ".people",
        "variants": ".people",
    },
)
