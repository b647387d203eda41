"""Which heads, resolutions and tracks a verb works on, decided before the network runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from locuscope.errors import EmptySelectionError, OptionError, UnknownNameError, did_you_mean
from locuscope.models.protocol import require_model
from locuscope.tracks.columns import CategoryColumn
from locuscope.tracks.criteria import plan_criteria
from locuscope.tracks.raw_outputs import head_table
from locuscope.tracks.track_rows import track_rows
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.models.protocol import HeadSpec, SequenceModel

TrackChoice: TypeAlias = Mapping[str, object] | Collection[object]


@dataclass(frozen=True)
class HeadChoice:
    """What is wanted of one head.

    Args:
        spec: the head.
        keys: resolutions, `(0,)` for one value per window.
        rows: channels, in order.
        table: metadata of those channels.
    """

    spec: HeadSpec
    keys: tuple[int, ...]
    rows: NDArray[np.int64]
    table: TrackTable

    @property
    def is_whole(self) -> bool:
        """Whether every channel is wanted, in order."""
        return len(self.rows) == self.spec.num_tracks and bool(
            (self.rows == np.arange(self.spec.num_tracks)).all()
        )


def choose(
    model: SequenceModel,
    *,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    organism: int = 0,
) -> tuple[HeadChoice, ...]:
    """Heads, resolutions and channels of a model; padding channels are never chosen.

    Args:
        model: any `SequenceModel`.
        heads: names; None = all.
        tracks: criteria (mapping), or track names, or for a single head places or a bool mask; None
            = all.
        resolutions_bp: bases per bin; None = all of each head.
        organism: index of the organism, for the rows of the catalogue.

    Raises:
        UnknownNameError: no such head or track name.
        OptionError: a resolution that no chosen head has; places for several heads.
        EmptySelectionError: nothing is left.
        TrackMismatchError: the model's catalogue does not fit its channels.
    """
    require_model(model)
    specs = _specs(model, heads)
    keys = {spec.name: _keys(spec, resolutions_bp) for spec in specs}
    specs = [spec for spec in specs if keys[spec.name]]
    if not specs:
        known = sorted({key for spec in _specs(model, heads) for key in spec.keys})
        raise OptionError(
            f"no chosen head of {model.name} has a resolution in {resolutions_bp!r}; "
            "there are "
            f"{known}.",
            option="resolutions_bp",
            value=resolutions_bp,
            allowed=known,
        )
    tables = {spec.name: model_table(model, spec, organism) for spec in specs}
    rows = _rows(tables, tracks, model.name)
    return tuple(
        HeadChoice(spec, keys[spec.name], rows[spec.name], tables[spec.name].take(rows[spec.name]))
        for spec in specs
        if rows[spec.name].size
    )


def model_table(model: SequenceModel, spec: HeadSpec, organism: int = 0) -> TrackTable:
    """Metadata of every channel of a head.

    Raises:
        TrackMismatchError: the catalogue has another number of rows than the head has channels.
        UnknownNameError: the catalogue does not know the head.
    """
    if model.catalog is not None:
        return head_table(model.catalog, spec.name, organism, spec.num_tracks, strict=True)
    table = TrackTable.placeholders(spec.name, organism, spec.num_tracks)
    names = [f"{spec.name}:{channel}" for channel in range(spec.num_tracks)]
    return table.with_column("track_name", names)


def rows_of(table: TrackTable, tracks: TrackChoice | None, what: str) -> NDArray[np.int64]:
    """Rows of one table by criteria, names, places or a mask; None = all but padding.

    Raises:
        EmptySelectionError, UnknownNameError, OptionError: nothing is chosen, or nothing like it is
            there; `what` names the whole in the message.
    """
    return _rows({"tracks": table}, tracks, what)["tracks"]


def _specs(model: SequenceModel, heads: Collection[str] | None) -> list[HeadSpec]:
    if heads is None:
        return list(model.heads.values())
    is_many = isinstance(heads, Collection) and not isinstance(heads, str)
    wanted: list[Any] = [*heads] if is_many else [heads]
    for name in wanted:
        if name not in model.heads:
            raise UnknownNameError(
                f"{model.name} has no head {name!r}; {did_you_mean(str(name), model.heads)}",
                name=name,
                known=list(model.heads),
            )
    if not wanted:
        raise EmptySelectionError(
            f"heads is empty; {model.name} has {', '.join(model.heads)}.",
            available=list(model.heads),
        )
    return [model.heads[name] for name in dict.fromkeys(wanted)]


def _keys(spec: HeadSpec, resolutions_bp: Collection[int] | None) -> tuple[int, ...]:
    if resolutions_bp is None:
        return spec.keys
    is_many = isinstance(resolutions_bp, Collection) and not isinstance(resolutions_bp, str)
    wanted: set[Any] = {*resolutions_bp} if is_many else {resolutions_bp}
    return tuple(key for key in spec.keys if key in wanted)


def _rows(
    tables: Mapping[str, TrackTable], tracks: TrackChoice | None, model_name: str
) -> dict[str, NDArray[np.int64]]:
    real = {name: np.flatnonzero(~table.is_padding) for name, table in tables.items()}
    if tracks is None:
        chosen = real
    elif isinstance(tracks, Mapping):
        kept = {name: tables[name].take(rows) for name, rows in real.items()}
        plan = plan_criteria(list(kept.values()), tracks)
        chosen = {name: real[name][plan.rows(table)] for name, table in kept.items()}
        if not any(rows.size for rows in chosen.values()):
            raise plan.refusal(list(kept.values()), f"of {model_name}")
    else:
        chosen = _listed_rows(tables, tracks)
    if not any(rows.size for rows in chosen.values()):
        raise EmptySelectionError(
            f"no track of {model_name} is left in {', '.join(tables)}.",
            criteria=tracks,
            available={name: len(rows) for name, rows in real.items()},
        )
    return chosen


def _listed_rows(
    tables: Mapping[str, TrackTable], tracks: Collection[object]
) -> dict[str, NDArray[np.int64]]:
    """Rows of names, places or a mask."""
    is_many = isinstance(tracks, Iterable) and not isinstance(tracks, str)
    listed: list[Any] = [*tracks] if is_many else [tracks]
    if listed and all(isinstance(item, str) for item in listed):
        return _named_rows(tables, [str(item) for item in listed])
    if len(tables) > 1:
        raise OptionError(
            f"places or a mask of tracks need one head; {len(tables)} are chosen "
            f"({', '.join(tables)}). "
            "Use heads=, track names or criteria.",
            option="tracks",
            value=listed[:5],
        )
    # R hands over every number as a float; 2.0 is a place, 2.5 is refused as before
    whole = [
        int(item) if isinstance(item, (float, np.floating)) and item.is_integer() else item
        for item in listed
    ]
    return {name: track_rows(table, whole) for name, table in tables.items()}


def _named_rows(tables: Mapping[str, TrackTable], names: list[str]) -> dict[str, NDArray[np.int64]]:
    chosen = {}
    found: set[str] = set()
    known: dict[str, None] = {}
    for head, table in tables.items():
        column = table.column_store("track_name")
        cells = column.values if isinstance(column, CategoryColumn) else ()
        known |= dict.fromkeys(str(cell) for cell in cells)
        here = [name for name in names if name in known]
        rows = [track_rows(table, name) for name in here if name in cells]
        found |= {name for name in here if name in cells}
        chosen[head] = np.concatenate([np.empty(0, np.int64), *rows])
    missing = [name for name in names if name not in found]
    if missing:
        raise UnknownNameError(
            f"no track is named {missing[0]!r}; {did_you_mean(missing[0], known)}",
            name=missing[0],
            known=list(known),
        )
    return chosen
