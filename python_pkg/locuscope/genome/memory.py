"""Sequences held in memory, with the same face as a FASTA file."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from locuscope.errors import InputError, WrongTypeError
from locuscope.genome.interval import check_contig_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Records(Protocol):
    """What a genome needs of its sequences: a FASTA file, or memory."""

    @property
    def path(self) -> Path | None:
        """The file, None in memory."""

    def lengths(self) -> dict[str, int]:
        """Bases of each record, in order."""

    def read(self, name: str, start: int, end: int) -> bytes:
        """Bases `[start, end)` of a record, case as given."""

    def fingerprint(self) -> str:
        """Text that changes when the content does."""

    def close(self) -> None:
        """Close what is open; the next read opens it again."""


class MemoryRecords:
    """Record -> bases."""

    path: Path | None = None

    def __init__(self, sequences: Mapping[str, str]) -> None:
        if not sequences:
            raise InputError("a genome in memory needs at least one sequence; got {}.")
        self._sequences: dict[str, bytes] = {}
        for name, text in sequences.items():
            check_contig_name(name)
            if not isinstance(text, str):
                raise WrongTypeError(
                    f"bases of {name!r} are text, not {type(text).__name__}.",
                    argument="sequences",
                    found=type(text).__name__,
                    expected="str",
                )
            # A character outside ASCII becomes '?', which is refused when it is fetched.
            self._sequences[name] = text.encode("ascii", errors="replace")

    def lengths(self) -> dict[str, int]:
        """Bases of each record."""
        return {name: len(text) for name, text in self._sequences.items()}

    def read(self, name: str, start: int, end: int) -> bytes:
        """Bases `[start, end)` of a record."""
        return self._sequences[name][start:end]

    def fingerprint(self) -> str:
        """sha256 over names and bases."""
        digest = sha256()
        for name, text in self._sequences.items():
            digest.update(f"{name}\n{len(text)}\n".encode())
            digest.update(text)
        return digest.hexdigest()

    def close(self) -> None:
        """Nothing is open."""
