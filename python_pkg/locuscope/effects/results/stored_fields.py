"""The fields of a stored result, read on first use, with the tracks that were selected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from locuscope.effects.results.score_sources import ScoreSource
    from locuscope.effects.results.score_tables import ScoreFields

FIELDS = frozenset(
    ("variants", "windows", "tracks", "own_columns", "provenance", "scores", "spread", "parts")
)


class StoredFields:
    """A source and the tracks of it that count.

    Args:
        source: rows on disk.
        kept: numbers of the tracks; None = all.
    """

    def __init__(self, source: ScoreSource, kept: NDArray[np.int64] | None = None) -> None:
        self.source = source
        self.kept = kept

    @property
    def blocks(self) -> Sequence[tuple[int, int]]:
        """First row and end of each piece that is read at once; at least one."""
        return self.source.blocks or [(0, 0)]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.blocks[-1][1]

    def take(self, rows: NDArray[np.int64]) -> StoredFields:
        """The same with some of its tracks."""
        return StoredFields(self.source, rows if self.kept is None else self.kept[rows])

    def load(self, name: str) -> dict[str, object]:
        """Read a field, and those that come with it."""
        if name in ("variants", "windows"):
            variants, windows = self.source.alleles()
            return {"variants": variants, "windows": windows}
        card = self.source.card
        if name == "parts":
            return {"parts": {score: self.source.parts(score) for score in card.parts}}
        return {
            "tracks": card.tracks if self.kept is None else card.tracks.take(self.kept),
            "own_columns": card.own_columns,
            "provenance": dict(card.provenance),
            "scores": _Matrices(tuple(card.labels), self.matrix),
            "spread": _Matrices(card.spread, self._spread),
        }

    def matrix(
        self, score: str, columns: Sequence[int] | None = None, *, is_spread: bool = False
    ) -> NDArray[np.float32]:
        """Read a score, or some of its columns."""
        if self.kept is not None and score not in self.source.card.own:
            columns = (self.kept if columns is None else self.kept[list(columns)]).tolist()
        return self.source.matrix(score, columns, is_spread=is_spread)

    def _spread(self, score: str) -> NDArray[np.float32]:
        return self.matrix(score, is_spread=True)

    def block(self, first: int, stop: int) -> ScoreFields:
        """Read everything of one piece."""
        found = self.source.fields(first, stop)
        if self.kept is None:
            return found
        own, kept = found["own_columns"], self.kept
        cut = found.copy()
        cut["tracks"] = found["tracks"].take(kept)
        cut["scores"] = {k: v if k in own else v[:, kept] for k, v in found["scores"].items()}
        cut["spread"] = {k: v if k in own else v[:, kept] for k, v in found["spread"].items()}
        return cut


class _Matrices(Mapping[str, "NDArray[np.float32]"]):
    """Matrices by score; each is read on first use."""

    def __init__(self, names: Sequence[str], read: Callable[[str], NDArray[np.float32]]) -> None:
        self._names, self._read = names, read
        self._found: dict[str, NDArray[np.float32]] = {}

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
