"""Seeded regions with planted motifs for `bench/call_hits.py`: numbers only, made here."""

from __future__ import annotations

import numpy as np

_SITES = """
CCACCAGGGGGCGC TGACTCA CAGGAAGTG TGACGTCA GCCACGTGACC AGATAAGA TGCGCATGCGC TTTGCATAAC
GGGGCGGGGC ATTGCATCAT CCGCGAAGG TAATTAGC AACCGGTT TGTTTACTTA CAGCTGTT TATGCAAATC
GGTCAAAGGTCA ACCACAAACCA TTCCGGGAA ATCGATCG CCATATTAGG GATTAGCA CTATTTATAG TGGAATGTC
AGGTGTGA CACGTGGC GAAAGCGAAAC TTCTAGAA GTTGCCATGG TCTCGCGAGA ACTACAATTC GCGTGGGCG
CATTCCA AATCAATA GTCATAAA CCCGCCTT TAAACGTT GGCGGGAA TGCCAAG AGCGTGAC CCGGAAGTA TGATTGAC
GGTTGCCA ATGAATAT CAAGGTCA AAGCATGG TCCCAGGGA GTACGTAC CACTTGAG TTACGCAA
"""
CONSENSUS = _SITES.split()


def make_regions(
    n_regions: int, n_motifs: int, *, length: int = 1000, copies: int = 1, seed: int = 0
) -> dict[str, np.ndarray]:
    """Scores, one-hot sequences and motifs (forward and reverse complement in turns).

    Args:
        n_regions: N.
        n_motifs: M, both strands counted.
        length: L.
        copies: noisy copies of each motif, for a redundant dictionary.
        seed: of every draw.
    """
    draw = np.random.default_rng(seed)
    matrices = []
    for index in range(n_motifs // 2):
        ppm, score = _motif(CONSENSUS[index // copies % len(CONSENSUS)], draw)
        matrices.append((ppm, score))
    letters = np.eye(4, dtype=np.int8)[draw.integers(0, 4, (n_regions, length))]
    scores = np.zeros((n_regions, length, 4))
    for region in range(n_regions):
        scores[region] = draw.normal(0, 1, (length, 4)) * np.exp(draw.normal(-3, 0.7, (length, 1)))
        scores[region] *= 0.06 / scores[region].std()
        for _ in range(draw.poisson(5)):
            _plant(letters[region], scores[region], matrices, draw)
    cwms = np.stack([own for ppm, score in matrices for own in _both(ppm * score)])
    hypothetical = np.stack([own for _, score in matrices for own in _both(score)])
    masks = np.stack([_core(own) for own in cwms])
    return {
        "contribs": scores.transpose(0, 2, 1).astype(np.float16),
        "sequences": np.ascontiguousarray(letters.transpose(0, 2, 1)),
        "cwms": _unit(cwms),
        "hypothetical_cwms": _unit(hypothetical),
        "masks": masks,
    }


def _motif(consensus: str, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and hypothetical scores of a consensus in the middle of 30 columns."""
    ppm = np.full((4, 30), 0.25)
    start = (30 - len(consensus)) // 2
    for offset, letter in enumerate(consensus):
        strength = draw.uniform(0.8, 0.97)
        ppm[:, start + offset] = (1 - strength) / 3
        ppm["ACGT".index(letter), start + offset] = strength
    logs = np.log2(ppm / 0.25)
    information = (ppm * logs).sum(0)
    score = (logs - logs.mean(0)) * information
    return ppm, score + draw.normal(0, 0.02 * np.abs(score).max(), score.shape)


def _both(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return matrix, matrix[::-1, ::-1]


def _core(cwm: np.ndarray) -> np.ndarray:
    """Columns from the first to the last with 0.3 of the largest sum."""
    sums = np.abs(cwm).sum(0)
    kept = np.flatnonzero(sums >= 0.3 * sums.max())
    mask = np.zeros(len(sums), np.int8)
    mask[kept[0] : kept[-1] + 1] = 1
    return mask


def _unit(matrices: np.ndarray) -> np.ndarray:
    norms = np.sqrt((matrices**2).sum((1, 2), keepdims=True))
    return (matrices / norms).astype(np.float16)


def _plant(
    letters: np.ndarray,
    scores: np.ndarray,
    matrices: list[tuple[np.ndarray, np.ndarray]],
    draw: np.random.Generator,
) -> None:
    """Put one motif, of either strand, into the letters and scores of a region."""
    ppm, score = matrices[draw.integers(len(matrices))]
    if draw.random() < 0.5:
        ppm, score = ppm[::-1, ::-1], score[::-1, ::-1]
    start = draw.integers(0, len(letters) - ppm.shape[1] + 1)
    for offset in range(ppm.shape[1]):
        if np.abs(score[:, offset]).sum() > 0.3 * np.abs(score).sum(0).max():
            base = draw.choice(4, p=ppm[:, offset] / ppm[:, offset].sum())
            letters[start + offset] = np.eye(4, dtype=np.int8)[base]
    scores[start : start + ppm.shape[1]] += (np.exp(draw.normal(-0.5, 0.5)) * score / 2).T
