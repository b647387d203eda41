"""`Motif` and `MotifSet`: position matrices with their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np

from locuscope._closest import counted
from locuscope.errors import (
    InputError,
    OutOfBoundsError,
    UnknownNameError,
    closest,
    did_you_mean,
    examples,
)
from locuscope.genome.choices import check_class
from locuscope.genome.position_matrix import UNIFORM, check_frequencies, consensus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Motif:
    """A motif as base frequencies.

    Args:
        name: what people call it, one word ("CTCF").
        ppm: base frequencies, (A, W), each column summing to 1 within 1e-5; kept as float64,
            read-only.
        original_name: the accession in its source ("MA0139.2"); None = the name.
        n_sites: how many sites the frequencies were counted on; None = unknown.
        url: where the source describes it.

    Raises:
        ShapeError: not (4, W) with at least one column; says when it looks transposed.
        NonFiniteError: NaN or Inf.
        InputError: a negative frequency, a column that does not sum to 1, a name with blanks.

    >>> Motif("AC", np.array([[1.0, 0.1], [0.0, 0.7], [0.0, 0.1], [0.0, 0.1]]))
    Motif('AC', 2 bp, consensus AC)
    """

    name: str
    ppm: NDArray[np.float64]
    original_name: str | None = None
    n_sites: int | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        """Check the matrix and the names."""
        given = self.name if self.original_name is None else self.original_name
        for field, value in (("name", self.name), ("original_name", given)):
            check_class(field, value, str)
            if value.split() != [value]:
                raise InputError(f"{field} is {value!r}; a motif is named by one word.")
        object.__setattr__(self, "original_name", given)
        object.__setattr__(self, "ppm", check_frequencies(self.ppm, self.name))

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.ppm.shape[1])

    @property
    def consensus(self) -> str:
        """The most frequent base of each column; of equal ones the first in ACGT."""
        return consensus(self.ppm)

    @property
    def information(self) -> float:
        """Bits against equal base frequencies, summed over the columns."""
        logs = np.log2(np.where(self.ppm > 0, self.ppm, 1.0))
        return float(2.0 * self.width + (self.ppm * logs).sum())

    def __repr__(self) -> str:
        alias = "" if self.original_name == self.name else f" ({self.original_name})"
        return f"Motif({self.name!r}{alias}, {self.width} bp, consensus {self.consensus})"


@dataclass(frozen=True, eq=False, repr=False)
class MotifSet:
    """Motifs in a fixed order, found by name, original name or place.

    Args:
        motifs: the motifs; names differ.
        background: frequencies of A, C, G, T that the motifs are meant against.

    Raises:
        InputError: two motifs of one name, or a name that is another motif's original name.

    >>> base = np.eye(4)
    >>> two = MotifSet((Motif("A", base[:, :1]), Motif("C", base[:, 1:2], "MA2")))
    >>> two.names, two["MA2"].consensus, len(two.select(["A"])), two.ppms["A"].shape
    (('A', 'C'), 'C', 1, (4, 1))
    """

    motifs: tuple[Motif, ...]
    background: tuple[float, float, float, float] = UNIFORM

    def __post_init__(self) -> None:
        """Refuse names that would find two motifs."""
        check_class("motifs", self.motifs, Iterable)
        object.__setattr__(self, "motifs", tuple(self.motifs))
        for motif in self.motifs:
            check_class("each of motifs", motif, Motif, hint="Motif(name, ppm) makes one.")
        seen: dict[str, int] = {}
        for place, motif in enumerate(self.motifs):
            for name in (motif.name, str(motif.original_name)):
                if seen.setdefault(name, place) != place:
                    raise InputError(
                        f"motifs {seen[name]} and {place} are both called {name!r}; "
                        "names must tell them apart."
                    )

    @property
    def names(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(motif.name for motif in self.motifs)

    @property
    def original_names(self) -> tuple[str, ...]:
        """Accessions of the source, in order."""
        return tuple(str(motif.original_name) for motif in self.motifs)

    @cached_property
    def ppms(self) -> dict[str, NDArray[np.float64]]:
        """Name -> base frequencies (A, W), read-only arrays."""
        return {motif.name: motif.ppm for motif in self.motifs}

    def select(self, names: Iterable[str]) -> MotifSet:
        """Give the motifs of these names (or original names), in the order asked for.

        Raises:
            UnknownNameError: no motif of that name.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        return MotifSet(tuple(self[name] for name in wanted), self.background)

    @cached_property
    def _places(self) -> dict[str, int]:
        names = {motif.name: place for place, motif in enumerate(self.motifs)}
        return {str(m.original_name): place for place, m in enumerate(self.motifs)} | names

    def __len__(self) -> int:
        return len(self.motifs)

    def __iter__(self) -> Iterator[Motif]:
        return iter(self.motifs)

    def __contains__(self, item: object) -> bool:
        return item in self._places if isinstance(item, str) else item in self.motifs

    @overload
    def __getitem__(self, key: str | int) -> Motif: ...
    @overload
    def __getitem__(self, key: slice) -> MotifSet: ...
    def __getitem__(self, key: str | int | slice) -> Motif | MotifSet:
        """Find by name, original name or place; a slice gives a smaller set."""
        if isinstance(key, slice):
            return MotifSet(self.motifs[key], self.background)
        if isinstance(key, str):
            if key not in self._places:
                raise UnknownNameError(
                    f"No motif {key!r} in a set of {len(self)};",
                    hint=did_you_mean(key, self._places),
                    name=key,
                    known=self.names,
                    closest=closest(key, self._places),
                )
            return self.motifs[self._places[key]]
        try:
            return self.motifs[key]
        except IndexError as error:
            raise OutOfBoundsError(f"No motif {key}: the set holds {len(self)}.") from error

    def __repr__(self) -> str:
        return f"MotifSet({counted(len(self), 'motif')}: {examples(self.names)})"
