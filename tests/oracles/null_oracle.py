"""Nulls of a variant in plain loops: the genome itself is rewritten for each background."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

from locuscope.genome.shuffle import dinucleotide_shuffle
from tests.oracles.score_oracle import bases

Score = Callable[[str], float]


def null_scores(  # noqa: PLR0917 (an oracle takes what it is given)
    score: Score, genome: str, pos: int, ref: str, width: int, n: int, keep_bp: int, seed: int
) -> list[float]:
    """Score one allele in n genomes whose window was shuffled around it.

    Args:
        score: letters of a whole genome -> the score of the allele in it.
        genome: letters of the contig.
        pos: 1-based position of REF.
        ref: its letters.
        width: of the window, centred on `pos`.
        n: number of backgrounds.
        keep_bp: letters kept on each side of REF.
        seed: of the shuffles.
    """
    start = pos - width // 2
    found = []
    for shuffled in dinucleotide_shuffle(bases(genome, start, start + width), n, seed):
        letters = list(genome)
        for k, letter in enumerate(shuffled):
            at = start + k
            is_kept = pos - 1 - keep_bp <= at < pos - 1 + len(ref) + keep_bp
            if 0 <= at < len(genome) and not is_kept:
                letters[at] = letter
        found.append(score("".join(letters)))
    return found


def statistics_of(score: float, nulls: list[float]) -> dict[str, float]:
    """What is said of a score and its nulls."""
    mean, sd = statistics.fmean(nulls), statistics.stdev(nulls)
    z = (score - mean) / sd if sd > 0 else math.nan
    beyond = sum(abs(null - mean) >= abs(score - mean) for null in nulls)
    return {
        "null_mean": mean,
        "null_sd": sd,
        "z": z,
        "p_normal": math.nan if math.isnan(z) else math.erfc(abs(z) / math.sqrt(2)),
        "p_empirical": (1 + beyond) / (len(nulls) + 1),
    }
