"""`TissueEffectScorer`: the score `tissue_effect`, what an allele does to each exon in 56 tissues.

Every exon whose window (300 bases, the exon, 300 bases) holds the allele is one part: delta logit
PSI of the changed sequence minus that of the reference. The ends of the exon are carried over to
the changed sequence by the edit list of `genome/alignment.py`; an unchanged sequence gives 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, UnknownNameError, closest, did_you_mean
from locuscope.genome.choices import check_class
from locuscope.genome.edits import Edits
from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.models.exon_ends import change_exon
from locuscope.models.exon_table import Exon, ExonTable
from locuscope.models.mtsplice import END_BP, FLANK_BP
from locuscope.models.mtsplice_tissues import PREFIX, TISSUES
from locuscope.models.protocol import HeadSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.effects.scores import ScoreContext
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.models.mtsplice_model import MTSpliceModel

COLUMNS = tuple(f"{PREFIX}{name}" for name in TISSUES)


@dataclass(frozen=True, eq=False)
class ExonPair:
    """The two sequences of an exon, and what they stand for.

    Args:
        reference: (4, 800) uint8, both ends in transcript direction.
        alternative: the same with the allele.
        labels: the columns of the part.
        notes: words for the row of the allele.
    """

    reference: NDArray[np.uint8]
    alternative: NDArray[np.uint8]
    labels: dict[str, str | int | None]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TissueEffectScorer:
    """The score `tissue_effect` of MTSplice: one part per allele and exon.

    Args:
        model: the network.
        genes: exons; needed.
        tissues: names of the tissues wanted, as in `MTSpliceModel.catalog` with or without
            "tissue:"; None = all 56.

    Raises:
        WrongTypeError: `genes` is no Genes.
        OptionError: `genes` without exons, or no tissue.
        UnknownNameError: no such tissue.
    """

    model: MTSpliceModel
    genes: Genes | None = None
    tissues: str | Iterable[str] | None = None

    columns: tuple[str, ...] = field(default=COLUMNS, init=False)
    head: HeadSpec = field(default=HeadSpec("tissue_effect", (), len(COLUMNS)), init=False)

    __name__ = "tissue_effect"
    holder = "exon window"

    def __post_init__(self) -> None:
        """Refuse options that make no sense."""
        if self.genes is not None:
            check_class("genes", self.genes, Genes, hint="demo.genes() or Genes.read(path).")
            if not len(self.genes.exons):
                raise OptionError(
                    f"tissue_effect needs exons; {self.genes!r} has none.",
                    option="genes",
                    value=repr(self.genes),
                )
        if self.tissues is not None:
            given = [self.tissues] if isinstance(self.tissues, str) else list(self.tissues)
            object.__setattr__(self, "tissues", tuple(given))
            object.__setattr__(self, "columns", tuple(_column(name) for name in given))
            if not given or len(set(self.columns)) != len(given):
                raise OptionError(
                    f"tissues must be different names, at least one; got {given!r}.",
                    option="tissues",
                    value=given,
                )

    def configure(self, **options: object) -> TissueEffectScorer:
        """Give the scorer with other options; an unknown one is an `UnknownNameError`."""
        known = ["genes", "tissues"]
        for name in options:
            if name not in known:
                raise UnknownNameError(
                    f"tissue_effect has no option {name!r}; {did_you_mean(name, known)}",
                    name=name,
                    known=tuple(known),
                    closest=closest(name, known),
                )
        return replace(self, **options)  # type: ignore[arg-type]

    @property
    def options(self) -> dict[str, object]:
        """Give what changes the numbers, as plain values for the provenance."""
        genes = None if self.genes is None else repr(self.genes)
        return {"genes": genes, "tissues": None if self.tissues is None else list(self.tissues)}

    @cached_property
    def _exons(self) -> ExonTable:
        if self.genes is None:
            raise OptionError(
                "tissue_effect needs genes=, the exons: score_kwargs=[{'genes': genes}].",
                option="genes",
                value=None,
            )
        return ExonTable(self.genes)

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        return np.array([COLUMNS.index(name) for name in self.columns], np.int64)

    def refuse(self, allele: Variant) -> tuple[str, str] | None:
        """Give the status and reason of an allele that is longer than one end of an exon."""
        longest = max(len(allele.ref), len(allele.alt))
        if longest <= END_BP:
            return None
        reason = (
            f"tissue_effect reads {END_BP} bases at each end of an exon; the allele has "
            f"{longest:,}."
        )
        return "too_long", reason

    def read(self, genome: Genome, allele: Variant) -> tuple[Interval, list[ExonPair]]:
        """Read the sequence pairs of an allele, one per exon whose window holds it.

        Args:
            genome: where the bases come from; N beyond the ends of a contig.
            allele: the change, its REF as in the genome.

        Returns:
            The bases from the first to the last of all windows, and the pairs.

        Raises:
            OutOfBoundsError: bases of a window exist but are not in this genome.
            OptionError: the scorer has no genes.
        """
        contig = genome.resolve(allele.chrom)
        edits = Edits.from_variants([allele])
        (change,) = ((start, end) for start, end, _ in edits)
        pairs = []
        start, end = allele.interval.start, allele.interval.end
        for exon in self._exons.near(allele.interval, FLANK_BP):
            place = Interval(contig, exon.start, exon.end, exon.strand)
            found = change_exon(genome, place, edits)
            notes = ("removes_site",) if found.is_cut else ()
            labels = _labels(exon, change, notes)
            pairs.append(ExonPair(found.reference, found.alternative, labels, notes))
            start, end = min(start, found.window.start), max(end, found.window.end)
        return Interval(contig, start, end), pairs

    def run(self, one_hot: Tensor) -> Tensor:
        """(N, 4, 800) -> (N, 1, 56)."""
        head, key = next(iter(self.model.heads)), 0
        return self.model.run(one_hot)[head][key]

    def __call__(
        self,
        ref: NDArray[np.floating[Any]],
        alt: NDArray[np.floating[Any]],
        context: ScoreContext | None = None,  # noqa: ARG002 (every scorer takes it)
    ) -> NDArray[np.floating[Any]]:
        """Give the change of each wanted tissue from two of (1, 56)."""
        change: NDArray[np.floating[Any]] = (alt - ref)[0, self._places]
        return change

    @staticmethod
    def summarize(parts: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        """Give one row for the exons of an allele: the largest change of each tissue, signed."""
        values = np.asarray(parts, np.float32)
        best = np.abs(values).argmax(0)
        row: NDArray[np.float32] = values[best, np.arange(values.shape[1])]
        return row


def _labels(
    exon: Exon, change: tuple[int, int], notes: Sequence[str]
) -> dict[str, str | int | None]:
    nearest = exon.nearest_site(*change)
    return {
        "gene": exon.gene,
        "gene_id": exon.gene_id,
        "exon_id": exon.exon_id,
        "strand": exon.strand,
        "exon_start": exon.start,
        "exon_end": exon.end,
        "nearest_site": None if nearest is None else nearest[0],
        "distance_bp": None if nearest is None else nearest[1],
        "note": ";".join(notes) or None,
    }


def _column(name: object) -> str:
    label = name if isinstance(name, str) and name.startswith(PREFIX) else f"{PREFIX}{name}"
    if label not in COLUMNS:
        raise UnknownNameError(
            f"MTSplice has no tissue {name!r}; {did_you_mean(str(name), TISSUES)}",
            name=str(name),
            known=TISSUES,
            closest=closest(str(name), TISSUES),
        )
    return label
