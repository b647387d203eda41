"""The motif gates: does a network answer to a known motif more than to its shuffled letters?

The consensus of a factor is written into the middle of unbound windows, and so is each of ten
shuffles of it. The gate of a factor is passed when the motif changes the factor's track by more
than every shuffle does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.genome.shuffle import dinucleotide_shuffle

from .train_windows import to_one_hot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from locuscope.models.chromatin import ChromatinModel

BASES = "ACGT"
N_SHUFFLES = 10
N_WINDOWS = 300
N_DRAWS = 2_000
DNASE_FACTORS = (
    "CTCF",
    "FOS::JUN",
    "NRF1",
    "SPI1",
    "GABPA",
    "NFYA",
    "SP1",
    "CEBPB",
    "GATA1::TAL1",
    "TEAD4",
)
DNASE_TRACK = "any_site"
DNASE_NEEDED = 8
INSULATOR_FACTORS = {"su(Hw)": "suHw:Kc", "BEAF-32": "BEAF:Kc", "CTCF": "CTCF:Kc"}
SPILL = 0.5


@dataclass(frozen=True)
class Gate:
    """What a motif does to a network.

    Attributes:
        factor: name of the motif.
        consensus: the letters that were written in.
        track: the track that ought to answer.
        effect: mean change of its logit.
        best_shuffle: the largest mean change by a shuffle of the letters.
        shuffles: "dinucleotide" or "same CpG count", how the letters were shuffled.
        others: mean change of the tracks of other factors, where these must answer less.
    """

    factor: str
    consensus: str
    track: str
    effect: float
    best_shuffle: float
    shuffles: str
    others: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """The motif beats every shuffle and raises no other track by more than half."""
        return self.effect > self.best_shuffle and all(
            value <= SPILL * self.effect for value in self.others.values()
        )

    def row(self) -> dict[str, Any]:
        """Values for the model card."""
        return {
            "consensus": self.consensus,
            "track": self.track,
            "effect": round(self.effect, 4),
            "best_shuffle": round(self.best_shuffle, 4),
            "shuffles": self.shuffles,
            "others": {name: round(value, 4) for name, value in self.others.items()},
            "passed": self.passed,
        }


def shuffled(consensus: str, *, seed: int = 0) -> tuple[list[str], str]:
    """Give ten different shuffles of some letters, none equal to them, and how they were made.

    Letters whose neighbours allow fewer than ten dinucleotide shuffles are shuffled singly, with
    the CpG count kept and at least a third of the places changed. Where even those are fewer than
    ten (GGGGCGGGG has one C to move), the shuffles may be nearer to the motif and fewer, which
    makes the gate harder.

    >>> shuffled("CCGCGCGGTGGCAG")[1]
    'dinucleotide'
    """
    drawn = dinucleotide_shuffle(consensus, n=N_DRAWS, seed=seed)
    found = [text for text in dict.fromkeys(drawn) if text != consensus]
    if len(found) >= N_SHUFFLES:
        return found[:N_SHUFFLES], "dinucleotide"
    rng = np.random.default_rng(seed)
    letters = np.array(list(consensus))
    drawn = ["".join(rng.permutation(letters)) for _ in range(N_DRAWS)]
    same_cpg = [
        text
        for text in dict.fromkeys(drawn)
        if text != consensus and text.count("CG") == consensus.count("CG")
    ]
    found = [text for text in same_cpg if 3 * _changed(text, consensus) >= len(consensus)]
    if len(found) >= N_SHUFFLES:
        return found[:N_SHUFFLES], "same CpG count"
    return same_cpg[:N_SHUFFLES], "same CpG count, near"


def _changed(text: str, consensus: str) -> int:
    return sum(a != b for a, b in zip(text, consensus, strict=True))


def written(codes: NDArray[np.uint8], letters: str) -> NDArray[np.uint8]:
    """Write letters into the middle of (n, L) windows; the given windows stay as they are."""
    changed = codes.copy()
    start = (codes.shape[1] - len(letters)) // 2
    changed[:, start : start + len(letters)] = [BASES.index(letter) for letter in letters]
    return changed


def logits(
    model: ChromatinModel, codes: NDArray[np.uint8], *, batch: int = 256
) -> NDArray[np.float64]:
    """Logits (n, T) of (n, 512) codes, in float64."""
    with torch.inference_mode():
        parts = [
            model.logits(to_one_hot(codes[at : at + batch])).numpy()
            for at in range(0, len(codes), batch)
        ]
    return np.concatenate(parts).astype(np.float64)


def run_gate(
    model: ChromatinModel,
    backgrounds: NDArray[np.uint8],
    factor: str,
    consensus: str,
    *,
    track: str,
    others: Sequence[str] = (),
) -> Gate:
    """Measure what a motif and its shuffles do to unbound windows.

    Args:
        model: the network.
        backgrounds: (n, 512) codes of unbound windows.
        factor: name of the motif.
        consensus: its letters.
        track: the track that ought to answer.
        others: tracks that must answer less than half as much.
    """
    names = model.track_names
    before = logits(model, backgrounds)
    texts, how = shuffled(consensus)
    change = [
        (logits(model, written(backgrounds, text)) - before).mean(axis=0)
        for text in (consensus, *texts)
    ]
    own = names.index(track)
    return Gate(
        factor,
        consensus,
        track,
        float(change[0][own]),
        max(float(values[own]) for values in change[1:]),
        how,
        {name: float(change[0][names.index(name)]) for name in others},
    )


def run_gates(
    model: ChromatinModel,
    backgrounds: NDArray[np.uint8],
    motifs: Mapping[str, str],
) -> list[Gate]:
    """Run the gates of a network.

    Args:
        model: "dnase" or "insulators".
        backgrounds: (n, 512) codes; the first 300 are used.
        motifs: consensus letters by factor.
    """
    backgrounds = backgrounds[:N_WINDOWS]
    if model.name == "dnase":
        return [
            run_gate(model, backgrounds, factor, motifs[factor], track=DNASE_TRACK)
            for factor in DNASE_FACTORS
        ]
    return [
        run_gate(
            model,
            backgrounds,
            factor,
            motifs[factor],
            track=track,
            others=[other for other in INSULATOR_FACTORS.values() if other != track],
        )
        for factor, track in INSULATOR_FACTORS.items()
    ]


def verdict(model_name: str, gates: Sequence[Gate]) -> str:
    """Say "passed" or "failed" for a set of gates, with the count.

    >>> verdict("insulators", [])
    'failed: 0 of 0 factors'
    """
    n_passed = Counter(gate.passed for gate in gates)[True]
    needed = DNASE_NEEDED if model_name == "dnase" else len(INSULATOR_FACTORS)
    word = "passed" if n_passed >= needed else "failed"
    return f"{word}: {n_passed} of {len(gates)} factors"
