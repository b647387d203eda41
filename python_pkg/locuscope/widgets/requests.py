"""The questions a page may ask: a closed list, one frozen dataclass each.

`wire.py` checks every field before it makes one of these, so that handlers trust their types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final


@dataclass(frozen=True, kw_only=True)
class Request:
    """Any question of the page; `id` comes back with the answer."""

    type: ClassVar[str]
    id: int


@dataclass(frozen=True, kw_only=True)
class Hello(Request):
    """First words of a page: what version it is and where it runs."""

    type: ClassVar[str] = "hello"
    client_version: str
    host: str


@dataclass(frozen=True, kw_only=True)
class Catalog(Request):
    """All tracks with their fields and geometry."""

    type: ClassVar[str] = "catalog"


@dataclass(frozen=True, kw_only=True)
class Ping(Request):
    """Is the kernel there?"""

    type: ClassVar[str] = "ping"


@dataclass(frozen=True, kw_only=True)
class Cancel(Request):
    """The answer to `id` is no longer wanted."""

    type: ClassVar[str] = "cancel"


@dataclass(frozen=True, kw_only=True)
class Overview(Request):
    """The whole width of some tracks at a coarse level."""

    type: ClassVar[str] = "overview"
    rev: int
    mode: str
    tracks: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Tiles(Request):
    """Bins [first, first + count) of one level, for tracks of one geometry."""

    type: ClassVar[str] = "tiles"
    rev: int
    mode: str
    level: int
    first: int
    count: int
    tracks: tuple[int, ...]
    encoding: str


@dataclass(frozen=True, kw_only=True)
class Values(Request):
    """Native, exact bins that overlap [start, end)."""

    type: ClassVar[str] = "values"
    rev: int
    mode: str
    tracks: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class GenesRequest(Request):
    """The gene lane."""

    type: ClassVar[str] = "genes"
    rev: int


@dataclass(frozen=True, kw_only=True)
class VariantsRequest(Request):
    """The variant lane."""

    type: ClassVar[str] = "variants"
    rev: int


@dataclass(frozen=True, kw_only=True)
class SequenceRequest(Request):
    """The bases of [start, end)."""

    type: ClassVar[str] = "sequence"
    rev: int
    start: int
    end: int


REQUESTS: Final[dict[str, type[Request]]] = {
    kind.type: kind
    for kind in (
        Hello,
        Catalog,
        Overview,
        Tiles,
        Values,
        GenesRequest,
        VariantsRequest,
        SequenceRequest,
        Ping,
        Cancel,
    )
}
