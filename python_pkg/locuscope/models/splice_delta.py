"""`splice_delta`: the largest gain and loss of splice sites near an allele, and how far away.

The function is pure and works on two arrays of probabilities; `splice_scorer.py` makes those arrays
for an allele and each gene that holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import ShapeError
from locuscope.genome.alignment import Alignment, Edits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from locuscope.genome.variant import Variant

EVENTS = ("AG", "AL", "DG", "DL")
COLUMNS = (*(f"DS_{event}" for event in EVENTS), *(f"DP_{event}" for event in EVENTS))


@dataclass(frozen=True)
class SpliceDelta:
    """Change of splice-site probabilities by one allele, seen from one gene.

    Args:
        alt: the ALT allele as written.
        gene: the gene's name; None when no gene was named.
        scores: DS of acceptor gain, acceptor loss, donor gain, donor loss, each 0 to 1.
        positions: DP of the same four, bases from the allele's POS in genomic direction.

    >>> str(SpliceDelta("C", "TUBB8", (0.15, 0.27, 0.0, 0.05), (89, -23, -267, 193)))
    'C|TUBB8|0.15|0.27|0.00|0.05|89|-23|-267|193'
    """

    alt: str
    gene: str | None
    scores: tuple[float, float, float, float]
    positions: tuple[int, int, int, int]

    @property
    def values(self) -> tuple[float, ...]:
        """Give the eight numbers in the order of `COLUMNS`."""
        return (*self.scores, *self.positions)

    def __str__(self) -> str:
        scores = "|".join(f"{score:.2f}" for score in self.scores)
        return f"{self.alt}|{self.gene or '.'}|{scores}|{'|'.join(map(str, self.positions))}"


def splice_delta(  # noqa: PLR0917 (the published call)
    ref: ArrayLike,
    alt: ArrayLike,
    variant: Variant,
    center: int,
    acceptors: ArrayLike | None = None,
    donors: ArrayLike | None = None,
    mask: bool = False,  # noqa: FBT001, FBT002
    *,
    gene: str | None = None,
) -> SpliceDelta:
    """Find the largest gains and losses between two alleles.

    Args:
        ref: (P, 3) probabilities of none, acceptor, donor on reference bases, genomic order.
        alt: (P + net change, 3), the same on the bases of the ALT sequence.
        variant: the allele.
        center: index in `ref` of the base at `variant.pos`.
        acceptors: 0-based positions of the annotated acceptors of the gene.
        donors: the same of its donors.
        mask: leave out gains at annotated sites and losses elsewhere, before the maximum is taken.
        gene: name to carry along.

    Returns:
        The scores. ALT is brought back to reference bases first: a deleted base holds 0, inserted
        bases count for the base before them (maximum). Of equal extremes the first position wins.

    Raises:
        ShapeError: the arrays do not fit the allele.
    """
    reference, mutant = np.asarray(ref, float), np.asarray(alt, float)
    start = variant.pos - 1 - center
    edits = Edits.from_variants([variant])
    alignment = Alignment.from_edits(edits, start, start + len(reference))
    if reference.shape[1:] != (3,) or mutant.shape != (alignment.hap_len, 3):
        raise ShapeError(
            f"{variant.key}: ref (P, 3) and alt (P + net change, 3) expected; got "
            f"{reference.shape} "
            f"and {mutant.shape}.",
            found=(reference.shape, mutant.shape),
            expected=(alignment.hap_len, 3),
        )
    aligned = np.asarray(alignment.hap_to_ref(mutant, insertion="max", deletion=0.0, axis=0)[0])
    change = np.nan_to_num(aligned - reference)
    scores: list[float] = []
    positions: list[int] = []
    for channel, sites in ((1, acceptors), (2, donors)):
        gain, loss = change[:, channel], -change[:, channel]
        if mask:
            is_site = np.isin(np.arange(start, start + len(reference)), np.asarray(sites))
            gain, loss = np.where(is_site, 0.0, gain), np.where(is_site, loss, 0.0)
        for values in (gain, loss):
            best = int(values.argmax())
            scores.append(max(0.0, float(values[best])))
            positions.append(best - center)
    ds, dp = tuple(scores), tuple(positions)
    return SpliceDelta(variant.alt, gene, ds, dp)  # type: ignore[arg-type]
