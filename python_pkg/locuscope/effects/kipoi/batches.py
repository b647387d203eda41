"""Batches of any data loader, in the published form, as `ModelBatch`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import InputError, WrongTypeError
from locuscope.genome.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locuscope.models.protocol import InputSpec, SequenceModel

STRANDS = {"*": ".", ".": ".", "+": "+", "-": "-"}


def model_batches(loader: Iterable[Any], model: SequenceModel) -> Iterator[ModelBatch]:
    """Give the batches of any data loader as our verbs read them.

    Raises:
        InputError: a batch without inputs or ranges, naming what it has.
    """
    for number, batch in enumerate(_iterable(loader)):
        if isinstance(batch, ModelBatch):
            yield batch
            continue
        try:
            inputs, ranges = batch["inputs"], batch["metadata"]["ranges"]
        except (KeyError, TypeError, IndexError) as error:
            found = sorted(map(str, batch)) if isinstance(batch, Mapping) else type(batch).__name__
            raise InputError(
                f"batch {number} of the data loader has {found}; expected 'inputs' and "
                "'metadata' with 'ranges'."
            ) from error
        yield ModelBatch(_inputs(inputs, model.inputs), _intervals(ranges, number))


def _iterable(loader: Any) -> Iterable[Any]:
    if hasattr(loader, "iterator"):
        return loader.iterator()  # type: ignore[no-any-return]
    if not isinstance(loader, Iterable):
        raise WrongTypeError(
            f"a data loader is an iterable of batches; got {type(loader).__name__}.",
            argument="dataloader",
            found=type(loader).__name__,
            expected="iterable",
        )
    return loader


def _inputs(given: Any, specs: tuple[InputSpec, ...]) -> Any:
    """Name inputs that come as a list or tuple by the model's inputs, in their order."""
    if isinstance(given, (list, tuple)):
        return dict(zip((spec.name for spec in specs), map(np.asarray, given), strict=True))
    if isinstance(given, Mapping):
        return {str(name): np.asarray(array) for name, array in given.items()}
    return np.asarray(given)


def _intervals(ranges: Any, number: int) -> list[Interval]:
    try:
        chroms, starts, ends = (list(ranges[name]) for name in ("chr", "start", "end"))
    except (KeyError, TypeError) as error:
        raise InputError(
            f"the ranges of batch {number} need chr, start and end; found {ranges!r:.80}."
        ) from error
    given = ranges.get("strand", "*") if hasattr(ranges, "get") else "*"
    strands = [given] * len(chroms) if isinstance(given, str) else list(given)
    return [
        Interval(str(chrom), int(start), int(end), STRANDS.get(str(strand), "."))
        for chrom, start, end, strand in zip(chroms, starts, ends, strands, strict=True)
    ]
