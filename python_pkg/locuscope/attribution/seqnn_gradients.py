"""Gradients of every track with respect to layers, in the shapes of the published calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.layer_gradients import layer_values
from locuscope.attribution.layer_passes import INPUT
from locuscope.attribution.seqnn_genes import require_rows, starts_of
from locuscope.errors import EmptySelectionError, ModelError, OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.moments import RunningMoments
from locuscope.inference.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from locuscope.attribution.seqnn_predictions import OneHead
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.gene_sites import GeneSeq


@dataclass(frozen=True)
class LayerArrays:
    """Per layer, in the order asked for.

    Args:
        grads: (N, T, P, U) each; over single views after an axis of views.
        reprs: (N, P, U) each; likewise.
    """

    grads: list[NDArray[Any]]
    reprs: list[NDArray[Any]]


def layer_numbers(layers: object) -> tuple[int, ...]:
    """Read the published numbers of layers: 0 = the sequence, k = the k-th convolution block.

    Raises:
        WrongTypeError: no whole numbers.
        OptionError: below 0, or one twice.
        EmptySelectionError: none.
    """
    given: Any = layers if hasattr(layers, "__iter__") else [layers]
    numbers = tuple(whole_number(item, "layers") for item in given)
    if not numbers:
        raise EmptySelectionError("layers is empty; 0 is the sequence.", available=None)
    if min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise OptionError(
            f"layers is {list(numbers)}; expected 0 (the sequence) and numbers of convolution "
            "blocks, each once.",
            option="layers",
            value=numbers,
        )
    return numbers


def layer_names(known: Sequence[str], numbers: Iterable[int], model_name: str) -> list[str]:
    """Names of layers by their numbers.

    Args:
        known: names of the convolution blocks in order.
        numbers: as `layer_numbers` gives them.
        model_name: for the message.

    Raises:
        OptionError: a block that the network does not have; the message lists those it has.

    >>> layer_names(["stem", "body"], (0, 2), "net")
    ['input', 'body']
    """
    found = []
    for number in numbers:
        if number > len(known):
            told = ", ".join(f"{k} = {name}" for k, name in enumerate(known, 1)) or "none"
            raise OptionError(
                f"layer {number} is asked for; the convolution blocks of {model_name} are {told}.",
                option="layers",
                value=number,
                allowed=range(len(known) + 1),
            )
        found.append(INPUT if number == 0 else known[number - 1])
    return found


def track_gradients(
    head: OneHead,
    x: NDArray[Any],
    names: Sequence[str],
    views: Ensemble,
    *,
    positions: Any = None,
    return_all: bool = False,
) -> LayerArrays:
    """Differentiate every track, summed over positions, with respect to layers.

    Args:
        head: what is differentiated.
        x: one-hot (N, 4, L).
        names: layers.
        views: what is averaged.
        positions: bins, as in `Target`; None = all.
        return_all: every view instead of their mean.

    Raises:
        LocuscopeError: as `layer_gradients`.
        ModelError: a layer without channels and positions.
    """
    has_bins = head.resolution_bp > 0
    target = Target(
        head.spec.name,
        resolution_bp=head.resolution_bp if has_bins else None,
        positions=positions if has_bins else None,
        track_reduce="each",
    )
    found = layer_values(
        head.model,
        x,
        list(names),
        target,
        organism=head.organism or None,
        return_all=return_all,
        ensemble=views,
        run=head.run,
    )
    grads, reprs = [], []
    for name in names:
        values = units_last(found.activations[name], name, 3 + return_all)
        slopes = units_last(found.gradients[name], name, 4 + return_all)
        grads.append(np.moveaxis(slopes, int(return_all), int(return_all) + 1))
        reprs.append(values)
    return LayerArrays(grads, reprs)


def mean_and_views(
    head: OneHead,
    x: NDArray[Any],
    names: Sequence[str],
    views: Ensemble,
    *,
    positions: Any = None,
) -> tuple[LayerArrays, LayerArrays, LayerArrays]:
    """Mean over the views, their variance (ddof 1, NaN for one view), and every view.

    Args:
        head: as `track_gradients`.
        x: likewise.
        names: likewise.
        views: likewise.
        positions: likewise.

    Returns:
        Views stand on the last axis.
    """
    every = track_gradients(head, x, names, views, positions=positions, return_all=True)
    mean = LayerArrays(
        [_mean(array) for array in every.grads], [_mean(array) for array in every.reprs]
    )
    spread = LayerArrays(
        [_variance(array) for array in every.grads], [_variance(array) for array in every.reprs]
    )
    last = LayerArrays(
        [np.moveaxis(array, 0, -1) for array in every.grads],
        [np.moveaxis(array, 0, -1) for array in every.reprs],
    )
    return mean, spread, last


def start_gradients(
    head: OneHead,
    x: NDArray[Any],
    names: Sequence[str],
    views: Ensemble,
    gene_seqs: list[GeneSeq],
) -> list[NDArray[np.float32]]:
    """Differentiate every track at the bin of every transcription start.

    Args:
        head: what is differentiated.
        x: one-hot (S, 4, L) of the sequences.
        names: layers.
        views: what is averaged.
        gene_seqs: the sequences with their starts.

    Returns:
        Per layer (starts, T, P, U); NaN where the bin of a start is missing.

    Raises:
        ShapeError: other sequences than those of `gene_seqs`.
        EmptySelectionError: no start that lies inside.
        OptionError: a head without bins.
    """
    require_rows(len(x), gene_seqs, x.shape[-1])
    if not head.resolution_bp:
        raise OptionError(
            f"head {head.spec.name!r} has no bins along the sequence, so no start has one.",
            option="head",
            value=head.spec.name,
        )
    n_bins = head.spec.length_out(x.shape[-1], head.resolution_bp)
    starts = starts_of(
        gene_seqs, head.spec, resolution_bp=head.resolution_bp, radius=0, n_bins=n_bins
    )
    bins = sorted({start.first for start in starts if start.is_inside})
    if not bins:
        raise EmptySelectionError(
            f"none of the {len(starts)} transcription starts has a bin in its window.",
            available=0,
        )
    found: list[NDArray[np.float32]] = []
    for place in bins:
        here = [k for k, start in enumerate(starts) if start.is_inside and start.first == place]
        rows = sorted({starts[k].row for k in here})
        arrays = track_gradients(head, x[rows], names, views, positions=slice(place, place + 1))
        if not found:
            shape = (len(starts),)
            found = [np.full(shape + a.shape[1:], np.nan, np.float32) for a in arrays.grads]
        for whole, part in zip(found, arrays.grads, strict=True):
            for k in here:
                whole[k] = part[rows.index(starts[k].row)]
    return found


def units_last(array: NDArray[Any], name: str, ndim: int) -> NDArray[np.float32]:
    """Give (..., U, P) or (..., U, 1, P) as (..., P, U).

    Args:
        array: of a layer.
        name: its name.
        ndim: axes that are expected.

    Raises:
        ModelError: other axes.
    """
    flat = array[..., 0, :] if array.ndim == ndim + 1 and array.shape[-2] == 1 else array
    if flat.ndim != ndim:
        raise ModelError(
            f"layer {name!r} gives {array.ndim} axes; units and positions are expected. Name other "
            "layers with SeqNNModel(model, blocks=[...])."
        )
    return np.ascontiguousarray(np.swapaxes(flat, -1, -2), np.float32)


def _mean(views: NDArray[Any]) -> NDArray[np.float32]:
    """Mean over the views that know a position; NaN where none does."""
    known = ~np.isnan(views)
    counts = known.sum(axis=0)
    total = np.where(known, views, 0).sum(axis=0, dtype=np.float64)
    found = np.full(total.shape, np.nan)
    np.divide(total, counts, out=found, where=counts > 0)
    return found.astype(np.float32)


def _variance(views: NDArray[Any]) -> NDArray[np.float32]:
    moments = RunningMoments()
    for view in views:
        moments.add(view)
    if moments.count < 2:
        return np.full(views.shape[1:], np.nan, np.float32)
    found: NDArray[np.float32] = moments.variance().astype(np.float32)
    return found
