"""The embedded motif sets: small subsets of JASPAR 2024 CORE."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .bundle import path, unknown

if TYPE_CHECKING:
    from locuscope.motifs.motif_set import MotifSet

SPECIES = ("human", "fly")


def motifs(species: str = "human") -> MotifSet:
    """Give the embedded motifs of a species: 40 of human, 8 insulator-related ones of the fly.

    Names are those of the factors ("CTCF"), `original_name` is the JASPAR accession ("MA0139.2").

    Raises:
        UnknownNameError: a species other than `"human"` and `"fly"`.

    >>> motifs("fly")
    MotifSet(8 motifs: 'su(Hw)', 'BEAF-32', 'CTCF', 'Dref', 'Trl' and 3 more)
    >>> motifs()["SPI1"].ppm.shape
    (4, 20)
    """
    if species not in SPECIES:
        raise unknown("embedded motif set", species, SPECIES)
    return _motifs(species)


@cache
def _motifs(species: str) -> MotifSet:
    from locuscope.motifs.formats.meme import read_meme

    return read_meme(path(f"jaspar_{species}.meme"))
