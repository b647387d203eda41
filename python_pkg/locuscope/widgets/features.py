"""Genes and variants as typed columns, ready for the page and for the picture.

Both lanes cover the whole loaded region. Rows that cannot be drawn (a variant with a bad status, or
on another contig) are left out here and counted, because the table they came from keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from locuscope.errors import ShapeError, WrongTypeError
from locuscope.genome.interval import Interval, match_contig
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.widgets.codes import pack, pack_texts
from locuscope.widgets.wire import MAX_VARIANTS, Part, too_large

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.genes import GeneLane, Genes
    from locuscope.genome.variant_table import VariantTable

KINDS: Final = ("snv", "mnv", "insertion", "deletion", "delins")
_LONGEST_ALLELE: Final = 40


@dataclass(frozen=True, eq=False)
class VariantLane:
    """The variants of the loaded region, in file order.

    `start`, `end` (n,) uint32, 0-based half-open bases that REF covers; `kind` (n,) uint8 into
    `KINDS`; `score` (n,) float32, NaN where there is none; `ids` and `changes` texts.
    """

    start: NDArray[np.uint32]
    end: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    score: NDArray[np.float32]
    ids: tuple[str, ...]
    changes: tuple[str, ...]
    score_name: str = ""
    n_left_out: int = 0

    def __len__(self) -> int:
        return len(self.start)

    def place(self, name: str, chrom: str) -> Interval | None:
        """The bases of the variant with this id; one of several ids parted by `;` is enough."""
        for i, text in enumerate(self.ids):
            if text == name or name in text.split(";"):
                return Interval(chrom, int(self.start[i]), int(self.end[i]), name=name)
        return None


def gene_lane(genes: Genes | None, bounds: Interval) -> GeneLane | None:
    """The genes of the loaded region, or None without genes."""
    return None if genes is None else genes.lane(bounds)


def gene_part(lane: GeneLane) -> Part:
    """The gene lane on the wire."""
    columns = (
        (lane.start, "u32"),
        (lane.end, "u32"),
        (lane.strand, "i8"),
        (lane.is_coding, "u8"),
        (lane.exon_offsets, "u32"),
        (lane.exon_start, "u32"),
        (lane.exon_end, "u32"),
        (lane.cds_start, "u32"),
        (lane.cds_end, "u32"),
    )
    buffers = [pack(values, dtype) for values, dtype in columns]
    header = {"n": len(lane.name), "n_exons": len(lane.exon_start)}
    return Part(header, (*buffers, pack_texts(lane.name)))


def variant_lane(source: object, bounds: Interval) -> VariantLane | None:
    """Variants of the loaded region from any of the forms a caller may have.

    Args:
        source: `VariantTable`, `VariantScores`, one `Variant`, a sequence of them, or a VCF path.
        bounds: the loaded region; contig spellings with and without `chr` both fit.

    Raises:
        WrongTypeError: none of these.
    """
    if source is None:
        return None
    table, scores, score_name = _as_table(source)
    frame = table.table
    names = frame["chrom"].unique().drop_nulls().to_list()
    chrom = match_contig(bounds.chrom, names)
    row = np.arange(len(table))
    pos = frame["pos"].fill_null(0).to_numpy()
    lengths = frame["ref"].str.len_chars().fill_null(0).to_numpy()
    is_here = (frame["chrom"] == (chrom or "")).fill_null(value=False).to_numpy()
    is_here &= table.is_ok & (pos - 1 < bounds.end) & (pos - 1 + lengths > bounds.start)
    row = row[is_here]
    part = frame.filter(is_here).select("id", "ref", "alt").rows()
    changes = [(ref, alt) for _, ref, alt in part]
    starts = pos[is_here].astype(np.int64) - 1
    return VariantLane(
        start=starts.astype(np.uint32),
        end=(starts + lengths[is_here]).astype(np.uint32),
        kind=np.array([_kind(ref, alt) for ref, alt in changes], dtype=np.uint8),
        score=scores[row],
        ids=tuple("" if name in {None, "."} else str(name) for name, _, _ in part),
        changes=tuple(f"{_short(ref)}>{_short(alt)}" for ref, alt in changes),
        score_name=score_name,
        n_left_out=int((~table.is_ok).sum()),
    )


def variant_part(lane: VariantLane) -> Part:
    """The variant lane on the wire.

    Raises:
        MessageError: more variants than a page can hold (`too_large`).
    """
    if len(lane) > MAX_VARIANTS:
        raise too_large(
            "Variants in the loaded region",
            found=len(lane),
            allowed=MAX_VARIANTS,
            narrow="Give the browser a smaller interval or fewer variants.",
        )
    header = {"n": len(lane), "has_score": bool(lane.score_name), "score_name": lane.score_name}
    return Part(
        header,
        (
            pack(lane.start, "u32"),
            pack(lane.end, "u32"),
            pack(lane.kind, "u8"),
            pack(lane.score, "f32"),
            pack_texts(lane.ids),
            pack_texts(lane.changes),
        ),
    )


@dataclass(frozen=True)
class Bases:
    """The reference sequence under the tracks: a genome, or the text of the loaded region."""

    source: Genome | str
    bounds: Interval

    def __post_init__(self) -> None:
        """Check that a text has exactly one letter per base of the region."""
        if isinstance(self.source, Genome):
            return
        if not isinstance(self.source, str):
            raise WrongTypeError(
                f"sequence= takes a Genome or a text, not {type(self.source).__name__}.",
                argument="sequence",
                found=type(self.source).__name__,
                expected="Genome or str",
            )
        if len(self.source) != self.bounds.width:
            raise ShapeError(
                f"The sequence has {len(self.source):,} letters, the region {self.bounds} "
                f"{self.bounds.width:,} bases.",
                found=len(self.source),
                expected=self.bounds.width,
            )

    def fetch(self, start: int, end: int) -> str:
        """Bases of [start, end), upper case; N outside the contig, or outside a given text."""
        if isinstance(self.source, Genome):
            return self.source.fetch(self.bounds.chrom, start, end, pad=True)
        first, stop = max(start, self.bounds.start), min(end, self.bounds.end)
        known = self.source[first - self.bounds.start : stop - self.bounds.start].upper()
        return "N" * (first - start) + known + "N" * (end - stop)


def _as_table(source: Any) -> tuple[VariantTable, NDArray[np.float32], str]:
    """The table, one score per row (NaN without any) and the name of the score."""
    from locuscope.genome.variant_table import VariantTable

    scores: dict[str, NDArray[np.floating]] = {}
    if isinstance(source, (str, Path)):
        table = VariantTable.read(source)
    elif isinstance(source, VariantTable):
        table = source
    elif isinstance(source, Variant):
        table = VariantTable.from_variants([source])
    elif isinstance(getattr(source, "variants", None), VariantTable) and hasattr(source, "scores"):
        table, scores = source.variants, dict(source.scores)
    else:
        table = VariantTable.from_variants(_variants(source))
    if not scores:
        return table, np.full(len(table), np.nan, dtype=np.float32), ""
    name, values = next(iter(scores.items()))
    return table, _strongest(np.asarray(values, dtype=np.float32)), name


def _variants(source: Any) -> Sequence[Variant]:
    items = list(source) if isinstance(source, (list, tuple)) else [source]
    for item in items:
        if not isinstance(item, Variant):
            raise WrongTypeError(
                f"variants= takes a VariantTable, VariantScores, Variant, a list of Variant or the "
                f"path of a VCF; found {type(item).__name__} {item!r:.80}.",
                argument="variants",
                found=type(item).__name__,
                expected="variants",
            )
    return items


def _strongest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Per row (V, T) the value of largest magnitude, NaN where there is none."""
    flat = values.reshape(len(values), -1)
    if not flat.shape[1]:
        return np.full(len(values), np.nan, dtype=np.float32)
    best = np.argmax(np.where(np.isnan(flat), -1, np.abs(flat)), axis=1)
    strongest: NDArray[np.float32] = flat[np.arange(len(flat)), best]
    return strongest


def _kind(ref: str, alt: str) -> int:
    if len(ref) == len(alt) == 1:
        return 0
    kind = Variant("1", 1, ref, alt).kind
    return KINDS.index(kind) if kind in KINDS else len(KINDS) - 1


def _short(allele: str) -> str:
    if len(allele) <= _LONGEST_ALLELE:
        return allele
    return f"{allele[:8]}\N{HORIZONTAL ELLIPSIS}({len(allele):,} bp)"
