"""Tensors of a model with the metadata of their tracks and the places that they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.inference.windows import bins_over
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locuscope.genome.interval import Interval
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.view_sums import Tensors


def named(
    choices: Sequence[HeadChoice],
    values: Tensors,
    *,
    organism: int,
    places: Sequence[Interval] | None = None,
    covered: Mapping[tuple[str, int], list[Interval]] | None = None,
) -> NamedOutputs:
    """Put the metadata of the chosen tracks to their values.

    Args:
        choices: heads and tracks, in order.
        values: head -> resolution -> (N, L', T), bins cut to the places.
        organism: index of the organism.
        places: what was asked for; None for bare sequences.
        covered: (head, resolution) -> what the bins of each example cover, from `covered_by`.
    """
    there = covered or {}
    heads = {}
    for choice in choices:
        name = choice.spec.name
        tensors = {
            key: NamedTrackTensor(
                values[name][key], choice.table, name, key, intervals=there.get((name, key))
            )
            for key in choice.keys
        }
        heads[name] = NamedOutputHead(name, tensors, intervals=places)
    return NamedOutputs(heads, organism=organism, intervals=places)


def covered_by(
    choices: Sequence[HeadChoice], places: Sequence[Interval], windows: Sequence[Interval]
) -> dict[tuple[str, int], list[Interval]]:
    """What the bins over each place cover, by head and resolution.

    Args:
        choices: heads and resolutions.
        places: what was asked for.
        windows: what the model read for each.
    """
    return {
        (choice.spec.name, key): [
            bins_over(place, window, choice.spec, key).covered
            for place, window in zip(places, windows, strict=True)
        ]
        for choice in choices
        for key in choice.keys
    }
