"""Whole windows of a genome through a model: every bin of each, a few windows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.inference.batches import Examples, batch_size_for, run_batches
from locuscope.inference.windows import check_available, fetch_windows, widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.views import Cut
    from locuscope.models.protocol import SequenceModel

_BATCHES_PER_CHUNK = 2


@dataclass(frozen=True)
class WindowPasses:
    """A model over windows of a genome.

    Args:
        model: any `SequenceModel` with one input.
        genome: where the bases come from; N outside a contig.
        choices: heads, resolutions and tracks.
        organism: index of the organism.
        ensemble: views of each window that are averaged.
        run: device and batch size.
        seed: of the samples of dropout.
        on_nonfinite: "warn" or "raise".
    """

    model: SequenceModel
    genome: Genome
    choices: tuple[HeadChoice, ...]
    organism: int
    ensemble: Ensemble
    run: Run
    seed: int = 0
    on_nonfinite: str = "warn"

    def check(self, windows: Sequence[Interval]) -> None:
        """Raise before anything runs where a window cannot be read.

        Raises:
            ShapeError: a width that the model does not accept.
            OutOfBoundsError: a window beyond its contig, or bases that an embedded slice lacks.
        """
        for width in {window.width for window in windows}:
            self.model.check_length(width)
        for window in windows:
            length = self.genome.lengths[self.genome.resolve(window.chrom)]
            read = widened(window, self.ensemble.margin_bp)
            check_available(self.model, window.clip(length), read, self.genome)

    def values(
        self, windows: Sequence[Interval], cut: Cut | None = None, *, number: int = 0
    ) -> dict[str, dict[int, Tensor]]:
        """Give head -> resolution -> (N, P, T) float32 of windows of one width.

        Args:
            windows: what the model reads.
            cut: (head, resolution) -> the bins to keep; None = all.
            number: of the first window among those of the call, to which dropout is keyed.
        """
        read = [widened(window, self.ensemble.margin_bp) for window in windows]
        examples = Examples(
            len(windows),
            windows[0].width,
            lambda first, stop: fetch_windows(read[first:stop], self.genome),
            lambda index: windows[index].text(),
            number=number,
        )
        return run_batches(
            self.model,
            examples,
            self.choices,
            organism=self.organism,
            ensemble=self.ensemble,
            run=self.run,
            on_nonfinite=self.on_nonfinite,
            cut=cut,
            seed=self.seed,
        )

    def chunks(
        self, windows: Sequence[Interval]
    ) -> Iterator[tuple[list[int], dict[str, dict[int, Tensor]]]]:
        """Give all windows, those of one width together: their places in the list, their values."""
        device = self.run.torch_device()
        by_width: dict[int, list[int]] = {}
        for place, window in enumerate(windows):
            by_width.setdefault(window.width, []).append(place)
        for width, places in by_width.items():
            size = _BATCHES_PER_CHUNK * batch_size_for(self.run, width, device)
            for first in range(0, len(places), size):
                chunk = places[first : first + size]
                yield chunk, self.values([windows[place] for place in chunk], number=chunk[0])
