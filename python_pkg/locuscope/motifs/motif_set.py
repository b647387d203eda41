"""`MotifSet`: motifs in a fixed order, as names and as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

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
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.position_matrix import PSEUDOCOUNT, UNIFORM
from locuscope.motifs.motif import Motif
from locuscope.motifs.names import check_names, places_of, refuse_duplicates, resolve
from locuscope.motifs.set_arrays import KINDS, trim_masks, unit_matrices
from locuscope.motifs.trimming import (
    TRIM_THRESHOLD,
    check_core,
    check_lambda,
    check_trim_threshold,
    trim,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

LAMBDA = 0.7
"""Hit threshold where neither the motif nor the call says another."""


@dataclass(frozen=True, eq=False, repr=False)
class MotifSet:
    """Motifs in a fixed order, found by name, original name or place.

    A motif may be there along both strands, as two entries of one name. Arrays have one row per
    entry, M in all; W is the widest window, narrower ones have zeros on their right.

    Args:
        motifs: the motifs; (name, strand) differs.
        background: frequencies of A, C, G, T that the motifs are meant against.
        kind: which matrix `cwms` gives: "cwm", "hcwm" (hypothetical), "pfm" (base frequencies) or
            "pfm_softmax" (`soft_letters` of them).
        origin: the file they come from, for messages.

    Raises:
        InputError: two motifs of one name and strand, or a name that is another motif's original
            name.

    >>> base = np.eye(4)
    >>> two = MotifSet((Motif("A", base[:, :1]), Motif("C", base[:, 1:2], original_name="MA2")))
    >>> two.names, two["MA2"].consensus, len(two.select(["A"])), two.cwms.shape
    (('A', 'C'), 'C', 1, (2, 4, 1))
    """

    motifs: tuple[Motif, ...]
    background: tuple[float, float, float, float] = UNIFORM
    kind: str = "cwm"
    origin: str = ""

    def __post_init__(self) -> None:
        """Refuse names that would find two motifs."""
        check_class("motifs", self.motifs, Iterable)
        object.__setattr__(self, "motifs", tuple(self.motifs))
        for motif in self.motifs:
            check_class("each of motifs", motif, Motif, hint="Motif(name, cwm) makes one.")
        check_choice("kind", self.kind, KINDS)
        check_names(self.motifs)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, ArrayLike]) -> MotifSet:
        """Make a set of contribution matrices.

        Args:
            arrays: name -> (A, W), of any scale.

        >>> MotifSet.from_arrays({"A": [[2], [0], [0], [0]]}).cwms.ravel().tolist()
        [1.0, 0.0, 0.0, 0.0]
        """
        check_class("arrays", arrays, Mapping)
        motifs = (Motif(name, cwm) for name, cwm in arrays.items())
        return cls(tuple(replace(m, scale=float(np.linalg.norm(m.cwm))) for m in motifs))

    @classmethod
    def from_ppms(
        cls,
        ppms: Mapping[str, ArrayLike],
        background: tuple[float, float, float, float] = UNIFORM,
        pseudocount: float = PSEUDOCOUNT,
    ) -> MotifSet:
        """Make a set of base frequencies, which stand in for contributions.

        Args:
            ppms: name -> (A, W), columns summing to 1.
            background: frequencies of A, C, G, T.
            pseudocount: as in `contributions_of_frequencies`.
        """
        check_class("ppms", ppms, Mapping)
        motifs = (Motif(name, ppm=ppm) for name, ppm in ppms.items())
        return cls(
            tuple(motif.against(background, pseudocount) for motif in motifs),
            background,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names, (M,), in order."""
        return tuple(motif.name for motif in self.motifs)

    @property
    def original_names(self) -> tuple[str, ...]:
        """Names in the source, (M,), in order."""
        return tuple(motif.original_name for motif in self.motifs)

    @property
    def strands(self) -> tuple[str, ...]:
        """Which strand, "+" or "-", (M,), in order."""
        return tuple(motif.strand for motif in self.motifs)

    @property
    def source(self) -> str:
        """What it was made of: "cwm"; "ppm", whose contributions are a stand-in; "mixed"."""
        sources = {motif.source for motif in self.motifs}
        return "mixed" if len(sources) > 1 else next(iter(sources), "cwm")

    @cached_property
    def cwms(self) -> NDArray[np.float32]:
        """Matrices of `kind`, (M, A, W) float32, read-only, unit norm over the whole window.

        Raises:
            InputError: a motif without that matrix, or whose matrix is all zero.
        """
        return unit_matrices(self.motifs, self.kind)

    @cached_property
    def trim_masks(self) -> NDArray[np.int8]:
        """1 inside the core, (M, W) int8, read-only."""
        return trim_masks(self.motifs)

    @cached_property
    def cores(self) -> NDArray[np.int64]:
        """Core columns [start, end), (M, 2)."""
        return np.array([motif.core for motif in self.motifs], np.int64).reshape(-1, 2)

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """Own width of each window, (M,)."""
        return np.array([motif.width for motif in self.motifs], np.int64)

    @cached_property
    def ppms(self) -> dict[str, NDArray[np.float64]]:
        """Name -> base frequencies (A, W) of its first strand, read-only arrays.

        Raises:
            InputError: a motif without frequencies.
        """
        found: dict[str, NDArray[np.float64]] = {}
        for motif in self.motifs:
            if motif.ppm is None:
                raise InputError(f"motif {motif.name!r} has no base frequencies (ppm).")
            found.setdefault(motif.name, motif.ppm)
        return found

    def lambdas(self, default: float = LAMBDA) -> NDArray[np.float64]:
        """Hit threshold of each entry, (M,): its own, else the default."""
        value = check_lambda(default, "default")
        own = (motif.threshold for motif in self.motifs)
        return np.array([value if mine is None else mine for mine in own], np.float64)

    def with_lambdas(
        self, lambdas: Mapping[str, float] | float, *, strict: bool = True
    ) -> MotifSet:
        """Set hit thresholds: one for all, or by name or original name."""
        if isinstance(lambdas, Mapping):
            given = resolve(self.motifs, lambdas, "lambdas", strict=strict)
        else:
            given = dict.fromkeys(range(len(self)), lambdas)
        return self._changed({place: {"threshold": value} for place, value in given.items()})

    def rename(self, names: Mapping[str, str], *, strict: bool = True) -> MotifSet:
        """Give motifs other names; `original_name` stays.

        Raises:
            InputError: a name for several motifs, listing them; a name that is another's.
        """
        given = resolve(self.motifs, names, "rename", strict=strict)
        after = {
            motif.original_name: given.get(place, motif.name)
            for place, motif in enumerate(self.motifs)
        }
        refuse_duplicates(after.values(), "rename")
        return self._changed({place: {"name": name} for place, name in given.items()})

    def with_trim(
        self,
        threshold: float = TRIM_THRESHOLD,
        thresholds: Mapping[str, float] | None = None,
        coords: Mapping[str, tuple[int, int]] | None = None,
        *,
        strict: bool = True,
    ) -> MotifSet:
        """Choose the cores anew, always by the projected contributions.

        Args:
            threshold: share of the largest column that belongs to the core.
            thresholds: by name or original name; before `threshold`.
            coords: columns [start, end) of the forward strand, by name; before `thresholds`.
            strict: False warns once of names that match no motif.

        Raises:
            OptionError: a threshold outside (0, 1].
            InputError: columns outside the window.
        """
        check_trim_threshold(threshold)
        shares = resolve(self.motifs, thresholds or {}, "trim_thresholds", strict=strict)
        columns = resolve(self.motifs, coords or {}, "trim_coords", strict=strict)
        changes: dict[int, dict[str, Any]] = {}
        for place, motif in enumerate(self.motifs):
            core = trim(motif.cwm, shares.get(place, threshold))
            if place in columns:
                start, end = check_core(columns[place], motif.width, motif.name)
                is_forward = motif.strand == "+"
                core = (start, end) if is_forward else (motif.width - end, motif.width - start)
            changes[place] = {"core": core}
        return self._changed(changes)

    def with_reverse_complements(self) -> MotifSet:
        """Every motif, then its other strand: ids 2k and 2k + 1. Twice is once."""
        there = {(motif.name, motif.strand) for motif in self.motifs}
        pairs: list[Motif] = []
        for motif in self.motifs:
            turned = motif.reverse_complement()
            pairs += [motif] if (turned.name, turned.strand) in there else [motif, turned]
        return replace(self, motifs=tuple(pairs))

    def forward(self) -> MotifSet:
        """Every motif once, along its "+" strand."""
        first = [self.motifs[self._places[name][0]] for name in dict.fromkeys(self.names)]
        plus = {motif.name: motif for motif in self.motifs if motif.strand == "+"}
        chosen = (plus.get(one.name) or one.reverse_complement() for one in first)
        return replace(self, motifs=tuple(chosen))

    def annotate(
        self,
        reference: MotifSet | Mapping[str, str | Iterable[str]],
        *,
        top: int = 3,
        min_similarity: float = 0.8,
    ) -> MotifSet:
        """Label motifs by the most similar ones of a reference, or by a table of labels.

        Args:
            reference: a set, compared by `annotation.similarity`; or name (or original name) ->
                label or labels, taken as they are, other motifs keep theirs.
            top: at most so many labels each, best first.
            min_similarity: correlation below which a reference motif is no label.
        """
        from locuscope.motifs.annotation import labels_by_place

        found = labels_by_place(self.motifs, reference, top=top, min_similarity=min_similarity)
        return self._changed({place: {"annotation": labels} for place, labels in found.items()})

    def select(self, names: Iterable[str] | str) -> MotifSet:
        """Give the motifs of these names (or original names), all strands, in that order.

        Raises:
            UnknownNameError: no motif of that name.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        chosen: list[Motif] = []
        for name in wanted:
            self[name]  # raises for an unknown one
            chosen += [self.motifs[place] for place in self._places[name]]
        return replace(self, motifs=tuple(chosen))

    def to_dataframe(self, default: float = LAMBDA) -> pd.DataFrame:
        """One row per entry, the columns of `motif_data.tsv`.

        Args:
            default: lambda of entries without their own.
        """
        import pandas as pd

        cores = self.cores
        return pd.DataFrame(
            {
                "motif_id": np.arange(len(self)),
                "motif_name": list(self.names),
                "motif_name_orig": list(self.original_names),
                "strand": list(self.strands),
                "motif_start": cores[:, 0],
                "motif_end": cores[:, 1],
                "motif_scale": np.array([m.scale for m in self.motifs], np.float32),
                "lambda": self.lambdas(default),
            }
        )

    def _changed(self, changes: Mapping[int, Mapping[str, Any]]) -> MotifSet:
        motifs = (
            replace(motif, **changes[place]) if place in changes else motif
            for place, motif in enumerate(self.motifs)
        )
        return replace(self, motifs=tuple(motifs))

    @cached_property
    def _places(self) -> dict[str, tuple[int, ...]]:
        return places_of(self.motifs)

    def __add__(self, other: object) -> MotifSet:
        """Both sets, one after the other; the background is the first one's.

        Raises:
            InputError: a name that both have, naming both sources; sets of different kinds.
        """
        if not isinstance(other, MotifSet):
            return NotImplemented
        first, second = self.origin or repr(self), other.origin or repr(other)
        shared = [name for name in other._places if name in self._places]
        if shared:
            raise InputError(
                f"{first} and {second} both have {examples(shared)}; rename them in one of the two."
            )
        if self.kind != other.kind:
            raise InputError(
                f"{first} holds kind={self.kind!r} and {second} kind={other.kind!r}; a set is of "
                "one kind."
            )
        origins = [origin for origin in (self.origin, other.origin) if origin]
        joined = (*self.motifs, *other.motifs)
        return replace(self, motifs=joined, origin=" + ".join(origins))

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
        """Find by name, original name (its first strand) or place; a slice gives a smaller set."""
        if isinstance(key, slice):
            return replace(self, motifs=self.motifs[key])
        if isinstance(key, str):
            if key not in self._places:
                raise UnknownNameError(
                    f"No motif {key!r} in a set of {len(self)};",
                    hint=did_you_mean(key, self._places),
                    name=key,
                    known=self.names,
                    closest=closest(key, self._places),
                )
            return self.motifs[self._places[key][0]]
        try:
            return self.motifs[key]
        except IndexError as error:
            raise OutOfBoundsError(f"No motif {key}: the set holds {len(self)}.") from error

    def __repr__(self) -> str:
        names = tuple(dict.fromkeys(self.names))
        strands = f", {len(self)} strands" if len(names) != len(self) else ""
        return f"MotifSet({counted(len(names), 'motif')}{strands}: {examples(names)})"
