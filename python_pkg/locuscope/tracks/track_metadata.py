"""The noun for one track: its output, its place among the channels, and all that is known of it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from types import MappingProxyType
from typing import TYPE_CHECKING

from locuscope.errors import InputError, UnknownAttributeError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

CORE_FIELDS = ("track_index", "output_name", "organism", "track_name")
KNOWN_FIELDS = (
    *CORE_FIELDS,
    "strand",
    "ontology_curie",
    "biosample_name",
    "biosample_type",
    "biosample_life_stage",
    "assay_title",
    "data_source",
    "gtex_tissue",
    "histone_mark",
    "transcription_factor",
    "endedness",
    "genetically_modified",
    "nonzero_mean",
)
BOOL_FIELDS = frozenset({"genetically_modified"})
FLOAT_FIELDS = frozenset({"nonzero_mean"})
PADDING_NAME = "Padding"


class TrackMetadata:
    """One track: four core fields and any number of extras, reachable as attributes.

    Frozen, equal by value, hashable, picklable. `source_index` is the channel of the raw model
    tensor; selections renumber `track_index` and keep `source_index`.

    Args:
        track_index: place among the tracks of the output.
        output_name: head the track belongs to.
        organism: 0 human, 1 mouse.
        track_name: any text; "padding" in any case marks a channel without meaning.
        extras: further fields; a field that is missing on this track is left out.

    Raises:
        InputError: an extra repeats a core field.

    >>> track = TrackMetadata(0, "atac", 0, "liver", {"strand": "."})
    >>> track.strand, track.get("assay_title"), track.is_padding
    ('.', None, False)
    """

    __slots__ = ("_source_index", "extras", "organism", "output_name", "track_index", "track_name")

    track_index: int
    output_name: str
    organism: int
    track_name: str
    extras: Mapping[str, object]
    _source_index: int | None

    def __init__(
        self,
        track_index: int,
        output_name: str,
        organism: int,
        track_name: str,
        extras: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        repeated = [field for field in CORE_FIELDS if field in extras]
        if repeated:
            message = (
                f"extras of track {track_name!r} repeat the core field {repeated[0]!r}; "
                "pass it as its own argument."
            )
            raise InputError(message)
        store = object.__setattr__
        store(self, "track_index", track_index)
        store(self, "output_name", output_name)
        store(self, "organism", organism)
        store(self, "track_name", track_name)
        store(self, "extras", MappingProxyType(dict(extras)))
        store(self, "_source_index", None)

    @property
    def source_index(self) -> int:
        """Channel in the raw model tensor; `track_index` for a track made by hand."""
        return self.track_index if self._source_index is None else self._source_index

    @property
    def is_padding(self) -> bool:
        """True for a channel that only fills the tensor."""
        return self.track_name.lower() == "padding"

    def get(self, key: str, default: object = None) -> object:
        """The value of a core field or an extra, else `default`."""
        if key in CORE_FIELDS:
            return getattr(self, key)
        return self.extras.get(key, default)

    def has(self, key: str) -> bool:
        """Whether the field is known on this track; False counts as known."""
        return self.get(key) is not None

    def to_dict(self) -> dict[str, object]:
        """The core fields, then the extras."""
        return {field: getattr(self, field) for field in CORE_FIELDS} | dict(self.extras)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.extras:
            return self.extras[name]
        available = list(self.extras)
        near = closest(name, [*CORE_FIELDS, *available])
        message = f"TrackMetadata has no field {name!r}. Available extras: {available}"
        if near:
            message += f". Did you mean {near[0]!r}?"
        raise UnknownAttributeError(message, name=name, known=available, closest=near)

    def __setattr__(self, name: str, value: object) -> None:
        message = f"cannot assign to field {name!r} (value {value!r})"
        raise FrozenInstanceError(message)

    def __delattr__(self, name: str) -> None:
        message = f"cannot delete field {name!r}"
        raise FrozenInstanceError(message)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrackMetadata):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        core = tuple(getattr(self, field) for field in CORE_FIELDS)
        return hash((core, frozenset(self.extras)))

    def __reduce__(self) -> tuple[object, ...]:
        core = tuple(getattr(self, field) for field in CORE_FIELDS)
        return (_rebuilt, (core, dict(self.extras), self._source_index))

    def __repr__(self) -> str:
        text = (
            f"TrackMetadata({self.track_index}, {self.output_name!r}, {self.organism}, "
            f"{self.track_name!r}"
        )
        return text + (f", {dict(self.extras)!r})" if self.extras else ")")


def with_source(track: TrackMetadata, source_index: int | None) -> TrackMetadata:
    """The same track, remembering the channel it came from; for tracks that were just made."""
    object.__setattr__(track, "_source_index", source_index)
    return track


def viewed(
    core: tuple[int, str, int, str], extras: dict[str, object], source_index: int
) -> TrackMetadata:
    """A track out of a table, which has checked the cells; `extras` is kept, not copied."""
    track = TrackMetadata.__new__(TrackMetadata)
    index, output_name, organism, track_name = core
    _store_index(track, index)
    _store_output(track, output_name)
    _store_organism(track, organism)
    _store_name(track, track_name)
    _store_extras(track, MappingProxyType(extras))
    _store_source(track, source_index)
    return track


# The slots' own setters take half the time of object.__setattr__, thousands of tracks at a time.
_store_index, _store_output, _store_organism, _store_name, _store_extras, _store_source = (
    vars(TrackMetadata)[name].__set__ for name in (*CORE_FIELDS, "extras", "_source_index")
)


def _rebuilt(
    core: tuple[int, str, int, str], extras: Mapping[str, object], source_index: int | None
) -> TrackMetadata:
    return with_source(TrackMetadata(*core, extras), source_index)
