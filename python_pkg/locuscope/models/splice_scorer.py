"""`SpliceDeltaScorer`: the sequences of `splice_delta` for an allele and each gene that holds it.

The convention is that of the published splice annotators: the window is centred on POS, bases
outside the gene are N, ALT is not extended on the right, and a gene on the minus strand is read
backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.errors import OptionError, UnknownNameError, closest, did_you_mean
from locuscope.genome.sequence import one_hot as encode
from locuscope.genome.sequence import reverse_complement
from locuscope.models.protocol import HeadSpec
from locuscope.models.splice_delta import COLUMNS, splice_delta
from locuscope.models.spliceai import CROP_BP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.effects.scores import ScoreContext
    from locuscope.genome.genes import Genes
    from locuscope.genome.interval import Interval
    from locuscope.genome.variant import Variant
    from locuscope.models.splice_model import SpliceModel

MAX_DISTANCE = 5_000
OUTSIDE = ("N", "keep")


@dataclass(frozen=True, eq=False)
class SpliceInput:
    """One pair of sequences to run, and what the pair stands for.

    Args:
        reference: (4, L) uint8, in transcript direction.
        alternative: (4, L + net change), the same with the allele.
        labels: the columns of the part: gene, gene_id, strand.
        acceptors: 0-based annotated acceptors of the gene.
        donors: the same of its donors.
    """

    reference: NDArray[np.uint8]
    alternative: NDArray[np.uint8]
    labels: dict[str, str | None]
    acceptors: NDArray[np.int64]
    donors: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SpliceDeltaScorer:
    """The score `splice_delta` of a splice network: one part per allele and gene that holds it.

    Args:
        model: the network.
        genes: gene spans and annotated sites. None: every allele is scored on both strands with
            nothing set to N, and its gene is null.
        distance: bases on each side of POS that are looked at, 1 to 5,000.
        mask: leave out gains at annotated sites and losses elsewhere.
        outside: "N" sets the bases outside the gene to N; "keep" leaves them, and scores an allele
            outside every gene on both strands. None: "N" with genes, "keep" without.

    Raises:
        OptionError: an option outside its range, or `mask`/"N" without genes.
    """

    model: SpliceModel
    genes: Genes | None = None
    distance: int = 50
    mask: bool = False
    outside: str | None = None

    __name__ = "splice_delta"
    columns = COLUMNS
    head = HeadSpec("splice_delta", (1,), 3, value_range="probability", crop_bp=CROP_BP)

    def __post_init__(self) -> None:
        """Refuse options that make no sense together."""
        if float(self.distance).is_integer() and not isinstance(self.distance, bool):
            object.__setattr__(self, "distance", int(self.distance))
        if type(self.distance) is not int or not 1 <= self.distance <= MAX_DISTANCE:
            raise OptionError(
                f"distance must be a whole number from 1 to {MAX_DISTANCE:,}; got "
                f"{self.distance!r}.",
                option="distance",
                value=self.distance,
            )
        if self.outside not in (None, *OUTSIDE):
            raise OptionError(
                f"outside must be one of {', '.join(OUTSIDE)}; got {self.outside!r}.",
                option="outside",
                value=self.outside,
                allowed=OUTSIDE,
            )
        if self.genes is None and (self.mask or self.outside == "N"):
            option = "mask" if self.mask else "outside"
            raise OptionError(
                f"{option}={getattr(self, option)!r} needs genes=, the gene spans and their sites.",
                option=option,
                value=getattr(self, option),
            )

    def configure(self, **options: object) -> SpliceDeltaScorer:
        """Give the scorer with other options; an unknown one is an `UnknownNameError`."""
        known = [item.name for item in fields(self) if item.name != "model"]
        for name in options:
            if name not in known:
                raise UnknownNameError(
                    f"splice_delta has no option {name!r}; {did_you_mean(name, known)}",
                    name=name,
                    known=tuple(known),
                    closest=closest(name, known),
                )
        return replace(self, **options)  # type: ignore[arg-type]

    @property
    def options(self) -> dict[str, object]:
        """Give what changes the numbers, as plain values for the provenance."""
        genes = None if self.genes is None else repr(self.genes)
        outside = self.outside or ("keep" if self.genes is None else "N")
        return {"genes": genes, "distance": self.distance, "mask": self.mask, "outside": outside}

    @property
    def width_bp(self) -> int:
        """Bases of reference that an allele needs, POS in the middle."""
        return 2 * CROP_BP + 2 * self.distance + 1

    def refuse(self, allele: Variant) -> tuple[str, str] | None:
        """Give the status and reason of an allele that cannot be scored; None when it can."""
        lost = len(allele.ref) - len(allele.alt)
        if lost > self.distance or len(allele.ref) > CROP_BP:
            reason = (
                f"splice_delta looks {self.distance} bases to each side; the allele removes "
                f"{lost:,} and spans {len(allele.ref):,}."
            )
            return "too_long", reason
        return None

    def prepare(
        self, one_hot: NDArray[np.uint8], window: Interval, allele: Variant
    ) -> list[SpliceInput]:
        """Make the sequence pairs of an allele: one per gene that holds it, in its direction.

        Args:
            one_hot: (4, width_bp) reference bases of the window.
            window: where they lie, forward strand.
            allele: the change; its REF stands in the window.

        Returns:
            One pair per gene; none when no gene holds the allele and outer bases are set to N.
        """
        inside: list[SpliceInput] = []
        genes = None if self.genes is None else self.genes.overlapping(allele)
        for gene in () if genes is None else genes.genes.iter_rows(named=True):
            if gene["strand"] not in ("+", "-"):
                continue
            bases = one_hot
            if self.outside != "keep":
                bases = one_hot.copy()
                bases[:, : max(0, gene["start"] - window.start)] = 0
                bases[:, max(0, gene["end"] - window.start) :] = 0
            labels = {
                "gene": gene["gene_name"],
                "gene_id": gene["gene_id"],
                "strand": gene["strand"],
            }
            inside.append(self._pair(bases, window, allele, labels, genes))
        if not inside and (self.genes is None or self.outside == "keep"):
            for strand in "+-":
                labels = {"gene": None, "gene_id": None, "strand": strand}
                inside.append(self._pair(one_hot, window, allele, labels, None))
        return inside

    def _pair(
        self,
        bases: NDArray[np.uint8],
        window: Interval,
        allele: Variant,
        labels: dict[str, str | None],
        genes: Genes | None,
    ) -> SpliceInput:
        at = allele.pos - 1 - window.start
        mutant = np.concatenate(
            [bases[:, :at], encode(allele.alt), bases[:, at + len(allele.ref) :]], axis=1
        )
        pair = [bases, mutant]
        if labels["strand"] == "-":
            pair = [reverse_complement(side) for side in pair]
        acceptors, donors = _sites(genes, labels["gene_id"])
        reference, alternative = (np.ascontiguousarray(side) for side in pair)
        return SpliceInput(reference, alternative, labels, acceptors, donors)

    def run(self, one_hot: Tensor) -> Tensor:
        """Give (N, L - 10,000, 3) of none, acceptor, donor in the input's direction."""
        sites = self.model.probabilities(one_hot, strands="+")
        return torch.cat([1 - sites.sum(2, keepdim=True), sites], dim=2)

    def __call__(
        self,
        ref: NDArray[np.floating[Any]],
        alt: NDArray[np.floating[Any]],
        context: ScoreContext | None = None,
    ) -> tuple[float, ...]:
        """Give the eight numbers of one part, in the order of `columns`.

        Args:
            ref: (P, 3), what `run` gave for the reference of the pair.
            alt: (P + net change, 3), for its alternative.
            context: holds the pair and the allele.

        Raises:
            OptionError: called without a context.
        """
        if context is None or not isinstance(context.part, SpliceInput):
            raise OptionError(
                f"splice_delta needs the allele and its pair of sequences; context is {context!r}.",
                option="context",
                value=context,
            )
        part = context.part
        if part.labels["strand"] == "-":
            ref, alt = ref[::-1], alt[::-1]
        is_masked = self.mask and part.labels["gene_id"] is not None
        return splice_delta(
            ref,
            alt,
            context.variants[0],
            self.distance,
            part.acceptors,
            part.donors,
            is_masked,
        ).values

    @staticmethod
    def summarize(parts: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        """Give one row for the parts of an allele: each largest DS, with its own DP."""
        values = np.asarray(parts, np.float32)
        best = values[:, :4].argmax(0)
        columns = np.arange(4)
        return np.concatenate([values[best, columns], values[best, columns + 4]])


def _sites(genes: Genes | None, gene_id: str | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    nothing = np.empty(0, np.int64)
    if genes is None or gene_id is None:
        return nothing, nothing
    table = genes.splice_sites()
    table = table.filter(table["gene_id"] == gene_id)
    acceptors, donors = (
        table.filter(table["kind"] == kind)["position"].to_numpy().astype(np.int64)
        for kind in ("acceptor", "donor")
    )
    return acceptors, donors
