"""What a file of variant scores says about itself: `ScoreCard`, one line of JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import FormatError, StoreVersionError
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from locuscope.effects.variant_scores import VariantScores

FORMAT = "locuscope.variant_scores"
VERSION = 1
NO_INDEX = "none"
"""What provenance says of a packed VCF without an index beside it."""


@dataclass(frozen=True, eq=False)
class ScoreCard:
    """Everything about scores but their rows.

    Args:
        labels: score -> labels of its columns, in order.
        own: scores whose columns are not the tracks.
        spread: scores with a spread.
        parts: score with parts -> names and types of the columns of its parts.
        tracks: what the columns of the other scores mean.
        provenance: everything that changed a number.
        layout: "wide" or "long", of a table.
    """

    labels: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...]
    spread: tuple[str, ...]
    parts: Mapping[str, tuple[tuple[str, str], ...]]
    tracks: TrackTable
    provenance: Mapping[str, object] = field(default_factory=dict)
    layout: str = "wide"

    @property
    def own_columns(self) -> dict[str, tuple[str, ...]]:
        """Labels of the scores that have their own."""
        return {name: tuple(self.labels[name]) for name in self.own}

    def text(self) -> str:
        """Give the card as JSON; equal cards give equal text."""
        return plain_text(
            {
                "format": FORMAT,
                "version": VERSION,
                "scores": [[name, list(labels)] for name, labels in self.labels.items()],
                "own_columns": sorted(self.own),
                "spread": list(self.spread),
                "parts": {name: [list(pair) for pair in self.parts[name]] for name in self.parts},
                "tracks": self.tracks.rows(),
                "provenance": dict(self.provenance),
                "layout": self.layout,
            }
        )


def card_of(scores: VariantScores, layout: str = "wide") -> ScoreCard:
    """Give the card of a result."""
    return ScoreCard(
        labels={name: scores.labels(name) for name in scores.scores},
        own=tuple(scores.own_columns),
        spread=tuple(scores.spread),
        parts={
            name: tuple((column, str(kind)) for column, kind in table.schema.items())
            for name, table in scores.parts.items()
        },
        tracks=scores.tracks,
        provenance=scores.provenance,
        layout=layout,
    )


def read_card(text: str | None, path: Path) -> ScoreCard:
    """Read what `ScoreCard.text` gave.

    Raises:
        FormatError: no card, or a broken one.
        StoreVersionError: written by a newer locuscope.
    """
    try:
        card = json.loads(text or "null")
    except ValueError as error:
        raise FormatError(
            f"{path}: the entry {FORMAT!r} is no JSON ({error}).", path=str(path)
        ) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise FormatError(
            f"{path}: a table, but not of variant scores (no entry {FORMAT!r}).", path=str(path)
        )
    if card.get("version", 0) > VERSION:
        raise StoreVersionError(
            f"{path}: written in version {card['version']}, this locuscope reads up to {VERSION}.",
            path=str(path),
            written_by=str(card["version"]),
        )
    try:
        parts = card["parts"]
        return ScoreCard(
            labels={name: tuple(labels) for name, labels in card["scores"]},
            own=tuple(card["own_columns"]),
            spread=tuple(card.get("spread", ())),
            # a list of names alone is what the first version wrote
            parts={
                name: tuple((column, kind) for column, kind in parts[name])
                if isinstance(parts, dict)
                else ()
                for name in parts
            },
            tracks=_tracks(json.dumps(card["tracks"])),
            provenance=card["provenance"],
            layout=card.get("layout", "wide"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f"{path}: the entry {FORMAT!r} is incomplete ({type(error).__name__}: {error}).",
            path=str(path),
        ) from error


def unique_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Give names of which those that stand more than once end with `_` and their place."""
    counts = Counter(names)
    labels = [name if counts[name] == 1 else f"{name}_{i}" for i, name in enumerate(names)]
    taken = Counter(labels)
    return tuple(
        label if taken[label] == 1 or label == name else f"{label}_{i}"
        for i, (label, name) in enumerate(zip(labels, names, strict=True))
    )


def tracks_of_names(names: Sequence[str]) -> TrackTable:
    """Make tracks that have nothing but a name."""
    return TrackTable.from_tracks(
        [TrackMetadata(i, "scores", 0, name) for i, name in enumerate(names)]
    )


def plain_text(content: object) -> str:
    """Give JSON of plain values with sorted keys; NaN and Inf become words, odd objects text."""
    return json.dumps(_plain(content), sort_keys=True, allow_nan=False, default=str)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


@lru_cache(maxsize=4)
def _tracks(text: str) -> TrackTable:
    """Read the rows of a card; the parts of one job share one table."""
    return TrackTable.from_tracks([_track(row) for row in json.loads(text)])


def _track(row: Mapping[str, Any]) -> TrackMetadata:
    core = ("track_index", "output_name", "organism", "track_name")
    extras = {name: value for name, value in row.items() if name not in core}
    index, output_name, organism, track_name = (row[name] for name in core)
    return TrackMetadata(index, output_name, organism, track_name, extras)
