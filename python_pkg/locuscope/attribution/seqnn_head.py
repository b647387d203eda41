"""A model, one of its heads and the views of a call: what all published calls share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope.attribution.conv_blocks import conv_blocks
from locuscope.attribution.seqnn_accuracy import Loss, default_loss
from locuscope.attribution.seqnn_batches import joined_batches, read_batches
from locuscope.attribution.seqnn_predictions import OneHead
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import whole_number
from locuscope.inference.ensemble import ensemble_of
from locuscope.inference.selection import choose
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from locuscope.attribution.seqnn_batches import SequenceBatch
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.gene_sites import GeneSeq
    from locuscope.inference.run import Run
    from locuscope.models.protocol import SequenceModel

SHIFTS = (0,)


class OneHeadModel:
    """What `SeqNNModel` is made of; its arguments stand there."""

    def __init__(
        self,
        model: SequenceModel,
        *,
        head: str | None = None,
        resolution_bp: int | None = None,
        organism: int | str | None = None,
        loss: Loss | None = None,
        ensemble: Ensemble | None = None,
        blocks: Sequence[str] | None = None,
        run: Run | None = None,
    ) -> None:
        index = organism_index(organism, default=0, known=None)
        keys = None if resolution_bp is None else (whole_number(resolution_bp, "resolution_bp"),)
        heads = None if head is None else (head,)
        choices = choose(model, heads=heads, resolutions_bp=keys, organism=index)
        if len(choices) > 1:
            names = [choice.spec.name for choice in choices]
            raise OptionError(
                f"{model.name} has the heads {', '.join(names)}; name one: head=...",
                option="head",
                value=head,
                allowed=names,
            )
        self._choice = choices[0]
        self._head = OneHead(model, choices[0].spec, choices[0].keys[0], index, run)
        self._loss = default_loss(choices[0].spec) if loss is None else loss
        self._views = ensemble_of(ensemble)
        self._blocks = None if blocks is None else _names(blocks)
        self._layers: tuple[int, ...] | None = None
        self._gene_layers: tuple[int, ...] | None = None
        self._gene_seqs: list[GeneSeq] | None = None
        self._is_centred = False

    def block_names(self, x: NDArray[Any]) -> tuple[str, ...]:
        """Names of the convolution blocks in order.

        Args:
            x: one-hot (N, 4, L) for the pass that shows them.
        """
        if self._blocks is None:
            self._blocks = conv_blocks(self._head.model, x)
        return self._blocks

    def _groups(self, batcher: object, size: int | None) -> Iterator[SequenceBatch]:
        """So many batches at once, end to end; None = all."""
        limit = None if size is None else whole_number(size, "test_batches_per")
        if limit is not None and limit < 1:
            raise OptionError(
                f"test_batches_per is {limit}; expected at least 1.",
                option="test_batches_per",
                value=size,
            )
        held: list[SequenceBatch] = []
        for batch in read_batches(self._head.model, batcher):
            held.append(batch)
            if len(held) == limit:
                yield joined_batches(held)
                held = []
        if held:
            yield joined_batches(held)


def _names(blocks: Sequence[str]) -> tuple[str, ...]:
    if isinstance(blocks, str) or not all(isinstance(name, str) for name in blocks):
        raise WrongTypeError(
            f"blocks is {blocks!r}; expected names from list_layers(model).",
            argument="blocks",
            found=type(blocks).__name__,
            expected="list of str",
        )
    return tuple(blocks)


def plain(arrays: list[NDArray[Any]]) -> Any:
    """One array as it is, several as a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def listed(target_indexes: Any) -> list[int] | None:
    """Places of tracks; None = all."""
    if target_indexes is None:
        return None
    given = target_indexes if hasattr(target_indexes, "__iter__") else [target_indexes]
    return [whole_number(place, "target_indexes") for place in given]
