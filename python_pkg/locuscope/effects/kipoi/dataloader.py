"""Models and their inputs under the published names: `get_model` and `default_dataloader`.

A data loader gives batches `{"inputs": arrays, "metadata": {"ranges": {"chr", "start", "end",
"strand", "id"}}}`, 0-based half-open. Any iterable of such mappings is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, ShapeError
from locuscope.genome.interval import whole_number
from locuscope.genome.reference import Genome
from locuscope.genome.regions import read_bed
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.joined_inputs import piece_windows, pieces, reads_windows
from locuscope.inference.windows import fetch_windows
from locuscope.models.protocol import require_model
from locuscope.models.zoo import load_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.models.protocol import InputSpec, SequenceModel

Batch = dict[str, Any]


def get_model(model: SequenceModel | str, source: str = "kipoi") -> SequenceModel:  # noqa: ARG001
    """Give a model by name; a model is given back as it is.

    Args:
        model: a name that `load_model` knows, or a `SequenceModel`.
        source: where published catalogues look; it says nothing about a model here.

    Raises:
        UnknownNameError: no model of that name.
        WrongTypeError: no model.

    >>> get_model("cispliceai").name
    'cispliceai'
    """
    if isinstance(model, str):
        return load_model(model)
    require_model(model)
    return model


def default_dataloader(model: SequenceModel | str) -> DefaultDataloader:
    """Give what makes the inputs of a model from a FASTA file and intervals."""
    return DefaultDataloader(get_model(model))


class DefaultDataloader:
    """Makes the inputs of one model; call it with a FASTA file and intervals.

    Args:
        model: whose inputs are made. They must all be bases.

    Raises:
        OptionError: a model with inputs that are no bases.
    """

    def __init__(self, model: SequenceModel) -> None:
        arrays = [spec.name for spec in model.inputs if spec.kind != "dna"]
        if arrays:
            raise OptionError(
                f"{model.name} reads {', '.join(arrays)} beside the bases, which only a data "
                "loader of your own can make: predict_snvs(model, dataloader, ...).",
                option="dataloader",
                value=None,
            )
        self.model = model

    def __call__(
        self,
        fasta_file: str | PathLike[str] | Genome,
        intervals_file: str | PathLike[str] | Iterable[Interval] | None = None,
        batch_size: int = 32,
    ) -> SequenceBatches:
        """Give the batches of intervals.

        Args:
            fasta_file: path of a FASTA file, or a Genome.
            intervals_file: BED file or intervals, each as long as the model's window; None where
                the windows of variants take their place.
            batch_size: examples per batch.
        """
        return SequenceBatches(self.model, open_genome(fasta_file), intervals_file, batch_size)


class SequenceBatches:
    """Batches of one model, one genome and its intervals; may be read again and again.

    Args:
        model: whose inputs are made.
        genome: where the bases come from.
        intervals_file: BED file or intervals.
        batch_size: examples per batch.
    """

    def __init__(
        self,
        model: SequenceModel,
        genome: Genome,
        intervals_file: str | PathLike[str] | Iterable[Interval] | None,
        batch_size: int,
    ) -> None:
        self.model, self.genome = model, genome
        self.intervals = None if intervals_file is None else _places(intervals_file, genome)
        self.batch_size = _size(batch_size)

    def __iter__(self) -> Iterator[Batch]:
        return self.batch_iter(self.batch_size)

    def iterator(self) -> Iterator[Batch]:
        """Give the batches once."""
        return iter(self)

    def batch_iter(self, batch_size: int = 32, num_workers: int = 0) -> Iterator[Batch]:  # noqa: ARG002
        """Give the batches once, of another size.

        Args:
            batch_size: examples per batch.
            num_workers: published; reading bases takes no processes of its own here.

        Raises:
            OptionError: there are no intervals.
        """
        if self.intervals is None:
            raise OptionError(
                f"the data loader of {self.model.name} has no intervals; give intervals_file.",
                option="intervals_file",
                value=None,
            )
        size = _size(batch_size)
        for first in range(0, len(self.intervals), size):
            yield _batch(self.model, self.genome, self.intervals[first : first + size], first)


def open_genome(fasta_file: str | PathLike[str] | Genome) -> Genome:
    """Open a FASTA file; a Genome is given back."""
    return fasta_file if isinstance(fasta_file, Genome) else Genome(fasta_file)


def _places(given: Any, genome: Genome) -> list[Interval]:
    regions = given if isinstance(given, str) or hasattr(given, "__fspath__") else list(given)
    return list(read_bed(regions, genome=genome, overhang="pad"))


def _size(batch_size: object) -> int:
    size = whole_number(batch_size, "batch_size")
    if size < 1:
        raise OptionError(
            f"batch_size is {size}; a batch has at least 1 example.",
            option="batch_size",
            value=size,
        )
    return size


def _batch(model: SequenceModel, genome: Genome, places: list[Interval], first: int) -> Batch:
    windows = [_pieces(model, place) for place in places]
    inputs = {
        spec.name: _one_hot(genome, [cut[k] for cut in windows], spec)
        for k, spec in enumerate(model.inputs)
    }
    strands = ["*" if place.strand == "." else place.strand for place in places]
    ranges: dict[str, NDArray[Any]] = {
        "chr": np.array([place.chrom for place in places]),
        "start": np.array([place.start for place in places], np.int64),
        "end": np.array([place.end for place in places], np.int64),
        "strand": np.array(strands),
        "id": np.array([place.name or str(first + k) for k, place in enumerate(places)]),
    }
    return {"inputs": inputs, "metadata": {"ranges": ranges}}


def _pieces(model: SequenceModel, place: Interval) -> list[Interval]:
    """Give what each input reads of a place."""
    if len(model.inputs) == 1:
        model.check_length(place.width)
        return [place]
    if not reads_windows(model):  # features of the genome, which have a strand and any width
        return piece_windows(model, place)
    if place.width != model.default_width_bp:
        raise ShapeError(
            f"{model.name} reads places of {model.default_width_bp:,} bases; {place.text()} has "
            f"{place.width:,}.",
            found=place.width,
            expected=model.default_width_bp,
        )
    return pieces(model.inputs, place)


def _one_hot(genome: Genome, windows: list[Interval], spec: InputSpec) -> NDArray[np.float32]:
    bases = fetch_windows([window.with_strand(".") for window in windows], genome)
    for row, window in enumerate(windows):
        if window.strand == "-":
            bases[row] = reverse_complement(bases[row])
    read = bases.astype(np.float32)
    return read if spec.axes == "NAL" else read.transpose(0, 2, 1)
