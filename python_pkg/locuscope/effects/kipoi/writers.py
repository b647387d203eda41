"""The published writers, and how a result is handed to writers of your own.

A writer of predictions is any callable `(predictions, records, line_ids)`: score -> DataFrame, the
rows as records, their ids; it is called once for each batch of rows. A writer of sequences is any
callable that takes the sequence sets of a batch. Both may have `open` and `close`.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.effects.kipoi.records import chunks, records_of
from locuscope.errors import WrongTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    import pandas as pd

    from locuscope.effects.variant_scores import VariantScores
    from locuscope.models.protocol import SequenceModel


class VcfWriter:
    """Writes an annotated VCF with the published keys.

    Args:
        model: whose name stands in the keys.
        reference_vcf_path: the VCF that is scored.
        out_vcf_fpath: the new file.
        standardise_var_id: the region ids name rows by their change instead of the ID of the VCF.
    """

    def __init__(
        self,
        model: SequenceModel,
        reference_vcf_path: str | PathLike[str],
        out_vcf_fpath: str | PathLike[str],
        *,
        standardise_var_id: bool = False,
    ) -> None:
        self.model, self.source = model, Path(reference_vcf_path)
        self.path = Path(out_vcf_fpath)
        self.standardise_var_id = standardise_var_id

    def write(self, result: VariantScores, label: str) -> None:
        """Write a result.

        Args:
            result: the scores of the rows of the VCF.
            label: the source in the keys.
        """
        names: Literal["variant", "vcf"] = "variant" if self.standardise_var_id else "vcf"
        result.to_vcf(self.path, self.source, compat="kipoi", id=names, label=label)


class SyncHdf5SeqWriter:
    """Writes the sequences that a model would see, into an HDF5 file.

    Args:
        output_fn: the file; an old one is replaced once the new one is whole.
    """

    def __init__(self, output_fn: str | PathLike[str]) -> None:
        self.path = Path(output_fn)


def listed(writers: Any) -> list[Any]:
    """Give one writer, several or None as a list.

    Raises:
        WrongTypeError: something that is no writer.
    """
    found = [] if writers is None else writers if isinstance(writers, (list, tuple)) else [writers]
    for writer in found:
        if not callable(writer) and not isinstance(writer, (VcfWriter, SyncHdf5SeqWriter)):
            raise WrongTypeError(
                f"a writer is callable; got {type(writer).__name__}.",
                argument="writers",
                found=type(writer).__name__,
                expected="callable",
            )
    return list(found)


@contextmanager
def opened(writers: Sequence[Any]) -> Iterator[None]:
    """Open writers that can be opened, and close those that can be closed, whatever happens."""
    done: list[Any] = []
    try:
        for writer in writers:
            if hasattr(writer, "open"):
                writer.open()
            done.append(writer)
        yield
    finally:
        for writer in done:
            if hasattr(writer, "close"):
                writer.close()


def hand_over(
    writers: Sequence[Callable[..., Any]],
    result: VariantScores,
    frames: dict[str, pd.DataFrame],
    batch_size: int,
) -> None:
    """Call writers of predictions with the rows of a result, batch by batch, in order."""
    records = records_of(result.variants)
    with opened(writers):
        for rows in chunks(len(result), batch_size):
            predictions = {name: frame.iloc[rows] for name, frame in frames.items()}
            ids = np.array([str(name) for name in next(iter(predictions.values())).index])
            for writer in writers:
                writer(predictions, records[rows], ids)
