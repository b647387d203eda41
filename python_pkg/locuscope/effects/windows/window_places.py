"""Where the windows of alleles lie: from a `Placement` and its regions to places, or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locuscope.effects.windows.model_batches import LoadedWindows
from locuscope.errors import MissingContigError, OptionError, ShapeError
from locuscope.genome.interval import Interval, match_contig
from locuscope.genome.regions import read_bed
from locuscope.genome.window_candidates import (
    Candidates,
    RegionIndex,
    overlapping_windows,
    restricted_windows,
    shared_centres,
)
from locuscope.inference.joined_inputs import pieces, reads_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.placement import Placement
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.models.protocol import InputSpec, SequenceModel


class Place(NamedTuple):
    """A window, and the number of the example that a data loader has for it (-1 without one)."""

    window: Interval
    example: int


class Refusal(NamedTuple):
    """Why an allele has no window: status and reason."""

    status: str
    reason: str


class WindowPlaces:
    """Finds the windows of alleles.

    Args:
        genome: the reference; None with a data loader.
        placement: where windows lie.
        width_bp: their width.
        inputs: what the model reads.

    Raises:
        OptionError: regions without a genome, inputs that only a data loader brings, or variants
            that could leave a shared window.
        ShapeError: regions for "overlap" that are not as wide as the window.
    """

    def __init__(
        self,
        genome: Genome | None,
        placement: Placement,
        width_bp: int,
        inputs: tuple[InputSpec, ...],
    ) -> None:
        self.genome, self.placement, self.width_bp = genome, placement, width_bp
        self.inputs = inputs
        self.loader: LoadedWindows | None = None
        self.index: RegionIndex | None = None
        self._check()
        if placement.mode == "centered":
            return
        if placement.has_loader:
            self.loader = LoadedWindows(placement.regions, inputs)
            places = self.loader.places
        else:
            places = list(read_bed(placement.regions, genome=genome, overhang="pad"))
        self.index = RegionIndex(places, genome.resolve if genome is not None else str)
        n_dna = sum(spec.kind == "dna" for spec in inputs)
        if placement.mode == "overlap" and n_dna == 1:
            self._check_widths(places)

    def of(self, alleles: Sequence[Variant]) -> list[list[Place] | Refusal]:
        """Give the windows of each allele, or why it has none; in order."""
        found: list[list[Place] | Refusal] = [self._too_long(allele) or [] for allele in alleles]
        contigs: list[str] = []
        rows: list[int] = []
        for row, allele in enumerate(alleles):
            if isinstance(found[row], Refusal):
                continue
            contig = self._contig(allele.chrom)
            if isinstance(contig, Refusal):
                found[row] = contig
            else:
                rows.append(row)
                contigs.append(contig)
        some = [alleles[row] for row in rows]
        for k, places in enumerate(self._placed(some, contigs)):
            found[rows[k]] = places or self._outside(some[k])
        return found

    def _placed(self, alleles: Sequence[Variant], contigs: Sequence[str]) -> list[list[Place]]:
        width = self.width_bp
        pos = np.array([allele.pos for allele in alleles], np.int64)
        if self.index is None:
            centres = shared_centres(contigs, pos, self.placement.share_bp)
            starts = self.placement.starts(centres, width).tolist()
            return [
                [Place(Interval(contig, start, start + width), -1)]
                for contig, start in zip(contigs, starts, strict=True)
            ]
        if self.placement.mode == "restricted":
            centred = self.placement.starts(pos, width)
            found = restricted_windows(self.index, contigs, pos - 1, centred, width)
        else:
            stop = pos - 1 + np.array([len(allele.ref) for allele in alleles], np.int64)
            found = overlapping_windows(self.index, contigs, pos - 1, stop)
        found = self._read(found, pos - 1, contigs)
        if self.placement.multi == "nearest":
            found = found.nearest(pos - 1, self._widths(found))
        return self._listed(found, contigs)

    def _read(
        self, found: Candidates, first: NDArray[np.int64], contigs: Sequence[str]
    ) -> Candidates:
        """Keep windows in which an input holds the first base: several inputs may leave gaps."""
        if sum(spec.kind == "dna" for spec in self.inputs) == 1:
            return found
        kept = []
        for k, window in enumerate(self._windows(found, contigs)):
            base = int(first[found.allele[k]])
            if any(piece.start <= base < piece.end for piece in pieces(self.inputs, window)):
                kept.append(k)
        rows = np.array(kept, np.int64)
        return Candidates(found.allele[rows], found.region[rows], found.start[rows])

    def _widths(self, found: Candidates) -> NDArray[np.int64]:
        """Width of each candidate: examples of a data loader may differ."""
        if self.loader is None or self.index is None:
            return np.full(len(found), self.width_bp, np.int64)
        return self.index.ends[found.region] - self.index.starts[found.region]

    def _listed(self, found: Candidates, contigs: Sequence[str]) -> list[list[Place]]:
        places: list[list[Place]] = [[] for _ in contigs]
        windows = self._windows(found, contigs)
        for allele, region, window in zip(
            found.allele.tolist(), found.region.tolist(), windows, strict=True
        ):
            places[allele].append(Place(window, region if self.loader is not None else -1))
        return places

    def _windows(self, found: Candidates, contigs: Sequence[str]) -> list[Interval]:
        """The candidates as places, on the strand that a data loader read them."""
        windows = []
        for allele, region, start, width in zip(
            found.allele.tolist(),
            found.region.tolist(),
            found.start.tolist(),
            self._widths(found).tolist(),
            strict=True,
        ):
            is_turned = self.loader is not None and self.loader.places[region].strand == "-"
            strand = "-" if is_turned else "."
            windows.append(Interval(contigs[allele], start, start + width, strand))
        return windows

    def _contig(self, chrom: str) -> str | Refusal:
        """The genome's name of a contig; without a genome that of the data loader."""
        if self.genome is not None:
            try:
                return self.genome.resolve(chrom)
            except MissingContigError as error:
                return Refusal("contig_missing", str(error))
        known = self.index.contigs if self.index is not None else ()
        return match_contig(chrom, known) or chrom

    def _too_long(self, allele: Variant) -> Refusal | None:
        longest = max(len(allele.ref), len(allele.alt))
        if longest <= self.width_bp // 2:
            return None
        return Refusal(
            "too_long", f"an allele of {longest:,} bases in a window of {self.width_bp:,}"
        )

    def _outside(self, allele: Variant) -> Refusal:
        n = len(self.index) if self.index is not None else 0
        held = "the first base of" if self.placement.mode == "restricted" else "the whole of"
        wide = f" and has {self.width_bp:,} bases" if self.placement.mode == "restricted" else ""
        some = " and reads its first base" if len(self.inputs) > 1 else ""
        return Refusal(
            "outside_regions", f"none of {n:,} regions holds {held} {allele.text()}{wide}{some}"
        )

    def _check(self) -> None:
        arrays = [spec.name for spec in self.inputs if spec.kind != "dna"]
        if arrays and not self.placement.has_loader:
            raise OptionError(
                f"the model reads {', '.join(map(repr, arrays))} beside the bases, which no genome "
                "has; give the batches of a data loader: "
                "Placement(mode='overlap', regions=loader) with ModelBatch(inputs, intervals).",
                option="placement",
                value=self.placement,
            )
        if self.genome is None and not self.placement.has_loader:
            raise OptionError(
                f"placement mode {self.placement.mode!r} reads its windows from a genome; give "
                "one. Only batches of a data loader bring their own bases.",
                option="genome",
                value=None,
            )
        if self.placement.share_bp > self.width_bp // 2:
            raise OptionError(
                f"share_bp={self.placement.share_bp:,} in windows of {self.width_bp:,} bases: "
                f"at most half a window, {self.width_bp // 2:,}, keeps every variant inside.",
                option="share_bp",
                value=self.placement.share_bp,
            )

    def _check_widths(self, places: Sequence[Interval]) -> None:
        odd = [place for place in places if place.width != self.width_bp]
        if odd:
            raise ShapeError(
                f"{len(odd):,} of {len(places):,} regions are not windows of {self.width_bp:,} "
                f"bases, the first is {odd[0].text()} ({odd[0].width:,}). mode='restricted' places "
                "windows inside longer regions.",
                found=odd[0].width,
                expected=self.width_bp,
            )


def window_width(model: SequenceModel, placement: Placement) -> int:
    """The width of a model's windows: the placement's, else the model's.

    Raises:
        OptionError: no width is known, or the model reads places of its own, such as exons.
        ShapeError: the model cannot read that width.
    """
    if not reads_windows(model):
        brought = ", ".join(repr(name) for name in model.scores)
        said = f" It has its own scores: {brought}." if brought else ""
        raise OptionError(
            f"{model.name} reads {len(model.inputs)} inputs of a place; a window around a base "
            f"means nothing to it.{said}",
            option="model",
            value=model.name,
        )
    dna = [spec for spec in model.inputs if spec.kind == "dna"]
    own = model.window_bp if len(dna) == 1 else None
    width = placement.width_bp or own or model.default_width_bp
    if width is None:
        raise OptionError(
            f"{model.name} reads windows of any length; say which: "
            "placement=Placement(width_bp=...).",
            option="placement",
            value=None,
        )
    model.check_length(width if len(dna) == 1 else sum(spec.length_bp or width for spec in dna))
    return width
