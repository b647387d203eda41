"""Synthetic sequences with planted motifs: where every motif lies is known exactly.

All draws come from a counter hash, so that a seed gives the same bytes with every version of numpy,
and sequence k is the same whatever the number of sequences. Nothing here is measured data.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope._closest import counted
from locuscope.demo.simulate_layout import lay_out, motif_counts
from locuscope.demo.simulate_recovery import motif_recovery
from locuscope.errors import EmptySelectionError, OptionError, ShapeError, WrongTypeError
from locuscope.genome.choices import check_choice
from locuscope.genome.draws import check_seed, hashed, more, unit
from locuscope.genome.interval import whole_number
from locuscope.genome.position_matrix import check_motifs, consensus, log_odds
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.genome.shuffle import UNKNOWN, shuffled_indices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Planted", "motif_recovery", "plant_motifs"]

MODES = ("pwm", "consensus")
LENGTH_BP = 512
GC = 0.41
TRUTH_COLUMNS = ("sequence", "motif", "start", "end", "strand", "score")

# First words of the draws; `simulate_layout.py` has 12 and 13.
_BACKGROUND, _INSTANCE = 14, 15
_STRAND, _BASES = 1, 2


@dataclass(frozen=True, eq=False, repr=False)
class Planted:
    """Synthetic sequences and where their motifs lie; made by `plant_motifs`.

    Attributes:
        sequences: N texts of one length.
        onehot: the same as uint8 (N, A, L).
        truth: one row per planted motif, by sequence and start: `sequence` (0-based), `motif`,
            `start` and `end` (0-based half-open), `strand` ("." for a motif whose consensus is its
            own reverse complement), `score` (log-odds of the planted bases against equal base
            frequencies, bits).
        provenance: the options of the call.
    """

    sequences: tuple[str, ...]
    onehot: NDArray[np.uint8]
    truth: pd.DataFrame
    provenance: Mapping[str, object]

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        return (
            f"Planted(synthetic: {len(self):,} sequences x {self.onehot.shape[2]:,} bp, "
            f"{counted(len(self.truth), 'site')} of "
            f"{counted(len(set(self.truth['motif'])), 'motif')})"
        )

    def _repr_html_(self) -> str:
        rows = self.truth.head(10).to_html(index=False)
        said = f"synthetic; the first {min(10, len(self.truth))} of {len(self.truth):,} sites"
        return f"<p>{len(self):,} sequences of {self.onehot.shape[2]:,} bp, {said}</p>{rows}"


def plant_motifs(
    pwms: Mapping[str, NDArray[np.floating[Any]]],
    n: int = 1000,
    length: int | None = None,
    *,
    rate: float = 2.0,
    gc: float | None = None,
    background: Sequence[str] | NDArray[Any] | None = None,
    mode: str = "pwm",
    min_gap: int = 3,
    seed: int = 0,
) -> Planted:
    """Make random sequences and plant motifs in them.

    The number of times a motif occurs in a sequence is Poisson of mean `rate / number of motifs`;
    each occurrence lies on either strand and anywhere that leaves `min_gap` bases to the others.

    Args:
        pwms: motif name -> base frequencies (A, W), columns summing to 1; of a MotifSet its `ppms`.
        n: number of sequences. Sequence k does not depend on it.
        length: bases of each sequence; None = 512, or that of the background.
        rate: mean number of motifs in a sequence.
        gc: G + C fraction of independent background bases; None = 0.41.
        background: sequences to shuffle instead (texts or one-hot (N, A, L), all of one length);
            they are taken in turn and keep their dinucleotides. No motif is planted over an
            unknown base.
        mode: "pwm" draws the bases of each occurrence from the motif, "consensus" plants its most
            frequent bases.
        min_gap: bases that stay free between two motifs, 0 or more.
        seed: same seed, same bytes.

    Returns:
        Planted with `sequences`, `onehot` and `truth`.

    Raises:
        ShapeError: a matrix that is not (4, W), a motif wider than the sequences, backgrounds of
            another length.
        InputError: a column that does not sum to 1; motifs that do not fit into a sequence, which
            it names.
        OptionError: an option outside its range.

    >>> from locuscope import demo
    >>> planted = plant_motifs(demo.motifs("fly").ppms, n=3, length=200, seed=1)
    >>> planted
    Planted(synthetic: 3 sequences x 200 bp, 3 sites of 2 motifs)
    """
    ppms = check_motifs(pwms)
    count, start = _at_least("n", n, 1), check_seed(seed)
    check_choice("mode", mode, MODES)
    gap = _at_least("min_gap", min_gap, 0)
    indices = _background(background, count, length, gc, start)
    width_bp = indices.shape[1]
    _check_widths(ppms, width_bp)
    mean = _number("rate", rate, 0, width_bp)
    names, widths = list(ppms), [ppm.shape[1] for ppm in ppms.values()]
    counts = motif_counts(count, len(names), mean, start)
    motifs = [_Motif(name, ppm) for name, ppm in ppms.items()]
    rows = []
    for number, bases in enumerate(indices):
        is_free = bases != UNKNOWN
        sites = lay_out(number, widths, counts[number], is_free, min_gap=gap, seed=start)
        state = hashed(start, _INSTANCE, number)
        for place, (motif, first) in enumerate(sites):
            row = motifs[motif].plant(bases, first, more(state, place), mode)
            rows.append((number, *row))
    onehot = (indices[:, None, :] == np.arange(4, dtype=np.uint8)[:, None]).astype(np.uint8)
    settings = {"n": count, "length": width_bp, "rate": mean, "mode": mode, "min_gap": gap}
    settings |= {"gc": None if background is not None else GC if gc is None else gc}
    settings |= {"seed": start, "motifs": tuple(names)}
    return Planted(tuple(decode(onehot)), onehot, _truth(rows), MappingProxyType(settings))


class _Motif:
    """One motif ready to be planted."""

    def __init__(self, name: str, ppm: NDArray[np.float64]) -> None:
        self.name = name
        best = consensus(ppm)
        self.best = np.array(["ACGT".index(base) for base in best], dtype=np.uint8)
        self.is_palindrome = best == reverse_complement(best)
        self.bits = log_odds(ppm)
        # Sums of printed frequencies miss 1 by some 1e-6; the last step takes up the rest.
        self.steps = np.cumsum(ppm, axis=0)[:3].T

    def plant(
        self, bases: NDArray[np.uint8], start: int, state: NDArray[np.uint64], mode: str
    ) -> tuple[str, int, int, str, float]:
        """Write an occurrence into base indices; gives its row of the truth, sequence apart."""
        width = len(self.best)
        instance = self.best
        if mode == "pwm":
            draws = unit(more(state, _BASES, np.arange(width)))
            instance = (draws[:, None] >= self.steps).sum(axis=1).astype(np.uint8)
        is_reverse = bool(more(state, _STRAND) & np.uint64(1))
        bases[start : start + width] = 3 - instance[::-1] if is_reverse else instance
        strand = "." if self.is_palindrome else "-" if is_reverse else "+"
        # Multiples of 1/1024 bit, so the sum is exact.
        score = float(self.bits[instance, np.arange(width)].sum())
        return self.name, start, start + width, strand, score


def _background(
    background: Any, n: int, length: int | None, gc: float | None, seed: int
) -> NDArray[np.uint8]:
    """Base indices (N, L) before any motif is planted."""
    asked = None if length is None else _at_least("length", length, 1)
    if background is not None:
        if gc is not None:
            raise OptionError(
                f"gc is {gc} beside a background; the background brings its own composition.",
                option="gc",
                value=gc,
            )
        return _shuffled(_indices(background), n, asked, seed)
    fraction = _number("gc", GC if gc is None else gc, 0, 1)
    places = np.arange(LENGTH_BP if asked is None else asked)
    draws = unit(hashed(seed, _BACKGROUND, np.arange(n)[:, None], places))
    # A and T share 1 - gc, C and G share gc.
    steps = np.array([(1 - fraction) / 2, 0.5, (1 + fraction) / 2])
    return np.searchsorted(steps, draws, side="right").astype(np.uint8)


def _indices(background: Any) -> NDArray[np.uint8]:
    array = one_hot(list(background)) if isinstance(background, list | tuple) else background
    if not hasattr(array, "shape"):
        raise WrongTypeError(
            f"background takes a list of texts or one-hot (N, 4, L); got "
            f"{type(background).__name__}.",
            argument="background",
            found=type(background).__name__,
            expected="list or array",
        )
    texts = decode(array)
    if isinstance(texts, str) or not texts:
        raise EmptySelectionError("background holds no list of sequences.", available=0)
    plain = one_hot(texts)
    return np.where(plain.any(axis=1), plain.argmax(axis=1), UNKNOWN).astype(np.uint8)


def _shuffled(
    sources: NDArray[np.uint8], n: int, asked: int | None, seed: int
) -> NDArray[np.uint8]:
    """Shuffles of the sources in turn; equal sources go on with the next shuffle."""
    if asked is not None and asked != sources.shape[1]:
        raise ShapeError(
            f"length is {asked:,} bases but the background has {sources.shape[1]:,}.",
            found=sources.shape[1],
            expected=asked,
        )
    users = defaultdict(list)
    for number in range(n):
        users[sources[number % len(sources)].tobytes()].append(number)
    shuffled = np.empty((n, sources.shape[1]), dtype=np.uint8)
    for text, numbers in users.items():
        source = np.frombuffer(text, dtype=np.uint8)
        shuffled[numbers] = shuffled_indices(source, len(numbers), seed)
    return shuffled


def _truth(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))
    kinds = dict.fromkeys(("sequence", "start", "end"), "int64")
    return table.astype({**kinds, "motif": object, "strand": object, "score": "float64"})


def _check_widths(ppms: Mapping[str, NDArray[np.float64]], length: int) -> None:
    for name, ppm in ppms.items():
        if ppm.shape[1] > length:
            raise ShapeError(
                f"motif {name!r} is {ppm.shape[1]} bases wide; the sequences have {length:,}.",
                found=length,
                expected=f">= {ppm.shape[1]}",
            )


def _at_least(option: str, value: object, minimum: int) -> int:
    number = whole_number(value, option)
    if number < minimum:
        raise OptionError(f"{option} is {number}; {minimum} or more.", option=option, value=number)
    return number


def _number(option: str, value: Any, lowest: float, highest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating, np.integer)):
        raise WrongTypeError(
            f"{option} takes a number; got {value!r}.",
            argument=option,
            found=type(value).__name__,
            expected="number",
        )
    if not lowest <= value <= highest or math.isnan(value):
        raise OptionError(
            f"{option} is {value}; a number from {lowest} to {highest}.",
            option=option,
            value=value,
            allowed=f"{lowest} .. {highest}",
        )
    return float(value)
